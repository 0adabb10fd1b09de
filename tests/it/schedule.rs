//! Schedules: fired when they are due, once, for whom they were granted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use umbrasil_tests::{
    Host, Ledger, Person, Random, World, decide, eventually, fixtures::component,
};

const DAILY: &str = "daily cron \"0 9 * * *\" Europe/Zurich missed once";
const SKIPPED: &str = "skipped cron \"0 9 * * *\" Europe/Zurich";
const DAY: i64 = 24 * 3_600 * 1_000;

/// A world with the clock, of whose schedules only these are granted.
async fn clock(granted: &[&str]) -> World {
    let world = World::new().await;
    assert!(world.start(&[]).await.stop().await.success());
    for name in ["beat", "fail", "slow"] {
        let scope = format!("schedule {name} every 10s");
        decide(&world.data(), "clock", &[(&scope, granted.contains(&name))]);
    }
    for (name, line) in [("daily", DAILY), ("skipped", SKIPPED)] {
        decide(&world.data(), "clock", &[(&format!("schedule {line}"), granted.contains(&name))]);
    }
    let config = "[modules.clock]\nupdates = true\n[modules.papers]\nupdates = true\n\
        [modules.crowd]\nupdates = true\n";
    std::fs::write(world.path().join("umbrasil.toml"), config).unwrap();
    world.install("clock", component("clock"));
    world
}

/// Waits until the bot has said something with this text.
async fn says(person: &Person<'_>, text: &str) {
    eventually(60, text, async || {
        let received = person.received().await;
        received.iter().any(|message| message.text().contains(text)).then_some(())
    })
    .await;
}

async fn runs(world: &World, schedule: &str) -> String {
    world.user().say(&format!("/runs {schedule}")).await.text().to_owned()
}

fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[tokio::test]
async fn what_is_granted_fires_and_the_owner_reads_it() {
    let world = clock(&["beat"]).await;
    let host = world.start(&[]).await;
    says(&world.owner(), "beat 3 for 111, owner: true").await;
    assert_eq!(runs(&world, "beat").await, "3: 1 1 1");
    for schedule in ["fail", "slow", "daily"] {
        assert_eq!(runs(&world, schedule).await, "0:", "{schedule} is not granted");
    }
    let of_user = world.user().received().await;
    assert!(of_user.iter().all(|message| !message.text().contains("beat")), "{of_user:?}");
    // Another owner's decision, and it does not fire any more.
    assert!(host.stop().await.success());
    decide(&world.data(), "clock", &[("schedule beat every 10s", false)]);
    decide(&world.data(), "clock", &[("schedule slow every 10s", true)]);
    let _host = world.start(&[]).await;
    says(&world.owner(), "slow 2").await;
    assert_eq!(runs(&world, "beat").await, "3: 1 1 1");
    // A schedule asks nobody: the next text is nobody's answer.
    let text = world.owner().say("hello").await;
    assert!(!text.text().contains("got an answer"), "{text}");
}

#[tokio::test]
async fn a_schedule_goes_with_its_module() {
    let world = clock(&["beat"]).await;
    let papers = [("files", false), ("ocr", false), ("schedule pulse every 10s", true)];
    decide(&world.data(), "papers", &papers);
    world.install("papers", component("papers"));
    let host = world.start(&[]).await;
    says(&world.owner(), "beat 1").await;
    std::fs::remove_file(world.modules().join("clock.wasm")).unwrap();
    says(&world.owner(), "is removed").await;
    let beats = count(&world, "beat");
    let pulses = async || world.user().say("/pulses").await.text().parse::<u32>().unwrap();
    let before = pulses().await;
    // Long enough for another beat: the other one goes on.
    eventually(60, "two more pulses", async || (pulses().await >= before + 2).then_some(())).await;
    assert_eq!(count(&world, "beat"), beats);
    // Put back, it goes on.
    world.install("clock", component("clock"));
    eventually(60, "another beat", async || (count(&world, "beat") > beats).then_some(())).await;
    assert!(host.stop().await.success());
}

