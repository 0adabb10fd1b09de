//! The gate: strangers get silence, whatever kind of update they find.

use serde_json::{Value, json};
use umbrasil_tests::{Host, OWNER, RawApi, STRANGER, Scrape, USER, World};

/// A host at a raw Bot API server.
async fn start(world: &World) -> (RawApi, Host) {
    let api = RawApi::new().await;
    let host = world.start(&[("TELEGRAM_API_URL", api.url())]).await;
    (api, host)
}

fn person(id: i64) -> Value {
    json!({"id": id, "is_bot": false, "first_name": "Somebody", "username": "somebody"})
}

fn private(id: i64) -> Value {
    json!({"id": id, "type": "private", "first_name": "Somebody"})
}

/// A message of a person in their private chat, with more fields or others.
fn message(id: i64, more: &Value) -> Value {
    let mut message = json!({
        "message_id": 5, "date": now(), "from": person(id), "chat": private(id),
        "text": "/expense 99 gate",
    });
    for (field, value) in more.as_object().unwrap() {
        if value.is_null() {
            message.as_object_mut().unwrap().remove(field);
        } else {
            message[field] = value.clone();
        }
    }
    message
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Sends updates of the given payloads, then one that must be answered; returns what was counted.
/// The bot has called nothing but what the last one needs.
async fn silence(api: &RawApi, host: &Host, payloads: &[(&str, Value)]) -> Scrape {
    let before = api.sent_to(OWNER).len();
    let mut updates: Vec<Value> = Vec::new();
    for (index, (kind, payload)) in payloads.iter().enumerate() {
        updates.push(json!({"update_id": 100 + index, *kind: payload}));
    }
    updates.push(
        json!({"update_id": 99_000, "message": message(OWNER, &json!({"text": "/balance"}))}),
    );
    for batch in updates.chunks(100) {
        api.batch(batch);
    }
    api.fetched().await;
    let said = api.wait_for(OWNER, before + 1).await;
    assert!(said[before].ends_with("Balance: 0.00 EUR</b>"), "an entry was made: {said:?}");
    assert_eq!(said.len(), before + 1, "{said:?}");
    for call in api.calls() {
        let fine = match call.method.as_str() {
            "getme" | "setmycommands" => true,
            "sendmessage" => call.params["chat_id"] == OWNER,
            _ => false,
        };
        assert!(fine, "not silent: {call:?}");
    }
    assert_eq!(api.downloads(), Vec::<String>::new());
    let scrape = Scrape::parse(&host.get("/metrics").await.1).unwrap();
    let handled = scrape.sum("umbrasil_events_total");
    assert_eq!(handled, 1.0, "a module or the host has handled something else");
    scrape
}

#[tokio::test]
async fn a_stranger_gets_silence_for_every_kind_of_update() {
    let world = World::new().await;
    let (api, host) = start(&world).await;
    let stranger = |more: Value| message(STRANGER, &more);
    let file = json!({"file_id": "f", "file_unique_id": "u", "file_size": 20_000_000});
    let photo = json!([{"file_id": "f", "file_unique_id": "u", "width": 9, "height": 9}]);
    let entity = json!([{"type": "bot_command", "offset": 0, "length": 6}]);
    let channel = json!({"id": -100_777, "type": "channel", "title": "News"});
    let post = json!({"message_id": 6, "date": now(), "chat": channel, "text": "/start"});
    let member = json!({
        "chat": private(STRANGER), "from": person(STRANGER), "date": now(),
        "old_chat_member": {"user": person(4242), "status": "kicked"},
        "new_chat_member": {"user": person(4242), "status": "member"},
    });
    // Such a button is below every confirmation of the owner.
    let button = json!({
        "id": "77", "from": person(STRANGER), "chat_instance": "1", "data": "h:status",
        "message": {"message_id": 7, "date": now(), "chat": private(OWNER)},
    });
    let own = json!({
        "id": "78", "from": person(STRANGER), "chat_instance": "1",
        "data": format!("finance:undo:{OWNER}:1"),
        "message": {"message_id": 8, "date": now(), "chat": private(STRANGER)},
    });
    let inline = json!({"id": "1", "from": person(STRANGER), "query": "/start", "offset": ""});
    let chosen = json!({"result_id": "1", "from": person(STRANGER), "query": "x"});
    let shipping = json!({
        "id": "1", "from": person(STRANGER), "invoice_payload": "x", "shipping_address": {},
    });
    let checkout = json!({
        "id": "1", "from": person(STRANGER), "currency": "EUR", "total_amount": 1,
        "invoice_payload": "x",
    });
    let reaction = json!({
        "chat": private(STRANGER), "message_id": 1, "user": person(STRANGER), "date": now(),
        "old_reaction": [], "new_reaction": [{"type": "emoji", "emoji": "👍"}],
    });
    let kinds = [
        ("message", stranger(json!({}))),
        ("message", stranger(json!({"text": "hello"}))),
        ("message", stranger(json!({"text": "/start", "entities": entity}))),
        ("message", stranger(json!({"text": "/start payload"}))),
        ("message", stranger(json!({"text": "/help"}))),
        ("message", stranger(json!({"text": "/cancel"}))),
        ("message", stranger(json!({"text": "/stop"}))),
        ("message", stranger(json!({"text": null, "photo": photo, "caption": "/expense 1 x"}))),
        ("message", stranger(json!({"text": null, "document": file}))),
        ("message", stranger(json!({"text": null, "voice": file}))),
        ("message", stranger(json!({"text": null, "new_chat_members": [person(4242)]}))),
        ("edited_message", stranger(json!({"edit_date": now()}))),
        ("channel_post", post.clone()),
        ("edited_channel_post", post),
        (
            "business_connection",
            json!({"id": "b", "user": person(STRANGER), "user_chat_id": STRANGER}),
        ),
        ("business_message", stranger(json!({"business_connection_id": "b"}))),
        ("edited_business_message", stranger(json!({"business_connection_id": "b"}))),
        ("deleted_business_messages", json!({"chat": private(STRANGER), "message_ids": [1]})),
        ("message_reaction", reaction.clone()),
        ("message_reaction_count", reaction),
        ("callback_query", button),
        ("callback_query", own),
        ("inline_query", inline),
        ("chosen_inline_result", chosen),
        ("shipping_query", shipping),
        ("pre_checkout_query", checkout),
        ("purchased_paid_media", json!({"from": person(STRANGER), "paid_media_payload": "x"})),
        ("poll", json!({"id": "1", "question": "?", "options": [], "total_voter_count": 0})),
        ("poll_answer", json!({"poll_id": "1", "user": person(STRANGER), "option_ids": [0]})),
        ("my_chat_member", member.clone()),
        ("chat_member", member.clone()),
        ("chat_join_request", member),
        ("chat_boost", json!({"chat": channel, "boost": {"boost_id": "1"}})),
        ("removed_chat_boost", json!({"chat": channel, "boost_id": "1"})),
        ("a_kind_of_the_future", stranger(json!({}))),
    ];
    let scrape = silence(&api, &host, &kinds).await;
    let counted = scrape.value("umbrasil_updates_total", "outcome=\"Stranger\"");
    assert_eq!(counted, number(kinds.len()), "all strangers are counted");
    assert_eq!(scrape.value("umbrasil_updates_total", "outcome=\"Accepted\""), 1.0);
    // A line of the log with the number, and no word of what was written.
    let logged = host.logged();
    assert!(logged.contains("sender=999"), "{logged}");
    for secret in ["/expense 99", "payload", "Somebody", "somebody"] {
        assert!(!logged.contains(secret), "{secret} is in the log:\n{logged}");
    }
}

#[tokio::test]
async fn even_allowed_people_are_heard_in_their_own_private_chat_only() {
    let world = World::new().await;
    let (api, host) = start(&world).await;
    let owner = |more: Value| message(OWNER, &more);
    let group = |kind: &str| json!({"id": -100_500, "type": kind, "title": "Friends"});
    let channel = json!({"id": -100_777, "type": "channel", "title": "News"});
    let anonymous = json!({"id": 1_087_968_824, "is_bot": true, "first_name": "Group"});
    let bot = json!({"id": OWNER, "is_bot": true, "first_name": "Robot"});
    let button = |more: Value| {
        let mut query = json!({
            "id": "79", "from": person(OWNER), "chat_instance": "1", "data": "h:status",
        });
        for (field, value) in more.as_object().unwrap() {
            query[field] = value.clone();
        }
        query
    };
    let table = [
        ("message", owner(json!({"chat": group("group")}))),
        ("message", owner(json!({"chat": group("supergroup"), "text": "/start@raw_bot"}))),
        ("message", owner(json!({"chat": channel}))),
        (
            "message",
            owner(
                json!({"from": anonymous, "sender_chat": group("supergroup"), "chat": group("supergroup")}),
            ),
        ),
        (
            "message",
            owner(
                json!({"from": {"id": 777_000, "is_bot": false, "first_name": "Telegram"}, "sender_chat": channel, "chat": group("supergroup")}),
            ),
        ),
        ("message", owner(json!({"sender_chat": channel}))),
        ("message", owner(json!({"sender_chat": private(OWNER)}))),
        ("message", owner(json!({"from": bot}))),
        ("message", owner(json!({"via_bot": {"id": 5, "is_bot": true, "first_name": "x"}}))),
        ("message", owner(json!({"from": person(STRANGER)}))),
        ("message", owner(json!({"from": person(USER)}))),
        ("message", owner(json!({"chat": private(STRANGER)}))),
        ("message", owner(json!({"chat": private(USER)}))),
        ("message", owner(json!({"from": null}))),
        ("message", owner(json!({"chat": {"id": OWNER, "type": "group"}}))),
        ("message", owner(json!({"chat": {"id": OWNER, "type": "sender"}}))),
        ("callback_query", button(json!({}))),
        ("callback_query", button(json!({"inline_message_id": "x"}))),
        (
            "callback_query",
            button(json!({"message": {"message_id": 1, "date": 0, "chat": group("group")}})),
        ),
        (
            "callback_query",
            button(json!({"message": {"message_id": 1, "date": 0, "chat": private(USER)}})),
        ),
        (
            "callback_query",
            button(
                json!({"from": person(STRANGER), "message": {"message_id": 1, "date": 0, "chat": private(OWNER)}}),
            ),
        ),
        ("channel_post", owner(json!({"chat": channel}))),
        ("edited_message", owner(json!({"edit_date": now()}))),
        ("business_message", owner(json!({"business_connection_id": "b"}))),
    ];
    let scrape = silence(&api, &host, &table).await;
    assert_eq!(scrape.value("umbrasil_updates_total", "outcome=\"Accepted\""), 1.0);
    assert_eq!(scrape.sum("umbrasil_updates_total"), number(table.len() + 1));
}

#[tokio::test]
async fn a_name_is_no_identity() {
    let world = World::new().await;
    let (api, host) = start(&world).await;
    let twin = json!({
        "id": STRANGER, "is_bot": false, "first_name": "Olivia", "last_name": "111",
        "username": "olivia111",
    });
    let digits = json!({"id": STRANGER, "is_bot": false, "first_name": "111", "username": "111"});
    let text = json!({"id": "111", "is_bot": false, "first_name": "Olivia"});
    let table = [
        ("message", message(STRANGER, &json!({"from": twin}))),
        ("message", message(STRANGER, &json!({"from": digits}))),
        ("message", message(STRANGER, &json!({"from": text}))),
        ("message", message(STRANGER, &json!({"from": text, "chat": private(OWNER)}))),
        (
            "message",
            message(STRANGER, &json!({"contact": {"user_id": OWNER}, "author_signature": "111"})),
        ),
    ];
    silence(&api, &host, &table).await;
}

#[tokio::test]
async fn strangers_do_not_pile_up() {
    let world = World::new().await;
    let (api, host) = start(&world).await;
    let before = host.memory();
    let crowd: Vec<(&str, Value)> =
        (0..5_000).map(|index| ("message", message(1_000_000 + index, &json!({})))).collect();
    let scrape = silence(&api, &host, &crowd).await;
    assert_eq!(scrape.value("umbrasil_updates_total", "outcome=\"Stranger\""), 5_000.0);
    assert!(scrape.len() < 400, "strangers make {} series", scrape.len());
    let after = host.memory();
    assert!(after < before + 100, "{before} MiB have become {after} MiB");
}

#[tokio::test]
async fn what_is_forwarded_is_never_a_command() {
    let world = World::new().await;
    let (api, _host) = start(&world).await;
    let origins = [
        json!({"type": "user", "sender_user": person(STRANGER), "date": 1}),
        json!({"type": "hidden_user", "sender_user_name": "x", "date": 1}),
        json!({"type": "of_the_future"}),
    ];
    for (index, origin) in origins.iter().enumerate() {
        let forwarded = message(OWNER, &json!({"forward_origin": origin}));
        api.batch(&[json!({"update_id": 300 + index, "message": forwarded})]);
        let said = api.wait_for(OWNER, index + 1).await;
        assert_eq!(
            said[index],
            "I don't act on forwarded messages. Write it yourself if you mean it."
        );
    }
    // A quotation is no command either: what counts is what was written below it.
    let quoting = message(
        OWNER,
        &json!({"text": "/balance", "reply_to_message": message(STRANGER, &json!({}))}),
    );
    api.batch(&[json!({"update_id": 400, "message": quoting})]);
    let said = api.wait_for(OWNER, 4).await;
    assert!(said[3].ends_with("Balance: 0.00 EUR</b>"), "{said:?}");
}
