//! `/vps run NAME [COMMAND]`: the commands that were granted, at a press or as they are typed.
//!
//! What is dangerous the host has confirmed by the owner, with the exact command; nothing is asked here.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::ssh::Template;

use crate::ask::{self, OWN};
use crate::server::{Found, find, page_of, reference, referred, refers, turning};
use crate::template::{self, Word, example, filled, fits, holes};
use crate::text::{self, SHOWN, short, tail, took};
use crate::trouble::Trouble;
use crate::view::{Page, REFRESH, View, framed, seen, title};

/// Commands on one page.
const LISTED: usize = 8;
/// Bytes of a command that a button carries as it is; a longer one is carried as its mark.
const ROOM: usize = 9;

/// The action of its buttons: server, page.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    of(call, call.get(0), call.get(1).and_then(|page| page.parse().ok()).unwrap_or(0))
}

fn of(call: &Call, named: Option<&str>, at: usize) -> Result<Reply> {
    let server = match find(named, View::Run)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    let refresh = Button::new(REFRESH, View::Run.action()).arg(reference(&server)).arg(at);
    framed(call, &server, View::Run, refresh, page(&server, at))
}

/// The commands that may be run there, each a button.
fn page(server: &str, at: usize) -> Result<Page, Trouble> {
    let templates = offered(server)?;
    let mut html = Html::new();
    if templates.is_empty() {
        html = html.text("No command was granted to be run here.\n");
    }
    let (at, pages) = page_of(at, templates.len(), LISTED);
    let listed: Vec<&Template> = templates.iter().skip(at * LISTED).take(LISTED).collect();
    for template in &listed {
        html =
            html.text(template::sign(template)).text(" ").code(short(&template.text, 200)).line();
    }
    if listed.len() > 1 {
        html = html.text("\n👁 looks only · ✏️ changes something · ⚠️ has to be confirmed\n");
    }
    let line = format!("ssh {server}: docker compose -f /srv/app.yml pull");
    html = html
        .text("\nFor another one: ")
        .code(format_args!("umbrasil grant allow vps '{line}'"))
        .line();
    let mut page = Page::new(html);
    for template in &listed {
        let label = format!("{} {}", template::sign(template), short(&template.text, 40));
        page = page.row([button(&label, server, template)]);
    }
    let turn =
        |label, page| Button::new(label, View::Run.action()).arg(reference(server)).arg(page);
    Ok(match turning(at, pages, turn) {
        Some(row) => page.row(row),
        None => page,
    })
}

fn button(label: &str, server: &str, template: &Template) -> Button {
    Button::new(label, "template").arg(reference(server)).arg(referred(&template.text, ROOM))
}

/// What is granted there, without what only the views have a use for.
fn offered(server: &str) -> Result<Vec<Template>, Trouble> {
    let granted = ssh::commands(server).map_err(|error| Trouble::of(error, server))?;
    let own = |template: &Template| {
        let words = shell_words::split(&template.text).unwrap_or_default();
        let words = match words.as_slice() {
            [first @ .., last] if last == "{unit:unit-name}" => first,
            words => words,
        };
        OWN.iter().any(|own| ask::words(own) == words)
    };
    Ok(granted.into_iter().filter(|template| !own(template)).collect())
}

/// A command was pressed: server, command.
pub(crate) fn press(call: &Call) -> Result<Reply> {
    let server = match find(call.get(0), View::Run)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    let wanted = call.arg(1)?;
    let templates = match offered(&server) {
        Ok(templates) => templates,
        Err(trouble) => return Ok(Reply::html(trouble.into_html()?).row(ways(&server)).replace()),
    };
    let Some(template) = templates.iter().find(|template| refers(wanted, &template.text)) else {
        let html = Html::new().text("🚫 That command is not granted any more.");
        return Ok(Reply::html(html).row(ways(&server)).replace());
    };
    go_on(call, &server, template, &[], None)
}

/// What the user typed for the next hole: server, command, and the values before.
pub(crate) fn fill(call: &Call) -> Result<Reply> {
    let server = match find(call.get(0), View::Run)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    let text = call.arg(1)?;
    let templates = match offered(&server) {
        Ok(templates) => templates,
        Err(trouble) => return Ok(Reply::html(trouble.into_html()?).row(ways(&server))),
    };
    let Some(template) = templates.iter().find(|template| template.text == text) else {
        let html = Html::new().text("🚫 That command is not granted any more.");
        return Ok(Reply::html(html).row(ways(&server)));
    };
    let mut values: Vec<String> = call.args().get(2..).unwrap_or_default().to_vec();
    let parsed = template::words(&template.text).unwrap_or_default();
    let kind = holes(&parsed).get(values.len()).map_or("word", |(_, kind)| *kind);
    let value = call.text().trim();
    if !fits(kind, value) {
        let reason = format!("“{}” is not {}.", short(&text::one_line(value), 40), example(kind));
        return go_on(call, &server, template, &values, Some(reason));
    }
    values.push(value.to_owned());
    go_on(call, &server, template, &values, None)
}

