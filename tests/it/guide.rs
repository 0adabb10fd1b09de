//! An entry step by step, by buttons.

use insta::assert_snapshot;
use umbrasil_tests::{Person, World};

/// Opens finance's own menu.
async fn finance(person: Person<'_>) {
    person.say("/menu").await;
    person.press("💰 Finance").await;
}

#[tokio::test]
async fn an_expense_with_buttons_only_but_the_amount() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    finance(owner).await;
    assert_snapshot!(owner.press("Add Expense").await, @"
    💸 How much did you spend? Type the amount, such as 12.50.
    [Cancel]
    ");
    assert_eq!(owner.received().await.len(), 1, "all in one message so far");
    assert_snapshot!(owner.say("12,50").await, @"
    12.50 EUR. What was it for?
    [food] [transport] [home]
    [health] [fun] [shopping]
    [Other…] [Cancel]
    ");
    assert_eq!(owner.received().await.len(), 2, "the answer to a text comes below it");
    assert_snapshot!(owner.press("food").await, @"
    12.50 EUR · food. Type a note, or skip it.
    [Skip] [Cancel]
    ");
    assert_snapshot!(owner.press("Skip").await, @"
    💸 Expense: 12.50 EUR · food

    Balance: -12.50 EUR
    [Undo] [Correct]
    ");
    assert_eq!(owner.received().await.len(), 2, "buttons change their own message");
    // Nothing is asked any more.
    let after = owner.say("hello").await;
    assert!(after.text().starts_with("I don't know what to do with that."), "{after}");
}

#[tokio::test]
async fn an_income_with_an_own_category_and_a_note() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    finance(owner).await;
    assert_snapshot!(owner.press("Add Income").await, @"
    💰 How much did you receive? Type the amount, such as 2500.
    [Cancel]
    ");
    assert_snapshot!(owner.say("2500").await, @"
    2500.00 EUR. What was it for?
    [salary] [freelance] [gift]
    [refund] [interest] [sale]
    [Other…] [Cancel]
    ");
    assert_snapshot!(owner.press("Other…").await, @"
    Type the category: one word, such as food.
    [Cancel]
    ");
    assert_snapshot!(owner.say("two words").await, @"
    A category is one word.
    2500.00 EUR. What was it for?
    [salary] [freelance] [gift]
    [refund] [interest] [sale]
    [Other…] [Cancel]
    ");
    assert_snapshot!(owner.say("Pension").await, @"
    2500.00 EUR · pension. Type a note, or skip it.
    [Skip] [Cancel]
    ");
    assert_snapshot!(owner.say("for <June> & July").await, @"
    💰 Income: 2500.00 EUR · pension
    📝 for <June> & July

    Balance: 2500.00 EUR
    [Undo] [Correct]
    ");
    // The own category is offered the next time.
    owner.say("/menu").await;
    owner.press("💰 Finance").await;
    owner.press("Add Income").await;
    assert_snapshot!(owner.say("1").await, @"
    1.00 EUR. What was it for?
    [pension] [salary] [freelance]
    [gift] [refund] [interest]
    [Other…] [Cancel]
    ");
}

#[tokio::test]
async fn all_in_one_answer() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    finance(owner).await;
    owner.press("Add Expense").await;
    assert_snapshot!(owner.say("much").await, @"
    “much” is not an amount.
    💸 How much did you spend? Type the amount, such as 12.50.
    [Cancel]
    ");
    assert_snapshot!(owner.say("8.40 food sandwich").await, @"
    💸 Expense: 8.40 EUR · food
    📝 sandwich

    Balance: -8.40 EUR
    [Undo] [Correct]
    ");
}

#[tokio::test]
async fn a_cancel_in_the_middle_saves_nothing() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    finance(owner).await;
    owner.press("Add Expense").await;
    owner.say("12.50").await;
    let question = owner.press("food").await;
    assert_snapshot!(owner.press("Cancel").await, @"
    Cancelled. Nothing was saved.
    [Finance]
    ");
    // The buttons of the question that is gone do nothing.
    let skip = question.button("Skip").unwrap();
    let before = owner.received().await;
    owner.press_raw("424242", question.id(), &skip).await;
    let notices = world.notices(5).await;
    assert_eq!(notices[4], "This question is no longer open.", "{notices:?}");
    assert_eq!(owner.received().await, before);
    assert!(owner.say("/balance").await.text().ends_with("Balance: 0.00 EUR"));
}

#[tokio::test]
async fn the_cancel_command_ends_a_question() {
    let world = World::new().await;
    let _host = world.start(&[]).await;
    let owner = world.owner();
    finance(owner).await;
    owner.press("Add Expense").await;
    assert_snapshot!(owner.say("/cancel").await, @"Cancelled.");
    let after = owner.say("12.50").await;
    assert!(after.text().starts_with("I don't know what to do with that."), "{after}");
    assert!(owner.say("/balance").await.text().ends_with("Balance: 0.00 EUR"));
}

#[tokio::test]
async fn a_question_survives_a_restart() {
    let world = World::new().await;
    let host = world.start(&[]).await;
    let owner = world.owner();
    finance(owner).await;
    owner.press("Add Expense").await;
    owner.say("3").await;
    host.kill().await;
    let _host = world.start(&[]).await;
    owner.press("food").await;
    let done = owner.press("Skip").await;
    assert!(done.text().ends_with("Balance: -3.00 EUR"), "{done}");
}
