//! Receipts: from the photo to the entry.

use super::{balance_after, host};
use umbrasil_sdk::Media;
use umbrasil_sdk::testing::{self, Host};

const COOP: &str = "COOP\nBasel\nBrot 4.20\nTotal EUR 23.40\nVISA 23.40\n22.11.2026";

fn photo(host: &mut Host) -> String {
    host.file(Media::Photo, "", "").unwrap().to_string()
}

#[test]
fn nothing_is_booked_before_the_tap_and_then_once() {
    let mut host = host().ocr(COOP);
    assert_eq!(
        photo(&mut host),
        "🧾 Coop · 23.40 EUR · groceries?\nNothing is saved yet.\n[Save] [Cancel]\n[Category…] [Amount…]"
    );
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: 0.00 EUR");
    assert_eq!(
        host.press("Save").unwrap().to_string(),
        "(edited) 💸 Expense: 23.40 EUR · groceries\n📝 Coop\n💡 “coop” is groceries from now on.\n\n\
         Balance: -23.40 EUR\n[Undo] [Other category]"
    );
    assert_eq!(
        host.redeliver().unwrap().to_string(),
        "(This receipt is no longer open. Nothing was saved twice.)"
    );
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -23.40 EUR");
}

#[test]
fn amount_and_category_can_be_put_right() {
    let mut host = host().ocr(COOP);
    photo(&mut host);
    assert_eq!(
        host.press("Amount…").unwrap().to_string(),
        "(edited) 🧾 How much was it? Type the amount; I read 23.40 EUR.\n[Cancel]"
    );
    assert!(host.say("a lot").unwrap().text().starts_with("“a” is not an amount.\n🧾 How much"));
    assert!(host.say("1.000").unwrap().text().starts_with("That can be read in two ways:"));
    assert!(host.say("24.40").unwrap().text().starts_with("🧾 Coop · 24.40 EUR · groceries?"));
    assert_eq!(
        host.press("Category…").unwrap().to_string(),
        "(edited) 🧾 What was it for? Tap a category, or type another one.\n[food] [transport] [home]\n\
         [health] [fun] [shopping]\n[Cancel]"
    );
    assert!(host.say("two words").unwrap().text().starts_with("A category is one word."));
    assert!(host.say("Treats").unwrap().text().starts_with("🧾 Coop · 24.40 EUR · treats?"));
    host.press("Category…").unwrap();
    assert!(host.press("home").unwrap().text().starts_with("🧾 Coop · 24.40 EUR · home?"));
    host.press("Save").unwrap();
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -24.40 EUR");
    assert_eq!(host.stored("111/receipt"), None);
}

#[test]
fn an_older_receipt_in_another_currency_counts_in_its_month() {
    let mut host = host().ocr("MIGROS\nTotal CHF 10.50\n30.10.2026");
    let asked = photo(&mut host);
    assert!(asked.starts_with("🧾 Migros · 10.50 CHF · groceries?\n📅 2026-10-30\n"), "{asked}");
    let saved = host.press("Save").unwrap().text();
    assert_eq!(
        saved,
        "💸 Expense: 10.50 CHF · groceries\n📝 Migros\n📅 2026-10-30\n💡 “migros” is groceries from now on.\n\nBalance: -10.50 CHF"
    );
    assert!(host.command("/report october").unwrap().text().contains("Expenses: 10.50 CHF"));
}

