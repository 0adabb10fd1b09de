//! Reads an amount as people type it, and never guesses.
//!
//! `12,50` and `12.50` are the same everywhere. But one point before three digits is a thousand in one
//! country and a one in the next, and a mistake of that size in a ledger is found months later. So what
//! can be read in two ways, or only by counting on one country's habit, becomes a question.

use crate::money::{Currency, Money};

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// This many minor units, without a doubt.
    Clear(i64),
    /// One of these: the user must say which, or say yes to the only one.
    Doubtful(Vec<i64>),
}

/// Most digits that an amount may have. It keeps a typo from becoming the national debt.
const MOST_DIGITS: usize = 12;

/// Takes an amount from the start of `text`, with its currency before or after it if one is written there;
/// else it is of the `default` one. Gives the rest of the text as well; or the reason why it is no amount, for
/// the user.
pub(crate) fn take(text: &str, default: Currency) -> Result<(Reading, Currency, &str), String> {
    let (mut word, mut rest) = first_word(text);
    let mut named = None;
    if rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','))
        && let Some(before) = in_front(word, default)
    {
        named = Some(before?);
        (word, rest) = first_word(rest);
    }
    let plain = word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    if !plain && let Some((found, number)) = Currency::split(word, default) {
        named = Some(one(named, found?)?);
        word = number;
    }
    let grouped = groups(word, rest, default);
    if let Some((_, sign, behind)) = &grouped {
        if let Some(found) = Currency::behind(sign, default) {
            named = Some(one(named, found?)?);
        }
        rest = behind;
    }
    let (next, after) = first_word(rest);
    if let Some(found) = Currency::behind(next, default) {
        named = Some(one(named, found?)?);
        rest = after;
    }
    let currency = named.unwrap_or(default);
    let reading = match grouped {
        None => read(word, currency)?,
        // A thousand, or a one and something else: the user must say yes.
        Some((number, ..)) => match read(&number, currency)? {
            Reading::Clear(minor) => Reading::Doubtful(vec![minor]),
            doubtful @ Reading::Doubtful(_) => doubtful,
        },
    };
    Ok((reading, currency, rest))
}

/// The number that `1 000` or `2 500,00` make, where an ordinary blank separates thousands, with what stands
/// behind it. The currency of the last group stays for the caller.
fn groups<'a>(word: &str, rest: &'a str, default: Currency) -> Option<(String, &'a str, &'a str)> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=3).contains(&word.len()) || word.starts_with('0') || !digits(word) {
        return None;
    }
    let (mut number, mut rest, mut named) = (word.to_owned(), rest, "");
    let mut found = false;
    while named.is_empty() {
        let (next, after) = first_word(rest);
        let group = match Currency::split(next, default) {
            Some((_, number)) if next.starts_with(number) => number,
            _ => next,
        };
        let Some((thousand, decimals)) = group.split_at_checked(3).filter(|(left, _)| digits(left))
        else {
            break;
        };
        let decimal = decimals.strip_prefix(['.', ',']);
        if !decimals.is_empty()
            && !decimal.is_some_and(|decimals| digits(decimals.trim_end_matches('-')))
        {
            break;
        }
        number.extend([thousand, decimals]);
        named = next.get(group.len()..).unwrap_or_default();
        (rest, found) = (after, true);
        if decimal.is_some() {
            break;
        }
    }
    found.then_some((number, named, rest))
}

/// The currency that a word before a number means.
fn in_front(word: &str, default: Currency) -> Option<Result<Currency, String>> {
    Currency::behind(word, default).or_else(|| Currency::active(word).map(Ok))
}

/// What is written twice must be the same.
fn one(named: Option<Currency>, found: Currency) -> Result<Currency, String> {
    match named.filter(|named| *named != found) {
        None => Ok(found),
        Some(named) => {
            Err(format!("Is it {} or {}? Please write one of them.", named.code(), found.code()))
        }
    }
}

/// The first word, and the text after it. A narrow blank between digits doesn't end a word: `1 000` is
/// written with it where it separates thousands.
pub(crate) fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let narrow = |at: usize, blank: char| {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let (before, after) = text.split_at(at);
        is_narrow(blank) && digit(before.chars().next_back()) && digit(after.chars().nth(1))
    };
    let end = text.char_indices().find(|(at, c)| c.is_whitespace() && !narrow(*at, *c));
    let (word, rest) = text.split_at(end.map_or(text.len(), |(at, _)| at));
    (word, rest.trim_start())
}

