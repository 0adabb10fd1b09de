//! What the text of a receipt says: how much, where, when. Rules, no cleverness: a line that names the total
//! is believed before any other, and what is paid, returned or taxed is never taken for it.

use umbrasil_sdk::Date;

use crate::import::value::{self, Order};
use crate::money::Currency;

/// What was found on a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Receipt {
    /// In minor units of the currency, more than 0.
    pub(super) minor: i64,
    pub(super) currency: Currency,
    /// Empty if no line looks like a name.
    pub(super) vendor: String,
    pub(super) date: Option<Date>,
}

/// Most that a receipt is believed to say, in whole units: more digits are a number of something else.
const MOST: i64 = 100_000;

/// Days that a receipt may be old to be believed.
const OLD: i64 = 400;

/// What names the sum that is to be paid, the surest first.
const TOTALS: [&[&str]; 3] = [
    &[
        "grand total",
        "zu zahlen",
        "zu bezahlen",
        "zahlbetrag",
        "amount due",
        "balance due",
        "total due",
        "a payer",
        "à payer",
        "endbetrag",
        "endsumme",
        "gesamtbetrag",
        "rechnungsbetrag",
        "total a pagar",
    ],
    &["total", "summe", "gesamt", "gesamtsumme", "totale", "totalbetrag", "somme"],
    &["betrag", "montant", "amount", "importo", "importe", "bezahlt"],
];

/// What names another sum. Words of a line of one of these are not the total, whatever else it says.
const OTHERS: [&str; 58] = [
    "subtotal",
    "sub total",
    "sub-total",
    "zwischensumme",
    "zwischentotal",
    "sous-total",
    "sous total",
    "subtotale",
    "mwst",
    "mw st",
    "mwst.",
    "ust",
    "vat",
    "tax",
    "taxes",
    "tva",
    "iva",
    "steuer",
    "netto",
    "brutto",
    "excl",
    "exkl",
    "change",
    "rückgeld",
    "ruckgeld",
    "rueckgeld",
    "zurück",
    "zuruck",
    "wechselgeld",
    "rendu",
    "resto",
    "cash",
    "bar",
    "gegeben",
    "given",
    "tendered",
    "bargeld",
    "espèces",
    "contanti",
    "erhalten",
    "received",
    "rabatt",
    "discount",
    "remise",
    "sconto",
    "savings",
    "saved",
    "you save",
    "ersparnis",
    "gespart",
    "points",
    "punkte",
    "pfand",
    "cumulus",
    "superpunkte",
    "tip",
    "gratuity",
    "rounding",
];

/// Lines that say who to call and what was issued, not who sold it.
const NO_NAMES: [&str; 24] = [
    "receipt",
    "quittung",
    "rechnung",
    "kassenbon",
    "kassenzettel",
    "beleg",
    "bon",
    "ticket",
    "tel",
    "phone",
    "fax",
    "www",
    "http",
    "welcome",
    "willkommen",
    "bienvenue",
    "danke",
    "thank",
    "merci",
    "invoice",
    "datum",
    "date",
    "kasse",
    "uid",
];

/// Reads a receipt; none if nothing on it looks like an amount. `today` tells which dates can be.
pub(super) fn read(text: &str, default: Currency, today: Date) -> Option<Receipt> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    // A line that names none is in the first one that the receipt names.
    let usual = lines.iter().find_map(|line| currency_of(line, default)).unwrap_or(default);
    let of = |line: &str| currency_of(line, default).unwrap_or(usual);
    let (minor, line) = total(&lines, of).or_else(|| largest(&lines, of))?;
    let currency = of(line);
    Some(Receipt { minor, currency, vendor: vendor(&lines), date: date(&lines, currency, today) })
}

/// The amount of the line that names the total, and that line.
fn total<'a>(lines: &[&'a str], of: impl Fn(&str) -> Currency) -> Option<(i64, &'a str)> {
    for names in TOTALS {
        for (at, line) in lines.iter().enumerate() {
            let words = words(line);
            if !names.iter().any(|name| says(&words, name)) || is_other(&words) {
                continue;
            }
            if let Some(&minor) = amounts(line, of(line)).last() {
                return Some((minor, line));
            }
            // The amount may stand alone below its name.
            let below = lines
                .get(at + 1)
                .filter(|below| below.chars().filter(|c| c.is_alphabetic()).count() <= 4);
            if let Some((below, &minor)) = below
                .zip(below.and_then(|below| amounts(below, of(below)).last().copied()).as_ref())
            {
                return Some((minor, below));
            }
        }
    }
    None
}

