//! The AI, end to end: questions, what is shown meanwhile, what is remembered, what it costs.

use serde_json::Value;
use umbrasil_tests::llm::{Llm, OPENAI_KEY, Say};
use umbrasil_tests::{Host, Person, World, eventually, leaks_below};

/// The beginning of a picture of 640 by 480 pixels.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0";

/// Starts a host with the AI and more settings.
pub(crate) async fn start(world: &World, settings: &[(&str, String)]) -> Host {
    let more: Vec<(&str, &str)> =
        settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    world.start(&[&[("ENABLE_AI", "true")], more.as_slice()].concat()).await
}

pub(crate) fn text(text: &str) -> Say {
    Say::Text(text.to_owned(), 0)
}

/// Writes, and waits for the whole answer: what is shown before ends with a mark.
pub(crate) async fn ask(person: &Person<'_>, question: &str) -> String {
    let before = person.received().await.len();
    person.write(question).await;
    eventually(60, "the whole answer", async || {
        let last = person.received().await.into_iter().skip(before).last()?;
        let is_whole = !last.text().ends_with('▍') && !last.text().ends_with('…');
        is_whole.then(|| last.text().to_owned())
    })
    .await
}

/// The texts of the bot's messages.
async fn texts(person: &Person<'_>) -> Vec<String> {
    person.received().await.iter().map(|message| message.text().to_owned()).collect()
}

#[tokio::test]
async fn an_answer_is_shown_as_it_arrives_and_is_one_message_at_the_end() {
    let world = World::new().await;
    let long = "Boil **seven** minutes, then `cold` water at once, & serve <warm>. ".repeat(6);
    let llm = Llm::new([Say::Text(long, 120)]).await;
    let host = start(&world, &llm.openai()).await;
    let owner = world.owner();
    owner.write("/ai how long do eggs boil?").await;
    owner.reads(" ▍").await;
    let whole = eventually(60, "the whole answer", async || {
        let last = owner.received().await.pop()?;
        (last.button("💬 Go on").is_some()).then_some(last)
    })
    .await;
    assert!(
        whole.text().starts_with("Boil seven minutes, then cold water at once, & serve <warm>.")
    );
    assert_eq!(owner.received().await.len(), 1);
    let calls = world.calls(0).await;
    let edits = calls.iter().filter(|call| call["method"] == "EditMessageText").count();
    assert!(edits >= 2, "{edits} edits");
    let html = calls.iter().rev().find_map(|call| call["params"]["text"].as_str()).unwrap();
    assert!(html.starts_with("Boil <b>seven</b> minutes, then <code>cold</code>"), "{html}");
    assert!(host.stop().await.success());
    assert_eq!(leaks_below(world.path(), OPENAI_KEY), [""; 0], "the key is nowhere");
}

#[tokio::test]
async fn a_conversation_is_remembered_continued_and_cleared() {
    let world = World::new().await;
    let llm = Llm::new([text("Hello Ada."), text("You are Ada."), text("No idea.")]).await;
    let _host = start(&world, &llm.openai()).await;
    let owner = world.owner();
    owner.say("/menu").await;
    assert!(owner.press("🤖 AI").await.text().contains("OpenAI · gpt-5.4-mini"));
    assert!(owner.press("💬 Ask").await.text().contains("What would you like to know?"));
    assert_eq!(ask(&owner, "I am Ada").await, "Hello Ada.");
    assert_eq!(ask(&owner, "who am I?").await, "You are Ada.");
    let said: Vec<Value> = llm.asked()[1]["messages"].as_array().unwrap()[1..].to_vec();
    let said: Vec<&str> = said.iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!(said, ["I am Ada", "Hello Ada.", "who am I?"]);
    owner.press("⏹ End").await;
    assert!(owner.say("who am I?").await.text().starts_with("I don't know what to do with that."));
    assert_eq!(owner.say("/clear").await.text(), "🧹 The conversation is forgotten.");
    assert_eq!(ask(&owner, "ai: who am I?").await, "No idea.");
    assert_eq!(llm.asked()[2]["messages"].as_array().unwrap().len(), 2);
    let usage = owner.say("/usage").await;
    // Three times 1,000 tokens in and 100 out: 3 × (750 + 450) micro-dollars.
    assert!(
        usage.text().contains("gpt-5.4-mini              $0.0036\n  3× 3.0k in, 300 out"),
        "{usage}"
    );
    assert!(owner.press("👥 Everybody").await.text().contains("Olivia (111)"));
}

