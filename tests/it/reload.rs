//! Modules that are replaced while people use them: nothing is lost, nothing runs twice.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use umbrasil_tests::{Host, Person, World, eventually, fixtures::component};

/// The fixture `versioned` as its build 7.7.`last`.
fn build(last: u8) -> Vec<u8> {
    let (old, new) = (b"7.7.1", [b'7', b'.', b'7', b'.', b'0' + last]);
    let mut bytes = component("versioned").to_vec();
    let places: Vec<usize> =
        (0..bytes.len() - 5).filter(|at| &bytes[*at..*at + 5] == old).collect();
    assert!(places.len() >= 2, "the manifest and the answer");
    for at in places {
        bytes[at..at + 5].copy_from_slice(&new);
    }
    bytes
}

fn answer(last: u8) -> String {
    format!("this answer comes from the build 7.7.{last} of the fixture")
}

async fn start() -> (World, Host) {
    let world = World::new().await;
    world.install("versioned", &build(1));
    let host = world.start(&[]).await;
    (world, host)
}

fn file(world: &World) -> PathBuf {
    world.modules().join("versioned.wasm")
}

async fn until_build(person: Person<'_>, last: u8) {
    eventually(30, &format!("build {last} answers"), async || {
        (person.say("/build").await.text() == answer(last)).then_some(())
    })
    .await;
}

/// Waits for a message to the owner that has all of these words.
async fn owner_reads(world: &World, words: &[&str]) -> String {
    eventually(30, &format!("the owner reads {words:?}"), async || {
        let received = world.owner().received().await;
        let found = received
            .iter()
            .find(|message| words.iter().all(|word| message.text().contains(word)))?;
        Some(found.text().to_owned())
    })
    .await
}

#[tokio::test]
async fn no_event_is_lost_or_doubled_while_files_change() {
    let (world, mut host) = start().await;
    let people: Vec<Person<'_>> = (1000..1010).map(|id| world.person(id)).collect();
    let path = file(&world);
    let mut rounds = 0;
    for (step, last) in [2, 3, 4].into_iter().enumerate() {
        let bytes = build(last);
        match step {
            // As `mv` does.
            0 => world.install("versioned", &bytes),
            // As `cp` does.
            1 => fs::write(&path, &bytes).unwrap(),
            // As a slow upload does: the rest comes while people write.
            _ => drop(fs::File::create(&path).unwrap()),
        }
        let mut parts = bytes.chunks(bytes.len() / 100 + 1);
        for _ in 0..25 {
            if step == 2 {
                let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
                parts.by_ref().take(4).for_each(|part| file.write_all(part).unwrap());
            }
            for person in &people {
                person.write("/tally").await;
                person.write("/build").await;
            }
            rounds += 1;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        until_build(world.user(), last).await;
        owner_reads(&world, &[&format!("7.7.{} → 7.7.{last}", last - 1)]).await;
    }
    let mut sums = Vec::new();
    for person in people {
        let received = person.wait_for(2 * rounds).await;
        assert_eq!(received.len(), 2 * rounds, "one answer each");
        for pair in received.chunks(2) {
            sums.push(pair[0].text().strip_prefix("tally: ").unwrap().parse::<usize>().unwrap());
            let text = pair[1].text();
            assert!((1..=4).any(|last| text == answer(last)), "{text}");
        }
    }
    sums.sort_unstable();
    assert_eq!(sums, (1..=10 * rounds).collect::<Vec<_>>());
    assert!(!host.logged().contains("was not loaded"), "nothing half-written was looked at");
    assert!(host.is_alive());
}

#[tokio::test]
async fn a_broken_replacement_leaves_the_old_build_serving() {
    let (world, host) = start().await;
    let mut broken = build(2);
    broken.truncate(broken.len() / 2);
    world.install("versioned", &broken);
    owner_reads(&world, &["versioned.wasm was not loaded", "Version 7.7.1 goes on serving."]).await;
    assert_eq!(world.user().say("/build").await.text(), answer(1));
    assert!(host.logged().contains("a module was not loaded file=\"versioned.wasm\""));
    let modules = world.owner().say("/modules").await;
    assert!(modules.text().contains("✅ versioned 7.7.1"), "{modules}");
    assert!(modules.text().contains("❌ versioned.wasm was not loaded: "), "{modules}");
    let modules = world.user().say("/modules").await;
    assert!(!modules.text().contains('❌'), "files are the owner's business: {modules}");
    world.install("versioned", &build(2));
    until_build(world.user(), 2).await;
    let modules = world.owner().say("/modules").await;
    assert!(!modules.text().contains('❌'), "{modules}");
}

#[tokio::test]
async fn a_removed_module_keeps_its_data() {
    let (world, _host) = start().await;
    assert_eq!(world.user().say("/tally").await.text(), "tally: 1");
    fs::remove_file(file(&world)).unwrap();
    owner_reads(&world, &["versioned is removed", "Its data is kept."]).await;
    let unknown = world.user().say("/tally").await;
    assert!(unknown.text().contains("I don't know /tally"), "{unknown}");
    world.install("renamed", &build(2));
    until_build(world.user(), 2).await;
    assert_eq!(world.user().say("/tally").await.text(), "tally: 2");
}

#[tokio::test]
async fn a_running_event_ends_on_the_build_that_it_began_with() {
    let (world, _host) = start().await;
    let slow = world.person(1000);
    slow.write("/linger 6000").await;
    world.install("versioned", &build(2));
    until_build(world.user(), 2).await;
    assert!(slow.received().await.is_empty(), "replaced while the event ran");
    assert_eq!(slow.wait_for(1).await[0].text(), answer(1));
    assert_eq!(slow.say("/build").await.text(), answer(2));
}

#[tokio::test]
async fn of_two_files_with_one_name_the_first_serves_until_it_goes() {
    let (world, host) = start().await;
    world.install("another", &build(2));
    let reason = owner_reads(&world, &["another.wasm was not loaded"]).await;
    assert!(reason.contains("versioned.wasm is already the module versioned"), "{reason}");
    assert_eq!(world.user().say("/build").await.text(), answer(1));
    fs::remove_file(file(&world)).unwrap();
    until_build(world.user(), 2).await;
    assert_eq!(host.logged().matches("a module was not loaded").count(), 1);
}

#[tokio::test]
async fn the_last_of_many_replacements_wins() {
    let (world, mut host) = start().await;
    let before = host.memory();
    for round in 0..100_u8 {
        world.install("versioned", &build(2 + round % 2));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    world.install("versioned", &build(9));
    until_build(world.user(), 9).await;
    let loads = host.logged().matches("module loaded").count();
    assert!(loads <= 6, "{loads} loads");
    assert!(host.is_alive() && host.memory() < before + 100);
}
