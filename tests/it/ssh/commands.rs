//! What runs, what it gives back, and what does not run.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_granted_command_runs_and_says_how_it_ended() {
    let server = Sshd::start().await;
    let (world, _host) = world(&[server.table("web1", "")]).await;
    let owner = world.owner();
    assert_eq!(owner.say("/targets").await.text(), "targets: web1");
    let granted = owner.say("/granted web1").await.text().to_owned();
    for line in [
        "\necho {word:word} (Effect::Change)",
        "\nuptime (Effect::Read)",
        "\nls {path:path} (Effect::Change)",
    ] {
        assert!(granted.contains(line), "{granted}");
    }
    assert_eq!(
        owner.say("/granted web9").await.text(),
        "error: Error::Invalid(\"there is no target `web9`\")"
    );
    assert_eq!(owner.say("/exec web1 echo hello").await.text(), "exit 0: hello");
    let failing = server.script("failing", "echo out; echo err >&2; exit 7");
    assert_eq!(owner.say(&format!("/exec web1 sh {failing}")).await.text(), "exit 7: out / err");
    let killed = server.script("killed", "kill -KILL $$");
    assert_eq!(owner.say(&format!("/exec web1 sh {killed}")).await.text(), "signal KILL:");
    assert!(owner.say("/exec web1 uptime").await.text().starts_with("exit 0: "));
    // Every word arrives as it is.
    let given = "it's\\s(one)\\s#word\\s~\\s!\\s\\\\send";
    let answer = owner.say(&format!("/words web1 printf|%s|{given}")).await;
    assert_eq!(answer.text(), "exit 0: it's (one) #word ~ ! \\ end");
    assert_eq!(server.connections(), 1, "the session is used again");
    // Nothing but public keys, and only for the one user.
    assert!(
        !server.logged().contains("method password") && server.count("Accepted publickey") == 1
    );
}

