//! Which months a user means: `november`, `2026`, `q3`, `last 3 months`, `2026-01..2026-06`.
//!
//! A period is whole months, because that is what sums are kept for: a report of a year reads twelve records.

use umbrasil_sdk::Month;

/// Most months of a period: what one answer can show, and read in one call.
pub(crate) const MOST: usize = 60;

/// Some months in a row, the last one included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) first: Month,
    pub(crate) last: Month,
}

impl Period {
    pub(crate) fn month(month: Month) -> Self {
        Self { first: month, last: month }
    }

    /// The `count` months up to `last`; fewer where the calendar begins.
    pub(crate) fn ending(last: Month, count: usize) -> Self {
        let mut first = last;
        for _ in 1..count {
            let earlier = first.previous();
            if Month::new(earlier.year(), 1).is_none() {
                break;
            }
            first = earlier;
        }
        Self { first, last }
    }

    /// What a user means, seen from the month `now`; or the reason why it is nothing. Empty is `now`.
    pub(crate) fn read(text: &str, now: Month) -> Result<Self, String> {
        let text = text.trim().to_lowercase();
        let found = Self::relative(&text, now).or_else(|| Self::absolute(&text, now));
        let period = found.ok_or_else(|| {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(30).collect();
            format!("“{shown}” is no month.")
        })?;
        if period.first > period.last {
            return Err("The period ends before it begins.".into());
        }
        if period.len() > MOST {
            return Err(format!("A period has at most {MOST} months."));
        }
        Ok(period)
    }

    /// The day, as it is written, and the month of `24 dec` or `dec 24th`.
    pub(crate) fn day_and_month<'a>(first: &'a str, second: &'a str) -> Option<(&'a str, Month)> {
        let is_day = first.starts_with(|c: char| c.is_ascii_digit());
        let (day, name) = if is_day { (first, second) } else { (second, first) };
        name.starts_with(char::is_alphabetic).then_some(())?;
        Some((day, Self::named_month(name, Month::new(2000, 12)?)?))
    }

    /// The one month that a word names, such as `2026-11` or `november`.
    pub(crate) fn named_month(word: &str, now: Month) -> Option<Month> {
        let period = Self::absolute(&word.to_lowercase(), now)?;
        period.is_month().then_some(period.first)
    }

    /// What a text names by itself in a calendar that somebody may have kept: `november`, `q3 2025`, `2026`.
    pub(crate) fn named(text: &str, now: Month) -> Option<Self> {
        let period = Self::absolute(&text.to_lowercase(), now)?;
        let kept = |month: Month| (1970..=2199).contains(&month.year());
        (kept(period.first) && kept(period.last) && period.first <= period.last).then_some(period)
    }

    fn relative(text: &str, now: Month) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        Some(match words[..] {
            [] | ["this" | "month"] | ["this", "month"] => Self::month(now),
            ["last"] | ["last", "month"] => Self::month(now.previous()),
            ["year"] | ["this", "year"] => Self::year(now.year())?,
            ["last", "year"] => Self::year(now.year().checked_sub(1)?)?,
            ["quarter"] | ["this", "quarter"] => Self::quarter(now),
            ["last", "quarter"] => Self::quarter(Self::quarter(now).first.previous()),
            ["last", count, "month" | "months"] => {
                let count: usize = count.parse().ok().filter(|&count| count > 0)?;
                Self::ending(now, count.min(MOST + 1))
            }
            _ => return None,
        })
    }

    fn absolute(text: &str, now: Month) -> Option<Self> {
        if let Some((first, last)) = text.split_once("..") {
            let (first, last) =
                (Self::absolute(first.trim(), now)?, Self::absolute(last.trim(), now)?);
            return Some(Self { first: first.first, last: last.last });
        }
        if let Ok(month) = text.parse() {
            return Some(Self::month(month));
        }
        if let Some(year) = read_year(text) {
            return Self::year(year);
        }
        // A name with or without a year, before or after it.
        let (name, year) = match text.split_once([' ', '-']) {
            None => (text, None),
            Some((left, right)) => match (read_year(left), read_year(right.trim())) {
                (Some(year), None) => (right.trim(), Some(year)),
                (None, Some(year)) => (left, Some(year)),
                _ => return None,
            },
        };
        let quarter = name.strip_prefix('q').and_then(|number| number.parse::<u8>().ok());
        let number = match quarter {
            Some(number @ 1..=4) => number * 3 - 2,
            Some(_) => return None,
            None => Month::number_of(name).or_else(|| german(name))?,
        };
        // Without a year it is the latest that has begun.
        let latest = if number <= now.number() { now.year() } else { now.year() - 1 };
        let month = Month::new(year.unwrap_or(latest), number)?;
        Some(if quarter.is_some() { Self::quarter(month) } else { Self::month(month) })
    }

    fn year(year: i32) -> Option<Self> {
        Some(Self { first: Month::new(year, 1)?, last: Month::new(year, 12)? })
    }

    /// The quarter that a month lies in.
    fn quarter(month: Month) -> Self {
        let first = (month.number().saturating_sub(1)) / 3 * 3 + 1;
        let first = Month::new(month.year(), first).unwrap_or(month);
        Self { first, last: first.next().next() }
    }

    pub(crate) fn is_month(self) -> bool {
        self.first == self.last
    }

    pub(crate) fn contains(self, month: Month) -> bool {
        (self.first..=self.last).contains(&month)
    }

    /// How many months there are.
    pub(crate) fn len(self) -> usize {
        let index = |month: Month| i64::from(month.year()) * 12 + i64::from(month.number());
        usize::try_from(index(self.last) - index(self.first) + 1).unwrap_or(0)
    }

    /// All months, oldest first.
    pub(crate) fn months(self) -> impl Iterator<Item = Month> {
        std::iter::successors(Some(self.first), |month| Some(month.next())).take(self.len())
    }

    /// The same number of months before these, if the calendar has them.
    pub(crate) fn previous(self) -> Option<Self> {
        let last = self.first.previous();
        Month::new(last.year(), 1)?;
        let earlier = Self::ending(last, self.len());
        (earlier.len() == self.len()).then_some(earlier)
    }

    /// The same number of months after these.
    pub(crate) fn next(self) -> Self {
        let first = self.last.next();
        let last = std::iter::successors(Some(first), |month| Some(month.next()));
        Self { first, last: last.take(self.len()).last().unwrap_or(first) }
    }

    /// Such as `November 2026`, `2026`, `Q3 2026` or `Jan – Jun 2026`.
    pub(crate) fn title(self) -> String {
        if self.is_month() {
            return format!("{} {}", self.first.name(), self.first.year());
        }
        self.short()
    }

    /// The title with short names of months, for buttons.
    pub(crate) fn short(self) -> String {
        let (first, last) = (self.first, self.last);
        if self.is_month() {
            format!("{} {}", short_name(first), first.year())
        } else if Self::year(first.year()) == Some(self) {
            first.year().to_string()
        } else if Self::quarter(first) == self {
            format!("Q{} {}", last.number() / 3, last.year())
        } else if first.year() == last.year() {
            format!("{} – {} {}", short_name(first), short_name(last), last.year())
        } else {
            let name = |month| format!("{} {}", short_name(month), month.year());
            format!("{} – {}", name(first), name(last))
        }
    }

    /// As it reads back, for buttons and names of files: `2026-11`, `2026`, `2026-01..2026-06`.
    pub(crate) fn code(self) -> String {
        if self.is_month() {
            self.first.to_string()
        } else if Self::year(self.first.year()) == Some(self) {
            format!("{:04}", self.first.year())
        } else {
            format!("{}..{}", self.first, self.last)
        }
    }
}

