//! An entry step by step: how much, for what, a note. Then it is saved.
//!
//! Each step keeps the [`Draft`] and asks for the first thing that is missing. A pressed button edits its
//! own message; what the user writes is answered with a new one, because the question is above it by then.

use umbrasil_sdk::Date;
use umbrasil_sdk::prelude::*;

use crate::add::{self, Line};
use crate::amount::Reading;
use crate::batch;
use crate::draft::{Amount, Draft};
use crate::ledger::{self, Ledger};
use crate::money::{Currency, Money};
use crate::phrases;
use crate::record::{self, Direction};
use crate::sums::Sums;
use crate::vendor;
use crate::wording;
use crate::words;

/// How many categories are offered, and how many of them in a row.
const OFFERED: usize = 6;
const IN_A_ROW: usize = 3;

/// Begins an entry, when somebody presses "Add Expense" or "Add Income".
pub(crate) fn start(call: &Call) -> Result<Reply> {
    let direction = Direction::from_letter(call.arg(0)?);
    let direction = direction.ok_or_else(|| Error::internal("`add` of no direction"))?;
    go_on(call, Draft::new(call, direction, ledger::currency()?), None)
}

/// One of the readings of a doubtful amount.
pub(crate) fn choose_amount(call: &Call) -> Result<Reply> {
    let Some(mut draft) = open(call)? else { return closed() };
    let Amount::Doubtful(minors) = &draft.amount else { return closed() };
    let Some(&minor) = choice(call).and_then(|index| minors.get(index)) else { return closed() };
    draft.amount = Amount::Known(minor);
    go_on(call, draft, None)
}

/// One of the offered categories.
pub(crate) fn choose_category(call: &Call) -> Result<Reply> {
    let Some(mut draft) = open(call)? else { return closed() };
    let Some(category) = choice(call).and_then(|index| draft.offered.get(index)) else {
        return closed();
    };
    if !draft.category.is_empty() {
        return closed();
    }
    draft.category.clone_from(category);
    go_on(call, draft, None)
}

/// Another category than those that were offered.
pub(crate) fn other_category(call: &Call) -> Result<Reply> {
    let Some(draft) = open(call)? else { return closed() };
    let Amount::Known(_) = draft.amount else { return closed() };
    chat::expect("category", [&draft.id])?;
    Ok(Reply::text("Type the category: one word, such as food.")
        .row([cancel_button(&draft)])
        .replace())
}

/// No note.
pub(crate) fn skip_note(call: &Call) -> Result<Reply> {
    let Some(mut draft) = open(call)? else { return closed() };
    if draft.category.is_empty() {
        return closed();
    }
    draft.note = Some(String::new());
    go_on(call, draft, None)
}

/// Not after all.
pub(crate) fn cancel(call: &Call) -> Result<Reply> {
    if open(call)?.is_none() {
        return closed();
    }
    Draft::forget(call)?;
    Ok(Reply::text("Cancelled. Nothing was saved.").row([Button::new("Finance", "home")]).replace())
}

/// The amount, as the user typed it. Who types category and note behind it isn't asked for them.
pub(crate) fn write_amount(call: &Call) -> Result<Reply> {
    let Some(mut draft) = open(call)? else { return Ok(expired()) };
    if phrases::is_sentence(call.text()) {
        return go_on(call, draft, Some(wording::FINISH_FIRST.into()));
    }
    match add::read(call.text(), ledger::currency()?) {
        Ok(Line { reading, currency, category, note }) => {
            draft.currency = currency;
            draft.amount = match reading {
                Reading::Clear(minor) => Amount::Known(minor),
                Reading::Doubtful(minors) => Amount::Doubtful(minors),
            };
            draft.category = category;
            draft.note = Some(note).filter(|note| !note.is_empty());
            go_on(call, draft, None)
        }
        Err(reason) => go_on(call, draft, Some(reason)),
    }
}

/// The category, as the user typed it.
pub(crate) fn write_category(call: &Call) -> Result<Reply> {
    let Some(mut draft) = open(call)? else { return Ok(expired()) };
    if phrases::is_sentence(call.text()) {
        return go_on(call, draft, Some(wording::FINISH_FIRST.into()));
    }
    match wording::category(call.text()) {
        Ok(category) => {
            draft.category = category;
            go_on(call, draft, None)
        }
        Err(reason) => go_on(call, draft, Some(reason)),
    }
}

/// The note, as the user typed it.
pub(crate) fn write_note(call: &Call) -> Result<Reply> {
    let Some(mut draft) = open(call)? else { return Ok(expired()) };
    if phrases::is_sentence(call.text()) {
        return go_on(call, draft, Some(wording::FINISH_FIRST.into()));
    }
    match wording::note(call.text()) {
        Ok(note) => {
            draft.note = Some(note);
            go_on(call, draft, None)
        }
        Err(reason) => go_on(call, draft, Some(reason)),
    }
}

