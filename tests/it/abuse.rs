//! What a hostile module gets out of its host: one plain error for its own user, and nothing else.

use umbrasil_tests::{Host, Message, OWNER, Person, USER, World, eventually, fixtures::component};

/// What a whole test may add to the memory of the host: a pool that is warm, and one attack.
const MIB: u64 = 300;

async fn hostile() -> (World, Host) {
    let world = World::new().await;
    world.install("hostile", component("hostile"));
    let host = world.start(&[]).await;
    (world, host)
}

/// An error that somebody may read: short, plain, with a reference that the log has too.
fn check_error(host: &Host, answer: &Message, reason: &str) {
    let text = answer.text();
    assert!(text.starts_with("⚠️ hostile ") && text.contains(reason), "{reason}: {text}");
    assert!(text.contains("Nothing was saved.") && text.len() < 300, "{text}");
    for leak in ["/", ".rs", ".wasm", "wasmtime", "wasm backtrace", "0x"] {
        assert!(!text.contains(leak), "{leak:?} in {text}");
    }
    let reference = text.rsplit("Reference: ").next().unwrap();
    let logged = host.logged();
    let record =
        logged.lines().find(|line| line.contains(&format!("reference=\"{reference}\""))).unwrap();
    assert!(record.contains("module=\"hostile\"") && record.contains("WARN"), "{record}");
}

/// Makes an attack that must fail, and checks that it left nothing behind.
async fn fails(host: &Host, person: Person<'_>, attack: &str, reason: &str) {
    let before = person.received().await.len();
    let answer = person.say(&format!("/atk {attack}")).await;
    check_error(host, &answer, reason);
    let name = attack.split(' ').next().unwrap();
    let kept = person.say(&format!("/kept {name}")).await;
    assert_eq!(kept.text(), "nothing", "{attack}");
    assert_eq!(person.received().await.len(), before + 2, "{attack}: one answer each");
}

#[tokio::test]
async fn what_a_guest_does_to_itself_ends_its_event_only() {
    let (world, mut host) = hostile().await;
    let (user, baseline) = (world.user(), host.memory());
    for (attack, reason) in [
        ("recurse", "recursed too deeply"),
        ("hog", "needed more memory"),
        ("panic", "crashed"),
        ("abort", "crashed"),
        ("unreachable", "crashed"),
        ("exit0", "ended itself with exit code 0"),
        ("exit1", "ended itself with exit code 1"),
        ("bulk", "took too long"),
        ("clockstorm", "took too long"),
        ("callstorm", "made too many calls"),
        ("handles", "used too many handles"),
        ("bigreply", "passed too much data at once"),
        ("bigreplies", "passed too much data at once"),
    ] {
        fails(&host, user, attack, reason).await;
    }
    let grown = user.say("/atk growto").await;
    let at: u64 = grown.text().split(' ').nth(2).unwrap().parse().unwrap();
    assert!((32..=64).contains(&at), "{grown}");
    let ambient = user.say("/atk ambient").await;
    assert_eq!(ambient.text(), "variables: 0, arguments: 0, input: 0");
    assert!(host.memory() < baseline + MIB, "{} MiB, before {baseline}", host.memory());
    assert!(host.is_alive());
    assert!(world.owner().received().await.is_empty(), "the owner hears nothing of it");
}

#[tokio::test]
async fn nothing_broken_gets_over_the_boundary() {
    let (world, mut host) = hostile().await;
    let baseline = host.memory();
    for (attack, reason) in [
        ("aliased", "passed too much data at once"),
        ("list-outside", "crashed"),
        ("list-length", "crashed"),
        ("list-align", "crashed"),
        ("text-outside", "crashed"),
        ("text-length", "crashed"),
        ("text-wraps", "crashed"),
        ("text-utf8", "crashed"),
        ("text-cut", "crashed"),
        ("level", "crashed"),
        ("option", "crashed"),
        ("result-outside", "crashed"),
        ("result-align", "crashed"),
        ("handle", "crashed"),
    ] {
        fails(&host, world.user(), attack, reason).await;
    }
    assert!(host.memory() < baseline + MIB, "{} MiB, before {baseline}", host.memory());
    assert!(host.is_alive() && !host.logged().contains("panicked at host/"));
}

/// The functions of the contract that take a text, bytes or a list: from the WIT, so that none is left out.
fn functions_with_large_arguments() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/v0.1");
    let mut functions = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut interface = "";
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("interface ") {
                interface = rest.trim_end_matches([' ', '{']);
            }
            let Some((name, arguments)) = line.split_once(": func(") else { continue };
            let arguments = arguments.split("->").next().unwrap().trim_end_matches([' ', ';', ')']);
            // A number cannot be large.
            let large = ["string", "list<", "range", "request"];
            let large = large.iter().any(|kind| arguments.contains(kind));
            if interface != "handler" && large {
                functions.push(format!("{interface}.{}", name.trim_start_matches('%')));
            }
        }
    }
    functions
}

#[tokio::test]
async fn no_function_takes_a_large_argument() {
    let (world, mut host) = hostile().await;
    let mut functions = functions_with_large_arguments();
    assert!(functions.len() >= 26, "{functions:?}");
    functions.extend(["storage.set.key".to_owned(), "chat.document.name".to_owned()]);
    let baseline = host.memory();
    for function in functions {
        let attack = format!("argument {function}");
        fails(&host, world.user(), &attack, "passed too much data at once").await;
    }
    assert!(host.memory() < baseline + MIB, "{} MiB, before {baseline}", host.memory());
    assert!(host.is_alive());
}

