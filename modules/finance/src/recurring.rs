//! `/recurring`: what comes again by itself, such as rent and salary, is booked on its day.
//!
//! A schedule of the host looks once an hour what is due. The owner whose chat the schedule has reads at once
//! what was booked; others read it with their next /balance or /recurring.

mod book;
mod every;

use umbrasil_sdk::prelude::*;

use self::book::Recurring;
use self::every::Every;
use crate::add::{self, Line};
use crate::amount::Reading;
use crate::money::Currency;
use crate::record::Direction;
use crate::wording::{self, capital};
use crate::{ledger, overview};

/// Most of one user: it keeps the list readable.
const MOST: usize = 40;

/// How many are shown at once.
const PAGE: usize = 8;

const USAGE: &str = "/recurring add monthly 1 expense 900 rent Flat";

/// `/recurring`, `/recurring add …`, `/recurring off N`
pub(crate) fn recurring(call: &Call) -> Result<Reply> {
    let words: Vec<&str> = call.text().split_whitespace().collect();
    match words.split_first().map(|(first, rest)| (first.to_ascii_lowercase(), rest)) {
        None => Ok(news(call)?.and(list(call, 0)?)),
        Some((word, rest)) if word == "add" => {
            let new = read(call, rest, ledger::currency()?).map_err(|reason| call.wrong(reason))?;
            added(call, new)
        }
        Some((word, rest)) if matches!(word.as_str(), "off" | "stop" | "remove" | "delete") => {
            let number =
                rest.first().and_then(|number| number.trim_start_matches('#').parse().ok());
            let number: u32 = number.ok_or_else(|| {
                call.wrong("Which one? /recurring lists them with their numbers.")
            })?;
            stop(call, number)
        }
        Some((word, _)) => {
            Err(call.wrong(format_args!("“{word}” is unknown: there are add and off.")))
        }
    }
}

/// The list, and its pages.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    let page = call.get(0).and_then(|page| page.parse().ok()).unwrap_or(0);
    list(call, page)
}

/// The button that stops one.
pub(crate) fn off(call: &Call) -> Result<Reply> {
    let number = call.arg(1)?.parse().map_err(|_| Error::internal("`off` of no number"))?;
    // In a group somebody else may press the button.
    if call.get(0) != Some(call.user().id.to_string().as_str()) {
        chat::toast("This one is somebody else's.")?;
        return Ok(Reply::none());
    }
    stop(call, number)
}

/// The first step of a new one: how often.
pub(crate) fn begin(_: &Call) -> Result<Reply> {
    let button = |label: &str, rhythm: &str| Button::new(label, "recurring_when").arg(rhythm);
    Ok(Reply::text("🔁 How often does it come?")
        .row([button("Daily", "daily"), button("Weekly", "weekly"), button("Monthly", "monthly")])
        .row([Button::new("Cancel", "recurring")])
        .replace())
}

/// The second: on which day.
pub(crate) fn when(call: &Call) -> Result<Reply> {
    let button = |label: &str, rhythm: &str, day: &str| {
        Button::new(label, "recurring_what").arg(rhythm).arg(day)
    };
    let reply = match call.arg(0)? {
        "daily" => return what(call),
        "weekly" => Reply::text("🔁 On which day of the week?")
            .row(["Mon", "Tue", "Wed", "Thu"].map(|day| button(day, "weekly", day)))
            .row(["Fri", "Sat", "Sun"].map(|day| button(day, "weekly", day))),
        _ => Reply::text("🔁 On which day of the month?")
            .row(["1", "5", "10", "15"].map(|day| button(day, "monthly", day)))
            .row([
                button("20", "monthly", "20"),
                button("25", "monthly", "25"),
                button("Last day", "monthly", "last"),
            ]),
    };
    Ok(reply.row([Button::new("Cancel", "recurring")]).replace())
}

/// The third: what.
pub(crate) fn what(call: &Call) -> Result<Reply> {
    let (rhythm, day) = (call.arg(0)?, call.get(1).unwrap_or_default());
    ask_what(call, rhythm, day, None)
}

/// What recurs, as the user typed it.
pub(crate) fn write_what(call: &Call) -> Result<Reply> {
    let (rhythm, day) = (call.arg(0)?, call.get(1).unwrap_or_default());
    let words: Vec<&str> = [rhythm, day]
        .into_iter()
        .filter(|word| !word.is_empty())
        .chain(call.text().split_whitespace())
        .collect();
    match read(call, &words, ledger::currency()?) {
        Ok(new) => added(call, new),
        Err(reason) => ask_what(call, rhythm, day, Some(reason)),
    }
}

fn ask_what(call: &Call, rhythm: &str, day: &str, again: Option<String>) -> Result<Reply> {
    chat::expect("recurring_what", [rhythm, day])?;
    let words: Vec<&str> = [rhythm, day].into_iter().filter(|word| !word.is_empty()).collect();
    let (every, _) = Every::read(&words, call.at().date()).map_err(Error::internal)?;
    let html = wording::again(again);
    let html = html.text("🔁 ").bold(capital(&every.to_string())).text(
        ". Type what: expense or income, the amount, the category, and a note if you like.\nExample: ",
    );
    Ok(Reply::html(html.code("expense 900 rent Flat"))
        .row([Button::new("Cancel", "recurring")])
        .replace())
}

