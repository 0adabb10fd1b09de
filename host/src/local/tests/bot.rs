//! The bot's side: parameters in all encodings, what is refused and in which words, edits, commands.

use serde_json::json;

use super::{Server, TOKEN};

#[tokio::test]
async fn the_token_and_the_method_must_be_right() {
    let server = Server::start().await;
    let wrong = server.request("GET", "/bot42:wrong/getMe", &[], b"").await;
    assert_eq!(
        wrong.json(),
        json!({ "ok": false, "error_code": 401, "description": "Unauthorized" })
    );
    let unknown = server.request("GET", &format!("/bot{TOKEN}/getLost"), &[], b"").await;
    assert_eq!(
        unknown.json(),
        json!({ "ok": false, "error_code": 404, "description": "Not Found" })
    );
    for method in ["getMe", "GetMe", "getme", "GETME"] {
        assert_eq!(server.call(method, json!({})).await["username"], "umbra_bot");
    }
}

#[tokio::test]
async fn parameters_come_in_every_encoding() {
    let server = Server::start().await;
    let path = format!("/bot{TOKEN}/sendMessage");
    let keyboard = json!({ "inline_keyboard": [[{ "text": "A", "callback_data": "a" }]] });
    let query = format!("{path}?chat_id=7&text=caf%C3%A9+%26+more");
    let form = "chat_id=7&text=caf%C3%A9+%26+more&reply_markup=%7B%22inline_keyboard%22%3A[[%7B%22text%22%3A%22A%22%2C\
                %22callback_data%22%3A%22a%22%7D]]%7D";
    let form_type = [("Content-Type", "application/x-www-form-urlencoded")];
    let as_string =
        json!({ "chat_id": "7", "text": "café & more", "reply_markup": keyboard.to_string() });
    let parts: [(&str, Option<&str>, &[u8]); 3] = [
        ("chat_id", None, b"7"),
        ("text", None, "café & more".as_bytes()),
        ("reply_markup", None, &serde_json::to_vec(&keyboard).unwrap()),
    ];
    let answers = [
        (server.request("GET", &query, &[], b"").await, false),
        (server.request("POST", &path, &form_type, form.as_bytes()).await, true),
        (server.post(&path, as_string).await, true),
        (
            server
                .post(
                    &path,
                    json!({ "chat_id": 7, "text": "café & more", "reply_markup": keyboard }),
                )
                .await,
            true,
        ),
        (server.multipart(&path, &parts).await, true),
    ];
    for (number, (answer, with_keyboard)) in answers.iter().enumerate() {
        let message = &answer.json()["result"];
        assert_eq!(message["text"], "café & more", "encoding {number}");
        assert_eq!(message["chat"]["id"], 7);
        assert_eq!(message["reply_markup"] == keyboard, *with_keyboard, "encoding {number}");
    }
}

#[tokio::test]
async fn a_sent_message_comes_back_whole() {
    let server = Server::start().await;
    let html = "\u{1f600} <b>Hi</b> &lt;you&gt;";
    let sent = server
        .call("sendMessage", json!({ "chat_id": 7, "text": html, "parse_mode": "html" }))
        .await;
    assert_eq!(sent["text"], "\u{1f600} Hi <you>");
    assert_eq!(sent["entities"], json!([{ "type": "bold", "offset": 3, "length": 2 }]));
    assert_eq!(
        sent["from"],
        json!({ "id": 42, "is_bot": true, "first_name": "Umbra", "username": "umbra_bot" })
    );
    assert_eq!(
        sent["chat"],
        json!({ "id": 7, "type": "private", "first_name": "Olga", "username": "olga" })
    );
    assert!(
        sent["date"].as_u64().unwrap() > 1_700_000_000
            && sent["date"].as_u64().unwrap() < 100_000_000_000
    );
    let reply = json!({ "chat_id": 7, "text": "re", "reply_parameters": { "message_id": sent["message_id"] } });
    let reply = server.call("sendMessage", reply).await;
    assert_eq!(reply["reply_to_message"]["message_id"], sent["message_id"]);
}

#[tokio::test]
async fn texts_are_refused_in_telegrams_words() {
    let server = Server::start().await;
    let emoji = "\u{1f600}";
    for (params, words) in [
        (json!({ "text": "x" }), "chat_id is empty"),
        (json!({ "chat_id": 99, "text": "x" }), "chat not found"),
        (json!({ "chat_id": "@nobody", "text": "x" }), "chat not found"),
        (json!({ "chat_id": 7 }), "message text is empty"),
        (json!({ "chat_id": 7, "text": " \n " }), "message text is empty"),
        (json!({ "chat_id": 7, "text": "<b></b>", "parse_mode": "HTML" }), "message text is empty"),
        (json!({ "chat_id": 7, "text": "x".repeat(4097) }), "message is too long"),
        (json!({ "chat_id": 7, "text": emoji.repeat(2049) }), "message is too long"),
        (
            json!({ "chat_id": 7, "text": "a<br>", "parse_mode": "HTML" }),
            "can't parse entities: Unsupported start tag \"br\" at byte offset 1",
        ),
        (
            json!({ "chat_id": 7, "text": "*a*", "parse_mode": "MarkdownV2" }),
            "unsupported parse_mode: the local server reads parse_mode HTML only",
        ),
        (
            json!({ "chat_id": 7, "text": "x", "reply_parameters": { "message_id": 1 } }),
            "message to be replied not found",
        ),
    ] {
        assert_eq!(server.refused("sendMessage", params).await, words);
    }
    // The bounds hold after parsing, in UTF-16 units.
    server.call("sendMessage", json!({ "chat_id": 7, "text": emoji.repeat(2048) })).await;
    let tagged = format!("<b>{}</b>", "&lt;".repeat(4096));
    server.call("sendMessage", json!({ "chat_id": 7, "text": tagged, "parse_mode": "HTML" })).await;
}