/// The number of a month by its German name in small letters, where the English one is another.
fn german(name: &str) -> Option<u8> {
    Some(match name.trim_end_matches('.') {
        "januar" | "jänner" => 1,
        "februar" => 2,
        "märz" | "maerz" | "mär" => 3,
        "mai" => 5,
        "juni" => 6,
        "juli" => 7,
        "oktober" | "okt" => 10,
        "dezember" | "dez" => 12,
        _ => return None,
    })
}

/// The first three letters of its name.
pub(crate) fn short_name(month: Month) -> &'static str {
    month.name().get(..3).unwrap_or("?")
}

fn read_year(text: &str) -> Option<i32> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        let now = Month::new(2026, 11).unwrap();
        for (text, code, title) in [
            ("", "2026-11", "November 2026"),
            ("2026-3", "2026-03", "March 2026"),
            ("MAR", "2026-03", "March 2026"),
            ("december", "2025-12", "December 2025"),
            ("nov 2024", "2024-11", "November 2024"),
            ("2024 november", "2024-11", "November 2024"),
            ("last month", "2026-10", "October 2026"),
            ("2025", "2025", "2025"),
            ("this year", "2026", "2026"),
            ("last year", "2025", "2025"),
            ("q3", "2026-07..2026-09", "Q3 2026"),
            ("Q4", "2026-10..2026-12", "Q4 2026"),
            ("q4 2024", "2024-10..2024-12", "Q4 2024"),
            ("2024-q1", "2024-01..2024-03", "Q1 2024"),
            ("this quarter", "2026-10..2026-12", "Q4 2026"),
            ("last quarter", "2026-07..2026-09", "Q3 2026"),
            ("last 3 months", "2026-09..2026-11", "Sep – Nov 2026"),
            ("last 12 months", "2025-12..2026-11", "Dec 2025 – Nov 2026"),
            ("2026-01..2026-06", "2026-01..2026-06", "Jan – Jun 2026"),
            ("2026-01 .. june", "2026-01..2026-06", "Jan – Jun 2026"),
            ("2024..2025", "2024-01..2025-12", "Jan 2024 – Dec 2025"),
            ("Oktober", "2026-10", "October 2026"),
            ("MÄRZ 2026", "2026-03", "March 2026"),
            ("juli", "2026-07", "July 2026"),
            ("dez 2024", "2024-12", "December 2024"),
        ] {
            let period =
                Period::read(text, now).unwrap_or_else(|reason| panic!("{text}: {reason}"));
            assert_eq!((period.code().as_str(), period.title().as_str()), (code, title), "{text}");
            assert_eq!(Period::read(&period.code(), now), Ok(period), "{text}");
            assert_eq!(period.months().count(), period.len());
            assert_eq!(period.previous().unwrap().next(), period, "{text}");
        }
        for bad in [
            "soon",
            "-1",
            "q5",
            "q0",
            "2026-13",
            "last 0 months",
            "last x months",
            "<b>",
            "..",
            "2026-",
        ] {
            assert!(Period::read(bad, now).unwrap_err().ends_with("is no month."), "{bad}");
        }
        assert_eq!(
            Period::read("2026-06..2026-01", now).unwrap_err(),
            "The period ends before it begins."
        );
        for long in ["2000..2020", "last 61 months", "0000..9999"] {
            assert_eq!(Period::read(long, now).unwrap_err(), "A period has at most 60 months.");
        }
        let first = Period::read("0000-01", now).unwrap();
        assert_eq!((first.previous(), Period::ending(first.last, 6).len()), (None, 1));
    }
}
