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

/// What people say, and what it means. German has more endings than are worth telling apart.
const NAMES: [(&str, Kind); 29] = [
    ("today", Kind::Days(0, 0)),
    ("heute", Kind::Days(0, 0)),
    ("yesterday", Kind::Days(1, 1)),
    ("gestern", Kind::Days(1, 1)),
    ("this week", Kind::Weeks(0)),
    ("diese woche", Kind::Weeks(0)),
    ("last week", Kind::Weeks(1)),
    ("letzte woche", Kind::Weeks(1)),
    ("last seven days", Kind::Days(6, 0)),
    ("last 7 days", Kind::Days(6, 0)),
    ("last 30 days", Kind::Days(29, 0)),
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
    for (name, kind) in names {
        let before = text.strip_suffix(name).filter(|rest| rest.is_empty() || rest.ends_with(' '));
        let after = text.strip_prefix(name).filter(|rest| rest.starts_with(' '));
        if let Some(rest) = before.or(after) {
            return (kind.span(name, call), rest.trim().to_owned());
        }
    }
    if let Some((period, rest)) = period(text, call.at().date().month_of_year()) {
        return (months(period.months().collect(), period.title()), rest.trim().to_owned());
    }
    (Kind::Months(0).span("this month", call), text.to_owned())
}

/// Takes whole months from the end: `in november`, `in q3 2025`, `last 3 months`. Without `in` a word such as
/// `march` belongs to what is asked for.
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
        if (relative || leading.is_some())
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
        let name = capital(name);
        match self {
            Self::Days(from, to) => days(today - from, today - to, name),
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
    let mut months = vec![first.month_of_year()];
    if last.month_of_year() != first.month_of_year() {
        months.push(last.month_of_year());
    }
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

/// 0 is Monday; 1970 began on a Thursday.
pub(crate) fn weekday(date: Date) -> u8 {
    u8::try_from((date.to_days() + 3).rem_euclid(7)).unwrap_or(0)
}
