//! `/usage`: what the AI was used for, and what it cost.

use std::collections::BTreeMap;

use umbrasil_sdk::Date;
use umbrasil_sdk::prelude::*;

use crate::usage::{self, Sums, money};

/// Models or people in one table.
const ROWS: usize = 20;
/// Letters of a name in a table.
const NAME: usize = 24;

/// A span of days that ends today.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Span {
    Today,
    Week,
    Month,
}

/// `/usage [SPAN]`
pub(crate) fn command(call: &Call) -> Result<Reply> {
    let is_known = |word: &str| Span::ALL.iter().any(|span| span.word().eq_ignore_ascii_case(word));
    match call.text().trim() {
        "" => usage(call),
        word if is_known(word) => usage(call),
        _ => Err(call.wrong("I can show today, week or month.")),
    }
}

/// The user's own usage: today, seven days, or this month.
pub(crate) fn usage(call: &Call) -> Result<Reply> {
    let span = Span::of(call);
    let models = usage::since(call.user().id, span.first(call))?;
    let mut html = Html::new().text("📊 ").bold(format_args!("AI usage · {}", span.title())).line();
    html = if models.is_empty() {
        html.text("Nothing was used.").line()
    } else {
        let rows: Vec<(String, Sums)> = models.clone().into_iter().collect();
        html.pre(table(&rows)).line()
    };
    html = notes(html, usage::total(&models));
    let today = usage::total(&usage::since(call.user().id, call.at().date())?).cost;
    html = match usage::budget()? {
        Some(budget) => html.text(format_args!("Today: {} of {}", money(today), money(budget))),
        None => html.text(format_args!("Today: {}, no limit", money(today))),
    };
    let mut last = vec![Button::new("🤖 AI", "home")];
    if call.user().owner {
        last.insert(0, Button::new("👥 Everybody", "everybody").arg(span.word()));
    }
    Ok(spans(Reply::html(html), "usage", span).row(last).replace())
}

/// What everybody has used: for owners.
pub(crate) fn everybody(call: &Call) -> Result<Reply> {
    if !call.user().owner {
        return Err(Error::usage("Only an owner can see that."));
    }
    let span = Span::of(call);
    let mut rows: Vec<(String, Sums)> = Vec::new();
    for (id, name) in usage::people()? {
        let sums = usage::total(&usage::since(id, span.first(call))?);
        if sums != Sums::default() {
            rows.push((format!("{} ({id})", name.chars().take(10).collect::<String>()), sums));
        }
    }
    rows.sort_by_key(|(_, sums)| std::cmp::Reverse(sums.cost));
    let mut html = Html::new().text("👥 ").bold(format_args!("AI usage · {}", span.title())).line();
    html = if rows.is_empty() { html.text("Nobody has used it.") } else { html.pre(table(&rows)) };
    let total = usage::total(&rows.into_iter().collect::<BTreeMap<_, _>>());
    let html = notes(html.line(), total);
    let last = [Button::new("👤 Mine", "usage").arg(span.word()), Button::new("🤖 AI", "home")];
    Ok(spans(Reply::html(html), "everybody", span).row(last).replace())
}

impl Span {
    const ALL: [Self; 3] = [Self::Today, Self::Week, Self::Month];

    fn of(call: &Call) -> Self {
        let word = call.get(0).unwrap_or("");
        Self::ALL
            .into_iter()
            .find(|span| span.word().eq_ignore_ascii_case(word))
            .unwrap_or(Self::Today)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Week => "7 days",
            Self::Month => "this month",
        }
    }

    fn first(self, call: &Call) -> Date {
        match self {
            Self::Today => call.at().date(),
            Self::Week => usage::day(call.at(), 6),
            Self::Month => Date { day: 1, ..call.at().date() },
        }
    }
}

fn spans(reply: Reply, action: &str, span: Span) -> Reply {
    let button = |other: Span| {
        let mark = if other == span { "· " } else { "" };
        let mut title = other.title().to_owned();
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Button::new(format!("{mark}{title}"), action).arg(other.word())
    };
    reply.row(Span::ALL.map(button))
}

/// Two lines a row, no wider than a telephone.
fn table(rows: &[(String, Sums)]) -> String {
    let mut lines = Vec::new();
    for (name, sums) in rows.iter().take(ROWS) {
        let name: String = name.chars().take(NAME).collect();
        let cost = if sums.unpriced == sums.requests && sums.cost == 0 {
            "?".to_owned()
        } else {
            money(sums.cost)
        };
        lines.push(format!("{name:<24} {cost:>8}"));
        let (input, output) = (count(sums.input), count(sums.output));
        lines.push(format!("  {}× {input} in, {output} out", sums.requests));
    }
    if rows.len() > ROWS {
        lines.push(format!("and {} more", rows.len() - ROWS));
    }
    if rows.len() > 1 {
        let mut total = Sums::default();
        for (_, sums) in rows {
            total.add(*sums);
        }
        lines.push(format!("{:<24} {:>8}", "Total", money(total.cost)));
    }
    lines.join("\n")
}

fn notes(mut html: Html, total: Sums) -> Html {
    if total.unpriced > 0 {
        let text = match total.unpriced {
            1 => "1 request has no known price.".to_owned(),
            count => format!("{count} requests have no known price."),
        };
        html = html.text(text).line();
    }
    if total.estimated > 0 {
        let text = match total.estimated {
            1 => "1 request was estimated.".to_owned(),
            count => format!("{count} requests were estimated."),
        };
        html = html.text(text).line();
    }
    html
}

/// `950`, `12.3k`, `4.5M`.
fn count(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{}.{}k", number / 1_000, number % 1_000 / 100),
        _ => format!("{}.{}M", number / 1_000_000, number % 1_000_000 / 100_000),
    }
}
