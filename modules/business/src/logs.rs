//! What a container wrote: the last lines, and the way back to older ones.

use umbrasil_sdk::docker::LogLine;
use umbrasil_sdk::prelude::*;

use crate::containers::{find_and, name_of, reference, told};
use crate::trouble::Trouble;
use crate::wording::{cut, plain, short, stamp};

/// Lines on a page, and how many the host looks back.
const ON_A_PAGE: usize = 20;
const MOST: usize = 200;
/// Characters of a line: twenty of them fit a message, whatever they are.
const WIDTH: usize = 160;
/// Bytes of a text that the buttons can carry beside the container and the page.
const FILTER: usize = 18;

/// `/container_logs NAME [TEXT]`
pub(crate) fn command(call: &Call) -> Result<Reply> {
    told(of(call, call.arg(0)?, call.rest(1)))
}

/// The lines of the button's container, at its page.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    let carried = call.arg(0)?;
    let page = call.get(1).and_then(|page| page.parse().ok()).unwrap_or(0);
    let filter = call.get(2).unwrap_or_default();
    told(name_of(carried).and_then(|name| draw(call, &name, carried, filter, page)))
}

/// The last lines of the container of this name that have `filter` in them.
pub(crate) fn of(call: &Call, name: &str, filter: &str) -> Result<Reply, Trouble> {
    if filter.len() > 256 {
        return Err(call.wrong("The text to look for has at most 256 bytes.").into());
    }
    find_and(name, "logs", |one| draw(call, &one.name, &reference(one), filter, 0))
}

fn draw(
    call: &Call,
    name: &str,
    reference: &str,
    filter: &str,
    page: usize,
) -> Result<Reply, Trouble> {
    let pages = MOST / ON_A_PAGE;
    let page = page.min(pages - 1);
    // One more than are shown says whether there is an older page.
    let wanted = ((page + 1) * ON_A_PAGE + 1).min(MOST);
    let lines = docker::logs_with(name, u32::try_from(wanted).unwrap_or(u32::MAX), filter)?;
    let to = lines.len().saturating_sub(page * ON_A_PAGE);
    let from = to.saturating_sub(ON_A_PAGE);
    let shown = lines.get(from..to).unwrap_or_default();

    let mut html = Html::new().text("📜 ").bold(short(name, 128));
    if !filter.is_empty() {
        html = html.text(" with “").text(short(filter, 80)).text("”");
    }
    html = match (shown.last(), filter) {
        (Some(last), _) => html
            .text("\nup to ")
            .text(stamp(call.at(), last.unix_ms / 1_000))
            .line()
            .pre(text(shown)),
        (None, "") => html.text("\n\nIt has written nothing."),
        (None, _) => html.text("\n\nNone of its last 200 lines has this in it."),
    };
    let mut reply = Reply::html(html);
    let mut last = Vec::new();
    if filter.len() <= FILTER {
        let to = |label: &str, page: usize| {
            let button = Button::new(label, "logs").arg(reference).arg(page);
            if filter.is_empty() { button } else { button.arg(filter) }
        };
        let mut turns = Vec::new();
        if from > 0 && page + 1 < pages {
            turns.push(to("Older", page + 1));
        }
        if page > 0 {
            turns.push(to("Newer", page - 1));
        }
        if !turns.is_empty() {
            reply = reply.row(turns);
        }
        last.push(to("Refresh", page));
    }
    last.push(Button::new("Back", "container").arg(reference));
    Ok(reply.row(last))
}

/// The lines as a block, each on one line, and cut where it is too long.
fn text(lines: &[LogLine]) -> String {
    // The blanks at the beginning of a line say where it belongs, so they stay.
    let line = |line: &LogLine| cut(plain(&line.text), WIDTH);
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}
