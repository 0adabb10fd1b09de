//! Secrets: sealed at rest, masked wherever something is said, and never where they were only passing.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use serde_json::{Value, json};
use umbrasil_tests::sshd::keygen;
use umbrasil_tests::{
    Message, OWNER, Signal, TOKEN, World, base64, eventually, fixtures, leaks, leaks_below,
};

const KEY: (&str, &str) = ("SECRET_KEY", "correct horse battery staple");
const CANARY: &str = "c4nary+9f3A&71d0-e5b2=8c64";
const OTHER: &str = "0ther-canary_55b1f0a2c3d4";

fn backwards(text: &str) -> String {
    text.chars().rev().collect()
}

/// Installs the module that asks for much, with all of it granted.
fn install_asks(world: &World) {
    std::fs::write(
        world.path().join("umbrasil.toml"),
        "[modules.asks]\nhttp = [{ url = \"https://api.example.org/v1/*\" }]\n\
         secret = [{ name = \"ASKS_API_KEY\", inject = { header = \"Authorization\", format = \"Bearer {}\" }, hosts = [\"api.example.org\"] }]\n\
         docker = [{ verbs = [\"restart\"], containers = [\"web\"] }]\n\
         ssh = [{ targets = [\"*\"], commands = [\"systemctl restart {unit:unit-name}\"] }]\n\
         config = { read = [\"DEFAULT_CURRENCY\", \"OPENAI_MODEL\"] }\n",
    )
    .unwrap();
    world.install("asks", fixtures::component("asks"));
}

async fn set(world: &World, name: &str, value: &str) {
    let said = world.operate(&["secret", "set", name], value, &[KEY]).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
}

/// Nothing that is kept, logged or sent has the secret in it.
async fn assert_nowhere(world: &World, secret: &str) {
    assert_eq!(leaks_below(&world.data(), secret), Vec::<String>::new());
    assert_eq!(leaks(world.logged().as_bytes(), secret), None, "in the log");
    for call in world.calls(0).await {
        assert_eq!(leaks(call.to_string().as_bytes(), secret), None, "{call}");
        let text = serde_json::to_string(&json!(secret)).unwrap();
        assert!(!call.to_string().contains(text.trim_matches('"')), "{call}");
    }
}

async fn deleted(world: &World) -> Vec<i64> {
    let calls = world.calls(0).await;
    let deletes = calls.iter().filter(|call| call["method"] == "DeleteMessage");
    deletes.map(|call| number(&call["params"]["message_id"])).collect()
}

fn number(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap()
}

#[tokio::test]
async fn a_secret_is_masked_wherever_a_module_says_it() {
    let world = World::new().await;
    install_asks(&world);
    let host = world.start(&[KEY]).await;
    set(&world, "CANARY", &format!("{CANARY}\n")).await;
    let owner = world.owner();
    let said = owner.say(&format!("/leak {}", backwards(CANARY))).await;
    let received = eventually(20, "text and document", async || {
        let received = owner.received().await;
        (received.len() >= 2).then_some(received)
    })
    .await;
    let texts: Vec<&str> = received.iter().map(Message::text).collect();
    assert!(texts.contains(&"It is [redacted], in hexadecimal [redacted]."), "{texts:?}, {said}");
    assert!(texts.contains(&"[redacted]"), "the caption: {texts:?}");
    let document = received.iter().find(|message| !message.0["document"].is_null()).unwrap();
    assert_eq!(document.0["document"]["file_name"], "[redacted].txt");
    owner.say(&format!("/leakerror {}", backwards(CANARY))).await;
    owner.say(&format!("/leakpanic {}", backwards(CANARY))).await;
    // A toast of what the button carried; the button of a module that does not know better.
    let press = format!("asks:toast:{CANARY}");
    owner.press_raw("77", 1, &press).await;
    assert_eq!(world.notices(1).await, ["[redacted]"]);
    let listed = world.operate(&["secret", "list"], "", &[KEY]).await;
    assert!(listed.out.contains("CANARY") && listed.out.contains("database"), "{listed:?}");
    let records = world.operate(&["audit", "list"], "", &[KEY]).await;
    assert!(records.out.contains("command line -: secret CANARY: set"), "{records:?}");
    for said in [&listed, &records] {
        assert_eq!(leaks(said.out.as_bytes(), CANARY), None);
    }
    let logged = host.logged();
    assert!(logged.contains("the text is [redacted]"), "{logged}");
    host.stop().await;
    for call in world.calls(0).await {
        assert_eq!(leaks(call.to_string().as_bytes(), CANARY), None, "{call}");
    }
    assert_eq!(leaks(world.logged().as_bytes(), CANARY), None);
}

