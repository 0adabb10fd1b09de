//! A CSV file becomes entries: what it says is shown first, and nothing is booked before a tap.
//!
//! A tap books up to [`AT_ONCE`] rows; for a longer file there is a button for the next ones. Rows that were
//! imported before are recognised and left out, so that two exports of a bank may overlap.

mod job;
mod table;
pub(crate) mod value;

use umbrasil_sdk::ErrorKind;
use umbrasil_sdk::prelude::*;

use self::job::{Job, Known};
use self::table::{Row, Table};
use crate::add;
use crate::batch::{self, Batch, New};
use crate::book::Book;
use crate::ledger::{self, Ledger};
use crate::money::{Currency, Money};
use crate::receipt;
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
    preview(call, default, table)
}

/// The text of a file. What isn't UTF-8 is taken for Latin-1, as banks of an earlier age write it.
fn decoded(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().iter().map(|&byte| char::from(byte)).collect())
}

/// Shows what a file would add, and keeps its rows for the tap.
fn preview(call: &Call, default: Currency, table: Table) -> Result<Reply> {
    let user = call.user().id;
    if let Some(earlier) = Job::open(user)? {
        earlier.forget(user)?;
    }
    let ledger = Ledger::open(call, default)?;
    let base = ledger.next_number();
    let Table { mut rows, problems, reversed, unsigned } = table;
    let mut known = Known::new(user).find(&rows, base)?.into_iter();
    let before = rows.len();
    rows.retain(|_| !known.next().unwrap_or(false));
    let skipped = before - rows.len();

    let name: String = call
        .file()
        .map(|file| file.name.as_str())
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(40)
        .collect();
    let name = if name.is_empty() { "file.csv".to_owned() } else { name };
    let mut html =
        Html::new().text("📥 ").bold(&name).text(format_args!(": {}", entries(rows.len())));
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        html = html.text(format_args!("\n{} to {}", first.date, last.date));
        html = totals(html, &rows);
        let lines: Vec<String> =
            rows.iter().take(SHOWN).map(|row| line(row, ledger.book())).collect();
        html = html.text("\n\n").pre(lines.join("\n"));
        if rows.len() > SHOWN {
            html = html.text(format_args!("\n… and {} more.", rows.len() - SHOWN));
        }
    }
    if skipped > 0 {
        html = html.text(format_args!("\n\n{} in your ledger already, left out.", are(skipped)));
    }
    if reversed > 0 {
        html = html.text(format_args!("\n\n{} reversed or a reversal, left out.", are(reversed)));
    }
    if !problems.is_empty() {
        html = html.text(format_args!("\n\n⚠️ {} can't be read:", lines(problems.len())));
        for (line, reason) in problems.iter().take(SHOWN) {
            html = html.text(format_args!("\nline {line}: {reason}"));
        }
        if problems.len() > SHOWN {
            html = html.text("\n…");
        }
    }
    if rows.is_empty() {
        return Ok(Reply::html(html.text("\n\nThere is nothing to import."))
            .row([Button::new("Finance", "home")]));
    }
    let job = Job {
        id: record::short_hash(call.event_id()),
        name,
        base,
        swapped: false,
        pieces: job::put(user, &rows)?,
        next: 0,
        left: rows.len(),
        booked: 0,
        skipped: 0,
    };
    job.keep(user)?;
    let mut reply = Reply::html(html.text("\n\nNothing is saved yet.")).row([
        button(&job, &format!("Import {}", entries(rows.len().min(AT_ONCE)))),
        cancel_button(&job),
    ]);
    if unsigned {
        reply = reply.row([Button::new("They are all expenses", "import_swap").arg(&job.id)]);
    }
    Ok(reply)
}

/// Nothing in the file says which way the money went, and it went the other way.
pub(crate) fn swap(call: &Call) -> Result<Reply> {
    let Some(mut job) = open(call)?.filter(|job| job.next == 0) else { return closed() };
    job.swapped = !job.swapped;
    job.keep(call.user().id)?;
    let (kind, other) = if job.swapped { ("expenses", "income") } else { ("income", "expenses") };
    let html =
        Html::new().text("📥 ").bold(&job.name).text(format_args!(": {}, ", entries(job.left)));
    Ok(Reply::html(html.text("all of them ").bold(kind).text(".\n\nNothing is saved yet."))
        .row([
            button(&job, &format!("Import {}", entries(job.left.min(AT_ONCE)))),
            cancel_button(&job),
        ])
        .row([Button::new(format!("They are all {other}"), "import_swap").arg(&job.id)])
        .replace())
}

/// Books the next rows.
pub(crate) fn import(call: &Call) -> Result<Reply> {
    let next = call.get(1).and_then(|next| next.parse().ok());
    let Some(mut job) = open(call)?.filter(|job| Some(job.next) == next) else { return closed() };
    let user = call.user().id;
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
                    failed.push(format!("{}: {}", line(row, batch.book()), error.text()));
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
    let default = ledger::currency()?;
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
    let new = New {
        direction,
        currency: row.currency,
        minor: row.minor,
        at: batch::moment(row.date, row.minutes, call.at().offset_seconds),
        category: &row.category,
        note: &row.note,
    };
    // A month has room for so many categories. An entry is worth more than its category.
    batch.append(new).or_else(|_| batch.append(New { category: receipt::guess::OTHER, ..new }))?;
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
fn line(row: &Row, book: &Book) -> String {
    let amount = Money::new(row.direction.effect(row.minor), row.currency).plain().to_string();
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
