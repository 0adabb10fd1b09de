//! The page of one container, and what can be done to it.

use umbrasil_sdk::docker::{Container, Details, Port, Usage};
use umbrasil_sdk::prelude::*;

use crate::containers::{self, name_of, reference, sign};
use crate::trouble::{Trouble, unseen};
use crate::wording::{short, size, span, stamp};

/// Ports that are listed.
const PORTS: usize = 6;

/// The page of the button's container.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    let reference = call.arg(0)?;
    containers::told(name_of(reference).and_then(|name| draw(call, &name, "")))
}

pub(crate) fn start(call: &Call) -> Result<Reply> {
    pressed(call, "start")
}

pub(crate) fn stop(call: &Call) -> Result<Reply> {
    pressed(call, "stop")
}

pub(crate) fn restart(call: &Call) -> Result<Reply> {
    pressed(call, "restart")
}

fn pressed(call: &Call, verb: &str) -> Result<Reply> {
    let reference = call.arg(0)?;
    containers::told(name_of(reference).and_then(|name| perform(call, &name, verb)))
}

/// Starts, stops or restarts a container of the list.
pub(crate) fn change(call: &Call, container: &Container, verb: &str) -> Result<Reply, Trouble> {
    perform(call, &container.name, verb)
}

/// The owner confirms what stops a container; the host sees to that, and runs the event again.
fn perform(call: &Call, name: &str, verb: &str) -> Result<Reply, Trouble> {
    let done = match verb {
        "start" => docker::start(name).map(|()| "✅ Started.\n\n"),
        "stop" => docker::stop(name).map(|()| "✅ Stopped.\n\n"),
        _ => docker::restart(name).map(|()| "✅ Restarted.\n\n"),
    };
    let done = done?;
    match draw(call, name, done) {
        Err(Trouble::Told(why)) => {
            let list = Button::new("Containers", "containers");
            Ok(unseen(done, short(name, 128), &why, [list, Button::new("Back", "home")]))
        }
        seen => seen,
    }
}

/// The page, below a line that says what was done.
pub(crate) fn draw(call: &Call, name: &str, done: &'static str) -> Result<Reply, Trouble> {
    let details = docker::inspect(name)?;
    let container = &details.container;
    let runs = container.state == "running";
    // It may have ended meanwhile; then there is just nothing to say.
    let usage = if runs { docker::stats(name).ok() } else { None };
    let html = Html::from(done)
        .text(sign(container))
        .text(" ")
        .bold(short(name, 128))
        .line()
        .code(short(&container.image, 80))
        .line()
        .pre(table(call, &details, usage.as_ref()));
    let reference = reference(container);
    let to = |label: &str, action: &str| Button::new(label, action).arg(&reference);
    let change = match container.state.as_str() {
        "running" | "restarting" | "paused" => vec![to("Restart", "restart"), to("Stop", "stop")],
        _ => vec![to("Start", "start")],
    };
    Ok(Reply::html(html)
        .row([to("Logs", "logs"), to("Refresh", "container")])
        .row(change)
        .row([Button::new("Back", "containers")]))
}

fn table(call: &Call, details: &Details, usage: Option<&Usage>) -> String {
    let container = &details.container;
    let mut lines = Vec::new();
    let mut line = |label: &str, value: &str| lines.push(format!("{label:<9}{value}"));
    line("State", &short(&container.state, 24));
    if !container.health.is_empty() {
        line("Health", &short(&container.health, 24));
    }
    let runs = matches!(container.state.as_str(), "running" | "restarting" | "paused");
    match (runs, details.started, details.finished) {
        (true, started @ 1.., _) => line("Since", &since(call, started)),
        (false, _, finished @ 1..) => line("Ended", &since(call, finished)),
        _ => {}
    }
    if !runs && details.started > 0 {
        line("Exit", &exit(details));
    }
    for (index, port) in container.ports.iter().take(PORTS).enumerate() {
        line(if index == 0 { "Ports" } else { "" }, &mapping(port));
    }
    if let Some(more @ 1..) = container.ports.len().checked_sub(PORTS) {
        line("", &format!("and {more} more"));
    }
    line("Policy", &short(&details.restart_policy, 24));
    if details.restarts > 0 {
        line("Restarts", &details.restarts.to_string());
    }
    if let Some(usage) = usage {
        line("CPU", &format!("{:.1} %", usage.cpu_percent));
        let limit = usage.memory_limit_bytes;
        let of = if limit == 0 { String::new() } else { format!(" of {}", size(limit)) };
        line("Memory", &format!("{}{of}", size(usage.memory_bytes)));
        let (received, sent) = (usage.network_received_bytes, usage.network_sent_bytes);
        line("Network", &format!("↓ {} ↑ {}", size(received), size(sent)));
    }
    lines.join("\n")
}

/// Such as `2026-11-22 09:12 (3 h)`.
fn since(call: &Call, at: u64) -> String {
    let passed = (call.at().unix_ms / 1_000).saturating_sub(at);
    format!("{} ({})", stamp(call.at(), at), span(passed))
}

fn exit(details: &Details) -> String {
    match (details.exit_code, details.out_of_memory) {
        (code, true) => format!("{code}, out of memory"),
        (0, false) => "0, as it should".to_owned(),
        (137, false) => "137, killed".to_owned(),
        (143, false) => "143, was told to end".to_owned(),
        (code, false) => format!("{code}, an error"),
    }
}

/// Such as `8080 → 80/tcp`.
fn mapping(port: &Port) -> String {
    let inside = format!("{}/{}", port.inside, short(&port.protocol, 4));
    port.outside.map_or_else(|| inside.clone(), |outside| format!("{outside} → {inside}"))
}
