//! The Bot API in bad moods: what concerns one chat stays with it, and everything mends itself.

use std::time::Duration;

use serde_json::json;
use umbrasil_tests::proxy::{Call, Fault, Proxy, densest};
use umbrasil_tests::{Host, Message, OWNER, Person, STRANGER, USER, World, eventually, fixtures};

/// What Telegram says when it says no.
fn refusal(code: u16, description: &str) -> Fault {
    let body = json!({"ok": false, "error_code": code, "description": description});
    Fault::Answer(code, body.to_string())
}

fn too_many(seconds: u32) -> Fault {
    let body = json!({"ok": false, "error_code": 429, "description": format!("Too Many Requests: retry after {seconds}"), "parameters": {"retry_after": seconds}});
    Fault::Answer(429, body.to_string())
}

/// A page of a proxy in between, which repeats the address: it holds the token.
fn page(code: u16) -> Fault {
    Fault::Answer(code, "<html><title>Bad Gateway</title>{path}</html>".to_owned())
}

const TOKEN: &str = "AAtest";

async fn behind_proxy() -> (World, Proxy, Host) {
    let world = World::new().await;
    let proxy = Proxy::new(world.api()).await;
    let host = world.start(&[("TELEGRAM_API_URL", &proxy.url())]).await;
    (world, proxy, host)
}

/// The user's chat fails so, `times` times. Returns the calls for it that brought "one" and "two".
async fn troubled_chat(fault: Fault, times: u32) -> (World, Proxy, Host, Vec<Call>) {
    let (world, proxy, host) = behind_proxy().await;
    proxy.fault("sendMessage", Some(USER), times, fault);
    world.user().write("/one").await;
    world.user().write("/two").await;
    eventually(10, "the trouble begins", async || {
        (!proxy.calls_for("sendMessage", USER).is_empty()).then_some(())
    })
    .await;
    // The others do not notice.
    for round in 0..5 {
        let answer = world.owner().say(&format!("/hello_{round}")).await;
        assert!(answer.text().contains(&format!("/hello_{round}")), "{answer}");
    }
    eventually(40, "the second message", async || {
        world.user().received().await.iter().any(|m| m.text().contains("/two")).then_some(())
    })
    .await;
    assert!(proxy.is_clear());
    assert!(!world.logged().contains(TOKEN));
    let calls = proxy.calls_for("sendMessage", USER);
    (world, proxy, host, calls)
}

async fn texts(person: &Person<'_>) -> Vec<String> {
    let words = |text: &str| text.split(". ").next().unwrap().to_owned();
    person.received().await.iter().map(|message| words(message.text())).collect()
}

const BOTH: [&str; 2] = ["I don't know /one", "I don't know /two"];

#[tokio::test]
async fn a_limited_chat_waits_alone() {
    let (world, _proxy, host, calls) = troubled_chat(too_many(3), 2).await;
    assert_eq!(texts(&world.user()).await, BOTH);
    assert_eq!(calls.len(), 4, "two refused, two taken, no hurry: {calls:?}");
    let pauses: Vec<Duration> =
        calls.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at)).collect();
    let asked = Duration::from_secs(3);
    assert!(pauses[0] >= asked && pauses[1] >= asked, "as long as was asked: {pauses:?}");
    assert!(host.logged().contains("Telegram asks to wait 3 s"));
}

#[tokio::test]
async fn a_failing_server_is_asked_again() {
    for fault in [refusal(500, "Internal Server Error"), page(502)] {
        let (world, _proxy, _host, calls) = troubled_chat(fault, 2).await;
        assert_eq!(texts(&world.user()).await, BOTH);
        assert_eq!(calls.len(), 4);
    }
}

#[tokio::test]
async fn markup_that_telegram_does_not_understand_is_sent_as_plain_text_once() {
    let fault = refusal(400, "Bad Request: can't parse entities: Unsupported start tag");
    let (world, _proxy, _host, calls) = troubled_chat(fault.clone(), 1).await;
    assert_eq!(texts(&world.user()).await, BOTH);
    let markup: Vec<bool> = calls.iter().map(|call| call.body.contains("parse_mode")).collect();
    assert_eq!(markup, [true, false, true]);

    // Not even plain text: given up, and the next one comes.
    let (world, _proxy, _host, calls) = troubled_chat(fault, 2).await;
    assert_eq!(texts(&world.user()).await, BOTH[1..]);
    assert_eq!(calls.len(), 3);
}

#[tokio::test]
async fn whoever_blocks_the_bot_loses_that_message_only() {
    let fault = refusal(403, "Forbidden: bot was blocked by the user");
    let (world, _proxy, host, calls) = troubled_chat(fault, 1).await;
    assert_eq!(texts(&world.user()).await, BOTH[1..]);
    assert_eq!(calls.len(), 2, "not tried again");
    let logged = host.logged();
    assert!(logged.contains("it is dropped") && logged.contains("bot was blocked"), "{logged}");
}

