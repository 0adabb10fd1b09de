//! What a long ledger costs: `/balance` and `/report` with its picture, in the real sandbox on the real
//! storage, with 100 and with 100,000 entries.
//!
//! The ledgers are written as finance keeps them (see its `record.rs`); that it reads them as meant is checked
//! before anything is measured.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a bench"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use umbrasil::bench::Bench;

/// Each user has a ledger of their own.
const LEDGERS: [(i64, u64); 2] = [(2, 100), (3, 100_000)];
const MONTHS: u64 = 24;
const CATEGORIES: u64 = 20;

/// The records of a ledger of so many expenses of 1.00 EUR, up to September 2026.
fn records(user: i64, entries: u64) -> Vec<(String, String)> {
    let mut records = Vec::new();
    let month_of = |number: u64| (number - 1) * MONTHS / entries;
    for month in 0..MONTHS {
        let name = format!("{}-{:02}", 2024 + (9 + month) / 12, (9 + month) % 12 + 1);
        let numbers: Vec<u64> = (1..=entries).filter(|&number| month_of(number) == month).collect();
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { continue };
        let count = numbers.len();
        let mut sums = format!("1\t{first}\t{last}\t{count}\t{}\t0", count * 100);
        for category in 0..CATEGORIES {
            let count = numbers.iter().filter(|&&number| number % CATEGORIES == category).count();
            if count > 0 {
                write!(sums, "\te c{category} {} {count}", count * 100).unwrap();
            }
        }
        records.push((format!("{user}/month/EUR/{name}"), sums));
        for number in numbers {
            let (previous, category) = (number - 1, number % CATEGORIES);
            let entry = format!(
                "1\te\tEUR\t-100\t{name}\t1790000000000\t0\t{previous}\t0\tc{category}\tnote {number}\tbench"
            );
            records.push((format!("{user}/entry/{number:010}"), entry));
        }
    }
    let (next, balance) = (entries + 1, entries * 100);
    records.push((format!("{user}/head"), format!("1\t{next}\t{entries}\tEUR:-{balance}\t")));
    records
}

fn ledger(criterion: &mut Criterion) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let bench = runtime
        .block_on(Bench::new(directory.path(), env!("CARGO_BIN_EXE_umbrasil").into()))
        .unwrap();
    runtime.block_on(async {
        for (user, entries) in LEDGERS {
            for part in records(user, entries).chunks(10_000) {
                assert!(bench.store(part.to_vec()).await);
            }
            let (balance, _) = bench.said(user, "balance", &[]).await.unwrap();
            assert!(balance.contains(&format!("Balance: -{entries}.00 EUR")), "{balance}");
            let (report, pictures) = bench.said(user, "report", &[]).await.unwrap();
            assert!(report.contains("The latest:") && pictures == 1, "{report}");
        }
        for command in ["balance", "report"] {
            let mut medians = Vec::new();
            for (user, _) in LEDGERS {
                let mut times: Vec<Duration> = Vec::new();
                for _ in 0..41 {
                    let begun = Instant::now();
                    assert!(bench.said(user, command, &[]).await.is_some());
                    times.push(begun.elapsed());
                }
                times.sort_unstable();
                medians.push(times.get(20).copied().unwrap());
            }
            let ratio =
                medians.last().unwrap().as_secs_f64() / medians.first().unwrap().as_secs_f64();
            println!(
                "/{command}: {medians:?} with 100 and 100,000 entries, {ratio:.2} times as long"
            );
        }
    });
    let mut group = criterion.benchmark_group("ledger");
    for command in ["balance", "report"] {
        for (user, entries) in LEDGERS {
            group.bench_function(format!("/{command} with {entries} entries"), |bencher| {
                bencher
                    .to_async(&runtime)
                    .iter(|| async { black_box(bench.said(user, command, &[]).await) });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, ledger);
criterion_main!(benches);