#[tokio::test]
async fn a_failure_is_told_once_and_is_done() {
    let world = clock(&["fail"]).await;
    let host = world.start(&[]).await;
    eventually(60, "it has failed twice", async || {
        (host.logged().matches("a schedule failed").count() >= 2).then_some(())
    })
    .await;
    let told = world.owner().say("/status").await;
    assert!(told.text().contains("Modules"), "{told}");
    let received = world.owner().received().await;
    let failures: Vec<&str> = received
        .iter()
        .map(umbrasil_tests::Message::text)
        .filter(|text| text.contains("⏰"))
        .collect();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].contains("clock, schedule fail"), "{failures:?}");
    assert!(failures[0].contains("Something broke in clock. Nothing was saved."), "{failures:?}");
    assert_eq!(runs(&world, "fail").await, "0:", "what it wrote is not kept");
}

/// Killed in the middle of runs and around their commits, each slot has one entry, however often it was begun.
#[tokio::test]
async fn killed_around_a_slot_each_slot_is_done_once() {
    const KILLS: usize = 6;
    let (world, mut random) = (clock(&["beat", "slow"]).await, Random::seeded());
    let due = async |host: &Host, schedule: &str| {
        let line = format!("a schedule is due module=\"clock\" schedule=\"{schedule}\"");
        eventually(30, &line, async || host.logged().contains(&line).then_some(())).await;
    };
    for round in 0..KILLS {
        let host = world.start(&[]).await;
        let (schedule, most) = if round % 2 == 0 { ("slow", 900) } else { ("beat", 20) };
        due(&host, schedule).await;
        tokio::time::sleep(Duration::from_millis(random.within(0..most))).await;
        host.kill().await;
    }
    let host = world.start(&[]).await;
    due(&host, "slow").await;
    due(&host, "beat").await;
    assert!(host.stop().await.success());
    for schedule in ["beat", "slow"] {
        let ran = entries(&world, schedule);
        assert!(ran.iter().all(|(_, times)| times == "1"), "{schedule}: {ran:?}");
        // And the sum agrees: nothing was counted under another name.
        assert_eq!(count(&world, schedule), ran.len(), "{schedule}");
        assert!(!ran.is_empty(), "{schedule} never ran");
    }
    assert_eq!(Ledger::open(&world.data()).integrity(), "ok");
}

#[tokio::test]
async fn what_was_missed_is_caught_up_with_once_or_not_at_all() {
    let world = clock(&["beat", "daily", "skipped"]).await;
    // The host was down for three days.
    was_last(&world, "clock", &["daily", "skipped"], now_ms() - 3 * DAY);
    let host = world.start(&[]).await;
    says(&world.owner(), "daily 1").await;
    says(&world.owner(), "beat 1").await;
    assert!(host.stop().await.success());
    let host = world.start(&[]).await;
    says(&world.owner(), "beat 2").await;
    assert!(host.stop().await.success());
    assert_eq!((count(&world, "daily"), count(&world, "skipped")), (1, 0));
}

/// An earlier host had begun something outside for the slot, and nobody knows how that ended.
#[tokio::test]
async fn what_reached_outside_is_not_repeated() {
    let world = clock(&["beat", "daily"]).await;
    was_last(&world, "clock", &["daily"], now_ms() - 3 * DAY);
    let ledger = Ledger::open(&world.data());
    // The last 9 o'clock in Zurich, whatever the season.
    for (days, hour) in [(0, 7), (0, 8), (1, 7), (1, 8)] {
        let slot = (now_ms() / DAY - days) * DAY + hour * 3_600_000;
        let sql =
            "INSERT INTO journal (event, module, call, begun_ms) VALUES (?1, 'clock', 'ssh', 1)";
        ledger.connection.execute(sql, [format!("tick-clock-daily-{slot}")]).unwrap();
    }
    drop(ledger);
    let host = world.start(&[]).await;
    says(&world.owner(), "nothing is repeated.").await;
    says(&world.owner(), "beat 1").await;
    assert!(host.stop().await.success());
    let host = world.start(&[]).await;
    says(&world.owner(), "beat 2").await;
    assert!(host.stop().await.success());
    assert_eq!(count(&world, "daily"), 0);
    let received = world.owner().received().await;
    let told =
        received.iter().filter(|message| message.text().contains("Outcome unknown, by clock"));
    assert_eq!(told.count(), 1, "the slot is done");
}

