//! Local mode: the binary alone, with nothing set.

use umbrasil_tests::{Chat, Host};

const PORTS: [(&str, &str); 2] = [("UMBRASIL_CHAT_PORT", "0"), ("PORT", "0")];

/// The owner whom local mode makes up.
const OWNER: i64 = 1001;

#[tokio::test]
async fn the_binary_alone_is_a_bot_with_a_page() {
    let folder = tempfile::Builder::new().prefix("umbrasil-alone-").tempdir().unwrap();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let vars =
        [&PORTS[..], &[("PATH", "/usr/bin:/bin"), ("HOME", home.to_str().unwrap())]].concat();
    let place = folder.path().join("empty");
    std::fs::create_dir(&place).unwrap();
    let host = Host::alone(&place, &vars);
    let url = host.page().await;
    let lines: Vec<String> = host
        .logged()
        .lines()
        .filter(|line| line.starts_with("UmbraSIL is running: open http://127.0.0.1:"))
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.len(), 1, "{}", host.logged());
    let page = reqwest::get(&url).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("'self'"));
    let page = page.text().await.unwrap();
    assert!(page.contains("data-testid=\"message-box\""), "{page}");
    // All that the page loads comes from the same server.
    for part in page.split("src=\"").skip(1).chain(page.split("href=\"").skip(1)) {
        let target = part.split('"').next().unwrap();
        if target.starts_with('#') {
            continue;
        }
        assert!(target.starts_with("/page/"), "{target}");
        let found = reqwest::get(format!("{}{target}", url.trim_end_matches('/'))).await.unwrap();
        assert_eq!(found.status(), 200, "{target}");
    }
    let chat = Chat::new(url.trim_end_matches('/'));
    let owner = chat.person(OWNER);
    assert!(owner.say("/start").await.text().starts_with("👋 Hello Olivia!"));
    let entry = owner.say("/expense 12.50 food coffee").await;
    assert!(entry.text().ends_with("Balance: -12.50 EUR"), "{entry}");
    // What was entered is there the next time; the chat is not.
    let status = host.stop().await;
    assert!(status.success(), "{status}");
    let host = Host::alone(&place, &vars);
    let url = host.page().await;
    let chat = Chat::new(url.trim_end_matches('/'));
    let balance = chat.person(OWNER).say("/balance").await;
    assert!(balance.text().ends_with("Balance: -12.50 EUR"), "{balance}");
    assert_eq!(chat.person(OWNER).received().await.len(), 1);
}

#[tokio::test]
async fn a_stranger_in_local_mode_gets_silence() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("empty");
    std::fs::create_dir(&place).unwrap();
    let host = Host::alone(&place, &PORTS);
    let url = host.page().await;
    let chat = Chat::new(url.trim_end_matches('/'));
    let stranger = chat.person(9001);
    stranger.write("/start").await;
    stranger.write("/expense 1 food").await;
    // What comes after is answered, and no word to the stranger.
    assert!(chat.person(1002).say("/balance").await.text().ends_with("Balance: 0.00 EUR"));
    assert_eq!(stranger.received().await.len(), 0);
}

#[tokio::test]
async fn a_taken_port_is_an_error_only_if_it_was_wished_for() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (setting, other) in [("PORT", "UMBRASIL_CHAT_PORT"), ("UMBRASIL_CHAT_PORT", "PORT")] {
        let vars = [(setting, port.as_str()), (other, "0")];
        let (code, said) = umbrasil_tests::run(&[], folder.path(), &vars).await;
        assert_eq!(code, 78, "{said}");
        assert!(said.contains(&format!("umbrasil: {setting}: cannot listen there")), "{said}");
    }
}
