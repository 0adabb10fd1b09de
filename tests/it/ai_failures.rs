//! The AI when its providers fail: each failure, with another provider and without.

use umbrasil_tests::World;
use umbrasil_tests::llm::{Llm, Say};

use crate::ai::{ask, start, text};

/// Failures before the first word, and what people read of each.
fn failures() -> Vec<(Say, &'static str)> {
    vec![
        (Say::Status(429, "retry-after: 60\r\n"), "too many requests, or no credit left (429)"),
        (Say::Status(500, ""), "a fault at the provider (500)"),
        (Say::Status(401, ""), "the key was refused (401)"),
        (Say::Cut(""), "the answer broke off"),
        (Say::BadJson, "the answer was unreadable"),
    ]
}

#[tokio::test]
async fn another_provider_answers() {
    let world = World::new().await;
    let (openai, claude) = (Llm::new([text("")]).await, Llm::new([text("Claude here.")]).await);
    let _host = start(&world, &[openai.openai(), claude.claude()].concat()).await;
    // Each failure for somebody else: who fails three times is left alone.
    for (number, (failure, why)) in (1000..).zip(failures()) {
        openai.say([failure]);
        let answer = ask(&world.person(number), "/ai hello").await;
        assert_eq!(answer, format!("Claude here.\n\n↪️ Claude answered. OpenAI: {why}."));
    }
    openai.say([text("OpenAI here.")]);
    claude.say([Say::Status(529, "")]);
    let person = world.person(1010);
    person.say("/model claude").await;
    let answer = ask(&person, "/ai hello").await;
    assert_eq!(answer, "OpenAI here.\n\n↪️ OpenAI answered. Claude: overloaded (529).");
}

#[tokio::test]
async fn without_another_one_people_learn_why_and_can_ask_again() {
    let world = World::new().await;
    let openai = Llm::new([text("")]).await;
    let _host = start(&world, &openai.openai()).await;
    for (number, (failure, why)) in (1000..).zip(failures()) {
        openai.say([failure]);
        let person = world.person(number);
        let answer = ask(&person, "/ai hello").await;
        assert_eq!(answer, format!("⚠️ AI services temporarily unavailable\nOpenAI: {why}"));
        openai.say([text("Well again.")]);
        person.press("🔄 Retry").await;
        person.reads("Well again.").await;
    }
}

#[tokio::test]
async fn half_an_answer_is_kept() {
    let world = World::new().await;
    let (openai, claude) =
        (Llm::new([Say::Cut("Boil them for **seven")]).await, Llm::new([text("Claude.")]).await);
    let _host = start(&world, &[openai.openai(), claude.claude()].concat()).await;
    let owner = world.owner();
    owner.write("/ai eggs?").await;
    let half = owner.reads("(cut off)").await;
    assert_eq!(half.text(), "Boil them for **seven\n\n⚠️ (cut off) OpenAI: the answer broke off.");
    assert!(claude.asked().is_empty(), "nobody starts anew behind the reader's back");
    openai.say([text("Seven minutes.")]);
    owner.press("🔄 Retry").await;
    owner.reads("Seven minutes.").await;
}

#[tokio::test]
async fn a_short_pause_is_waited_for_and_three_failures_are_enough() {
    let world = World::new().await;
    let openai = Llm::new([Say::Status(429, "retry-after: 1\r\n"), text("Thanks.")]).await;
    let claude = Llm::new([text("Claude here.")]).await;
    let _host = start(&world, &[openai.openai(), claude.claude()].concat()).await;
    let owner = world.owner();
    assert_eq!(ask(&owner, "/ai hello").await, "Thanks.");
    openai.say([Say::Status(503, "")]);
    for _ in 0..3 {
        ask(&owner, "/ai hello").await;
    }
    let asked = openai.asked().len();
    let answer = ask(&owner, "/ai hello").await;
    assert!(answer.contains("OpenAI: failed again and again; tried again in"), "{answer}");
    assert_eq!(openai.asked().len(), asked);
}

#[tokio::test]
async fn silence_is_not_waited_for_endlessly() {
    let world = World::new().await;
    let (openai, claude) = (Llm::new([Say::Silence]).await, Llm::new([text("Claude.")]).await);
    let _host = start(&world, &[openai.openai(), claude.claude()].concat()).await;
    let owner = world.owner();
    owner.write("/ai hello").await;
    let answer = umbrasil_tests::eventually(60, "an answer", async || {
        owner
            .received()
            .await
            .into_iter()
            .find(|message| message.text().contains("no answer in time"))
    })
    .await;
    assert_eq!(answer.text(), "Claude.\n\n↪️ Claude answered. OpenAI: no answer in time.");
}
