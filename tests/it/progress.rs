//! What a chat is shown of an event that has not ended: one message, whose place the answer takes.

use serde_json::Value;
use umbrasil_tests::{Host, World, fixtures};

async fn bot() -> (World, Host) {
    let world = World::new().await;
    world.install("chatty", fixtures::component("chatty"));
    let host = world.start(&[]).await;
    (world, host)
}

/// Method and text of the calls that said something, in their order.
async fn said(world: &World) -> Vec<(String, String)> {
    let text = |call: &Value| {
        let text = call["params"]["text"].as_str()?.to_owned();
        Some((call["method"].as_str()?.to_owned(), text))
    };
    world.calls(0).await.iter().filter_map(text).collect()
}

#[tokio::test]
async fn the_answer_takes_the_place_of_what_was_shown() {
    let (world, _host) = bot().await;
    let owner = world.owner();
    owner.write("/stream 4 150").await;
    owner.reads("Really.").await;
    let texts: Vec<String> =
        owner.received().await.iter().map(|message| message.text().to_owned()).collect();
    assert_eq!(texts, ["The end.", "Really."], "what was shown is gone");

    let calls = said(&world).await;
    let (method, first) = &calls[0];
    assert_eq!((method.as_str(), first.as_str()), ("SendMessage", "<b>step 1</b> &lt;of&gt; 4"));
    let edits: Vec<&String> = calls
        .iter()
        .filter(|(method, _)| method == "EditMessageText")
        .map(|(_, text)| text)
        .collect();
    assert!(edits.len() >= 3, "{edits:?}");
    assert_eq!(edits.last().unwrap().as_str(), "The end.");
    assert!(edits.iter().any(|text| text.contains("step 3")), "{edits:?}");
}

#[tokio::test]
async fn an_error_a_stop_and_a_picture_end_it_as_well() {
    let (world, _host) = bot().await;
    let owner = world.owner();
    owner.write("/stream 2 100 fail").await;
    owner.reads("The stream broke.").await;
    assert_eq!(owner.received().await.len(), 1);

    owner.write("/stream 50 200").await;
    owner.reads("step 2").await;
    owner.write("/cancel").await;
    owner.reads("Stopped. Nothing was saved.").await;
    let texts: Vec<String> =
        owner.received().await.iter().map(|message| message.text().to_owned()).collect();
    assert!(!texts.iter().any(|text| text.contains("step")), "{texts:?}");

    // Only a /cancel that ends nothing says so.
    owner.say("/status").await;
    owner.say("/cancel").await;
    let texts = owner
        .received()
        .await
        .into_iter()
        .filter(|said| said.text().contains("Nothing is running"));
    assert_eq!(texts.count(), 1);

    // Without a text in the end, what was shown last stays.
    owner.write("/stream 2 60 photo").await;
    owner.reads("a picture").await;
    owner.reads("step 2").await;
}

#[tokio::test]
async fn more_than_telegram_takes_is_left_out() {
    let (world, _host) = bot().await;
    let owner = world.owner();
    // Two thousand texts at once: the last of them is what counts.
    owner.write("/stream 2000 0").await;
    owner.reads("Really.").await;
    let shown = said(&world).await;
    assert!(shown.len() < 400, "{} calls", shown.len());
}

#[tokio::test]
async fn what_telegram_refuses_does_no_harm() {
    let (world, _host) = bot().await;
    let owner = world.owner();
    world.fault("editMessageText", 400, "Bad Request: message can't be edited", 1).await;
    owner.write("/stream 3 100").await;
    owner.reads("Really.").await;
    assert_eq!(owner.received().await.len(), 2);
    let user = world.user();
    world.fault("sendMessage", 403, "Forbidden: try again", 1).await;
    user.write("/stream 3 100").await;
    user.reads("Really.").await;
    assert_eq!(user.received().await.len(), 2);
}
