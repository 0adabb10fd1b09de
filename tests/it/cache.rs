//! What was compiled is kept, and nothing else is ever taken for it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::SystemTime;

use umbrasil_tests::{World, fixtures::component};

fn cache(world: &World) -> PathBuf {
    world.data().join("cache")
}

/// The compiled modules, by file.
fn compiled(world: &World) -> BTreeMap<PathBuf, SystemTime> {
    fs::read_dir(cache(world))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "cwasm"))
        .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
        .collect()
}

/// Starts, asks the module, and stops.
async fn visit(world: &World) -> String {
    let host = world.start(&[]).await;
    let answer = world.user().say("/echo hello").await;
    let logged = host.logged();
    assert!(host.stop().await.success());
    assert_eq!(answer.text(), "hello");
    logged
}

#[tokio::test]
async fn a_second_start_compiles_nothing() {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    visit(&world).await;
    let first = compiled(&world);
    assert!(first.len() >= 2, "{first:?}");
    visit(&world).await;
    assert_eq!(compiled(&world), first);
    let mode = fs::metadata(cache(&world)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_damaged_cache_is_made_anew() {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    world.install("ranges", component("ranges"));
    visit(&world).await;
    let files: Vec<PathBuf> = compiled(&world).into_keys().collect();
    let contents: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let restored =
        || -> Vec<Vec<u8>> { files.iter().map(|file| fs::read(file).unwrap()).collect() };
    // The code of another module, cut off, noise in the machine code, and nothing at all.
    for damage in 0..4 {
        for (index, file) in files.iter().enumerate() {
            let mut bytes = contents[index].clone();
            match damage {
                0 => bytes.clone_from(&contents[(index + 1) % contents.len()]),
                1 => bytes.truncate(contents[index].len() / 2),
                2 => bytes[contents[index].len() / 3..][..4096].fill(0xcc),
                _ => bytes.clear(),
            }
            // As somebody with a shell does it: the file is another one.
            fs::remove_file(file).unwrap();
            fs::write(file, bytes).unwrap();
        }
        let logged = visit(&world).await;
        assert!(logged.contains("compiling it again"), "damage {damage}: {logged}");
        assert!(restored() == contents, "damage {damage} is repaired");
    }
}

#[tokio::test]
async fn a_cache_that_others_can_enter_is_refused() {
    let world = World::new().await;
    fs::create_dir_all(cache(&world)).unwrap();
    fs::set_permissions(cache(&world), fs::Permissions::from_mode(0o777)).unwrap();
    let mut host = world.launch(&[]);
    let status = host.exit(20).await;
    assert!(!status.success());
    let logged = host.logged();
    assert!(logged.contains("chmod 700") && logged.contains("cache"), "{logged}");
}
