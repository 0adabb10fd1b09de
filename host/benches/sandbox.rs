//! What one event costs, part by part: an instance, a call, host calls, a durable commit.
//!
//! Compare the numbers of one run with each other; those of different machines or days say little.

#![allow(clippy::unwrap_used, missing_docs, reason = "a bench")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use umbrasil::bench::Bench;

fn sandbox(criterion: &mut Criterion) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let bench = runtime
        .block_on(Bench::new(directory.path(), env!("CARGO_BIN_EXE_umbrasil").into()))
        .unwrap();
    let mut group = criterion.benchmark_group("event");
    group.bench_function("instantiate", |bencher| {
        bencher.to_async(&runtime).iter(|| async { black_box(bench.instantiate().await) });
    });
    group.bench_function("call without host calls", |bencher| {
        bencher.to_async(&runtime).iter(|| async { black_box(bench.event("expense", &[]).await) });
    });
    group.bench_function("call with two host calls (/balance)", |bencher| {
        bencher.to_async(&runtime).iter(|| async { black_box(bench.event("balance", &[]).await) });
    });
    group.bench_function("call with five host calls (/expense)", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            black_box(bench.event("expense", &["12.50", "food", "coffee"]).await)
        });
    });
    group.finish();
    let mut group = criterion.benchmark_group("authorise");
    for scopes in [1, 20, 100] {
        let mut checks = bench.checks(scopes);
        assert!(checks.authorise(), "the call is granted");
        group.bench_function(format!("a web request, {scopes} permissions"), |bencher| {
            bencher.iter(|| black_box(checks.authorise()));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("commit");
    group.bench_function("one alone", |bencher| {
        bencher.to_async(&runtime).iter(|| async { black_box(bench.commit(0).await) });
    });
    group.bench_function("64 together", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let commits = (0..64).map(|key| bench.commit(key));
            black_box(futures_util::future::join_all(commits).await)
        });
    });
    group.finish();
}

criterion_group!(benches, sandbox);
criterion_main!(benches);