/// Asks for the first thing that is missing, with the reason if it is asked again; or saves the entry.
pub(crate) fn go_on(call: &Call, mut draft: Draft, again: Option<String>) -> Result<Reply> {
    let html = wording::again(again);
    let cancel = cancel_button(&draft);
    let reply = match &draft.amount {
        Amount::Unknown => {
            chat::expect("amount", [&draft.id])?;
            let question = match draft.direction {
                Direction::Expense => "💸 How much did you spend?",
                Direction::Income => "💰 How much did you receive?",
            };
            let example = match draft.direction {
                Direction::Expense => " Type the amount, such as 12.50.",
                Direction::Income => " Type the amount, such as 2500.",
            };
            Reply::html(html.bold(question).text(example)).row([cancel])
        }
        Amount::Doubtful(minors) => ask_which(&draft, minors),
        &Amount::Known(minor) => {
            let amount = Money::new(minor, draft.currency);
            if draft.category.is_empty() {
                draft.offered = offered(call, &draft)?;
                chat::expect("category", [&draft.id])?;
                let of = draft.note.as_deref().filter(|note| !note.is_empty());
                let html = of.map_or(html.clone().bold(amount), |note| {
                    html.bold(amount).text(format_args!(", “{note}”"))
                });
                let reply = Reply::html(html.text(". What was it for?"));
                let button = |(index, label): (usize, &String)| {
                    Button::new(label.clone(), "category").arg(&draft.id).arg(index)
                };
                let buttons = draft.offered.iter().enumerate().map(button);
                rows(reply, buttons).row([Button::new("Other…", "other").arg(&draft.id), cancel])
            } else if let Some(note) = &draft.note {
                Draft::forget(call)?;
                let ledger = Ledger::open(call, draft.currency)?;
                let at =
                    draft.day.map_or(call.at(), |day| batch::moment_of(call, Date::from_days(day)));
                let (direction, category) = (draft.direction, &draft.category);
                let booked = ledger.append_at(call, at, direction, minor, category, note)?;
                if draft.vendor.is_empty() {
                    return Ok(add::confirmation(call, &booked).replace());
                }
                let category = &booked.entry.category;
                vendor::learn(call, draft.direction, &draft.vendor, category)?;
                return Ok(words::confirmation(call, &booked, Some(&draft.vendor)).replace());
            } else {
                chat::expect("note", [&draft.id])?;
                let html = html.bold(amount).text(" · ").text(&draft.category);
                Reply::html(html.text(". Type a note, or skip it."))
                    .row([Button::new("Skip", "skip").arg(&draft.id), cancel])
            }
        }
    };
    draft.keep(call)?;
    Ok(reply.replace())
}

fn ask_which(draft: &Draft, minors: &[i64]) -> Reply {
    let button =
        |index: usize, label: String| Button::new(label, "amount").arg(&draft.id).arg(index);
    let cancel = cancel_button(draft);
    let money = |minor: i64| Money::new(minor, draft.currency);
    if let &[only] = minors {
        let yes = button(0, format!("Yes, {}", money(only).plain()));
        let question =
            Html::new().text("Did you mean ").bold(money(only)).text("? Nothing is saved yet.");
        return Reply::html(question).row([yes, cancel]);
    }
    let labels = minors.iter().map(|&minor| money(minor).plain().to_string());
    Reply::text("This can be read in two ways. How much do you mean? Nothing is saved yet.")
        .row(labels.enumerate().map(|(index, label)| button(index, label)))
        .row([cancel])
}

/// Puts categories below a question, a button each.
pub(crate) fn rows(reply: Reply, buttons: impl Iterator<Item = Button>) -> Reply {
    let buttons: Vec<Button> = buttons.collect();
    buttons.chunks(IN_A_ROW).fold(reply, |reply, row| reply.row(row.to_vec()))
}

/// The categories that are offered for a draft: what was written first, then what is used most.
fn offered(call: &Call, draft: &Draft) -> Result<Vec<String>> {
    let mut offered = draft.offered.clone();
    for category in most_used(call, draft.direction, draft.currency)? {
        if !offered.contains(&category) {
            offered.push(category);
        }
    }
    offered.truncate(OFFERED);
    Ok(offered)
}

/// The categories that this user needs most, of this month and the one before; then some that most do.
pub(crate) fn most_used(
    call: &Call,
    direction: Direction,
    currency: Currency,
) -> Result<Vec<String>> {
    let month = call.at().date().month_of_year();
    let key = |month| record::month_key(call.user().id, currency, month);
    let months = storage::get_many([key(month), key(month.previous())])?;
    let mut counts: Vec<(String, u32)> = Vec::new();
    for value in &months {
        let sums = Sums::read(value.as_deref())?;
        for line in sums.lines()?.into_iter().filter(|line| line.direction == direction) {
            match counts.iter_mut().find(|(category, _)| *category == line.category) {
                Some((_, count)) => *count = count.saturating_add(line.count),
                None => counts.push((line.category.to_owned(), line.count)),
            }
        }
    }
    counts
        .sort_unstable_by(|(left, few), (right, many)| many.cmp(few).then_with(|| left.cmp(right)));
    let usual: [&str; OFFERED] = match direction {
        Direction::Expense => ["food", "transport", "home", "health", "fun", "shopping"],
        Direction::Income => ["salary", "freelance", "gift", "refund", "interest", "sale"],
    };
    let mut used: Vec<String> = counts.into_iter().map(|(category, _)| category).collect();
    for category in usual {
        if !used.iter().any(|known| known == category) {
            used.push(category.to_owned());
        }
    }
    used.truncate(OFFERED);
    Ok(used)
}

fn open(call: &Call) -> Result<Option<Draft>> {
    Draft::open(call)
}

fn choice(call: &Call) -> Option<usize> {
    call.get(1)?.parse().ok()
}

fn cancel_button(draft: &Draft) -> Button {
    Button::new("Cancel", "cancel").arg(&draft.id)
}

/// A button of a question that was answered before, or is somebody else's.
pub(crate) fn closed() -> Result<Reply> {
    chat::toast("This question is no longer open.")?;
    Ok(Reply::none())
}

/// An answer to a question that was closed meanwhile.
fn expired() -> Reply {
    Reply::text("That question is no longer open. Nothing was saved.")
        .row([Button::new("Finance", "home")])
}
