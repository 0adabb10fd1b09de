//! Which days a question means: `today`, `last week`, `in november`; days of the calendar on the host's wall.

use umbrasil_sdk::{Call, Date, Month};

use crate::period::Period;
use crate::wording::capital;

/// Some days in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: Date,
    pub(crate) last: Date,
    /// The months that the days lie in.
    pub(crate) months: Vec<Month>,
    /// Whether it is all days of these months, as far as they have passed.
    pub(crate) whole: bool,
    /// Such as `Last week`.
    pub(crate) name: String,
}

/// Most words of a name such as `last 3 months`, and most months of it.
const WORDS: usize = 3;
const MONTHS: usize = 12;

/// Most days of a name such as `last 10 days`.
const DAYS: i64 = 366;

/// What leads to a number of days.
const LAST: [&str; 9] = [
    "last",
    "past",
    "previous",
    "letzte",
    "letzten",
    "letzter",
    "letztes",
    "vergangene",
    "vergangenen",
];

/// Words that tell a time, whatever it is.
const TIMES: [&str; 21] = [
    "since",
    "seit",
    "ago",
    "until",
    "till",
    "bis",
    "between",
    "zwischen",
    "today",
    "heute",
    "yesterday",
    "gestern",
    "weekend",
    "wochenende",
    "year",
    "years",
    "jahr",
    "jahre",
    "jahren",
    "quarter",
    "quartal",
];

/// What people say, and what it means. German has more endings than are worth telling apart.
const NAMES: [(&str, Kind); 37] = [
    ("today", Kind::Days(0, 0)),
    ("heute", Kind::Days(0, 0)),
    ("yesterday", Kind::Days(1, 1)),
    ("gestern", Kind::Days(1, 1)),
    ("this week", Kind::Weeks(0)),
    ("diese woche", Kind::Weeks(0)),
    ("last week", Kind::Weeks(1)),
    ("letzte woche", Kind::Weeks(1)),
    ("last seven days", Kind::Days(6, 0)),
    ("this weekend", Kind::Weekend(0)),
    ("the weekend", Kind::Weekend(0)),
    ("weekend", Kind::Weekend(0)),
    ("last weekend", Kind::Weekend(1)),
    ("dieses wochenende", Kind::Weekend(0)),
    ("am wochenende", Kind::Weekend(0)),
    ("letztes wochenende", Kind::Weekend(1)),
    ("day before yesterday", Kind::Days(2, 2)),
    ("vorgestern", Kind::Days(2, 2)),
    ("past week", Kind::Days(6, 0)),
    ("this month", Kind::Months(0)),
    ("diesen monat", Kind::Months(0)),
    ("dieser monat", Kind::Months(0)),
    ("in diesem monat", Kind::Months(0)),
    ("last month", Kind::Months(1)),
    ("letzten monat", Kind::Months(1)),
    ("letzter monat", Kind::Months(1)),
    ("im letzten monat", Kind::Months(1)),
    ("this year", Kind::Years(0)),
    ("dieses jahr", Kind::Years(0)),
    ("last year", Kind::Years(1)),
    ("letztes jahr", Kind::Years(1)),
    ("so far this month", Kind::Months(0)),
    ("so far this week", Kind::Weeks(0)),
    ("so far this year", Kind::Years(0)),
    ("so far today", Kind::Days(0, 0)),
    ("so far", Kind::Months(0)),
    ("bisher", Kind::Months(0)),
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// From so many days ago to so many.
    Days(i64, i64),
    /// The latest weekend that has begun, or one that has passed.
    Weekend(i64),
    /// So many weeks, months or years ago.
    Weeks(i64),
    Months(u32),
    Years(i32),
}

