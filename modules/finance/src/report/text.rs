//! A sheet as a message: totals, a small table of months, and bars made of text.

use umbrasil_sdk::{Html, Month};

use super::sheet::{Category, Sheet};
use crate::money::{Currency, Money};
use crate::period::short_name;
use crate::record::{Direction, Entry};
use crate::wording;

/// How many blocks the longest bar has.
const BLOCKS: i128 = 10;

/// Most rows of the table of months; a longer period is shown year by year.
const ROWS: usize = 12;

/// The totals of a sheet, and its categories: at most `listed` for each direction, the others in one line.
pub(super) fn section(mut html: Html, sheet: &Sheet, listed: usize) -> Html {
    let Sheet { currency, income, expense, .. } = *sheet;
    // Both are at least 0, so this fits.
    let net = Money::new(income.saturating_sub(expense), currency);
    html = html
        .text(format_args!("\nIncome: {}", Money::new(income, currency)))
        .text(format_args!("\nExpenses: {}", Money::new(expense, currency)))
        .text(format_args!("\nNet: {net}"));
    let rows = rows(sheet);
    if rows.len() > 1 {
        html = html.text("\n\n").pre(table(rows, currency).join("\n"));
    }
    html = by_category(html, "Expenses", sheet, Direction::Expense, expense, listed);
    by_category(html, "Income", sheet, Direction::Income, income, listed)
}

/// A name, income and expenses for each month or each year, from the first that has entries to the last.
fn rows(sheet: &Sheet) -> Vec<(String, i64, i64)> {
    let by_year = sheet.months.len() > ROWS;
    let is_used = |(_, income, expense): &(Month, i64, i64)| *income != 0 || *expense != 0;
    let first = sheet.months.iter().position(is_used).unwrap_or(0);
    let end = sheet.months.iter().rposition(is_used).map_or(0, |last| last + 1);
    let mut rows: Vec<(String, i64, i64)> = Vec::new();
    for (month, income, expense) in sheet.months.get(first..end).unwrap_or_default() {
        let name = if by_year {
            month.year().to_string()
        } else {
            format!("{} {:02}", short_name(*month), month.year().rem_euclid(100))
        };
        match rows.last_mut() {
            Some(row) if row.0 == name => {
                (row.1, row.2) = (row.1.saturating_add(*income), row.2.saturating_add(*expense));
            }
            _ => rows.push((name, *income, *expense)),
        }
    }
    rows
}

/// Income and expenses side by side.
fn table(rows: Vec<(String, i64, i64)>, currency: Currency) -> Vec<String> {
    let plain = |minor| Money::new(minor, currency).plain().to_string();
    let mut lines = vec![(String::new(), "Income".to_owned(), "Expenses".to_owned())];
    lines.extend(
        rows.into_iter().map(|(name, income, expense)| (name, plain(income), plain(expense))),
    );
    let width =
        |of: fn(&(String, String, String)) -> usize| lines.iter().map(of).max().unwrap_or(0);
    let (names, left) = (width(|line| line.0.len()), width(|line| line.1.len()));
    let right = width(|line| line.2.len());
    lines.iter().map(|(name, a, b)| format!("{name:<names$}  {a:>left$}  {b:>right$}")).collect()
}

fn by_category(
    mut html: Html,
    title: &str,
    sheet: &Sheet,
    direction: Direction,
    total: i64,
    listed: usize,
) -> Html {
    let categories: Vec<&Category> = sheet.categories(direction).collect();
    let Some(longest) = categories.first().map(|category| i128::from(category.minor.max(1))) else {
        return html;
    };
    html = html.text("\n\n").bold(title);
    for Category { name, minor, .. } in categories.iter().take(listed) {
        let blocks = (i128::from(*minor) * BLOCKS / longest).max(1);
        let bar = "█".repeat(usize::try_from(blocks).unwrap_or(1));
        let percent = match i128::from(*minor) * 100 / i128::from(total.max(1)) {
            0 => "<1".to_owned(),
            percent => percent.to_string(),
        };
        let amount = Money::new(*minor, sheet.currency).plain();
        html = html.text(format_args!("\n{name} {amount} ({percent} %)\n")).code(bar);
    }
    let others = categories.get(listed..).unwrap_or_default();
    if !others.is_empty() {
        let amount = sum(others, sheet.currency).plain();
        html = html.text(format_args!("\n{} more categories: {amount}", others.len()));
    }
    html
}

/// What some categories add up to.
fn sum(categories: &[&Category], currency: Currency) -> Money {
    Money::new(categories.iter().fold(0, |sum: i64, one| sum.saturating_add(one.minor)), currency)
}

/// One of the latest entries.
pub(super) fn latest_line(entry: &Entry) -> Html {
    let date = entry.written().date();
    let amount = Money::new(entry.effect, entry.currency).plain();
    let html = Html::new().text(format_args!("{} {amount} {}", date, entry.category));
    if entry.note.is_empty() {
        html
    } else {
        html.text(" · ").italic(wording::shorten(&entry.note))
    }
}
