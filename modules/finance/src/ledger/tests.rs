//! What must hold after any sequence of entries and undos.

use proptest::prelude::*;
use umbrasil_sdk::testing::Host;

// Compiling the patterns of sentences would take most of the time.
use crate::record::{Direction, Entry, Head};
use crate::silent as module;
use crate::sums::Sums;

/// One thing that a user does.
#[derive(Debug, Clone)]
enum Act {
    Add {
        direction: Direction,
        minor: i64,
        category: u8,
        foreign: bool,
    },
    /// Another category for an entry, or for none.
    Correct(u8, u8),
    Undo,
    /// The button of an entry, or of none.
    Press(u8),
    Redeliver,
    Wait(u8),
}

fn act() -> impl Strategy<Value = Act> {
    let direction = prop_oneof![Just(Direction::Expense), Just(Direction::Income)];
    prop_oneof![
        6 => (direction, 1..100_000_i64, 0..5_u8, any::<bool>()).prop_map(
            |(direction, minor, category, foreign)| Act::Add { direction, minor, category, foreign }
        ),
        2 => (any::<u8>(), 0..5_u8).prop_map(|(number, category)| Act::Correct(number, category)),
        2 => Just(Act::Undo),
        2 => any::<u8>().prop_map(Act::Press),
        1 => Just(Act::Redeliver),
        1 => (1..20_u8).prop_map(Act::Wait),
    ]
}

/// What the ledger should be, kept in the simplest way.
#[derive(Debug, Default)]
struct Model {
    /// Number, effect, and whether it counts.
    entries: Vec<(u64, i64, bool)>,
    next: u64,
}

impl Model {
    fn balance(&self) -> i64 {
        self.entries.iter().filter(|(.., counts)| *counts).map(|(_, effect, _)| effect).sum()
    }

    fn correct(&mut self, number: u64) {
        let wanted = |(found, _, counts): &&mut (u64, i64, bool)| *counts && *found == number;
        if let Some(entry) = self.entries.iter_mut().find(wanted) {
            entry.2 = false;
            let effect = entry.1;
            self.next += 2;
            self.entries.push((self.next, effect, true));
        }
    }

    fn undo(&mut self, number: Option<u64>) {
        let wanted = |(found, _, counts): &&mut (u64, i64, bool)| {
            *counts && number.is_none_or(|number| number == *found)
        };
        if let Some(entry) = self.entries.iter_mut().rev().find(wanted) {
            entry.2 = false;
            self.next += 1;
        }
    }
}

/// All entries and all sums, straight from the storage.
fn kept(host: &Host) -> (Head, Vec<Entry>, Vec<Sums>) {
    let keys: Vec<&str> = host.keys().collect();
    let of = |part: &str| -> Vec<&[u8]> {
        let keys = keys.iter().filter(|key| key.contains(part));
        keys.filter_map(|key| host.stored(key)).collect()
    };
    let head = Head::read(host.stored("111/head")).unwrap();
    let entries =
        of("/entry/").into_iter().map(|value| Entry::read(Some(value)).unwrap()).collect();
    let sums = of("/month/").into_iter().map(|value| Sums::read(Some(value)).unwrap()).collect();
    (head, entries, sums)
}