#[tokio::test]
async fn a_secret_that_is_set_in_the_chat_passes_and_leaves_no_trace() {
    let world = World::new().await;
    let host = world.start(&[KEY]).await;
    let owner = world.owner();
    let said = owner.say(&format!("/secret set API_KEY {CANARY}")).await;
    assert!(said.text().starts_with("Secret API_KEY is kept."), "{said}");
    eventually(20, "the message is deleted", async || {
        let history = owner.history().await;
        history
            .iter()
            .all(|message| leaks(message.text().as_bytes(), CANARY).is_none())
            .then_some(())
    })
    .await;
    assert_eq!(deleted(&world).await.len(), 1);
    // In the wrong form, it is not kept either.
    for wrong in [
        format!("/secret set {CANARY}"),
        format!("/secret {CANARY}"),
        format!("/secret set lower {CANARY}"),
    ] {
        let said = owner.say(&wrong).await;
        assert!(said.text().contains("I did not keep that"), "{said}");
    }
    let said = owner.say("/secret list").await;
    assert!(said.text().contains("API_KEY") && said.text().contains("database"), "{said}");
    let said = owner.say(&format!("/secret set VPS_PRIVATE_KEY {CANARY}")).await;
    assert!(said.text().contains("VPS_PRIVATE_KEY is a setting of the host itself"), "{said}");
    let said = owner.say("/secret set API_KEY short").await;
    assert!(said.text().contains("8 to 16384 bytes"), "{said}");
    let said = owner.say(&format!("/secret set API_KEY {OTHER}")).await;
    assert!(said.text().starts_with("Secret API_KEY is replaced."), "{said}");
    let said = owner.say("/secret remove API_KEY").await;
    assert_eq!(said.text(), "Secret API_KEY is removed.");
    let said = owner.say("/secret list").await;
    assert_eq!(said.text(), "There are no secrets.");
    let said = owner.say("/audit").await;
    for line in
        ["owner 111 -: secret API_KEY: set", "secret API_KEY: replace", "secret API_KEY: remove"]
    {
        assert!(said.text().contains(line), "{said}");
    }
    eventually(20, "all are deleted", async || (deleted(&world).await.len() == 7).then_some(()))
        .await;
    // Killed, so that the write-ahead log is looked at as well.
    host.kill().await;
    assert_nowhere(&world, CANARY).await;
    assert_nowhere(&world, OTHER).await;
}

#[tokio::test]
async fn who_cannot_be_spared_the_message_is_told() {
    let world = World::new().await;
    let _host = world.start(&[KEY]).await;
    world.fault("DeleteMessage", 400, "Bad Request: message can't be deleted", 1).await;
    let owner = world.owner();
    owner.write(&format!("/secret set API_KEY {CANARY}")).await;
    let received = owner.wait_for(2).await;
    let warned = |text: &str| text.contains("please delete it yourself");
    assert!(received.iter().any(|message| warned(message.text())), "{received:?}");
}

#[tokio::test]
async fn others_cannot_set_list_or_remove_secrets() {
    let world = World::new().await;
    let host = world.start(&[KEY]).await;
    set(&world, "API_KEY", OTHER).await;
    let user = world.user();
    for text in [
        format!("/secret set API_KEY {CANARY}"),
        "/secret list".to_owned(),
        "/secret remove API_KEY".to_owned(),
        "/secret".to_owned(),
        "/audit".to_owned(),
        "/grants".to_owned(),
        "/grants finance".to_owned(),
    ] {
        let said = user.say(&text).await;
        assert_eq!(said.text(), "That is for owners only.", "{text}");
    }
    // A button of the owner's, pressed by somebody else.
    let said = user.press_stale("h:grants:finance:revoke:000000000000").await;
    assert_eq!(said.text(), "That is for owners only.");
    eventually(20, "their message is deleted", async || {
        (deleted(&world).await.len() == 1).then_some(())
    })
    .await;
    let said = world.operate(&["audit", "list", "--denied"], "", &[KEY]).await;
    for line in [
        "user 222 -: secret /secret set: deny (not an owner)",
        "/secret remove: deny",
        "user 222 -: /grants finance: deny",
    ] {
        assert!(said.out.contains(line), "{said:?}");
    }
    let said = world.operate(&["secret", "list"], "", &[KEY]).await;
    assert!(said.out.contains("API_KEY"), "{said:?}");
    host.kill().await;
    assert_nowhere(&world, CANARY).await;
}

