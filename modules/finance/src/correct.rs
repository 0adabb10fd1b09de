//! Corrections: an entry is never edited. It is reversed, and a new one takes its place on the same day.

use umbrasil_sdk::prelude::*;

use crate::add::ending;
use crate::amount::{self, Reading};
use crate::entries;
use crate::guide;
use crate::ledger::{self, Change, Ledger, Undo};
use crate::money::Money;
use crate::phrases;
use crate::receipt::guess;
use crate::record::Entry;
use crate::vendor;
use crate::wording;
use crate::words;

/// What the action, two ids and what separates them leave for a category on a button, in bytes.
const ON_A_BUTTON: usize = 38;

/// The button "Correct": asks what is wrong.
pub(crate) fn start(call: &Call) -> Result<Reply> {
    let Some((number, entry)) = open(call)? else { return Ok(Reply::none()) };
    let button = |label: &str, part: &str| {
        Button::new(label, "fix").arg(call.user().id).arg(number).arg(part)
    };
    let html = shown(Html::from("✏️ What is wrong with "), &entry).text("?");
    Ok(Reply::html(html)
        .row([button("Amount", "a"), button("Category", "c"), button("Note", "n")])
        .row([keep(call, number)])
        .replace())
}

/// The button of a part: asks for what it should be.
pub(crate) fn ask(call: &Call) -> Result<Reply> {
    let Some((number, entry)) = open(call)? else { return Ok(Reply::none()) };
    match call.get(2) {
        Some("a") => question(call, number, "fix_amount", None),
        Some("c") => categories(call, number, &entry, None),
        _ => question(call, number, "fix_note", None),
    }
}

/// The button "Other category" below an entry whose category came from its vendor.
pub(crate) fn other_category(call: &Call) -> Result<Reply> {
    let Some((number, entry)) = open(call)? else { return Ok(Reply::none()) };
    categories(call, number, &entry, None)
}

/// The button of a category.
pub(crate) fn choose_category(call: &Call) -> Result<Reply> {
    let Some((number, entry)) = open(call)? else { return Ok(Reply::none()) };
    let category = wording::category(call.arg(2)?).map_err(Error::internal)?;
    Ok(change_category(call, number, &entry, category)?.replace())
}

/// The button that takes the note away.
pub(crate) fn drop_note(call: &Call) -> Result<Reply> {
    let Some((number, _)) = open(call)? else { return Ok(Reply::none()) };
    let change = Change { note: Some(String::new()), ..Change::default() };
    Ok(correct(call, number, change)?.replace())
}

/// The new amount, as the user typed it.
pub(crate) fn write_amount(call: &Call) -> Result<Reply> {
    let Some((number, entry)) = answered(call)? else { return Ok(gone()) };
    // An amount without a currency keeps the one that the entry has.
    let reason = match amount::take(call.text(), entry.currency) {
        Ok((Reading::Clear(minor), currency, "")) => {
            let amount = Some(Money::new(minor, currency));
            return correct(call, number, Change { amount, ..Change::default() });
        }
        Ok((Reading::Doubtful(_), ..)) => wording::TWO_WAYS.to_owned(),
        Ok(_) => "An amount only, please.".to_owned(),
        Err(reason) => reason,
    };
    question(call, number, "fix_amount", Some(reason))
}

/// The new category, as the user typed it.
pub(crate) fn write_category(call: &Call) -> Result<Reply> {
    let Some((number, entry)) = answered(call)? else { return Ok(gone()) };
    if phrases::is_sentence(call.text()) {
        return categories(call, number, &entry, Some(wording::FINISH_FIRST.into()));
    }
    match wording::category(call.text()) {
        Ok(category) => change_category(call, number, &entry, category),
        Err(reason) => categories(call, number, &entry, Some(reason)),
    }
}

/// The new note, as the user typed it.
pub(crate) fn write_note(call: &Call) -> Result<Reply> {
    let Some((number, _)) = answered(call)? else { return Ok(gone()) };
    if phrases::is_sentence(call.text()) {
        return question(call, number, "fix_note", Some(wording::FINISH_FIRST.into()));
    }
    match wording::note(call.text()) {
        Ok(note) => correct(call, number, Change { note: Some(note), ..Change::default() }),
        Err(reason) => question(call, number, "fix_note", Some(reason)),
    }
}

