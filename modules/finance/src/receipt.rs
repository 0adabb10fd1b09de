//! The photo of a receipt becomes a proposal: what it says, to be saved, changed or dropped with a tap.
//!
//! Reading pictures goes wrong now and then. So nothing is booked before somebody has looked at it, and one
//! proposal is booked once: saving deletes it in the same event.

pub(crate) mod guess;
mod read;

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::{Date, ErrorKind};

use crate::add::{self, Line};
use crate::amount::Reading;
use crate::batch;
use crate::book::Book;
use crate::guide;
use crate::ledger::{self, Ledger};
use crate::money::{Currency, Money};
use crate::phrases;
use crate::record::{self, Direction};
use crate::vendor;
use crate::wording;
use crate::words;

const VERSION: &str = "1";

/// Most bytes of a category that a button can carry beside the proposal's id.
const ON_A_BUTTON: usize = 32;

/// What to do where no picture helps.
const INSTEAD: &str = "Type /expense AMOUNT CATEGORY instead, such as /expense 12.50 food.";

/// What a receipt seems to say, until it is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Proposal {
    /// Eight hexadecimal digits.
    id: String,
    currency: Currency,
    /// In minor units; 0 if nobody knows yet.
    minor: i64,
    /// Days after 1970-01-01.
    day: i64,
    category: String,
    /// The vendor, which becomes the note; may be empty.
    note: String,
}

/// A photo that somebody sends, or the picture of a receipt as a file.
pub(crate) fn photo(call: &Call) -> Result<Reply> {
    let default = ledger::currency()?;
    let today = call.at().date();
    let text = match ocr::read_file("") {
        Ok(text) => text,
        // Too large, damaged or of another kind: the picture can't be read, whatever the reason.
        Err(error) if error.kind() == ErrorKind::Internal => {
            log::warn(format_args!("a picture could not be read: {error}"));
            String::new()
        }
        Err(error) => return Err(Error::unavailable(format!("🧾 {}\n{INSTEAD}", error.text()))),
    };
    let Some(found) = read::read(&text, default, today) else {
        return Ok(Reply::text(format_args!(
            "🧾 I can't find an amount in this picture. A straight, bright photo of the whole receipt works \
             best.\n{INSTEAD}"
        )));
    };
    let known = vendor::category(call, Direction::Expense, &vendor::normal(&found.vendor))?;
    let category = known.unwrap_or_else(|| guessed(&found.vendor, &text).to_owned());
    let proposal = Proposal {
        id: record::short_hash(call.event_id()),
        currency: found.currency,
        minor: found.minor,
        day: found.date.unwrap_or(today).to_days(),
        category,
        note: wording::note(&found.vendor).unwrap_or_default(),
    };
    ask(call, proposal)
}

/// The category that a receipt speaks for: its vendor is surer than what was bought.
fn guessed(vendor: &str, text: &str) -> &'static str {
    match guess::category(vendor, Direction::Expense) {
        guess::OTHER => guess::category(text, Direction::Expense),
        category => category,
    }
}

/// Saves what is proposed, and learns what its vendor is for.
pub(crate) fn save(call: &Call) -> Result<Reply> {
    let Some(proposal) = open(call)? else { return closed() };
    let Proposal { currency, minor, day, category, note, .. } = proposal;
    storage::delete(&key(call))?;
    let date = Date::from_days(day);
    let vendor = vendor::normal(&note);
    let at = batch::moment_of(call, date);
    let ledger = Ledger::open(call, currency)?;
    let booked = ledger.append_at(call, at, Direction::Expense, minor, &category, &note)?;
    let category = &booked.entry.category;
    // Nothing is learned from what nobody knew.
    if vendor.is_empty() || category == guess::OTHER {
        return Ok(add::confirmation(call, &booked).replace());
    }
    let known = vendor::category(call, Direction::Expense, &vendor)?;
    let learns = known.as_ref() != Some(category);
    if learns {
        vendor::learn(call, Direction::Expense, &vendor, category)?;
    }
    let learned = Some(vendor.as_str()).filter(|_| learns);
    Ok(words::confirmation(call, &booked, learned).replace())
}

/// Asks for another category, with those of late as buttons; or takes the one that was tapped.
pub(crate) fn category(call: &Call) -> Result<Reply> {
    let Some(mut proposal) = open(call)? else { return closed() };
    if let Some(chosen) = call.get(1) {
        proposal.category = wording::category(chosen).map_err(Error::internal)?;
        return ask(call, proposal);
    }
    ask_category(call, &proposal, None)
}

/// The category, as the user typed it.
pub(crate) fn write_category(call: &Call) -> Result<Reply> {
    let Some(mut proposal) = open(call)? else { return Ok(expired()) };
    if phrases::is_sentence(call.text()) {
        return ask_category(call, &proposal, Some(wording::FINISH_FIRST.into()));
    }
    match wording::category(call.text()) {
        Ok(category) => {
            proposal.category = category;
            ask(call, proposal)
        }
        Err(reason) => ask_category(call, &proposal, Some(reason)),
    }
}

