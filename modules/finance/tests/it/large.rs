//! A ledger of many years: a hundred thousand entries cost what a hundred cost.

use std::fmt::Write as _;

use super::host;
use umbrasil_sdk::testing::Host;
use umbrasil_sdk::{Date, Media};

/// A host whose ledger was filled by imports, with this number of entries, 60 a day up to today.
fn filled(entries: i64) -> Host {
    let mut host = host();
    let today = Date::new(2026, 11, 22).unwrap().to_days();
    let days = (entries + 59) / 60;
    let mut left = entries;
    let mut day = today - days + 1;
    while left > 0 {
        let mut file = String::from("date,amount,text,category\n");
        for _ in 0..left.min(30_000) {
            let (date, number) = (Date::from_days(day), left);
            writeln!(file, "{date},-1.00,entry {number},c{}", number % 20).unwrap();
            left -= 1;
            if left % 60 == 0 {
                day += 1;
            }
        }
        host = host.files(file);
        host.file(Media::Document, "all.csv", "").unwrap();
        loop {
            let label = host.screen().last().unwrap().buttons[0][0].clone();
            if !label.starts_with("Import") {
                break;
            }
            let outcome = host.press(&label).unwrap();
            assert!(outcome.calls < 9_000, "{} calls", outcome.calls);
        }
    }
    host
}

#[test]
fn a_hundred_thousand_entries_cost_what_a_hundred_cost() {
    let (mut few, mut many) = (filled(100), filled(100_000));
    for command in ["/balance", "/report", "/report 2026", "/expense 5 food", "/undo", "/recurring"]
    {
        let (little, much) = (few.command(command).unwrap(), many.command(command).unwrap());
        assert_eq!(little.calls, much.calls, "{command}");
        assert!(little.calls <= 10, "{command}: {} calls", little.calls);
    }
    let balance = many.command("/balance").unwrap().text();
    assert!(balance.ends_with("Balance: -100000.00 EUR"), "{balance}");
    // All of it is more than one answer can carry; a year isn't.
    let all = many.command("/export").unwrap();
    assert!(all.text().starts_with("📄 That is more than one answer can carry (4 MB)."), "{all}");
    let year = many.press("2026").unwrap();
    assert!(!year.documents.is_empty() && year.documents.len() <= 5);
    let lines: usize = year
        .documents
        .iter()
        .map(|file| file.content.split(|&byte| byte == b'\n').count() - 2)
        .sum();
    // 60 on each of 326 days, and the two of today.
    assert_eq!(lines, 326 * 60 + 2);
    assert!(year.documents.iter().all(|file| file.content.len() < 2 << 20));
}
