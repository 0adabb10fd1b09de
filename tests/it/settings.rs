//! Settings: what is wrong stops the start, and says which setting it is.

use std::path::Path;

use insta::assert_snapshot;
use umbrasil_tests::{Host, OWNER, RawApi, TOKEN, USER, World, eventually, run};

const SOUND: [(&str, &str); 5] = [
    ("TELEGRAM_BOT_TOKEN", TOKEN),
    ("TELEGRAM_API_URL", "http://127.0.0.1:9"),
    ("ALLOWED_USER_IDS", "111,222"),
    ("UMBRASIL_DATA_DIR", "data"),
    ("PORT", "0"),
];

/// Runs a command with the sound settings and others over them.
async fn with(command: &str, directory: &Path, more: &[(&str, &str)]) -> (i32, String) {
    run(&[command], directory, &[&SOUND[..], more].concat()).await
}

fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("umbrasil-settings-").tempdir().unwrap()
}

#[tokio::test]
async fn a_wrong_value_stops_the_start_and_names_its_setting() {
    let wrong = [
        ("TELEGRAM_BOT_TOKEN", "a-secret-that-is-no-token"),
        ("TELEGRAM_BOT_TOKEN", "4242:"),
        ("TELEGRAM_BOT_TOKEN", ":AAsecret"),
        ("TELEGRAM_BOT_TOKEN", "4242:AA secret"),
        ("TELEGRAM_BOT_TOKEN", "4242:AA/../secret"),
        ("TELEGRAM_API_URL", "telegram dot org"),
        ("TELEGRAM_API_URL", "ftp://127.0.0.1/"),
        ("TELEGRAM_API_URL", "http://"),
        ("ALLOWED_USER_IDS", ""),
        ("ALLOWED_USER_IDS", " , "),
        ("ALLOWED_USER_IDS", "*"),
        ("ALLOWED_USER_IDS", "abc"),
        ("ALLOWED_USER_IDS", "@olivia111"),
        ("ALLOWED_USER_IDS", "111,@umberto"),
        ("ALLOWED_USER_IDS", "-100500"),
        ("ALLOWED_USER_IDS", "0"),
        ("ALLOWED_USER_IDS", "111;222"),
        ("ALLOWED_USER_IDS", "111 222"),
        ("ALLOWED_USER_IDS", "1e3"),
        ("ALLOWED_USER_IDS", "123456789012345678901234567890"),
        ("OWNER_USER_IDS", "333"),
        ("OWNER_USER_IDS", "nobody"),
        ("OWNER_USER_IDS", ","),
        ("ENABLE_FINANCE", "perhaps"),
        ("ENABLE_BUSINESS", "2"),
        ("ENABLE_MONITORING", "ja"),
        ("ENABLE_AI", "enabled"),
        ("ENABLE_VPS", "-"),
        ("DEFAULT_CURRENCY", "Euros"),
        ("DEFAULT_CURRENCY", "E1R"),
        ("TZ", "Mars/Olympus"),
        ("LOG_LEVEL", "loudest"),
        ("LOG_FORMAT", "parchment"),
        ("PORT", "70000"),
        ("PORT", "-1"),
        ("PORT", "eighty"),
        ("UMBRASIL_BIND", "everywhere"),
        ("UMBRASIL_BIND", "127.0.0.1:80"),
        ("UMBRASIL_BIND", "203.0.113.7"),
        ("UMBRASIL_UNTHROTTLED", "quickly"),
        ("DATABASE_URL", "postgres://user:secretword@db/x"),
        ("UMBRASIL_CONFIG", "missing-file.toml"),
    ];
    let folder = folder();
    for (setting, value) in wrong {
        let (code, said) = with("run", folder.path(), &[(setting, value)]).await;
        assert_eq!(code, 78, "{setting}={value}: {said}");
        // An address that is not ours is found when the port is opened.
        let named = if value == "203.0.113.7" { "PORT" } else { setting };
        assert!(said.contains(named), "{setting}={value}: {said}");
        if value.trim().len() > 4 && setting != "UMBRASIL_CONFIG" {
            assert!(!said.contains(value), "{setting}={value} is repeated: {said}");
        }
        assert_eq!(said.lines().filter(|line| line.starts_with("umbrasil: ")).count(), 1, "{said}");
        assert!(!said.contains("panicked") && !said.contains(TOKEN), "{said}");
    }
}

