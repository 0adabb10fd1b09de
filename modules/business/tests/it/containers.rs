//! Containers: the list, one of them, what can be done to it, and its logs.

use umbrasil_sdk::HostError;
use umbrasil_sdk::docker::{Port, Usage};
use umbrasil_sdk::testing::{Container, Host};

use super::{bare, fits, refused, shown};

const LONG: &str = "shop-production-payments-worker-with-a-long-name_1";

fn several() -> Host {
    let unhealthy = |name: &str| {
        Container::new(name).with(|all| {
            all.container.health = "unhealthy".into();
            all.container.status = "Up 3 hours (unhealthy)".into();
        })
    };
    let state = |name: &str, state: &'static str| {
        Container::new(name).with(|all| all.container.state = state.into())
    };
    bare()
        .container(Container::new("db").exited(137).with(|all| {
            all.finished = 1_795_341_600;
            all.out_of_memory = true;
        }))
        .container(Container::new("web"))
        .container(unhealthy("api"))
        .container(state("paused1", "paused"))
        .container(state("new1", "created").with(|all| all.started = 0))
        .container(Container::new(LONG).with(|all| all.container.id = "fedcba987654".into()))
}

#[test]
fn the_list_begins_with_what_runs() {
    let mut host = several();
    assert_eq!(
        shown(&mut host, "/docker"),
        "🐳 Containers\n3 of 6 running\n\n🟡 api · Up 3 hours (unhealthy)\n\
         🟢 shop-production-payments-worker-with-a-… · Up 3 hours\n🟢 web · Up 3 hours\n🟡 paused1 · Up 3 hours\n\
         🔴 db · Exited (137) 2 hours ago\n⚪ new1 · Up 3 hours\n\
         [🟡 api] [🟢 shop-production-payment…]\n[🟢 web] [🟡 paused1]\n[🔴 db] [⚪ new1]\n[Refresh] [Back]"
    );
    assert_eq!(shown(&mut host, "/containers"), shown(&mut host, "/docker"));
    assert!(host.press("Refresh").unwrap().replies[0].replaced);
    assert!(
        host.press("Back").unwrap().text().contains("🐳 Containers: 3 of 6 running, 1 unhealthy")
    );
    let some = shown(&mut host, "/docker P");
    assert!(some.starts_with("🐳 Containers\n3 with “P”, 2 running\n\n"), "{some}");
    assert!(some.ends_with("[Refresh] [All] [Back]"), "{some}");
    assert!(host.press("Refresh").unwrap().text().contains("3 with “P”"));
    assert!(host.press("All").unwrap().text().contains("3 of 6 running"));
    assert!(
        shown(&mut host, "/containers <no> & body")
            .contains("None has “<no> & body” in its name or image.")
    );
    assert!(
        shown(&mut host, &format!("/docker {}", "é".repeat(40)))
            .starts_with("🐳 No container has “ééé")
    );
}

#[test]
fn one_has_a_page_with_its_numbers() {
    let usage = Usage {
        cpu_percent: 12.345,
        memory_bytes: 120 << 20,
        memory_limit_bytes: 16 << 30,
        network_received_bytes: 1_300_000_000,
        network_sent_bytes: 999,
        disk_read_bytes: 0,
        disk_written_bytes: 0,
        processes: 3,
    };
    let port = |inside, outside| Port { inside, outside, protocol: "tcp".into() };
    let web = Container::new("web").usage(usage).with(|all| {
        all.container.image =
            "registry.example.org/<shop>&web@sha256:0123456789abcdef0123456789abcdef0123456789"
                .into();
        all.container.health = "healthy".into();
        all.started = 1_795_338_000;
        all.restart_policy = "unless-stopped".into();
        all.restarts = 2;
        all.container.ports = vec![port(80, Some(8_080)), port(9_000, None)];
        all.container.ports.extend((1..=6).map(|index| port(index, None)));
    });
    let mut host = bare().container(web);
    shown(&mut host, "/docker");
    let page = host.press("🟢 web").unwrap();
    fits(&page);
    assert_eq!(
        page.to_string(),
        "(edited) 🟢 web\nregistry.example.org/<shop>&web@sha256:0123456789abcdef0123456789abcdef01234567…\n\
         State    running\nHealth   healthy\nSince    2026-11-22 09:00 (3 h)\nPorts    8080 → 80/tcp\n         9000/tcp\n\
         \x20        1/tcp\n         2/tcp\n         3/tcp\n         4/tcp\n         and 2 more\n\
         Policy   unless-stopped\nRestarts 2\nCPU      12.3 %\nMemory   120 MiB of 16.0 GiB\nNetwork  ↓ 1.2 GiB ↑ 999 B\n\
         [Logs] [Refresh]\n[Restart] [Stop]\n[Back]"
    );
    assert_eq!(host.press("Refresh").unwrap().to_string(), page.to_string());
    assert_eq!(shown(&mut host, "/containers web"), page.to_string().replace("(edited) ", ""));
    assert!(host.press("Back").unwrap().text().starts_with("🐳 Containers"));
}

