//! Moments and civil dates, in the time zone of the host.
//!
//! A sandbox has no time zone data and needs none: every event brings the offset that holds at its
//! moment. What is here is the proleptic Gregorian calendar and nothing else.

use std::fmt;
use std::str::FromStr;

const NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A moment, and how far the host's time zone was ahead of UTC then.
///
/// ```
/// use umbrasil_sdk::Moment;
///
/// let moment = Moment { unix_ms: 1_795_348_800_000, offset_seconds: 3_600 };
/// assert_eq!(moment.date().to_string(), "2026-11-22");
/// assert_eq!(moment.clock(), (13, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00Z.
    pub unix_ms: u64,
    /// Seconds that the host's time zone is ahead of UTC.
    pub offset_seconds: i32,
}

/// A day of the calendar. Its text is `2026-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Such as 2026.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A month of a year. Its text is `2026-11`, and reads back. Months are ordered as they pass.
///
/// ```
/// use umbrasil_sdk::Month;
///
/// let november: Month = "2026-11".parse().unwrap();
/// assert_eq!((november.name(), november.year()), ("November", 2026));
/// assert_eq!(november.next().next().to_string(), "2027-01");
/// assert!(november.previous() < november);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    month: u8,
}

impl Moment {
    /// The day on the host's wall.
    #[must_use]
    pub fn date(self) -> Date {
        Date::from_days(self.local_seconds().div_euclid(86_400))
    }

    /// Hour and minute on the host's wall.
    #[must_use]
    pub fn clock(self) -> (u8, u8) {
        let minutes = self.local_seconds().rem_euclid(86_400) / 60;
        (u8::try_from(minutes / 60).unwrap_or(0), u8::try_from(minutes % 60).unwrap_or(0))
    }

    fn local_seconds(self) -> i64 {
        let seconds = i64::try_from(self.unix_ms / 1_000).unwrap_or(i64::MAX);
        seconds.saturating_add(self.offset_seconds.into())
    }
}

impl Date {
    /// The month that the day lies in.
    #[must_use]
    pub fn month_of_year(self) -> Month {
        Month { year: self.year, month: self.month }
    }

    /// The day, if there is such a day and the year has four digits.
    ///
    /// ```
    /// use umbrasil_sdk::Date;
    ///
    /// assert!(Date::new(2028, 2, 29).is_some());
    /// assert!(Date::new(2027, 2, 29).is_none());
    /// ```
    #[must_use]
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let most = Month::new(year, month)?.days();
        (1..=most).contains(&day).then_some(Self { year, month, day })
    }

    /// How many days after 1970-01-01 the day is: what [`Self::from_days`] reads back.
    #[must_use]
    pub fn to_days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The day that is `days` after 1970-01-01.
    ///
    /// This is Howard Hinnant's `civil_from_days`: years that start in March make the leap day the last
    /// one of its year, so that the months before it have fixed lengths.
    #[must_use]
    pub fn from_days(days: i64) -> Self {
        let days = days.saturating_add(719_468);
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era.saturating_mul(400) + i64::from(month <= 2);
        Self {
            year: i32::try_from(year).unwrap_or(i32::MAX),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
        }
    }
}

impl Month {
    /// The month, if `month` is 1 to 12 and the year has four digits.
    #[must_use]
    pub fn new(year: i32, month: u8) -> Option<Self> {
        ((1..=12).contains(&month) && (0..=9_999).contains(&year)).then_some(Self { year, month })
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.year
    }

    /// The number of the month, 1 to 12.
    #[must_use]
    pub fn number(self) -> u8 {
        self.month
    }

    /// How many days the month has, 28 to 31.
    #[must_use]
    pub fn days(self) -> u8 {
        let year = self.year;
        match self.month {
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// The English name, such as `November`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.month).wrapping_sub(1)).copied().unwrap_or("?")
    }

    /// The number, 1 to 12, of the month with this English name or its first three or more letters.
    #[must_use]
    pub fn number_of(name: &str) -> Option<u8> {
        let name = name.to_ascii_lowercase();
        let found = NAMES
            .iter()
            .position(|full| name.len() >= 3 && full.to_ascii_lowercase().starts_with(&name))?;
        u8::try_from(found + 1).ok()
    }

    /// The month after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year.saturating_add(1), month: 1 },
            month => Self { month: month + 1, ..self },
        }
    }

    /// The month before this one.
    #[must_use]
    pub fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year.saturating_sub(1), month: 12 },
            month => Self { month: month - 1, ..self },
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// The text was no month such as `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAMonth;

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let (year, month) = text.split_once('-').ok_or(NotAMonth)?;
        // `parse` alone would take a sign.
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || !(1..=2).contains(&month.len()) || !digits(year) || !digits(month) {
            return Err(NotAMonth);
        }
        let year = year.parse().map_err(|_| NotAMonth)?;
        Self::new(year, month.parse().map_err(|_| NotAMonth)?).ok_or(NotAMonth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_779, "2026-11-22"),
            (2_932_896, "9999-12-31"),
        ] {
            assert_eq!(Date::from_days(days).to_string(), text);
        }
    }

    #[test]
    fn dates_become_days() {
        for days in (-800_000..3_000_000).step_by(13) {
            let date = Date::from_days(days);
            assert_eq!(date.to_days(), days);
            if (0..=9_999).contains(&date.year) {
                assert_eq!(Date::new(date.year, date.month, date.day), Some(date));
            }
        }
        for (year, month, day) in
            [(2027, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 1, 0)]
        {
            assert_eq!(Date::new(year, month, day), None);
        }
        assert!(Date::new(2000, 2, 29).is_some());
    }

    #[test]
    fn the_offset_moves_the_day() {
        let new_year = 1_767_225_599_000; // 2025-12-31T23:59:59Z
        let utc = Moment { unix_ms: new_year, offset_seconds: 0 };
        assert_eq!((utc.date().to_string().as_str(), utc.clock()), ("2025-12-31", (23, 59)));
        let basel = Moment { unix_ms: new_year, offset_seconds: 3_600 };
        assert_eq!((basel.date().to_string().as_str(), basel.clock()), ("2026-01-01", (0, 59)));
        let last = Moment { unix_ms: u64::MAX, offset_seconds: i32::MAX };
        assert_eq!(last.date().to_string(), "584556087-04-21", "no overflow");
    }

    #[test]
    fn months_read_back() {
        let november: Month = "2026-11".parse().unwrap();
        assert_eq!(november.to_string(), "2026-11");
        assert_eq!(
            (november.name(), november.next().next().to_string()),
            ("November", "2027-01".into())
        );
        assert_eq!(Month::new(2026, 1).unwrap().previous().to_string(), "2025-12");
        for bad in
            ["2026", "2026-13", "2026-00", "+026-11", "2026-+1", "26-11", "2026-011", "٢٠٢٦-11"]
        {
            assert_eq!(bad.parse::<Month>(), Err(NotAMonth), "{bad}");
        }
        assert_eq!(Month::number_of("NOV"), Some(11));
        assert_eq!(Month::number_of("ju"), None);
        assert_eq!(Month::number_of("novembers"), None);
    }
}