#[tokio::test]
async fn what_is_missing_is_named_too() {
    let folder = folder();
    let token = [("TELEGRAM_BOT_TOKEN", TOKEN)];
    let (code, said) = run(&["run"], folder.path(), &token).await;
    assert_eq!(code, 78);
    assert_snapshot!(said, @"umbrasil: ALLOWED_USER_IDS: is not set, so that nobody could talk to the bot; list numeric Telegram ids, the owner first");
    let url = [("TELEGRAM_API_URL", "http://127.0.0.1:9")];
    let (code, said) = run(&["run"], folder.path(), &url).await;
    assert_eq!(code, 78);
    assert_snapshot!(said, @"umbrasil: TELEGRAM_BOT_TOKEN: is needed as well when TELEGRAM_API_URL is set");
    let far = [("UMBRASIL_UNTHROTTLED", "1"), ("TELEGRAM_API_URL", "https://api.example.com")];
    let (code, said) = with("run", folder.path(), &far).await;
    assert_eq!(code, 78);
    assert_snapshot!(said, @"umbrasil: UMBRASIL_UNTHROTTLED: is for load tests: TELEGRAM_API_URL must be a loopback address such as http://127.0.0.1:9400");
    assert!(!folder.path().join("data").exists(), "a refused start leaves nothing behind");
}

#[tokio::test]
async fn settings_in_a_file() {
    let world = World::new().await;
    let file = format!(
        "telegram_bot_token = \"{TOKEN}\"\ntelegram_api_url = \"{}\"\nallowed_user_ids = [{OWNER}, {USER}]\n\
         port = 0\ndefault_currency = \"USD\"\nlog_format = \"json\"\n",
        world.api()
    );
    std::fs::write(world.path().join("umbrasil.toml"), file).unwrap();
    // The environment wins.
    let vars = [("LOG_FORMAT", "text"), ("LOG_LEVEL", "info")];
    let host = Host::alone(world.path(), &vars);
    host.ready().await;
    let said = world.owner().say("/expense 12.50 food").await;
    assert!(said.text().ends_with("Balance: -12.50 USD"), "{said}");
    assert!(!host.logged().lines().any(|line| line.starts_with('{')), "{}", host.logged());
    assert!(world.path().join("data").is_dir());
}

#[tokio::test]
async fn a_wrong_file_stops_the_start() {
    let folder = folder();
    let wrong = [
        ("alowed_user_ids = [1]", "alowed_user_ids"),
        ("allowed_user_ids = [\"@me\"]", "ALLOWED_USER_IDS"),
        ("allowed_user_ids = 2026-11-22", "ALLOWED_USER_IDS"),
        ("port = 1.5", "PORT"),
        ("port = 0\nport = 1", "UMBRASIL_CONFIG"),
        ("this is no TOML", "UMBRASIL_CONFIG"),
    ];
    for (file, named) in wrong {
        std::fs::write(folder.path().join("umbrasil.toml"), file).unwrap();
        let (code, said) = run(&["run"], folder.path(), &[]).await;
        assert_eq!(code, 78, "{file}: {said}");
        assert!(said.contains(named), "{file}: {said}");
    }
    std::fs::write(folder.path().join("other.toml"), "telegram_bot_token = \"4242\"").unwrap();
    let other = [("UMBRASIL_CONFIG", "other.toml")];
    let (code, said) = run(&["run"], folder.path(), &other).await;
    assert!(code == 78 && said.contains("TELEGRAM_BOT_TOKEN"), "{said}");
}

#[tokio::test]
async fn a_second_process_on_the_same_data_ends_at_once() {
    let world = World::new().await;
    let mut first = world.start(&[]).await;
    let mut second = world.launch(&[]);
    let status = second.exit(10).await;
    assert!(!status.success(), "{status}");
    let said = second.logged();
    assert!(said.contains("umbrasil: "), "{said}");
    let (code, said) =
        with("run", world.path(), &[("UMBRASIL_DATA_DIR", world.data().to_str().unwrap())]).await;
    assert_eq!(code, 1);
    let said = said.replace(world.data().to_str().unwrap(), "DATA");
    let said = said.replace(&first.pid().to_string(), "PID");
    assert_snapshot!(said, @"umbrasil: another umbrasil (process PID) is already running on DATA");
    assert!(first.is_alive());
    let said = world.owner().say("/expense 1 food").await;
    assert!(said.text().ends_with("Balance: -1.00 EUR"), "{said}");
}

#[tokio::test]
async fn a_token_that_telegram_does_not_know_stops_the_start() {
    let world = World::new().await;
    let mut host = world.launch(&[("TELEGRAM_BOT_TOKEN", "4242:another-token")]);
    let status = host.exit(20).await;
    assert_eq!(status.code(), Some(78));
    let said = host.logged();
    assert!(said.lines().any(|line| line.starts_with("umbrasil: TELEGRAM_BOT_TOKEN: ")), "{said}");
    assert!(!said.contains("another-token"), "{said}");
}

