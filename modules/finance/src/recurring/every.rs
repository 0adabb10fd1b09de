//! How often something recurs: every day, every week on a day, every month or year on a day.

use std::fmt;

use umbrasil_sdk::{Date, Month};

use crate::period::Period;
use crate::span::{weekday, weekday_of};

const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A rhythm. Its text is `every day`, `every Monday`, `monthly on 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Every {
    Day,
    /// 0 is Monday.
    Week(u8),
    /// 1 to 31; the last day of a month that is shorter.
    Month(u8),
    /// A month, and a day of it as above.
    Year(u8, u8),
}

impl Every {
    /// Reads `daily`, `weekly mon`, `monthly 1` or `monthly last` from the start of words; returns the others.
    pub(super) fn read<'a, 'b>(
        words: &'b [&'a str],
        today: Date,
    ) -> Result<(Self, &'b [&'a str]), String> {
        let (rhythm, rest) = words.split_first().ok_or("How often is missing.")?;
        let next = rest.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
        let behind = rest.get(1..).unwrap_or_default();
        match rhythm.to_ascii_lowercase().as_str() {
            "daily" | "day" => Ok((Self::Day, rest)),
            "weekly" | "week" => {
                let named =
                    |day: &&str| next.len() >= 2 && day.to_ascii_lowercase().starts_with(&next);
                let english = DAYS.iter().position(named).and_then(|at| u8::try_from(at).ok());
                match english.or_else(|| weekday_of(&next)) {
                    Some(day) => Ok((Self::Week(day), behind)),
                    None => Ok((Self::Week(weekday(today)), rest)),
                }
            }
            "monthly" | "month" => {
                match next.trim_end_matches(['.', 's', 't', 'n', 'd', 'r', 'h']).parse() {
                    Ok(day @ 1..=31) => Ok((Self::Month(day), behind)),
                    Ok(_) => Err("The day of a month is 1 to 31, or last.".into()),
                    Err(_) if next == "last" => Ok((Self::Month(31), behind)),
                    Err(_) => Ok((Self::Month(today.day), rest)),
                }
            }
            "yearly" | "year" | "annually" => Ok(match (day_of_year(&next), behind) {
                (Some((month, day)), _) => (Self::Year(month, day), behind),
                (None, [second, others @ ..])
                    if let Some((month, day)) = day_and_month(&next, second) =>
                {
                    (Self::Year(month, day), others)
                }
                _ => (Self::Year(today.month, today.day), rest),
            }),
            _ => Err(format!(
                "“{rhythm}” is no rhythm: there are daily, weekly, monthly and yearly."
            )),
        }
    }

    /// The first day from `date` on.
    pub(super) fn from(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week(day) => {
                let ahead = (i64::from(day) - i64::from(weekday(date))).rem_euclid(7);
                Date::from_days(date.to_days() + ahead)
            }
            Self::Month(day) => {
                let month = date.month_of_year();
                let this = day_of(month, day);
                if this >= date { this } else { day_of(month.next(), day) }
            }
            Self::Year(month, day) => {
                let of = |year| Month::new(year, month).map_or(date, |month| day_of(month, day));
                let this = of(date.year);
                if this >= date { this } else { of(date.year + 1) }
            }
        }
    }

    /// The day after `date` that comes next.
    pub(super) fn after(self, date: Date) -> Date {
        self.from(Date::from_days(date.to_days() + 1))
    }

    /// As records have it: `d`, `w0`, `m31`.
    pub(super) fn code(self) -> String {
        match self {
            Self::Day => "d".into(),
            Self::Week(day) => format!("w{day}"),
            Self::Month(day) => format!("m{day}"),
            Self::Year(month, day) => format!("y{month}-{day}"),
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        let number = |text: &str, most| text.parse::<u8>().ok().filter(|number| *number <= most);
        match code.split_at_checked(1)? {
            ("d", "") => Some(Self::Day),
            ("w", day) => Some(Self::Week(number(day, 6)?)),
            ("m", day) => Some(Self::Month(number(day, 31).filter(|day| *day > 0)?)),
            ("y", date) => {
                let (month, day) = date.split_once('-')?;
                let above = |text, most| number(text, most).filter(|number| *number > 0);
                Some(Self::Year(above(month, 12)?, above(day, 31)?))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day => f.write_str("every day"),
            Self::Week(day) => {
                write!(f, "every {}", DAYS.get(usize::from(*day)).copied().unwrap_or("week"))
            }
            Self::Month(31) => f.write_str("monthly on the last day"),
            Self::Month(day) => write!(f, "monthly on day {day}"),
            Self::Year(month, day) => {
                let name = Month::new(2000, *month).map_or("?", Month::name);
                write!(f, "yearly on {day} {name}")
            }
        }
    }
}

/// Month and day of `24.12.`
fn day_of_year(word: &str) -> Option<(u8, u8)> {
    let (day, month) = word.trim_end_matches('.').split_once('.')?;
    in_year(month.parse().ok()?, day.parse().ok()?)
}

/// Month and day of `24 dec` or `dec 24`.
fn day_and_month(first: &str, second: &str) -> Option<(u8, u8)> {
    let (day, month) = Period::day_and_month(first, second)?;
    in_year(month.number(), day.trim_end_matches(['.', 's', 't', 'n', 'd', 'r', 'h']).parse().ok()?)
}

/// Month and day, if a leap year has them.
fn in_year(month: u8, day: u8) -> Option<(u8, u8)> {
    Month::new(2000, month).filter(|month| (1..=month.days()).contains(&day)).map(|_| (month, day))
}

/// The day of a month, or its last one if it is shorter.
fn day_of(month: Month, day: u8) -> Date {
    Date { year: month.year(), month: month.number(), day: day.min(month.days()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        let parts: Vec<i32> = text.split('-').map(|part| part.parse().unwrap()).collect();
        Date::new(parts[0], parts[1].try_into().unwrap(), parts[2].try_into().unwrap()).unwrap()
    }

    #[test]
    fn rhythms_are_read_and_kept() {
        let today = date("2026-11-22");
        for (text, every, rest) in [
            ("daily x", "every day", "x"),
            ("weekly mon x", "every Monday", "x"),
            ("weekly x", "every Sunday", "x"),
            ("weekly su", "every Sunday", ""),
            ("Monthly 1 x y", "monthly on day 1", "x y"),
            ("monthly 15th x", "monthly on day 15", "x"),
            ("monthly last x", "monthly on the last day", "x"),
            ("monthly x", "monthly on day 22", "x"),
            ("weekly freitag x", "every Friday", "x"),
            ("yearly x y", "yearly on 22 November", "x y"),
            ("yearly 24.12. x", "yearly on 24 December", "x"),
            ("yearly 1st march x", "yearly on 1 March", "x"),
            ("yearly Dec 24 x", "yearly on 24 December", "x"),
        ] {
            let words: Vec<&str> = text.split_whitespace().collect();
            let (read, others) = Every::read(&words, today).unwrap();
            assert_eq!(
                (read.to_string().as_str(), others.join(" ").as_str()),
                (every, rest),
                "{text}"
            );
            assert_eq!(Every::from_code(&read.code()), Some(read));
        }
        for bad in ["", "hourly 1", "monthly 32", "monthly 0"] {
            let words: Vec<&str> = bad.split_whitespace().collect();
            assert!(Every::read(&words, today).is_err(), "{bad}");
        }
        for bad in ["", "x", "w7", "m0", "m32", "d1", "w", "y", "y13-1", "y1-0", "y1"] {
            assert_eq!(Every::from_code(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_come_as_the_calendar_has_them() {
        let mut day = date("2027-01-31");
        let mut days = Vec::new();
        for _ in 0..4 {
            day = Every::Month(31).after(day);
            days.push(day.to_string());
        }
        assert_eq!(days, ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]);
        assert_eq!(Every::Month(31).from(date("2028-02-10")).to_string(), "2028-02-29");
        assert_eq!(Every::Month(22).from(date("2026-11-22")).to_string(), "2026-11-22");
        assert_eq!(Every::Month(21).from(date("2026-12-22")).to_string(), "2027-01-21");
        assert_eq!(Every::Week(0).from(date("2026-11-22")).to_string(), "2026-11-23");
        assert_eq!(Every::Week(6).from(date("2026-11-22")).to_string(), "2026-11-22");
        assert_eq!(Every::Week(6).after(date("2026-11-22")).to_string(), "2026-11-29");
        assert_eq!(Every::Year(2, 29).from(date("2026-11-22")).to_string(), "2027-02-28");
        assert_eq!(Every::Year(11, 22).from(date("2026-11-22")).to_string(), "2026-11-22");
        assert_eq!(Every::Year(11, 22).after(date("2026-11-22")).to_string(), "2027-11-22");
        assert_eq!(Every::Day.after(date("2026-12-31")).to_string(), "2027-01-01");
    }
}
