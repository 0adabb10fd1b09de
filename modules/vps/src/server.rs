//! Which server is meant: by the name that somebody typed, or by what a button had room for.

use umbrasil_sdk::prelude::*;

use crate::view::{REFRESH, View};

/// Bytes of a name that a button carries as it is; a longer one is carried as its [`mark`].
const ROOM: usize = 16;
/// Servers on one page of a picker.
const PICKED: usize = 12;

/// What a handler found out about the server that it is for.
pub(crate) enum Found {
    /// This is the one.
    One(String),
    /// The user has to say which, or has to set one up: this asks for it.
    Asks(Reply),
}

/// The server that was named; the only one, if none was named and there is just one.
pub(crate) fn find(named: Option<&str>, view: View) -> Result<Found> {
    let servers = ssh::targets()?;
    Ok(match (named, servers.as_slice()) {
        (_, []) => Found::Asks(none()),
        (None, [only]) => Found::One(only.clone()),
        (None, servers) => {
            let question = Html::new().text("🖥 ").bold(view.title()).text(" of which server?");
            Found::Asks(picker(servers, view, 0, question))
        }
        (Some(name), servers) => {
            if let Some(server) = by_name(servers, name) {
                return Ok(Found::One(server.to_owned()));
            }
            let question = Html::new().text("🤷 There is no server ").code(shown(name));
            Found::Asks(picker(servers, view, 0, question.text(". Which one?")))
        }
    })
}

/// Another page of the servers to choose from: `view`, `page`.
pub(crate) fn pick(call: &Call) -> Result<Reply> {
    let view = View::from_word(call.arg(0)?).unwrap_or(View::Stats);
    let page = call.get(1).and_then(|page| page.parse().ok()).unwrap_or(0);
    let servers = ssh::targets()?;
    if servers.is_empty() {
        return Ok(none());
    }
    let question = Html::new().text("🖥 ").bold(view.title()).text(" of which server?");
    Ok(picker(&servers, view, page, question))
}

/// What is to be done where no server is configured, or nothing is granted on any.
pub(crate) fn none() -> Reply {
    Reply::html(
        Html::from("🖥 <b>No servers yet</b>\n\nSet ")
            .code("VPS_HOST")
            .text(", ")
            .code("VPS_USERNAME")
            .text(" and ")
            .code("VPS_PRIVATE_KEY")
            .text(", or add ")
            .code("[ssh.NAME]")
            .text(" to umbrasil.toml, and restart the bot.\n\nSet up already? Then its commands were revoked: /grants vps shows them."),
    )
    .row([Button::new(REFRESH, "home")])
    .replace()
}

fn picker(servers: &[String], view: View, page: usize, question: Html) -> Reply {
    let (page, pages) = page_of(page, servers.len(), PICKED);
    let mut reply = Reply::html(question);
    let listed: Vec<&String> = servers.iter().skip(page * PICKED).take(PICKED).collect();
    for row in listed.chunks(2) {
        let button = |server: &&String| {
            Button::new(crate::text::short(server, 24), view.action()).arg(reference(server))
        };
        reply = reply.row(row.iter().map(button));
    }
    let turn = |label, page| Button::new(label, "pick").arg(view.action()).arg(page);
    if let Some(row) = turning(page, pages, turn) {
        reply = reply.row(row);
    }
    reply.row([Button::new("⬅ Servers", "home")]).replace()
}

/// The page that there is, nearest to the one that is asked for, and how many there are.
pub(crate) fn page_of(page: usize, items: usize, each: usize) -> (usize, usize) {
    let pages = items.div_ceil(each.max(1)).max(1);
    (page.min(pages - 1), pages)
}

/// The row that turns pages, if there are several: around at the ends.
pub(crate) fn turning(
    page: usize,
    pages: usize,
    turn: impl Fn(String, usize) -> Button,
) -> Option<Vec<Button>> {
    (pages > 1).then(|| {
        let previous = if page == 0 { pages - 1 } else { page - 1 };
        let next = if page + 1 == pages { 0 } else { page + 1 };
        let back = turn(format!("◀ {}/{pages}", previous + 1), previous);
        let on = turn(format!("{}/{pages} ▶", next + 1), next);
        // Of two pages the other one is both.
        match (pages, page) {
            (2, 0) => vec![on],
            (2, _) => vec![back],
            _ => vec![back, on],
        }
    })
}

/// Exactly, or but for capitals.
fn by_name<'a>(servers: &'a [String], name: &str) -> Option<&'a str> {
    let exact = servers.iter().find(|server| refers(name, server));
    exact
        .or_else(|| servers.iter().find(|server| server.eq_ignore_ascii_case(name)))
        .map(String::as_str)
}

/// A name as a button carries it: itself, or a mark of eight digits if it is long. `#` is in no alias, no
/// unit and at the beginning of no command.
pub(crate) fn reference(name: &str) -> String {
    referred(name, ROOM)
}

/// Like [`reference`], with other room than a server's name has.
pub(crate) fn referred(name: &str, room: usize) -> String {
    if name.len() <= room { name.to_owned() } else { format!("#{:08x}", mark(name)) }
}

/// Whether a button means this name.
pub(crate) fn refers(reference: &str, name: &str) -> bool {
    reference == name
        || reference.strip_prefix('#').is_some_and(|hex| hex == format!("{:08x}", mark(name)))
}

/// FNV-1a: the same in every build, and different for the few names that one bot has.
fn mark(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |mark, byte| (mark ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn shown(name: &str) -> String {
    crate::text::short(&crate::text::one_line(name), 40)
}