#[tokio::test]
async fn the_model_is_switched_and_pictures_and_voices_are_understood() {
    let world = World::new().await;
    let openai = Llm::new([Say::Heard("What <animal> is that?"), text("A cat, I hear.")]).await;
    let claude = Llm::new([text("A dog, I see.")]).await;
    let [(base, url), key] = claude.claude();
    // With the version at its end, as people write it.
    let settings = [openai.openai(), [(base, format!("{url}/v1")), key]].concat();
    let _host = start(&world, &settings).await;
    let user = world.user();
    user.upload("voice", "v.oga", b"OggS", "").await;
    user.reads("🎙 What <animal> is that?\n\nA cat, I hear.").await;
    assert!(openai.asked()[0].as_str().unwrap().contains("whisper-1"));
    assert!(user.say("/model claude").await.text().starts_with("🧠 Claude · claude-sonnet-5-5"));
    // Finance takes photos, too: those with a question are for the AI.
    user.upload("photo", "a.png", PNG, "what animal?").await;
    user.reads("A dog, I see.").await;
    let asked = claude.asked()[0]["messages"][2]["content"].clone();
    assert_eq!(asked[0]["source"]["media_type"], "image/png");
    assert_eq!(asked[1]["text"], "what animal?");
    // As a file it is nothing for the AI; nor a receipt for finance, as it is not for that.
    user.upload("document", "a.png", PNG, "ai: what animal?").await;
    user.reads("AI takes no document. A picture can be sent as a photo instead.").await;
}

#[tokio::test]
async fn a_conversation_goes_on_after_a_picture_and_after_a_command() {
    let world = World::new().await;
    let llm = Llm::new([text("A cat."), text("Yes."), text("Really."), text("So it is.")]).await;
    let _host = start(&world, &llm.openai()).await;
    let owner = world.owner();
    owner.say("/menu").await;
    owner.press("🤖 AI").await;
    owner.press("💬 Ask").await;
    owner.upload("photo", "a.png", PNG, "what animal?").await;
    owner.reads("A cat.").await;
    assert_eq!(ask(&owner, "is it?").await, "Yes.");
    owner.say("/balance").await;
    assert_eq!(ask(&owner, "/ai really?").await, "Really.");
    assert_eq!(ask(&owner, "is it so?").await, "So it is.");
    assert_eq!(llm.asked()[3]["messages"].as_array().unwrap().len(), 8);
}

#[tokio::test]
async fn a_key_is_set_in_the_chat_and_counts_at_once() {
    let world = World::new().await;
    let llm = Llm::new([text("Here I am.")]).await;
    let [base, _] = llm.claude();
    let settings = [base, ("SECRET_KEY", "0123456789abcdef0123456789abcdef".to_owned())];
    let _host = start(&world, &settings).await;
    let owner = world.owner();
    assert!(owner.say("/ai hello").await.text().starts_with("No AI provider is set up."));
    let key = umbrasil_tests::llm::CLAUDE_KEY;
    owner.write(&format!("/secret set CLAUDE_API_KEY {key}")).await;
    owner.reads("CLAUDE_API_KEY").await;
    owner.write("/ai hello").await;
    owner.reads("Here I am.").await;
}

#[tokio::test]
async fn a_budget_ends_the_day() {
    let world = World::new().await;
    let llm = Llm::new([text("Yes.")]).await;
    let budget = [("AI_DAILY_BUDGET", "0.002".to_owned())];
    let _host = start(&world, &[llm.openai().as_slice(), budget.as_slice()].concat()).await;
    let user = world.user();
    for _ in 0..2 {
        assert_eq!(ask(&user, "/ai x").await, "Yes.");
    }
    let refused = user.say("/ai x").await;
    assert!(
        refused.text().starts_with("💸 Today's AI budget of $0.0020 is used up ($0.0024 spent)."),
        "{refused}"
    );
    assert_eq!(llm.asked().len(), 2);
    assert_eq!(ask(&world.owner(), "/ai x").await, "Yes.", "each user has their own");
    assert_eq!(texts(&user).await.len(), 3);
}
