//! What the bot learns about vendors, and unlearns.

use super::{balance_after, host};

#[test]
fn a_vendor_is_asked_for_once() {
    let mut host = host();
    assert_eq!(
        host.say("spent 12.50 at acme").unwrap().to_string(),
        "12.50 EUR, “acme”. What was it for?\n[food] [transport] [home]\n[health] [fun] [shopping]\n[Other…] [Cancel]"
    );
    host.press("Other…").unwrap();
    assert_eq!(
        host.say("groceries").unwrap().to_string(),
        "💸 Expense: 12.50 EUR · groceries\n📝 acme\n💡 “acme” is groceries from now on.\n\nBalance: -12.50 EUR\n[Undo] [Other category]"
    );
    // Another branch of it, in capitals.
    assert_eq!(
        host.say("Paid 7 at ACME-1234").unwrap().to_string(),
        "💸 Expense: 7.00 EUR · groceries\n📝 ACME-1234\n\nBalance: -19.50 EUR\n[Undo] [Other category]"
    );
    // Not for another user, and not as an income.
    assert!(host.user(222).say("spent 1 at acme").unwrap().text().contains("What was it for?"));
    host.user(111);
    assert!(host.say("got 5 from acme").unwrap().text().contains("What was it for?"));
    host.press("Cancel").unwrap();
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -19.50 EUR");
}

#[test]
fn a_well_known_shop_is_booked_at_once_and_can_be_taught() {
    let mut host = host();
    assert_eq!(
        host.say("spent 12.50 at coop").unwrap().to_string(),
        "💸 Expense: 12.50 EUR · groceries\n📝 coop\n\nBalance: -12.50 EUR\n[Undo] [Other category]"
    );
    host.press("Other category").unwrap();
    let corrected = host.press("food").unwrap().text();
    assert!(corrected.ends_with("Balance: -12.50 EUR"), "{corrected}");
    let next = host.say("spent 4 at coop").unwrap().text();
    assert!(next.starts_with("💸 Expense: 4.00 EUR · food\n"), "{next}");
    // An alias counts as well.
    host.command("/alias groceries household").unwrap();
    let other = host.say("spent 3 at migros").unwrap().text();
    assert!(other.starts_with("💸 Expense: 3.00 EUR · household\n"), "{other}");
}

#[test]
fn another_category_corrects_and_relearns() {
    let mut host = host();
    host.say("spent 12.50 at acme").unwrap();
    host.press("food").unwrap();
    host.say("spent 3 at acme").unwrap();
    assert_eq!(
        host.press("Other category").unwrap().to_string(),
        "(edited) ✏️ What was 3.00 EUR · food for? Choose, or type a category.\n[transport] [home] [health]\n[fun] [shopping]\n[Cancel]"
    );
    assert_eq!(
        host.press("shopping").unwrap().to_string(),
        "(edited) ✏️ Corrected: 3.00 EUR · food\n→ 3.00 EUR · shopping\n📝 acme\n\nBalance: -15.50 EUR\n[Undo] [Correct]"
    );
    assert!(host.redeliver().unwrap().text().ends_with("Balance: -15.50 EUR"), "once");
    let next = host.say("spent 4 at Acme").unwrap().text();
    assert!(next.starts_with("💸 Expense: 4.00 EUR · shopping\n"), "{next}");
    let report = host.command("/report").unwrap().text();
    assert!(report.contains("food 12.50") && report.contains("shopping 7.00"), "{report}");
}

#[test]
fn a_doubtful_amount_and_a_missing_category_are_both_asked_for() {
    let mut host = host();
    assert!(host.say("spent 1,000 at <nonna> & co").unwrap().text().contains("two ways"));
    let asked = host.press("1000.00").unwrap().text();
    assert_eq!(asked, "1000.00 EUR, “<nonna> & co”. What was it for?");
    let done = host.press("home").unwrap().text();
    assert_eq!(
        done,
        "💸 Expense: 1000.00 EUR · home\n📝 <nonna> & co\n💡 “nonna & co” is home from now on.\n\nBalance: -1000.00 EUR"
    );
}

#[test]
fn a_word_that_may_be_the_category_is_offered_first() {
    let mut host = host();
    let asked = host.say("spent 20 on pottery").unwrap();
    assert_eq!(asked.replies[0].buttons[0][0], "pottery");
    host.press("pottery").unwrap();
    // From now on it is one of the user's own.
    assert_eq!(
        host.say("spent 5 on pottery").unwrap().text(),
        "💸 Expense: 5.00 EUR · pottery\n\nBalance: -25.00 EUR"
    );
    let bad = umbrasil_sdk::testing::error(host.say("spent 0 on pottery"));
    assert_eq!(bad.text(), "The amount must be more than 0.00 EUR.");
    let bad = umbrasil_sdk::testing::error(host.say("spent 5.1234 on pottery"));
    assert_eq!(bad.text(), "EUR has 2 decimals, not 4.");
}