fn check(host: &Host, model: &Model) -> Result<(), TestCaseError> {
    let (head, entries, sums) = kept(host);
    let balance: i64 = head.balances.iter().map(|(_, minor)| minor).sum();
    prop_assert_eq!(balance, model.balance());
    prop_assert_eq!(entries.iter().map(|entry| entry.effect).sum::<i64>(), balance);
    prop_assert_eq!(entries.len() as u64, model.next);
    let total = |direction| sums.iter().map(|sums| sums.total(direction)).sum::<i64>();
    prop_assert_eq!(total(Direction::Income) - total(Direction::Expense), balance);
    for sums in &sums {
        let lines = sums.lines().unwrap();
        for direction in [Direction::Income, Direction::Expense] {
            let lines = lines.iter().filter(|line| line.direction == direction);
            prop_assert_eq!(lines.map(|line| line.minor).sum::<i64>(), sums.total(direction));
        }
        prop_assert_eq!(lines.iter().map(|line| u64::from(line.count)).sum::<u64>(), sums.entries);
    }
    let counted: u64 = sums.iter().map(|sums| sums.entries).sum();
    prop_assert_eq!(counted, model.entries.iter().filter(|(.., counts)| *counts).count() as u64);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn entries_balance_and_months_agree(acts in prop::collection::vec(act(), 1..60)) {
        let mut host = Host::new(module());
        let mut model = Model::default();
        let mut something = false;
        for act in acts {
            match act {
                Act::Add { direction, minor, category, foreign } => {
                    let (name, effect) = match direction {
                        Direction::Expense => ("expense", -minor),
                        Direction::Income => ("income", minor),
                    };
                    let (whole, cents) = (minor / 100, minor % 100);
                    let code = if foreign { "USD " } else { "" };
                    let entry = format!("/{name} {whole}.{cents:02} {code}c{category}");
                    host.command(&entry).unwrap();
                    model.next += 1;
                    model.entries.push((model.next, effect, true));
                }
                Act::Correct(number, category) => {
                    let number = u64::from(number) % (model.next + 3);
                    let category = format!("c{category}");
                    host.action("fix_as", &["111", &number.to_string(), &category]).unwrap();
                    model.correct(number);
                }
                Act::Undo => {
                    host.command("/undo").unwrap();
                    model.undo(None);
                }
                Act::Press(number) => {
                    let number = u64::from(number) % (model.next + 3);
                    host.action("undo", &["111", &number.to_string()]).unwrap();
                    model.undo(Some(number));
                }
                Act::Redeliver if something => drop(host.redeliver().unwrap()),
                Act::Redeliver => {}
                Act::Wait(days) => drop(host.wait(86_400 * u64::from(days))),
            }
            something |= !matches!(act, Act::Wait(_) | Act::Redeliver);
            check(&host, &model)?;
        }
    }

    #[test]
    fn undo_is_the_exact_inverse(minors in prop::collection::vec((1..100_000_i64, 0..3_u8), 1..8)) {
        let mut host = Host::new(module());
        let mut before = Vec::new();
        let state = |host: &Host| {
            let (head, _, sums) = kept(host);
            let lines = |sums: &Sums| format!("{:?}", sums.lines().unwrap());
            let lines: Vec<String> =
                sums.iter().filter(|sums| sums.entries > 0).map(lines).collect();
            (head.balances.iter().map(|(_, minor)| *minor).sum::<i64>(), lines)
        };
        for (minor, category) in &minors {
            before.push(state(&host));
            host.command(&format!("/expense {}.{:02} c{category}", minor / 100, minor % 100)).unwrap();
        }
        for expected in before.into_iter().rev() {
            host.command("/undo").unwrap();
            prop_assert_eq!(state(&host), expected);
        }
    }

    #[test]
    fn records_read_back(
        text in "\\PC{0,40}",
        category in "[^\\s\\pC]{1,32}",
        effect in any::<i64>(),
        numbers in any::<[u64; 3]>(),
        offset in any::<i32>(),
    ) {
        let entry = Entry {
            direction: Direction::Income,
            currency: crate::money::Currency::new("EUR").unwrap(),
            effect,
            month: "2026-11".parse().unwrap(),
            unix_ms: numbers[0],
            offset_seconds: offset,
            previous: numbers[1],
            reverses: numbers[2],
            category,
            note: text.clone(),
            event: crate::record::event_field(&text),
        };
        prop_assert_eq!(&Entry::read(Some(entry.write().as_bytes())).unwrap(), &entry);
    }

    #[test]
    fn no_record_makes_anything_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "1\t[\\PC\t]{0,60}") {
        for value in [bytes.as_slice(), text.as_bytes()] {
            let _parsed = (Head::read(Some(value)).is_ok(), Entry::read(Some(value)).is_ok());
            let _parsed = Sums::read(Some(value)).is_ok();
        }
    }

    #[test]
    fn no_line_makes_anything_panic(line in "\\PC{0,60}", command in prop_oneof![Just("expense"), Just("report")]) {
        let mut host = Host::new(module());
        drop(host.command(&format!("/{command} {line}")));
    }
}

#[test]
fn the_head_finds_only_the_latest_events() {
    let mut head = Head::read(None).unwrap();
    for number in 1..=40_u64 {
        assert_eq!(head.next, number);
        head.remember(&format!("event {number}"));
        head.next += 1;
    }
    let found = |event: &str| head.written_by(event).collect::<Vec<_>>();
    assert_eq!(found("event 40"), [40]);
    assert_eq!(found("event 9"), [9]);
    assert_eq!(found("event 8"), [0; 0]);
    assert_eq!(Head::read(Some(head.write().as_bytes())).unwrap(), head);
}

#[test]
fn a_long_ledger_stays_right() {
    let mut host = Host::new(module());
    for index in 0..100_000_u64 {
        if index % 250 == 0 {
            host.wait(86_400);
        }
        host.command(&format!("/expense 1.{:02} c{}", index % 100, index % 7)).unwrap();
    }
    // 1,000 rounds of 1.00 to 1.99, over 400 days.
    let outcome = host.command("/balance").unwrap();
    assert!(outcome.text().ends_with("Balance: -149500.00 EUR"), "{outcome}");
    assert!(host.command("/undo").unwrap().text().ends_with("Balance: -149498.01 EUR"));
    let (head, entries, sums) = kept(&host);
    assert_eq!((entries.len(), sums.len()), (100_001, 14));
    assert!(head.write().len() < 400, "the head stays small");
}
