//! The module's menu, with a line for the state of each part.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::system;

use crate::sample::{Machine, part};
use crate::services::{Known, Standing};
use crate::words::{count, duration, percent};

/// The menu.
pub(crate) fn home(call: &Call) -> Result<Reply> {
    let known = Known::read()?;
    let html = Html::from("📊 <b>Monitoring</b>\n")
        .text(format_args!("\n📈 {}", machine()))
        .text(format_args!("\n🩺 {}", services(&known)))
        .text(format_args!("\n🔔 {}", alerts(call, &known)))
        .text(format_args!("\n🕒 {}", uptime()));
    let mut second = vec![Button::new("🔔 Alerts", "alerts")];
    if call.user().owner {
        second.push(Button::new("🗒 Logs", "logs"));
    }
    second.push(Button::new("🕒 Uptime", "uptime"));
    Ok(Reply::html(html)
        .row([Button::new("📈 Metrics", "metrics"), Button::new("🩺 Services", "checks")])
        .row(second)
        .row([Button::new("☀️ Digest", "digest"), Button::new("🔄 Refresh", "home")])
        .replace())
}

fn machine() -> String {
    let sample = Machine::now().sample(None);
    let parts = [("CPU", sample.cpu), ("memory", sample.memory), ("disk", sample.disk)];
    let known =
        parts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", percent(value?))));
    let known: Vec<String> = known.collect();
    if known.is_empty() {
        "Numbers of the machine: not granted".to_owned()
    } else {
        known.join(" · ")
    }
}

/// `4 of 5 services up, api is down`.
pub(crate) fn services(known: &Known) -> String {
    let all = known.services();
    if all.is_empty() {
        return "No services configured".to_owned();
    }
    let of = |standing: Standing| {
        let these = all.iter().filter(move |service| known.standing(service) == standing);
        these.map(|service| service.name.as_str()).collect::<Vec<&str>>()
    };
    let (up, down) = (of(Standing::Up), of(Standing::Down));
    if of(Standing::Unknown).len() == all.len() {
        return format!("{}, not checked yet", count(all.len(), "service"));
    }
    let up = format!("{} of {} up", up.len(), count(all.len(), "service"));
    match down.as_slice() {
        [] => up,
        [one] => format!("{up}, {one} is down"),
        more => format!("{up}, {} are down", more.len()),
    }
}

fn alerts(call: &Call, known: &Known) -> String {
    let (alerts, now) = (&known.watch().alerts, call.at().unix_ms / 1_000);
    let muted = if alerts.all_muted_until(now).is_some() { " · muted" } else { "" };
    match alerts.open.len() {
        0 => format!("No alerts{muted}"),
        open => format!("{} open{muted}", count(open, "alert")),
    }
}

fn uptime() -> String {
    match part(system::uptime()) {
        Ok(seconds) => format!("Up {}", duration(seconds)),
        Err(missing) => format!("Uptime: {}", missing.text()),
    }
}
