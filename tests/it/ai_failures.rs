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
async fn what_was_confirmed_is_not_done_again_when_the_answer_fails() {
    let world = World::new().await;
    let expense = "{\"amount\": \"5\", \"category\": \"food\"}";
    let llm = Llm::new([
        Say::Calls(vec![("finance__expense", expense)]),
        Say::Status(500, ""),
        text("It is booked."),
        text(""),
    ])
    .await;
    let _host = start(&world, &llm.openai()).await;
    let owner = world.owner();
    owner.write("/ai book lunch").await;
    let asked = owner.reads("/expense 5 food (of finance)").await;
    owner.press_raw("a", asked.id(), &asked.button("✅ Confirm").unwrap()).await;
    let failed = owner.reads("AI services temporarily unavailable").await;
    assert!(failed.text().contains("5.00"), "what was done is told: {failed}");
    owner.press("▶️ Go on").await;
    owner.reads("It is booked.").await;
    // A model that says nothing after it was done.
    llm.say([Say::Calls(vec![("finance__expense", expense)]), text("")]);
    owner.write("/ai once more").await;
    let asked = umbrasil_tests::eventually(30, "a question", async || {
        let last = owner.received().await.pop()?;
        last.button("✅ Confirm").is_some().then_some(last)
    })
    .await;
    owner.press_raw("b", asked.id(), &asked.button("✅ Confirm").unwrap()).await;
    umbrasil_tests::eventually(30, "the answer", async || {
        let last = owner.received().await.pop()?;
        (last.text().starts_with("🔧 finance /expense") && last.button("💬 Go on").is_some())
            .then_some(last)
    })
    .await;
    assert!(owner.say("/balance").await.text().ends_with("Balance: -10.00 EUR"));
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
