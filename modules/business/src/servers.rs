//! `/servers`: all servers at a glance. What is inside each of them is the business of the module `vps`.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::{HostError, ssh::Output};

use crate::page::Page;
use crate::proc::State;
use crate::trouble::{Trouble, or_told};
use crate::wording::{short, span};

/// Servers on a page: as many as one call of the host asks side by side, or fewer.
const ON_A_PAGE: usize = 12;
/// Percent in use from which a line says so.
const FULL_DISK: u64 = 90;
const FULL_MEMORY: u64 = 95;
/// Characters of an alias in the table.
const ALIAS: usize = 11;

/// `/servers`
pub(crate) fn command(_: &Call) -> Result<Reply> {
    told(draw(None))
}

/// The list at the page of the button.
pub(crate) fn list(call: &Call) -> Result<Reply> {
    told(draw(call.get(0)))
}

fn told(made: Result<Reply, Trouble>) -> Result<Reply> {
    let buttons = [Button::new("Refresh", "servers"), Button::new("Back", "home")];
    or_told(made, "🖥 <b>Servers</b>", buttons)
}

fn draw(page: Option<&str>) -> Result<Reply, Trouble> {
    let targets = ssh::targets()?;
    let title = Html::from("🖥 <b>Servers</b>");
    if targets.is_empty() {
        let html = title.text(
            "\n\nNone is set up. Set VPS_HOST, VPS_USERNAME and VPS_PRIVATE_KEY, or write a table [ssh.NAME] \
             into umbrasil.toml for each server, then restart the bot.",
        );
        return Ok(Reply::html(html).row([Button::new("Back", "home")]));
    }
    let page = Page::new(&targets, page, ON_A_PAGE);
    let states = states(page.items)?;
    let reached = states.iter().filter(|state| state.is_ok()).count();
    let mut html = title.text(format_args!(
        "\n{reached} of {} reachable{}\n",
        page.items.len(),
        page.caption()
    ));
    if reached > 0 {
        html = html.pre(table(page.items, &states));
    }
    for (target, state) in page.items.iter().zip(&states) {
        html = match state {
            Ok(state) => html.push(warnings(target, state)),
            Err(reason) => html.text("\n🔴 ").bold(target).text(" ").text(reason),
        };
    }
    if reached > 0 {
        html = html.text("\n\nMore: ").code("/vps stats NAME");
    }
    let to = |label: &str, number: usize| Button::new(label, "servers").arg(number);
    let mut reply = Reply::html(html);
    let turns = page.turns(to);
    if !turns.is_empty() {
        reply = reply.row(turns);
    }
    Ok(reply.row([to("Refresh", page.number), Button::new("Back", "home")]))
}

/// Asks all servers at once, and those that answered for their disk: two commands each.
fn states(targets: &[String]) -> Result<Vec<Result<State, String>>, Trouble> {
    let words = ["cat", "/proc/loadavg", "/proc/uptime", "/proc/meminfo"];
    let mut states = Vec::with_capacity(targets.len());
    for (target, answer) in targets.iter().zip(ssh::exec_all(targets, words)) {
        states.push(match answer {
            // Where there is no `/proc` the server can be reached all the same.
            Ok(output) => Ok(State::read(&output.stdout)),
            Err(error) => Err(reason(target, error)?),
        });
    }
    let reached = |state: &Result<State, String>| state.is_ok();
    let asked: Vec<String> = targets
        .iter()
        .zip(&states)
        .filter(|(_, state)| reached(state))
        .map(|(target, _)| target.clone())
        .collect();
    if asked.is_empty() {
        return Ok(states);
    }
    let disks = ssh::exec_all(&asked, ["df", "-P", "/"]);
    for (state, disk) in states.iter_mut().flatten().zip(disks) {
        match disk {
            Ok(Output { stdout, .. }) => state.read_disk(&stdout),
            Err(error @ HostError::Pending(_)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    Ok(states)
}

/// Why a server could not be asked, as the rest of a sentence that begins with its name.
fn reason(target: &str, error: HostError) -> Result<String, Trouble> {
    let text = match Trouble::from(error) {
        Trouble::Told(text) => text,
        passed @ Trouble::Passed(_) => return Err(passed),
    };
    let own = text.get(..target.len()).filter(|start| start.eq_ignore_ascii_case(target));
    let rest = own.and_then(|_| text.get(target.len()..)).and_then(|rest| rest.strip_prefix(' '));
    Ok(rest.map_or_else(|| format!("– {text}"), str::to_owned))
}

fn table(targets: &[String], states: &[Result<State, String>]) -> String {
    let mut lines =
        vec![format!("{:<ALIAS$}{:>6}{:>6}{:>5}{:>6}", "", "load", "mem", "disk", "up")];
    for (target, state) in targets.iter().zip(states) {
        let Ok(state) = state else { continue };
        let percent =
            |part: Option<u64>| part.map_or_else(|| "–".to_owned(), |part| format!("{part}%"));
        let load = state.load.map_or_else(|| "–".to_owned(), |load| format!("{load:.2}"));
        let up = state
            .uptime
            .map_or_else(|| "–".to_owned(), |seconds| span(seconds).replace(" min", " m"));
        lines.push(format!(
            "{:<ALIAS$}{load:>6}{:>6}{:>5}{up:>6}",
            short(target, ALIAS),
            percent(state.memory),
            percent(state.disk)
        ));
    }
    lines.join("\n")
}

fn warnings(target: &str, state: &State) -> Html {
    let mut html = Html::new();
    let parts = [("disk", state.disk, FULL_DISK), ("memory", state.memory, FULL_MEMORY)];
    for (part, percent, full) in parts {
        if let Some(percent) = percent.filter(|percent| *percent >= full) {
            html = html.text("\n🟡 ").bold(target).text(format_args!(": {part} {percent} % full"));
        }
    }
    html
}
