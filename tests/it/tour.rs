//! A tour of everything that can be pressed, with no account anywhere: every button answers, and what is not
//! there is said to be not there.

use umbrasil_tests::tour::{Tour, Visit};
use umbrasil_tests::{Chat, Host};

/// The owner whom local mode makes up.
const OWNER: i64 = 1001;
/// What nobody should ever read.
const BROKEN: [&str; 8] = [
    "Something broke",
    "Something went wrong",
    "crashed",
    "took too long",
    "Reference:",
    "Error::",
    "is not available in this version",
    "not for you",
];

#[tokio::test]
async fn every_button_of_every_menu_answers_in_local_mode() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("empty");
    std::fs::create_dir(&place).unwrap();
    let host = Host::alone(&place, &[("UMBRASIL_CHAT_PORT", "0"), ("PORT", "0")]);
    let url = host.page().await;
    let chat = Chat::new(url.trim_end_matches('/'));
    let mut tour = Tour::new(&chat, OWNER);
    let skips =
        |path: &str| ["Revoke", "Pause", "Remove", "Deny"].iter().any(|word| path.contains(word));
    let mut visits = Vec::new();
    for start in ["/start", "/menu", "/modules", "/status"] {
        visits.extend(tour.walk(start, skips).await);
    }
    let wrong: Vec<&Visit> = visits
        .iter()
        .filter(|visit| BROKEN.iter().any(|broken| visit.said.contains(broken)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let listed: Vec<&str> = visits.iter().map(|visit| visit.path.as_str()).collect();
    // Without a server, there is nothing to press below the last.
    let menus = [("Finance", 20), ("AI", 5), ("Business", 4), ("Monitoring", 15), ("Servers", 1)];
    for (module, least) in menus {
        let of = listed.iter().filter(|path| path.contains(module)).count();
        assert!(of >= least, "{module}: {of} of {listed:#?}");
    }
    // What is missing is said, with what to do about it.
    let said = |text: &str| visits.iter().any(|visit| visit.said.contains(text));
    for missing in ["N8N_BASE_URL", "VPS_HOST", "SERVICES", "No AI provider is set up"] {
        assert!(said(missing), "{missing}: {visits:#?}");
    }
}