/// The largest amount that isn't named as something else.
fn largest<'a>(lines: &[&'a str], of: impl Fn(&str) -> Currency) -> Option<(i64, &'a str)> {
    let plain =
        lines.iter().filter(|line| !is_other(&words(line)) && !is_number_of_something(line));
    let found =
        plain.flat_map(|line| amounts(line, of(line)).into_iter().map(move |minor| (minor, *line)));
    found.max_by_key(|(minor, _)| *minor)
}

fn is_other(words: &str) -> bool {
    OTHERS.iter().any(|other| says(words, other))
}

/// Phone numbers, accounts and dates have digits, too.
fn is_number_of_something(line: &str) -> bool {
    let words = words(line);
    ["tel", "phone", "fax", "iban", "uid", "nr", "no", "date", "datum", "uhr"]
        .iter()
        .any(|word| says(&words, word))
        || line.contains('%')
}

/// A line as words in small letters, with a blank around each; what OCR takes for letters in them is put right.
fn words(line: &str) -> String {
    let mut text = String::from(" ");
    for word in
        line.to_lowercase().split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '|' | '!')))
    {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let word: String = if letters * 2 > word.chars().count() {
            word.replace('0', "o").replace(['1', '|', '!'], "l").replace("rn", "m")
        } else {
            word.to_owned()
        };
        let word = word.trim_matches('-');
        if !word.is_empty() {
            text.extend([word, " "]);
        }
    }
    text
}

/// Whether a line has these words. One letter of a long word may have been misread.
fn says(words: &str, name: &str) -> bool {
    if name.contains(' ') || name.len() < 5 {
        return words.contains(&format!(" {} ", name.replace("rn", "m")));
    }
    let name = name.replace("rn", "m");
    words.split(' ').any(|word| word == name || is_near(word, &name))
}

/// Whether two words of the same length differ in one letter at most.
fn is_near(left: &str, right: &str) -> bool {
    left.chars().count() == right.chars().count()
        && left.chars().zip(right.chars()).filter(|(left, right)| left != right).count() <= 1
}

/// The amounts of a line in minor units, from left to right.
fn amounts(line: &str, currency: Currency) -> Vec<i64> {
    let mut found = Vec::new();
    let mut rest = repaired(line);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest
            .char_indices()
            .find(|(index, c)| {
                *index > at && !(c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’'))
            })
            .map_or(rest.len(), |(index, _)| index);
        let token = rest.get(at..end).unwrap_or_default().to_owned();
        let before = rest.get(..at).unwrap_or_default().chars().next_back();
        let after = rest.get(end..).unwrap_or_default().to_owned();
        // `25.-` is as good as `25.00`; a part of a code, a time, a percentage or a date is no amount.
        let dash = token.ends_with(['.', ',']) && after.starts_with(['-', '–', '—']);
        let joined = |c: char| c.is_alphanumeric() || matches!(c, ':' | '/' | '#');
        let part = before.is_some_and(joined)
            || after.starts_with(|c: char| matches!(c, ':' | '/' | '%') || c.is_ascii_digit());
        let percent = after.trim_start().starts_with('%');
        if !part
            && !percent
            && let Some(minor) = minor(&token, dash, currency)
        {
            found.push(minor);
        }
        rest = after;
    }
    found
}

/// Minor units of a token with exactly the decimals that its currency has.
fn minor(token: &str, dash: bool, currency: Currency) -> Option<i64> {
    let exponent = currency.exponent() as usize;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (whole, decimals) = if dash {
        (digits(token), "0".repeat(exponent))
    } else if exponent == 0 {
        // Thousands may be grouped, but nothing else stands between the digits.
        let groups: Vec<&str> = token.split(['.', ',', '\'', '’']).collect();
        let grouped = groups.iter().skip(1).all(|group| group.len() == 3);
        (grouped && token.len() <= 9).then(|| (digits(token), String::new()))?
    } else {
        let at = token.rfind(['.', ','])?;
        let (whole, decimals) = (token.get(..at)?, token.get(at + 1..)?);
        let grouped = whole.split(['.', ',', '\'', '’']).skip(1).all(|group| group.len() == 3);
        (decimals.len() == exponent && grouped && !whole.is_empty())
            .then(|| (digits(whole), decimals.to_owned()))?
    };
    let minor: i64 = format!("{whole}{decimals}").parse().ok()?;
    let unit = 10_i64.pow(currency.exponent());
    (minor > 0 && minor <= MOST * unit).then_some(minor)
}

