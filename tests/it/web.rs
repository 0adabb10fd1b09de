//! The HTTP listener: health, readiness and numbers.

use insta::assert_snapshot;
use serde_json::Value;
use umbrasil_tests::{Scrape, TOKEN, World, eventually, fixtures};

#[tokio::test]
async fn health_is_told_to_machines() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    world.owner().say("/start").await;
    assert_eq!(host.get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(host.get("/readyz").await, (200, r#"{"ready":true,"reasons":[]}"#.to_owned()));
    let (status, body) = host.get("/").await;
    let mut summary: Value = serde_json::from_str(&body).unwrap();
    assert!(summary["uptime_seconds"].is_u64());
    assert_eq!(summary["version"], "0.1.0");
    summary["uptime_seconds"] = 0.into();
    assert_eq!(status, 200);
    assert_snapshot!(summary, @r#"{"errors":0,"reasons":[],"service":"umbrasil","status":"healthy","updates":1,"uptime_seconds":0,"version":"0.1.0"}"#);
    for path in ["/nothing", "/metrics/", "/chat/people", "/bot1:a/getMe"] {
        assert_eq!(host.get(path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn nothing_can_be_changed_over_http() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    let (url, client) = (host.health().await, reqwest::Client::new());
    for path in ["/", "/healthz", "/readyz", "/metrics"] {
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let answer = client.request(method, format!("{url}{path}")).body("x").send().await;
            assert_eq!(answer.unwrap().status().as_u16(), 405, "{path}");
        }
    }
}

#[tokio::test]
async fn the_numbers_are_those_of_what_happened() {
    let world = World::new().await;
    world.install("chatty", fixtures::component("chatty"));
    let host = world.start(&[]).await;
    let (owner, stranger) = (world.owner(), world.person(umbrasil_tests::STRANGER));
    stranger.write("a stranger's words").await;
    owner.say("/expense 12.50 food a-private-note").await;
    owner.say("/expense").await;
    owner.say("/echo private words").await;
    owner.say("/panic").await;
    owner.say("/storefail").await;
    owner.say("/start").await;
    owner.say("/nonsense").await;
    let text = eventually(10, "all is sent and counted", async || {
        let (status, text) = host.get("/metrics").await;
        assert_eq!(status, 200);
        let sent = Scrape::parse(&text).unwrap().value("umbrasil_sends_total", "outcome=\"ok\"");
        (sent == 7.0).then_some(text)
    })
    .await;
    let scrape = Scrape::parse(&text).unwrap();
    let families = [
        ("umbrasil_updates", "counter"),
        ("umbrasil_events", "counter"),
        ("umbrasil_reloads", "counter"),
        ("umbrasil_sends", "counter"),
        ("umbrasil_failed", "counter"),
        ("umbrasil_outbox_depth", "gauge"),
        ("umbrasil_inbox_depth", "gauge"),
        ("umbrasil_polling", "gauge"),
        ("umbrasil_stage_seconds", "histogram"),
    ];
    for (family, kind) in families {
        assert_eq!(scrape.kind(family), Some(kind), "{family}");
    }
    let events = |module: &str, ending: &str| {
        let labels = format!("module=\"{module}\",ending=\"{ending}\"");
        scrape.value("umbrasil_events_total", &labels)
    };
    assert_eq!(scrape.value("umbrasil_updates_total", "outcome=\"Accepted\""), 7.0);
    assert_eq!(scrape.value("umbrasil_updates_total", "outcome=\"Stranger\""), 1.0);
    assert_eq!(events("finance", "Ok"), 1.0);
    assert_eq!(events("finance", "Usage"), 1.0);
    assert_eq!(events("chatty", "Ok"), 1.0);
    assert_eq!(events("chatty", "Trap"), 1.0);
    assert_eq!(events("chatty", "Internal"), 1.0);
    assert_eq!(events("host", "Ok"), 1.0);
    assert_eq!(events("host", "Usage"), 1.0);
    assert_eq!(scrape.value("umbrasil_failed_total", ""), 2.0);
    assert_eq!(scrape.value("umbrasil_polling", ""), 1.0);
    assert_eq!(scrape.value("umbrasil_outbox_depth", ""), 0.0);
    assert_eq!(scrape.value("umbrasil_inbox_depth", ""), 0.0);
    for (stage, count) in
        [("Queue", 7.0), ("Instantiate", 5.0), ("Execute", 5.0), ("Commit", 7.0), ("Send", 7.0)]
    {
        let labels = format!("stage=\"{stage}\"");
        assert_eq!(scrape.value("umbrasil_stage_seconds_count", &labels), count, "{stage}");
        let all = format!("le=\"+Inf\",{labels}");
        assert_eq!(scrape.value("umbrasil_stage_seconds_bucket", &all), count, "{stage}");
    }
    // No word of anybody, no secret, no name of a user.
    for hidden in ["private", "stranger's", "12.50", "food", "nonsense", "Olivia", TOKEN] {
        assert!(!text.contains(hidden), "{hidden} in:\n{text}");
    }
}

#[tokio::test]
async fn what_a_module_is_refused_is_counted() {
    let world = World::new().await;
    // It imports what no module may.
    let text = r#"(component (import "wasi:filesystem/types@0.2.6" (instance)))"#;
    let mut component = wat::parse_str(text).unwrap();
    let (name, manifest) =
        ("umbrasil:manifest", "[module]\nname = \"reader\"\nversion = \"1.0.0\"\n");
    let lengths = [1 + name.len() + manifest.len(), name.len()].map(|n| u8::try_from(n).unwrap());
    component.extend([0, lengths[0], lengths[1]]);
    component.extend(name.bytes().chain(manifest.bytes()));
    world.install("reader", &component);
    world.install("hostile", fixtures::component("hostile"));
    let host = world.start(&[]).await;
    assert_snapshot!(world.owner().wait_for(1).await[0], @"⚠️ reader.wasm was not loaded: it imports `wasi:filesystem/types`, which this host does not offer");
    let scrape = Scrape::parse(&host.get("/metrics").await.1).unwrap();
    assert!(scrape.sum("umbrasil_reloads_total") >= 2.0, "finance was loaded, reader was not");
    let refused = scrape.value("umbrasil_reloads_total", "outcome=\"refused\"");
    assert_eq!(refused, 1.0);
    assert_eq!(scrape.kind("umbrasil_denials"), Some("counter"));
    let denied = "module=\"reader\",kind=\"Import\"";
    assert_eq!(scrape.value("umbrasil_denials_total", denied), 1.0);
    for attack in ["logflood", "stdoutflood", "callstorm"] {
        world.user().say(&format!("/atk {attack}")).await;
    }
    let scrape = Scrape::parse(&host.get("/metrics").await.1).unwrap();
    let hostile = |kind| {
        scrape.value("umbrasil_denials_total", &format!("module=\"hostile\",kind=\"{kind}\""))
    };
    assert_eq!(hostile("LogFlood"), 2.0, "once an event");
    assert_eq!(hostile("HostCalls"), 1.0);
}
