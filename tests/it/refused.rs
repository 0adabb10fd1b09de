//! Files that are no good module: each is refused with one line, and the good one beside it serves.

use std::io::Write as _;
use std::process::{Command, Stdio};

use umbrasil_tests::{Host, World, binary, eventually, fixtures::component};

const MANIFEST: &str =
    r#"(@custom "umbrasil:manifest" "[module]\nname = \"crafted\"\nversion = \"1\"\n")"#;

/// A component with a manifest and the exports that the loader looks for; `core` is its core module.
fn component_of(core: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m {core} (func (export "describe")) (func (export "handle")))
            (core instance $i (instantiate $m))
            {EXPORTS} {MANIFEST})"#
    );
    wat::parse_str(text).unwrap()
}

/// Lifts two functions of the core instance `$i` as the handler.
const EXPORTS: &str = r#"
    (func $describe (canon lift (core func $i "describe")))
    (func $handle (canon lift (core func $i "handle")))
    (instance $h (export "describe" (func $describe)) (export "handle" (func $handle)))
    (export "umbrasil:module/handler@0.1.0" (instance $h))"#;

fn many_instances(count: usize, pages: usize) -> Vec<u8> {
    let instances = "(core instance (instantiate $big))".repeat(count);
    let text = format!(
        r#"(component
            (core module $big (memory {pages}))
            (core module $m (func (export "describe")) (func (export "handle")))
            {instances}
            (core instance $i (instantiate $m))
            {EXPORTS} {MANIFEST})"#
    );
    wat::parse_str(text).unwrap()
}

fn with_types(types: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {types} {MANIFEST})")).unwrap()
}

/// What the host's own compiler makes of a component: native code.
fn precompiled() -> Vec<u8> {
    let mut child = Command::new(binary())
        .arg("compile")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(component("chatty")).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.len() > 100_000);
    output.stdout
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..bytes).map(|_| next()).collect()
}

/// Bytes that the header of a component precedes, so that the parser has to judge the rest.
fn noisy_component() -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0".as_slice(), &noise(100_000)].concat()
}

fn nested_types() -> Vec<u8> {
    let levels: Vec<String> =
        (1..=40).map(|level| format!("(type $t{level} (tuple $t{} $t{0}))", level - 1)).collect();
    with_types(&format!("(type $t0 (tuple u8 u8)) {}", levels.concat()))
}

/// Name, bytes, and what the reason must say.
fn not_components() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let chatty = component("chatty");
    let text = "(component (core module (func (export \"run\"))))";
    vec![
        ("empty", Vec::new(), "empty"),
        ("four-bytes", b"\0asm".to_vec(), "not a component"),
        ("noise", noise(100_000), "does not begin like WebAssembly"),
        ("noisy", noisy_component(), "not a component"),
        ("truncated", chatty[..chatty.len() / 2].to_vec(), "not a component"),
        ("elf", std::fs::read("/bin/true").unwrap(), "native or precompiled"),
        ("precompiled", precompiled(), "native or precompiled"),
        ("core", wat::parse_str("(module (func))").unwrap(), "core module"),
        ("text", text.as_bytes().to_vec(), "does not begin like WebAssembly"),
        ("huge", [chatty, &vec![0; 17 << 20]].concat(), "more than 16 MiB"),
        ("nested-types", nested_types(), "not a component"),
        ("no-manifest", wat::parse_str("(component)").unwrap(), "no custom section"),
        ("two-manifests", with_types(MANIFEST), "2 custom sections"),
        ("no-export", with_types(""), "does not fit the world"),
        ("wrong-types", component_of(""), "does not fit the world"),
    ]
}

fn too_much() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let tiny = component_of(&"(func)".repeat(200_000));
    let long = component_of(&format!("(func {})", "nop ".repeat(1_200_000)));
    let wide = component_of(&"(table 15000 funcref)".repeat(3));
    vec![
        ("many-functions", tiny, "more than 50000 functions"),
        ("long-function", long, "function of more than"),
        ("start", component_of("(func $s (loop (br 0))) (start $s)"), "took too long"),
        ("recursion", component_of("(func $s call $s) (start $s)"), "recursed too deeply"),
        ("trap", component_of("(func $s unreachable) (start $s)"), "crashed"),
        ("memory-4g", component_of("(memory 65536)"), "memory"),
        ("memories", component_of(&"(memory 800)".repeat(50)), "memor"),
        ("instances", many_instances(60, 900), "too large"),
        ("two-instances", many_instances(2, 600), "memor"),
        ("table", component_of("(table 10000000 funcref)"), "table"),
        ("tables", wide, "table"),
        ("grows", component_of(GROWS), "needed more memory"),
        ("endless", component("endless").to_vec(), "took too long"),
        ("files", component("files").to_vec(), "imports `wasi:"),
    ]
}

