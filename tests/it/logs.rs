//! The log as modules that were granted it, and owners, can read it: all of it, and no secret.

use umbrasil_tests::fixtures::{component, wanting};
use umbrasil_tests::{Host, World};

const CANARY: &str = "sk-CANARY-0123456789abcdef";

/// A host with the module `records`, which wants and is granted these sources.
async fn bot(sources: &[&str], vars: &[(&str, &str)]) -> (World, Host) {
    let world = World::new().await;
    let manifest =
        format!("[module]\nname = \"records\"\nversion = \"1\"\n[logs]\nread = {sources:?}\n");
    let settings = format!("[modules.records.logs]\nread = {sources:?}\n");
    std::fs::write(world.path().join("umbrasil.toml"), settings).unwrap();
    world.install("records", &wanting("records", &manifest));
    let host = world.start(vars).await;
    (world, host)
}

/// What `/r_read` shows, without its first line.
async fn read(world: &World, query: &str) -> Vec<String> {
    let said = world.user().say(&format!("/r_read {query}")).await;
    assert!(said.text().contains(" records"), "{query}: {said}");
    said.text().lines().skip(1).map(str::to_owned).collect()
}

fn number(line: &str) -> u64 {
    line.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn each_source_has_a_permission_of_its_own() {
    for (granted, other) in [("host", "modules"), ("modules", "host")] {
        let (world, host) = bot(&[granted], &[]).await;
        let said = world.user().say(&format!("/r_read {granted}")).await;
        assert!(said.text().contains(" records"), "{said}");
        let said = world.user().say(&format!("/r_read {other}")).await;
        let line = format!("`logs {other}`");
        assert!(said.text().contains("Denied") && said.text().contains(&line), "{said}");
        host.stop().await;
    }
}

#[tokio::test]
async fn what_was_logged_can_be_searched_and_paged() {
    let (world, host) = bot(&["host", "modules"], &[("LOG_LEVEL", "info")]).await;
    for say in ["1 info Tea is ready", "1 warn tea is <cold> & old", "1 debug nobody hears tea"] {
        world.user().say(&format!("/r_say {say}")).await;
    }
    let found = read(&world, "modules least=debug tea").await;
    let texts: Vec<&str> = found.iter().map(|line| line.split_once(' ').unwrap().1).collect();
    // The operator chose `info`: what is finer is in no log.
    assert_eq!(texts, ["warn records tea is <cold> & old", "info records Tea is ready"]);
    assert_eq!(read(&world, "modules least=warn").await.len(), 1);
    assert!(read(&world, "modules module=finance").await.is_empty());
    assert!(read(&world, "host tea is").await.is_empty(), "the host is not a module");
    assert!(!read(&world, "host").await.is_empty());

    // 2,100 records more: the oldest are gone, and pages follow each other.
    for _ in 0..14 {
        world.user().say("/r_say 150 info again").await;
    }
    assert!(read(&world, "modules cold").await.is_empty(), "the oldest have made room");
    let most = world.user().say("/r_read modules limit=5000 nothing-else").await;
    assert!(most.text().starts_with("0 records"), "{most}");
    let first = read(&world, "modules limit=20 again").await;
    let before = number(first.last().unwrap());
    let second = read(&world, &format!("modules limit=20 before={before} again")).await;
    let numbers: Vec<u64> = first.iter().chain(&second).map(|line| number(line)).collect();
    assert_eq!(numbers.len(), 40);
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] - 1), "{numbers:?}");
    host.stop().await;
}

#[tokio::test]
async fn a_secret_that_was_logged_is_no_secret_told() {
    let (world, host) =
        bot(&["host", "modules"], &[("OPENAI_API_KEY", CANARY), ("LOG_LEVEL", "debug")]).await;
    world.user().say(&format!("/r_say 1 info key={CANARY} end")).await;
    let found = read(&world, "modules key=").await;
    assert!(found[0].ends_with("info records key=[redacted] end"), "{found:?}");
    world.user().say(&format!("/r_say 1 info {}", CANARY.replace('-', "%2D"))).await;
    for query in ["modules limit=50 least=debug", "host limit=50 least=debug"] {
        let said = world.user().say(&format!("/r_read {query}")).await;
        assert!(!said.text().contains("CANARY"), "{said}");
    }
    let said = world.owner().say("/logs records key").await;
    assert!(said.text().contains("[redacted] end") && !said.text().contains("CANARY"), "{said}");
    assert!(!host.logged().contains("CANARY"));
    host.stop().await;
}

#[tokio::test]
async fn owners_page_through_the_log_in_place() {
    let world = World::new().await;
    world.install("records", component("records"));
    let settings = "[modules.records.logs]\nread = [\"host\", \"modules\"]\n";
    std::fs::write(world.path().join("umbrasil.toml"), settings).unwrap();
    let host = world.start(&[("TZ", "Asia/Kathmandu")]).await;
    let (owner, user) = (world.owner(), world.user());
    for number in 1..=20 {
        user.say(&format!("/r_say 1 warn step {number:02} <b>&")).await;
    }
    let page = owner.say("/logs records step").await;
    println!("{page}");
    assert!(page.text().starts_with("📜 Logs of records with “step” (Asia/Kathmandu)"), "{page}");
    assert!(page.text().contains("WARN records\n  step 20 <b>&"), "{page}");
    assert!(page.text().contains("step 06") && !page.text().contains("step 05"), "{page}");
    assert_eq!(page.buttons(), [["⬅️ Older", "🔄 Refresh"]]);

    let older = owner.press("⬅️ Older").await;
    assert_eq!(older.id(), page.id(), "in place");
    assert!(older.text().contains("step 05") && older.text().contains("step 01"), "{older}");
    assert!(!older.text().contains("step 06"), "{older}");
    assert_eq!(older.buttons(), [["⏫ Newest"]]);
    user.say("/r_say 1 warn step 21").await;
    let newest = owner.press("⏫ Newest").await;
    assert!(newest.text().contains("step 21") && newest.id() == page.id(), "{newest}");

    let of_host = owner.say("/logs host").await;
    println!("{of_host}");
    assert!(
        of_host.text().contains(" of the host (Asia/Kathmandu)")
            && !of_host.text().contains("step")
    );
    let none = owner.say("/logs no such thing was ever said").await;
    println!("{none}");
    assert!(none.text().contains("Nothing was logged"), "{none}");
    let long = owner.say(&format!("/logs {}", "x".repeat(70))).await;
    assert!(long.buttons().is_empty() && long.text().contains("shorter text"), "{long}");

    let said = user.say("/logs").await;
    assert_eq!(said.text(), "That is for owners only.");
    host.stop().await;
}