#[tokio::test]
async fn without_a_grant_nothing_reaches_the_server() {
    let server = Sshd::start().await;
    let world = World::new().await;
    std::fs::write(world.path().join("umbrasil.toml"), server.table("web1", "")).unwrap();
    world.install("shell", component("shell"));
    let host = world.start(&[]).await;
    eventually(20, "the module waits for an owner", async || {
        host.logged().contains("nobody has granted it").then_some(())
    })
    .await;
    world.owner().say("/exec web1 echo hello").await;
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn what_the_grant_does_not_name_is_denied_and_nothing_is_sent() {
    let (one, other) = (Sshd::start().await, Sshd::start().await);
    let marker = one.path().join("pwn");
    let shown = marker.display();
    let (world, _host) = world(&[one.table("web1", ""), other.table("db", "")]).await;
    let owner = world.owner();
    for command in [
        format!("systemctl|status|nginx;\\stouch\\s{shown}"),
        format!("systemctl|status|$(touch\\s{shown})"),
        format!("systemctl|status|`touch\\s{shown}`"),
        format!("systemctl|status|nginx|&&|touch|{shown}"),
        format!("systemctl|status|nginx\\ntouch\\s{shown}"),
        format!("echo|x'\\s;touch\\s{shown};\\s'"),
        format!("echo|x\"\\s;touch\\s{shown};\\s\""),
        format!("ls|{shown}\\s;\\stouch\\s{shown}"),
        format!("touch|{shown}"),
        format!("/bin/../bin/sh|-c|touch\\s{shown}"),
        format!("env|touch|{shown}"),
        format!("sh|-c|touch\\s{shown}"),
        format!("echo|hello|>{shown}"),
        "systemctl|status|--host=evil".to_owned(),
        "systemctl|status|nginx|--host=evil".to_owned(),
        "systemctl|restart|nginx".to_owned(),
        "systemctl|status|nginx*".to_owned(),
        "systemctl|status|\\e".to_owned(),
        "systemctl\\ustatus|nginx".to_owned(),
        "systemctl|status\\u|nginx".to_owned(),
        "systemctl|status|nginx\\u".to_owned(),
        "systemctl|status|ng\\0inx".to_owned(),
        "ls|/etc/../root".to_owned(),
        "ls|-la".to_owned(),
        "ping|-f".to_owned(),
        "\\e".to_owned(),
        "\\e|\\e".to_owned(),
    ] {
        let text = owner.say(&format!("/words web1 {command}")).await.text().to_owned();
        assert!(text.starts_with("denied: ") || text.starts_with("invalid: "), "{command}: {text}");
    }
    let port = one.port();
    for target in [
        "db",
        "web2\\n",
        "web1\\n",
        "\\nweb1",
        "web1\\0",
        "WEB1",
        "127.0.0.1",
        "localhost",
        "*",
        "\\e",
        &format!("127.0.0.1:{port}"),
        "root@web1",
        "web1\\s-p\\s22",
        "[ssh.web1]",
        "../web1",
    ] {
        let text = owner.say(&format!("/words {target} echo|hello")).await.text().to_owned();
        assert!(text.starts_with("denied: ") || text.starts_with("invalid: "), "{target}: {text}");
    }
    // Granted, and not configured.
    let text = owner.say("/exec web2 echo hello").await.text().to_owned();
    assert_eq!(text, "invalid: there is no target `web2`; an owner configures it as `[ssh.web2]`");
    // Dangerous: an owner is asked, with the exact command.
    let asked = owner.say("/exec web1 reboot now").await;
    assert!(asked.to_string().contains("ssh web1: reboot now"), "{asked}");
    assert_eq!((one.connections(), other.connections()), (0, 0));
    assert!(!marker.exists());
    assert_eq!(owner.say("/targets").await.text(), "targets: web1");
}

#[tokio::test]
async fn several_targets_answer_side_by_side_and_in_order() {
    let (one, two) = (Sshd::start().await, Sshd::start().await);
    let (world, _host) = world(&[one.table("web1", ""), two.table("web2", "")]).await;
    let owner = world.owner();
    let answer = owner.say("/all web2,web1,db echo hello").await.text().to_owned();
    let lines: Vec<&str> = answer.lines().collect();
    assert_eq!(lines[..2], ["web2 -> exit 0: hello", "web1 -> exit 0: hello"]);
    assert!(lines[2].starts_with("db -> denied: "), "{answer}");
    let many = vec!["web1"; 17].join(",");
    let answer = owner.say(&format!("/all {many} echo hello")).await.text().to_owned();
    assert!(
        answer.lines().count() == 17 && answer.lines().all(|line| line.contains("TooLarge(16)"))
    );
    // The one waits for an owner, so the other must not run: the event is run again.
    owner.say("/all web1,web2 reboot now").await;
    owner.reads("ssh web1: reboot now").await;
    assert_eq!((one.commands(), two.commands()), (1, 1));
    let answer = owner.say("/often 11 web1 echo hello").await;
    assert_eq!(answer.text(), "invalid: at most 10 calls of ssh an event");
    assert_eq!(one.commands(), 11);
}

#[tokio::test]
async fn a_flood_is_cut_and_costs_no_memory() {
    let server = Sshd::start().await;
    let (world, host) = world(&[server.table("web1", "")]).await;
    let owner = world.owner();
    assert_eq!(owner.say("/exec web1 echo warm").await.text(), "exit 0: warm");
    let before = host.memory();
    // Some more than is kept: whole beginning, whole end, and its own status.
    let long = server.script(
        "long",
        "echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last; exit 3",
    );
    let text = owner.say(&format!("/sizes web1 sh {long}")).await.text().to_owned();
    assert!(text.starts_with("exit 3, out 5242"), "{text}");
    assert!(text.contains("err 0, truncated true, ends with \"last\""), "{text}");
    for script in ["exec cat /dev/zero", "exec yes", "exec head -c 1000000000 /dev/zero >&2"] {
        let endless = server.script("endless", script);
        let text = owner.say(&format!("/sizes web1 sh {endless}")).await.text().to_owned();
        assert!(text.starts_with("signal ") && text.contains("truncated true"), "{script}: {text}");
        let (before, after) = text.split_once(", err ").unwrap();
        let size =
            |text: &str| text.split([' ', ',']).find_map(|word| word.parse::<u64>().ok()).unwrap();
        assert!(size(before) <= 512 << 10 && size(after) <= 512 << 10, "{text}");
    }
    eventually(20, "the commands have ended on the server", async || {
        ["cat", "yes", "head"].iter().all(|name| server.running(name).is_empty()).then_some(())
    })
    .await;
    assert_eq!(owner.say("/exec web1 echo after").await.text(), "exit 0: after");
    assert!(host.memory() < before + 24, "from {before} to {} MiB", host.memory());
}

#[tokio::test]
async fn what_hangs_is_given_up_and_ended() {
    let server = Sshd::start().await;
    let (world, _host) = world(&[server.table("web1", "timeout = 2")]).await;
    let owner = world.owner();
    for script in [
        "exec sleep 60",
        // It closes what it writes to, and does not end.
        "exec >&- 2>&-; exec sleep 60",
        // It ignores being told to end.
        "trap '' HUP TERM PIPE; exec sleep 40",
    ] {
        let hanging = server.script("hanging", script);
        let text = owner.say(&format!("/exec web1 sh {hanging}")).await.text().to_owned();
        assert_eq!(
            text, "unknown: web1: timed out after 2 s; the command may still be running",
            "{script}"
        );
        if !script.starts_with("trap") {
            eventually(20, "the command was told to end", async || {
                server.running("sleep").is_empty().then_some(())
            })
            .await;
        }
    }
    assert_eq!(server.commands(), 3);
    // The next one has a session of its own.
    assert_eq!(owner.say("/exec web1 echo after").await.text(), "exit 0: after");
    // What stays behind in the background does not hold up the answer.
    let background = server.script("background", "echo started; sleep 60 &");
    assert_eq!(owner.say(&format!("/exec web1 sh {background}")).await.text(), "exit 0: started");
    server.drop_sessions();
}

#[tokio::test]
async fn a_lost_connection_is_told_and_the_command_is_not_repeated() {
    let server = Sshd::start().await;
    let (world, host) = world(&[server.table("web1", "")]).await;
    let owner = world.owner();
    let counter = server.path().join("counter");
    let counting =
        server.script("counting", &format!("echo x >> {}; exec sleep 60", counter.display()));
    let runs = || std::fs::read_to_string(&counter).unwrap_or_default().lines().count();
    for round in 1..=3 {
        let before = owner.received().await.len();
        owner.write(&format!("/exec web1 sh {counting}")).await;
        eventually(20, "the command runs", async || (runs() == round).then_some(())).await;
        server.drop_sessions();
        let answers = owner.wait_for(before + 1).await;
        let text = answers.last().unwrap().text().to_owned();
        assert_eq!(text, "unknown: web1: the connection was lost while the command ran");
        assert_eq!(runs(), round);
    }
    assert_eq!(owner.say("/exec web1 echo after").await.text(), "exit 0: after");
    // A session that died while nobody used it is replaced, before the command is sent.
    server.drop_sessions();
    assert_eq!(owner.say("/exec web1 echo again").await.text(), "exit 0: again");
    // The host is killed while it waits: the next one says what it does not know, and repeats nothing.
    let before = owner.received().await.len();
    owner.write(&format!("/exec web1 sh {counting}")).await;
    eventually(20, "the command runs", async || (runs() == 4).then_some(())).await;
    host.kill().await;
    let _host = world.start(&[]).await;
    let answers = owner.wait_for(before + 1).await;
    let text = answers.last().unwrap().to_string();
    assert!(text.contains("Outcome unknown") && text.contains("ssh web1: sh"), "{text}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(runs(), 4);
}

#[tokio::test]
async fn fifty_at_once_take_turns() {
    let server = Sshd::start().await;
    let (world, _host) = world(&[server.table("web1", "")]).await;
    let people: Vec<_> = (1000..1050).map(|id| world.person(id)).collect();
    for person in &people {
        person.write("/exec web1 echo hello").await;
    }
    for person in &people {
        assert_eq!(person.wait_for(1).await[0].text(), "exit 0: hello");
    }
    assert_eq!(server.commands(), 50);
    assert_eq!(server.connections(), 1);
    assert!(!server.logged().contains("MaxStartups"), "{}", server.logged());
}

/// Each server's command is agreed to by itself, and all run together once the last one is.
#[tokio::test]
async fn what_is_confirmed_for_several_targets_runs_once_for_each() {
    let servers = [Sshd::start().await, Sshd::start().await];
    let commands = || servers.iter().map(Sshd::commands).sum::<usize>();
    let world = World::new().await;
    let targets = [servers[0].table("web1", ""), servers[1].table("web2", "")].join("\n");
    world.settings(&format!("{GRANTS}\n{targets}\n[policy]\nowner = {{ change = \"ask\" }}\n"));
    world.install("shell", component("shell"));
    let host = world.start(&[]).await;
    let owner = world.owner();
    owner.write("/all web1,web2 echo hello").await;
    for target in ["web1", "web2"] {
        let asked = owner.reads(&format!("exactly this:\nssh {target}: echo hello")).await;
        let data = asked.button("✅ Confirm").unwrap();
        assert_eq!(commands(), 0, "before {target}");
        owner.press_raw(target, asked.id(), &data).await;
    }
    let said = owner.reads("exit 0").await;
    assert_eq!(said.text(), "web1 -> exit 0: hello\nweb2 -> exit 0: hello");
    assert_eq!(commands(), 2);
    host.stop().await;
}
