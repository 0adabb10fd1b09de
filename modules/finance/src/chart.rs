//! The picture of a report: months side by side, and what the money was spent on.
//!
//! It is drawn inside the sandbox, from the same sums as the text, and leaves in the same event.

use umbrasil_charts::{Bars, Columns, Picture, Tone};
use umbrasil_sdk::prelude::*;

use crate::ledger::Ledger;
use crate::money::{Currency, Money};
use crate::period::{Period, short_name};
use crate::record::Direction;
use crate::report::sheet::{Category, Sheet};

/// How many months a picture of one month shows.
const MONTHS: usize = 6;

/// Most columns of months; a longer period has one for each year.
const COLUMNS: usize = 12;

/// Most bars of categories; the others become one.
const BARS: usize = 10;

/// Sends the picture of the first sheet, if there is one.
pub(crate) fn send(ledger: &Ledger, sheets: &[Sheet], period: Period) -> Result<()> {
    let Some(sheet) = sheets.first() else { return Ok(()) };
    let columns = if period.is_month() {
        let around = Period::ending(period.last, MONTHS);
        let months =
            Sheet::add_up(sheet.currency, &ledger.sums_of(sheet.currency, around.months())?)?;
        months_side_by_side(&months, &format!("Last {} months", around.len()))
    } else {
        months_side_by_side(sheet, if period.len() > COLUMNS { "By year" } else { "By month" })
    };
    let title = period.title();
    let mut picture = Picture::new(&title).subtitle(sheet.currency.code()).panel(columns);
    if let Some(bars) = categories(sheet, Direction::Expense, "Expenses by category") {
        picture = picture.panel(bars);
    } else if let Some(bars) = categories(sheet, Direction::Income, "Income by category") {
        picture = picture.panel(bars);
    }
    let net = Money::new(sheet.income.saturating_sub(sheet.expense), sheet.currency);
    match picture.render() {
        Ok(image) => chat::photo(&image, Html::new().text(format_args!("📊 {title} · Net {net}"))),
        // The report is worth more than its picture.
        Err(error) => {
            log::error(format_args!("the chart could not be drawn: {error}"));
            Ok(())
        }
    }
}

fn months_side_by_side(sheet: &Sheet, title: &str) -> Columns {
    let by_year = sheet.months.len() > COLUMNS;
    let mut groups: Vec<(String, i64, i64)> = Vec::new();
    for (month, income, expense) in &sheet.months {
        let year = month.year().to_string();
        match groups.last_mut() {
            Some((label, earned, spent)) if by_year && *label == year => {
                (*earned, *spent) =
                    (earned.saturating_add(*income), spent.saturating_add(*expense));
            }
            _ => {
                let label = if by_year { year } else { short_name(*month).to_owned() };
                groups.push((label, *income, *expense));
            }
        }
    }
    let columns = Columns::new(title).series("Income", Tone::Good).series("Expenses", Tone::Bad);
    groups.into_iter().fold(columns, |columns, (label, income, expense)| {
        columns.column(label, [units(income, sheet.currency), units(expense, sheet.currency)])
    })
}

fn categories(sheet: &Sheet, direction: Direction, title: &str) -> Option<Bars> {
    let categories: Vec<&Category> = sheet.categories(direction).collect();
    let shown = categories.iter().take(BARS);
    let mut bars = Bars::new(title);
    for category in shown {
        bars = bar(bars, &category.name, category.minor, sheet.currency);
    }
    let others = categories.get(BARS..).unwrap_or_default();
    if !others.is_empty() {
        let sum = others.iter().fold(0, |sum: i64, one| sum.saturating_add(one.minor));
        bars = bar(bars, &format!("{} others", others.len()), sum, sheet.currency);
    }
    (!categories.is_empty()).then_some(bars)
}

fn bar(bars: Bars, label: &str, minor: i64, currency: Currency) -> Bars {
    bars.bar(label, units(minor, currency), Money::new(minor, currency).plain().to_string())
}

/// Whole units with their decimals, as a picture measures them.
fn units(minor: i64, currency: Currency) -> f64 {
    Money::new(minor, currency).plain().to_string().parse().unwrap_or(0.0)
}
