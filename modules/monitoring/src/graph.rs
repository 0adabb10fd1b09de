//! The numbers over time, as pictures.

use umbrasil_charts::{Lines, Picture, Tone};
use umbrasil_sdk::prelude::*;

use crate::record::{self, History};
use crate::sample::Sample;
use crate::series::{self, Timed};
use crate::settings;
use crate::words;

/// The periods that can be chosen: the button, its title, and seconds.
const PERIODS: [(&str, &str, u64); 3] = [
    ("6h", "Last 6 hours", 21_600),
    ("24h", "Last 24 hours", 86_400),
    ("7d", "Last 7 days", 604_800),
];

/// The button `Chart`: the machine over a period.
pub(crate) fn chart(call: &Call) -> Result<Reply> {
    let wanted = call.get(0).unwrap_or("6h");
    let found = PERIODS.iter().find(|(name, ..)| *name == wanted);
    let &(name, title, seconds) = found.ok_or_else(|| Error::internal("a chart of no period"))?;
    let now = call.at().unix_ms / 1_000;
    let samples = series::last(seconds, now)?;
    if samples.len() < 2 {
        // A longer period is drawn of averages.
        let each = if seconds > 86_400 { "ten minutes" } else { "minute" };
        chat::toast(&format!("There is too little to draw yet: a point comes each {each}."))?;
        return Ok(Reply::none());
    }
    chat::typing()?;
    let limits = settings::thresholds();
    let offset = call.at().offset_seconds;
    let panel = |title: &str| Lines::new(title).offset_seconds(offset);
    let share = |title: &str| panel(title).unit("%").range(0.0, 100.0);
    // One dashed line where both have the same limit.
    let mut processors = share("CPU and memory")
        .series("CPU", Tone::First, points(&samples, |sample| sample.cpu))
        .series("Memory", Tone::Second, points(&samples, |sample| sample.memory))
        .limit("limit", f64::from(limits.cpu));
    if limits.memory != limits.cpu {
        processors = processors.limit("memory limit", f64::from(limits.memory));
    }
    let picture = Picture::new("Machine")
        .subtitle(title)
        .panel(processors)
        .panel(panel("Load").series("1 min", Tone::Third, points(&samples, |sample| sample.load)))
        .panel(
            share("Fullest disk")
                .series("used", Tone::Fourth, points(&samples, |sample| sample.disk))
                .limit("limit", f64::from(limits.disk)),
        )
        .panel(
            panel("Network")
                .unit("B/s")
                .series("received", Tone::First, points(&samples, |sample| sample.received))
                .series("sent", Tone::Fifth, points(&samples, |sample| sample.sent)),
        );
    let png = picture.render().map_err(Error::internal)?;
    chat::photo(&png, Html::new().text(format_args!("📈 {title}")))?;
    let button = |&(other, ..): &(&'static str, &str, u64)| {
        let (label, arg) =
            (if other == name { format!("· {other} ·") } else { other.to_owned() }, other);
        Button::new(label, "chart").arg(arg).arg("again")
    };
    let html =
        Html::from("📈 <b>Chart</b>").text(format_args!(": {title}, below. Another period?"));
    let reply = Reply::html(html)
        .row(PERIODS.iter().map(button))
        .row([Button::new("Metrics", "metrics"), Button::new("📊 Monitoring", "home")]);
    // The numbers stay where they are; the choice of a period does not pile up.
    Ok(if call.get(1).is_some() { reply.replace() } else { reply })
}

/// The button `Latency` of a service: how fast it answered over the last day.
pub(crate) fn latency(call: &Call) -> Result<Reply> {
    let name = call.arg(0)?;
    let now = call.at().unix_ms / 1_000;
    let history = History::of(&record::day(record::SERVICES, now)?, name);
    let good: Vec<(i64, f64)> = history
        .checks
        .iter()
        .filter_map(|(at, check)| Some((i64::try_from(*at).ok()?, f64::from((*check)?))))
        .collect();
    if good.len() < 2 {
        chat::toast("There is too little to draw yet: a check comes each minute.")?;
        return Ok(Reply::none());
    }
    chat::typing()?;
    let (passed, all) = history.good_of_all();
    let offset = call.at().offset_seconds;
    let lines = Lines::new("Answer time").unit("ms").offset_seconds(offset);
    let picture = Picture::new(name)
        .subtitle(format!("Last 24 hours: {} up", words::availability(passed, all)))
        .panel(lines.series("answer", Tone::First, good))
        .panel(Lines::new("Up").unit("%").range(0.0, 100.0).offset_seconds(offset).series(
            "up",
            Tone::Good,
            up(&history),
        ));
    let png = picture.render().map_err(Error::internal)?;
    chat::photo(&png, Html::new().text(format_args!("📈 {name}, last 24 hours")))?;
    Ok(Reply::none())
}

fn points(samples: &[Timed], of: fn(&Sample) -> Option<f64>) -> Vec<(i64, f64)> {
    let point = |(at, sample): &Timed| Some((i64::try_from(*at).ok()?, of(sample)?));
    samples.iter().filter_map(point).collect()
}

/// The share of good checks in each of at most 96 parts of the time, which are a quarter of an hour of a day.
fn up(history: &History) -> Vec<(i64, f64)> {
    let first = history.checks.first().map_or(0, |(at, _)| *at);
    let last = history.checks.last().map_or(0, |(at, _)| *at);
    let part = (last.saturating_sub(first) / 96).next_multiple_of(60).max(60);
    let parts = history.checks.chunk_by(|(one, _), (other, _)| one / part == other / part);
    let share = |checks: &[(u64, record::Check)]| {
        let good = checks.iter().filter(|(_, check)| check.is_some()).count();
        let (at, _) = checks.first()?;
        Some((i64::try_from(*at).ok()?, 100.0 * good as f64 / checks.len() as f64))
    };
    parts.filter_map(share).collect()
}
