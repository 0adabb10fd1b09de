//! A CSV file becomes entries: what it says is shown first, and nothing is booked before a tap.
//!
//! A tap books up to [`AT_ONCE`] rows; for a longer file there is a button for the next ones. Rows that were
//! imported before are recognised and left out, so that two exports of a bank may overlap.

mod job;
mod table;
pub(crate) mod value;

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::{Date, ErrorKind, Month};

use self::job::{Job, Known};
use self::table::{Row, Table, ToldBy};
use crate::add;
use crate::batch::{self, Batch, New};
use crate::book::Book;
use crate::ledger::{self, Ledger};
use crate::money::{Currency, Money};
use crate::receipt::{self, guess::OTHER};
use crate::record::{self, Direction};

/// Largest file in bytes.
const LARGEST: u64 = 4 << 20;

/// How many rows one tap books.
const AT_ONCE: usize = 5_000;

/// How many rows and problems are shown.
const SHOWN: usize = 5;

/// A file that somebody sends: entries, or the picture of a receipt.
pub(crate) fn document(call: &Call) -> Result<Reply> {
    let Some(file) = call.file() else {
        return Err(Error::internal("a file event without a file"));
    };
    let name = file.name.to_lowercase();
    let is = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if file.mime.starts_with("image/") || is(&[".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"]) {
        return receipt::photo(call);
    }
    if !is(&[".csv", ".tsv", ".txt"]) && !file.mime.contains("csv") {
        return Ok(Reply::text(
            "📎 I can read two kinds of files: entries as .csv, such as an export of your bank or of \
             /export, and pictures of receipts.",
        ));
    }
    if file.size > LARGEST {
        return Err(Error::usage("That file is larger than 4 MB. Please split it."));
    }
    let bytes = files::read_up_to(LARGEST)?;
    let default = ledger::currency()?;
    let table = table::read(&decoded(bytes), default)
        .map_err(|reason| Error::usage(format!("📥 {reason}")))?;
    let name: String = file.name.chars().filter(|c| !c.is_control()).take(40).collect();
    let name = if name.is_empty() { "file.csv".to_owned() } else { name };
    if table.assumed && !table.rows.is_empty() {
        return ask_order(call, default, name, &table);
    }
    preview(call, default, name, table)
}

/// Dates such as `03/04/2026` don't tell: asks whether days or months come first.
fn ask_order(call: &Call, default: Currency, name: String, table: &Table) -> Result<Reply> {
    let job = begin(call, name, Ledger::open(call, default)?.next_number(), table)?;
    job.keep(call.user().id)?;
    let mut html = Html::new().text("📥 ").bold(&job.name);
    html = html.text(format_args!(": {}.", entries(job.left)));
    let open = table.rows.iter().map(|row| row.date).find(|date| date.day != date.month);
    let read = open.and_then(|Date { year, month, day }| {
        let (by_day, by_month) = (Month::new(year, month)?, Month::new(year, day)?);
        let written = format!("{day:02}/{month:02}/{year}");
        Some((written, format!("{day} {}", by_day.name()), format!("{month} {}", by_month.name())))
    });
    if let Some((written, by_day, by_month)) = read {
        html = html.text(format_args!("\nIs {written} "));
        html = html.bold(by_day).text(" or ").bold(by_month).text("?");
    }
    let html = unread(html, &table.problems).text("\n\nNothing is saved yet.");
    let order =
        |label: &str, first: &str| Button::new(label, "import_order").arg(&job.id).arg(first);
    Ok(Reply::html(html)
        .row([order("Day first", "d"), order("Month first", "m")])
        .row([cancel_button(&job)]))
}

/// Puts the rows of a file away; the job for them takes the place of an earlier one.
fn begin(call: &Call, name: String, base: u64, table: &Table) -> Result<Job> {
    let user = call.user().id;
    if let Some(earlier) = Job::open(user)? {
        earlier.forget(user)?;
    }
    Ok(Job {
        id: record::short_hash(call.event_id()),
        name,
        base,
        swapped: false,
        told_by: table.told_by,
        open: table.assumed,
        pieces: job::put(user, &table.rows)?,
        next: 0,
        left: table.rows.len(),
        booked: 0,
        skipped: 0,
    })
}