#[tokio::test]
async fn a_lost_answer_may_double_a_message_and_never_loses_it() {
    let (world, _proxy, _host, calls) = troubled_chat(Fault::ResetAfter, 1).await;
    assert_eq!(texts(&world.user()).await, [BOTH[0], BOTH[0], BOTH[1]]);
    assert_eq!(calls.len(), 3);
    for fault in [Fault::Reset, Fault::HalfClose, Fault::Garbage] {
        let (world, _proxy, _host, _) = troubled_chat(fault, 1).await;
        assert_eq!(texts(&world.user()).await, BOTH);
    }
}

#[tokio::test]
async fn a_slow_chat_delays_nobody() {
    let (world, proxy, _host, calls) = troubled_chat(Fault::Delay(Duration::from_secs(5)), 1).await;
    assert_eq!(texts(&world.user()).await, BOTH);
    assert_eq!(calls.len(), 2, "slow is not lost");
    let others = proxy.calls_for("sendMessage", OWNER);
    assert!(others[4].at < calls[1].at, "the others were answered before the slow one was done");
}

#[tokio::test]
async fn a_chat_that_hangs_delays_neither_others_nor_the_end() {
    let (world, proxy, mut host) = behind_proxy().await;
    proxy.fault("sendMessage", Some(USER), 1, Fault::Hang);
    for text in ["/one", "/two"] {
        world.user().write(text).await;
    }
    for round in 0..20 {
        let answer = world.owner().say(&format!("/hello_{round}")).await;
        assert!(answer.text().contains(&format!("/hello_{round}")), "{answer}");
    }
    assert!(world.user().received().await.is_empty());
    host.signal(umbrasil_tests::Signal::TERM);
    let status = host.exit(12).await;
    assert!(status.success(), "{status}");
    // What was not sent is sent by the next one.
    let _host = world.start(&[("TELEGRAM_API_URL", &proxy.url())]).await;
    world.user().wait_for(2).await;
    assert_eq!(texts(&world.user()).await, BOTH);
}

#[tokio::test]
async fn a_full_chat_keeps_its_order_and_delays_nobody() {
    const QUEUED: usize = 300;
    let (world, proxy, _host) = behind_proxy().await;
    proxy.fault("sendMessage", Some(USER), u32::MAX, too_many(1));
    for index in 0..QUEUED {
        world.user().write(&format!("/queued_{index}")).await;
    }
    for round in 0..20 {
        let answer = world.owner().say(&format!("/hello_{round}")).await;
        assert!(answer.text().contains(&format!("/hello_{round}")), "{answer}");
    }
    assert!(world.user().received().await.is_empty());
    proxy.clear();
    world.user().wait_for(QUEUED).await;
    let right: Vec<String> = (0..QUEUED).map(|i| format!("I don't know /queued_{i}")).collect();
    assert_eq!(texts(&world.user()).await, right);
}

#[tokio::test]
async fn polling_survives_all_that_a_server_may_answer() {
    let (world, proxy, host) = behind_proxy().await;
    let conflict = "Conflict: terminated by other getUpdates request";
    let faults = [
        ("asks to wait 2 s", too_many(2)),
        ("the server failed (500)", refusal(500, "Internal Server Error")),
        ("the server failed (502)", page(502)),
        ("(401)", refusal(401, "Unauthorized")),
        ("not accepted", refusal(404, "Not Found")),
        ("another program fetches", refusal(409, conflict)),
        ("not JSON of the Bot API", Fault::Answer(200, "<html>Welcome!</html>".to_owned())),
        ("not JSON of the Bot API", Fault::Answer(200, String::new())),
        (
            "not JSON of the Bot API",
            Fault::Answer(200, json!({"ok": true, "result": {}}).to_string()),
        ),
        ("no sound answer", Fault::HalfClose),
        ("no sound answer", Fault::Garbage),
        ("no sound answer", Fault::Reset),
    ];
    for (index, (said, fault)) in faults.into_iter().enumerate() {
        let before = proxy.calls("getUpdates").len();
        let from = host.logged().len();
        // The poll that waits now is answered with the message; the next one fails.
        proxy.fault("getUpdates", None, 1, fault.clone());
        world.owner().write(&format!("/hello_{index}")).await;
        eventually(20, &format!("{fault:?} and an answer"), async || {
            let answered =
                texts(&world.owner()).await.contains(&format!("I don't know /hello_{index}"));
            (answered && proxy.is_clear()).then_some(())
        })
        .await;
        // It polls again by itself.
        let answer = world.user().say(&format!("/again_{index}")).await;
        assert!(answer.text().contains(&format!("/again_{index}")), "{answer}");
        let logged = host.logged();
        assert!(logged[from..].contains(said), "{said:?} after {fault:?}: {}", &logged[from..]);
        assert!(logged[from..].contains("cannot fetch updates"), "{}", &logged[from..]);
        let calls = &proxy.calls("getUpdates")[before..];
        assert!(calls.len() <= 8, "{fault:?}: {} polls", calls.len());
    }
    assert!(!world.logged().contains(TOKEN), "the token is in the log");
    assert_eq!(host.get("/readyz").await.0, 200);
}

