//! Amounts that can be read in two ways are asked back, and nothing is saved before the answer.

use super::{balance_after, host, shown};

#[test]
fn a_thousand_or_a_one() {
    let mut host = host();
    assert_eq!(
        shown(&mut host, "/expense 1,000 rent flat & garage"),
        "This can be read in two ways. How much do you mean? Nothing is saved yet.\n[1000.00] [1.00]\n[Cancel]"
    );
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: 0.00 EUR");
    assert_eq!(
        host.press("1.00").unwrap().to_string(),
        "(edited) 💸 Expense: 1.00 EUR · rent\n📝 flat & garage\n\nBalance: -1.00 EUR\n[Undo] [Correct]"
    );
    host.say("expense: 1.000 rent").unwrap();
    assert!(host.press("1000.00").unwrap().text().ends_with("Balance: -1001.00 EUR"));
}

#[test]
fn one_countrys_habit_is_confirmed() {
    let mut host = host();
    for command in ["/income 1,000.50 salary", "/income 1.000,50 salary"] {
        assert_eq!(
            shown(&mut host, command),
            "Did you mean 1000.50 EUR? Nothing is saved yet.\n[Yes, 1000.50] [Cancel]"
        );
    }
    assert!(host.press("Yes, 1000.50").unwrap().text().ends_with("Balance: 1000.50 EUR"));
    // The first question is still on the screen; its draft is gone.
    let stale = host.press_in(0, "Yes, 1000.50").unwrap();
    assert_eq!(stale.to_string(), "(This question is no longer open.)");
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: 1000.50 EUR");
}

#[test]
fn a_question_can_be_cancelled() {
    let mut host = host();
    host.command("/expense 1,000 rent").unwrap();
    assert_eq!(
        host.press("Cancel").unwrap().to_string(),
        "(edited) Cancelled. Nothing was saved.\n[Finance]"
    );
    assert_eq!(host.keys().count(), 0);
}

#[test]
fn a_double_tap_books_once() {
    let mut host = host();
    host.command("/expense 1,000 rent").unwrap();
    host.press("1000.00").unwrap();
    let id = host.screen().len();
    assert_eq!(id, 1);
    let redelivered = host.redeliver().unwrap();
    assert!(redelivered.replies.is_empty(), "{redelivered}");
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -1000.00 EUR");
}

#[test]
fn nobody_answers_for_somebody_else() {
    let mut host = host();
    host.command("/expense 1,000 rent").unwrap();
    // A group shows the button to everybody: this is what reaches the module when 222 presses it.
    let draft = String::from_utf8(host.stored("111/draft").unwrap().to_vec()).unwrap();
    let id = draft.split('\t').nth(1).unwrap().to_owned();
    let stranger = host.user(222).action("amount", &[&id, "0"]).unwrap();
    assert!(stranger.replies.is_empty());
    for user in [111, 222] {
        host.user(user);
        assert_eq!(balance_after(&mut host, "/balance"), "Balance: 0.00 EUR");
    }
}

#[test]
fn a_thousand_with_a_blank() {
    let mut host = host();
    let asked = "Did you mean 1000.00 EUR? Nothing is saved yet.\n[Yes, 1000.00] [Cancel]";
    assert_eq!(shown(&mut host, "/expense 1 000 food"), asked);
    assert_eq!(
        host.press("Yes, 1000.00").unwrap().text(),
        "💸 Expense: 1000.00 EUR · food\n\nBalance: -1000.00 EUR"
    );
    let said = host.say("expense: 2 500,00 rent").unwrap().text();
    assert_eq!(said, "Did you mean 2500.00 EUR? Nothing is saved yet.");
    assert!(shown(&mut host, "/income 12 000 salary").starts_with("Did you mean 12000.00 EUR?"));
    let two_ways = "That can be read in two ways: please write it without separators";
    let recurring = super::refused(&mut host, "/recurring add monthly 20 expense 1 200 rent");
    assert!(recurring.starts_with(two_ways), "{recurring}");
    shown(&mut host, "/expense 3 food");
    host.press("Correct").unwrap();
    host.press("Amount").unwrap();
    assert!(host.say("3 000").unwrap().text().starts_with(two_ways));
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -1003.00 EUR");
}

#[test]
fn without_the_colon_where_the_amount_is_sure() {
    let mut host = host();
    let said = host.say("Expense 25.50 food, Pizza").unwrap().text();
    assert_eq!(said, "💸 Expense: 25.50 EUR · food\n📝 Pizza\n\nBalance: -25.50 EUR");
    for other in ["income 2026 report", "expense 5 food", "expense 25.50?", "Expense 2.50 food?"] {
        assert!(!host.hears(other), "{other}");
    }
    assert_eq!(shown(&mut host, "/search 25,50").lines().count(), 4);
    let all = shown(&mut host, "/report all");
    assert!(all.starts_with("📊 November 2026\n"), "{all}");
}
