//! `/checks`: services that answer, and those that do not.

use std::time::Duration;

use umbrasil_sdk::HostError;
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::Host;

use super::{host, minute, minutes, shown};

/// Noon, when the tests begin, in seconds.
const NOON: u64 = 1_795_348_800;
const DAY: u64 = 86_400;

const SHOP: &str = "GET https://shop.example.org/health?deep=1";
const DB: &str = "GET http://10.0.0.5:5432/";

fn configured() -> Host {
    host().config("SERVICES", "shop=https://shop.example.org/health?deep=1,db=tcp://10.0.0.5:5432")
}

fn well(days: u64) -> Response {
    let response = Response::new(200, "fine").with_elapsed(Duration::from_millis(84));
    response.with_certificate_expires(NOON + days * DAY + 3_600)
}

fn refused() -> HostError {
    HostError::Unavailable("10.0.0.5 refuses the connection".to_owned())
}

#[test]
fn without_services_it_says_how() {
    let mut host = host();
    assert_eq!(
        shown(&mut host, "/checks"),
        "\
🩺 Services
None are configured. Set SERVICES, such as
SERVICES=shop=https://shop.example.org/health,db=tcp://10.0.0.5:5432
then restart the bot.

🐳 Containers: not granted
[🔄 Refresh]
[📊 Monitoring]"
    );
    assert_eq!(minutes(&mut host, 3), "");
}

#[test]
fn services_go_down_and_up() {
    let mut host = configured();
    assert!(shown(&mut host, "/checks").contains("⚪ shop · not checked yet"));
    host.web(SHOP, Ok(well(61)));
    host.web(DB, Err(HostError::Unavailable("10.0.0.5 answers, but not with HTTP".to_owned())));
    assert_eq!(minutes(&mut host, 2), "");
    assert_eq!(
        shown(&mut host, "/checks"),
        "\
🩺 Services · checked 12:02
\n🟢 shop · 200 · 84 ms · cert 61 d
🟢 db · open

🐳 Containers: not granted
[🟢 shop] [🟢 db]
[🔁 Check now] [🔄 Refresh]
[📊 Monitoring]"
    );
    host.web(SHOP, Ok(Response::new(503, "<b>")));
    host.web(DB, Err(refused()));
    // Answers for the same line follow each other: the first ones are used up once more.
    assert_eq!(minutes(&mut host, 2), "", "one failure is none");
    let seen = shown(&mut host, "/checks");
    assert!(
        seen.contains(
            "🟡 shop · answers 503 · since 12:04\n🟡 db · 10.0.0.5 refuses the connection"
        ),
        "{seen}"
    );
    assert_eq!(
        minute(&mut host).to_string(),
        "🔴 shop is down for 1 min: answers 503\n🔴 db is down for 1 min: 10.0.0.5 refuses the connection\n[Acknowledge] [Mute 1 h]"
    );
    assert!(host.action("home", &[]).unwrap().text().contains("🩺 0 of 2 services up, 2 are down"));
    host.web(SHOP, Ok(well(61)));
    minute(&mut host);
    assert_eq!(minute(&mut host).text(), "🟢 shop is up again (was down for 3 min)");
    assert!(host.action("home", &[]).unwrap().text().contains("🩺 1 of 2 services up, db is down"));
}

#[test]
fn a_page_for_each_service() {
    let mut host = configured();
    host.web(SHOP, Ok(well(61)));
    host.web(SHOP, Err(HostError::Timeout));
    host.web(SHOP, Ok(well(61)));
    host.web(DB, Err(refused()));
    minutes(&mut host, 4);
    shown(&mut host, "/checks");
    assert_eq!(
        host.press("🟢 shop").unwrap().to_string(),
        "\
(edited) 🟢 shop
https://shop.example.org/health?deep=1
200 · 84 ms · cert 61 d
Certificate until 2027-01-22
Checked 12:04

Last 24 h: 75 % up
1 of 4 checks failed
Median 84 ms, 95 % within 84 ms
[📈 Latency] [🔁 Check now]
[🩺 Services]"
    );
    let chart = host.press("📈 Latency").unwrap();
    assert!(
        chart.photos[0].content.starts_with(b"\x89PNG") && chart.photos[0].caption.contains("shop")
    );
    let asked = host.requests().len();
    assert!(host.press("🔁 Check now").unwrap().text().contains("Checked just now"));
    assert_eq!(host.requests().len(), asked + 1, "only this one");
    host.press("🩺 Services").unwrap();
    let db = host.press("🔴 db").unwrap().to_string();
    assert!(
        db.contains("Last 24 h: 0 % up") && !db.contains("Latency") && !db.contains("ms"),
        "{db}"
    );
    // Others do not read where it is.
    assert!(!host.user(222).action("service", &["shop"]).unwrap().text().contains("https://"));
    let gone = host.action("service", &["nobody"]).unwrap();
    assert!(gone.text().starts_with("🩺 Services"));
}

