//! `/uptime`: how long the machine runs, how much of the last day the bot watched, and how available each
//! service was.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::system;

use crate::record::{self, History};
use crate::ring::Page;
use crate::sample::part;
use crate::series::{self, Timed};
use crate::settings;
use crate::words::{self, WIDTH, availability, cut, duration};

/// Lines of services and of containers.
const LINES: usize = 30;

/// `/uptime`
pub(crate) fn uptime(call: &Call) -> Result<Reply> {
    let now = call.at().unix_ms / 1_000;
    let machine = match part(system::uptime()) {
        Ok(seconds) => {
            let since = words::moment(now.saturating_sub(seconds), call.at().offset_seconds).date();
            format!("up {} (since {since})", duration(seconds))
        }
        Err(missing) => missing.text().to_owned(),
    };
    let html = Html::from("🕒 <b>Uptime</b>")
        .text(format_args!("\n\nMachine: {machine}"))
        .text(format_args!("\nBot: {}", watched(&series::last(86_400, now)?, now)));
    let services = settings::services();
    let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    let html =
        html.push(table("🩺 Services, last 24 h", &names, &record::day(record::SERVICES, now)?));
    let pages = record::day(record::CONTAINERS, now)?;
    // Those that were watched last; what is gone is no news.
    let names: Vec<&str> = match pages.last().and_then(|page| Some((page, page.rows.last()?))) {
        Some((page, row)) => {
            let now =
                page.columns.iter().enumerate().filter(|(column, _)| row.value(*column).is_some());
            now.map(|(_, name)| name.as_str()).collect()
        }
        None => Vec::new(),
    };
    let html = html.push(table("🐳 Containers, last 24 h", &names, &pages));
    Ok(Reply::html(html)
        .row([Button::new("🔄 Refresh", "uptime"), Button::new("📊 Monitoring", "home")])
        .replace())
}

/// How many of the minutes since the first sample of the day have one.
pub(crate) fn watched(samples: &[Timed], now: u64) -> String {
    let Some((first, _)) = samples.first() else {
        return "it has just begun to watch".to_owned();
    };
    let minutes = (now / 60).saturating_sub(first / 60) + 1;
    let there = (samples.len() as u64).min(minutes);
    // The running minute may still get its sample.
    let all = if there + 1 == minutes { there } else { minutes };
    let lasted = duration(now.saturating_sub(*first));
    format!("watched {} of the last {lasted}", availability(there, all))
}

/// The availability of each; the worst first.
fn table(title: &'static str, names: &[&str], pages: &[Page]) -> Html {
    let mut lines: Vec<(f64, String)> = Vec::new();
    for name in names {
        let (good, all) = History::of(pages, name).good_of_all();
        let share = if all == 0 { 2.0 } else { good as f64 / all as f64 };
        let (value, width) = (availability(good, all), WIDTH - 12);
        lines.push((share, format!("{:<width$} {value:>11}", cut(name, width))));
    }
    if lines.is_empty() {
        return Html::new();
    }
    lines.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let more = lines.len().saturating_sub(LINES);
    let lines: Vec<String> = lines.into_iter().take(LINES).map(|(_, line)| line).collect();
    let html = Html::new().text("\n\n").bold(title).line().pre(lines.join("\n"));
    if more > 0 { html.text(format_args!("\nand {more} more")) } else { html }
}
