//! Entries in one line, by command and as text.

use super::{balance_after, host, refused, shown};
use umbrasil_sdk::testing::Host;

const USAGE: &str = "Usage: /expense AMOUNT CATEGORY [NOTE]\nExample: /expense 12.50 food coffee";

#[test]
fn an_expense_is_confirmed_with_the_balance_last() {
    let mut host = host();
    assert_eq!(
        shown(&mut host, "/expense 12.50 food coffee"),
        "💸 Expense: 12.50 EUR · food\n📝 coffee\n\nBalance: -12.50 EUR\n[Undo] [Correct]"
    );
    assert_eq!(
        shown(&mut host, "/income 2500 salary June"),
        "💰 Income: 2500.00 EUR · salary\n📝 June\n\nBalance: 2487.50 EUR\n[Undo] [Correct]"
    );
    assert_eq!(
        shown(&mut host, "/expense 7,05 Food"),
        "💸 Expense: 7.05 EUR · food\n\nBalance: 2480.45 EUR\n[Undo] [Correct]"
    );
}

#[test]
fn an_entry_costs_five_calls_however_long_the_ledger_is() {
    let mut host = host();
    for _ in 0..50 {
        // The currency, head and month at once; then entry, month and head.
        assert_eq!(host.command("/expense 12.50 food coffee").unwrap().calls, 5);
    }
    // And here: what was booked meanwhile, the currency, head and month.
    assert_eq!(host.command("/balance").unwrap().calls, 3);
}

#[test]
fn the_text_forms_do_the_same() {
    let mut host = host();
    for (text, shown) in [
        ("expense: 25.50 food Pizza for lunch", "💸 Expense: 25.50 EUR · food\n📝 Pizza for lunch"),
        (
            "income: 2500 salary Monthly payment",
            "💰 Income: 2500.00 EUR · salary\n📝 Monthly payment",
        ),
        ("  EXPENSE :  3 tea", "💸 Expense: 3.00 EUR · tea"),
        ("Income:1 gift\nfrom\nAda", "💰 Income: 1.00 EUR · gift\n📝 from Ada"),
    ] {
        let said = host.say(text).unwrap().to_string();
        assert!(said.starts_with(shown), "{text}: {said}");
    }
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: 2472.50 EUR");
    for text in ["expenses: 5 food", "my expense: 5 food", "expense 5 food", "hello"] {
        assert!(!host.hears(text), "{text}");
    }
    let error = umbrasil_sdk::testing::error(host.say("expense: food 12"));
    assert_eq!(
        error.text(),
        "“food” is not an amount.\nUsage: expense: AMOUNT CATEGORY [NOTE]\nExample: expense: 25.50 food Pizza for \
         lunch"
    );
    assert!(
        umbrasil_sdk::testing::error(host.say("income:"))
            .text()
            .starts_with("The amount is missing.")
    );
}

#[test]
fn what_is_wrong_is_said_and_changes_nothing() {
    let mut host = host();
    assert_eq!(refused(&mut host, "/expense"), USAGE);
    assert_eq!(refused(&mut host, "/expense 12.50"), USAGE);
    for (command, reason) in [
        ("/expense food 12.50", "“food” is not an amount."),
        ("/expense 1e5 food", "“1e5” is not an amount."),
        ("/expense 0 food", "The amount must be more than 0.00 EUR."),
        ("/expense 12.50 EUR", "The category is missing."),
        ("/expense 12.50 USD", "The category is missing."),
        ("/expense 12 kr food", "“kr” can be SEK, NOK, DKK, ISK: please write the code."),
        ("/expense 12.3456 food", "EUR has 2 decimals, not 4."),
        ("/expense 9999999999999 food", "An amount has at most 12 digits."),
        ("/expense 12.50 a\u{202e}b", "A category has no invisible characters."),
        (&format!("/expense 12.50 {}", "x".repeat(33)), "A category has at most 32 characters."),
        (
            &format!("/expense 12.50 food {}", "x".repeat(4_000)),
            "A note has at most 200 characters; this one has 4000.",
        ),
    ] {
        assert_eq!(refused(&mut host, command), format!("{reason}\n{USAGE}"), "{command}");
    }
    assert_eq!(host.keys().count(), 0);
}

#[test]
fn the_currency_is_the_deployments() {
    let with = |code: &str| Host::new(umbrasil_finance::module()).config("DEFAULT_CURRENCY", code);
    assert_eq!(balance_after(&mut with("JPY"), "/expense 1,250 food"), "Balance: -1250 JPY");
    assert_eq!(balance_after(&mut with("kwd"), "/expense 0.125 food"), "Balance: -0.125 KWD");
    assert_eq!(balance_after(&mut with("USD"), "/expense $5 food"), "Balance: -5.00 USD");
    assert_eq!(balance_after(&mut with(""), "/expense 5 food"), "Balance: -5.00 EUR");
    assert!(refused(&mut with("EURO"), "/balance").starts_with("DEFAULT_CURRENCY must be"));
}

#[test]
fn one_event_is_one_entry() {
    let mut host = host();
    host.command("/expense 12.50 food coffee").unwrap();
    let before: Vec<String> = host.keys().map(str::to_owned).collect();
    let again = host.redeliver().unwrap();
    assert_eq!(again.text(), "💸 Expense: 12.50 EUR · food\n📝 coffee\n\nBalance: -12.50 EUR");
    assert_eq!(host.keys().collect::<Vec<_>>(), before);
    // The same words again are another event.
    assert_eq!(balance_after(&mut host, "/expense 12.50 food coffee"), "Balance: -25.00 EUR");
    assert_eq!(balance_after(&mut host, "/undo"), "Balance: -12.50 EUR");
    assert!(host.redeliver().unwrap().text().ends_with("Balance: -12.50 EUR"), "undone once");
}

#[test]
fn two_users_never_mix() {
    let mut host = host();
    host.user(1).command("/expense 10 food").unwrap();
    host.user(11).command("/income 3 gift").unwrap();
    host.user(111).command("/expense 1 tea").unwrap();
    for (user, balance) in [(1, "-10.00"), (11, "3.00"), (111, "-1.00"), (1_111, "0.00")] {
        host.user(user);
        assert_eq!(balance_after(&mut host, "/balance"), format!("Balance: {balance} EUR"));
    }
    host.user(1);
    let report = shown(&mut host, "/report");
    assert!(
        report.contains("food") && !report.contains("tea") && !report.contains("gift"),
        "{report}"
    );
}
