//! An entry in one line: `/expense 12.50 food coffee`, or `expense: 12.50 food coffee`.

use umbrasil_sdk::prelude::*;

use crate::amount::{self, Reading};
use crate::draft::{Amount, Draft};
use crate::guide;
use crate::ledger::{self, Booked, Ledger};
use crate::money::{Currency, Money};
use crate::record::Direction;
use crate::wording;

/// What one line says.
pub(crate) struct Line {
    pub(crate) reading: Reading,
    /// As it was written, or the default one.
    pub(crate) currency: Currency,
    /// Empty if the line ends before it.
    pub(crate) category: String,
    pub(crate) note: String,
}

/// `/expense AMOUNT CATEGORY [NOTE]`
pub(crate) fn expense(call: &Call) -> Result<Reply> {
    add(call, Direction::Expense, call.text(), |reason| call.wrong(reason))
}

/// `/income AMOUNT CATEGORY [NOTE]`
pub(crate) fn income(call: &Call) -> Result<Reply> {
    add(call, Direction::Income, call.text(), |reason| call.wrong(reason))
}

/// `expense: AMOUNT CATEGORY [NOTE]`, and the same for income.
pub(crate) fn typed(call: &Call) -> Result<Reply> {
    let (direction, usage) = if call.arg(0)?.eq_ignore_ascii_case("income") {
        (
            Direction::Income,
            "income: AMOUNT CATEGORY [NOTE]\nExample: income: 2500 salary Monthly payment",
        )
    } else {
        (
            Direction::Expense,
            "expense: AMOUNT CATEGORY [NOTE]\nExample: expense: 25.50 food Pizza for lunch",
        )
    };
    let text = call.get(1).unwrap_or_default();
    add(call, direction, text, |reason| Error::usage(format!("{reason}\nUsage: {usage}")))
}

fn add(
    call: &Call,
    direction: Direction,
    text: &str,
    usage: impl Fn(&str) -> Error,
) -> Result<Reply> {
    let default = ledger::currency()?;
    let line = read(text, default).map_err(|reason| usage(&reason))?;
    let Line { reading, currency, category, note } = line;
    if category.is_empty() {
        return Err(usage("The category is missing."));
    }
    match reading {
        Reading::Clear(minor) => {
            let booked =
                Ledger::open(call, currency)?.append(call, direction, minor, &category, &note)?;
            Ok(confirmation(call, &booked))
        }
        Reading::Doubtful(minors) => {
            let mut draft = Draft::new(call, direction, currency);
            draft.amount = Amount::Doubtful(minors);
            draft.category = category;
            draft.note = Some(note);
            guide::go_on(call, draft, None)
        }
    }
}

/// Reads an amount in any currency, a category and a note. Only the amount must be there.
pub(crate) fn read(text: &str, default: Currency) -> Result<Line, String> {
    let (reading, currency, rest) = amount::take(text, default)?;
    let (category, note) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let category = if category.is_empty() { String::new() } else { wording::category(category)? };
    Ok(Line { reading, currency, category, note: wording::note(note)? })
}

/// What the user reads when an entry was saved. The balance line is the last one, and the only thing on it.
pub(crate) fn confirmation(call: &Call, booked: &Booked) -> Reply {
    Reply::html(confirmed(call, booked, None)).row(buttons(call, booked.number))
}

/// The text of a confirmation: with the day if it isn't today, and one more line below if there is something
/// to tell.
pub(crate) fn confirmed(call: &Call, booked: &Booked, remark: Option<&str>) -> Html {
    let entry = &booked.entry;
    let sign = match entry.direction {
        Direction::Expense => "💸 Expense: ",
        Direction::Income => "💰 Income: ",
    };
    let mut html = Html::new().text(sign).bold(entry.amount()).text(" · ").text(&entry.category);
    if !entry.note.is_empty() {
        html = html.text("\n📝 ").text(&entry.note);
    }
    let day = entry.written().date();
    if day != call.at().date() {
        html = html.text(format_args!("\n📅 {day}"));
    }
    if let Some(remark) = remark {
        html = html.line().text(remark);
    }
    html.push(ending(booked))
}

/// How each message about an entry ends: what its budget says, and what is left.
pub(crate) fn ending(booked: &Booked) -> Html {
    let html =
        booked.warning.iter().fold(Html::from("\n\n"), |html, warning| html.text(warning).line());
    html.push(balance_line(&booked.balance))
}

/// The buttons below an entry. The user's id goes along: in a group somebody else may press one.
pub(crate) fn buttons(call: &Call, number: u64) -> [Button; 2] {
    let button =
        |label: &str, action: &str| Button::new(label, action).arg(call.user().id).arg(number);
    [button("Undo", "undo"), button("Correct", "correct")]
}

/// The line that says what is left.
pub(crate) fn balance_line(balance: &Money) -> Html {
    Html::new().bold(format_args!("Balance: {balance}"))
}