#[test]
fn one_that_has_ended_says_how() {
    let mut host = several();
    assert_eq!(
        shown(&mut host, "/docker db"),
        "🔴 db\ndb:latest\nState    exited\nEnded    2026-11-22 10:00 (2 h)\nExit     137, out of memory\n\
         Policy   no\n[Logs] [Refresh]\n[Start]\n[Back]"
    );
    for (code, said) in [
        (0, "0, as it should"),
        (1, "1, an error"),
        (137, "137, killed"),
        (143, "143, was told to end"),
    ] {
        let mut host = bare().container(Container::new("x").exited(code));
        assert!(shown(&mut host, "/docker x").contains(&format!("Exit     {said}\n")));
    }
    let created = shown(&mut host, "/docker new1");
    assert!(!created.contains("Exit") && !created.contains("Ended"), "{created}");
}

#[test]
fn they_are_started_stopped_and_restarted() {
    let mut host = several();
    assert!(shown(&mut host, "/docker start db").starts_with("✅ Started.\n\n🟢 db\n"));
    assert_eq!(host.container_state("db"), Some("running"));
    let stopped = host.press("Stop").unwrap().to_string();
    assert!(
        stopped.starts_with("(edited) ✅ Stopped.\n\n🔴 db\n") && stopped.contains("[Start]"),
        "{stopped}"
    );
    host.press("Start").unwrap();
    assert!(host.press("Restart").unwrap().text().starts_with("✅ Restarted.\n\n🟢 db\n"));
    assert!(shown(&mut host, "/docker RESTART web").starts_with("✅ Restarted.\n\n🟢 web\n"));
    assert!(
        shown(&mut host, "/docker stop payments").starts_with("✅ Stopped.\n\n🔴 shop-production")
    );
    let usage =
        "Which container?\nUsage: /docker [VERB] [NAME] [TEXT]\nExample: /docker restart web";
    for verb in ["start", "stop", "restart", "logs"] {
        assert_eq!(refused(&mut host, &format!("/docker {verb}")), usage);
    }
    assert_eq!(
        shown(&mut host, "/docker stop <web>"),
        "🐳 No container has “<web>” in its name.\n[Containers] [Back]"
    );
    assert_eq!(
        shown(&mut host, "/docker stop P"),
        "🐳 Which container do you mean?\n[🟡 api]\n[🟡 paused1]\n[🔴 shop-production-payment…]"
    );
    assert!(host.press("🟡 api").unwrap().text().starts_with("✅ Stopped.\n\n🔴 api"));
    assert_eq!(host.container_state("api"), Some("exited"));
    assert_eq!(host.container_state("web"), Some("running"), "and nothing else");
}

#[test]
fn a_long_name_is_carried_by_its_id() {
    let mut host = several();
    host.action("containers", &[]).unwrap();
    assert!(host.press("🟢 shop-production-payment…").unwrap().text().contains(LONG));
    assert!(host.press("Logs").unwrap().text().starts_with(&format!("📜 {LONG}")));
    host.press("Refresh").unwrap();
    assert!(host.press("Back").unwrap().text().contains(LONG));
    assert!(host.press("Stop").unwrap().text().starts_with("✅ Stopped."));
    assert_eq!(host.container_state(LONG), Some("exited"));
    let gone = host.action("container", &["#000000000000"]).unwrap();
    assert!(
        gone.text().ends_with("This container is gone, or was made anew. Look for it in the list."),
        "{gone}"
    );
}

#[test]
fn two_hundred_are_paged() {
    let mut host = (0..200).fold(bare(), |host, index| {
        let name = format!("{}-{index:03}", "a".repeat(120));
        host.container(Container::new(&name).with(|all| all.container.id = format!("{index:012}")))
    });
    let mut page = host.command("/docker aaa").unwrap();
    let mut count = 0;
    for number in 1..=25 {
        fits(&page);
        assert!(page.text().contains(&format!("page {number} of 25")), "{page}");
        count += page.replies[0].buttons[..4].concat().len();
        if number < 25 {
            page = host.press("▶").unwrap();
        }
    }
    assert_eq!(count, 200);
    host.press("◀").unwrap();
    assert!(
        shown(&mut host, "/docker restart aaa")
            .starts_with("🐳 Which container do you mean? 200 fit; these are the first.\n[")
    );
    assert!(
        shown(&mut host, &format!("/docker stop {}-150", "a".repeat(120)))
            .starts_with("✅ Stopped.")
    );
}

