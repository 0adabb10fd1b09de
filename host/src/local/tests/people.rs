//! The people's side: what they do becomes updates, the page's headers, the call log, live events.

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::{Server, TOKEN, png};

#[tokio::test]
async fn a_command_becomes_a_message_update_with_its_entity() {
    let server = Server::start().await;
    let posted =
        server.chat("message", json!({ "person": 7, "text": "/start now" })).await["message"]
            .clone();
    let update = server.call("getUpdates", json!({})).await[0].clone();
    assert_eq!(update["message"], posted);
    assert_eq!(posted["entities"], json!([{ "type": "bot_command", "offset": 0, "length": 6 }]));
    assert_eq!((&posted["from"]["id"], &posted["from"]["is_bot"]), (&json!(7), &json!(false)));
    assert_eq!(server.read("history?person=7").await["messages"], json!([posted]));
    assert_eq!(server.read("history?person=8").await["messages"], json!([]));
}

#[tokio::test]
async fn a_press_is_answered_once() {
    let server = Server::start().await;
    let keyboard = json!({ "inline_keyboard": [[{ "text": "A", "callback_data": "a" }]] });
    let sent = server
        .call("sendMessage", json!({ "chat_id": 7, "text": "x", "reply_markup": keyboard }))
        .await;
    let id = &sent["message_id"];
    let query = server.chat("press", json!({ "person": 7, "message_id": id, "data": "a" })).await["query_id"].clone();
    let update = server.call("getUpdates", json!({})).await[0]["callback_query"].clone();
    assert_eq!((&update["id"], &update["data"], &update["message"]), (&query, &json!("a"), &sent));
    assert!(update["chat_instance"].is_string());
    let long = json!({ "callback_query_id": query, "text": "x".repeat(201) });
    assert_eq!(server.refused("answerCallbackQuery", long).await, "MESSAGE_TOO_LONG");
    assert_eq!(
        server.call("answerCallbackQuery", json!({ "callback_query_id": query })).await,
        true
    );
    let old = "query is too old and response timeout expired or query ID is invalid";
    assert_eq!(
        server.refused("answerCallbackQuery", json!({ "callback_query_id": query })).await,
        old
    );
    let unknown =
        server.post("/chat/press", json!({ "person": 7, "message_id": id, "data": "b" })).await;
    assert_eq!(unknown.status, 400);
}

#[tokio::test]
async fn own_messages_can_be_edited() {
    let server = Server::start().await;
    let id = server.chat("message", json!({ "person": 7, "text": "one" })).await["message"]["message_id"].clone();
    server.chat("edit", json!({ "person": 7, "message_id": id, "text": "/two" })).await;
    let update = server.call("getUpdates", json!({})).await[1]["edited_message"].clone();
    assert_eq!((&update["text"], &update["message_id"]), (&json!("/two"), &id));
    assert_eq!(update["entities"][0]["type"], "bot_command");
    let other =
        server.post("/chat/edit", json!({ "person": 8, "message_id": id, "text": "x" })).await;
    assert_eq!(other.status, 400);
}

