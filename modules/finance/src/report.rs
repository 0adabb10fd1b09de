//! `/report`: a month or a longer period by category, as text and as a picture, with those around it a tap away.
//!
//! All of it is made of the months' running sums: a report of a ledger with a hundred thousand entries reads
//! as many records as one with ten.

pub(crate) mod sheet;
mod text;

use umbrasil_sdk::prelude::*;

use self::sheet::Sheet;
use crate::chart;
use crate::ledger::{self, Ledger};
use crate::period::{self, Period};

/// Most categories that are listed for a direction; and for those of another currency than the first.
const LISTED: usize = 12;
const LISTED_BELOW: usize = 5;

/// How many of the latest entries are shown.
const LATEST: usize = 5;

/// `/report [PERIOD]`: the text, and the picture below it.
pub(crate) fn report(call: &Call) -> Result<Reply> {
    let period = match call.text().trim().to_ascii_lowercase().as_str() {
        "all" | "everything" => all(call)?,
        text => period(call, text)?,
    };
    let (ledger, sheets) = open(call, period)?;
    chart::send(&ledger, &sheets, period)?;
    message(call, &ledger, &sheets, period)
}

/// The button below a report: its picture, as a new message.
pub(crate) fn picture(call: &Call) -> Result<Reply> {
    let period = period(call, call.get(0).unwrap_or_default())?;
    let (ledger, sheets) = open(call, period)?;
    if sheets.is_empty() {
        chat::toast("There are no entries to draw.")?;
    }
    chart::send(&ledger, &sheets, period)?;
    Ok(Reply::none())
}

/// The buttons to other periods: the message changes, and no picture comes without being asked for.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    let period = period(call, call.get(0).unwrap_or_default())?;
    let (ledger, sheets) = open(call, period)?;
    message(call, &ledger, &sheets, period)
}

/// The period that a call names, or the month that it is.
pub(crate) fn period(call: &Call, text: &str) -> Result<Period> {
    let now = call.at().date().month_of_year();
    Period::read(text, now).map_err(|reason| call.wrong(reason))
}

/// From the month of the first entries to this one, as far as a period goes.
fn all(call: &Call) -> Result<Period> {
    let last = call.at().date().month_of_year();
    let first = Ledger::open(call, ledger::currency()?)?.first_month()?.unwrap_or(last);
    let all = Period { first: first.min(last), last };
    Ok(if all.len() > period::MOST { Period::ending(last, period::MOST) } else { all })
}

fn open(call: &Call, period: Period) -> Result<(Ledger, Vec<Sheet>)> {
    let ledger = Ledger::open_month(call, ledger::currency()?, period.last)?;
    let sheets = Sheet::all(&ledger, period)?;
    Ok((ledger, sheets))
}

fn message(call: &Call, ledger: &Ledger, sheets: &[Sheet], period: Period) -> Result<Reply> {
    let mut html = Html::new().bold(format_args!("📊 {}", period.title()));
    let what = if period.is_month() { "month" } else { "period" };
    if sheets.is_empty() {
        html = html.text(format_args!("\nNo entries in this {what}."));
    }
    for (index, sheet) in sheets.iter().enumerate() {
        let first = index == 0;
        if !first {
            html = html.text("\n\n💱 ").bold(sheet.currency.code());
        }
        html = text::section(html, sheet, if first { LISTED } else { LISTED_BELOW });
        let plural = if sheet.entries == 1 { "entry" } else { "entries" };
        html = html.text(format_args!("\n\n{} {plural}.", sheet.entries));
        if period.is_month() && sheet.currency == ledger.currency {
            html = html.text(" The latest:");
            for entry in ledger.latest_entries(LATEST)? {
                html = html.line().push(text::latest_line(&entry));
            }
        }
    }
    let now = call.at().date().month_of_year();
    let to = |label: String, period: Period| Button::new(label, "report").arg(period.code());
    let mut around = Vec::new();
    if let Some(previous) = period.previous() {
        around.push(to(format!("◀ {}", previous.short()), previous));
    }
    if period.last < now {
        around.push(to(format!("{} ▶", period.next().short()), period.next()));
    }
    let mut below = Vec::new();
    if !sheets.is_empty() {
        below.push(Button::new("📊 Chart", "chart").arg(period.code()));
        below.push(Button::new("📄 CSV", "export").arg(period.code()));
    }
    below.push(Button::new("Finance", "home"));
    Ok(Reply::html(html).row(around).row(below).replace())
}