/// Fifty schedules at one moment are worked off a few at a time; people hardly notice.
#[tokio::test]
async fn a_crowd_of_schedules_does_not_hold_people_up() {
    let world = clock(&[]).await;
    let names: Vec<String> = (0..50).map(|index| format!("at{index:02}")).collect();
    for name in &names {
        let scope = format!("schedule {name} cron \"0 12 * * *\" missed once");
        decide(&world.data(), "crowd", &[(&scope, true)]);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    was_last(&world, "crowd", &names, now_ms() - 3 * DAY);
    world.install("crowd", component("crowd"));
    let host = world.start(&[]).await;
    eventually(60, "all have run", async || {
        // Each of these is answered, by the host and by the very module that is so busy.
        assert!(world.owner().say("/status").await.text().contains("Modules"));
        let ran = world.user().say("/crowd").await;
        assert!(ran.text().ends_with(" ran, 0 twice"), "{ran}");
        (ran.text() == "50 ran, 0 twice").then_some(())
    })
    .await;
    assert!(host.stop().await.success());
}

/// What libfaketime makes of the clock: a day ahead, then back again.
#[tokio::test]
async fn a_clock_that_jumps_makes_at_most_one_run_more() {
    let world = clock(&["beat", "daily"]).await;
    let clock = world.path().join("clock");
    let set = |offset: &str| std::fs::write(&clock, offset).unwrap();
    set("+0");
    let library = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .map(|machine| format!("/usr/lib/{machine}/faketime/libfaketime.so.1"))
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
        .expect("install the Debian package faketime");
    let more = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
    ];
    let host = world.start(&more).await;
    says(&world.owner(), "beat 1 ").await;
    let before = count(&world, "beat");
    set("+1d");
    says(&world.owner(), "daily 1").await;
    says(&world.owner(), &format!("beat {} ", before + 2)).await;
    set("+0");
    // Set back by a day, it goes on from now, and not a day later.
    let back = count(&world, "beat");
    says(&world.owner(), &format!("beat {} ", back + 2)).await;
    assert!(host.logged().contains("the clock was set back"));
    assert!(host.stop().await.success());
    assert_eq!(count(&world, "daily"), 1);
    let ran = entries(&world, "beat");
    assert!(ran.iter().all(|(_, times)| times == "1"), "{ran:?}");
    let mut slots: Vec<i64> = ran.iter().map(|(slot, _)| *slot).collect();
    slots.sort_unstable();
    assert!(slots.windows(2).all(|pair| pair[1] - pair[0] >= 10_000), "{slots:?}");
}

/// Puts down when schedules were fired last.
fn was_last(world: &World, module: &str, schedules: &[&str], slot_ms: i64) {
    let ledger = Ledger::open(&world.data());
    for schedule in schedules {
        let sql = "INSERT OR REPLACE INTO slots VALUES (?1, ?2, ?3)";
        ledger.connection.execute(sql, (module, schedule, slot_ms)).unwrap();
    }
}

/// The slots that a schedule has entries for, each with how often it was counted.
fn entries(world: &World, schedule: &str) -> Vec<(i64, String)> {
    let ledger = Ledger::open(&world.data());
    let sql = "SELECT CAST(key AS TEXT), CAST(value AS TEXT) FROM storage
        WHERE module = 'clock' AND CAST(key AS TEXT) LIKE ?1";
    let mut statement = ledger.connection.prepare(sql).unwrap();
    let prefix = format!("ran/tick-clock-{schedule}-");
    let rows = statement.query_map([format!("{prefix}%")], |row| {
        let (key, value): (String, String) = (row.get(0)?, row.get(1)?);
        Ok((key[prefix.len()..].parse().unwrap(), value))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// How often a schedule has run in all.
fn count(world: &World, schedule: &str) -> usize {
    let ledger = Ledger::open(&world.data());
    let sql =
        "SELECT CAST(value AS TEXT) FROM storage WHERE module = 'clock' AND key = CAST(?1 AS BLOB)";
    let found = ledger.connection.query_row(sql, [format!("all/{schedule}")], |row| row.get(0));
    found.map_or(0, |value: String| value.parse().unwrap())
}