/// Takes a span from the end or the beginning of `text`, in small letters; this month if there is none.
/// Gives the rest of the text as well.
pub(crate) fn take(text: &str, call: &Call) -> (Span, String) {
    let text = text.trim();
    // The longest name first, so that `this month` doesn't leave a `so far` behind.
    let mut names: Vec<&(&str, Kind)> = NAMES.iter().collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    if let Some(found) = counted(text, call).or_else(|| day_of_week(text, call)) {
        return found;
    }
    for (name, kind) in names {
        let before = text.strip_suffix(name).filter(|rest| rest.is_empty() || rest.ends_with(' '));
        let after = text.strip_prefix(name).filter(|rest| rest.starts_with(' '));
        if let Some(rest) = before.or(after) {
            return (kind.span(name, call), rest.trim().to_owned());
        }
    }
    let now = call.at().date().month_of_year();
    if let Some((period, rest)) = since(text, now).or_else(|| period(text, now)) {
        return (months(period.months().collect(), period.title()), rest.trim().to_owned());
    }
    (Kind::Months(0).span("this month", call), text.to_owned())
}

/// Takes `last 10 days` or `letzte 2 wochen` from the end, or from the beginning.
fn counted(text: &str, call: &Call) -> Option<(Span, String)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = words.windows(3).position(|three| {
        let [last, count, unit] = three else { return false };
        LAST.contains(last)
            && count.parse::<i64>().is_ok_and(|count| count > 0)
            && unit_of(unit).is_some()
    })?;
    let rest: Vec<&str> = words.iter().take(at).chain(words.iter().skip(at + 3)).copied().collect();
    if at > 0 && at + 3 < words.len() {
        return None;
    }
    let (count, unit) = (words.get(at + 1)?.parse::<i64>().ok()?, unit_of(words.get(at + 2)?)?);
    let name = words.get(at..at + 3)?.join(" ");
    let span = if unit == 0 {
        let count = usize::try_from(count).ok().filter(|&count| count <= MONTHS)?;
        let period = Period::ending(call.at().date().month_of_year(), count);
        months(period.months().collect(), period.title())
    } else {
        Kind::Days(count.checked_mul(unit).filter(|&days| days <= DAYS)? - 1, 0).span(&name, call)
    };
    Some((span, rest.join(" ")))
}

/// How many days a unit has; 0 is a month.
fn unit_of(word: &str) -> Option<i64> {
    Some(match word {
        "day" | "days" | "tag" | "tage" | "tagen" => 1,
        "week" | "weeks" | "woche" | "wochen" => 7,
        "month" | "months" | "monat" | "monate" | "monaten" => 0,
        _ => return None,
    })
}

/// Takes `since monday`, `on monday` or `last monday`, in German as well, from the end.
fn day_of_week(text: &str, call: &Call) -> Option<(Span, String)> {
    let (before, day) = text.rsplit_once(' ')?;
    let wanted = weekday_of(day)?;
    let (rest, lead) = before.rsplit_once(' ').unwrap_or(("", before));
    let today = call.at().date();
    let ago = (i64::from(weekday(today)) - i64::from(wanted)).rem_euclid(7);
    let (from, to) = match lead {
        "since" | "seit" => (ago, 0),
        "last" | "letzten" if ago == 0 => (7, 7),
        "on" | "am" | "this" | "diesen" | "last" | "letzten" => (ago, ago),
        _ => return None,
    };
    let span = Kind::Days(from, to).span(&format!("{lead} {day}"), call);
    Some((span, rest.to_owned()))
}

/// The day of the week that a word in small letters names; 0 is Monday.
pub(crate) fn weekday_of(word: &str) -> Option<u8> {
    const NAMES: [[&str; 3]; 7] = [
        ["monday", "montag", "mon"],
        ["tuesday", "dienstag", "tue"],
        ["wednesday", "mittwoch", "wed"],
        ["thursday", "donnerstag", "thu"],
        ["friday", "freitag", "fri"],
        ["saturday", "samstag", "sat"],
        ["sunday", "sonntag", "sun"],
    ];
    let at = NAMES.iter().position(|names| names.contains(&word))?;
    u8::try_from(at).ok()
}

/// Takes `since october` from the end.
fn since(text: &str, now: Month) -> Option<(Period, &str)> {
    let (rest, name) = ["since ", "seit "].iter().find_map(|lead| text.rsplit_once(lead))?;
    let period = Period { first: Period::named(name, now)?.first, last: now };
    (rest.is_empty() || rest.ends_with(' ')).then_some(())?;
    (1..=MONTHS).contains(&period.len()).then_some((period, rest))
}