#[tokio::test]
async fn an_unreachable_api_is_waited_for() {
    let world = World::new().await;
    // A port that is free now; the server comes later.
    let place = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{place}");
    let mut host = world.launch(&[("TELEGRAM_API_URL", &url), ("LOG_LEVEL", "trace")]);
    eventually(20, "the host says why it is not ready", async || {
        let (status, body) = host.get("/readyz").await;
        let said = body.contains("Telegram's updates cannot be fetched");
        (status == 503 && said && !body.contains("being loaded")).then_some(())
    })
    .await;
    assert_eq!(host.get("/healthz").await.0, 200);
    assert_eq!(host.get("/").await.0, 200);
    eventually(10, "the log says it", async || {
        host.logged().contains("cannot reach the Bot API").then_some(())
    })
    .await;
    assert!(host.is_alive());
    let api = RawApi::at(place).await;
    host.ready().await;
    let chat = serde_json::json!({"id": OWNER, "type": "private"});
    let from = serde_json::json!({"id": OWNER, "is_bot": false, "first_name": "Olivia"});
    let message = serde_json::json!({"message_id": 1, "date": 1, "from": from, "chat": chat, "text": "/balance"});
    api.batch(&[serde_json::json!({"update_id": 1, "message": message})]);
    api.wait_for(OWNER, 1).await;
    assert!(!host.logged().contains(TOKEN), "the token is in the log");
}

#[tokio::test]
async fn the_token_is_in_no_log() {
    let world = World::new().await;
    let key = TOKEN.split(':').nth(1).unwrap();
    for format in ["text", "json"] {
        let host = world.start(&[("LOG_LEVEL", "trace"), ("LOG_FORMAT", format)]).await;
        let owner = world.owner();
        let before = owner.received().await.len();
        world.fault("sendMessage", 500, &format!("Internal: /bot{TOKEN}/sendMessage"), 1).await;
        world.fault("sendMessage", 400, &format!("Bad Request: {TOKEN}"), 1).await;
        owner.write("/start").await;
        owner.write(&format!("/expense 1 food {TOKEN}")).await;
        owner.wait_for(before + 1).await;
        world.fault("getUpdates", 502, TOKEN, 1).await;
        // The request that waits now is answered with this; the next one fails.
        owner.write("/status").await;
        eventually(20, "the host has failed to fetch", async || {
            host.logged().contains("cannot fetch updates").then_some(())
        })
        .await;
        host.ready().await;
        let status = host.stop_and_keep().await;
        assert!(status.0.success());
        assert!(!status.1.contains(key), "the token is in the log:\n{}", status.1);
        assert!(status.1.contains("a message waits"), "{}", status.1);
    }
}

#[tokio::test]
async fn a_json_log_is_one_record_a_line() {
    let world = World::new().await;
    world.install("chatty", umbrasil_tests::fixtures::component("chatty"));
    world.install("broken", b"no\ncomponent");
    let host = world.start(&[("LOG_FORMAT", "json"), ("LOG_LEVEL", "debug")]).await;
    let owner = world.owner();
    owner.wait_for(1).await;
    for text in ["/log", "/panic", "/storefail", "/expense 1 food"] {
        owner.say(text).await;
    }
    world.person(umbrasil_tests::STRANGER).write("hello\nsecond line").await;
    let (status, log) = host.stop_and_keep().await;
    assert!(status.success());
    assert!(log.lines().count() > 5, "{log}");
    for line in log.lines() {
        let record: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for field in ["timestamp", "level", "target", "message"] {
            assert!(record[field].is_string(), "no {field}: {line}");
        }
    }
}

#[tokio::test]
async fn the_doctor_tells_how_it_is() {
    let world = World::new().await;
    let (code, said) = with("doctor", world.path(), &[("ALLOWED_USER_IDS", "*")]).await;
    assert_eq!(code, 78);
    assert_snapshot!(said, @"umbrasil: ALLOWED_USER_IDS: must hold positive numeric user ids, separated by commas");
    // No bot runs here: a port that nobody listens at.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let port = free.to_string();
    let (code, said) = with("doctor", world.path(), &[("PORT", &port)]).await;
    assert_eq!(code, 1);
    assert_snapshot!(said.replace(&port, "PORT"), @"
    settings: sound, 2 may talk to the bot
    umbrasil: no bot answers at 127.0.0.1:PORT: Connection refused (os error 111)
    ");
    let host = world.start(&[]).await;
    let port = host.health().await.rsplit(':').next().unwrap().to_owned();
    let (code, said) = with("doctor", world.path(), &[("PORT", &port)]).await;
    assert_eq!(code, 0, "{said}");
    assert_snapshot!(said.replace(&port, "PORT"), @"
    settings: sound, 2 may talk to the bot
    bot: ready at 127.0.0.1:PORT
    ");
    world.fault("getUpdates", 500, "Internal Server Error", 1_000).await;
    world.owner().write("wake up").await;
    eventually(20, "the host is not ready", async || {
        (host.get("/readyz").await.0 == 503).then_some(())
    })
    .await;
    let (code, said) = with("doctor", world.path(), &[("PORT", &port)]).await;
    assert_eq!(code, 1);
    assert_snapshot!(said.replace(&port, "PORT"), @r#"
    settings: sound, 2 may talk to the bot
    umbrasil: the bot at 127.0.0.1:PORT is not ready: {"ready":false,"reasons":["Telegram's updates cannot be fetched"]}
    "#);
}
