//! `/alerts`: what is wrong and what was, and the buttons below alerts.

use umbrasil_sdk::prelude::*;

use crate::alert::{Alert, Alerts};
use crate::state::Watch;
use crate::words;

/// How long a mute lasts, in seconds.
const MUTE: u64 = 3_600;
/// How many that are over are shown, and how many open ones.
const PAST: usize = 20;
const OPEN: usize = 20;

/// `/alerts`
pub(crate) fn alerts(call: &Call) -> Result<Reply> {
    Ok(overview(call, &Watch::read()?.alerts))
}

/// The button below a message, with its number; or below the overview, for all.
pub(crate) fn acknowledge(call: &Call) -> Result<Reply> {
    if refuses(call)? {
        return Ok(Reply::none());
    }
    let (mut watch, message) = (Watch::read()?, message_of(call));
    let count = watch.alerts.acknowledge(message, &call.user().name, now(call));
    chat::toast(match count {
        0 => "Nothing is left to acknowledge.",
        _ => "Acknowledged. You are told when it is over.",
    })?;
    watch.keep()?;
    Ok(shown(call, &watch.alerts, message))
}

/// The same for an hour of silence.
pub(crate) fn mute(call: &Call) -> Result<Reply> {
    if refuses(call)? {
        return Ok(Reply::none());
    }
    let (mut watch, message) = (Watch::read()?, message_of(call));
    let until = now(call) + MUTE;
    match message {
        None => watch.alerts.mute(None, until),
        Some(message) => {
            // Also what is over by now: it may begin again.
            let open = watch.alerts.open.iter().filter(|alert| alert.message == message);
            let past = watch.alerts.past.iter().filter(|past| past.message == message);
            let mut subjects: Vec<_> = open
                .map(|alert| alert.subject.clone())
                .chain(past.map(|past| past.subject.clone()))
                .collect();
            subjects.sort();
            subjects.dedup();
            for subject in subjects {
                watch.alerts.mute(Some(subject), until);
            }
        }
    }
    let until = words::clock(until, call.at().offset_seconds);
    chat::toast(&format!("Muted until {until}. What is wrong then is told in one message."))?;
    watch.keep()?;
    Ok(shown(call, &watch.alerts, message))
}

/// The button that ends all mutes.
pub(crate) fn unmute(call: &Call) -> Result<Reply> {
    if refuses(call)? {
        return Ok(Reply::none());
    }
    let mut watch = Watch::read()?;
    watch.alerts.unmute(now(call));
    watch.keep()?;
    chat::toast("Alerts are told again.")?;
    Ok(overview(call, &watch.alerts))
}

/// Whether somebody else than an owner pressed; then they have read so.
fn refuses(call: &Call) -> Result<bool> {
    if !call.user().owner {
        chat::toast("Only an owner can do this.")?;
    }
    Ok(!call.user().owner)
}

fn now(call: &Call) -> u64 {
    call.at().unix_ms / 1_000
}

fn message_of(call: &Call) -> Option<u64> {
    call.get(0).and_then(|number| number.parse().ok())
}

/// The message that the button was below, as it is now; or the overview.
fn shown(call: &Call, alerts: &Alerts, message: Option<u64>) -> Reply {
    let Some(message) = message else { return overview(call, alerts) };
    let now = now(call);
    let mut html = Html::new();
    let mut open = 0;
    for alert in alerts.open.iter().filter(|alert| alert.message == message).take(OPEN) {
        html = html.push(of(call, alerts, alert)).line();
        open += 1;
    }
    for past in alerts.past.iter().filter(|past| past.message == message).take(OPEN) {
        let lasted = words::duration(past.until.saturating_sub(past.since));
        html = html.text(format_args!(
            "🟢 {}: {}, over after {lasted}\n",
            past.subject,
            past.reading.short()
        ));
        open += 1;
    }
    if open == 0 {
        html = html.text("🟢 This is over.\n");
    }
    let muted = alerts.mutes.iter().any(|mute| mute.until > now);
    let mut buttons = Vec::new();
    let waits = |alert: &Alert| alert.message == message && alert.acknowledged.is_none();
    if alerts.open.iter().any(waits) {
        buttons.push(Button::new("Acknowledge", "ack").arg(message));
    }
    if muted {
        buttons.push(Button::new("Unmute", "unmute"));
    } else if open > 0 {
        buttons.push(Button::new("Mute 1 h", "mute").arg(message));
    }
    buttons.push(Button::new("Alerts", "alerts"));
    Reply::html(html).row(buttons).replace()
}

/// An open alert, and who knows of it.
fn of(call: &Call, alerts: &Alerts, alert: &Alert) -> Html {
    let now = now(call);
    let mut html = Html::new().text(alert.line(now));
    if let Some(by) = &alert.acknowledged {
        html = html.text("\n    ✅ ").italic(words::cut(by, 24));
    }
    if let Some(until) = alerts.muted_until(&alert.subject, now) {
        html = html
            .text(format_args!("\n    🔕 until {}", words::clock(until, call.at().offset_seconds)));
    }
    html
}

/// Everything.
fn overview(call: &Call, alerts: &Alerts) -> Reply {
    let now = now(call);
    let mut html = Html::from("🔔 <b>Alerts</b>");
    if let Some(until) = alerts.all_muted_until(now) {
        html = html.text(format_args!(
            "\n🔕 All muted until {}",
            words::clock(until, call.at().offset_seconds)
        ));
    }
    html = html.line();
    if alerts.open.is_empty() {
        html = html.text("\n🟢 Nothing is wrong.");
    }
    for alert in alerts.open.iter().take(OPEN) {
        html = html.line().push(of(call, alerts, alert));
    }
    if let Some(more) = alerts.open.len().checked_sub(OPEN).filter(|more| *more > 0) {
        html = html.text(format_args!("\n… and {more} more"));
    }
    if !alerts.past.is_empty() {
        html = html.text("\n\n").bold("Over");
    }
    for past in alerts.past.iter().rev().take(PAST) {
        let lasted = words::duration(past.until.saturating_sub(past.since));
        let what = words::cut(&format!("{}: {}", past.subject, past.reading.short()), 60);
        html = html
            .line()
            .code(words::when(past.since, call.at()))
            .text(format_args!(" {what} · {lasted}"));
    }
    let mut reply = Reply::html(html);
    if call.user().owner {
        let mut buttons = Vec::new();
        if alerts.open.iter().any(|alert| alert.acknowledged.is_none()) {
            buttons.push(Button::new("Acknowledge all", "ack"));
        }
        if alerts.all_muted_until(now).is_none() {
            buttons.push(Button::new("Mute all 1 h", "mute"));
        }
        if alerts.mutes.iter().any(|mute| mute.until > now) {
            buttons.push(Button::new("Unmute", "unmute"));
        }
        reply = reply.row(buttons);
    }
    reply.row([Button::new("🔄 Refresh", "alerts"), Button::new("📊 Monitoring", "home")]).replace()
}
