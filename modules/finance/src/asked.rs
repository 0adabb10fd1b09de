//! "How much did I spend on food this week?": a sum over days, in all currencies.
//!
//! Whole months are read from their sums; days are counted from the entries of their months. What is no
//! category of these months is looked for in the notes.

use umbrasil_sdk::prelude::*;

use crate::budget;
use crate::ledger::{self, Ledger};
use crate::money::{self, Currency, Money};
use crate::overview;
use crate::phrases;
use crate::rates::Wanted;
use crate::record::{self, Direction};
use crate::scan::{self, End};
use crate::span::{self, Span};
use crate::sums::Sums;

/// What leads to a category in the question.
const LEADING: [&str; 14] = [
    "on", "for", "at", "in", "für", "fuer", "bei", "beim", "the", "my", "total", "money", "of",
    "all",
];

/// What is left of `in the last week` behind it.
const TRAILING: [&str; 7] = ["in", "the", "during", "over", "within", "im", "den"];

/// What is said where a time isn't understood, instead of a sum of something else.
const WHEN: &str = "I don't understand that time. I know today, last week, last 10 days, since monday, \
    november, last 3 months and the like, up to 12 months: /spent food last week";

/// `/spent [WHAT] [WHEN]`
pub(crate) fn command(call: &Call) -> Result<Reply> {
    answer(call, call.text())
}

/// `how much did I spend on food this month`
pub(crate) fn in_words(call: &Call) -> Result<Reply> {
    let tail = call.args().iter().find(|arg| !arg.is_empty());
    answer(call, tail.map_or("", String::as_str))
}

fn answer(call: &Call, text: &str) -> Result<Reply> {
    let text = text.to_lowercase();
    let (span, rest) = span::take(text.trim_end_matches(['?', '.', '!']), call);
    let mut words: Vec<&str> =
        rest.split_whitespace().skip_while(|word| LEADING.contains(word)).collect();
    // `on food in the last week`
    while words.last().is_some_and(|word| TRAILING.contains(word)) {
        words.pop();
    }
    let subject = words.join(" ");
    if subject.chars().count() > 60 {
        return Err(Error::usage("Ask like this: how much did I spend on food this month?"));
    }
    let ledger = Ledger::open(call, ledger::currency()?)?;
    let sums = all_sums(call, &ledger, &span)?;
    let category = category(&ledger, &sums, &subject)?;
    let counted = match &category {
        _ if !span.whole => entries(call, &sums, &span, &subject, category.as_deref())?,
        None if !subject.is_empty() => entries(call, &sums, &span, &subject, None)?,
        category => from_sums(&sums, category.as_deref())?,
    };
    let (mut amounts, mut all) = counted;
    let mut category = category;
    let mut remark = String::new();
    if amounts.is_empty() && category.is_none() && !subject.is_empty() {
        if span::tells_time(&subject, call.at().date().month_of_year()) {
            return Err(Error::usage(WHEN));
        }
        // `essen` is in no note: then it is another word for a category.
        if let Some(known) = phrases::category_of(&subject, false) {
            let known = ledger.book().resolve(known).to_owned();
            (amounts, all) = if span.whole {
                from_sums(&sums, Some(&known))?
            } else {
                entries(call, &sums, &span, "", Some(&known))?
            };
            if !amounts.is_empty() {
                remark = format!("\nNo note says “{subject}”: this is all of {known}.");
                category = Some(known);
            }
        }
    }
    let default = ledger.currency;
    let rates = budget::rates_for(call, &ledger, default, Wanted::Fresh)?;
    let about = match category.as_deref().unwrap_or(&subject) {
        "" => String::new(),
        about => format!(" · {about}"),
    };
    let mut html = Html::from("💸 ").text(format_args!("{}{about}:", span.name));
    html = match amounts.as_slice() {
        [] => html.text(" ").bold(Money::new(0, default)),
        [only] => html.text(" ").bold(only),
        several => several.iter().fold(html, |html, money| html.line().bold(money)),
    };
    let foreign = amounts.iter().any(|money| money.currency != default);
    if let Some(rates) = rates.filter(|_| foreign) {
        html = html.push(overview::total_line(&rates, &amounts));
    }
    html = html.text(remark);
    if !all {
        html = html.text("\nThese are the latest only: there are too many to count them all.");
    }
    let buttons = [Button::new("Entries", "last"), Button::new("Report", "report")];
    Ok(Reply::html(html).row(buttons))
}

