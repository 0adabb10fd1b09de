//! The messages that the schedule sends: what changed, with buttons, or a summary in a storm.

use umbrasil_sdk::prelude::*;

use crate::alert::{Alerts, Change};
use crate::notice::Storm;
use crate::words;

/// Lines of one message; what is over is in /alerts.
const LINES: usize = 12;

/// A summary in a storm of changes.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) storm: Storm,
    pub(crate) first: bool,
    pub(crate) last: bool,
}

/// How many changes are alerts, and how many are ends of alerts.
pub(crate) fn count(changes: &[Change]) -> (usize, usize) {
    let over = changes.iter().filter(|change| matches!(change, Change::Over { .. })).count();
    (changes.len() - over, over)
}

/// All that changed in a round.
pub(crate) fn changes(alerts: &Alerts, changes: &[Change], message: u64, now: u64) -> Reply {
    let line = |subject| alerts.alert(subject).map(|alert| alert.line(now)).unwrap_or_default();
    let lines = changes.iter().map(|change| match change {
        Change::Wrong(subject) => line(subject),
        Change::Reminder(subject) => format!("⏰ Still: {}", line(subject)),
        Change::Over { subject, reading, seconds } => {
            format!("🟢 {}", reading.well(subject, *seconds))
        }
    });
    let reply = Reply::html(listed(Html::new(), lines.collect()));
    if count(changes).0 > 0 { with_buttons(reply, message) } else { reply }
}

/// What happened in a storm, and what is open now.
pub(crate) fn summary(alerts: &Alerts, summary: &Summary, message: u64, now: u64) -> Reply {
    let Summary { storm, first, last } = summary;
    let mut html = Html::from("🌩 ");
    html = match (first, last) {
        (true, _) => html
            .bold("Much is changing.")
            .text(" From now on one summary every 10 minutes, until it is calm."),
        (_, true) => html.bold("It is calm again.").text(" From now on each change by itself."),
        _ => html.bold("Much is changing."),
    };
    let (raised, over) = (words::count(storm.raised, "alert"), storm.over);
    let since = words::duration(now.saturating_sub(storm.since).max(60));
    html = html.text(format_args!("\nIn {since}: {raised} raised, {over} over.\n"));
    let heard =
        alerts.open.iter().filter(|alert| alerts.muted_until(&alert.subject, now).is_none());
    let open: Vec<String> = heard.map(|alert| alert.line(now)).collect();
    if open.is_empty() {
        return Reply::html(html.text("\n🟢 Nothing is wrong now."));
    }
    with_buttons(Reply::html(listed(html.line(), open)), message)
}

pub(crate) fn listed(mut html: Html, mut lines: Vec<String>) -> Html {
    let over = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    html = html.text(lines.join("\n"));
    if over > 0 {
        html = html.text(format_args!("\n… and {over} more: /alerts"));
    }
    html
}

fn with_buttons(reply: Reply, message: u64) -> Reply {
    reply.row([
        Button::new("Acknowledge", "ack").arg(message),
        Button::new("Mute 1 h", "mute").arg(message),
    ])
}
