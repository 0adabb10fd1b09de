//! `getUpdates`: offsets, holding, two pollers, kinds.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Server, TOKEN};

/// The hold of a poll that must end for another reason.
const LONG: u64 = 50;
/// More than any answer takes, less than the hold.
const PATIENCE: Duration = Duration::from_secs(10);

impl Server {
    async fn say(&self, text: &str) {
        self.chat("message", json!({ "person": 7, "text": text })).await;
    }

    async fn updates(&self, params: Value) -> Vec<Value> {
        self.call("getUpdates", params).await.as_array().unwrap().clone()
    }
}

fn texts(updates: &[Value]) -> Vec<&str> {
    updates.iter().map(|update| update["message"]["text"].as_str().unwrap()).collect()
}

/// Waits until the server has met that many polls: only then does a newer event meet a held one.
async fn until_polled(server: &Server, times: u64) {
    while server.api.shared.lock().updates.polls() < times {
        tokio::task::yield_now().await;
    }
}

fn spawn_poll(server: &Arc<Server>) -> JoinHandle<Value> {
    let server = Arc::clone(server);
    tokio::spawn(async move {
        server.post(&format!("/bot{TOKEN}/getUpdates"), json!({ "timeout": LONG })).await.json()
    })
}

#[tokio::test]
async fn an_offset_confirms_all_lower_ids() {
    let server = Server::start().await;
    for text in ["a", "b", "c"] {
        server.say(text).await;
    }
    let all = server.updates(json!({})).await;
    assert_eq!(texts(&all), ["a", "b", "c"]);
    let ids: Vec<i64> = all.iter().map(|update| update["update_id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [ids[0], ids[0] + 1, ids[0] + 2]);
    // Without an offset nothing is confirmed.
    assert_eq!(texts(&server.updates(json!({ "limit": 2 })).await), ["a", "b"]);
    assert_eq!(texts(&server.updates(json!({ "offset": ids[1] })).await), ["b", "c"]);
    assert_eq!(texts(&server.updates(json!({})).await), ["b", "c"]);
    assert_eq!(texts(&server.updates(json!({ "offset": ids[2] + 1 })).await), [""; 0]);
    assert_eq!(texts(&server.updates(json!({})).await), [""; 0]);
}

#[tokio::test]
async fn a_negative_offset_counts_from_the_end_and_forgets_the_rest() {
    let server = Server::start().await;
    for text in ["a", "b", "c"] {
        server.say(text).await;
    }
    assert_eq!(texts(&server.updates(json!({ "offset": -1 })).await), ["c"]);
    assert_eq!(texts(&server.updates(json!({})).await), ["c"]);
}

#[tokio::test]
async fn an_empty_poll_is_held_until_something_comes() {
    let server = Arc::new(Server::start().await);
    let poll = spawn_poll(&server);
    until_polled(&server, 1).await;
    server.say("now").await;
    let answer = timeout(PATIENCE, poll).await.unwrap().unwrap();
    assert_eq!(answer["result"][0]["message"]["text"], "now");
}

#[tokio::test]
async fn a_hold_ends_with_its_time() {
    let server = Server::start().await;
    let begin = std::time::Instant::now();
    assert_eq!(server.updates(json!({ "timeout": 1 })).await, [""; 0]);
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn of_two_polls_the_older_is_told_of_the_conflict() {
    let server = Arc::new(Server::start().await);
    let older = spawn_poll(&server);
    until_polled(&server, 1).await;
    let newer = spawn_poll(&server);
    let answer = timeout(PATIENCE, older).await.unwrap().unwrap();
    assert_eq!(answer["error_code"], 409);
    let text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    assert_eq!(answer["description"], text);
    server.say("for the newer").await;
    let answer = timeout(PATIENCE, newer).await.unwrap().unwrap();
    assert_eq!(answer["result"][0]["message"]["text"], "for the newer");
}

#[tokio::test]
async fn allowed_updates_are_remembered_and_apply_to_what_comes_later() {
    let server = Server::start().await;
    server.say("before").await;
    let polled = server.updates(json!({ "allowed_updates": ["edited_message"] })).await;
    assert_eq!(texts(&polled), ["before"]);
    server.say("unwanted").await;
    let next = polled[0]["update_id"].as_i64().unwrap() + 1;
    assert_eq!(server.updates(json!({ "offset": next })).await, [""; 0]);
    // An empty list means the default again.
    server.updates(json!({ "allowed_updates": "[]" })).await;
    server.say("wanted").await;
    assert_eq!(texts(&server.updates(json!({})).await), ["wanted"]);
    server.chat("update", json!({ "message_reaction": {} })).await;
    assert_eq!(server.updates(json!({})).await.len(), 1);
}

#[tokio::test]
async fn a_held_poll_ends_with_the_server() {
    let (server, running) = Server::launch().await;
    let server = Arc::new(server);
    let poll = spawn_poll(&server);
    until_polled(&server, 1).await;
    server.stop.cancel();
    let answer = timeout(PATIENCE, poll).await.unwrap().unwrap();
    assert_eq!(answer, json!({ "ok": true, "result": [] }));
    timeout(PATIENCE, running).await.unwrap().unwrap().unwrap();
}
