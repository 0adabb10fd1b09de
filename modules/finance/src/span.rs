//! Which days a question means: `today`, `last week`, `in november`; days of the calendar on the host's wall.

use umbrasil_sdk::{Call, Date, Month};

use crate::entries;

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
    let (rest, word) = text.rsplit_once(' ').unwrap_or(("", text));
    let leading = rest.strip_suffix("in").or_else(|| rest.strip_suffix("im"));
    if let Some(rest) = leading.filter(|rest| rest.is_empty() || rest.ends_with(' '))
        && let Some(month) = entries::month_of(word, call)
    {
        let name = format!("{} {}", month.name(), month.year());
        return (months(vec![month], name), rest.trim().to_owned());
    }
    (Kind::Months(0).span("this month", call), text.to_owned())
}

impl Kind {
    fn span(self, name: &str, call: &Call) -> Span {
        let now = call.at().date().month_of_year();
        let seconds = i64::try_from(call.at().unix_ms / 1_000).unwrap_or(0);
        let today = (seconds + i64::from(call.at().offset_seconds)).div_euclid(86_400);
        let name = title(name);
        match self {
            Self::Days(from, to) => days(today - from, today - to, name),
            Self::Weeks(ago) => {
                // The first of January 1970 was a Thursday.
                let monday = today - (today + 3).rem_euclid(7) - 7 * ago;
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

/// With a capital at the beginning.
fn title(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