/// The user said whether days or months come first.
pub(crate) fn order(call: &Call) -> Result<Reply> {
    let Some(job) = open(call)?.filter(|job| job.open) else { return closed() };
    let user = call.user().id;
    let mut rows = Vec::new();
    for piece in 0..job.pieces {
        rows.extend(job::take(user, piece)?);
    }
    storage::delete(&job::job_key(user))?;
    if call.get(1) == Some("m") {
        table::month_first(&mut rows);
    }
    let table = Table { rows, told_by: job.told_by, ..Table::default() };
    Ok(preview(call, ledger::currency()?, job.name, table)?.replace())
}

/// Says which lines of a file can't be read.
fn unread(mut html: Html, problems: &[(usize, String)]) -> Html {
    if problems.is_empty() {
        return html;
    }
    html = html.text(format_args!("\n\n⚠️ {} can't be read:", lines(problems.len())));
    for (line, reason) in problems.iter().take(SHOWN) {
        html = html.text(format_args!("\nline {line}: {reason}"));
    }
    if problems.len() > SHOWN {
        html = html.text("\n…");
    }
    html
}

/// The text of a file: UTF-16 if it says so at its beginning, else UTF-8. What isn't is taken for Latin-1, as
/// banks of an earlier age write it.
fn decoded(bytes: Vec<u8>) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, _) = bytes.as_chunks();
        String::from_utf16_lossy(&units.iter().map(|bytes| unit(*bytes)).collect::<Vec<_>>())
    };
    match bytes.as_slice() {
        [0xff, 0xfe, text @ ..] => return wide(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => return wide(text, u16::from_be_bytes),
        _ => {}
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().iter().map(|&byte| char::from(byte)).collect())
}

/// Shows what a file would add, and keeps its rows for the tap.
fn preview(call: &Call, default: Currency, name: String, mut table: Table) -> Result<Reply> {
    let user = call.user().id;
    let ledger = Ledger::open(call, default)?;
    let base = ledger.next_number();
    let mut known = Known::new(user).find(&table.rows, base)?.into_iter();
    let before = table.rows.len();
    table.rows.retain(|_| !known.next().unwrap_or(false));
    let Table { rows, problems, reversed, void, told_by, .. } = &table;
    let skipped = before - rows.len();
    let mut html =
        Html::new().text("📥 ").bold(&name).text(format_args!(": {}", entries(rows.len())));
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        html = html.text(format_args!("\n{} to {}", first.date, last.date));
        html = totals(html, rows);
        let lines: Vec<String> =
            rows.iter().take(SHOWN).map(|row| line(row, ledger.book(), default)).collect();
        html = html.text("\n\n").pre(lines.join("\n"));
        if rows.len() > SHOWN {
            html = html.text(format_args!("\n… and {} more.", rows.len() - SHOWN));
        }
    }
    if skipped > 0 {
        html = html.text(format_args!("\n\n{} in your ledger already, left out.", are(skipped)));
    }
    if *reversed > 0 {
        html = html.text(format_args!("\n\n{} reversed or a reversal, left out.", are(*reversed)));
    }
    if *void > 0 {
        let why = "declined, taken back or pending";
        html = html.text(format_args!("\n\n{} {why}, left out.", are(*void)));
    }
    html = unread(html, problems);
    if rows.is_empty() {
        return Ok(Reply::html(html.text("\n\nThere is nothing to import."))
            .row([Button::new("Finance", "home")]));
    }
    let job = begin(call, name, base, &table)?;
    job.keep(user)?;
    let mut reply = Reply::html(html.text("\n\nNothing is saved yet.")).row([
        button(&job, &format!("Import {}", entries(rows.len().min(AT_ONCE)))),
        cancel_button(&job),
    ]);
    let label = match told_by {
        ToldBy::Words => return Ok(reply),
        ToldBy::Signs => "Swap income and expenses",
        ToldBy::Nothing => "They are all expenses",
    };
    reply = reply.row([Button::new(label, "import_swap").arg(&job.id)]);
    Ok(reply)
}

