//! Odd updates: twice, out of order, broken; and a Bot API that fails.

use serde_json::{Value, json};
use umbrasil_tests::{Host, OWNER, RawApi, Scrape, USER, World, eventually};

async fn start(world: &World) -> (RawApi, Host) {
    let api = RawApi::new().await;
    let host = world.start(&[("TELEGRAM_API_URL", api.url())]).await;
    (api, host)
}

fn update(id: i64, person: i64, text: &str) -> Value {
    let from = json!({"id": person, "is_bot": false, "first_name": "Somebody"});
    let chat = json!({"id": person, "type": "private"});
    let message =
        json!({"message_id": 5, "date": 1_790_000_000, "from": from, "chat": chat, "text": text});
    json!({"update_id": id, "message": message})
}

/// The balance that the answer to `/balance` ends with.
async fn balance(api: &RawApi, id: i64, person: i64) -> String {
    let before = api.sent_to(person).len();
    api.batch(&[update(id, person, "/balance")]);
    let said = api.wait_for(person, before + 1).await;
    said.last().unwrap().lines().last().unwrap().replace("<b>", "").replace("</b>", "")
}

#[tokio::test]
async fn one_update_delivered_five_times_is_one_entry() {
    let world = World::new().await;
    let (api, host) = start(&world).await;
    let entry = update(7_000, OWNER, "/expense 5 food");
    api.batch(&[&entry, &entry]);
    api.batch(&[&entry]);
    api.wait_for(OWNER, 1).await;
    api.batch(&[&entry]);
    api.fetched().await;
    assert_eq!(balance(&api, 7_001, OWNER).await, "Balance: -5.00 EUR");
    let said = api.sent_to(OWNER);
    assert_eq!(said.len(), 2, "{said:?}");
    let scrape = Scrape::parse(&host.get("/metrics").await.1).unwrap();
    assert_eq!(scrape.value("umbrasil_updates_total", "outcome=\"Duplicate\""), 3.0);
    // Nor after a restart, whether it was a clean one or not.
    host.kill().await;
    let _host = world.start(&[("TELEGRAM_API_URL", api.url())]).await;
    api.batch(&[&entry]);
    api.fetched().await;
    assert_eq!(balance(&api, 7_002, OWNER).await, "Balance: -5.00 EUR");
    // A message that was on its way may come once more, but no other.
    let said = api.sent_to(OWNER);
    let confirmed = said.iter().filter(|text| text.contains("Expense: ")).count();
    assert!(confirmed <= 2, "{said:?}");
}

#[tokio::test]
async fn ids_may_jump_and_go_down() {
    let world = World::new().await;
    let (api, _host) = start(&world).await;
    for (count, id) in
        [5_000, 1_005_000, 12, 13, i64::from(i32::MAX), 4_999, 1].into_iter().enumerate()
    {
        api.batch(&[update(id, OWNER, "/expense 1 food")]);
        let said = api.wait_for(OWNER, count + 1).await;
        assert!(
            said[count].ends_with(&format!("Balance: -{}.00 EUR</b>", count + 1)),
            "{id}: {said:?}"
        );
    }
    // In one batch as well.
    let batch: Vec<Value> =
        [900, 300, 600].iter().map(|id| update(*id, USER, "/expense 1 food")).collect();
    api.batch(&batch);
    let said = api.wait_for(USER, 3).await;
    assert!(said[2].ends_with("Balance: -3.00 EUR</b>"), "{said:?}");
    api.fetched().await;
    let last = *api.offsets().last().unwrap();
    assert!(last == 901 || last == 0, "{last}");
}

