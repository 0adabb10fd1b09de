//! `/export [PERIOD]`: all entries, or those of a period, as CSV files.
//!
//! Storage is read page by page, and nothing but the text of the files is held. An entry's reversal follows
//! it at once, wherever it lies in the ledger: so no file and no period tears the two apart.

use umbrasil_sdk::prelude::*;

use crate::csv;
use crate::ledger::{self, Ledger};
use crate::period::Period;
use crate::record::{self, Direction, Entry};
use crate::report;

/// The first line of each file.
pub(crate) const HEADER: &str = "number,date,time,type,amount,currency,category,note,reverses";

/// Most entries and bytes of one file, files of one answer, and bytes of all of them: the host lets 5 files
/// and 4 MiB pass, of 2 MiB each.
const ENTRIES: usize = 20_000;
const BYTES: usize = 1_900 << 10;
const FILES: usize = 5;
const ALL_BYTES: usize = 4_000 << 10;

/// Entries that are read at once.
const PAGE: u64 = 500;

/// The entries of a file in the making.
struct File {
    text: String,
    entries: usize,
}

/// `/export [PERIOD]`, and the button below a report.
pub(crate) fn export(call: &Call) -> Result<Reply> {
    let words = call.args().join(" ");
    let period = match words.to_ascii_lowercase().as_str() {
        "" | "all" | "everything" => None,
        _ => Some(report::period(call, &words)?),
    };
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let Some((first, last)) = numbers(&ledger, period)? else {
        let what = period.map_or_else(|| "your ledger".to_owned(), Period::title);
        return Ok(Reply::text(format_args!("📄 There are no entries in {what}."))
            .row([Button::new("Finance", "home")]));
    };
    let Some(files) = gather(call.user().id, first, last, period)? else {
        return Ok(too_much(call, period));
    };
    let name =
        period.map_or_else(|| "finance".to_owned(), |period| format!("finance-{}", period.code()));
    let title = period.map_or_else(|| "everything".to_owned(), Period::title);
    let parts = files.len();
    for (number, File { text, entries }) in (1..).zip(files) {
        let plural = if entries == 1 { "entry" } else { "entries" };
        let mut caption = Html::new().text(format_args!("📄 {title}: {entries} {plural}"));
        let file = if parts == 1 {
            format!("{name}.csv")
        } else {
            caption = caption.text(format_args!(" · part {number} of {parts}"));
            format!("{name}-part{number}.csv")
        };
        chat::document(&file, text.as_bytes(), caption)?;
    }
    Ok(Reply::none())
}

/// The numbers of the first and the last entry that may belong to the period.
fn numbers(ledger: &Ledger, period: Option<Period>) -> Result<Option<(u64, u64)>> {
    let Some(period) = period else {
        let last = ledger.next_number() - 1;
        return Ok((last > 0).then_some((1, last)));
    };
    let mut found: Option<(u64, u64)> = None;
    for currency in ledger.currencies() {
        for (_, sums) in ledger.sums_of(currency, period.months())? {
            if sums.last > 0 {
                let (first, last) = found.unwrap_or((sums.first, sums.last));
                found = Some((first.min(sums.first), last.max(sums.last)));
            }
        }
    }
    Ok(found)
}

/// The files; none if they are too large or too many.
fn gather(user: i64, first: u64, last: u64, period: Option<Period>) -> Result<Option<Vec<File>>> {
    let mut files: Vec<File> = Vec::new();
    let mut bytes = 0;
    let mut start = first;
    while start <= last {
        let end = start.saturating_add(PAGE).min(last.saturating_add(1));
        for (number, entry, reversal) in page(user, start, end, period)? {
            let mut rows = row(number, &entry);
            if let Some((number, reversal)) = &reversal {
                rows.push_str(&row(*number, reversal));
            }
            let full =
                |file: &File| file.entries >= ENTRIES || file.text.len() + rows.len() > BYTES;
            if files.last().is_none_or(full) {
                files.push(File { text: format!("{HEADER}\r\n"), entries: 0 });
            }
            bytes += rows.len();
            if let Some(file) = files.last_mut() {
                file.text.push_str(&rows);
                file.entries += 1 + usize::from(reversal.is_some());
            }
        }
        if files.len() > FILES || bytes > ALL_BYTES {
            return Ok(None);
        }
        start = end;
    }
    Ok(Some(files))
}

