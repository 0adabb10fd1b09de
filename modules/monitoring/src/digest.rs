//! The daily digest: the last 24 hours of the machine, the alerts, the services and their certificates.
//!
//! It is on unless an owner switches it off: a monitor that says nothing for weeks is one that nobody knows
//! to be alive.

use umbrasil_sdk::prelude::*;

use crate::home;
use crate::probe::Outcome;
use crate::record::{self, History};
use crate::round::days_left;
use crate::sample::Sample;
use crate::series::{self, Timed};
use crate::services::Known;
use crate::words::{availability, bytes, count, percent};
use crate::{news, uptime};

const KEY: &str = "digest";
const OFF: &str = "1off";
const ON: &str = "1on";
const DAY: u64 = 86_400;
/// Lines of services that were not always up, and of certificates.
const LINES: usize = 8;
/// Days from which on a certificate is mentioned.
const CERTIFICATE_DAYS: i64 = 30;

/// `/digest [now|on|off]`, and its buttons.
pub(crate) fn digest(call: &Call) -> Result<Reply> {
    match call.get(0).map(str::to_ascii_lowercase).as_deref() {
        None => setting(call),
        Some("now") => Ok(buttons(Reply::html(text(call)?))),
        Some(word @ ("on" | "off")) => {
            if !call.user().owner {
                return Err(Error::usage(
                    "Only an owner can switch the digest. Read it with /digest now.",
                ));
            }
            storage::set(KEY, if word == "on" { ON } else { OFF })?;
            setting(call)
        }
        Some(_) => Err(call.wrong("A digest is sent now, or switched on or off.")),
    }
}

/// The schedule.
pub(crate) fn tick(call: &Call) -> Result<Reply> {
    if is_off()? {
        return Ok(Reply::none());
    }
    Ok(Reply::html(text(call)?).row([
        Button::new("📊 Monitoring", "home"),
        Button::new("Turn off", "digest").arg("off").arg("below"),
    ]))
}

fn is_off() -> Result<bool> {
    Ok(storage::get(KEY)?.as_deref() == Some(OFF.as_bytes()))
}

fn setting(call: &Call) -> Result<Reply> {
    let off = is_off()?;
    let html = Html::from("☀️ <b>Daily digest</b>\n\n").push(if off {
        "It is off."
    } else {
        "It is on: an owner reads it each morning at 8."
    });
    let mut row = vec![Button::new("Show it now", "digest").arg("now")];
    if call.user().owner {
        let (label, word) = if off { ("Turn on", "on") } else { ("Turn off", "off") };
        row.push(Button::new(label, "digest").arg(word));
    }
    let reply = Reply::html(html).row(row).row([Button::new("📊 Monitoring", "home")]);
    // A digest stays to be read, also when it was the last one.
    Ok(if call.get(1) == Some("below") { reply } else { reply.replace() })
}

fn buttons(reply: Reply) -> Reply {
    reply.row([Button::new("🔔 Alerts", "alerts"), Button::new("📊 Monitoring", "home")])
}

fn text(call: &Call) -> Result<Html> {
    let now = call.at().unix_ms / 1_000;
    let samples = series::last(DAY, now)?;
    let known = Known::read()?;
    let html =
        Html::from("☀️ <b>The last 24 hours</b>").text(format_args!(" · {}\n", call.at().date()));
    let html = html
        .pre(machine(&samples))
        .text(format_args!("\nBot: {}\n", uptime::watched(&samples, now)));
    let html = html
        .line()
        .push(alerts(&known, now))
        .text(format_args!("\n\n🩺 {}", home::services(&known)));
    let html = html.push(unavailable(&known, now)?);
    Ok(html.push(certificates(&known, now)))
}

/// A table of averages and maxima.
fn machine(samples: &[Timed]) -> String {
    let mut lines = vec![format!("{:<12}{:>11}{:>11}", "", "average", "most")];
    let mut line = |name: &str, of: fn(&Sample) -> Option<f64>, told: fn(f64) -> String| {
        if let Some((average, most)) = series::average_and_most(samples, of) {
            lines.push(format!("{name:<12}{:>11}{:>11}", told(average), told(most)));
        }
    };
    line("CPU", |sample| sample.cpu, percent);
    line("Memory", |sample| sample.memory, percent);
    line("Swap", |sample| sample.swap.filter(|share| *share > 0.0), percent);
    line("Fullest disk", |sample| sample.disk, percent);
    line("Load", |sample| sample.load, |load| format!("{load:.2}"));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let rate = |rate: f64| format!("{}/s", bytes(rate as u64));
    line("Received", |sample| sample.received, rate);
    line("Sent", |sample| sample.sent, rate);
    if lines.len() == 1 {
        return "No numbers were taken.".to_owned();
    }
    lines.join("\n")
}

fn alerts(known: &Known, now: u64) -> Html {
    let alerts = &known.watch().alerts;
    let since = now.saturating_sub(DAY);
    let over = alerts.past.iter().filter(|past| past.until >= since).count();
    let mut html = Html::new().text("🔔 ").text(match (alerts.open.len(), over) {
        (0, 0) => "No alerts".to_owned(),
        (0, over) => format!("{}, all over", count(over, "alert")),
        (open, over) => format!("{}, {open} still open", count(open + over, "alert")),
    });
    let lines: Vec<String> = alerts.open.iter().map(|alert| alert.line(now)).collect();
    if !lines.is_empty() {
        html = html.line().push(news::listed(Html::new(), lines));
    }
    html
}

/// The services that were not always up.
fn unavailable(known: &Known, now: u64) -> Result<Html> {
    if known.services().is_empty() {
        return Ok(Html::new());
    }
    let pages = record::day(record::SERVICES, now)?;
    let mut html = Html::new();
    let mut shown = 0;
    for service in known.services() {
        let (good, all) = History::of(&pages, &service.name).good_of_all();
        if good < all && shown < LINES {
            html =
                html.text(format_args!("\n    {}: {} up", service.name, availability(good, all)));
            shown += 1;
        }
    }
    Ok(html)
}

/// The certificates that end within a month.
fn certificates(known: &Known, now: u64) -> Html {
    let days =
        |service| Some(days_left(known.outcome(service).and_then(Outcome::certificate)?, now));
    let all = known.services().iter().filter_map(|service| Some((days(service)?, &service.name)));
    let mut all: Vec<(i64, &String)> = all.collect();
    all.sort();
    let Some((soonest, _)) = all.first() else { return Html::new() };
    if *soonest > CERTIFICATE_DAYS {
        return Html::new().text(format_args!(
            "\n🔐 {}: the next ends in {soonest} d",
            count(all.len(), "certificate")
        ));
    }
    let soon = all.iter().filter(|(days, _)| *days <= CERTIFICATE_DAYS).take(LINES);
    soon.fold(Html::new(), |html, (days, name)| {
        html.text(format_args!("\n🔐 {name}: the certificate ends in {days} d"))
    })
}
