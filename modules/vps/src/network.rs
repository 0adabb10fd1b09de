//! `/vps net NAME`: addresses, what has gone through, and who listens.

use std::collections::BTreeMap;

use umbrasil_sdk::prelude::*;

use crate::ask::{self, ask, is_missing, maybe};
use crate::proc::{self, Moved};
use crate::server::{Found, find, page_of, reference, turning};
use crate::text::{self, bytes, short};
use crate::trouble::Trouble;
use crate::view::{Page, REFRESH, View, framed};

/// Ports on one page, and lines of the other two tables.
const PORTS: usize = 16;
const LINES: usize = 8;

/// The action of its buttons: server, page.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    of(call, call.get(0), call.get(1))
}

pub(crate) fn of(call: &Call, named: Option<&str>, page: Option<&str>) -> Result<Reply> {
    let server = match find(named, View::Net)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    let at = page.and_then(|page| page.parse().ok()).unwrap_or(0);
    chat::typing()?;
    let refresh = Button::new(REFRESH, View::Net.action()).arg(reference(&server)).arg(at);
    framed(call, &server, View::Net, refresh, self::page(&server, at))
}

fn page(server: &str, at: usize) -> Result<Page, Trouble> {
    // Its failing tells whether the server can be reached at all.
    let before = ask(server, ask::TRAFFIC)?;
    let mut addresses = maybe(ask(server, ask::ADDRESSES))?;
    let mut ports = maybe(ask(server, ask::LISTENING))?;
    if ports.as_ref().is_none_or(is_missing) {
        ports = maybe(ask(server, ask::LISTENING_OLD))?.or(ports);
    }
    maybe(ask(server, ask::SECOND))?;
    let after = maybe(ask(server, ask::TRAFFIC))?;

    let mut html = Html::from("<b>Addresses</b>\n");
    html = match addresses.take_if(|output| output.is_success()) {
        Some(output) => html.pre(address_lines(&text::clean(&output.stdout)).join("\n")),
        None => html.text("There is no `ip` to ask, or it may not be run.\n"),
    };
    let lines = traffic_lines(&before.stdout, after.as_ref().map(|output| output.stdout.as_str()));
    if !lines.is_empty() {
        html =
            html.text("\n").bold("Traffic since its start, and now").line().pre(lines.join("\n"));
    }
    html = html.text("\n").bold("Listening").line();
    let Some(output) = ports.filter(ssh::Output::is_success) else {
        return Ok(Page::new(html.text("There is no `ss` and no `netstat` to ask.\n")));
    };
    let ports = port_lines(&text::clean(&output.stdout));
    if ports.is_empty() {
        return Ok(Page::new(html.text("Nobody.\n")));
    }
    let (at, pages) = page_of(at, ports.len(), PORTS);
    let shown: Vec<&str> = ports.iter().skip(at * PORTS).take(PORTS).map(String::as_str).collect();
    let page = Page::new(html.pre(shown.join("\n")));
    let turn =
        |label, page| Button::new(label, View::Net.action()).arg(reference(server)).arg(page);
    Ok(match turning(at, pages, turn) {
        Some(row) => page.row(row),
        None => page,
    })
}

/// `eth0  192.0.2.2/24`, from `ip -o address`: those of the machine itself come last.
fn address_lines(text: &str) -> Vec<String> {
    let mut found: Vec<(bool, String, String)> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, interface, "inet" | "inet6", address, rest @ ..] = words.as_slice() else {
            continue;
        };
        let local = rest.windows(2).any(|pair| matches!(pair, ["scope", "host" | "link"]));
        let name = interface.split('@').next().unwrap_or(interface);
        found.push((local, name.to_owned(), (*address).to_owned()));
    }
    found.sort_by_key(|(local, _, _)| *local);
    let line = |(_, name, address): &(bool, String, String)| {
        let name = short(name, 8);
        format!("{name:8} {}", short(address, text::WIDTH - 9))
    };
    limited(found.iter().map(line).collect())
}

/// Two lines for each interface that has moved something, the busiest first.
fn traffic_lines(before: &str, after: Option<&str>) -> Vec<String> {
    let (began, mut totals) = proc::traffic(before);
    let (ended, now) = after.map(proc::traffic).unwrap_or_default();
    totals.retain(|moved| {
        moved.interface != "lo"
            && !moved.interface.starts_with("veth")
            && moved.received + moved.sent > 0
    });
    totals.sort_by_key(|moved| std::cmp::Reverse(moved.received.saturating_add(moved.sent)));
    let hundredths = began.zip(ended).and_then(|(began, ended)| ended.checked_sub(began));
    let hundredths = hundredths.filter(|hundredths| *hundredths > 0);
    let line = |total: &Moved| {
        let name = short(&total.interface, 8);
        let mut lines = columns(&name, &bytes(total.received), &bytes(total.sent));
        let later = now.iter().find(|moved| moved.interface == total.interface);
        if let (Some(later), Some(hundredths)) = (later, hundredths) {
            let rate = |later: u64, earlier: u64| {
                let moved =
                    u128::from(later.saturating_sub(earlier)) * 100 / u128::from(hundredths);
                format!("{}/s", bytes(u64::try_from(moved).unwrap_or(u64::MAX)))
            };
            let received = rate(later.received, total.received);
            lines.push('\n');
            lines.push_str(&columns("", &received, &rate(later.sent, total.sent)));
        }
        lines
    };
    limited(totals.iter().map(line).collect())
}

fn columns(name: &str, received: &str, sent: &str) -> String {
    format!("{name:8} ↓{received:>11} ↑{sent:>11}")
}

/// `tcp 22  all`, from `ss -tulnH` or `netstat -tuln`: the local address is the first word with a port in it.
fn port_lines(text: &str) -> Vec<String> {
    let mut ports: BTreeMap<(u16, String), Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(kind @ ("tcp" | "tcp6" | "udp" | "udp6")) = words.next() else { continue };
        let Some((address, port)) = words.find_map(with_port) else { continue };
        let address = match address.trim_matches(['[', ']']) {
            "*" | "0.0.0.0" | "::" => "all".to_owned(),
            address => address.split('%').next().unwrap_or(address).to_owned(),
        };
        let of = ports.entry((port, kind.trim_end_matches('6').to_owned())).or_default();
        if !of.contains(&address) {
            of.push(address);
        }
    }
    let line = |((port, kind), mut of): ((u16, String), Vec<String>)| {
        if of.iter().any(|address| address == "all") {
            of = vec!["all".to_owned()];
        }
        short(&format!("{kind} {port:<5} {}", of.join(", ")), text::WIDTH)
    };
    ports.into_iter().map(line).collect()
}

fn with_port(word: &str) -> Option<(&str, u16)> {
    let (address, port) = word.rsplit_once(':')?;
    Some((address, port.parse().ok()?))
}

/// Not more lines than are read, and how many there are besides.
fn limited(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    lines
}

#[cfg(test)]
mod tests;
