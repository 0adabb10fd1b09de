//! The entries themselves: lists, search, and corrections.

use super::{balance_after, host, refused, shown};

#[test]
fn the_latest_entries_are_a_tap_from_their_buttons() {
    let mut host = host();
    assert_eq!(shown(&mut host, "/last"), "🧾 There are no entries yet.\n[Finance]");
    for index in 1..=7 {
        shown(&mut host, &format!("/expense {index} food n{index}"));
    }
    shown(&mut host, "/income 5 USD gift <b>");
    shown(&mut host, "/undo");
    assert_eq!(
        shown(&mut host, "/last"),
        "🧾 Entries, newest first\n1. 2026-11-22 ↩︎ 5.00 USD gift · <b>\n2. 2026-11-22 -7.00 food · n7\n3. 2026-11-22 -6.00 food · n6\n4. 2026-11-22 -5.00 food · n5\n5. 2026-11-22 -4.00 food · n4\n[1] [2] [3] [4] [5]\n[Older ▶] [Finance]"
    );
    let older = host.press("Older ▶").unwrap().to_string();
    assert!(
        older.ends_with("3. 2026-11-22 -1.00 food · n1\n[1] [2] [3]\n[⏮ Newest] [Finance]"),
        "{older}"
    );
    assert_eq!(
        host.press("3").unwrap().to_string(),
        "(edited) 🧾 -1.00 EUR · food\n2026-11-22\n📝 n1\n[Undo] [Correct] [Back]"
    );
    assert!(host.press("Undo").unwrap().text().ends_with("Balance: -27.00 EUR"));
    shown(&mut host, "/last 1");
    assert_eq!(
        host.press("1").unwrap().to_string(),
        "(edited) 🧾 5.00 USD · gift\n2026-11-22\n📝 <b>\n↩︎ Undone.\n[Back]"
    );
    for bad in ["0", "21", "x", "-1"] {
        assert!(
            refused(&mut host, &format!("/last {bad}")).starts_with("N is a number from 1 to 20.")
        );
    }
}

#[test]
fn an_amount_is_corrected_on_its_day() {
    let mut host = host();
    shown(&mut host, "/expense 12.50 food coffee");
    host.wait(86_400 * 10); // In December.
    shown(&mut host, "/expense 1 fun");
    shown(&mut host, "/last");
    host.press("2").unwrap();
    assert_eq!(
        host.press("Correct").unwrap().to_string(),
        "(edited) ✏️ What is wrong with 12.50 EUR · food?\n[Amount] [Category] [Note]\n[Cancel]"
    );
    host.press("Amount").unwrap();
    assert_eq!(
        host.say("1,000").unwrap().to_string(),
        "That can be read in two ways: please write it without separators, as 1000 or 1000.50.\n✏️ How much was it? Type the amount, such as 12.50.\n[Cancel]"
    );
    assert_eq!(
        host.say("15").unwrap().to_string(),
        "✏️ Corrected: 12.50 EUR · food\n→ 15.00 EUR · food\n📝 coffee\n\nBalance: -16.00 EUR\n[Undo] [Correct]"
    );
    assert!(host.redeliver().unwrap().text().ends_with("Balance: -16.00 EUR"), "once");
    // Reversal and new entry count in November.
    let november = shown(&mut host, "/report 2026-11");
    assert!(november.contains("Expenses: 15.00 EUR"), "{november}");
    assert!(shown(&mut host, "/report").contains("Expenses: 1.00 EUR"));
    assert_eq!(
        shown(&mut host, "/last"),
        "🧾 Entries, newest first\n1. 2026-11-22 -15.00 food · coffee\n2. 2026-12-02 -1.00 fun\n3. 2026-11-22 ↩︎ -12.50 food · coffee\n[1] [2] [3]\n[Finance]"
    );
    assert_eq!(
        host.press("3").unwrap().to_string(),
        "(edited) 🧾 -12.50 EUR · food\n2026-11-22\n📝 coffee\n↩︎ Corrected to -15.00 EUR · food\n[Back]"
    );
    assert_eq!(balance_after(&mut host, "/undo"), "Balance: -1.00 EUR");
}

