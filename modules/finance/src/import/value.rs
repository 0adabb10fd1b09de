//! Dates and amounts as files have them. What a single cell leaves open, the column decides: whether days
//! come before months, and which sign separates decimals. What even the column leaves open is not guessed.

use umbrasil_sdk::Date;

use crate::money::Currency;
use crate::period::Period;

/// Whether the day comes first in dates such as `03/04/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    DayFirst,
    MonthFirst,
    /// No date of the column tells.
    Unknown,
    /// Some dates say this, some that.
    Mixed,
}

/// Looks through a column of dates.
pub(crate) fn order<'a>(cells: impl Iterator<Item = &'a str>) -> Order {
    let mut order = Order::Unknown;
    for cell in cells {
        let Some(('/' | '-', [first, second, _])) = parts(cell) else { continue };
        let told = match (first > 12, second > 12) {
            // The year comes first, and nothing is open.
            (true, _) if first > 31 => continue,
            (true, false) => Order::DayFirst,
            (false, true) => Order::MonthFirst,
            _ => continue,
        };
        match order {
            Order::Unknown => order = told,
            known if known == told => {}
            _ => return Order::Mixed,
        }
    }
    order
}

/// Whether a date can be read with the day or the month first.
pub(crate) fn is_open(cell: &str) -> bool {
    match parts(cell) {
        Some(('/' | '-', [first, second, _])) => first <= 12 && second <= 12 && first != second,
        _ => false,
    }
}

/// A date and, where the cell has one, the minutes since midnight.
pub(crate) fn date(cell: &str, order: Order) -> Result<(Date, Option<u16>), String> {
    let cell = cell.trim();
    let no_date = || format!("“{}” is no date", short(cell));
    if let Some(found) = spelt(cell) {
        return Ok(found);
    }
    let (day, time) = cell.split_once(['T', ' ']).unwrap_or((cell, ""));
    let (separator, [first, second, third]) = parts(day).ok_or_else(no_date)?;
    let year = |year: u32| if year < 100 { 2000 + year } else { year };
    let (year, month, day) = match (separator, order) {
        _ if first > 999 => (first, second, third),
        ('.', _) | (_, Order::DayFirst) => (year(third), second, first),
        (_, Order::MonthFirst) => (year(third), first, second),
        // The same whichever comes first.
        _ if first == second => (year(third), second, first),
        _ => return Err(format!("“{}”: day or month first? Write 2026-04-03", short(cell))),
    };
    let date = i32::try_from(year).ok().zip(u8::try_from(month).ok()).zip(u8::try_from(day).ok());
    let date = date.and_then(|((year, month), day)| Date::new(year, month, day));
    let date = date.filter(|date| (1970..=2199).contains(&date.year)).ok_or_else(no_date)?;
    Ok((date, minutes(time)))
}

/// `20 Nov 2026`, `20-Nov-2026`, `20. November 2026`, `Nov 20, 2026`.
fn spelt(cell: &str) -> Option<(Date, Option<u16>)> {
    let mut parts = cell.split([' ', '-', ',']).filter(|part| !part.is_empty());
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (day, month) = Period::day_and_month(first, second)?;
    let year: i32 = year.parse().ok()?;
    let year = if year < 100 { 2000 + year } else { year };
    let date = Date::new(year, month.number(), day.trim_end_matches('.').parse().ok()?)?;
    (1970..=2199).contains(&year).then(|| (date, parts.next().and_then(minutes)))
}

/// The minutes since midnight of `14:05`, with or without seconds.
pub(crate) fn minutes(cell: &str) -> Option<u16> {
    let mut parts = cell.trim().split(':');
    let mut number = |below: u16| {
        let number = parts.next()?.get(..2)?.parse::<u16>().ok()?;
        (number < below).then_some(number)
    };
    Some(number(24)? * 60 + number(60)?)
}

/// Three numbers with the same sign between them.
fn parts(cell: &str) -> Option<(char, [u32; 3])> {
    let cell = cell.trim();
    let cell = cell.split_once(['T', ' ']).map_or(cell, |(day, _)| day);
    let separator = cell.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '.' | '/' | '-') {
        return None;
    }
    let mut numbers = cell.trim_end_matches('.').split(separator).map(|part| {
        let digits = (1..=4).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && !(part.len() == 4 && part.starts_with('0'));
        digits.then(|| part.parse().ok()).flatten()
    });
    let found = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some((separator, found))
}