type Numbered = (u64, Entry);

/// The entries with the numbers from `start` to before `end` that are no reversals, each with its reversal.
fn page(
    user: i64,
    start: u64,
    end: u64,
    period: Option<Period>,
) -> Result<Vec<(u64, Entry, Option<Numbered>)>> {
    let range = |kind: &str, from: String, before: String| {
        storage::Range::prefix(format!("{user}/{kind}/")).from(from).before(before)
    };
    let entries = range("entry", record::entry_key(user, start), record::entry_key(user, end));
    let undone = range("undone", record::undone_key(user, start), record::undone_key(user, end));
    // No more than 500 entries of at most 1,3 KB: each list is whole.
    let (entries, undone) = (storage::list(&entries)?, storage::list(&undone)?);
    let mut reversals = Vec::with_capacity(undone.len());
    for item in &undone {
        let number =
            std::str::from_utf8(&item.value).ok().and_then(|text| text.parse::<u64>().ok());
        reversals.push((number_of(&item.key)?, number.ok_or_else(|| record::corrupt("reversal"))?));
    }
    let keys: Vec<String> =
        reversals.iter().map(|(_, reversal)| record::entry_key(user, *reversal)).collect();
    let values = if keys.is_empty() { Vec::new() } else { storage::get_all(&keys)? };
    let mut values = reversals.into_iter().zip(values).peekable();
    let mut found = Vec::with_capacity(entries.len());
    for item in entries {
        let (number, entry) = (number_of(&item.key)?, Entry::read(Some(&item.value))?);
        // Both are in the order of their numbers.
        let value = values.next_if(|((reversed, _), _)| *reversed == number);
        if entry.reverses != 0 || period.is_some_and(|period| !period.contains(entry.month)) {
            continue;
        }
        let reversal = match value {
            Some(((_, number), value)) => Some((number, Entry::read(value.as_deref())?)),
            None => None,
        };
        found.push((number, entry, reversal));
    }
    Ok(found)
}

fn number_of(key: &str) -> Result<u64> {
    let digits = key.rsplit('/').next().unwrap_or_default();
    digits.parse().map_err(|_| record::corrupt("entry"))
}

fn row(number: u64, entry: &Entry) -> String {
    let (date, (hour, minute)) = (entry.written().date(), entry.written().clock());
    let kind = match entry.direction {
        Direction::Expense => "expense",
        Direction::Income => "income",
    };
    let (amount, currency) = (entry.amount(), entry.currency.code());
    let mut row =
        format!("{number},{date},{hour:02}:{minute:02},{kind},{},{currency}", amount.plain());
    csv::cell(&mut row, &entry.category);
    csv::cell(&mut row, &entry.note);
    let reverses = if entry.reverses == 0 { String::new() } else { entry.reverses.to_string() };
    csv::cell(&mut row, &reverses);
    csv::end(&mut row);
    row
}

/// What to ask for instead.
fn too_much(call: &Call, period: Option<Period>) -> Reply {
    let now = call.at().date().month_of_year();
    let smaller: Vec<Period> = match period {
        None => (0..4)
            .rev()
            .filter_map(|age| {
                Period::read(&format!("{:04}", now.year().checked_sub(age)?), now).ok()
            })
            .collect(),
        Some(period) if period.len() > 3 => {
            let quarters = period.months().step_by(3).map(|month| {
                let last = period.months().filter(|&later| later >= month).take(3).last();
                Period { first: month, last: last.unwrap_or(month) }
            });
            quarters.take(8).collect()
        }
        Some(period) if !period.is_month() => period.months().map(Period::month).collect(),
        Some(_) => Vec::new(),
    };
    let text = "📄 That is more than one answer can carry (4 MB).";
    if smaller.is_empty() {
        return Reply::text(text).row([Button::new("Finance", "home")]);
    }
    let mut reply =
        Reply::text(format_args!("{text} Take it in pieces, such as /export 2026-01..2026-03."));
    for row in smaller.chunks(2) {
        reply = reply.row(row.iter().map(|one| Button::new(one.short(), "export").arg(one.code())));
    }
    reply
}
