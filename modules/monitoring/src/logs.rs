//! The log view: host, modules or a container, by level and text, page by page. For owners only.

use umbrasil_sdk::HostError;
use umbrasil_sdk::prelude::*;

use crate::containers;
use crate::log_view::{Line, Source, View};
use crate::words::cut;

/// Characters of a line, so that a page fits into a message.
const LINE: usize = 170;
/// Characters of a filter.
const FILTER: usize = 60;
/// Containers to choose from on a page, and in a row.
const A_PAGE: usize = 12;
const IN_A_ROW: usize = 2;

/// The choice of a source.
pub(crate) fn sources(call: &Call) -> Result<Reply> {
    let Some(_owner) = owner(call)? else { return Ok(Reply::none()) };
    Ok(Reply::html("🗒 <b>Logs</b>\n\nOf what?")
        .row([
            Button::new("Host", "log").arg("host"),
            Button::new("Modules", "log").arg("modules"),
            Button::new("Containers", "boxes"),
        ])
        .row([Button::new("📊 Monitoring", "home")])
        .replace())
}

/// The choice of a container.
pub(crate) fn boxes(call: &Call) -> Result<Reply> {
    let Some(_owner) = owner(call)? else { return Ok(Reply::none()) };
    let names = match containers::names() {
        Err(HostError::Denied(_)) => return Ok(not_granted("docker list *")),
        names => names?,
    };
    let page: usize = call.get(0).and_then(|page| page.parse().ok()).unwrap_or(0);
    let pages = names.len().div_ceil(A_PAGE);
    let page = page.min(pages.saturating_sub(1));
    let mut reply = Reply::html(if names.is_empty() {
        "🐳 There are no containers."
    } else {
        "🐳 <b>Logs</b> of which container?"
    });
    let shown: Vec<&String> = names.iter().skip(page * A_PAGE).take(A_PAGE).collect();
    for row in shown.chunks(IN_A_ROW) {
        let button = |name: &&String| Button::new(cut(name, 30), "log").arg("box").arg(hash(name));
        reply = reply.row(row.iter().map(button));
    }
    let turn = |label: &str, page: usize| Button::new(label, "boxes").arg(page);
    if pages > 1 {
        let back = (page > 0).then(|| turn("◀", page.saturating_sub(1)));
        let on = (page + 1 < pages).then(|| turn("▶", page + 1));
        reply = reply.row(back.into_iter().chain(on));
    }
    Ok(reply.row([Button::new("◀ Logs", "logs")]).replace())
}

/// Every other button of the view: what is to change, and to what.
pub(crate) fn change(call: &Call) -> Result<Reply> {
    let Some(mut view) = owner(call)? else { return Ok(Reply::none()) };
    let what = call.arg(0)?;
    match what {
        "host" => view = View::of(Source::Host),
        "modules" => view = View::of(Source::Modules),
        "box" => {
            let wanted = call.arg(1)?;
            let Some(name) = containers::names()?.into_iter().find(|name| hash(name) == wanted)
            else {
                chat::toast("This container is not there any more.")?;
                return boxes(call);
            };
            view = View::of(Source::Container(name));
        }
        "older" => {
            view.older(call.arg(1)?.parse().map_err(|_| Error::internal("older than nothing"))?);
        }
        "newer" => drop(view.pages.pop()),
        "newest" => view.pages.clear(),
        "level" => {
            view.least = (view.least + 1) % 4;
            view.pages.clear();
        }
        "clear" => {
            view.filter.clear();
            view.pages.clear();
        }
        "ask" => {
            chat::expect("log_filter", [""; 0])?;
            return Ok(Reply::text("🔎 Which text? Only lines with it are shown.")
                .row([Button::new("Cancel", "log").arg("newest")])
                .replace());
        }
        _ => return Err(Error::internal("a button of no log")),
    }
    view.keep(call)?;
    show(call, &view)
}

/// The text to look for, as it was typed.
pub(crate) fn filter(call: &Call) -> Result<Reply> {
    let Some(mut view) = owner(call)? else { return Ok(Reply::none()) };
    let text: String =
        call.text().trim().chars().filter(|c| !c.is_control()).take(FILTER).collect();
    view.filter = text;
    view.pages.clear();
    view.keep(call)?;
    show(call, &view)
}

/// What an owner looked at last; nobody else sees any of it, and reads so.
fn owner(call: &Call) -> Result<Option<View>> {
    if call.user().owner {
        return View::read(call).map(Some);
    }
    chat::toast("Only an owner sees the logs.")?;
    Ok(None)
}

fn show(call: &Call, view: &View) -> Result<Reply> {
    let of_container = matches!(view.source, Source::Container(_));
    let shown = match view.lines() {
        Err(HostError::Denied(_)) => return Ok(not_granted(&view.permission())),
        shown => shown?,
    };
    let mut html = Html::from("🗒 <b>Logs</b> · ");
    html = match &view.source {
        Source::Host => html.text("host"),
        Source::Modules => html.text("modules"),
        Source::Container(name) => html.text("🐳 ").text(cut(name, 40)),
    };
    if !view.filter.is_empty() {
        html = html.text(" · “").text(&view.filter).text("”");
    }
    html = html.line();
    let empty = match (view.filter.is_empty(), view.pages.is_empty()) {
        (false, _) => "Nothing has this text in it.",
        (_, false) => "Nothing older is kept.",
        _ => "Nothing was written.",
    };
    html = if shown.lines.is_empty() {
        html.text(empty)
    } else {
        let lines: Vec<String> = shown.lines.iter().map(|line| told(call, line)).collect();
        html.pre(lines.join("\n"))
    };
    let mut reply = Reply::html(html);
    let log = |label: &str, what: &str| Button::new(label, "log").arg(what);
    let older = shown.older.map(|number| log("◀ Older", "older").arg(number));
    let newer = (!view.pages.is_empty()).then(|| log("Newer ▶", "newer"));
    let turns: Vec<Button> = older.into_iter().chain(newer).collect();
    if !turns.is_empty() {
        reply = reply.row(turns);
    }
    let mut second = Vec::new();
    if !of_container {
        second.push(log(&format!("From {} on", view.level_name()), "level"));
    }
    second.push(log("🔎 Text", "ask"));
    if !view.filter.is_empty() {
        second.push(log("✖ Text", "clear"));
    }
    second.push(log("🔄 Newest", "newest"));
    Ok(reply
        .row(second)
        .row([Button::new("◀ Logs", "logs"), Button::new("📊 Monitoring", "home")])
        .replace())
}

/// In place of what an owner has not granted, or has revoked.
fn not_granted(permission: &str) -> Reply {
    let html =
        Html::from("🔒 These logs are not granted to monitoring.\n\nAn owner can change that: ")
            .code(format_args!("umbrasil grant allow monitoring \"{permission}\""));
    Reply::html(html).row([Button::new("◀ Logs", "logs")]).replace()
}

/// `14:03:05 W the text`.
fn told(call: &Call, line: &Line) -> String {
    let moment = umbrasil_sdk::Moment { unix_ms: line.unix_ms, ..call.at() };
    let ((hour, minute), second) = (moment.clock(), line.unix_ms / 1_000 % 60);
    let Line { level, text, .. } = line;
    format!("{hour:02}:{minute:02}:{second:02} {level} {}", cut(text.trim_end(), LINE))
}

/// A name of any length in a button: FNV-1a, 32 bits. Of a few hundred names two hardly share one.
fn hash(name: &str) -> String {
    let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    format!("{:08x}", name.bytes().fold(0x811c_9dc5, mix))
}
