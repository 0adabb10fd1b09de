//! `/vps`: all servers at a glance, asked side by side.

use umbrasil_sdk::prelude::*;

use crate::ask;
use crate::disk::{self, FULL};
use crate::proc::Vitals;
use crate::server::{self, page_of, reference, turning};
use crate::stats;
use crate::text::{self, brief_span, short_end};
use crate::trouble::Trouble;
use crate::view::{self, REFRESH, View};

/// Servers on one page: so many are asked at a time.
const LISTED: usize = 8;

/// The action of its buttons: page.
pub(crate) fn home(call: &Call) -> Result<Reply> {
    show(call, call.get(0).and_then(|page| page.parse().ok()).unwrap_or(0))
}

pub(crate) fn show(call: &Call, page: usize) -> Result<Reply> {
    let servers = ssh::targets()?;
    if servers.is_empty() {
        return Ok(server::none());
    }
    chat::typing()?;
    let (page, pages) = page_of(page, servers.len(), LISTED);
    let listed: Vec<String> = servers.iter().skip(page * LISTED).take(LISTED).cloned().collect();
    let mut html = Html::from("🖥 <b>Servers</b>\n");
    for (server, line) in listed.iter().zip(lines(&listed)?) {
        html = html.line().push(line_of(server, &line));
    }
    let mut reply = Reply::html(html.line().push(view::seen(call)));
    for row in listed.chunks(2) {
        let button = |server: &String| {
            Button::new(text::short(server, 24), View::Stats.action()).arg(reference(server))
        };
        reply = reply.row(row.iter().map(button));
    }
    if let Some(row) = turning(page, pages, |label, page| Button::new(label, "home").arg(page)) {
        reply = reply.row(row);
    }
    Ok(reply.row([Button::new(REFRESH, "home").arg(page)]).replace())
}

/// `🟢 up 3d · load 0.40 · mem 41% · disk 63%`: the sign goes before the name.
fn line_of(server: &str, line: &str) -> Html {
    let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
    Html::new().text(sign).text(" ").bold(server).line().text("      ").text(rest)
}

/// A line for each of the servers.
fn lines(servers: &[String]) -> Result<Vec<String>> {
    let pulses = ssh::exec_all(servers, ask::words(ask::PULSE));
    let pulses: Vec<Result<Vitals, Trouble>> = servers
        .iter()
        .zip(pulses)
        .map(|(server, result)| {
            let output = result.map_err(|error| Trouble::of(error, server))?;
            let vitals = Vitals::read(&text::clean(&output.stdout));
            if vitals.is_linux() { Ok(vitals) } else { Err(stats::no_proc(server)) }
        })
        .collect();
    // Who did not answer is not asked again.
    let answered: Vec<String> = servers
        .iter()
        .zip(&pulses)
        .filter(|(_, pulse)| pulse.is_ok())
        .map(|(name, _)| name.clone())
        .collect();
    let mut disks = if answered.is_empty() {
        Vec::new()
    } else {
        ssh::exec_all(&answered, ask::words(ask::DISKS))
    }
    .into_iter();
    let line = |(server, pulse): (&String, Result<Vitals, Trouble>)| match pulse {
        Ok(vitals) => {
            let disk = match disks.next() {
                Some(Ok(output)) => fullest(&output.stdout),
                Some(Err(error)) => {
                    // That a view can do without it is no reason not to ask the owner, where they want to be.
                    if let ends @ Trouble::Ends(_) = Trouble::of(error, server) {
                        ends.brief(server)?;
                    }
                    None
                }
                None => None,
            };
            Ok(summary(&vitals, disk))
        }
        Err(trouble) => trouble.brief(server),
    };
    servers.iter().zip(pulses).map(line).collect()
}

/// The fullest disk, if it is nearly full; else the one that holds the system.
fn fullest(table: &str) -> Option<(String, u64)> {
    let disks = disk::read(&text::clean(table));
    let fullest = disks.iter().max_by_key(|disk| disk.percent())?;
    let root = disks.iter().find(|disk| disk.mount == "/");
    let shown = if fullest.percent() >= FULL { fullest } else { root.unwrap_or(fullest) };
    Some((shown.mount.clone(), shown.percent()))
}

fn summary(vitals: &Vitals, disk: Option<(String, u64)>) -> String {
    let mut facts = Vec::new();
    if let Some(seconds) = vitals.uptime {
        facts.push(format!("up {}", brief_span(seconds)));
    }
    if let Some([one, _, _]) = &vitals.load {
        facts.push(format!("load {one}"));
    }
    let memory = vitals.memory.map(crate::proc::Used::percent);
    if let Some(percent) = memory {
        facts.push(format!("mem {percent}%"));
    }
    let full = disk.as_ref().map(|(_, percent)| *percent);
    match disk {
        Some((mount, percent)) if mount == "/" => facts.push(format!("disk {percent}%")),
        Some((mount, percent)) => facts.push(format!("{} {percent}%", short_end(&mount, 16))),
        None => facts.push("disk ?".to_owned()),
    }
    let tight = [memory, full].into_iter().flatten().any(|percent| percent >= FULL);
    format!("{} {}", if tight { "🟠" } else { "🟢" }, facts.join(" · "))
}
