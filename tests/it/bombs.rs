//! Small files that are heavy to compile: stopped by the limits of the compiler, not by anybody's patience.

use umbrasil_tests::{World, eventually, fixtures::component};

/// Unsigned LEB128.
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id], number(content.len()).as_slice(), content].concat()
}

/// A component with `functions` functions in which everything depends on everything: a loop with `blocks`
/// blocks, each of which may be left early and changes one of many variables.
fn bomb(functions: usize, blocks: usize) -> Vec<u8> {
    const LOCALS: u8 = 120;
    // One declaration of locals of type i32; loop.
    let mut body = vec![1, LOCALS, 0x7f, 0x03, 0x40];
    for block in 0..blocks {
        let local =
            |offset: usize| u8::try_from((block * 7 + offset) % usize::from(LOCALS)).unwrap();
        // block, local.get, br_if 0, local.get, local.get, i32.add, local.set, end
        body.extend([0x02, 0x40, 0x20, local(0), 0x0d, 0]);
        body.extend([0x20, local(0), 0x20, local(13), 0x6a, 0x21, local(29), 0x0b]);
    }
    // local.get, br_if 0, end of the loop, end of the function
    body.extend([0x20, 0, 0x0d, 0, 0x0b, 0x0b]);
    let body = [number(body.len()), body].concat();
    let declared = [number(functions), vec![0; functions]].concat();
    let module = [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[1, 0x60, 0, 0]),
        section(3, &declared),
        section(10, &[number(functions), body.repeat(functions)].concat()),
    ]
    .concat();
    let name = b"umbrasil:manifest";
    let manifest = b"[module]\nname = \"bomb\"\nversion = \"1\"\n";
    let custom = [number(name.len()), name.to_vec(), manifest.to_vec()].concat();
    [b"\0asm\x0d\0\x01\0".to_vec(), section(1, &module), section(0, &custom)].concat()
}

#[tokio::test]
async fn a_compile_bomb_is_stopped_and_holds_nobody_up() {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    let mut host = world.start(&[]).await;
    let before = host.memory();
    let bomb = bomb(3, 70_000);
    assert!(bomb.len() < 4 << 20, "small: {}", bomb.len());
    world.install("bomb", &bomb);
    eventually(10, "the compiler runs", async || children(host.pid()).then_some(())).await;
    for _ in 0..10 {
        assert!(world.user().say("/status").await.text().starts_with("Status"));
        assert_eq!(world.person(1000).say("/echo hello").await.text(), "hello");
    }
    assert!(!host.logged().contains("was not loaded"), "answered while it was compiled");
    let told = world.owner().wait_for(1).await;
    assert!(told[0].text().contains("bomb.wasm was not loaded: it is too large"), "{told:?}");
    assert!(!children(host.pid()), "the compiler is gone");
    assert!(host.is_alive() && host.memory() < before + 100, "{} MiB", host.memory());
}

/// Whether a process has children.
fn children(pid: u32) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.flatten().any(|task| {
        let children = std::fs::read_to_string(task.path().join("children"));
        children.is_ok_and(|children| !children.trim().is_empty())
    })
}