/// The sign that separates decimals in a column, if one of its amounts tells.
pub(crate) fn decimal<'a>(cells: impl Iterator<Item = &'a str>) -> Option<char> {
    let mut cells = cells.filter_map(|cell| {
        let at = cell.rfind(['.', ','])?;
        let sign = cell.get(at..)?.chars().next()?;
        let decimals = cell.get(at + 1..)?.bytes().take_while(u8::is_ascii_digit).count();
        let other = if sign == '.' { ',' } else { '.' };
        // One or two digits are decimals; and so is what comes behind thousands.
        let before = cell.get(..at)?;
        (matches!(decimals, 1 | 2) || (before.contains(other) && !before.contains(sign)))
            .then_some(sign)
    });
    let first = cells.next()?;
    cells.all(|sign| sign == first).then_some(first)
}

/// The currency that a file names by its code or a sign, where amounts are in `known` unless it does.
pub(crate) fn named(word: &str, known: Currency) -> Option<Currency> {
    let word = word.trim();
    let code = Currency::active(word).or_else(|| Currency::new(word).filter(|code| *code == known));
    code.or_else(|| Currency::behind(word, known)?.ok())
}

/// An amount in minor units with its sign, and the currency that stands beside it, if one does.
pub(crate) fn amount(
    cell: &str,
    decimal: Option<char>,
    currency: Currency,
) -> Result<(i64, Currency), String> {
    let wrong = || format!("“{}” is no amount", short(cell.trim()));
    let mut currency = currency;
    let (mut negative, mut ended) = (false, false);
    let mut number = String::new();
    let mut letters = String::new();
    for c in cell.trim().chars() {
        match c {
            // A sign among digits is none.
            '0'..='9' | '.' | ',' if ended => return Err(wrong()),
            '0'..='9' | '.' | ',' => number.push(c),
            // `12.-` is as good as `12.00`.
            '-' | '\u{2013}' if !ended && number.ends_with(['.', ',']) => ended = true,
            '-' | '\u{2212}' | '\u{2013}' | '(' => {
                negative = true;
                ended = !number.is_empty();
            }
            '+' | ')' | '\'' | '\u{2019}' => {}
            c if c.is_whitespace() => {}
            c => letters.push(c),
        }
    }
    if !letters.is_empty() {
        currency = named(&letters, currency).ok_or_else(wrong)?;
    }
    let last = number.rfind(['.', ',']);
    let (whole, decimals) = match last {
        None => (number.as_str(), ""),
        Some(at) => {
            let (whole, rest) = number.split_at(at);
            let sign = if rest.starts_with('.') { '.' } else { ',' };
            let rest = rest.get(1..).unwrap_or_default();
            let thousands = rest.len() == 3;
            match decimal {
                Some(known) if known == sign => (whole, rest),
                Some(_) if thousands => (number.as_str(), ""),
                None if thousands && whole.contains(sign) => (number.as_str(), ""),
                None if thousands && currency.exponent() != 3 => {
                    return Err(format!("“{}” can be read in two ways", short(cell.trim())));
                }
                _ => (whole, rest),
            }
        }
    };
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let exponent = currency.exponent() as usize;
    // `12.5000` is as exact as `12.50`.
    let decimals = match decimals.split_at_checked(exponent) {
        Some((decimals, zeros)) if zeros.bytes().all(|byte| byte == b'0') => decimals,
        Some(_) => return Err(wrong()),
        None => decimals,
    };
    if whole.is_empty() && decimals.is_empty() || whole.len() > 12 {
        return Err(wrong());
    }
    let minor: i64 = format!("{whole}{decimals:0<exponent$}").parse().map_err(|_| wrong())?;
    Ok((if negative { -minor } else { minor }, currency))
}

