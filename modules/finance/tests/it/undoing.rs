//! Taking entries back, once each.

use super::{balance_after, host, refused, shown};

#[test]
fn undo_reverses_the_last_entry_and_then_the_one_before() {
    let mut host = host();
    assert_eq!(shown(&mut host, "/undo"), "There is nothing to undo.");
    host.command("/income 100 salary").unwrap();
    host.command("/expense 12.50 food coffee").unwrap();
    assert_eq!(
        shown(&mut host, "/undo"),
        "↩️ Undone: expense of 12.50 EUR · food\n📝 coffee\n\nBalance: 100.00 EUR"
    );
    assert_eq!(
        shown(&mut host, "/undo"),
        "↩️ Undone: income of 100.00 EUR · salary\n\nBalance: 0.00 EUR"
    );
    assert_eq!(shown(&mut host, "/undo"), "There is nothing to undo.");
    // Nothing was deleted: two entries and two reversals.
    assert_eq!(host.keys().filter(|key| key.starts_with("111/entry/")).count(), 4);
}

#[test]
fn the_button_undoes_its_own_entry() {
    let mut host = host();
    host.command("/expense 1 tea").unwrap();
    host.command("/expense 2 food").unwrap();
    assert_eq!(
        host.press_in(0, "Undo").unwrap().to_string(),
        "(edited) ↩️ Undone: expense of 1.00 EUR · tea\n\nBalance: -2.00 EUR"
    );
    assert_eq!(balance_after(&mut host, "/undo"), "Balance: 0.00 EUR");
    assert_eq!(shown(&mut host, "/undo"), "There is nothing to undo.");
}

#[test]
fn a_button_that_comes_too_late_says_so() {
    let mut host = host();
    host.command("/expense 12.50 food").unwrap();
    host.command("/undo").unwrap();
    let late = host.press_in(0, "Undo").unwrap();
    assert_eq!(
        late.to_string(),
        "(edited) ↩️ expense of 12.50 EUR · food was undone before. Nothing was changed.\n\nBalance: 0.00 EUR\n\
         (This entry was undone before. Nothing was changed.)"
    );
    // Twice on the same button, faster than the edit.
    host.command("/expense 3 food").unwrap();
    host.press("Undo").unwrap();
    let twice = host.action("undo", &["111", "3"]).unwrap();
    assert!(twice.text().contains("was undone before"), "{twice}");
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: 0.00 EUR");
    // A reversal can't be reversed, and what isn't there can't either.
    assert!(host.action("undo", &["111", "2"]).unwrap().text().contains("was undone before"));
    for number in ["0", "99", "-1", "18446744073709551615"] {
        let outcome = host.action("undo", &["111", number]);
        if let Ok(outcome) = outcome {
            assert_eq!(outcome.text(), "There is nothing to undo.", "{number}");
        }
    }
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: 0.00 EUR");
}

#[test]
fn nobody_undoes_for_somebody_else() {
    let mut host = host();
    host.user(111).command("/expense 1 tea").unwrap();
    host.user(222).command("/expense 2 food").unwrap();
    let other = host.user(222).action("undo", &["111", "1"]).unwrap();
    assert!(other.replies.is_empty());
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -2.00 EUR");
    host.user(111);
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: -1.00 EUR");
}

#[test]
fn an_entry_of_another_month_or_currency_is_undone_where_it_counts() {
    let mut host = host();
    host.command("/expense 5 food").unwrap();
    host.wait(86_400 * 30);
    assert_eq!(balance_after(&mut host, "/undo"), "Balance: 0.00 EUR");
    assert!(shown(&mut host, "/report last").contains("No entries in this month."));

    host.command("/expense 5 food").unwrap();
    let mut host = host.config("DEFAULT_CURRENCY", "JPY");
    host.command("/expense 700 food").unwrap();
    assert_eq!(balance_after(&mut host, "/undo"), "Balance: 0 JPY");
    assert_eq!(balance_after(&mut host, "/undo"), "Balance: 0.00 EUR");
    assert_eq!(balance_after(&mut host, "/balance"), "Balance: 0 JPY");
}

#[test]
fn broken_records_are_an_error_and_no_panic() {
    for broken in [
        "",
        "1",
        "2\t1\t0\t\t",
        "1\t0\t0\t\t",
        "1\tx\t0\t\t",
        "1\t1\t0\tEUR:x\t",
        "1\t1\t0\t\t\t",
        "\u{0}",
    ] {
        let mut host = host();
        host.store("111/head", broken);
        for command in ["/expense 1 food", "/balance", "/undo", "/report"] {
            assert!(
                refused(&mut host, command).contains("can't be read"),
                "{command} with {broken:?}"
            );
        }
    }
    let mut host = host();
    host.command("/expense 1 food").unwrap();
    host.store("111/entry/0000000001", b"\xff\xfe");
    assert!(refused(&mut host, "/undo").contains("can't be read"));
    host.store("111/month/EUR/2026-11", "1\t1\t1\t1\t5\t0\te food -5 1");
    assert!(refused(&mut host, "/expense 1 food").contains("can't be read"));
}