#[tokio::test]
async fn bad_updates_do_not_hide_good_ones() {
    let world = World::new().await;
    let (api, mut host) = start(&world).await;
    let good = |id: i64| update(id, OWNER, "/expense 1 food").to_string();
    let deep = format!("{{\"update_id\":117,\"message\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let long = format!("{{\"update_id\":118,\"future\":\"{}\"}}", "x".repeat(1 << 20));
    let twice = r#"{"update_id":119,"update_id":119,"message":{"message_id":1,"message_id":2}}"#;
    let entities = json!([
        {"type": "type_of_the_future", "offset": 0, "length": 3},
        {"type": "custom_emoji", "offset": -5, "length": 99_999},
        {"type": null},
        7,
    ]);
    let mut with_entities = update(120, OWNER, "/expense 1 food");
    with_entities["message"]["entities"] = entities;
    with_entities["message"]["field_of_the_future"] = json!({"a": [1, null]});
    with_entities["message"]["link_preview_options"] = json!("not an object");
    let batch = [
        good(100),
        r#"{"update_id":101}"#.to_owned(),
        r#"{"update_id":102,"message":null}"#.to_owned(),
        r#"{"update_id":103,"message":{}}"#.to_owned(),
        r#"{"update_id":104,"message":"text"}"#.to_owned(),
        r#"{"update_id":105,"message":{"message_id":"5","date":"x","chat":5}}"#.to_owned(),
        r#"{"update_id":106,"callback_query":{"id":5,"from":null}}"#.to_owned(),
        r#"{"update_id":107,"callback_query":null,"message":null}"#.to_owned(),
        r#"{"update_id":9007199254740993,"message":[]}"#.to_owned(),
        r#"{"update_id":99999999999999999999999}"#.to_owned(),
        r#"{"update_id":-5}"#.to_owned(),
        r#"{"update_id":1.5}"#.to_owned(),
        r#"{"update_id":null}"#.to_owned(),
        r"{}".to_owned(),
        r"null".to_owned(),
        r"[]".to_owned(),
        r#""text""#.to_owned(),
        r"42".to_owned(),
        good(108),
        deep,
        long,
        twice.to_owned(),
        with_entities.to_string(),
        r#"{"update_id":121,"message":{"message_id":1,"date":99999999999999999,"from":{"id":1e400},"chat":{"id":111}}}"#.replace("1e400", "1e40"),
        good(122),
    ];
    api.batch(&batch);
    let said = api.wait_for(OWNER, 4).await;
    assert!(said[3].ends_with("Balance: -4.00 EUR</b>"), "{said:?}");
    api.fetched().await;
    assert_eq!(balance(&api, 123, OWNER).await, "Balance: -4.00 EUR", "each good one counts once");
    assert!(host.is_alive());
    // The offset has moved on, past the highest id that could be one.
    assert!(api.offsets().iter().any(|offset| *offset > 122), "{:?}", api.offsets());
    let polls = api.offsets().len();
    assert!(polls < 20, "a hot loop: {:?}", api.offsets());
    let scrape = Scrape::parse(&host.get("/metrics").await.1).unwrap();
    assert!(scrape.value("umbrasil_updates_total", "outcome=\"Malformed\"") >= 10.0);
}

#[tokio::test]
async fn broken_characters_spoil_their_own_update_only() {
    let world = World::new().await;
    let (api, _host) = start(&world).await;
    let mut body =
        b"{\"ok\":true,\"result\":[{\"update_id\":1,\"message\":{\"text\":\"\xff\xfe\xc3(\"}},"
            .to_vec();
    body.extend(update(2, OWNER, "/expense 1 food").to_string().bytes());
    body.extend(b"]}");
    api.answer(200, body);
    let said = api.wait_for(OWNER, 1).await;
    assert!(said[0].ends_with("Balance: -1.00 EUR</b>"), "{said:?}");
}

#[tokio::test]
async fn garbage_instead_of_updates_is_waited_out() {
    let bodies: [(u16, &str); 9] = [
        (200, "<html>a captive portal</html>"),
        (200, ""),
        (200, "null"),
        (200, "{\"ok\":true}"),
        (200, "{\"ok\":true,\"result\":{}}"),
        (502, "<html>Bad Gateway</html>"),
        (500, ""),
        (
            429,
            "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests\",\"parameters\":{\"retry_after\":1}}",
        ),
        (409, "{\"ok\":false,\"error_code\":409,\"description\":\"Conflict\"}"),
    ];
    // Each with a host of its own: the pauses between tries grow.
    let tries = bodies.map(|(status, body)| async move {
        let world = World::new().await;
        let (api, host) = start(&world).await;
        let polls = api.offsets().len();
        api.answer(status, body);
        eventually(10, "the host says that it cannot fetch", async || {
            let (status, reasons) = host.get("/readyz").await;
            (status == 503 && reasons.contains("updates cannot be fetched")).then_some(())
        })
        .await;
        assert_eq!(host.get("/healthz").await.0, 200);
        api.batch(&[update(50, OWNER, "/expense 1 food")]);
        eventually(20, "the host goes on by itself", async || {
            let said = api.sent_to(OWNER);
            said.iter().any(|text| text.ends_with("Balance: -1.00 EUR</b>")).then_some(())
        })
        .await;
        host.ready().await;
        assert!(api.offsets().len() - polls <= 6, "{body}: {:?}", api.offsets());
        assert!(!host.logged().contains(umbrasil_tests::TOKEN));
        let told = api.sent_to(OWNER).iter().any(|text| text.contains("Another program"));
        assert_eq!(told, status == 409, "{:?}", api.sent_to(OWNER));
    });
    for one in tries {
        one.await;
    }
}
