//! Taking an entry back: the last one with `/undo`, or the one that a button belongs to.

use umbrasil_sdk::prelude::*;

use crate::add::balance_line;
use crate::ledger::{self, Booked, Ledger, Undo};
use crate::record::Direction;

/// `/undo`
pub(crate) fn latest(call: &Call) -> Result<Reply> {
    let undo = Ledger::open(call, ledger::currency()?)?.undo(call, None)?;
    Ok(report(undo))
}

/// The button below a confirmation.
pub(crate) fn one(call: &Call) -> Result<Reply> {
    let number =
        |index| call.arg(index)?.parse().map_err(|_| Error::internal("`undo` of no number"));
    let (user, entry): (i64, i64) = (number(0)?, number(1)?);
    if user != call.user().id {
        chat::toast("This entry is somebody else's.")?;
        return Ok(Reply::none());
    }
    let undo = Ledger::open(call, ledger::currency()?)?.undo(call, u64::try_from(entry).ok())?;
    if let Undo::Already(_) = undo {
        chat::toast("This entry was undone before. Nothing was changed.")?;
    }
    Ok(report(undo).replace())
}

fn report(undo: Undo) -> Reply {
    match undo {
        Undo::Done(booked) => Reply::html(taken_back("↩️ Undone: ", "", &booked)),
        Undo::Already(booked) => {
            Reply::html(taken_back("↩️ ", " was undone before. Nothing was changed.", &booked))
        }
        Undo::Nothing => Reply::text("There is nothing to undo."),
    }
}

fn taken_back(before: &str, after: &str, booked: &Booked) -> Html {
    let Booked { entry, balance, .. } = booked;
    let direction = match entry.direction {
        Direction::Expense => "expense of ",
        Direction::Income => "income of ",
    };
    let mut html = Html::new().text(before).text(direction).bold(entry.amount());
    html = html.text(" · ").text(&entry.category).text(after);
    if !entry.note.is_empty() {
        html = html.text("\n📝 ").text(&entry.note);
    }
    html.text("\n\n").push(balance_line(balance))
}
