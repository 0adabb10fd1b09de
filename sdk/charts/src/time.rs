//! Times on an axis: at which minutes, hours, days or months it is marked, and how these are written.

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The first second of the year 1.
pub(crate) const EARLIEST: i64 = -62_135_596_800;
/// The last second of the year 9999.
pub(crate) const LATEST: i64 = 253_402_300_799;

/// Steps below a month, in seconds.
const STEPS: [i64; 18] = [
    1,
    5,
    10,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
];
/// Steps from a month on, in months.
const MONTHS: [i64; 12] = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 12_000];
const NAMES: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// 1 January 1970 was a Thursday, the first Monday came four days later.
const MONDAY: i64 = 4 * DAY;

/// Marks between two unix times, at most `most` and one, each with its label; `offset` seconds east of UTC are the local time.
///
/// A time of day is "14:05", its midnight "23 Nov", a day "23 Nov", a month "Nov", its January "2026".
pub(crate) fn marks(from: i64, to: i64, offset: i64, most: i64) -> Vec<(i64, String)> {
    let (from, to, most) = (from + offset, to + offset, most.max(1));
    let span = to - from;
    let local: Vec<(i64, String)> = match STEPS.into_iter().find(|step| span / step <= most) {
        Some(step) => {
            let zero = if step == 7 * DAY { MONDAY } else { 0 };
            let first = (from - zero + step - 1).div_euclid(step) * step + zero;
            let times = (0..=most).map(|index| first + index * step);
            times.take_while(|time| *time <= to).map(|time| (time, label(time, step))).collect()
        }
        None => months(from, to, most),
    };
    local.into_iter().map(|(time, label)| (time - offset, label)).collect()
}

fn months(from: i64, to: i64, most: i64) -> Vec<(i64, String)> {
    let step = MONTHS.into_iter().find(|step| (to - from) / (step * 30 * DAY) <= most);
    let step = step.unwrap_or(12_000);
    let (year, month, _) = civil(from.div_euclid(DAY));
    let first = (12 * year + month - 1).div_euclid(step) * step;
    let months = (0..most + 3).map(|index| first + index * step);
    let marks = months.map(|months| {
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        let label = if month == 0 { year.to_string() } else { name(month + 1).to_owned() };
        (days(year, month + 1) * DAY, label)
    });
    let marks = marks.filter(|(time, _)| (from..=to).contains(time));
    marks.take(most as usize + 1).collect()
}

fn label(time: i64, step: i64) -> String {
    let second = time.rem_euclid(DAY);
    if step >= DAY || (second == 0 && step >= MINUTE) {
        let (_, month, day) = civil(time.div_euclid(DAY));
        return format!("{day} {}", name(month));
    }
    let (hour, minute) = (second / HOUR, second % HOUR / MINUTE);
    if step < MINUTE {
        return format!("{hour:02}:{minute:02}:{:02}", second % MINUTE);
    }
    format!("{hour:02}:{minute:02}")
}

fn name(month: i64) -> &'static str {
    NAMES.get((month - 1) as usize).copied().unwrap_or_default()
}

/// Year, month and day of the Gregorian calendar, of days since 1 January 1970.
///
/// Counted in years that begin in March, so that a leap day is the last one of its year, and in eras of 400 years.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let march = (5 * in_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (era * 400 + year + i64::from(month <= 2), month, in_year - (153 * march + 2) / 5 + 1)
}

/// Days from 1 January 1970 to the first of a month.
fn days(year: i64, month: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let march = (month + 9) % 12;
    let in_year = (153 * march + 2) / 5;
    era * 146_097 + 365 * year + year / 4 - year / 100 + in_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(from: i64, span: i64, offset: i64) -> String {
        let marks = marks(from, from + span, offset, 6);
        assert!(marks.iter().all(|(time, _)| (from..=from + span).contains(time)), "{marks:?}");
        marks.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
    }

    /// 23 November 2026, 22:30 UTC.
    const EVENING: i64 = 1_795_473_000;

    #[test]
    fn steps_fit_the_span() {
        assert_eq!(
            labels(EVENING, 60, 0),
            "22:30:00 22:30:10 22:30:20 22:30:30 22:30:40 22:30:50 22:31:00"
        );
        assert_eq!(labels(EVENING, HOUR, 0), "22:30 22:40 22:50 23:00 23:10 23:20 23:30");
        assert_eq!(labels(EVENING, 6 * HOUR, 0), "23:00 24 Nov 01:00 02:00 03:00 04:00");
        assert_eq!(labels(EVENING, DAY, 0), "24 Nov 06:00 12:00 18:00");
        assert_eq!(labels(EVENING, DAY, 7200), "06:00 12:00 18:00 25 Nov");
        assert_eq!(labels(EVENING, 7 * DAY, 0), "24 Nov 26 Nov 28 Nov 30 Nov");
        assert_eq!(labels(EVENING, 30 * DAY, 0), "30 Nov 7 Dec 14 Dec 21 Dec");
        assert_eq!(labels(EVENING, 100 * DAY, 0), "Dec 2027 Feb Mar");
        assert_eq!(labels(EVENING, 3 * 365 * DAY, 0), "2027 Jul 2028 Jul 2029 Jul");
        assert_eq!(labels(EVENING, 0, 0), "22:30:00");
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(EVENING / DAY), (2026, 11, 23));
        assert_eq!(civil(11_016), (2000, 2, 29));
        for day in (-719_162..2_932_896).step_by(13) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month) + of_month - 1, day);
        }
    }

    #[test]
    fn any_span_gets_few_marks() {
        for from in [EARLIEST, -1, 0, EVENING, LATEST - 10] {
            let mut span = 1;
            while from + span <= LATEST {
                let marks = marks(from, from + span, 0, 6);
                assert!(marks.len() <= 7, "{from} {span} {marks:?}");
                assert!(span < 2 || span > 400 * 365 * DAY || !marks.is_empty(), "{from} {span}");
                span *= 2;
            }
        }
    }
}
