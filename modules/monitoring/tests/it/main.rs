//! Whole conversations with the monitoring module, as people have them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod alerting;
mod boxes;
mod checks;
mod day;
mod metrics;
mod reading_logs;
mod watching;

use umbrasil_sdk::system::{CpuUsage, Disk, LoadAverage, MemoryUsage, Network, Process};
use umbrasil_sdk::testing::{Host, Machine, Outcome};

const GIB: u64 = 1 << 30;

/// A host with the monitoring module, on Sunday, 22 November 2026, at noon, and nothing granted.
fn bare() -> Host {
    Host::new(umbrasil_monitoring::module())
}

/// The same on a machine that is well.
fn host() -> Host {
    bare().machine(machine(12.0))
}

/// A machine whose processor is this busy.
fn machine(cpu: f64) -> Machine {
    let process = |name: &str, cpu_percent, memory_bytes| Process {
        id: 1,
        name: name.to_owned(),
        cpu_percent,
        memory_bytes,
    };
    Machine {
        cpu: Some(CpuUsage { percent: cpu, cores: vec![cpu; 4] }),
        memory: Some(MemoryUsage {
            total_bytes: 8 * GIB,
            used_bytes: 5 * GIB,
            available_bytes: 3 * GIB,
            swap_total_bytes: 2 * GIB,
            swap_used_bytes: 0,
        }),
        disks: Some(vec![disk("/", 55), disk("/var/lib/docker", 40)]),
        networks: Some(vec![network(1_000_000)]),
        load: Some(LoadAverage { one: 0.42, five: 0.36, fifteen: 0.3 }),
        uptime: Some(1_050_000),
        processes: Some(vec![
            process("postgres", 61.5, 340_000_000),
            process("a-very-long-process-name", 150.0, 12_000_000_000),
            process("<b>&", 0.0, 0),
        ]),
    }
}

/// A disk of which so many percent are used.
fn disk(mount: &str, percent: u64) -> Disk {
    let size = GIB + mount.len() as u64;
    Disk {
        mount: mount.to_owned(),
        total_bytes: 100 * size,
        available_bytes: (100 - percent) * size,
    }
}

fn network(received_bytes: u64) -> Network {
    Network { name: "eth0".to_owned(), received_bytes, sent_bytes: received_bytes / 10 }
}

/// A minute passes: both schedules run.
fn minute(host: &mut Host) -> Outcome {
    host.wait(60);
    host.tick("probe").unwrap();
    host.tick("watch").unwrap()
}

/// What is said in so many minutes, joined.
fn minutes(host: &mut Host, count: usize) -> String {
    let said: Vec<String> = (0..count).map(|_| minute(host).to_string()).collect();
    said.into_iter().filter(|said| !said.is_empty()).collect::<Vec<String>>().join("\n---\n")
}

/// What a command shows, buttons included.
fn shown(host: &mut Host, command: &str) -> String {
    host.command(command).unwrap().to_string()
}

/// The lines of fixed width in what was sent.
fn widest_pre(outcome: &Outcome) -> usize {
    let blocks = outcome.replies.iter().flat_map(|reply| reply.html.split("<pre>").skip(1));
    let lines = blocks.flat_map(|block| block.split("</pre>").next().unwrap().lines());
    let plain = |line: &str| line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    lines.map(|line| plain(line).chars().count()).max().unwrap_or(0)
}