#[tokio::test]
async fn a_value_that_a_crash_has_taken_is_asked_for_again() {
    let world = World::new().await;
    let host = world.start(&[KEY]).await;
    host.stop().await;
    let owner = world.owner();
    // As the intake of a process that ended here has kept it.
    let body = json!({
        "update_id": 5,
        "message": {
            "message_id": 4711, "date": 1, "text": "/secret set API_KEY [withheld]",
            "from": {"id": OWNER, "is_bot": false, "first_name": "Olivia"},
            "chat": {"id": OWNER, "type": "private"},
        },
    });
    let database = rusqlite::Connection::open(world.data().join("umbrasil.db")).unwrap();
    let sql = "INSERT INTO inbox (update_id, chat_id, received_ms, body) VALUES (5, ?1, 1, ?2)";
    database.execute(sql, (OWNER, body.to_string())).unwrap();
    drop(database);
    let _host = world.start(&[KEY]).await;
    let received = owner.wait_for(1).await;
    assert!(received[0].text().contains("send it again"), "{}", received[0]);
    eventually(20, "the message is deleted", async || {
        (deleted(&world).await == [4711]).then_some(())
    })
    .await;
    assert_eq!(world.operate(&["secret", "list"], "", &[KEY]).await.out, "There are no secrets.\n");
}

#[tokio::test]
async fn a_wrong_or_missing_key_stops_the_start_and_changes_nothing() {
    let world = World::new().await;
    // Without a host, the command line does it itself.
    set(&world, "API_KEY", CANARY).await;
    let host = world.start(&[KEY]).await;
    world.owner().say("/balance").await;
    // What is in the write-ahead log stays there as well.
    host.kill().await;
    let files = ["umbrasil.db", "umbrasil.db-wal", "audit.head"];
    let before = files.map(|file| std::fs::read(world.data().join(file)).unwrap());
    for (key, why) in [
        ("another key than before", "SECRET_KEY: is not the key"),
        ("", "SECRET_KEY: is not set"),
        ("too short", "SECRET_KEY: must have at least 16 characters"),
    ] {
        let mut host = world.launch(&[("SECRET_KEY", key)]);
        assert_eq!(host.exit(20).await.code(), Some(78), "{key}");
        assert!(host.logged().contains(why), "{}", host.logged());
        for args in [&["secret", "list"][..], &["audit", "verify"], &["secret", "set", "API_KEY"]] {
            let said = world.operate(args, OTHER, &[("SECRET_KEY", key)]).await;
            assert_eq!(said.code, 78, "{args:?}: {said:?}");
            assert!(said.err.contains(why) && !said.err.contains(CANARY), "{said:?}");
        }
        let after = files.map(|file| std::fs::read(world.data().join(file)).unwrap());
        assert!(before == after, "the files were changed by a start with {key:?}");
    }
    let host = world.start(&[KEY]).await;
    let said = world.operate(&["secret", "list"], "", &[KEY]).await;
    assert!(said.out.contains("API_KEY"), "{said:?}");
    host.kill().await;
    assert_nowhere(&world, CANARY).await;
    assert_nowhere(&world, KEY.1).await;
}

#[tokio::test]
async fn without_a_key_a_host_runs_and_keeps_no_secret() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    let said = world.owner().say(&format!("/secret set API_KEY {CANARY}")).await;
    assert!(said.text().contains("SECRET_KEY is not set"), "{said}");
    let said = world.operate(&["secret", "set", "API_KEY"], CANARY, &[]).await;
    assert_eq!(said.code, 1);
    assert!(said.err.contains("SECRET_KEY is not set"), "{said:?}");
    host.stop().await;
    // With a key from now on; the audit goes on as well.
    set(&world, "API_KEY", CANARY).await;
    let said = world.operate(&["audit", "verify"], "", &[KEY]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert_nowhere(&world, CANARY).await;
}

#[tokio::test]
async fn what_is_no_secret_is_refused() {
    let world = World::new().await;
    let _host = world.start(&[KEY]).await;
    let long = "x".repeat((16 << 10) + 1);
    let longest = "x".repeat(16 << 10);
    for (name, value, code) in [
        ("API_KEY", "", 2),
        ("API_KEY", "a", 2),
        ("API_KEY", "1234567\n", 2),
        ("API_KEY", &*long, 2),
        ("api_key", CANARY, 2),
        ("1KEY", CANARY, 2),
        ("API-KEY", CANARY, 2),
        ("API_KEY", &*longest, 0),
        ("API_KEY", "\u{1}\u{2}\u{3}\"\\\u{7f}üé", 0),
        ("API_KEY", "two\nlines\n", 0),
    ] {
        let said = world.operate(&["secret", "set", name], value, &[KEY]).await;
        let shown: String = value.chars().take(9).collect();
        assert_eq!(said.code, code, "{name} {shown:?}: {said:?}");
    }
    let said = world.operate(&["secret", "remove", "NO_SUCH"], "", &[KEY]).await;
    assert_eq!(said.code, 1);
    assert!(said.err.contains("there is no secret NO_SUCH"), "{said:?}");
    let said = world.operate(&["secret", "set", "API_KEY", CANARY], "", &[KEY]).await;
    assert_eq!(said.code, 2, "a value as an argument is no value: {said:?}");
}

