//! One service: how it is, and its restart, which the host has confirmed by the owner.

use umbrasil_sdk::prelude::*;

use crate::ask::{self, ask_of, complaint, run};
use crate::server::{Found, find, reference, referred, refers};
use crate::services::{ROOM, is_usable, list, refused, sign};
use crate::text::{self, short};
use crate::trouble::Trouble;
use crate::view::{REFRESH, View, seen, title};

/// What can be done with a service: the action, the verb of `systemctl`, and what is said when it is done.
const DEEDS: [(&str, &str); 3] =
    [("restart", "Restarted"), ("start", "Started"), ("stop", "Stopped")];

/// A service on a server, as a button names it.
enum Named {
    One { server: String, unit: String },
    Asks(Reply),
}

/// The action of its buttons: server, service.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    chat::typing()?;
    match named(call)? {
        Named::One { server, unit } => page(call, &server, &unit, None),
        Named::Asks(reply) => Ok(reply),
    }
}

/// Restarts, starts or stops a service: server, service. The action has the name of what is done.
pub(crate) fn act(call: &Call) -> Result<Reply> {
    let deed = DEEDS.iter().find(|(verb, _)| *verb == call.name());
    let &(verb, done) = deed.ok_or_else(|| Error::internal("no such deed"))?;
    chat::typing()?;
    let (server, unit) = match named(call)? {
        Named::One { server, unit } => (server, unit),
        Named::Asks(reply) => return Ok(reply),
    };
    let words = ["systemctl", verb, &format!("{unit}.service")].map(str::to_owned).to_vec();
    let said = match run(&server, words) {
        Ok(output) if output.is_success() => Html::new().text("✅ ").bold(done).text("."),
        Ok(output) => failed(&server, verb, &complaint(&output)),
        Err(trouble) => trouble.into_html()?,
    };
    page(call, &server, &unit, Some(said))
}

/// What a service's own `systemctl` would not do.
fn failed(server: &str, verb: &str, said: &str) -> Html {
    let html = Html::new().text("🔴 ").text(said);
    let closed = ["authentication required", "Access denied", "Permission denied", "a password"];
    if !closed.iter().any(|part| said.contains(part)) {
        return html;
    }
    let line = format!("dangerous ssh {server}: sudo -n systemctl {verb} {{unit:unit-name}}");
    html.text("\n\nThe bot's user may not do that there. Let it, with polkit or in sudoers; with sudo, it is under Run after ")
        .code(format_args!("umbrasil grant allow vps '{line}'"))
}

/// Finds the server and the service that a button means; a long name is looked up in the list.
fn named(call: &Call) -> Result<Named> {
    let server = match find(call.get(0), View::Services)? {
        Found::One(server) => server,
        Found::Asks(reply) => return Ok(Named::Asks(reply)),
    };
    let unit = call.arg(1)?;
    let listed = if unit.starts_with('#') {
        match list(&server) {
            Ok(services) => {
                services.into_iter().map(|one| one.name).find(|name| refers(unit, name))
            }
            Err(trouble) => return Ok(Named::Asks(lost(&server, trouble.into_html()?))),
        }
    } else {
        Some(unit.to_owned())
    };
    Ok(match listed.filter(|unit| is_usable(unit)) {
        Some(unit) => Named::One { server, unit },
        None => Named::Asks(lost(&server, Html::new().text("🤷 That service is gone."))),
    })
}

fn lost(server: &str, html: Html) -> Reply {
    Reply::html(html).row([View::Services.button(server)]).replace()
}

fn page(call: &Call, server: &str, unit: &str, said: Option<Html>) -> Result<Reply> {
    let state = ask_of(server, ask::UNIT, &format!("{unit}.service"));
    let state = state.and_then(|output| {
        if output.is_success() {
            Ok(text::clean(&output.stdout))
        } else {
            Err(refused(server, &output))
        }
    });
    let mut html = title(server, &short(unit, 60));
    if let Some(said) = said {
        html = html.push(said).text("\n\n");
    }
    let (about, active) = match &state {
        Ok(state) => (about(state), value(state, "ActiveState").unwrap_or_default()),
        Err(_) => (Html::new(), ""),
    };
    html = match state.as_ref().err() {
        None => html.push(about),
        Some(Trouble::Shown { sign, what, .. }) => html.text(format_args!("{sign} {what}\n")),
        Some(Trouble::Ends(error)) => return Err(error.clone()),
    };
    let to = |label: &str, action: &str| {
        Button::new(label, action).arg(reference(server)).arg(referred(unit, ROOM))
    };
    let deeds = match active {
        "active" | "activating" | "reloading" => {
            vec![to("🔁 Restart", "restart"), to("⏹ Stop", "stop")]
        }
        _ => vec![to("▶️ Start", "start"), to("🔁 Restart", "restart")],
    };
    Ok(Reply::html(html.push(seen(call)))
        .row(deeds)
        .row([to("📜 Logs", View::Logs.action()), to(REFRESH, "unit")])
        .row([View::Services.button(server), Button::new("⬅ Servers", "home")])
        .replace())
}

fn value<'a>(state: &'a str, key: &str) -> Option<&'a str> {
    let of = |line: &'a str| line.split_once('=').filter(|(name, _)| *name == key);
    let value = state.lines().find_map(of)?.1.trim();
    (!value.is_empty() && value != "[not set]").then_some(value)
}

/// What `systemctl show` says, in the words of people.
fn about(state: &str) -> Html {
    let of = |key| value(state, key);
    if of("LoadState") == Some("not-found") {
        return Html::new().text("🤷 There is no such service.\n");
    }
    let active = of("ActiveState").unwrap_or("unknown");
    let mut html = Html::new();
    if let Some(description) = of("Description") {
        html = html.text(short(description, 200)).line();
    }
    html = html.text(sign(active)).text(" ").bold(active);
    if let Some(sub) = of("SubState").filter(|sub| *sub != active) {
        html = html.text(format_args!(" ({sub})"));
    }
    if let Some(result) = of("Result").filter(|result| *result != "success") {
        html = html.text(format_args!(", {result}"));
    }
    if let Some(since) = of("StateChangeTimestamp") {
        html = html.text(format_args!("\nsince {since}"));
    }
    let mut facts = Vec::new();
    if let Some(file) = of("UnitFileState") {
        facts.push(format!("{file} at boot"));
    }
    if let Some(pid) = of("MainPID").filter(|pid| *pid != "0") {
        facts.push(format!("process {pid}"));
    }
    // The greatest number stands for "not measured".
    if let Some(memory) = of("MemoryCurrent").and_then(|bytes| bytes.parse().ok())
        && memory < u64::MAX
    {
        facts.push(text::bytes(memory));
    }
    if let Some(restarts) = of("NRestarts").filter(|restarts| *restarts != "0") {
        facts.push(format!("restarted {restarts} × by itself"));
    }
    if !facts.is_empty() {
        html = html.line().text(facts.join(" · "));
    }
    html.line()
}