#[tokio::test]
async fn keyboards_are_checked() {
    let server = Server::start().await;
    let with = |button| json!({ "chat_id": 7, "text": "x", "reply_markup": { "inline_keyboard": [[button]] } });
    for (button, words) in [
        (json!({ "text": "a", "callback_data": "" }), "BUTTON_DATA_INVALID"),
        (json!({ "text": "a", "callback_data": "x".repeat(65) }), "BUTTON_DATA_INVALID"),
        (json!({ "text": "a", "callback_data": "é".repeat(33) }), "BUTTON_DATA_INVALID"),
        (
            json!({ "text": "a" }),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
    ] {
        assert_eq!(server.refused("sendMessage", with(button)).await, words);
    }
    server.call("sendMessage", with(json!({ "text": "a", "callback_data": "x".repeat(64) }))).await;
    // Other keyboards are accepted, and not part of the message.
    for markup in [
        json!({ "force_reply": true }),
        json!({ "remove_keyboard": true }),
        json!({ "keyboard": [["a"]] }),
    ] {
        let sent = server
            .call("sendMessage", json!({ "chat_id": 7, "text": "x", "reply_markup": markup }))
            .await;
        assert!(sent["reply_markup"].is_null());
    }
    let broken = json!({ "chat_id": 7, "text": "x", "reply_markup": "{" });
    assert_eq!(
        server.refused("sendMessage", broken).await,
        "can't parse reply keyboard markup JSON object"
    );
}

#[tokio::test]
async fn edits_change_and_must_change() {
    let server = Server::start().await;
    let sent = server.call("sendMessage", json!({ "chat_id": 7, "text": "one" })).await;
    let id = &sent["message_id"];
    let edited = server
        .call("editMessageText", json!({ "chat_id": 7, "message_id": id, "text": "two" }))
        .await;
    assert_eq!((&edited["text"], &edited["message_id"]), (&json!("two"), id));
    assert!(edited["edit_date"].is_u64());
    let same = server
        .refused("editMessageText", json!({ "chat_id": 7, "message_id": id, "text": "two" }))
        .await;
    assert!(
        same.starts_with("message is not modified: specified new message content and reply markup"),
        "{same}"
    );
    let gone = server
        .refused("editMessageText", json!({ "chat_id": 7, "message_id": 1, "text": "x" }))
        .await;
    assert_eq!(gone, "message to edit not found");
    let caption = server
        .refused("editMessageCaption", json!({ "chat_id": 7, "message_id": id, "caption": "x" }))
        .await;
    assert_eq!(caption, "there is no caption in the message to edit");
    let keyboard = json!({ "inline_keyboard": [[{ "text": "A", "callback_data": "a" }]] });
    let edit = json!({ "chat_id": 7, "message_id": id, "reply_markup": keyboard });
    assert_eq!(server.call("editMessageReplyMarkup", edit).await["reply_markup"], keyboard);
    let foreign = server.chat("message", json!({ "person": 7, "text": "mine" })).await["message"]["message_id"].clone();
    let refused = server
        .refused("editMessageText", json!({ "chat_id": 7, "message_id": foreign, "text": "x" }))
        .await;
    assert_eq!(refused, "message can't be edited");
    assert_eq!(server.call("deleteMessage", json!({ "chat_id": 7, "message_id": id })).await, true);
    let again = server.refused("deleteMessage", json!({ "chat_id": 7, "message_id": id })).await;
    assert_eq!(again, "message to delete not found");
}

#[tokio::test]
async fn commands_have_limits_and_scopes() {
    let server = Server::start().await;
    let list = |name: &str| json!([{ "command": name, "description": "Text" }]);
    for (commands, words) in [
        (list("Start"), "BOT_COMMAND_INVALID"),
        (list(&"x".repeat(33)), "command length must not exceed 32"),
        (json!([{ "command": "a", "description": "" }]), "command description must be non-empty"),
        (
            json!([{ "command": "a", "description": "x".repeat(257) }]),
            "command description length must not exceed 256",
        ),
        (json!(vec![json!({ "command": "a", "description": "x" }); 101]), "BOT_COMMANDS_TOO_MUCH"),
    ] {
        assert_eq!(server.refused("setMyCommands", json!({ "commands": commands })).await, words);
    }
    let scope = json!({ "type": "chat", "chat_id": 7 });
    server.call("setMyCommands", json!({ "commands": list("all") })).await;
    server.call("setMyCommands", json!({ "commands": list("owner"), "scope": scope })).await;
    assert_eq!(server.read("commands?person=7").await["commands"], list("owner"));
    assert_eq!(server.read("commands?person=8").await["commands"], list("all"));
    server.call("deleteMyCommands", json!({ "scope": scope.to_string() })).await;
    assert_eq!(server.read("commands?person=7").await["commands"], list("all"));
    assert_eq!(server.call("getMyCommands", json!({ "scope": scope })).await, json!([]));
}

#[tokio::test]
async fn an_ordered_fault_meets_the_next_call_only() {
    let server = Server::start().await;
    let fault = json!({ "method": "sendMessage", "error_code": 429, "description": "Too Many Requests", "retry_after": 3 });
    server.chat("fault", fault).await;
    let message = json!({ "chat_id": 7, "text": "x" });
    let failed = server.post(&format!("/bot{TOKEN}/SendMessage"), message.clone()).await.json();
    assert_eq!(
        (&failed["error_code"], &failed["parameters"]["retry_after"]),
        (&json!(429), &json!(3))
    );
    server.call("sendMessage", message).await;
}
