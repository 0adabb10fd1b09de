//! The menu, and an entry step by step.

use super::{balance_after, host, shown};
use umbrasil_sdk::testing::Host;

fn home(host: &mut Host) -> String {
    host.action("home", &[]).unwrap().to_string()
}

#[test]
fn an_expense_step_by_step() {
    let mut host = host();
    assert_eq!(
        home(&mut host),
        "💰 Finance\n\nBalance: 0.00 EUR\n[Add Expense] [Add Income]\n[Balance] [Report]\n[Entries] [Budgets]\n[Categories] [Rates]\n[Recurring] [Export]"
    );
    assert_eq!(
        host.press("Add Expense").unwrap().to_string(),
        "(edited) 💸 How much did you spend? Type the amount, such as 12.50.\n[Cancel]"
    );
    assert_eq!(
        host.say("12.50").unwrap().to_string(),
        "12.50 EUR. What was it for?\n[food] [transport] [home]\n[health] [fun] [shopping]\n[Other…] [Cancel]"
    );
    assert_eq!(
        host.press("food").unwrap().to_string(),
        "(edited) 12.50 EUR · food. Type a note, or skip it.\n[Skip] [Cancel]"
    );
    assert_eq!(
        host.say("coffee & <cake>").unwrap().to_string(),
        "💸 Expense: 12.50 EUR · food\n📝 coffee & <cake>\n\nBalance: -12.50 EUR\n[Undo] [Correct]"
    );
    assert!(!host.hears("something else"), "nothing is asked any more");
    assert_eq!(host.stored("111/draft"), None);
}

#[test]
fn an_income_with_another_category_and_no_note() {
    let mut host = host();
    home(&mut host);
    host.press("Add Income").unwrap();
    host.say("2500").unwrap();
    assert_eq!(
        host.press("Other…").unwrap().to_string(),
        "(edited) Type the category: one word, such as food.\n[Cancel]"
    );
    host.say("Lottery").unwrap();
    assert_eq!(
        host.press("Skip").unwrap().to_string(),
        "(edited) 💰 Income: 2500.00 EUR · lottery\n\nBalance: 2500.00 EUR\n[Undo] [Correct]"
    );
}

#[test]
fn nonsense_is_asked_again_with_the_reason() {
    let mut host = host();
    home(&mut host);
    host.press("Add Expense").unwrap();
    assert_eq!(
        host.say("a lot").unwrap().to_string(),
        "“a” is not an amount.\n💸 How much did you spend? Type the amount, such as 12.50.\n[Cancel]"
    );
    assert_eq!(
        host.say("1,000").unwrap().to_string(),
        "This can be read in two ways. How much do you mean? Nothing is saved yet.\n[1000.00] [1.00]\n[Cancel]"
    );
    host.press("1.00").unwrap();
    let again = host.say("two words").unwrap().to_string();
    assert!(
        again.starts_with("A category is one word.\n1.00 EUR. What was it for?\n[food]"),
        "{again}"
    );
    host.say("tea").unwrap();
    let again = host.say(&"x".repeat(201)).unwrap().to_string();
    assert!(
        again.starts_with("A note has at most 200 characters; this one has 201.\n1.00 EUR · tea."),
        "{again}"
    );
    host.say("green").unwrap();
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -1.00 EUR");
}

#[test]
fn everything_can_be_typed_at_once() {
    let mut host = host();
    home(&mut host);
    host.press("Add Expense").unwrap();
    assert_eq!(
        host.say("12.50 food coffee to go").unwrap().to_string(),
        "💸 Expense: 12.50 EUR · food\n📝 coffee to go\n\nBalance: -12.50 EUR\n[Undo] [Correct]"
    );
}

#[test]
fn each_step_can_be_cancelled_and_left() {
    for steps in 0..3 {
        let mut host = host();
        home(&mut host);
        host.press("Add Expense").unwrap();
        for text in ["12.50", "food"].iter().take(steps) {
            host.say(text).unwrap();
        }
        assert_eq!(
            host.press("Cancel").unwrap().to_string(),
            "(edited) Cancelled. Nothing was saved.\n[Finance]"
        );
        assert_eq!(host.keys().count(), 0, "after {steps} steps");
    }
    // Who does something else leaves the question; the buttons of the new one work, the old ones don't.
    let mut host = host();
    home(&mut host);
    host.press("Add Expense").unwrap();
    host.say("12.50").unwrap();
    home(&mut host);
    host.press("Add Income").unwrap();
    assert_eq!(host.press("food").unwrap().to_string(), "(This question is no longer open.)");
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: 0.00 EUR");
}

#[test]
fn a_second_tap_does_nothing() {
    let mut host = host();
    home(&mut host);
    host.press("Add Expense").unwrap();
    host.say("12.50 food").unwrap();
    host.press("Skip").unwrap();
    assert_eq!(host.redeliver().unwrap().to_string(), "(This question is no longer open.)");
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -12.50 EUR");
}

#[test]
fn the_most_used_categories_come_first() {
    let mut host = host();
    for command in ["/expense 1 books", "/expense 1 tea", "/expense 1 tea", "/income 1 sale"] {
        shown(&mut host, command);
    }
    host.wait(86_400 * 20); // The next month still knows.
    home(&mut host);
    host.press("Add Expense").unwrap();
    let offered = host.say("5").unwrap();
    assert_eq!(
        offered.replies[0].buttons,
        [
            vec!["tea", "books", "food"],
            vec!["transport", "home", "health"],
            vec!["Other…", "Cancel"]
        ]
    );
}
