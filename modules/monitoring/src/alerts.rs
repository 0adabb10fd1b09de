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
    if is_unknown(&watch.alerts, message)? {
        return Ok(shown(call, &watch.alerts, message));
    }
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
    if is_unknown(&watch.alerts, message)? {
        return Ok(shown(call, &watch.alerts, message));
    }
    let until = now(call) + MUTE;
    match message {
        None => watch.alerts.mute(None, until),
        Some(message) => {
            // Also what is over by now: it may begin again.
            for subject in watch.alerts.subjects(message) {
                watch.alerts.mute(Some(subject), until);
            }
        }
    }
    let until = words::clock(until, call.at().offset_seconds);
    chat::toast(&format!("Muted until {until}. What is wrong then is told in one message."))?;
    watch.keep()?;
    Ok(shown(call, &watch.alerts, message))
}

/// The button that ends the mutes of its message, or all.
pub(crate) fn unmute(call: &Call) -> Result<Reply> {
    if refuses(call)? {
        return Ok(Reply::none());
    }
    let (mut watch, message) = (Watch::read()?, message_of(call));
    if is_unknown(&watch.alerts, message)? {
        return Ok(shown(call, &watch.alerts, message));
    }
    let subjects = message.map(|message| watch.alerts.subjects(message));
    watch.alerts.unmute(subjects.as_deref(), now(call));
    watch.keep()?;
    chat::toast("Alerts are told again.")?;
    Ok(shown(call, &watch.alerts, message))
}

/// Whether nobody knows any more what the message was about; then they have read so.
fn is_unknown(alerts: &Alerts, message: Option<u64>) -> Result<bool> {
    let unknown = message.is_some_and(|message| alerts.subjects(message).is_empty());
    if unknown {
        chat::toast("It is no longer known what this was about: see /alerts.")?;
    }
    Ok(unknown)
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
    for alert in alerts.open.iter().filter(|alert| alert.messages.contains(message)).take(OPEN) {
        html = html.push(of(call, alerts, alert)).line();
    }
    for past in alerts.past.iter().filter(|past| past.messages.contains(message)).take(OPEN) {
        let lasted = words::duration(past.until.saturating_sub(past.since));
        html = html.text(format_args!(
            "🟢 {}: {}, over after {lasted}\n",
            past.subject,
            past.reading.short()
        ));
        // Told since in another message, which has buttons of its own.
        let again = alerts.alert(&past.subject).filter(|open| !open.messages.contains(message));
        if let Some(again) = again {
            html = html.text(format_args!("    again: {}\n", again.line(now)));
        }
    }
    let subjects = alerts.subjects(message);
    if subjects.is_empty() {
        html = html.text("⚪ It is no longer known what this was about.\n");
    }
    let mut buttons = Vec::new();
    let waits = |alert: &Alert| alert.messages.contains(message) && alert.acknowledged.is_none();
    if alerts.open.iter().any(waits) {
        buttons.push(Button::new("Acknowledge", "ack").arg(message));
    }
    if subjects.iter().any(|subject| alerts.has_own_mute(subject, now)) {
        buttons.push(Button::new("Unmute", "unmute").arg(message));
    } else if !subjects.is_empty() && alerts.all_muted_until(now).is_none() {
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