#[tokio::test]
async fn the_owner_is_told_once_of_a_second_instance() {
    let (world, proxy, host) = behind_proxy().await;
    let fault = refusal(409, "Conflict: terminated by other getUpdates request");
    proxy.fault("getUpdates", None, 3, fault);
    world.user().say("/one").await;
    eventually(30, "the trouble is over", async || proxy.is_clear().then_some(())).await;
    world.user().say("/two").await;
    let told = world.owner().received().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text().contains("Another program fetches this bot's updates"), "{}", told[0]);
    assert!(host.logged().contains("another program fetches"));
    // The pauses grow: no more than two in a second, ever.
    let polls = proxy.calls("getUpdates");
    let failed = &polls[polls.len() - 5..polls.len() - 1];
    assert!(densest(failed, Duration::from_millis(900)) <= 2, "{failed:?}");
}

#[tokio::test]
async fn an_unreachable_server_is_waited_for() {
    let world = World::new().await;
    let proxy = Proxy::new(world.api()).await;
    proxy.down();
    // At the start,
    let host = world.launch(&[("TELEGRAM_API_URL", &proxy.url())]);
    eventually(20, "it says so", async || {
        host.logged().contains("cannot reach the Bot API").then_some(())
    })
    .await;
    proxy.up().await;
    world.owner().say("/one").await;
    // and later; what is said meanwhile is answered.
    proxy.down();
    world.owner().write("/two").await;
    eventually(20, "it says so", async || {
        host.logged().contains("cannot fetch updates").then_some(())
    })
    .await;
    let (code, ready) = host.get("/readyz").await;
    assert_eq!((code, ready.contains("updates cannot be fetched")), (503, true), "{ready}");
    proxy.up().await;
    world.owner().wait_for(2).await;
    assert_eq!(texts(&world.owner()).await, BOTH);
    assert!(!world.logged().contains(TOKEN));
}

#[tokio::test]
async fn strangers_cost_nothing() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    world.owner().say("/one").await;
    let strangers = async |count: i64, from: i64| {
        for id in from..from + count {
            let update = json!({"message": {
                "message_id": id, "date": 1, "text": "/expense 1 food let me in",
                "chat": {"id": id, "type": "private"},
                "from": {"id": id, "is_bot": false, "first_name": "Stan"},
            }});
            world.inject(&update).await;
        }
        // In order: when this is answered, they have all been looked at.
        world.owner().say("/two").await;
    };
    strangers(200, 10_000).await;
    let before = host.memory();
    strangers(2_000, 20_000).await;
    let after = host.memory();
    assert!(after <= before + 8, "{before} MiB, {after} MiB after 2,000 strangers");
    let calls = world.calls(0).await;
    let sent = calls.iter().filter(|call| call["params"]["chat_id"] != OWNER);
    let sent: Vec<_> = sent.filter(|call| call["method"] == "SendMessage").collect();
    assert!(sent.is_empty(), "{sent:?}");
    assert!(world.person(STRANGER).received().await.is_empty());
    let (_, metrics) = host.get("/metrics").await;
    let counted = metrics.lines().any(|line| line.contains("Stranger") && line.ends_with(" 2200"));
    assert!(counted, "{metrics}");
}

#[tokio::test]
async fn a_burst_arrives_within_telegrams_limits() {
    const BURST: usize = 8;
    let world = World::new().await;
    world.install("chatty", fixtures::component("chatty"));
    let times = async |unthrottled: &str| {
        let host = world.start(&[("UMBRASIL_UNTHROTTLED", unthrottled)]).await;
        let before = world.calls(0).await.last().map_or(0, |call| call["number"].as_i64().unwrap());
        let seen = world.owner().received().await.len();
        world.owner().write(&format!("/burst {BURST}")).await;
        let received = world.owner().wait_for(seen + BURST).await;
        let texts: Vec<&str> = received[seen..].iter().map(Message::text).collect();
        let right: Vec<String> = (1..=BURST).map(|index| format!("message {index}")).collect();
        assert_eq!(texts, right, "complete, and in order");
        assert!(host.stop().await.success());
        let calls = world.calls(before).await;
        let sent = calls.iter().filter(|call| call["method"] == "SendMessage");
        sent.map(|call| call["at"].as_u64().unwrap()).collect::<Vec<u64>>()
    };
    let held = times("0").await;
    for (first, from) in held.iter().enumerate() {
        for (last, to) in held.iter().enumerate().skip(first) {
            // Five at once, and one more each second; what is sent evenly may arrive a little unevenly.
            let allowed = 5 + (to - from + 200) / 1_000;
            let sent = u64::try_from(last - first + 1).unwrap();
            assert!(sent <= allowed, "{sent} in {} ms: {held:?}", to - from);
        }
    }
    let free = times("1").await;
    assert_eq!((held.len(), free.len()), (BURST, BURST));
    let span = |times: &[u64]| times[times.len() - 1] - times[0];
    assert!(span(&free) < span(&held), "{free:?} {held:?}");
}
