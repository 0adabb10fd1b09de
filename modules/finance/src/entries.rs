//! `/last` and `/search`: the entries themselves, newest first, each a tap away from being undone or
//! corrected.

use umbrasil_sdk::Month;
use umbrasil_sdk::prelude::*;

use crate::add;
use crate::guide;
use crate::ledger::{self, Ledger};
use crate::money::{Currency, Money};
use crate::period::Period;
use crate::record::{self, Entry};
use crate::scan::{self, End, Found};
use crate::wording;

/// How many entries a page has unless the user says otherwise, and at most.
const USUAL: usize = 5;
const MOST: usize = 20;

/// How many buttons with numbers are in a row.
const IN_A_ROW: usize = 5;

/// Most characters of what is searched for.
const LONGEST: usize = 100;

/// `/last [N]`
pub(crate) fn last(call: &Call) -> Result<Reply> {
    let count = match call.get(0) {
        None => USUAL,
        Some(text) => text
            .parse()
            .ok()
            .filter(|count| (1..=MOST).contains(count))
            .ok_or_else(|| call.wrong(format_args!("N is a number from 1 to {MOST}.")))?,
    };
    page(call, count, None)
}

/// `show last entries`, with a number or without.
pub(crate) fn last_in_words(call: &Call) -> Result<Reply> {
    let count = call.args().iter().find_map(|arg| arg.parse::<usize>().ok());
    page(call, count.unwrap_or(USUAL).clamp(1, MOST), None)
}

/// The button to older entries, and the one back to the newest.
pub(crate) fn older(call: &Call) -> Result<Reply> {
    let count = call.get(0).and_then(|count| count.parse().ok()).unwrap_or(USUAL);
    page(call, count.clamp(1, MOST), call.get(1).and_then(|before| before.parse().ok()))
}

fn page(call: &Call, count: usize, before: Option<u64>) -> Result<Reply> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let mut found = Vec::new();
    let end = scan::back(call.user().id, 1, before.unwrap_or(ledger.next_number()), |one| {
        found.push(one);
        found.len() < count
    })?;
    if found.is_empty() {
        let text = if before.is_some() { "No older entries." } else { "There are no entries yet." };
        return Ok(Reply::text(format!("🧾 {text}"))
            .row([Button::new("Finance", "home")])
            .replace());
    }
    let html = lines(Html::from("🧾 <b>Entries, newest first</b>"), &found, ledger.currency);
    let mut reply = numbers(Reply::html(html), call, &found);
    let mut buttons = Vec::new();
    if before.is_some() {
        buttons.push(Button::new("⏮ Newest", "last").arg(count));
    }
    if let End::Before(number) = end {
        buttons.push(Button::new("Older ▶", "last").arg(count).arg(number));
    }
    buttons.push(Button::new("Finance", "home"));
    reply = reply.row(buttons);
    Ok(reply.replace())
}

/// `/search TEXT [MONTH]`
pub(crate) fn search(call: &Call) -> Result<Reply> {
    let text = call.text().trim();
    let (before, last) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
    let month = Period::named_month(last, call.at().date().month_of_year())
        .filter(|_| !before.trim().is_empty());
    let words = if month.is_some() { before.trim() } else { text };
    if words.chars().count() > LONGEST {
        return Err(
            call.wrong(format_args!("A text to search for has at most {LONGEST} characters."))
        );
    }
    let words = wording::note(words).map_err(Error::usage)?;
    let id = record::short_hash(call.event_id());
    let month_text = month.map(|month| month.to_string()).unwrap_or_default();
    // A module that may only read gets the first page, and needs no buttons.
    let search = storage::set(&search_key(call), format!("{id}\t{month_text}\t{words}"));
    let kept = record::kept(search)?;
    results(call, &words, month, None, kept.then_some(id.as_str()))
}

/// The button that searches further back.
pub(crate) fn search_on(call: &Call) -> Result<Reply> {
    let kept = storage::get_text(&search_key(call))?.unwrap_or_default();
    let mut fields = kept.splitn(3, '\t');
    let (id, month, words) = (fields.next(), fields.next(), fields.next());
    let (Some(id), Some(month), Some(words)) = (id, month, words) else { return guide::closed() };
    if call.get(0) != Some(id) {
        return guide::closed();
    }
    let before = call.get(1).and_then(|before| before.parse().ok());
    results(call, words, month.parse().ok(), before, Some(id))
}