fn question(call: &Call, number: u64, name: &str, again: Option<String>) -> Result<Reply> {
    chat::expect(name, [number.to_string()])?;
    let mut html = wording::again(again);
    let mut buttons = vec![keep(call, number)];
    if name == "fix_note" {
        html = html.text("✏️ Type the note.");
        let button = Button::new("No note", "fix_no_note").arg(call.user().id).arg(number);
        buttons.insert(0, button);
    } else {
        html = html.text("✏️ How much was it? Type the amount, such as 12.50.");
    }
    Ok(Reply::html(html).row(buttons).replace())
}

fn categories(call: &Call, number: u64, entry: &Entry, again: Option<String>) -> Result<Reply> {
    chat::expect("fix_category", [number.to_string()])?;
    let html = wording::again(again);
    let html = shown(html.text("✏️ What was "), entry).text(" for? Choose, or type a category.");
    let ids = format!("{}{number}", call.user().id).len();
    let offered = guide::most_used(call, entry.direction, entry.currency)?;
    let fits =
        |category: &&String| **category != entry.category && category.len() + ids <= ON_A_BUTTON;
    let button = |category: &String| {
        Button::new(category.clone(), "fix_as").arg(call.user().id).arg(number).arg(category)
    };
    let buttons = offered.iter().filter(fits).map(button);
    Ok(guide::rows(Reply::html(html), buttons).row([keep(call, number)]).replace())
}

/// Corrects the category, and what is known of the vendor, if anything is.
fn change_category(call: &Call, number: u64, entry: &Entry, category: String) -> Result<Reply> {
    let vendor = words::vendor_of(&entry.note);
    // Of a well-known shop nothing had to be learned so far.
    let is_known = guess::category(&vendor, entry.direction) != guess::OTHER;
    if is_known || vendor::category(call, entry.direction, &vendor)?.is_some() {
        vendor::learn(call, entry.direction, &vendor, &category)?;
    }
    correct(call, number, Change { category: Some(category), ..Change::default() })
}

fn correct(call: &Call, number: u64, change: Change) -> Result<Reply> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let before = ledger.find(number)?.map(|(entry, _)| entry);
    let (Some(before), Some(undo)) = (before, ledger.correct(call, number, change)?) else {
        return Ok(gone());
    };
    let Undo::Done(booked) = undo else { return Ok(gone()) };
    let mut html = shown(Html::from("✏️ Corrected: "), &before).text("\n→ ");
    html = shown(html, &booked.entry);
    if !booked.entry.note.is_empty() {
        html = html.text("\n📝 ").text(&booked.entry.note);
    }
    Ok(Reply::html(html.push(ending(&booked))).row(crate::add::buttons(call, booked.number)))
}

fn shown(html: Html, entry: &Entry) -> Html {
    html.bold(entry.amount()).text(format_args!(" · {}", entry.category))
}

/// The entry that a button is about, if it still counts; else the user is told why not.
fn open(call: &Call) -> Result<Option<(u64, Entry)>> {
    let Some(number) = entries::own(call)? else { return Ok(None) };
    let found = counting(call, number)?;
    if found.is_none() {
        chat::toast("This entry was undone or corrected before.")?;
    }
    Ok(found)
}

/// The entry that an answer is about.
fn answered(call: &Call) -> Result<Option<(u64, Entry)>> {
    let number = call.arg(0)?.parse().map_err(|_| Error::internal("an answer for no entry"))?;
    counting(call, number)
}

/// The entry with this number if it counts, or did before this very event corrected it.
fn counting(call: &Call, number: u64) -> Result<Option<(u64, Entry)>> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let Some((entry, undone)) = ledger.find(number)? else { return Ok(None) };
    let counts = entry.reverses == 0 && (!undone || ledger.is_written_by(call)?);
    Ok(counts.then_some((number, entry)))
}

fn gone() -> Reply {
    Reply::text("This entry was undone or corrected before. Nothing was changed.")
        .row([Button::new("Entries", "last"), Button::new("Finance", "home")])
}

fn keep(call: &Call, number: u64) -> Button {
    Button::new("Cancel", "entry").arg(call.user().id).arg(number)
}
