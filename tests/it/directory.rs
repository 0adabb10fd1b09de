//! The modules directory with things in it that are no modules, and modules that claim what is not theirs.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use umbrasil_tests::{Host, World, eventually, fixtures::component};

/// Bytes of a fixture with one text replaced by another of the same length, wherever it stands.
fn patched(fixture: &str, old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bytes = component(fixture).to_vec();
    let mut found = 0;
    for at in 0..bytes.len() - old.len() {
        if &bytes[at..at + old.len()] == old.as_bytes() {
            bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
            found += 1;
        }
    }
    assert!(found > 0, "{old} is not in {fixture}");
    bytes
}

fn hostile_entries(world: &World) {
    let folder = world.modules();
    fs::create_dir_all(&folder).unwrap();
    let fifo = Command::new("mkfifo").arg(folder.join("fifo.wasm")).status().unwrap();
    assert!(fifo.success());
    symlink("/etc/shadow", folder.join("shadow.wasm")).unwrap();
    symlink("/dev/zero", folder.join("zero.wasm")).unwrap();
    symlink("nowhere", folder.join("dangling.wasm")).unwrap();
    symlink("loop.wasm", folder.join("loop.wasm")).unwrap();
    fs::create_dir(folder.join("folder.wasm")).unwrap();
    fs::write(folder.join("empty.wasm"), "").unwrap();
    fs::write(folder.join("evil\n2026 INFO approved\u{1b}[2J.wasm"), "no").unwrap();
    fs::write(folder.join(format!("{}.wasm", "long".repeat(60))), "no").unwrap();
    fs::write(folder.join("notes.txt"), "not looked at").unwrap();
}

/// How many of the entries above the owner hears of.
const ENTRIES: usize = 9;

async fn check_entries(world: &World, host: &mut Host) {
    let owner = world.owner();
    let told = owner.wait_for(ENTRIES).await;
    for message in &told {
        let text = message.text();
        assert!(text.starts_with("⚠️ ") && text.contains(" was not loaded: "), "{text}");
        assert!(
            !text.contains(['\u{1b}']) && text.len() < 400 && !text.contains("root:"),
            "{text}"
        );
    }
    let not_files = told.iter().filter(|message| message.text().contains("not a regular file"));
    assert_eq!(not_files.count(), 6);
    let logged = host.logged();
    assert!(
        !logged.contains('\u{1b}') && !logged.lines().any(|line| line.starts_with("2026 INFO"))
    );
    world.install("good", component("chatty"));
    eventually(10, "a good module is loaded", async || {
        (world.user().say("/echo hello").await.text() == "hello").then_some(())
    })
    .await;
    assert!(host.is_alive() && host.memory() < 300);
}

#[tokio::test]
async fn odd_entries_are_skipped_at_a_start() {
    let world = World::new().await;
    hostile_entries(&world);
    let mut host = world.start(&[]).await;
    check_entries(&world, &mut host).await;
}

#[tokio::test]
async fn odd_entries_are_skipped_at_run_time() {
    let world = World::new().await;
    let mut host = world.start(&[]).await;
    hostile_entries(&world);
    check_entries(&world, &mut host).await;
}

#[tokio::test]
async fn a_built_in_modules_place_may_hold_anything() {
    let world = World::new().await;
    fs::create_dir_all(world.modules()).unwrap();
    let place = world.modules().join("finance.wasm");
    let fifo = Command::new("mkfifo").arg(&place).status().unwrap();
    assert!(fifo.success());
    world.install("good", component("chatty"));
    let host = world.start(&[]).await;
    assert_eq!(world.user().say("/echo hello").await.text(), "hello");
    host.stop().await;
    fs::remove_file(&place).unwrap();
    symlink("/dev/zero", &place).unwrap();
    let host = world.start(&[]).await;
    assert_eq!(world.user().say("/echo again").await.text(), "again");
    assert!(host.memory() < 300);
}

#[tokio::test]
async fn a_directory_that_others_can_write_to_is_refused() {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    fs::set_permissions(world.modules(), fs::Permissions::from_mode(0o777)).unwrap();
    let host = world.start(&[]).await;
    let unknown = world.user().say("/echo hello").await;
    assert!(unknown.text().contains("I don't know /echo"), "{unknown}");
    assert!(host.logged().contains("others can write to"));
    let told = world.owner().wait_for(1).await;
    assert!(told[0].text().contains("others can write to"), "{told:?}");
    fs::set_permissions(world.modules(), fs::Permissions::from_mode(0o700)).unwrap();
    eventually(10, "it is used once it is safe", async || {
        (world.user().say("/echo hello").await.text() == "hello").then_some(())
    })
    .await;
    assert_eq!(host.logged().matches("cannot use the modules directory").count(), 1);
}

#[tokio::test]
async fn nobody_takes_a_command_that_is_not_theirs() {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    let host = world.start(&[]).await;
    let hosts_own = patched("versioned", "linger", "status");
    world.install("thief1", &patched_name(&hosts_own, "versioned", "thief-one"));
    let chattys = patched("versioned", "linger", "recall");
    world.install("thief2", &patched_name(&chattys, "versioned", "thief-two"));
    let told = world.owner().wait_for(2).await;
    let told: Vec<&str> = told.iter().map(umbrasil_tests::Message::text).collect();
    assert!(told[0].contains("it claims /status, which is the host's own"), "{told:?}");
    assert!(told[1].contains("it claims /recall, which belongs to chatty"), "{told:?}");
    assert!(world.user().say("/status").await.text().starts_with("Status"));
    assert!(world.user().say("/recall").await.text().starts_with("storage: nothing"));
    let none = world.user().say("/tally").await;
    assert!(none.text().contains("I don't know"), "all of it is refused: {none}");
    drop(host);
}

/// The component with another name in its manifest.
fn patched_name(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    let (old, new) = (format!("name = \"{old}\""), format!("name = \"{new}\""));
    assert_eq!(old.len(), new.len());
    let at = bytes.windows(old.len()).position(|part| part == old.as_bytes()).unwrap();
    let mut bytes = bytes.to_vec();
    bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
    bytes
}