/// Asks for another amount.
pub(crate) fn amount(call: &Call) -> Result<Reply> {
    let Some(proposal) = open(call)? else { return closed() };
    ask_amount(&proposal, None)
}

/// The amount, as the user typed it. One without a currency keeps that of the receipt.
pub(crate) fn write_amount(call: &Call) -> Result<Reply> {
    let Some(mut proposal) = open(call)? else { return Ok(expired()) };
    match add::read(call.text(), proposal.currency) {
        Ok(Line { reading: Reading::Clear(minor), currency, .. }) => {
            (proposal.minor, proposal.currency) = (minor, currency);
            ask(call, proposal)
        }
        Ok(_) => ask_amount(&proposal, Some(wording::TWO_WAYS.into())),
        Err(reason) => ask_amount(&proposal, Some(reason)),
    }
}

/// Not after all.
pub(crate) fn cancel(call: &Call) -> Result<Reply> {
    if open(call)?.is_none() {
        return closed();
    }
    storage::delete(&key(call))?;
    Ok(Reply::text("🧾 Cancelled. Nothing was saved.")
        .row([Button::new("Finance", "home")])
        .replace())
}

/// Shows the proposal with the category that it will be booked as, and keeps it.
fn ask(call: &Call, mut proposal: Proposal) -> Result<Reply> {
    let book = Book::of(call.user().id)?;
    proposal.category = book.resolve(&proposal.category).to_owned();
    let Proposal { id, currency, minor, day, category, note } = &proposal;
    let fields =
        [VERSION, id, currency.code(), &minor.to_string(), &day.to_string(), category, note]
            .join("\t");
    storage::set(&key(call), fields)?;
    let mut html = Html::new().text("🧾 ");
    if !note.is_empty() {
        html = html.text(note).text(" · ");
    }
    html = html.bold(Money::new(*minor, *currency)).text(" · ").text(category).text("?");
    let date = Date::from_days(*day);
    if date != call.at().date() {
        html = html.text(format_args!("\n📅 {date}"));
    }
    let button = |label: &str, action: &str| Button::new(label, action).arg(id);
    Ok(Reply::html(html.text("\nNothing is saved yet."))
        .row([button("Save", "receipt_save"), button("Cancel", "receipt_cancel")])
        .row([button("Category…", "receipt_category"), button("Amount…", "receipt_amount")])
        .replace())
}

fn ask_amount(proposal: &Proposal, again: Option<String>) -> Result<Reply> {
    chat::expect("receipt_amount", [&proposal.id])?;
    let html = wording::again(again);
    let now = Money::new(proposal.minor, proposal.currency);
    Ok(Reply::html(html.text("🧾 How much was it? Type the amount; I read ").bold(now).text("."))
        .row([Button::new("Cancel", "receipt_cancel").arg(&proposal.id)])
        .replace())
}

fn ask_category(call: &Call, proposal: &Proposal, again: Option<String>) -> Result<Reply> {
    chat::expect("receipt_category", [&proposal.id])?;
    let html = wording::again(again);
    let html = html.text("🧾 What was it for? Tap a category, or type another one.");
    let offered = guide::most_used(call, Direction::Expense, proposal.currency)?;
    let button =
        |name: &String| Button::new(name.clone(), "receipt_category").arg(&proposal.id).arg(name);
    let fits = |name: &&String| **name != proposal.category && name.len() <= ON_A_BUTTON;
    let buttons = offered.iter().filter(fits).map(button);
    Ok(guide::rows(Reply::html(html), buttons)
        .row([Button::new("Cancel", "receipt_cancel").arg(&proposal.id)])
        .replace())
}

/// The proposal that the call is about, if it is still open.
fn open(call: &Call) -> Result<Option<Proposal>> {
    let Some(text) = storage::get_text(&key(call))? else { return Ok(None) };
    let proposal = parse(&text).ok_or_else(|| record::corrupt("receipt"))?;
    Ok((Some(proposal.id.as_str()) == call.get(0)).then_some(proposal))
}

fn parse(text: &str) -> Option<Proposal> {
    let mut fields = text.split('\t');
    let mut next = || fields.next();
    (next()? == VERSION).then_some(())?;
    Some(Proposal {
        id: next()?.to_owned(),
        currency: Currency::new(next()?)?,
        minor: next()?.parse().ok()?,
        day: next()?.parse().ok()?,
        category: next()?.to_owned(),
        note: next()?.to_owned(),
    })
}

fn key(call: &Call) -> String {
    format!("{}/receipt", call.user().id)
}

/// A button of a receipt that was saved or dropped before, or is somebody else's.
fn closed() -> Result<Reply> {
    chat::toast("This receipt is no longer open. Nothing was saved twice.")?;
    Ok(Reply::none())
}

fn expired() -> Reply {
    Reply::text("That receipt is no longer open. Nothing was saved.")
        .row([Button::new("Finance", "home")])
}