#[test]
fn currency_category_and_note_are_corrected() {
    let mut host = host();
    shown(&mut host, "/expense 12.50 food coffee");
    host.press("Correct").unwrap();
    host.press("Amount").unwrap();
    let changed = host.say("12.50 USD").unwrap().text();
    assert!(
        changed.contains("→ 12.50 USD · food") && changed.ends_with("Balance: -12.50 USD"),
        "{changed}"
    );
    host.press("Correct").unwrap();
    host.press("Category").unwrap();
    let category = host.say("Fun").unwrap().text();
    assert!(category.contains("12.50 USD · food\n→ 12.50 USD · fun\n"), "{category}");
    host.press("Correct").unwrap();
    host.press("Note").unwrap();
    let note = host.say("<b> & more").unwrap().text();
    assert!(note.contains("📝 <b> & more\n"), "{note}");
    host.press("Correct").unwrap();
    host.press("Note").unwrap();
    let note = host.press("No note").unwrap().text();
    assert!(!note.contains("📝"), "{note}");
    host.press("Correct").unwrap();
    host.press("Category").unwrap();
    let cancelled = host.press("Cancel").unwrap().to_string();
    assert!(cancelled.ends_with("[Undo] [Correct] [Back]"), "{cancelled}");
    let balance = shown(&mut host, "/balance");
    assert!(balance.contains("-12.50 USD") && balance.contains("Balance: 0.00 EUR"), "{balance}");
}

#[test]
fn what_no_longer_counts_is_not_corrected() {
    let mut host = host();
    shown(&mut host, "/expense 5 food");
    shown(&mut host, "/expense 6 food");
    host.press_in(0, "Correct").unwrap();
    host.press("Amount").unwrap();
    host.press_in(1, "Undo").unwrap();
    // The open question went with the press; the button of the undone entry says why it does nothing.
    host.action("correct", &["111", "2"]).unwrap();
    host.action("fix_as", &["111", "2", "fun"]).unwrap();
    host.action("correct", &["111", "99"]).unwrap();
    assert!(host.user(222).action("correct", &["111", "1"]).unwrap().replies.is_empty());
    assert!(host.action("entry", &["111", "1"]).unwrap().replies.is_empty());
    host.user(111);
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -5.00 EUR");
}

#[test]
fn search_finds_words_notes_amounts_and_months() {
    let mut host = host();
    for entry in
        ["3.50 food coffee", "12.50 food Pizza & <b>", "7 transport taxi", "9 USD fun Kino"]
    {
        shown(&mut host, &format!("/expense {entry}"));
    }
    for (text, found) in [
        ("COFFEE", "-3.50 food · coffee"),
        ("pizza food", "-12.50 food · Pizza & <b>"),
        ("<b>", "-12.50 food · Pizza & <b>"),
        ("7.00", "-7.00 transport · taxi"),
        ("usd", "-9.00 USD fun · Kino"),
        ("kino november", "-9.00 USD fun · Kino"),
        ("kino 2026-11", "-9.00 USD fun · Kino"),
    ] {
        let shown = shown(&mut host, &format!("/search {text}"));
        assert!(
            shown.contains(&format!("\n1. 2026-11-22 {found}\n[1]\n[Finance]")),
            "{text}: {shown}"
        );
    }
    assert_eq!(shown(&mut host, "/search tea"), "🔎 tea\nNothing was found.\n[Finance]");
    assert!(shown(&mut host, "/search kino october").contains("Nothing was found."));
    assert!(refused(&mut host, "/search").starts_with("Usage: /search TEXT [MONTH]"));
    assert!(refused(&mut host, &format!("/search {}", "x".repeat(101))).contains("at most 100"));
    // More than a page, and a button of an older search.
    for _ in 0..9 {
        shown(&mut host, "/expense 1 tea green");
    }
    let first = shown(&mut host, "/search green");
    assert!(first.ends_with("[Search further back] [Finance]"), "{first}");
    let second = host.press("Search further back").unwrap().to_string();
    assert!(second.contains("\n4. ") && !second.contains("\n5. "), "{second}");
    shown(&mut host, "/search coffee");
    let stale = host.action("search", &["12345678", "5"]).unwrap();
    assert!(stale.replies.is_empty());
}

#[test]
fn a_search_in_a_long_ledger_goes_back_step_by_step() {
    let mut host = host();
    shown(&mut host, "/expense 1 needle");
    for index in 0..25_000 {
        if index % 100 == 0 {
            host.wait(86_400);
        }
        host.command("/expense 1 hay").unwrap();
    }
    let first = host.command("/search needle").unwrap();
    assert!(first.calls < 50, "{}", first.calls);
    assert!(first.to_string().contains("\nNothing was found back to 2027-01-"), "{first}");
    let second = host.press("Search further back").unwrap().to_string();
    assert!(second.contains("\n1. 2026-11-22 -1.00 needle\n"), "{second}");
    assert!(host.command("/last").unwrap().calls < 7);
}