#[test]
fn none_is_no_error() {
    let mut host = bare().container(Container::new("web"));
    assert!(shown(&mut host, "/docker nobody").contains("None has “nobody”"));
}

#[test]
fn logs_are_shown_as_they_are() {
    let web = (1..=50).fold(Container::new("web"), |web, index| web.log(&format!("line {index}")));
    let web =
        web.complains("\u{1b}[31m  ERROR <b>&</b>\u{1b}[0m\u{202e}\r").log(&"y".repeat(10_000));
    let mut host = bare().container(web).container(Container::new("quiet"));
    let page = host.command("/docker logs web").unwrap();
    let text = page.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..3], ["📜 web", "up to 2023-11-14 22:14", "line 33"]);
    assert_eq!(lines[lines.len() - 2], "  ERROR <b>&</b>");
    assert_eq!(lines[lines.len() - 1], format!("{}…", "y".repeat(159)));
    assert_eq!(lines.len(), 22);
    assert_eq!(page.replies[0].buttons, [vec!["Older"], vec!["Refresh", "Back"]]);
    let older = host.press("Older").unwrap();
    assert!(older.text().contains("\nline 13\n") && older.text().ends_with("\nline 32"), "{older}");
    let oldest = host.press("Older").unwrap();
    assert!(
        oldest.text().ends_with("\nline 12") && oldest.text().contains("\nline 1\n"),
        "{oldest}"
    );
    assert_eq!(oldest.replies[0].buttons, [vec!["Newer"], vec!["Refresh", "Back"]]);
    assert_eq!(host.press("Refresh").unwrap().to_string(), oldest.to_string());
    host.press("Newer").unwrap();
    assert!(host.press("Back").unwrap().text().starts_with("🟢 web"));

    let found = shown(&mut host, "/container_logs web line 4");
    assert!(
        found.starts_with("📜 web with “line 4”\nup to 2023-11-14 22:14\nline 4\nline 40\n"),
        "{found}"
    );
    assert!(host.press("Refresh").unwrap().text().contains("with “line 4”"));
    assert!(
        shown(&mut host, "/docker logs web <nothing>")
            .contains("None of its last 200 lines has this in it.")
    );
    // Too long for a button: there is a way back, but nothing that would look for something else.
    let long = shown(&mut host, "/docker logs web a text that is too long for the buttons");
    assert!(long.ends_with("\n[Back]"), "{long}");
    assert!(
        refused(&mut host, &format!("/container_logs web {}", "x".repeat(300)))
            .starts_with("The text to look for has at most 256 bytes.")
    );
    assert!(shown(&mut host, "/docker logs quiet").contains("It has written nothing."));
    assert_eq!(
        refused(&mut host, "/container_logs"),
        "Usage: /container_logs NAME [TEXT]\nExample: /container_logs web ERROR"
    );
}

#[test]
fn two_hundred_long_lines_fit_their_messages() {
    let web = (0..300).fold(Container::new("web"), |web, index| {
        web.log(&format!("{index} {}", "🦀<&>".repeat(200)))
    });
    let mut host = bare().container(web);
    let mut page = host.command("/docker logs web").unwrap();
    for _ in 1..10 {
        assert!(page.text().encode_utf16().count() <= 4_096, "it is one message");
        page = host.press("Older").unwrap();
    }
    assert!(page.text().contains("\n100 🦀"), "{page}");
    assert_eq!(page.replies[0].buttons[0], ["Newer"]);
    host.action("logs", &["web", "999999"]).unwrap();
    host.action("logs", &["web", "-1"]).unwrap();
}

#[test]
fn what_was_done_is_told_also_when_nobody_can_look() {
    for (verb, done) in
        [("start", "✅ Started."), ("stop", "✅ Stopped."), ("restart", "✅ Restarted.")]
    {
        let mut host = bare().container(Container::new("web").inspection_fails(HostError::Timeout));
        let text = shown(&mut host, &format!("/docker {verb} web"));
        let expected =
            format!("{done}\n\nweb\n\n⚠️ There was no answer in time.\n[Containers] [Back]");
        assert_eq!(text, expected);
        let pressed = host.action(verb, &["web"]).unwrap().to_string();
        assert_eq!(pressed, expected);
    }
}
