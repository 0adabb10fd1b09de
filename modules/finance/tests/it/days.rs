//! Entries that are told later than they were: each counts on its own day.

use super::{balance_after, host, shown};
use umbrasil_sdk::Media;

#[test]
fn yesterday_is_yesterday() {
    // Tuesday, 1 December, at noon.
    let mut host = host();
    host.wait(9 * 86_400);
    assert_eq!(
        host.say("spent 7 on coffee yesterday").unwrap().text(),
        "💸 Expense: 7.00 EUR · food\n📝 coffee\n📅 2026-11-30\n\nBalance: -7.00 EUR"
    );
    assert!(shown(&mut host, "/report november").contains("Expenses: 7.00 EUR"));
    assert!(shown(&mut host, "/report").contains("No entries in this month."));
    assert!(shown(&mut host, "/last").contains("1. 2026-11-30 -7.00 food · coffee"));
    assert!(shown(&mut host, "/spent yesterday").contains("7.00 EUR"));
    assert!(shown(&mut host, "/spent today").contains("0.00 EUR"));
    // Where the category is asked for, the day is kept, even over midnight.
    host.say("spent 5 at acme yesterday").unwrap();
    host.wait(86_400);
    let booked = host.press("food").unwrap().text();
    assert!(booked.contains("\n📝 acme\n📅 2026-11-30\n"), "{booked}");
    let german = host.say("ich habe gestern 12,50 für Kaffee ausgegeben").unwrap().text();
    assert!(german.contains("📝 Kaffee\n📅 2026-12-01\n"), "{german}");
    let undone = shown(&mut host, "/undo");
    assert!(undone.contains("12.50 EUR"), "{undone}");
    assert!(shown(&mut host, "/report").contains("No entries in this month."));
}

#[test]
fn a_receipt_counts_on_its_day() {
    let mut host = host().ocr("MIGROS\nTotal 10.50\n20.11.2026");
    host.file(Media::Photo, "", "").unwrap();
    let saved = host.press("Save").unwrap().text();
    assert!(
        saved.starts_with("💸 Expense: 10.50 EUR · groceries\n📝 Migros\n📅 2026-11-20\n"),
        "{saved}"
    );
    assert!(shown(&mut host, "/last").contains("1. 2026-11-20 -10.50 groceries · Migros"));
    assert!(shown(&mut host, "/spent today").contains("Today: 0.00 EUR"));
    let file = host.command("/export").unwrap().documents.remove(0).content;
    assert!(String::from_utf8(file).unwrap().contains("1,2026-11-20,12:00,expense,10.50,EUR"));
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -10.50 EUR");
}

#[test]
fn one_amount_at_a_time() {
    let mut host = host();
    for two in [
        "spent 12.50 at coop and 3 at migros",
        "spent 12 on coffee and 30 on lunch",
        "bought milk for 3 and bread for 4",
        "spent 12 on coffee and spent 30 on lunch",
        "3.50 coffee and 4.50 cake",
        "spent 12 at coop, 3 EUR at migros",
        "12,50 für Kaffee und 30 für Mittagessen ausgegeben",
        "ich habe Brot für 3 und Milch für 4 gekauft",
    ] {
        let said = umbrasil_sdk::testing::error(host.say(two)).to_string();
        assert_eq!(said, "One amount at a time, please. Nothing was saved.", "{two}");
    }
    assert_eq!(host.keys().count(), 0);
    for one in [
        "paid 20 for 2 beers",
        "bought 2 beers for 9",
        "spent 60 on dinner and wine for 2",
        "paid 20 for pizza and 2 beers",
        "spent 15 on lunch and coffee",
        "spent 12.50 on a 5 EUR voucher",
    ] {
        let said = host.say(one).unwrap().text();
        assert!(
            said.starts_with("💸 Expense: ") || said.contains("What was it for?"),
            "{one}: {said}"
        );
    }
}

#[test]
fn a_sentence_is_no_answer() {
    let mut host = host();
    host.say("spent 5 at acme").unwrap();
    let again = "First finish this one, or cancel it: what you just wrote was not booked.\n";
    host.press("Other…").unwrap();
    let said = host.say("Lohn 3000 erhalten").unwrap().text();
    assert_eq!(said, format!("{again}5.00 EUR, “acme”. What was it for?"));
    host.press("food").unwrap();
    host.action("home", &[]).unwrap();
    host.press("Add Expense").unwrap();
    let said = host.say("I spent 33 on dinner").unwrap().text();
    assert!(said.starts_with(again) && said.contains("How much did you spend?"), "{said}");
    host.say("20 food").unwrap();
    let said = host.say("spent 33 on dinner").unwrap().text();
    assert_eq!(said, format!("{again}20.00 EUR · food. Type a note, or skip it."));
    // Words alone are a note.
    assert!(host.say("paid by card").unwrap().text().contains("📝 paid by card"));
    for part in ["Category", "Note"] {
        host.press("Correct").unwrap();
        host.press(part).unwrap();
        let said = host.say("spent 33 on dinner").unwrap().text();
        assert!(said.starts_with(again), "{said}");
        host.press("Cancel").unwrap();
    }
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -25.00 EUR");
}
