//! `/uptime` and the digest.

use umbrasil_sdk::HostError;
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::{self, Container};

use super::{host, machine, minute, minutes, shown, widest_pre};

#[test]
fn uptime_of_machine_bot_and_services() {
    let mut host = host()
        .config("SERVICES", "shop=http://shop/,db=tcp://db:1")
        .container(Container::new("web"));
    assert_eq!(
        shown(&mut host, "/uptime"),
        "🕒 Uptime\n\nMachine: up 12 d 3 h (since 2026-11-10)\nBot: it has just begun to watch\n\n🩺 Services, last 24 h\n\
         shop                   no data yet\ndb                     no data yet\n[🔄 Refresh] [📊 Monitoring]"
    );
    host.web("GET http://shop/", Ok(Response::new(200, "")));
    host.web("GET http://db:1/", Ok(Response::new(200, "")));
    host.web("GET http://db:1/", Err(HostError::Timeout));
    host.web("GET http://db:1/", Err(HostError::Unavailable("no".to_owned())));
    minutes(&mut host, 10);
    // An hour without the bot.
    host.wait(3_600);
    minutes(&mut host, 10);
    let outcome = host.command("/uptime").unwrap();
    let text = outcome.text();
    assert!(text.contains("Bot: watched 25 % of the last 1 h 19 min"), "{text}");
    assert!(
        text.contains("db                            10 %\nshop                         100 %"),
        "the worst first: {text}"
    );
    assert!(
        text.contains("🐳 Containers, last 24 h\nweb                          100 %"),
        "{text}"
    );
    assert!(widest_pre(&outcome) <= 34);
}

#[test]
fn the_digest_sums_a_day_up() {
    let mut host = host().config("SERVICES", "shop=https://shop/,db=http://db/");
    host.web(
        "GET https://shop/",
        Ok(Response::new(200, "").with_certificate_expires(1_795_348_800 + 20 * 86_400)),
    );
    host.web("GET http://db/", Err(HostError::Timeout));
    host = host.machine(machine(90.0));
    minutes(&mut host, 10);
    host = host.machine(machine(10.0));
    minutes(&mut host, 30);
    let text = host.tick("digest").unwrap();
    assert_eq!(
        text.to_string(),
        "\
☀️ The last 24 hours · 2026-11-22
                average       most
CPU                30 %       90 %
Memory             62 %       62 %
Fullest disk       55 %       55 %
Load               0.42       0.42
Received          0 B/s      0 B/s
Sent              0 B/s      0 B/s
Bot: watched 100 % of the last 39 min

🔔 2 alerts, 1 still open
🔴 db is down for 39 min: no answer in 10 s

🩺 1 of 2 services up, db is down
    db: 0 % up
🔐 shop: the certificate ends in 19 d
[📊 Monitoring] [Turn off]"
    );
    assert!(widest_pre(&text) <= 34);
    assert_eq!(
        shown(&mut host, "/digest now").lines().next(),
        Some("☀️ The last 24 hours · 2026-11-22")
    );
}

#[test]
fn the_digest_is_switched() {
    let mut host = host();
    assert_eq!(
        shown(&mut host, "/digest"),
        "☀️ Daily digest\n\nIt is on: an owner reads it each morning at 8.\n[Show it now] [Turn off]\n[📊 Monitoring]"
    );
    assert!(
        host.press("Turn off").unwrap().to_string().contains("It is off.\n[Show it now] [Turn on]")
    );
    assert_eq!(host.tick("digest").unwrap().to_string(), "");
    assert!(shown(&mut host, "/digest ON").contains("It is on"));
    assert!(host.tick("digest").unwrap().to_string().contains("No numbers were taken."));
    // From the digest itself.
    let off = host.press("Turn off").unwrap();
    assert!(off.text().contains("It is off.") && !off.replies[0].replaced, "{off}");
    assert_eq!(
        testing::error(host.command("/digest <never>")).text(),
        "A digest is sent now, or switched on or off.\nUsage: /digest [WHAT]\nExample: /digest now"
    );
    host.user(222);
    assert_eq!(
        testing::error(host.command("/digest on")).text(),
        "Only an owner can switch the digest. Read it with /digest now."
    );
    assert!(shown(&mut host, "/digest now").contains("The last 24 hours"));
    assert!(!shown(&mut host, "/digest").contains("Turn"));
    minute(&mut host);
}