/// Reads `monthly 1 expense 900 rent Flat`; or says, for the user, what is wrong with it.
fn read(call: &Call, words: &[&str], default: Currency) -> Result<Recurring, String> {
    let today = call.at().date();
    let (every, words) = Every::read(words, today)?;
    let (direction, words) = match words.split_first() {
        Some((word, rest)) if word.eq_ignore_ascii_case("expense") => (Direction::Expense, rest),
        Some((word, rest)) if word.eq_ignore_ascii_case("income") => (Direction::Income, rest),
        _ => return Err("Is it an expense or income? That word is missing.".into()),
    };
    let Line { reading, currency, category, note } = add::read(&words.join(" "), default)?;
    let Reading::Clear(minor) = reading else {
        return Err(wording::TWO_WAYS.into());
    };
    if category.is_empty() {
        return Err("The category is missing.".into());
    }
    let next = every.from(today);
    Ok(Recurring { number: 0, every, next, direction, currency, minor, category, note })
}

fn added(call: &Call, mut recurring: Recurring) -> Result<Reply> {
    let (user, today) = (call.user().id, call.at().date());
    let known = Recurring::all(user)?;
    if known.len() >= MOST {
        return Err(Error::usage(format!(
            "There are {MOST} already. Stop one of them with /recurring off N."
        )));
    }
    recurring.number = Recurring::new_number(user, &known)?;
    let booked =
        book::one_due(call.event_id(), user, &mut recurring, today, call.at().offset_seconds)?;
    let Recurring { number, every, next, .. } = &recurring;
    let mut html = Html::new()
        .text("🔁 ")
        .bold(recurring.what())
        .text(format_args!("\n{}, number {number}.", capital(&every.to_string())));
    if !booked.is_empty() {
        html = html.text(" Booked for today.");
    }
    Ok(Reply::html(html.text(format_args!("\nNext: {next}")))
        .row([off_button(call, *number, "Stop it"), Button::new("All", "recurring")])
        .replace())
}

fn stop(call: &Call, number: u32) -> Result<Reply> {
    let user = call.user().id;
    let Some(recurring) = Recurring::get(user, number)? else {
        return Ok(Reply::text(format_args!("🔁 There is no number {number}."))
            .row([Button::new("All", "recurring")])
            .replace());
    };
    recurring.forget(user)?;
    let html = Html::new().text("🔁 Stopped: ").bold(recurring.what());
    Ok(Reply::html(
        html.text(format_args!(
            "\n{}. What was booked stays.",
            capital(&recurring.every.to_string())
        )),
    )
    .row([Button::new("All", "recurring"), Button::new("Finance", "home")])
    .replace())
}

fn list(call: &Call, page: usize) -> Result<Reply> {
    let all = Recurring::all(call.user().id)?;
    let new = Button::new("➕ Add", "recurring_add");
    if all.is_empty() {
        let html = Html::new()
            .text("🔁 Nothing recurs yet. Rent, salary and the like are booked by themselves on their day:\n")
            .code(USAGE);
        return Ok(Reply::html(html).row([new, Button::new("Finance", "home")]).replace());
    }
    let pages = all.len().div_ceil(PAGE);
    let page = page.min(pages - 1);
    let mut html = Html::new().text("🔁 ").bold("Recurring");
    if pages > 1 {
        html = html.text(format_args!(", page {} of {pages}", page + 1));
    }
    let shown: Vec<&Recurring> = all.iter().skip(page * PAGE).take(PAGE).collect();
    for one in &shown {
        let Recurring { number, every, next, .. } = one;
        html = html
            .text(format_args!("\n\n{number}. "))
            .bold(one.what())
            .text(format_args!("\n{}, next {next}", capital(&every.to_string())));
    }
    let mut reply = Reply::html(html);
    for row in shown.chunks(4) {
        reply = reply
            .row(row.iter().map(|one| off_button(call, one.number, &format!("✖ {}", one.number))));
    }
    let mut around = Vec::new();
    if page > 0 {
        around.push(Button::new("◀", "recurring").arg(page - 1));
    }
    if page + 1 < pages {
        around.push(Button::new("▶", "recurring").arg(page + 1));
    }
    if !around.is_empty() {
        reply = reply.row(around);
    }
    Ok(reply.row([new, Button::new("Finance", "home")]).replace())
}

/// The schedule: books what is due for everybody, and tells whose chat this is.
pub(crate) fn tick(call: &Call) -> Result<Reply> {
    let mut reply = Reply::none();
    for done in book::all_due(call.event_id(), call.at().date(), call.at().offset_seconds)? {
        if done.user == call.user().id {
            reply = Reply::html(told(&done.lines)).row([Button::new("Finance", "home")]);
        } else {
            book::note_news(&done)?;
        }
    }
    Ok(reply)
}

/// What was booked while the user wasn't told: a message of its own, or none.
fn news(call: &Call) -> Result<Reply> {
    let Some(news) = book::take_news(call.user().id)? else { return Ok(Reply::none()) };
    let lines: Vec<String> = news.lines().map(str::to_owned).collect();
    Ok(Reply::html(told(&lines)))
}

/// `/balance`, with what was booked since the user was last here above it.
pub(crate) fn balance(call: &Call) -> Result<Reply> {
    Ok(news(call)?.and(overview::balance(call)?))
}

fn told(lines: &[String]) -> Html {
    const SHOWN: usize = 20;
    let mut html = Html::new().text("🔁 ").bold("Booked by itself");
    for line in lines.iter().skip(lines.len().saturating_sub(SHOWN)) {
        html = html.line().text(line);
    }
    if lines.len() > SHOWN {
        html = html.text(format_args!("\n… and {} before them.", lines.len() - SHOWN));
    }
    html
}

fn off_button(call: &Call, number: u32, label: &str) -> Button {
    Button::new(label, "recurring_off").arg(call.user().id).arg(number)
}
