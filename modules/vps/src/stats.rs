//! `/vps stats NAME`: what a server is, and how busy.

use umbrasil_sdk::prelude::*;

use crate::ask::{self, ask, maybe};
use crate::disk;
use crate::proc::{Used, Vitals};
use crate::server::{Found, find, reference};
use crate::text::{self, bar, count, part_of, short};
use crate::trouble::Trouble;
use crate::view::{Page, REFRESH, View, framed};

/// Columns of a bar, and of what stands before it.
const BAR: usize = 7;
const LABEL: usize = 8;
/// Disks that are shown here, the fullest first: the others have a view of their own.
const DISKS: usize = 4;

/// The action of its buttons: server.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    of(call, call.get(0))
}

pub(crate) fn of(call: &Call, named: Option<&str>) -> Result<Reply> {
    let server = match find(named, View::Stats)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    chat::typing()?;
    let refresh = Button::new(REFRESH, View::Stats.action()).arg(reference(&server));
    framed(call, &server, View::Stats, refresh, page(&server))
}

fn page(server: &str) -> Result<Page, Trouble> {
    // The file that says which system it is may be missing: then `cat` fails, and has read all the others.
    let output = ask(server, ask::VITALS)?;
    let vitals = Vitals::read(&text::clean(&output.stdout));
    if !vitals.is_linux() {
        return Err(no_proc(server));
    }
    let disks = maybe(ask(server, ask::DISKS))?;
    let users = maybe(ask(server, ask::USERS))?.filter(ssh::Output::is_success);
    maybe(ask(server, ask::SECOND))?;
    let later = maybe(ask(server, ask::PROCESSORS))?;
    let busy = later.and_then(|output| {
        Vitals::read(&output.stdout).processors?.percent_since(vitals.processors?)
    });

    let mut html = Html::new();
    let what: Vec<&str> =
        [&vitals.system, &vitals.kernel].into_iter().flatten().map(String::as_str).collect();
    for line in what {
        html = html.text(short(line, 60)).line();
    }
    let mut facts = Vec::new();
    if let Some(seconds) = vitals.uptime {
        facts.push(format!("up {}", text::span(seconds)));
    }
    if let Some(output) = users {
        let lines = output.stdout.lines().filter(|line| !line.trim().is_empty()).count();
        facts.push(format!("{} logged in", count(lines, "user", "users")));
    }
    html = html.text(facts.join(" · ")).text("\n\n");

    let mut lines = Vec::new();
    if vitals.cores > 0 {
        let cores = count(vitals.cores, "core", "cores");
        lines.push(match busy {
            Some(busy) => gauge("CPU", busy, &cores),
            None => format!("{:LABEL$} {cores}", "CPU"),
        });
    }
    let used = |label: &str, Used { part, whole }: Used| {
        gauge(label, text::percent(part, whole), &part_of(part, whole))
    };
    lines.extend(vitals.memory.map(|memory| used("Memory", memory)));
    lines.extend(vitals.swap.map(|swap| used("Swap", swap)));
    let mut disks =
        disks.map(|output| disk::read(&text::clean(&output.stdout))).unwrap_or_default();
    disks.sort_by_key(|disk| std::cmp::Reverse(disk.percent()));
    for disk in disks.iter().take(DISKS) {
        lines.push(gauge(&disk.mount, disk.percent(), &part_of(disk.used, disk.size())));
    }
    if let Some(load) = &vitals.load {
        lines.push(format!("{:LABEL$} {}", "Load", load.join("  ")));
    }
    Ok(Page::new(html.pre(lines.join("\n"))))
}

/// `Memory   ███░░░░░  41% 3.2/7.8 GB`
fn gauge(label: &str, percent: u64, rest: &str) -> String {
    let label = text::short_end(label, LABEL);
    let line = format!("{label:LABEL$} {} {percent:3}% {rest}", bar(percent, BAR));
    short(&line, text::WIDTH)
}

/// What is said of a system whose numbers are somewhere else.
pub(crate) fn no_proc(server: &str) -> Trouble {
    let what = format!("{server} answers, but has no /proc of Linux to read.");
    Trouble::new(
        "🟡",
        what,
        "Other systems can be reached with Run, as far as commands are granted.",
    )
}