fn is_narrow(blank: char) -> bool {
    matches!(blank, '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// Reads the number itself.
fn read(word: &str, currency: Currency) -> Result<Reading, String> {
    let whole = |word: &str| word.trim_end_matches(['.', ',']).to_owned();
    // `12.-` is twelve, `.50` is a half.
    let dash =
        word.strip_suffix(['-', '\u{2013}', '\u{2014}']).map(|word| word.trim_end_matches('-'));
    let dash = dash.filter(|word| word.ends_with(['.', ','])).map(whole);
    let half = word.strip_prefix(['.', ',']).filter(|decimals| {
        !decimals.is_empty() && decimals.bytes().all(|byte| byte.is_ascii_digit())
    });
    let put_right = dash.or_else(|| half.map(|decimals| format!("0.{decimals}")));
    let word = put_right.as_deref().unwrap_or(word);
    if word.is_empty() {
        return Err("The amount is missing.".into());
    }
    if word.starts_with(['-', '+', '\u{2212}', '\u{2013}']) {
        return Err(
            "An amount has no sign: there is /expense for money spent and /income for money \
                    received."
                .into(),
        );
    }
    if word.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()) {
        return Err("Please write the amount with the digits 0 to 9.".into());
    }
    let quote = |c: char| matches!(c, '\'' | '\u{2019}') || is_narrow(c);
    let separator = |c: char| matches!(c, '.' | ',') || quote(c);
    if !word.chars().all(|c| c.is_ascii_digit() || separator(c)) {
        return Err(no_amount(word));
    }
    if word.bytes().filter(u8::is_ascii_digit).count() > MOST_DIGITS {
        return Err(format!("An amount has at most {MOST_DIGITS} digits."));
    }

    let separators: Vec<char> = word.chars().filter(|&c| separator(c)).collect();
    let parts: Vec<&str> = word.split(separator).collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Err(no_amount(word));
    }
    let (&last, before) = parts.split_last().ok_or_else(|| no_amount(word))?;
    let Some((&last_separator, groupers)) = separators.split_last() else {
        return Ok(Reading::Clear(minor(last, "", currency)?));
    };
    let uniform = groupers.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
    let grouped = is_grouped(&parts);
    match groupers.first() {
        // `1'000`, `1'000'000`: nobody's decimal sign.
        _ if quote(last_separator) => {
            let same = groupers.iter().all(|&c| c == last_separator);
            if same && grouped {
                Ok(Reading::Clear(minor(&parts.concat(), "", currency)?))
            } else {
                Err(no_amount(word))
            }
        }
        // `12.50`, `12,50`; but `1.000`?
        None if grouped => {
            let thousands = minor(&parts.concat(), "", currency)?;
            if currency.exponent() == 0 {
                return Ok(Reading::Clear(thousands));
            }
            let trimmed = if currency.exponent() < 3 { last.strip_suffix('0') } else { Some(last) };
            let small =
                trimmed.and_then(|decimals| minor(&before.concat(), decimals, currency).ok());
            Ok(Reading::Doubtful([Some(thousands), small].into_iter().flatten().collect()))
        }
        None => Ok(Reading::Clear(minor(&before.concat(), last, currency)?)),
        // `1.000.000`: two decimal signs are none.
        Some(&first) if uniform && first == last_separator => {
            if grouped {
                Ok(Reading::Clear(minor(&parts.concat(), "", currency)?))
            } else {
                Err(no_amount(word))
            }
        }
        // `1'000.50` is clear; `1,000.50` and `1.000,50` each count on one country's habit.
        Some(&first) if uniform && is_grouped(before) => {
            let value = minor(&before.concat(), last, currency)?;
            if quote(first) {
                Ok(Reading::Clear(value))
            } else {
                Ok(Reading::Doubtful(vec![value]))
            }
        }
        Some(_) => Err(no_amount(word)),
    }
}

/// Whether thousands are separated as everybody does it: `1.000.000`, not `10.00` and not `0.100`.
fn is_grouped(parts: &[&str]) -> bool {
    let Some((first, others)) = parts.split_first() else { return false };
    first.len() <= 3 && !first.starts_with('0') && others.iter().all(|part| part.len() == 3)
}

/// The minor units of `whole` and `decimals`, which are digits.
fn minor(whole: &str, decimals: &str, currency: Currency) -> Result<i64, String> {
    let exponent = currency.exponent() as usize;
    if decimals.len() > exponent {
        let code = currency.code();
        return Err(match exponent {
            0 => format!("{code} has no decimals."),
            _ => format!("{code} has {exponent} decimals, not {}.", decimals.len()),
        });
    }
    // At most 12 digits and 4 zeros: always within an `i64`.
    let digits = format!("{whole}{decimals:0<exponent$}");
    match digits.parse() {
        Ok(0) | Err(_) => Err(format!("The amount must be more than {}.", Money::new(0, currency))),
        Ok(minor) => Ok(minor),
    }
}

fn no_amount(word: &str) -> String {
    let shown: String = word.chars().filter(|c| !c.is_control()).take(20).collect();
    let dots = if word.chars().count() > 20 { "…" } else { "" };
    format!("“{shown}{dots}” is not an amount.")
}

#[cfg(test)]
mod tests;
