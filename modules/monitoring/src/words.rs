//! Numbers as people read them: shares, sizes, times, bars.

use umbrasil_sdk::Moment;

/// How wide a block of fixed-width text may be without wrapping on a telephone.
pub(crate) const WIDTH: usize = 34;

/// Seconds as the two largest units that matter: `45 s`, `12 min`, `3 h 5 min`, `12 d 4 h`.
pub(crate) fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let two = |large: u64, name: &str, small: u64, other: &str| match small {
        0 => format!("{large} {name}"),
        small => format!("{large} {name} {small} {other}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..86_400 => two(hours, "h", minutes % 60, "min"),
        _ => two(days, "d", hours % 24, "h"),
    }
}

/// Bytes with three digits at most: `980 B`, `12.3 kB`, `4.7 GB`. Units of 1,000 for traffic.
pub(crate) fn bytes(count: u64) -> String {
    scaled(count, 1_000, &["B", "kB", "MB", "GB", "TB", "PB"])
}

/// Two sizes of one unit, as in `4.9/7.8 G`. Units of 1,024, as memory and disks are told.
pub(crate) fn used_of(used: u64, total: u64) -> String {
    let mut unit: u64 = 1;
    let mut names = ["B", "K", "M", "G", "T", "P"].into_iter();
    let mut name = names.next().unwrap_or_default();
    while total / unit >= 1_000 {
        let Some(next) = names.next() else { break };
        (unit, name) = (unit.saturating_mul(1_024), next);
    }
    format!("{}/{} {name}", tenths(used, unit), tenths(total, unit))
}

fn scaled(count: u64, step: u64, names: &[&str]) -> String {
    let mut unit: u64 = 1;
    let mut names = names.iter();
    let mut name = names.next().copied().unwrap_or_default();
    // What would be rounded up to a whole step belongs to the next unit.
    while count / unit >= step - step / 1_000 / 2 {
        let Some(next) = names.next() else { break };
        (unit, name) = (unit.saturating_mul(step), next);
    }
    format!("{} {name}", tenths(count, unit))
}

/// With one decimal below 100, without one above or where there can't be any.
fn tenths(count: u64, unit: u64) -> String {
    let value = count as f64 / unit as f64;
    if unit == 1 || value >= 99.95 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// A bar of `width` blocks, of which a share of `percent` is filled; whatever is not nothing shows.
pub(crate) fn bar(percent: f64, width: usize) -> String {
    let share = if percent.is_finite() { percent.clamp(0.0, 100.0) } else { 0.0 };
    let exact = share / 100.0 * width as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to `width`")]
    let filled = (exact.round() as usize).max(usize::from(share >= 1.0)).min(width);
    format!("{}{}", "█".repeat(filled), "░".repeat(width - filled))
}

/// A whole share as in `62 %`, three wide.
pub(crate) fn percent(value: f64) -> String {
    format!("{:.0} %", if value.is_finite() { value } else { 0.0 })
}

/// A share of time, with as many nines as there are: never `100 %` where something was missing.
pub(crate) fn availability(good: u64, all: u64) -> String {
    if all == 0 {
        return "no data yet".to_owned();
    }
    if good >= all {
        return "100 %".to_owned();
    }
    let share = 100.0 * good as f64 / all as f64;
    format!("{} %", (share * 100.0).floor() / 100.0)
}

/// The time on the host's wall, as in `14:03`.
pub(crate) fn clock(unix: u64, offset_seconds: i32) -> String {
    let (hour, minute) = moment(unix, offset_seconds).clock();
    format!("{hour:02}:{minute:02}")
}

/// The same, with the day if it is not that of `now`: `14:03`, `11-21 14:03`.
pub(crate) fn when(unix: u64, now: Moment) -> String {
    let date = moment(unix, now.offset_seconds).date();
    let clock = clock(unix, now.offset_seconds);
    if date == now.date() { clock } else { format!("{:02}-{:02} {clock}", date.month, date.day) }
}

/// Seconds since 1970 as a moment.
pub(crate) fn moment(unix: u64, offset_seconds: i32) -> Moment {
    Moment { unix_ms: unix.saturating_mul(1_000), offset_seconds }
}

/// The text on one line, cut to `most` characters; what is invisible or turns lines around is a dot.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let plain = |c: char| match c {
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => '·',
        c if c.is_control() => ' ',
        c => c,
    };
    let mut cut: String = text.chars().take(most + 1).map(plain).collect();
    if cut.chars().count() > most {
        cut = cut.chars().take(most.saturating_sub(1)).collect();
        cut.push('…');
    }
    cut
}

/// `1 alert`, `2 alerts`.
pub(crate) fn count(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_two_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_599, "59 min"),
            (3_600, "1 h"),
            (11_100, "3 h 5 min"),
            (86_400, "1 d"),
            (1_050_000, "12 d 3 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(duration(u64::MAX), "213503982334601 d 7 h");
    }

    #[test]
    fn sizes_have_three_digits() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (12_345, "12.3 kB"),
            (4_700_000_000, "4.7 GB"),
            (123_456_789, "123 MB"),
        ] {
            assert_eq!(bytes(count), text);
        }
        assert_eq!(used_of(5 << 30, 8 << 30), "5.0/8.0 G");
        assert_eq!(used_of(512 << 20, 4 << 40), "0.0/4.0 T");
        assert_eq!(used_of(0, 0), "0/0 B");
        assert!(used_of(u64::MAX, u64::MAX).chars().count() <= 13);
    }

    #[test]
    fn bars_are_as_wide_as_they_should_be() {
        for percent in [-5.0, 0.0, 0.4, 1.0, 50.0, 99.0, 100.0, 250.0, f64::NAN, f64::INFINITY] {
            assert_eq!(bar(percent, 8).chars().count(), 8, "{percent}");
        }
        assert_eq!(bar(50.0, 8), "████░░░░");
        assert_eq!(bar(1.0, 8), "█░░░░░░░");
        assert_eq!(bar(100.0, 8), "████████");
    }

    #[test]
    fn what_was_missing_is_never_rounded_away() {
        assert_eq!(availability(1_440, 1_440), "100 %");
        assert_eq!(availability(99_999, 100_000), "99.99 %");
        assert_eq!(availability(1, 2), "50 %");
        assert_eq!(availability(0, 0), "no data yet");
    }

    #[test]
    fn long_and_strange_texts_are_cut() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("longer", 5), "long…");
        assert_eq!(cut("a\nb\u{202e}c", 5), "a b·c");
        assert_eq!(cut("🦀🦀🦀", 2), "🦀…");
    }
}
