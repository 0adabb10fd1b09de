//! `/report`: one month by category, with bars made of text, and the months around it a tap away.

use umbrasil_sdk::Month;
use umbrasil_sdk::prelude::*;

use crate::ledger::{self, Ledger};
use crate::money::{Currency, Money};
use crate::record::{Direction, Entry};
use crate::sums::Line;

/// Most categories that are listed for a direction; the others become one line.
const LISTED: usize = 12;

/// How many of the latest entries are shown.
const LATEST: usize = 5;

/// How many blocks the longest bar has.
const BLOCKS: i128 = 10;

/// `/report [MONTH]`, and the buttons to the months around it.
pub(crate) fn report(call: &Call) -> Result<Reply> {
    let now = call.at().date().month_of_year();
    let month = match call.get(0) {
        None => now,
        Some(text) => read_month(text, now)
            .ok_or_else(|| call.wrong(format_args!("“{text}” is no month.")))?,
    };
    let ledger = Ledger::open_month(call, ledger::currency()?, month)?;
    let sums = ledger.sums();
    let title = format!("📊 {} {}", month.name(), month.year());
    let mut html = Html::new().bold(title);
    if sums.entries == 0 {
        html = html.text("\nNo entries in this month.");
    } else {
        let (currency, lines) = (ledger.currency, sums.lines()?);
        let income = sums.total(Direction::Income);
        let expense = sums.total(Direction::Expense);
        // Both are at least 0, so this fits.
        let net = Money::new(income.saturating_sub(expense), currency);
        html = html
            .text(format_args!("\nIncome: {}", Money::new(income, currency)))
            .text(format_args!("\nExpenses: {}", Money::new(expense, currency)))
            .text(format_args!("\nNet: {net}"));
        html = by_category(html, "Expenses", Direction::Expense, &lines, expense, currency);
        html = by_category(html, "Income", Direction::Income, &lines, income, currency);
        let entries = sums.entries;
        let plural = if entries == 1 { "entry" } else { "entries" };
        html = html.text(format_args!("\n\n{entries} {plural}. The latest:"));
        for entry in ledger.latest_entries(LATEST)? {
            html = html.line().push(latest_line(&entry));
        }
    }
    let to = |label: String, month: Month| Button::new(label, "report").arg(month);
    let mut buttons = Vec::new();
    if Month::new(month.previous().year(), 1).is_some() {
        buttons.push(to(format!("◀ {}", short(month.previous())), month.previous()));
    }
    if month < now {
        buttons.push(to(format!("{} ▶", short(month.next())), month.next()));
    }
    Ok(Reply::html(html).row(buttons).row([Button::new("Finance", "home")]).replace())
}

/// The month that a user means: `2026-11`, `november`, `last`. A name is the latest month of that name.
fn read_month(text: &str, now: Month) -> Option<Month> {
    if text.eq_ignore_ascii_case("last") {
        return Some(now.previous());
    }
    if let Ok(month) = text.parse() {
        return Some(month);
    }
    let number = Month::number_of(text)?;
    let year = if number <= now.number() { now.year() } else { now.year() - 1 };
    Month::new(year, number)
}

fn by_category(
    mut html: Html,
    title: &str,
    direction: Direction,
    lines: &[Line<'_>],
    total: i64,
    currency: Currency,
) -> Html {
    let mut lines: Vec<&Line<'_>> =
        lines.iter().filter(|line| line.direction == direction).collect();
    lines.sort_unstable_by(|a, b| b.minor.cmp(&a.minor).then_with(|| a.category.cmp(b.category)));
    let Some(longest) = lines.first().map(|line| i128::from(line.minor.max(1))) else {
        return html;
    };
    html = html.text("\n\n").bold(title);
    for Line { category, minor, .. } in lines.iter().take(LISTED) {
        let blocks = (i128::from(*minor) * BLOCKS / longest).max(1);
        let bar = "█".repeat(usize::try_from(blocks).unwrap_or(1));
        let percent = i128::from(*minor) * 100 / i128::from(total.max(1));
        let amount = Money::new(*minor, currency).plain();
        html = html.text(format_args!("\n{category} {amount} ({percent} %)\n")).code(bar);
    }
    let others = lines.get(LISTED..).unwrap_or_default();
    if !others.is_empty() {
        let minor = others.iter().fold(0, |sum: i64, line| sum.saturating_add(line.minor));
        let amount = Money::new(minor, currency).plain();
        html = html.text(format_args!("\n{} more categories: {amount}", others.len()));
    }
    html
}

fn latest_line(entry: &Entry) -> Html {
    let date = entry.written().date();
    let amount = Money::new(entry.effect, entry.currency).plain();
    let html = Html::new().text(format_args!("{} {amount} {}", date, entry.category));
    if entry.note.is_empty() { html } else { html.text(" · ").italic(shorten(&entry.note)) }
}

/// A note short enough for a line.
fn shorten(note: &str) -> String {
    match note.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", note.split_at(end).0),
        None => note.to_owned(),
    }
}

/// Such as `Nov 2026`.
fn short(month: Month) -> String {
    let name = month.name();
    format!("{} {}", name.get(..3).unwrap_or(name), month.year())
}