/// Grows its table and its memory until both are refused, and traps if either got further than it may.
const GROWS: &str = "(memory 1) (table 1 funcref)
    (func $s
        (loop (br_if 0 (i32.ne (table.grow (ref.null func) (i32.const 1000)) (i32.const -1))))
        (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
        (if (i32.gt_u (table.size) (i32.const 20000)) (then (loop (br 0))))
        (if (i32.gt_u (memory.size) (i32.const 1024)) (then (loop (br 0))))
        unreachable)
    (start $s)";

fn features() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    vec![
        ("memory64", component_of("(memory i64 1)"), "memory64"),
        ("shared", component_of("(memory 1 1 shared)"), "threads"),
        ("gc", component_of("(type (struct (field i32)))"), "gc"),
        ("exceptions", component_of("(tag)"), "exceptions"),
        ("simd", component_of(RELAXED), "relaxed SIMD"),
        ("stack-switching", component_of("(type $f (func)) (type (cont $f))"), ""),
        ("stream", with_types("(type (stream u8))"), "async"),
        ("future", with_types("(type (future u8))"), "async"),
        ("yield", with_types("(core func (canon thread.yield))"), "async"),
        ("backpressure", with_types("(core func (canon backpressure.inc))"), "async"),
    ]
}

const RELAXED: &str = "(func (param v128) (result v128)
    (f32x4.relaxed_min (local.get 0) (local.get 0)))";

/// Each file has one record in the log, and one message to the owner that says why.
async fn check(world: &World, host: &Host, cases: &[(&'static str, Vec<u8>, &'static str)]) {
    for (name, _, reason) in cases {
        let file = format!("{name}.wasm");
        let told = eventually(60, &format!("the owner hears of {file}"), async || {
            let messages = world.owner().received().await;
            let about = |message: &&umbrasil_tests::Message| {
                message.text().starts_with(&format!("⚠️ {file} was not loaded: "))
            };
            messages.iter().find(about).map(|message| message.text().to_owned())
        })
        .await;
        assert!(told.contains(reason), "{name}: expected {reason:?} in {told:?}");
        assert!(!told.contains(&world.path().display().to_string()), "{told}");
        assert!(told.len() < 600 && !told.contains("backtrace"), "{told}");
        let record = format!("a module was not loaded file=\"{file}\"");
        assert_eq!(host.logged().matches(&record).count(), 1, "{name}");
    }
    assert_eq!(world.owner().received().await.len(), cases.len(), "one message a file");
    assert!(world.user().received().await.iter().all(|message| message.text() == "still here"));
}

/// At a start: the bad files lie there, and the good one serves.
async fn at_start(cases: Vec<(&'static str, Vec<u8>, &'static str)>) {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    for (name, bytes, _) in &cases {
        world.install(name, bytes);
    }
    let mut host = world.start(&[]).await;
    assert_eq!(world.user().say("/echo still here").await.text(), "still here");
    check(&world, &host, &cases).await;
    let modules = world.owner().say("/modules").await;
    assert!(modules.text().contains("✅ chatty"), "{modules}");
    assert!(host.is_alive() && host.memory() < 300, "{} MiB", host.memory());
}

/// At run time: the good one serves while the bad ones are looked at.
async fn at_run_time(cases: Vec<(&'static str, Vec<u8>, &'static str)>) {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    let mut host = world.start(&[]).await;
    for (name, bytes, _) in &cases {
        world.install(name, bytes);
    }
    for _ in 0..10 {
        assert_eq!(world.user().say("/echo still here").await.text(), "still here");
    }
    check(&world, &host, &cases).await;
    world.install("late", component("ranges"));
    eventually(20, "a good module that comes later is loaded", async || {
        world.person(1000).say("/put k").await.text().contains("1 set").then_some(())
    })
    .await;
    assert!(host.is_alive() && host.memory() < 300, "{} MiB", host.memory());
}

#[tokio::test]
async fn what_is_no_component_is_refused_at_a_start() {
    at_start(not_components()).await;
}

#[tokio::test]
async fn what_is_no_component_is_refused_at_run_time() {
    at_run_time(not_components()).await;
}

#[tokio::test]
async fn what_would_take_too_much_is_refused_at_a_start() {
    at_start(too_much()).await;
}

#[tokio::test]
async fn what_would_take_too_much_is_refused_at_run_time() {
    at_run_time(too_much()).await;
}

/// Each takes a second until it is refused: together longer than anybody should wait for.
#[tokio::test]
async fn a_start_does_not_wait_for_everybody() {
    const SLOW: usize = 12;
    let world = World::new().await;
    for index in 0..SLOW {
        world.install(&format!("aaa-{index}"), component("endless"));
    }
    world.install("zzz", component("chatty"));
    let host = world.start(&[]).await;
    let refused = || host.logged().matches("a module was not loaded").count();
    let answer = world.user().say("/expense 12.50 food coffee").await;
    assert!(answer.text().ends_with("Balance: -12.50 EUR"), "{answer}");
    assert!(refused() < SLOW, "the host waited for all");
    world.owner().wait_for(SLOW).await;
    assert_eq!(world.user().say("/echo hello").await.text(), "hello");
}

#[tokio::test]
async fn features_that_are_off_stay_off() {
    at_run_time(features()).await;
}
