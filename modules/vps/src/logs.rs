//! `/vps logs NAME [UNIT]`: the end of the journal, of everything or of one service.

use umbrasil_sdk::prelude::*;

use crate::ask::{self, ask, ask_of, complaint, is_missing};
use crate::server::{Found, find, reference, referred, refers};
use crate::services::{ROOM, is_usable, list};
use crate::text::{self, SHOWN, tail};
use crate::trouble::Trouble;
use crate::view::{Page, REFRESH, View, framed};

/// The action of its buttons: server, service.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    of(call, call.get(0), call.get(1))
}

pub(crate) fn of(call: &Call, named: Option<&str>, unit: Option<&str>) -> Result<Reply> {
    let server = match find(named, View::Logs)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    if let Some(unit) = unit.filter(|unit| !unit.starts_with('#') && !is_usable(unit)) {
        return Err(call.wrong(format_args!("“{}” is no service.", text::short(unit, 40))));
    }
    chat::typing()?;
    let (unit, page) = match unit.map(|unit| full(&server, unit)).transpose() {
        Ok(unit) => {
            let page = page(&server, unit.as_deref());
            (unit, page)
        }
        Err(trouble) => (None, Err(trouble)),
    };
    let with_unit = |button: Button| match &unit {
        Some(unit) => button.arg(referred(unit, ROOM)),
        None => button,
    };
    let button =
        |label: &str, action: &str| with_unit(Button::new(label, action).arg(reference(&server)));
    let page = page.map(|page| {
        let page = page.row([button("📎 As a file", "logfile")]);
        if unit.is_some() {
            page.row([button("⚙️ Service", "unit"), View::Logs.button(&server)])
        } else {
            page
        }
    });
    framed(call, &server, View::Logs, button(REFRESH, View::Logs.action()), page)
}

/// The same as a file, whole: server, service.
pub(crate) fn file(call: &Call) -> Result<Reply> {
    let server = match find(call.get(0), View::Logs)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(reply),
    };
    chat::typing()?;
    let read = call
        .get(1)
        .map(|unit| full(&server, unit))
        .transpose()
        .and_then(|unit| Ok((read(&server, unit.as_deref())?, unit)));
    match read {
        Ok((log, unit)) => {
            let name = unit.map_or_else(|| server.clone(), |unit| format!("{server}-{unit}"));
            let name: String =
                name.chars().filter(|character| *character != ':').take(80).collect();
            chat::document(
                &format!("{name}.log"),
                log.as_bytes(),
                Html::new().text("📜 ").text(&server),
            )?;
            Ok(Reply::none())
        }
        Err(trouble) => Ok(Reply::html(trouble.into_html()?).row([View::Logs.button(&server)])),
    }
}

/// The whole name of a service that a button had no room for, with its `.service`.
fn full(server: &str, unit: &str) -> Result<String, Trouble> {
    if !unit.starts_with('#') {
        return Ok(unit.trim_end_matches(".service").to_owned());
    }
    let found = list(server)?.into_iter().map(|one| one.name).find(|name| refers(unit, name));
    found.ok_or_else(|| Trouble::new("🤷", "That service is gone.", ""))
}

fn page(server: &str, unit: Option<&str>) -> Result<Page, Trouble> {
    let log = read(server, unit)?;
    let (shown, cut) = tail(&lines(&log), SHOWN);
    let mut html = Html::new();
    if let Some(unit) = unit {
        html = html.text("Of ").bold(text::short(unit, 60)).text(", ");
    }
    let whole = if cut { "the end of the last 50 lines" } else { "the last 50 lines" };
    Ok(Page::new(html.text(whole).line().pre(shown)))
}

/// The last lines of the journal; never nothing.
fn read(server: &str, unit: Option<&str>) -> Result<String, Trouble> {
    let output = match unit {
        // Anything with a dot is a whole name already, such as `docker.socket`.
        Some(unit) if unit.contains('.') => ask_of(server, ask::JOURNAL_OF, unit),
        Some(unit) => ask_of(server, ask::JOURNAL_OF, &format!("{unit}.service")),
        None => ask(server, ask::JOURNAL),
    }?;
    if is_missing(&output) {
        let what = format!("{server} has no journal of systemd.");
        let next =
            Html::from("Its log files can be read with Run, after such as ").code(format_args!(
                "umbrasil grant allow vps 'read ssh {server}: tail -n 50 /var/log/messages'"
            ));
        return Err(Trouble::new("🤷", what, next));
    }
    let log = text::clean(&output.stdout);
    if !log.trim().is_empty() {
        return Ok(log);
    }
    if !output.is_success() {
        return Err(Trouble::new("🔴", format!("{server} says: {}", complaint(&output)), ""));
    }
    let of = unit.map_or_else(String::new, |unit| format!(" of {unit}"));
    let what = format!("The journal{of} on {server} is empty, or closed to the bot's user.");
    let next =
        Html::from("The user may read all of it in the group ").code("systemd-journal").text(".");
    Err(Trouble::new("🤷", what, next))
}

/// `12:03:11 sshd[3]: text` instead of `2026-11-22T12:03:11+0000 host sshd[3]: text`, with the day where it
/// begins.
fn lines(log: &str) -> String {
    let mut day = "";
    let mut lines = Vec::new();
    for line in log.lines() {
        let (stamp, rest) = line.split_once(' ').unwrap_or((line, ""));
        let time = stamp.split_once('T').and_then(|(date, time)| Some((date, time.get(..8)?)));
        match (time, rest.split_once(' ')) {
            (Some((date, time)), Some((_host, text))) => {
                if date != day {
                    lines.push(format!("── {date}"));
                    day = date;
                }
                lines.push(format!("{time} {text}"));
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}