/// The sums of all months of the span, in all currencies.
fn all_sums(call: &Call, ledger: &Ledger, span: &Span) -> Result<Vec<(Currency, Sums)>> {
    let mut wanted = Vec::new();
    for money in ledger.balances() {
        wanted.extend(span.months.iter().map(|month| (money.currency, *month)));
    }
    let key =
        |(currency, month): &(Currency, _)| record::month_key(call.user().id, *currency, *month);
    let values = storage::get_all(&wanted.iter().map(key).collect::<Vec<_>>())?;
    let sums = wanted
        .into_iter()
        .zip(values)
        .map(|((currency, _), value)| Ok((currency, Sums::read(value.as_deref())?)));
    sums.collect()
}

/// The category that is meant: one that there is, also by its alias or by a word that belongs to it.
fn category(ledger: &Ledger, sums: &[(Currency, Sums)], subject: &str) -> Result<Option<String>> {
    if subject.is_empty() || subject.contains(' ') {
        return Ok(None);
    }
    let resolved = ledger.book().resolve(subject);
    for (_, sums) in sums {
        if sums.lines()?.iter().any(|line| line.category == resolved) {
            return Ok(Some(resolved.to_owned()));
        }
    }
    // `groceries` isn't there, and isn't another word for `food` either: then it may be in the notes.
    Ok(Some(resolved)
        .filter(|name| phrases::category_of(name, false) == Some(name))
        .map(str::to_owned))
}

fn from_sums(sums: &[(Currency, Sums)], category: Option<&str>) -> Result<(Vec<Money>, bool)> {
    let mut amounts = Vec::new();
    for (currency, sums) in sums {
        let minor = match category {
            None => sums.total(Direction::Expense),
            Some(category) => sums.of_category(Direction::Expense, category)?,
        };
        count(&mut amounts, Money::new(minor, *currency))?;
    }
    Ok((amounts, true))
}

fn entries(
    call: &Call,
    sums: &[(Currency, Sums)],
    span: &Span,
    subject: &str,
    category: Option<&str>,
) -> Result<(Vec<Money>, bool)> {
    let counting = || sums.iter().filter(|(_, sums)| sums.first > 0);
    let mut amounts = Vec::new();
    let first = counting().map(|(_, sums)| sums.first).min();
    let last = counting().map(|(_, sums)| sums.last).max();
    let Some((first, last)) = first.zip(last) else { return Ok((amounts, true)) };
    let mut failed = Ok(());
    let end = scan::back(call.user().id, first, last.saturating_add(1), |one| {
        let entry = &one.entry;
        let day = entry.written().date();
        let about = match category {
            Some(category) => entry.category == category,
            None => {
                subject.is_empty()
                    || entry.category == subject
                    || entry.note.to_lowercase().contains(subject)
            }
        };
        let within = span.first <= day && day <= span.last;
        if !one.undone && entry.direction == Direction::Expense && within && about {
            failed = count(&mut amounts, entry.amount());
        }
        failed.is_ok()
    })?;
    failed?;
    Ok((amounts, end == End::All))
}

fn count(amounts: &mut Vec<Money>, money: Money) -> Result<()> {
    match amounts.iter_mut().find(|known| known.currency == money.currency) {
        Some(known) => known.minor = money::add(known.minor, money.minor)?,
        None if money.minor != 0 => amounts.push(money),
        None => {}
    }
    Ok(())
}
