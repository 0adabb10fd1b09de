//! What was spent, when: the days that people ask about.

use super::{host, refused, shown};
use umbrasil_sdk::testing::{Host, error};

const DAY: u64 = 86_400;

/// One euro each day, from 9 October to Sunday, 22 November: groceries on Mondays, `food` on other days.
fn daily() -> Host {
    // Friday, 9 October 2026, at noon.
    let mut host = host().at(1_795_348_800_000 - 44 * DAY * 1_000);
    for day in 0..45 {
        let category = if day % 7 == 3 { "groceries" } else { "food" };
        shown(&mut host, &format!("/expense 1 {category}"));
        if day < 44 {
            host.wait(DAY);
        }
    }
    host
}

#[test]
fn days_and_weeks_are_counted() {
    let mut host = daily();
    for (question, answer) in [
        ("how much did I spend in the last 2 weeks", "💸 Last 2 weeks: 14.00 EUR"),
        ("how much did I spend last 10 days", "💸 Last 10 days: 10.00 EUR"),
        ("how much did I spend in the last 45 days", "💸 Last 45 days: 45.00 EUR"),
        ("how much did I spend since monday", "💸 Since Monday: 7.00 EUR"),
        ("how much did I spend since october", "💸 Oct – Nov 2026: 45.00 EUR"),
        ("how much did I spend this weekend", "💸 This weekend: 2.00 EUR"),
        ("how much did I spend on monday", "💸 On Monday: 1.00 EUR"),
        ("how much did I spend on food on monday", "💸 On Monday · food: 0.00 EUR"),
        ("wie viel habe ich letzte 7 tage ausgegeben", "💸 Letzte 7 Tage: 7.00 EUR"),
        ("wie viel habe ich in den letzten 2 wochen ausgegeben", "💸 Letzten 2 Wochen: 14.00 EUR"),
        ("wie viel habe ich diesen monat ausgegeben?", "💸 Diesen Monat: 22.00 EUR"),
        ("wieviel habe ich im oktober ausgegeben", "💸 October 2026: 23.00 EUR"),
        ("wie viel habe ich seit montag ausgegeben", "💸 Seit Montag: 7.00 EUR"),
        ("/spent november", "💸 November 2026: 22.00 EUR"),
        ("/spent food november", "💸 November 2026 · food: 19.00 EUR"),
        ("/spent food 2026-11", "💸 November 2026 · food: 19.00 EUR"),
        ("/spent food 2026", "💸 2026 · food: 39.00 EUR"),
        ("/spent food november 2026", "💸 November 2026 · food: 19.00 EUR"),
        ("/spent groceries last month", "💸 Last month · groceries: 3.00 EUR"),
    ] {
        let outcome = match question.strip_prefix('/') {
            Some(_) => host.command(question),
            None => host.say(question),
        };
        assert_eq!(outcome.unwrap().text(), answer, "{question}");
    }
}

#[test]
fn a_short_month_between_two_is_not_skipped() {
    // Sunday, 31 January 2027, then a day each month.
    let mut host = host().at(1_795_348_800_000 + 70 * DAY * 1_000);
    shown(&mut host, "/expense 1 food");
    host.wait(14 * DAY);
    shown(&mut host, "/expense 10 food");
    host.wait(15 * DAY);
    shown(&mut host, "/expense 100 food");
    let said = host.say("how much did I spend in the last 30 days").unwrap().text();
    assert_eq!(said, "💸 Last 30 days: 111.00 EUR");
}

#[test]
fn what_is_not_understood_is_no_zero() {
    let mut host = daily();
    for question in [
        "how much did I spend 3 days ago",
        "how much did I spend on food between monday and friday",
        "how much did I spend in the last 13 months",
        "how much did I spend on fun in 2024..2026",
        "how much did I spend on march",
    ] {
        let said = error(host.say(question)).to_string();
        assert!(said.starts_with("I don't understand that time."), "{question}: {said}");
    }
    assert!(refused(&mut host, "/spent monday").starts_with("I don't understand that time."));
}

#[test]
fn another_word_for_a_category_is_understood() {
    let mut host = host();
    shown(&mut host, "/expense 12.50 food");
    shown(&mut host, "/expense 3 fun essen");
    // What a note says comes first.
    let said = host.say("wie viel habe ich für Essen ausgegeben?").unwrap().text();
    assert_eq!(said, "💸 This month · essen: 3.00 EUR");
    let said = host.say("wie viel habe ich für Mittagessen ausgegeben?").unwrap().text();
    assert_eq!(
        said,
        "💸 This month · food: 12.50 EUR\nNo note says “mittagessen”: this is all of food."
    );
    let said = host.say("how much did I spend on lunch today").unwrap().text();
    assert!(said.starts_with("💸 Today · food: 12.50 EUR\nNo note"), "{said}");
    shown(&mut host, "/expense 5 USD food");
    let said = shown(&mut host, "/spent food");
    assert!(said.starts_with("💸 This month · food:\n12.50 EUR\n5.00 USD\n"), "{said}");
}
