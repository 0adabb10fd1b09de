//! Entries in plain words: `spent 12.50 at coop`, `uber ride was 25`, `got my salary 3000`.
//!
//! The host matches the patterns of [`phrases`]; what they caught is taken apart here. What is clear is
//! booked at once, also where a shop is known by its name. Where only the category is missing, it is asked for
//! with buttons, and remembered if there was a vendor.

use umbrasil_sdk::Date;
use umbrasil_sdk::prelude::*;

use crate::add;
use crate::amount::{self, Reading};
use crate::batch;
use crate::draft::{Amount, Draft};
use crate::guide;
use crate::ledger::{self, Booked, Ledger};
use crate::money::Currency;
use crate::phrases;
use crate::receipt::guess;
use crate::record::Direction;
use crate::vendor;
use crate::wording;

/// What leads to a vendor, and what to a thing.
const AT: [&str; 7] = ["at", "from", "by", "bei", "beim", "von", "vom"];
const FOR: [&str; 9] = ["for", "on", "to", "as", "für", "fuer", "im", "an", "with"];

/// What joins two things.
const AND: [&str; 8] = ["and", "und", "plus", "&", "+", "then", "dann", "also"];

/// What a sentence says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said<'a> {
    amount: &'a str,
    /// Such as `dinner with anna`.
    object: String,
    /// Such as `coop`.
    vendor: String,
    is_yesterday: bool,
}

/// A sentence that one of the patterns matches.
pub(crate) fn hear(call: &Call) -> Result<Reply> {
    let said = read(call)?;
    if has_second_amount(call) {
        return Err(Error::usage("One amount at a time, please. Nothing was saved."));
    }
    let direction = direction(call.name(), &said.object);
    let default = ledger::currency()?;
    let taken = amount::take(said.amount, default).map_err(Error::usage)?;
    let (reading, currency, _) = taken;
    let ledger = Ledger::open(call, currency)?;
    let name = vendor::normal(if said.vendor.is_empty() { &said.object } else { &said.vendor });
    let mut known = vendor::category(call, direction, &name)?;
    let mut from_vendor = known.is_some();
    if known.is_none() {
        known = known_word(&ledger, direction, &said)?;
    }
    if known.is_none() {
        // With a button for another category, which is learned then.
        let shop = guess::category(&said.vendor, direction);
        from_vendor = shop != guess::OTHER;
        known = from_vendor.then(|| ledger.book().resolve(shop).to_owned());
    }
    let note = note(&said, known.as_deref()).map_err(Error::usage)?;
    let yesterday = Date::from_days(call.at().date().to_days() - 1);
    let day = said.is_yesterday.then_some(yesterday);
    if let (Some(category), &Reading::Clear(minor)) = (&known, &reading) {
        let at = day.map_or(call.at(), |day| batch::moment_of(call, day));
        let booked = ledger.append_at(call, at, direction, minor, category, &note)?;
        return Ok(if from_vendor {
            confirmation(call, &booked, None)
        } else {
            add::confirmation(call, &booked)
        });
    }
    let mut draft = Draft::new(call, direction, currency);
    draft.amount = match reading {
        Reading::Clear(minor) => Amount::Known(minor),
        Reading::Doubtful(minors) => Amount::Doubtful(minors),
    };
    if known.is_none() {
        // One word may well be the category itself.
        draft.offered.extend(wording::category(&said.object).ok());
        draft.vendor = name;
    }
    draft.category = known.unwrap_or_default();
    draft.note = Some(note);
    draft.day = day.map(Date::to_days);
    guide::go_on(call, draft, None)
}

/// The confirmation of an entry whose category comes from its vendor, just learned or known before.
pub(crate) fn confirmation(call: &Call, booked: &Booked, learned: Option<&str>) -> Reply {
    let category = &booked.entry.category;
    let remark = learned.map(|name| format!("💡 “{name}” is {category} from now on."));
    let [undo, _] = add::buttons(call, booked.number);
    let other = Button::new("Other category", "recat").arg(call.user().id).arg(booked.number);
    Reply::html(add::confirmed(call, booked, remark.as_deref())).row([undo, other])
}

/// The vendor that a note made by [`hear`] names, in its normal form.
pub(crate) fn vendor_of(note: &str) -> String {
    vendor::normal(note.rsplit(" · ").next().unwrap_or(note))
}

fn read(call: &Call) -> Result<Said<'_>> {
    let roles = phrases::ROLES.iter().find(|(name, _)| *name == call.name());
    let (_, roles) = roles.ok_or_else(|| Error::internal("a pattern without roles"))?;
    let mut said = Said::default();
    for (role, text) in roles.chars().zip(call.args()).filter(|(_, text)| !text.is_empty()) {
        match role {
            'm' => said.amount = text,
            'w' => take_apart(&format!("for {text}"), &mut said),
            _ => take_apart(text, &mut said),
        }
    }
    Ok(said)
}

