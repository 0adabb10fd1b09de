//! `/categories`: what there is this month; and aliases, which book one category as another from now on.
//!
//! What was booked stays as it was: an alias concerns only what comes.

use umbrasil_sdk::prelude::*;

use crate::book::Book;
use crate::ledger::{self, Ledger};
use crate::money::Money;
use crate::record::Direction;
use crate::wording;

/// How many categories a page has.
const PAGE: usize = 12;

/// `/categories`, and its pages.
pub(crate) fn list(call: &Call) -> Result<Reply> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let month = ledger.month();
    let mut rows = Vec::new();
    let all = ledger.all_sums()?;
    for (currency, sums) in &all {
        for line in sums.lines()? {
            rows.push((
                line.direction,
                line.count,
                line.category,
                Money::new(line.minor, *currency),
            ));
        }
    }
    rows.sort_by(|left, right| {
        let income = |direction: Direction| direction == Direction::Income;
        (income(left.0), right.1, left.2).cmp(&(income(right.0), left.1, right.2))
    });
    let pages = rows.len().div_ceil(PAGE).max(1);
    let page = call.get(0).and_then(|page| page.parse().ok()).unwrap_or(0_usize).min(pages - 1);
    let mut html =
        Html::new().bold(format_args!("🏷 Categories, {} {}", month.name(), month.year()));
    if rows.is_empty() {
        html = html.text("\nNone yet this month.");
    }
    let mut before = None;
    for (direction, count, category, amount) in rows.iter().skip(page * PAGE).take(PAGE) {
        if before != Some(*direction) {
            html = html.line().line().bold(match direction {
                Direction::Expense => "Expenses",
                Direction::Income => "Income",
            });
            before = Some(*direction);
        }
        html = html.text(format_args!("\n{category} · {count} × · {amount}"));
    }
    let aliases = &ledger.book().aliases;
    if !aliases.is_empty() && page + 1 == pages {
        html = html.line().line().bold("Aliases");
        for (from, to) in aliases {
            html = html.text(format_args!("\n{from} → {to}"));
        }
    }
    let mut reply = Reply::html(html);
    let to = |label: &str, page: usize| Button::new(label, "categories").arg(page);
    let mut buttons = Vec::new();
    if page > 0 {
        buttons.push(to("◀", page - 1));
    }
    if page + 1 < pages {
        buttons.push(to("▶", page + 1));
    }
    if !buttons.is_empty() {
        reply = reply.row(buttons);
    }
    let alias = Button::new("Add an alias", "alias_new");
    Ok(reply.row([alias, Button::new("Finance", "home")]).replace())
}

/// `/alias FROM TO`, `/alias FROM off`
pub(crate) fn command(call: &Call) -> Result<Reply> {
    if call.args().len() != 2 {
        return Err(call.wrong("An alias is two words."));
    }
    set(call, call.arg(0)?, call.arg(1)?).map_err(|reason| call.wrong(reason.text()))
}

/// The button that asks for an alias.
pub(crate) fn ask(_: &Call) -> Result<Reply> {
    question(None)
}

/// The alias, as the user typed it.
pub(crate) fn write(call: &Call) -> Result<Reply> {
    let text = call.text().replace("→", " ").replace("->", " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let [from, to] = words[..] else { return question(Some("Two words, please.")) };
    match set(call, from, to) {
        Err(error) if error.kind() == umbrasil_sdk::ErrorKind::Usage => {
            question(Some(error.text()))
        }
        done => done,
    }
}

fn question(again: Option<&str>) -> Result<Reply> {
    chat::expect("alias", [""; 0])?;
    let html = wording::again(again);
    let text = "🏷 Type what you write and what it shall be booked as, such as: coffee food";
    Ok(Reply::html(html.text(text)).row([Button::new("Back", "categories")]).replace())
}

fn set(call: &Call, from: &str, to: &str) -> Result<Reply> {
    let user = call.user().id;
    let from = wording::category(from).map_err(Error::usage)?;
    let mut book = Book::of(user)?;
    let html = if to.eq_ignore_ascii_case("off") {
        if !book.forget_alias(&from) {
            return Err(Error::usage(format!("There is no alias “{from}”.")));
        }
        Html::from("🏷 ").bold(from).text(" is a category of its own again.")
    } else {
        let to = wording::category(to).map_err(Error::usage)?;
        book.alias(&from, &to)?;
        let to = book.resolve(&from).to_owned();
        Html::from("🏷 ").bold(from).text(" is booked as ").bold(to).text(" from now on.")
    };
    book.keep(user)?;
    Ok(Reply::html(html)
        .row([Button::new("Categories", "categories"), Button::new("Finance", "home")]))
}
