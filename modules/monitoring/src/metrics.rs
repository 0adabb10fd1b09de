//! `/metrics`: the machine now, as numbers with small bars.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::system::{self, Order};

use crate::sample::{Before, Machine, Part, Rate, part, share, used_share};
use crate::words::{bar, bytes, cut, duration, percent, used_of};

/// Blocks of a bar; with the other columns a line has at most `words::WIDTH`.
const BAR: usize = 8;
/// Disks and processes that are shown.
const DISKS: usize = 8;
const PROCESSES: u32 = 5;

/// `/metrics`, and its buttons.
pub(crate) fn metrics(call: &Call) -> Result<Reply> {
    let by_memory = call.get(0) == Some("memory");
    let machine = Machine::now();
    let now = call.now();
    let rate = machine.rate(Before::read()?, now.unix_ms);
    let ((hour, minute), second) = (now.clock(), now.unix_ms / 1_000 % 60);
    let html = Html::from("📈 <b>Metrics</b>")
        .text(format_args!(" · {hour:02}:{minute:02}:{second:02}\n"))
        .pre(table(&machine, rate))
        .text(if by_memory { "\nMost memory\n" } else { "\nMost CPU\n" })
        .pre(processes(by_memory));
    let order = if by_memory { "memory" } else { "cpu" };
    let other = if by_memory { ("By CPU", "cpu") } else { ("By memory", "memory") };
    Ok(Reply::html(html)
        .row([
            Button::new("🔄 Refresh", "metrics").arg(order),
            Button::new(other.0, "metrics").arg(other.1),
        ])
        .row([Button::new("📈 Chart", "chart").arg("6h"), Button::new("📊 Monitoring", "home")])
        .replace())
}

/// A line for each part, or why there is none.
fn table(machine: &Machine, rate: Option<Rate>) -> String {
    let mut lines = Vec::new();
    lines.push(or_missing("CPU", &machine.cpu, |cpu| {
        let cores = cpu.cores.len();
        barred("CPU", cpu.percent, &format!("{cores} core{}", if cores == 1 { "" } else { "s" }))
    }));
    lines.push(or_missing("Memory", &machine.memory, |memory| {
        let (used, total) = (memory.used_bytes, memory.total_bytes);
        barred("Memory", share(used, total), &used_of(used, total))
    }));
    if let Ok(memory) = &machine.memory {
        let (used, total) = (memory.swap_used_bytes, memory.swap_total_bytes);
        lines.push(match total {
            0 => plain("Swap", "none"),
            _ => barred("Swap", share(used, total), &used_of(used, total)),
        });
    }
    match &machine.disks {
        Err(missing) => lines.push(plain("Disk", missing.text())),
        Ok(disks) => {
            lines.extend(disks.iter().take(DISKS).map(|disk| {
                let used = disk.total_bytes.saturating_sub(disk.available_bytes);
                barred(&disk.mount, used_share(disk), &used_of(used, disk.total_bytes))
            }));
            if let Some(more) = disks.len().checked_sub(DISKS).filter(|more| *more > 0) {
                lines.push(plain("", &format!("and {more} more disks")));
            }
        }
    }
    lines.push(or_missing("Network", &machine.traffic, |traffic| match rate {
        Some(Rate { received, sent }) => {
            plain("Network", &format!("↓ {}/s ↑ {}/s", bytes(received), bytes(sent)))
        }
        None => plain(
            "Network",
            &format!("↓ {} ↑ {} in all", bytes(traffic.received), bytes(traffic.sent)),
        ),
    }));
    lines.push(or_missing("Load", &machine.load, |load| {
        plain("Load", &format!("{:.2} {:.2} {:.2}", load.one, load.five, load.fifteen))
    }));
    let uptime = part(system::uptime());
    lines.push(or_missing("Up", &uptime, |seconds| plain("Up", &duration(*seconds))));
    lines.join("\n")
}

fn or_missing<T>(name: &str, part: &Part<T>, line: impl FnOnce(&T) -> String) -> String {
    match part {
        Ok(part) => line(part),
        Err(missing) => plain(name, missing.text()),
    }
}

fn barred(name: &str, value: f64, rest: &str) -> String {
    format!("{:<7} {:>5} {} {rest}", cut(name, 7), percent(value), bar(value, BAR))
}

fn plain(name: &str, text: &str) -> String {
    format!("{name:<7}  {text}")
}

fn processes(by_memory: bool) -> String {
    let order = if by_memory { Order::Memory } else { Order::Cpu };
    match part(system::processes(order, PROCESSES)) {
        Err(missing) => missing.text().to_owned(),
        Ok(processes) if processes.is_empty() => "none".to_owned(),
        Ok(processes) => {
            let line = |process: &system::Process| {
                let (name, cpu) = (cut(&process.name, 15), percent(process.cpu_percent));
                format!("{name:<15} {cpu:>7} {:>9}", bytes(process.memory_bytes))
            };
            processes.iter().map(line).collect::<Vec<String>>().join("\n")
        }
    }
}