/// No word in the file says which way the money went, and it went the other way.
pub(crate) fn swap(call: &Call) -> Result<Reply> {
    let Some(mut job) = open(call)?.filter(|job| job.next == 0) else { return closed() };
    job.swapped = !job.swapped;
    job.keep(call.user().id)?;
    let html =
        Html::new().text("📥 ").bold(&job.name).text(format_args!(": {}, ", entries(job.left)));
    let (html, other) = match (job.told_by, job.swapped) {
        (ToldBy::Nothing, true) => {
            (html.text("all of them ").bold("expenses"), "They are all income")
        }
        (ToldBy::Nothing, false) => {
            (html.text("all of them ").bold("income"), "They are all expenses")
        }
        (_, true) => (html.text("with income and expenses ").bold("swapped"), "Swap them back"),
        (_, false) => (html.text("as the file has them"), "Swap income and expenses"),
    };
    Ok(Reply::html(html.text(".\n\nNothing is saved yet."))
        .row([
            button(&job, &format!("Import {}", entries(job.left.min(AT_ONCE)))),
            cancel_button(&job),
        ])
        .row([Button::new(other, "import_swap").arg(&job.id)])
        .replace())
}

/// Books the next rows.
pub(crate) fn import(call: &Call) -> Result<Reply> {
    let next = call.get(1).and_then(|next| next.parse().ok());
    let Some(mut job) = open(call)?.filter(|job| Some(job.next) == next && !job.open) else {
        return closed();
    };
    let (user, default) = (call.user().id, ledger::currency()?);
    let (mut batch, mut known) = (Batch::open(user, call.event_id())?, Known::new(user));
    let (mut taken, mut failed) = (0, Vec::new());
    while job.next < job.pieces {
        let rows = job::take(user, job.next)?;
        // Before anything of it is written: what the ledger held before is what counts.
        let found = known.find(&rows, job.base)?;
        for (row, found) in rows.iter().zip(found) {
            if found {
                job.skipped += 1;
                continue;
            }
            match book(call, &mut batch, row, job.swapped) {
                Ok(()) => {
                    known.add(row)?;
                    job.booked += 1;
                }
                Err(error) if error.kind() == ErrorKind::Usage => {
                    failed.push(format!("{}: {}", line(row, batch.book(), default), error.text()));
                }
                Err(error) => return Err(error),
            }
        }
        job.next += 1;
        job.left = job.left.saturating_sub(rows.len());
        taken += rows.len();
        if taken + 1_000 > AT_ONCE {
            break;
        }
    }
    known.close()?;
    let balance = batch.balance(default);
    batch.close()?;

    let mut html = Html::new().text("📥 ").bold(&job.name);
    html = html.text(format_args!(": {} imported", entries(job.booked)));
    if job.left > 0 {
        html = html.text(format_args!(", {} to go", job.left));
    }
    html = html.text(".");
    if job.skipped > 0 {
        html = html.text(format_args!("\n{} in your ledger already, left out.", are(job.skipped)));
    }
    if !failed.is_empty() {
        html = html.text(format_args!("\n\n⚠️ {} could not be booked:", lines(failed.len())));
        for reason in failed.iter().take(SHOWN) {
            html = html.text(format_args!("\n{reason}"));
        }
    }
    html = html.text("\n\n").push(add::balance_line(&balance));
    if job.left == 0 {
        job.forget(user)?;
        let buttons = [Button::new("Report", "report"), Button::new("Finance", "home")];
        return Ok(Reply::html(html).row(buttons).replace());
    }
    job.keep(user)?;
    let label = format!("Import the next {}", job.left.min(AT_ONCE));
    Ok(Reply::html(html).row([button(&job, &label), cancel_button(&job)]).replace())
}