/// Asks for the next value, or runs the command if none is missing.
fn go_on(
    call: &Call,
    server: &str,
    template: &Template,
    values: &[String],
    again: Option<String>,
) -> Result<Reply> {
    let Some(parsed) = template::words(&template.text) else {
        return Err(Error::internal(format!("`{}` cannot be taken apart", template.text)));
    };
    let asked = holes(&parsed);
    if let Some((name, kind)) = asked.get(values.len()) {
        let carried = [server, &template.text].into_iter().chain(values.iter().map(String::as_str));
        chat::expect("fill", carried)?;
        let mut html = title(server, View::Run.title()).code(preview(&parsed, values)).text("\n\n");
        if let Some(reason) = again {
            html = html.text(reason).line();
        }
        html = html.text("Type ").bold(name).text(format_args!(": {}.", example(kind)));
        let cancel = Button::new("Cancel", View::Run.action()).arg(reference(server));
        return Ok(Reply::html(html).row([cancel]).replace());
    }
    let command = filled(&parsed, values)
        .ok_or_else(|| Error::internal("a command has more values than holes"))?;
    let again = asked.is_empty().then(|| button("🔁 Again", server, template));
    carry_out(call, server, command, again)
}

/// The command as far as it is known.
fn preview(words: &[Word], values: &[String]) -> String {
    let mut values = values.iter();
    let shown = words.iter().map(|word| match word {
        Word::Literal(text) => text.clone(),
        Word::Hole { name, .. } => values.next().cloned().unwrap_or_else(|| format!("{{{name}}}")),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// `/vps run NAME COMMAND`, as it was typed.
pub(crate) fn typed(call: &Call, named: Option<&str>, line: &str) -> Result<Reply> {
    if line.is_empty() {
        return of(call, named, 0);
    }
    let server = match find(named, View::Run)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    // Before it is taken apart: there a line break is a blank, and two commands would be one.
    if line.contains(['\n', '\r']) {
        return Err(call.wrong("A command is one line."));
    }
    let command = shell_words::split(line)
        .map_err(|_| call.wrong("A quotation mark in the command is never closed."))?;
    if command.iter().any(|word| word.chars().any(char::is_control)) {
        return Err(call.wrong("A command has no control characters in it."));
    }
    carry_out(call, &server, command, None)
}

/// Runs it, and shows what it said.
fn carry_out(
    call: &Call,
    server: &str,
    command: Vec<String>,
    again: Option<Button>,
) -> Result<Reply> {
    chat::typing()?;
    let line = shell_words::join(&command);
    let output = match ask::run(server, command) {
        Ok(output) => output,
        Err(trouble) => {
            let html = title(server, View::Run.title()).push(trouble.into_html()?).line();
            return Ok(Reply::html(html.push(seen(call))).row(again).row(ways(server)).replace());
        }
    };
    let sign = if output.is_success() { "✅" } else { "❌" };
    let mut html = title(server, View::Run.title()).code(short(&line, 300)).line();
    html = html.text(format_args!("{sign} {} · {}", output.ending, took(output.duration)));
    let (out, err) = (text::clean(&output.stdout), text::clean(&output.stderr));
    // What went wrong is at the end, and must be seen whole.
    let (shown_err, err_cut) = tail(&err, SHOWN / 3);
    let (shown_out, out_cut) = tail(&out, SHOWN - shown_err.chars().count());
    if output.truncated {
        html = html.text(" · the middle is left out");
    }
    let cut = err_cut || out_cut;
    let both = !out.trim().is_empty() && !err.trim().is_empty();
    if cut {
        let rest = if output.truncated { "more" } else { "all" };
        html = html.text(format_args!(" · the end of it, {rest} in the file"));
        let label = if both { "stderr:\n" } else { "" };
        let all = format!("{}\n{label}{err}", out.trim_end_matches('\n'));
        let name = format!("{}.txt", short(server, 60));
        chat::document(&name, all.as_bytes(), Html::new().code(short(&line, 200)))?;
    }
    html = html.line();
    if !shown_out.trim().is_empty() {
        html = html.pre(&shown_out);
    }
    if both {
        html = html.text("\n");
    }
    if !shown_err.trim().is_empty() {
        html = html.italic("stderr").line().pre(&shown_err);
    }
    if shown_out.trim().is_empty() && shown_err.trim().is_empty() {
        html = html.text("It said nothing.\n");
    }
    Ok(Reply::html(html.push(seen(call))).row(again).row(ways(server)).replace())
}

/// Where to go from here.
fn ways(server: &str) -> [Button; 2] {
    [
        Button::new("⬅ Commands", View::Run.action()).arg(reference(server)),
        View::Stats.button(server),
    ]
}
