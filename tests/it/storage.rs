//! What modules keep: transactions, ranges, limits, and walls between modules.

use umbrasil_tests::{Host, Person, World, fixtures::component};

async fn world(fixtures: &[&str]) -> (World, Host) {
    let world = World::new().await;
    for fixture in fixtures {
        world.install(fixture, component(fixture));
    }
    let host = world.start(&[]).await;
    (world, host)
}

/// Ten people write the same ten times each, at once; returns all answers.
async fn hundred(world: &World, text: &str) -> Vec<String> {
    let people: Vec<Person<'_>> = (1000..1010).map(|id| world.person(id)).collect();
    for _ in 0..10 {
        for person in &people {
            person.write(text).await;
        }
    }
    let mut answers = Vec::new();
    for person in people {
        let received = person.wait_for(10).await;
        assert_eq!(received.len(), 10, "one answer each");
        answers.extend(received.iter().map(|answer| answer.text().to_owned()));
    }
    answers.sort_by_key(|answer| (answer.len(), answer.clone()));
    answers
}

#[tokio::test]
async fn increments_are_never_lost() {
    let (world, _host) = world(&["chatty"]).await;
    let expected: Vec<String> = (1..=100).map(|sum| format!("count: {sum}")).collect();
    assert_eq!(hundred(&world, "/count").await, expected);
}

#[tokio::test]
async fn read_modify_write_is_never_lost() {
    let (world, _host) = world(&["chatty"]).await;
    let answers = hundred(&world, "/race k").await;
    let expected: Vec<String> = (1..=100).map(|sum| format!("race/k: {sum}")).collect();
    assert_eq!(answers, expected);
    assert_eq!(world.user().say("/stored race/k").await.text(), "100");
}

#[tokio::test]
async fn what_fails_keeps_nothing() {
    let (world, host) = world(&["chatty"]).await;
    let answer = world.user().say("/storefail").await;
    assert!(answer.text().contains("Something broke in chatty. Nothing was saved."), "{answer}");
    assert!(host.logged().contains("failed on purpose"));
    assert_eq!(world.user().say("/stored storefail").await.text(), "nothing");
}

#[tokio::test]
async fn an_event_reads_its_own_writes_and_compares() {
    let (world, _host) = world(&["ranges"]).await;
    let user = world.user();
    assert_eq!(user.say("/own").await.text(), "Some(\"1\") None 7 Some(\"5\")");
    assert_eq!(user.say("/keys prefix=own").await.text(), "keys:");
    for (swap, done) in [
        ("k - 1", true),
        ("k - 2", false),
        ("k 2 3", false),
        ("k 1 2", true),
        ("k 2 -", true),
        ("k - -", true),
    ] {
        assert_eq!(user.say(&format!("/swap {swap}")).await.text(), format!("swapped: {done}"));
    }
    let answers = hundred(&world, "/swap turn - taken").await;
    assert_eq!(answers.iter().filter(|answer| *answer == "swapped: true").count(), 1);
}

#[tokio::test]
async fn ranges_are_ordered_and_have_the_events_own_writes() {
    let (world, _host) = world(&["ranges"]).await;
    let user = world.user();
    user.say("/put a/1 a/2 a/3 a/10 b/1 A/1 a ä z").await;
    for (range, keys) in [
        ("prefix=", "A/1 a a/1 a/10 a/2 a/3 b/1 z ä"),
        ("prefix=a/", "a/1 a/10 a/2 a/3"),
        ("prefix=a/ reverse", "a/3 a/2 a/10 a/1"),
        ("prefix=a/ limit=2", "a/1 a/10"),
        ("prefix=a/ limit=2 reverse", "a/3 a/2"),
        ("prefix=a/ limit=0", ""),
        ("prefix=a/ start=a/10", "a/10 a/2 a/3"),
        ("prefix=a/ start=a/10 end=a/3", "a/10 a/2"),
        ("prefix=a/ start=A end=zz", "a/1 a/10 a/2 a/3"),
        ("start=b end=a", ""),
        ("end=a", "A/1"),
        ("prefix=a/ set=a/15 limit=3", "a/1 a/10 a/15"),
        ("prefix=a/ delete=a/1 limit=2", "a/10 a/15"),
        ("prefix=a/ set=a/0 delete=a/10 reverse limit=9", "a/3 a/2 a/15 a/0"),
        ("prefix=a/ set=b/0 limit=1", "a/0"),
        ("prefix=% limit=9", ""),
    ] {
        let answer = user.say(&format!("/keys {range}")).await;
        assert_eq!(answer.text(), format!("keys: {keys}").trim_end(), "{range}");
    }
}

#[tokio::test]
async fn modules_never_see_each_others_data() {
    let (world, _host) = world(&["ranges", "hostile"]).await;
    let user = world.user();
    user.say("/put secret CANARY").await;
    assert_eq!(user.say("/atk nasty").await.text(), "wrong: 0, under %: 1");
    for value in ["secret", "CANARY"] {
        let answer = user.say(&format!("/atk peek {value}")).await;
        assert!(answer.text().starts_with("seen: 0 of "), "{answer}");
    }
    assert_eq!(user.say("/keys prefix=").await.text(), "keys: CANARY secret");
}

#[tokio::test]
async fn a_full_storage_refuses_and_others_go_on() {
    let (world, _host) = world(&["hostile"]).await;
    let user = world.user();
    for (fill, reason) in [
        ("value", "too large: the limit is 262144"),
        ("event", "too large: the limit is 8388608"),
        ("key", "Something broke in hostile"),
        ("nokey", "Something broke in hostile"),
    ] {
        let answer = user.say(&format!("/atk fill {fill}")).await;
        assert!(answer.text().contains(reason), "{fill}: {answer}");
    }
    assert_eq!(user.say("/kept fill").await.text(), "nothing");
    assert_eq!(user.say("/atk fill keys1").await.text(), "filled keys1");
    let full = user.say("/atk fill keys2").await;
    assert!(full.text().contains("The storage of hostile is full"), "{full}");
    assert!(full.text().contains("10000 keys"), "{full}");
    assert_eq!(user.say("/atk fill bytes1").await.text(), "filled bytes1");
    assert_eq!(user.say("/atk fill bytes2").await.text(), "filled bytes2");
    let full = user.say("/atk fill bytes3").await;
    assert!(full.text().contains("The storage of hostile is full"), "{full}");
    assert!(world.owner().say("/expense 1 food").await.text().contains("Balance"));
    let size = std::fs::metadata(world.data().join("umbrasil.db")).map_or(0, |file| file.len());
    assert!(size < 24 << 20, "{size}");
}