/// The beginning of a cell, for a message.
fn short(cell: &str) -> String {
    let shown: String = cell.chars().filter(|c| !c.is_control()).take(16).collect();
    if cell.chars().count() > 16 { format!("{shown}…") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_many_countries() {
        for (cell, at, text, minutes) in [
            ("2026-11-22", Order::Unknown, "2026-11-22", None),
            ("2026/1/2", Order::Unknown, "2026-01-02", None),
            ("2026-11-22T10:05:00", Order::Unknown, "2026-11-22", Some(605)),
            ("22.11.2026 23:59", Order::Unknown, "2026-11-22", Some(1439)),
            ("1.2.26", Order::MonthFirst, "2026-02-01", None),
            ("03/04/2026", Order::DayFirst, "2026-04-03", None),
            ("03/04/2026", Order::MonthFirst, "2026-03-04", None),
            ("05/05/2026", Order::Unknown, "2026-05-05", None),
            ("29-02-2028", Order::DayFirst, "2028-02-29", None),
            ("20 Nov 2026", Order::Unknown, "2026-11-20", None),
            ("20-Nov-2026 10:05", Order::Unknown, "2026-11-20", Some(605)),
            ("3. März 2026", Order::Unknown, "2026-03-03", None),
            ("Nov 20, 2026", Order::Unknown, "2026-11-20", None),
        ] {
            let (date, time) = date(cell, at).unwrap_or_else(|reason| panic!("{cell}: {reason}"));
            assert_eq!((date.to_string().as_str(), time), (text, minutes), "{cell}");
        }
        assert!(date("03/04/2026", Order::Unknown).unwrap_err().contains("day or month first"));
        for bad in [
            "",
            "soon",
            "2026",
            "2026-13-01",
            "31.04.2026",
            "1.2",
            "1.2.3.4",
            "0001-01-01",
            "+1.2.2026",
        ] {
            assert!(date(bad, Order::Unknown).unwrap_err().ends_with("is no date"), "{bad}");
        }
        let order = |cells: &[&str]| order(cells.iter().copied());
        assert_eq!(order(&["01/02/2026", "13/02/2026"]), Order::DayFirst);
        assert_eq!(order(&["01/02/2026", "02/13/2026", "x"]), Order::MonthFirst);
        assert_eq!(order(&["13/02/2026", "02/13/2026"]), Order::Mixed);
        assert_eq!(order(&["2026-02-13", "13.02.2026"]), Order::Unknown);
    }

    #[test]
    fn amounts_of_many_countries() {
        let currency = |code| Currency::new(code).unwrap();
        for (cell, decimal, minor, code) in [
            ("12.50", None, 1250, "EUR"),
            ("12,5", None, 1250, "EUR"),
            ("-1.234,56", Some(','), -123_456, "EUR"),
            ("1,234.56", Some('.'), 123_456, "EUR"),
            ("1'234.50", None, 123_450, "EUR"),
            ("1 234,50", None, 123_450, "EUR"),
            ("\u{2212}7", None, -700, "EUR"),
            ("7.00-", None, -700, "EUR"),
            ("(7.00)", None, -700, "EUR"),
            ("+7.00", None, 700, "EUR"),
            ("1.234", Some(','), 123_400, "EUR"),
            ("1.234.567", None, 123_456_700, "EUR"),
            ("12.5000", Some('.'), 1250, "EUR"),
            ("CHF 7.10", None, 710, "CHF"),
            ("€7.10", None, 710, "EUR"),
            ("1.234 KWD", None, 1234, "KWD"),
            ("1200 JPY", None, 1200, "JPY"),
            ("-$12.50", None, -1250, "USD"),
            ("$-12.50", None, -1250, "USD"),
            ("12.50 €", None, 1250, "EUR"),
            ("12.-", None, 1200, "EUR"),
            ("CHF -12.50", None, -1250, "CHF"),
            (".50", None, 50, "EUR"),
            ("0.00", None, 0, "EUR"),
        ] {
            let read =
                amount(cell, decimal, currency("EUR")).unwrap_or_else(|reason| panic!("{reason}"));
            assert_eq!(read, (minor, currency(code)), "{cell}");
        }
        assert!(amount("1.234", None, currency("EUR")).unwrap_err().contains("two ways"));
        for bad in [
            "",
            "-",
            "abc",
            "12.345",
            "1234567890123",
            "12 potatoes",
            ".",
            "12.505",
            "12-50",
            "10–20",
            "5 XYZ",
        ] {
            let decimal = Some('.');
            assert!(
                amount(bad, decimal, currency("EUR")).unwrap_err().ends_with("is no amount"),
                "{bad}"
            );
        }
        let decimal = |cells: &[&str]| decimal(cells.iter().copied());
        assert_eq!(decimal(&["1.234", "12,50"]), Some(','));
        assert_eq!(decimal(&["1,234.567"]), Some('.'));
        assert_eq!(decimal(&["1.234", "5"]), None);
        assert_eq!(decimal(&["1.5", "1,5"]), None);
    }
}