/// A line whose numbers are put right: OCR reads `O` and `l` among digits, and tears `23 .40` apart.
fn repaired(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let digit =
        |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let sign =
        |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| matches!(c, '.' | ','));
    let mut text = String::with_capacity(line.len());
    for (at, &c) in chars.iter().enumerate() {
        let (before, after) = (at.checked_sub(1), Some(at + 1));
        let numeric = |at: Option<usize>| digit(at) || sign(at);
        match c {
            'O' | 'o'
                if numeric(before)
                    && (numeric(after) || sign(at.checked_sub(2)) || sign(before)) =>
            {
                text.push('0');
            }
            'l' | 'I' | '|' if numeric(before) && numeric(after) => text.push('1'),
            ' ' if sign(after)
                && digit(before)
                && digit(Some(at + 2))
                && digit(Some(at + 3))
                && !digit(Some(at + 4)) => {}
            ' ' if sign(before)
                && digit(at.checked_sub(2))
                && digit(after)
                && digit(Some(at + 2))
                && !digit(Some(at + 3))
                && !sign(Some(at + 3)) => {}
            // `1 234,50`: thousands with a blank.
            ' ' if digit(before)
                && digit(after)
                && digit(Some(at + 2))
                && digit(Some(at + 3))
                && sign(Some(at + 4))
                && !digit(at.checked_sub(4)) => {}
            c => text.push(c),
        }
    }
    text
}

/// The currency that a line names.
fn currency_of(line: &str, default: Currency) -> Option<Currency> {
    for word in line.split(|c: char| !c.is_alphabetic()) {
        let word = word.to_ascii_uppercase();
        if Currency::is_well_known(&word) && word != "ALL" {
            return Currency::new(&word);
        }
        if word == "SFR" || word == "FR" {
            return Currency::new("CHF");
        }
    }
    let symbol = Currency::symbols().find(|symbol| line.contains(symbol))?;
    if default.has_symbol(symbol) {
        return Some(default);
    }
    ["EUR", "USD", "GBP", "JPY", "CHF"]
        .into_iter()
        .filter_map(Currency::new)
        .find(|currency| currency.has_symbol(symbol))
}

/// The first line that looks like a name.
fn vendor(lines: &[&str]) -> String {
    let looks = |line: &&&str| {
        let letters = line.chars().filter(|c| c.is_alphabetic()).count();
        let all = line.chars().filter(|c| !c.is_whitespace()).count();
        let longest =
            line.split(|c: char| !c.is_alphabetic()).map(|word| word.chars().count()).max();
        let words = words(line);
        letters * 10 >= all * 6
            && longest.unwrap_or(0) >= 3
            && !NO_NAMES.iter().any(|word| says(&words, word))
            && !TOTALS.iter().flat_map(|names| names.iter()).any(|name| says(&words, name))
    };
    let Some(line) = lines.iter().take(8).find(looks) else { return String::new() };
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let word = word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '&'));
        // What follows a name is its branch: a number.
        if word.is_empty() || (!words.is_empty() && word.chars().any(|c| c.is_ascii_digit())) {
            continue;
        }
        words.push(capitalised(word));
    }
    words.join(" ").chars().take(40).collect()
}

/// `COOP` and a misread `cooP` read as `Coop`; `Müller` stays, and so does what is as short as `SBB`.
fn capitalised(word: &str) -> String {
    let small = word.chars().any(char::is_lowercase);
    let misread = word.starts_with(char::is_lowercase) && word.chars().any(char::is_uppercase);
    if word.chars().count() <= 3 || (small && !misread) {
        return word.to_owned();
    }
    let mut chars = word.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars.flat_map(char::to_lowercase)).collect()
}

/// The first date that can be that of the receipt.
fn date(lines: &[&str], currency: Currency, today: Date) -> Option<Date> {
    let order = if currency.code() == "USD" { Order::MonthFirst } else { Order::DayFirst };
    let tokens = lines.iter().flat_map(|line| line.split_whitespace());
    tokens
        .filter_map(|token| {
            let token = token.trim_matches(|c: char| !c.is_ascii_digit());
            value::date(token, order).ok().map(|(date, _)| date)
        })
        .find(|date| (0..=OLD).contains(&(today.to_days() - date.to_days())))
}

#[cfg(test)]
mod tests;