#[tokio::test]
async fn everybody_else_is_answered_while_spinners_spin() {
    let (world, mut host) = hostile().await;
    let spinners = [1000, 1001, 1002, 1003].map(|id| world.person(id));
    for spinner in spinners {
        spinner.write("/atk spin").await;
    }
    let status = world.user().say("/status").await;
    assert!(status.text().starts_with("Status"), "{status}");
    let balance = world.owner().say("/expense 12.50 food coffee").await;
    assert!(balance.text().contains("Balance"), "{balance}");
    for spinner in spinners {
        assert!(spinner.received().await.is_empty(), "answered before the spinners were stopped");
    }
    for spinner in spinners {
        let answers = spinner.wait_for(1).await;
        check_error(&host, &answers[0], "took too long");
        assert_eq!(spinner.say("/kept spin").await.text(), "nothing");
        assert_eq!(spinner.received().await.len(), 2);
    }
    assert!(host.is_alive());
}

#[tokio::test]
async fn a_sleeper_is_woken_by_the_deadline_and_blocks_nobody() {
    let (world, host) = hostile().await;
    let sleepers = [1000, 1001, 1002].map(|id| world.person(id));
    for sleeper in sleepers {
        sleeper.write("/atk sleep").await;
    }
    // One of the four instances is left, for the same module and for the others.
    for _ in 0..5 {
        assert_eq!(world.user().say("/atk slow").await.text(), "done");
    }
    assert!(world.owner().say("/expense 1 food").await.text().contains("Balance"));
    for sleeper in sleepers {
        assert!(sleeper.received().await.is_empty(), "answered while the sleepers slept");
    }
    for sleeper in sleepers {
        let answers = sleeper.wait_for(1).await;
        check_error(&host, &answers[0], "took too long");
    }
    for _ in 0..20 {
        assert_eq!(world.user().say("/atk slow").await.text(), "done");
    }
}

#[tokio::test]
async fn a_guest_cannot_forge_records_or_fill_the_log() {
    let (world, host) = hostile().await;
    assert_eq!(world.user().say("/atk logflood").await.text(), "flooded");
    assert_eq!(world.user().say("/atk stdoutflood").await.text(), "printed");
    let logged = host.logged();
    assert!(logged.len() < 300 << 10, "{} bytes", logged.len());
    for line in logged.lines().filter(|line| line.contains("approved")) {
        assert!(line.contains("module: ") && line.contains("module=\"hostile\""), "{line}");
        assert!(!line.starts_with("2026-11-22T00:00:00.000000Z"), "{line}");
    }
    assert!(logged.contains("approved by the owner") && logged.contains("approved by print"));
    assert_eq!(logged.matches("log truncated").count(), 2, "once an event");
    let hidden = ['\u{1b}', '\0', '\r', '\u{7}', '\u{202e}', '\u{2066}', '\u{2028}'];
    assert!(!logged.contains(hidden));
    assert!(logged.lines().filter(|line| line.contains("flood ")).count() <= 200);
}

#[tokio::test]
async fn each_record_of_a_json_log_says_whose_it_is() {
    let world = World::new().await;
    world.install("hostile", component("hostile"));
    let host = world.start(&[("LOG_FORMAT", "json")]).await;
    for attack in ["logflood", "stdoutflood", "panic"] {
        world.user().say(&format!("/atk {attack}")).await;
    }
    let mut guests = 0;
    for line in host.logged().lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        if record["target"] == "module" {
            assert_eq!(record["module"], "hostile", "{line}");
            guests += 1;
        } else {
            assert!(!line.contains("approved") && !line.contains("flood"), "{line}");
        }
    }
    assert!((3..=600).contains(&guests), "{guests}");
}

#[tokio::test]
async fn nothing_of_one_user_is_there_for_another() {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    let _host = world.start(&[]).await;
    let (owner, user) = (world.person(OWNER), world.person(USER));
    for round in 0..100 {
        owner.write(&format!("/remember CANARY-{round}")).await;
        user.write("/recall").await;
    }
    owner.wait_for(100).await;
    for answer in user.wait_for(100).await {
        assert!(answer.text().ends_with("memory: nothing"), "{answer}");
    }
}

#[tokio::test]
async fn a_slow_module_works_off_a_burst_with_four_instances() {
    let (world, host) = hostile().await;
    let people: Vec<Person<'_>> = (1000..1020).map(|id| world.person(id)).collect();
    for _ in 0..10 {
        for person in &people {
            person.write("/atk slow").await;
        }
    }
    assert!(world.owner().say("/status").await.text().starts_with("Status"));
    for person in &people {
        let answers = person.wait_for(10).await;
        assert!(answers.iter().all(|answer| answer.text() == "done"), "{answers:?}");
        assert_eq!(answers.len(), 10);
    }
    let memory = host.memory();
    assert!(memory < 600, "{memory} MiB");
    eventually(5, "the inbox is empty", async || {
        let (_, metrics) = host.get("/metrics").await;
        metrics.lines().any(|line| line.starts_with("umbrasil_inbox_depth 0")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_far_too_long_reply_is_cut() {
    let world = World::new().await;
    world.install("chatty", component("chatty"));
    let mut host = world.start(&[]).await;
    world.user().write("/long 100000").await;
    let parts = world.user().wait_for(5).await;
    assert!(parts[4].text().ends_with("(cut: too long)"), "{}", parts[4]);
    assert_eq!(world.user().say("/echo next").await.text(), "next");
    assert_eq!(world.user().received().await.len(), 6);
    assert!(host.is_alive() && !host.logged().contains("panicked"));
}