/// Not after all; what was booked before stays.
pub(crate) fn cancel(call: &Call) -> Result<Reply> {
    let Some(job) = open(call)? else { return closed() };
    job.forget(call.user().id)?;
    let text = match job.booked {
        0 => "Cancelled. Nothing was imported.".to_owned(),
        booked => format!("Stopped after {}. The others were not imported.", entries(booked)),
    };
    Ok(Reply::text(text).row([Button::new("Finance", "home")]).replace())
}

fn book(call: &Call, batch: &mut Batch, row: &Row, swapped: bool) -> Result<()> {
    let direction = match (row.direction, swapped) {
        (direction, false) => direction,
        (Direction::Expense, true) => Direction::Income,
        (Direction::Income, true) => Direction::Expense,
    };
    // What nothing spoke for may speak for something the other way.
    let category = match row.category.as_str() {
        OTHER if swapped => receipt::guess::category(&row.note, direction),
        category => category,
    };
    let new = New {
        direction,
        currency: row.currency,
        minor: row.minor,
        at: batch::moment(row.date, row.minutes, call.at().offset_seconds),
        category,
        note: &row.note,
    };
    // A month has room for so many categories. An entry is worth more than its category.
    batch.append(new).or_else(|_| batch.append(New { category: OTHER, ..new }))?;
    Ok(())
}

/// What the rows add up to, in each currency.
fn totals(mut html: Html, rows: &[Row]) -> Html {
    let mut sums: Vec<(Currency, i64, i64)> = Vec::new();
    for row in rows {
        let at = if let Some(at) = sums.iter().position(|(currency, ..)| *currency == row.currency)
        {
            at
        } else {
            sums.push((row.currency, 0, 0));
            sums.len() - 1
        };
        if let Some((_, income, expense)) = sums.get_mut(at) {
            let sum = if row.direction == Direction::Income { income } else { expense };
            *sum = sum.saturating_add(row.minor);
        }
    }
    for (currency, income, expense) in sums {
        let (income, expense) = (Money::new(income, currency), Money::new(expense, currency));
        html = html.text(format_args!("\nIncome: {income}\nExpenses: {expense}"));
    }
    html
}

/// A row in at most 34 columns, with the category that it is booked as.
fn line(row: &Row, book: &Book, default: Currency) -> String {
    let money = Money::new(row.direction.effect(row.minor), row.currency);
    let is_default = row.currency == default;
    let amount = if is_default { money.plain().to_string() } else { money.to_string() };
    let text: String = [book.resolve(&row.category), " ", &row.note]
        .into_iter()
        .flat_map(|part| part.chars())
        .collect();
    let room = 33_usize.saturating_sub(6 + amount.len().max(9));
    let text: String = text.chars().take(room).collect();
    let date = row.date;
    format!("{:02}-{:02} {amount:>9} {}", date.month, date.day, text.trim_end())
}

fn entries(count: usize) -> String {
    format!("{count} {}", if count == 1 { "entry" } else { "entries" })
}

fn lines(count: usize) -> String {
    format!("{count} {}", if count == 1 { "line" } else { "lines" })
}

fn are(count: usize) -> String {
    format!("{count} {}", if count == 1 { "is" } else { "are" })
}

fn button(job: &Job, label: &str) -> Button {
    Button::new(label, "import").arg(&job.id).arg(job.next)
}

fn cancel_button(job: &Job) -> Button {
    Button::new(if job.booked == 0 { "Cancel" } else { "Stop" }, "import_cancel").arg(&job.id)
}

/// The user's import that the call is about.
fn open(call: &Call) -> Result<Option<Job>> {
    Ok(Job::open(call.user().id)?.filter(|job| Some(job.id.as_str()) == call.get(0)))
}

fn closed() -> Result<Reply> {
    chat::toast("This import is done, or no longer open. Nothing was booked twice.")?;
    Ok(Reply::none())
}