#[tokio::test]
async fn uploads_become_photos_documents_and_voices() {
    let server = Server::start().await;
    let person = ("person", None, b"7".as_slice());
    let picture = png(30, 20);
    let photo = [person, ("caption", None, b"Receipt"), ("file", Some("r.png"), &picture)];
    let sent = server.multipart("/chat/upload", &photo).await.json()["message"].clone();
    assert_eq!((&sent["caption"], &sent["photo"][0]["width"]), (&json!("Receipt"), &json!(30)));
    let as_file = [person, ("kind", None, b"document"), ("file", Some("r.png"), &picture)];
    let sent = server.multipart("/chat/upload", &as_file).await.json()["message"].clone();
    assert_eq!(sent["document"]["file_name"], "r.png");
    let voice = [
        person,
        ("kind", None, b"voice"),
        ("duration", None, b"4"),
        ("file", Some("v.ogg"), b"OggS"),
    ];
    let sent = server.multipart("/chat/upload", &voice).await.json()["message"].clone();
    assert_eq!(sent["voice"]["duration"], 4);
    assert_eq!(server.call("getUpdates", json!({})).await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_injected_update_opens_its_chat_and_its_query() {
    let server = Server::start().await;
    let chat = json!({ "id": 500, "type": "private", "first_name": "New" });
    assert_eq!(
        server.refused("sendMessage", json!({ "chat_id": 500, "text": "x" })).await,
        "chat not found"
    );
    let message = json!({ "message_id": 3, "date": 1, "chat": chat, "text": "hi" });
    let id = server.chat("update", json!({ "update_id": 2_100_000_000, "message": message })).await
        ["update_id"]
        .clone();
    assert_eq!(id, 2_100_000_000);
    let reply = json!({ "chat_id": 500, "text": "x", "reply_parameters": { "message_id": 3 } });
    server.call("sendMessage", reply).await;
    let query = json!({ "id": "q1", "from": { "id": 500 }, "message": message, "data": "d" });
    assert_eq!(
        server.chat("update", json!({ "callback_query": query })).await["update_id"],
        2_100_000_001
    );
    server.call("answerCallbackQuery", json!({ "callback_query_id": "q1" })).await;
}

#[tokio::test]
async fn the_call_log_names_files_but_does_not_hold_them() {
    let server = Server::start().await;
    let parts = [("chat_id", None, b"7".as_slice()), ("document", Some("a.txt"), b"12345")];
    server.multipart(&format!("/bot{TOKEN}/SendDocument"), &parts).await;
    server.refused("sendMessage", json!({ "chat_id": 7 })).await;
    server.call("getUpdates", json!({})).await;
    let log = server.read("calls?since=0").await;
    assert_eq!(log["last"], 2);
    assert_eq!(log["calls"][0]["method"], "SendDocument");
    assert_eq!(log["calls"][0]["params"]["document"], json!({ "file": "a.txt", "bytes": 5 }));
    assert_eq!(log["calls"][1]["status"], 400);
    assert_eq!(log["calls"][1]["error"], "Bad Request: message text is empty");
    assert_eq!(server.read("calls?since=2").await["calls"], json!([]));
}

#[tokio::test]
async fn the_page_is_served_to_this_machine_only_and_runs_nothing_foreign() {
    let server = Server::start().await;
    let page = server.request("GET", "/", &[], b"").await;
    assert_eq!(page.status, 200);
    for header in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy:",
    ] {
        assert!(page.head.contains(header), "{header} in {}", page.head);
    }
    // The policy forbids what the page must not have.
    let html = String::from_utf8(page.body).unwrap();
    assert!(!html.contains("style=") && !html.contains("onclick=") && !html.contains("<script>"));
    assert_eq!(server.request("GET", "/", &[("Host", "umbra.example")], b"").await.status, 403);
    let rebound = [("Host", "umbra.example:80"), ("Content-Type", "application/json")];
    assert_eq!(server.request("POST", "/chat/message", &rebound, b"{}").await.status, 403);
    let foreign = [("Origin", "http://umbra.example"), ("Content-Type", "application/json")];
    let body = json!({ "person": 7, "text": "x" }).to_string();
    assert_eq!(
        server.request("POST", "/chat/message", &foreign, body.as_bytes()).await.status,
        403
    );
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(
        server.request("POST", "/chat/message", &form, b"person=7&text=x").await.status,
        415
    );
    let large = vec![b' '; 1024 * 1024 + 1];
    let json_type = [("Content-Type", "application/json")];
    assert_eq!(server.request("POST", "/chat/message", &json_type, &large).await.status, 413);
    assert_eq!(server.read("history?person=7").await["messages"], json!([]));
}

#[tokio::test]
async fn a_file_is_never_served_as_a_page() {
    let server = Server::start().await;
    let parts =
        [("person", None, b"7".as_slice()), ("file", Some("a.html"), b"<script>alert(1)</script>")];
    let sent = server.multipart("/chat/upload", &parts).await.json();
    let id = sent["message"]["document"]["file_id"].as_str().unwrap().to_owned();
    let file = server.request("GET", &format!("/chat/file/{id}"), &[], b"").await;
    assert!(file.head.contains("content-type: application/octet-stream"), "{}", file.head);
    assert!(
        file.head.contains("content-disposition: attachment; filename=\"a.html\""),
        "{}",
        file.head
    );
}

#[tokio::test]
async fn live_events_carry_what_the_bot_does_to_whom_it_concerns() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    stream
        .write_all(b"GET /chat/events?person=7 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut lines = BufReader::new(stream).lines();
    let mut next = async |start: &str| loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if line.starts_with(start) {
            return line;
        }
    };
    // The first line of the body: from now on the stream listens.
    next("retry:").await;
    server.call("sendMessage", json!({ "chat_id": 8, "text": "not for Olga" })).await;
    let sent = server.call("sendMessage", json!({ "chat_id": 7, "text": "hello" })).await;
    assert_eq!(next("event:").await, "event: message");
    assert!(next("data:").await.contains("\"text\":\"hello\""));
    server.call("sendChatAction", json!({ "chat_id": 7, "action": "typing" })).await;
    assert_eq!(next("event:").await, "event: action");
    server.call("deleteMessage", json!({ "chat_id": 7, "message_id": sent["message_id"] })).await;
    assert_eq!(next("event:").await, "event: delete");
    server.call("setMyCommands", json!({ "commands": [] })).await;
    assert_eq!(next("event:").await, "event: commands");
}