#[tokio::test]
async fn a_secret_takes_effect_at_once_and_ends_at_once() {
    let world = World::new().await;
    install_asks(&world);
    let _host = world.start(&[KEY]).await;
    let owner = world.owner();
    let leak = async |secret: &str| {
        let before = owner.received().await.len();
        owner.write(&format!("/leak {}", backwards(secret))).await;
        let received = owner.wait_for(before + 2).await;
        received[before..].iter().any(|message| message.text().contains(secret))
    };
    assert!(leak("not-a-secret-yet-1").await);
    set(&world, "ROTATED", "not-a-secret-yet-1").await;
    assert!(!leak("not-a-secret-yet-1").await, "known from the next message on");
    set(&world, "ROTATED", "another-value-2").await;
    assert!(leak("not-a-secret-yet-1").await && !leak("another-value-2").await);
    let said = world.operate(&["secret", "remove", "ROTATED"], "", &[KEY]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(leak("another-value-2").await);
}

#[tokio::test]
async fn the_environment_wins_and_is_masked_too() {
    let world = World::new().await;
    install_asks(&world);
    // The fixture says it as the name of a file, too, which has no slashes.
    let (private, line) = (0..50)
        .find_map(|attempt| {
            let path = world.path().join(format!("vps{attempt}"));
            keygen(&path, &["-t", "ed25519"]);
            let private = std::fs::read_to_string(path).unwrap();
            let line = private.lines().nth(2).unwrap().to_owned();
            (!line.contains('/')).then_some((private, line))
        })
        .unwrap();
    let (line, encoded) = (&*line, base64(private.as_bytes()));
    let vars = [
        KEY,
        ("OPENAI_API_KEY", CANARY),
        ("VPS_HOST", "127.0.0.1"),
        ("VPS_USERNAME", "nobody"),
        ("VPS_PRIVATE_KEY", &*encoded),
    ];
    set(&world, "OPENAI_API_KEY", OTHER).await;
    let host = world.start(&vars).await;
    let said = world.operate(&["secret", "list"], "", &vars).await;
    assert!(said.out.contains("environment (used instead of the one in the database)"), "{said:?}");
    let owner = world.owner();
    for secret in [CANARY, OTHER, KEY.1, TOKEN, line] {
        // One word is what a command takes.
        let secret = secret.replace(' ', "\u{a0}");
        owner.say(&format!("/leak {}", backwards(&secret))).await;
    }
    owner.wait_for(10).await;
    let said = world.operate(&["secret", "remove", "VPS_PRIVATE_KEY"], "", &vars).await;
    assert!(said.code == 1 && said.err.contains("comes from the environment"), "{said:?}");
    host.stop().await;
    for secret in [CANARY, OTHER, TOKEN, line] {
        assert_eq!(leaks(world.logged().as_bytes(), secret), None, "in the log");
        for call in world.calls(0).await {
            assert_eq!(leaks(call.to_string().as_bytes(), secret), None, "{call}");
        }
    }
    let mut host = world.launch(&[KEY, ("N8N_API_KEY", "short")]);
    assert_eq!(host.exit(20).await.code(), Some(78));
    assert!(host.logged().contains("N8N_API_KEY: must have 8 to 16384 bytes"), "{}", host.logged());
}

#[tokio::test]
async fn files_are_for_this_user_only_whatever_the_umask() {
    let world = World::new().await;
    let mut command = std::process::Command::new("sh");
    let usual = world.command(&[KEY]);
    command.args(["-c", "umask 000; exec \"$0\" run"]).arg(umbrasil_tests::binary());
    command.env_clear().current_dir(world.path());
    command.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.process_group(0);
    let host = world.spawn(command);
    host.ready().await;
    set(&world, "API_KEY", CANARY).await;
    eventually(20, "the head of the audit is written", async || {
        let head = std::fs::read_to_string(world.data().join("audit.head")).ok()?;
        (!head.starts_with("0 ")).then_some(())
    })
    .await;
    let mode = |path: &Path| path.symlink_metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&world.data()), 0o700);
    for file in
        ["umbrasil.db", "umbrasil.db-wal", "umbrasil.db-shm", "lock", "audit.head", "control.sock"]
    {
        assert_eq!(mode(&world.data().join(file)), 0o600, "{file}");
    }
    for entry in std::fs::read_dir(world.data()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
    // SEC-08: a crash leaves no memory behind.
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", host.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    let arguments = std::fs::read(format!("/proc/{}/cmdline", host.pid())).unwrap();
    assert_eq!(leaks(&arguments, TOKEN), None);
    host.signal(Signal::ABORT);
    let mut host = host;
    host.exit(10).await;
    let cores = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("core");
    assert!(!std::fs::read_dir(world.path()).unwrap().any(|entry| cores(&entry.unwrap())));
    assert_nowhere(&world, CANARY).await;
}