/// Finds thing and vendor in `at coop for groceries` or `for dinner with anna`.
fn take_apart(text: &str, said: &mut Said<'_>) {
    let mut at_vendor = false;
    for (index, word) in text.split_whitespace().enumerate() {
        let small = word.to_lowercase();
        let small = small.trim_end_matches(['.', ',', '!']);
        if AT.contains(&small) {
            at_vendor = true;
        } else if FOR.contains(&small) && (index == 0 || at_vendor) {
            at_vendor = false;
            if !said.object.is_empty() {
                said.object.extend([" ", word]);
            }
        } else if matches!(small, "today" | "heute" | "now" | "gerade") {
        } else if matches!(small, "yesterday" | "gestern") {
            said.is_yesterday = true;
        } else {
            let part = if at_vendor { &mut said.vendor } else { &mut said.object };
            // `my`, `the` and `a` say nothing at the beginning.
            if part.is_empty() && matches!(small, "my" | "the" | "a" | "an" | "some" | "our" | "of")
            {
                continue;
            }
            if !part.is_empty() {
                part.push(' ');
            }
            part.push_str(word);
        }
    }
    for part in [&mut said.object, &mut said.vendor] {
        let end = part.trim_end_matches([',', '.', '!']).trim_end_matches(" of").len();
        part.truncate(end);
    }
}

/// Whether a sentence tells of two payments: `12 on coffee and 30 on lunch`. A count is none: `for 2 beers`.
fn has_second_amount(call: &Call) -> bool {
    let roles = phrases::ROLES.iter().find(|(name, _)| *name == call.name());
    let (_, roles) = roles.copied().unwrap_or_default();
    let parts = roles.chars().zip(call.args()).filter(|(role, _)| *role != 'm');
    parts.into_iter().any(|(role, text)| names_amount(text, role == 'w'))
}

/// Whether a text about an entry names an amount of its own. Where it `leads`, its own amount comes behind
/// it, so `milk for 3 and bread` has another one.
fn names_amount(text: &str, leads: bool) -> bool {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let word = |at: Option<usize>| at.and_then(|at| words.get(at)).copied().unwrap_or_default();
    let joins = |word: &str| AND.contains(&word) || word.ends_with([',', ';']);
    let links = |word: &str| AT.contains(&word) || FOR.contains(&word);
    let mut joined = false;
    for (at, &one) in words.iter().enumerate() {
        let (before, behind) = (word(at.checked_sub(1)), word(Some(at + 1)));
        let number = one.trim_end_matches([',', ';', '.', '!']);
        if let Some(sure) = number_in(number, behind) {
            let verb = ["spent", "paid", "got", "another"].contains(&before);
            let told = sure || links(behind) && (joins(before) || verb);
            if joined && told
                || leads && ["for", "für"].contains(&before) && (joins(one) || joins(behind))
            {
                return true;
            }
        }
        joined |= joins(one);
    }
    false
}

/// Whether a word is a number; and then, whether it can't be anything but an amount.
fn number_in(word: &str, behind: &str) -> Option<bool> {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    let plain = !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’'));
    let default = Currency::new("EUR")?;
    let signed = digits != word && Currency::split(word, default).is_some();
    let cents = digits.len() > 3
        && digits.get(digits.len() - 3..).is_some_and(|cents| cents.starts_with(['.', ',']));
    let named = Currency::behind(behind, default).is_some();
    (plain && (digits == word || signed)).then_some(signed || cents || named)
}

fn direction(pattern: &str, object: &str) -> Direction {
    let income = |word: &str| phrases::is_income(&word.to_lowercase());
    match pattern {
        "got" | "erhalten" => Direction::Income,
        "brief" if object.split_whitespace().next().is_some_and(income) => Direction::Income,
        _ => Direction::Expense,
    }
}

/// The category that the words point to: one of the user's own, else one that everybody understands.
fn known_word(ledger: &Ledger, direction: Direction, said: &Said<'_>) -> Result<Option<String>> {
    let (sums, book) = (ledger.sums().lines()?, ledger.book());
    let own = |word: &str| {
        sums.iter().any(|line| line.direction == direction && line.category == word)
            || book.aliases.iter().any(|(from, _)| from == word)
            || book.budgets.iter().any(|budget| budget.category.as_deref() == Some(word))
    };
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '!'));
        words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let object = words(&said.object);
    let all: Vec<String> = object.iter().cloned().chain(words(&said.vendor)).collect();
    if let Some(word) = object.iter().find(|word| own(word)) {
        return Ok(Some(word.clone()));
    }
    let is_income = direction == Direction::Income;
    let usual = all.iter().find_map(|word| phrases::category_of(word, is_income));
    // `on health` names a category that is offered anyway.
    let named = || {
        let [word] = object.as_slice() else { return None };
        let usual = ["transport", "home", "health", "fun", "shopping", "freelance", "sale"];
        usual.contains(&word.as_str()).then(|| word.clone())
    };
    Ok(usual.map(str::to_owned).or_else(named))
}

/// What is noted: all that the category doesn't say.
fn note(said: &Said<'_>, category: Option<&str>) -> Result<String, String> {
    let object = Some(said.object.as_str())
        .filter(|object| category.is_none_or(|known| !object.eq_ignore_ascii_case(known)));
    let parts: Vec<&str> =
        object.into_iter().chain([said.vendor.as_str()]).filter(|part| !part.is_empty()).collect();
    wording::note(&parts.join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_and_vendors_are_taken_apart() {
        for (text, object, vendor) in [
            ("at coop", "", "coop"),
            ("at coop for groceries", "groceries", "coop"),
            ("for dinner with anna", "dinner with anna", ""),
            ("on groceries at the Coop in Basel!", "groceries", "Coop in Basel"),
            ("for coffee at starbucks today", "coffee", "starbucks"),
            ("from ebay", "", "ebay"),
            ("für Kaffee", "Kaffee", ""),
            ("for salary of", "salary", ""),
            ("at", "", ""),
        ] {
            let mut said = Said::default();
            take_apart(text, &mut said);
            assert_eq!((said.object.as_str(), said.vendor.as_str()), (object, vendor), "{text}");
        }
    }
}