#[test]
fn what_cannot_be_read_says_what_to_do() {
    let mut host = host().ocr("lorem ipsum <b> & 12:30");
    let told = photo(&mut host);
    assert!(
        told.contains("can't find an amount")
            && told.contains("Type /expense AMOUNT CATEGORY instead"),
        "{told}"
    );
    let denied = testing::error(super::host().file(Media::Photo, "", "")).to_string();
    assert!(denied.starts_with("🧾 Not permitted") && denied.contains("Type /expense"), "{denied}");
    let mut host = host.ocr("<b>Bar & Grill</b>\nTotal 5.00");
    // A picture that is sent as a file is the same; and it can be dropped.
    let asked = host.file(Media::Document, "IMG.JPG", "").unwrap().to_string();
    assert!(asked.contains("5.00 EUR"), "{asked}");
    assert_eq!(
        host.press("Cancel").unwrap().to_string(),
        "(edited) 🧾 Cancelled. Nothing was saved.\n[Finance]"
    );
    assert_eq!(host.keys().count(), 0);
    // A newer receipt takes the place of the one before; somebody else has their own.
    photo(&mut host);
    photo(&mut host);
    assert!(
        host.press_in(host.screen().len() - 2, "Save")
            .unwrap()
            .to_string()
            .contains("no longer open")
    );
    assert!(host.user(222).action("receipt_save", &["00000000"]).unwrap().replies.is_empty());
}

#[test]
fn what_was_learned_is_proposed_and_what_is_saved_is_learned() {
    let mut host = host().ocr(COOP);
    photo(&mut host);
    host.press("Category…").unwrap();
    host.say("treats").unwrap();
    let saved = host.press("Save").unwrap().text();
    assert!(saved.contains("\n💡 “coop” is treats from now on.\n"), "{saved}");
    assert!(photo(&mut host).starts_with("🧾 Coop · 23.40 EUR · treats?"));
    let again = host.press("Save").unwrap().text();
    assert!(!again.contains('💡'), "known by now: {again}");
    // Words and receipts know the same.
    let said = host.say("spent 5 at coop").unwrap().text();
    assert!(said.starts_with("💸 Expense: 5.00 EUR · treats\n"), "{said}");
    host.press("Other category").unwrap();
    host.press("food").unwrap();
    assert!(photo(&mut host).starts_with("🧾 Coop · 23.40 EUR · food?"));
    assert!(host.user(222).file(Media::Photo, "", "").unwrap().text().contains("groceries?"));
    // An older receipt is of the same vendor.
    let mut host = host.ocr("COOP\nTotal 1.00\n30.10.2026");
    host.user(111).file(Media::Photo, "", "").unwrap();
    host.press("Save").unwrap();
    host.press("Other category").unwrap();
    host.press("home").unwrap();
    assert!(photo(&mut host).starts_with("🧾 Coop · 1.00 EUR · home?"));
}

#[test]
fn nothing_is_learned_from_what_nobody_knows() {
    let mut host = host().ocr("ACME\nTotal 5.00");
    assert!(photo(&mut host).starts_with("🧾 Acme · 5.00 EUR · other?"));
    assert_eq!(
        host.press("Save").unwrap().to_string(),
        "(edited) 💸 Expense: 5.00 EUR · other\n📝 Acme\n\nBalance: -5.00 EUR\n[Undo] [Correct]"
    );
    assert!(host.say("spent 5 at acme").unwrap().text().contains("What was it for?"));
}

#[test]
fn aliases_budgets_and_other_currencies_are_those_of_every_entry() {
    let mut host = host().ocr(COOP);
    host.command("/alias groceries food").unwrap();
    host.command("/budget food 25").unwrap();
    assert!(photo(&mut host).starts_with("🧾 Coop · 23.40 EUR · food?"));
    host.press("Category…").unwrap();
    assert!(host.say("groceries").unwrap().text().starts_with("🧾 Coop · 23.40 EUR · food?"));
    let saved = host.press("Save").unwrap().text();
    assert!(
        saved.ends_with(
            "💡 “coop” is food from now on.\n\n⚠️ food: 93 % of the budget, 23.40 of 25.00 EUR\n\
             Balance: -23.40 EUR"
        ),
        "{saved}"
    );
    photo(&mut host);
    host.press("Amount…").unwrap();
    assert!(host.say("$20").unwrap().text().starts_with("🧾 Coop · 20.00 USD · food?"));
    host.press("Amount…").unwrap();
    // It keeps the currency that it has now.
    assert!(host.say("21").unwrap().text().starts_with("🧾 Coop · 21.00 USD · food?"));
    assert!(host.press("Save").unwrap().text().ends_with("Balance: -21.00 USD"));
}
