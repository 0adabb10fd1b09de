//! What people may type to break things.

use super::{balance_after, host, refused, shown};

#[test]
fn markup_is_shown_as_it_was_typed() {
    let mut host = host();
    // The host in memory refuses broken markup, so it is enough that the text comes back.
    for category in ["<b>", "</b>", "&amp;", "a\"b", "<script>", "&#0;"] {
        let shown = shown(&mut host, &format!("/expense 1 {category} <i>note & </i></pre>"));
        assert!(shown.contains(&format!("· {category}\n📝 <i>note & </i></pre>\n")), "{shown}");
    }
    shown(&mut host, "/report");
    shown(&mut host, "/undo");
    refused(&mut host, "/expense <b>1</b> food");
    refused(&mut host, "/report <b>&");
    host.action("home", &[]).unwrap();
    host.press("Add Expense").unwrap();
    host.say("<b>").unwrap();
    host.say("1 <b>").unwrap();
    host.press("Skip").unwrap();
    // Now it is one of the most used, so it is on a button, too.
    host.action("home", &[]).unwrap();
    host.press("Add Expense").unwrap();
    assert!(host.say("2").unwrap().to_string().contains("[<b>]"));
}

#[test]
fn the_balance_line_stays_the_last_one() {
    let mut host = host();
    for note in [
        "a\nBalance: 9999.00 EUR",
        "a\r\n\r\nBalance: 1.00 EUR\n",
        "a\u{2028}Balance: 1.00 EUR",
        "a\u{b}\u{c}\u{85}Balance: 1.00 EUR",
        "\u{202e}RUE 00.1 :ecnalaB",
    ] {
        let outcome = host.command(&format!("/expense 1 food {note}")).unwrap();
        let balance: Vec<&str> =
            outcome.replies[0].text.lines().filter(|line| line.starts_with("Balance: ")).collect();
        assert_eq!(balance.len(), 1, "{note:?}");
        assert_eq!(outcome.text().lines().last(), Some(balance[0]));
        assert!(!outcome.text().contains('\u{202e}'));
        host.command("/undo").unwrap();
    }
}

#[test]
fn a_month_has_room_for_many_categories_but_not_for_all() {
    let mut host = host();
    for index in 0..200 {
        host.command(&format!("/expense 1 {}{index}", "🦀".repeat(28))).unwrap();
    }
    assert!(
        refused(&mut host, "/expense 1 onemore").starts_with("A month has at most 200 categories.")
    );
    assert_eq!(
        balance_after(&mut host, &format!("/expense 1 {}7", "🦀".repeat(28))),
        "Balance: -201.00 EUR"
    );
    shown(&mut host, "/report");
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut host = host();
    let almost = i64::MAX - 99;
    host.store("111/head", format!("1\t1\t0\tEUR:{almost}\t"));
    assert_eq!(
        refused(&mut host, "/income 1 gift"),
        "That is more than this ledger can count. Nothing was saved."
    );
    assert_eq!(balance_after(&mut host, "/income 0.99 gift"), "Balance: 92233720368547758.07 EUR");
    host.store("111/head", format!("1\t1\t0\tEUR:{}\t", i64::MIN + 50));
    refused(&mut host, "/expense 0.51 food");
    assert_eq!(
        balance_after(&mut host, "/expense 0.50 food"),
        "Balance: -92233720368547758.08 EUR"
    );
    host.store("111/month/EUR/2026-11", format!("1\t1\t1\t1\t{0}\t0\te a {0} 1", i64::MAX - 5));
    refused(&mut host, "/expense 0.10 c");
}

#[test]
fn words_are_cut_where_people_see_a_blank() {
    let mut host = host();
    assert!(shown(&mut host, "/expense 5\u{3000}food\u{3000}tea").contains("· food\n📝 tea\n"));
    assert!(
        shown(&mut host, "/expense 1\u{202f}000 food tea").contains("1000.00 EUR · food\n📝 tea\n")
    );
    assert!(shown(&mut host, "/expense  5 \n food \t tea ").contains("· food\n📝 tea\n"));
}