#[test]
fn checked_on_demand() {
    let mut host = configured();
    host.web(SHOP, Ok(well(61)));
    host.web(DB, Err(refused()));
    shown(&mut host, "/checks");
    let now = host.press("🔁 Check now").unwrap().to_string();
    assert!(
        now.contains("checked just now")
            && now.contains("🟢 shop · 200")
            && now.contains("🔴 db · 10.0.0.5 refuses"),
        "{now}"
    );
    assert!(host.stored("probed").is_none(), "the schedule alone keeps what it sees");
}

#[test]
fn certificates_are_warned_of_at_14_and_3_days() {
    let mut host = host().config("SERVICES", "shop=https://shop.example.org/health?deep=1");
    host.web(SHOP, Ok(well(16)));
    let mut said = Vec::new();
    for _ in 0..18 {
        let outcome = minute(&mut host).text();
        said.extend((!outcome.is_empty()).then_some(outcome));
        host.wait(DAY - 60);
    }
    let expected = [
        "🟡 Certificate of shop expires in 14 d",
        "⏰ Still: 🟡 Certificate of shop expires in 13 d",
        "🔴 Certificate of shop expires in 3 d",
        "⏰ Still: 🔴 Certificate of shop expires in 2 d",
    ];
    assert_eq!(said, expected);
    host.web(SHOP, Ok(well(100)));
    minute(&mut host);
    let renewed = minute(&mut host).text();
    assert!(renewed.starts_with("🟢 Certificate of shop was renewed: 82 d left"), "{renewed}");
}

#[test]
fn every_answer_has_its_words() {
    for (answer, words) in [
        (Ok(Response::new(204, "")), "🟢 x · 204 · 0 ms"),
        (Ok(Response::new(301, "")), "🟢 x · 301"),
        (Ok(Response::new(404, "")), "🟡 x · answers 404"),
        (Err(HostError::Timeout), "🟡 x · no answer in 10 s"),
        (Err(HostError::TooLarge(5)), "🟢 x · answers with more than 4 MiB"),
        (
            Err(HostError::Denied("the answer is a redirect: grant `x`".to_owned())),
            "🟢 x · redirects to what is not in SERVICES",
        ),
        (
            Err(HostError::Denied("grant `http GET http://x/`".to_owned())),
            "⚪ x · not granted: grant `http GET http://x/`",
        ),
        (
            Err(HostError::Unavailable("the certificate of x has expired".to_owned())),
            "🟡 x · the certificate of x has expired",
        ),
        (Err(HostError::Unavailable(format!("<b>&{}", "x".repeat(500)))), "🟡 x · <b>&xxx"),
    ] {
        let mut host = host().config("SERVICES", "x=http://x/");
        host.web("GET http://x/", answer);
        minute(&mut host);
        let seen = shown(&mut host, "/checks");
        assert!(seen.contains(words), "{words}: {seen}");
    }
    for (answer, words) in [
        (Ok(Response::new(500, "")), "🟢 x · open"),
        (Err(HostError::Timeout), "🟢 x · open"),
        (Err(HostError::Unavailable("x does not answer".to_owned())), "🟡 x · x does not answer"),
    ] {
        let mut host = host().config("SERVICES", "x=tcp://x:1");
        host.web("GET http://x:1/", answer);
        minute(&mut host);
        let seen = shown(&mut host, "/checks");
        assert!(seen.contains(words), "{words}: {seen}");
    }
}

#[test]
fn thirty_services_page_and_fit() {
    let services: Vec<String> = (0..30)
        .map(|index| format!("service-with-a-long-name-{index:05}=http://s{index}/"))
        .collect();
    let mut host = host().config("SERVICES", &services.join(","));
    for index in 0..30 {
        host.web(&format!("GET http://s{index}/"), Err(HostError::Unavailable("y".repeat(300))));
    }
    minutes(&mut host, 2);
    let first = host.command("/checks").unwrap();
    assert!(first.text().chars().count() < 4_096, "{}", first.text().chars().count());
    assert!(
        first.to_string().contains("[🔴 service-with-a-long-name-00000]")
            && first.to_string().contains("[▶]")
    );
    let second = host.press("▶").unwrap().to_string();
    assert!(second.contains("00008]") && second.contains("[◀] [▶]"), "{second}");
    host.press("▶").unwrap();
    let last = host.press("▶").unwrap().to_string();
    assert!(last.contains("00029]") && !last.contains("[▶]"), "{last}");
    host.press("🔴 service-with-a-long-name-00029").unwrap();
    shown(&mut host, "/uptime");
    shown(&mut host, "/digest now");
    assert!(host.command("/alerts").unwrap().text().chars().count() < 4_096);
}