/// Whether a text has a word that tells a time, which nothing here could read.
pub(crate) fn tells_time(text: &str, now: Month) -> bool {
    let is_time = |word: &str| {
        TIMES.contains(&word)
            || LAST.contains(&word)
            || word.contains("..")
            || unit_of(word).is_some()
            || weekday_of(word).is_some()
            || Period::named(word, now).is_some()
    };
    text.split_whitespace().any(is_time)
}

/// Takes whole months from the end: `in november`, `in q3 2025`, `last 3 months`, `food 2026`. Behind `on` a
/// word such as `march` belongs to what is asked for.
fn period(text: &str, now: Month) -> Option<(Period, &str)> {
    let mut named = text.len();
    let mut found = None;
    for _ in 0..WORDS {
        let before = text.get(..named)?.trim_end();
        named = before.rfind(' ').map_or(0, |blank| blank + 1);
        let (rest, name) = text.split_at(named);
        let leads = |word: &&str| rest.trim_end().rsplit(' ').next() == Some(word);
        let leading = ["in", "im"].iter().find(|word| leads(word));
        let relative = name.starts_with("last ") || name.starts_with("this ");
        let is_asked_for = ["on", "for", "at", "für", "fuer", "bei", "beim"].iter().any(leads);
        let plain = !is_asked_for && Period::named(name, now).is_some();
        if (relative || leading.is_some() || plain)
            && let Some(period) = Period::read(name, now).ok().filter(|one| one.len() <= MONTHS)
        {
            // The longest name that there is.
            let rest = rest.trim_end();
            found =
                Some((period, leading.and_then(|word| rest.strip_suffix(word)).unwrap_or(rest)));
        }
        if named == 0 {
            break;
        }
    }
    found
}

impl Kind {
    fn span(self, name: &str, call: &Call) -> Span {
        let (now, today) = (call.at().date().month_of_year(), call.at().date().to_days());
        let name = written(name);
        match self {
            Self::Days(from, to) => days(today - from, today - to, name),
            Self::Weekend(ago) => {
                let weekday = i64::from(weekday(call.at().date()));
                let begun = if weekday >= 5 { ago } else { ago.max(1) };
                let saturday = today - weekday + 5 - 7 * begun;
                days(saturday, saturday + 1, name)
            }
            Self::Weeks(ago) => {
                let monday = today - i64::from(weekday(call.at().date())) - 7 * ago;
                days(monday, monday + 6, name)
            }
            Self::Months(ago) => {
                let month = (0..ago).fold(now, |month, _| month.previous());
                months(vec![month], name)
            }
            Self::Years(ago) => {
                let year = now.year() - ago;
                let all = (1..=12).filter_map(|number| Month::new(year, number)).collect();
                months(all, name)
            }
        }
    }
}

fn days(first: i64, last: i64, name: String) -> Span {
    let (first, last) = (Date::from_days(first), Date::from_days(last));
    let period = Period { first: first.month_of_year(), last: last.month_of_year() };
    let months = period.months().collect();
    Span { first, last, months, whole: false, name }
}

fn months(months: Vec<Month>, name: String) -> Span {
    let day = |month: Option<&Month>, day| {
        month.map_or(Date::from_days(0), |month| Date {
            year: month.year(),
            month: month.number(),
            day,
        })
    };
    let (first, last) = (day(months.first(), 1), day(months.last(), 31));
    Span { first, last, months, whole: true, name }
}

/// A name as it is written: with a capital letter, and German nouns with theirs.
fn written(name: &str) -> String {
    const NOUNS: [&str; 8] =
        ["woche", "wochen", "monat", "jahr", "tag", "tage", "tagen", "wochenende"];
    let noun = |word: &str| {
        let is_noun = NOUNS.contains(&word) || weekday_of(word).is_some();
        if is_noun { capital(word) } else { word.to_owned() }
    };
    capital(&name.split(' ').map(noun).collect::<Vec<_>>().join(" "))
}

/// 0 is Monday; 1970 began on a Thursday.
pub(crate) fn weekday(date: Date) -> u8 {
    u8::try_from((date.to_days() + 3).rem_euclid(7)).unwrap_or(0)
}