fn results(
    call: &Call,
    words: &str,
    month: Option<Month>,
    before: Option<u64>,
    id: Option<&str>,
) -> Result<Reply> {
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let wanted: Vec<String> = words.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let mut found = Vec::new();
    let mut seen = None;
    let end = scan::back(call.user().id, 1, before.unwrap_or(ledger.next_number()), |one| {
        seen = Some(one.entry.written().date());
        if month.is_none_or(|month| one.entry.month == month) && matches(&one.entry, &wanted) {
            found.push(one);
        }
        found.len() < USUAL
    })?;
    let mut html = Html::from("🔎 <b>").text(words).push("</b>");
    if let Some(month) = month {
        html = html.text(format_args!(", {} {}", month.name(), month.year()));
    }
    if found.is_empty() {
        let back = seen.map(|day| format!(" back to {day}")).unwrap_or_default();
        html = match end {
            End::All if before.is_some() => html.text("\nNothing more was found."),
            End::All => html.text("\nNothing was found."),
            End::Before(_) => html.text(format_args!("\nNothing was found{back}.")),
        };
    } else {
        html = lines(html, &found, ledger.currency);
    }
    let mut reply = Reply::html(html);
    let Some(id) = id else { return Ok(reply) };
    reply = numbers(reply, call, &found);
    let mut buttons = Vec::new();
    if let End::Before(number) = end {
        buttons.push(Button::new("Search further back", "search").arg(id).arg(number));
    }
    buttons.push(Button::new("Finance", "home"));
    Ok(reply.row(buttons).replace())
}

/// One entry with its buttons.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    let Some(number) = own(call)? else { return Ok(Reply::none()) };
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let Some((entry, undone)) = ledger.find(number)? else { return guide::closed() };
    let mut html = Html::from("🧾 ").bold(signed(&entry)).text(" · ").text(&entry.category);
    html = html.text(format_args!("\n{}", entry.written().date()));
    if !entry.note.is_empty() {
        html = html.text("\n📝 ").text(&entry.note);
    }
    let back = Button::new("Back", "last").arg(USUAL);
    if !undone {
        let buttons = add::buttons(call, number).into_iter().chain([back]);
        return Ok(Reply::html(html).row(buttons).replace());
    }
    html = match ledger.corrected_by(number)? {
        Some((_, new)) => html.text("\n↩︎ Corrected to ").bold(signed(&new)).text(format_args!(
            " · {}{}",
            new.category,
            if new.note == entry.note { String::new() } else { format!(" · {}", new.note) }
        )),
        None => html.text("\n↩︎ Undone."),
    };
    Ok(Reply::html(html).row([back]).replace())
}

/// The entry that a button is about, as its first two arguments say; none, with a notice, if it is somebody
/// else's.
pub(crate) fn own(call: &Call) -> Result<Option<u64>> {
    let number = |index| call.arg(index)?.parse::<i64>().map_err(|_| Error::internal("no number"));
    let (user, entry) = (number(0)?, number(1)?);
    if user != call.user().id {
        chat::toast("This entry is somebody else's.")?;
        return Ok(None);
    }
    Ok(u64::try_from(entry).ok())
}

fn lines(mut html: Html, found: &[Found], default: Currency) -> Html {
    for (index, Found { entry, undone, .. }) in found.iter().enumerate() {
        let mark = if *undone { "↩︎ " } else { "" };
        let amount = Money::new(entry.effect, entry.currency);
        let amount =
            if entry.currency == default { amount.plain().to_string() } else { amount.to_string() };
        let date = entry.written().date();
        html = html.text(format_args!("\n{}. {date} {mark}{amount} {}", index + 1, entry.category));
        if !entry.note.is_empty() {
            html = html.text(" · ").italic(wording::shorten(&entry.note));
        }
    }
    html
}

fn numbers(mut reply: Reply, call: &Call, found: &[Found]) -> Reply {
    let button = |(index, one): (usize, &Found)| {
        Button::new((index + 1).to_string(), "entry").arg(call.user().id).arg(one.number)
    };
    let buttons: Vec<Button> = found.iter().enumerate().map(button).collect();
    for row in buttons.chunks(IN_A_ROW) {
        reply = reply.row(row.to_vec());
    }
    reply
}

/// Whether an entry has all the words in its category, note or amount.
fn matches(entry: &Entry, wanted: &[String]) -> bool {
    let text = format!("{} {} {}", entry.category, entry.note, entry.amount()).to_lowercase();
    // Amounts are kept with a point, and searched for with a comma as well.
    let amount = |word: &str| {
        let is_amount = word.chars().all(|c| c.is_ascii_digit() || c == ',');
        is_amount
            && word.starts_with(|c: char| c.is_ascii_digit())
            && text.contains(&word.replace(',', "."))
    };
    wanted.iter().all(|word| text.contains(word.as_str()) || amount(word))
}

fn signed(entry: &Entry) -> Money {
    Money::new(entry.effect, entry.currency)
}

fn search_key(call: &Call) -> String {
    format!("{}/search", call.user().id)
}
