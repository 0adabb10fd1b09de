//! How sizes, spans of time and foreign texts are written.

use umbrasil_sdk::Moment;

/// A text that others wrote, on one line and without what could change the lines around it.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // The colours of a terminal: `ESC [ … letter`.
            '\u{1b}' => {
                if characters.next_if_eq(&'[').is_some() {
                    while characters.next_if(|next| !('@'..='~').contains(next)).is_some() {}
                    characters.next();
                }
            }
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            character if character.is_control() || character.is_whitespace() => plain.push(' '),
            character => plain.push(character),
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// The same, cut after `most` characters as Telegram counts them: an emoji is two.
pub(crate) fn short(text: &str, most: usize) -> String {
    cut(plain(text.trim()), most)
}

/// Cuts a text after `most` characters as Telegram counts them, and shows that it did.
pub(crate) fn cut(mut text: String, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text;
    }
    let mut room = most.saturating_sub(1);
    let kept = text.chars().take_while(|character| {
        let fits = character.len_utf16() <= room;
        room = room.saturating_sub(character.len_utf16());
        fits
    });
    let kept = kept.map(char::len_utf8).sum();
    text.truncate(kept);
    text.truncate(text.trim_end().len());
    text.push('…');
    text
}

/// Such as `512 B`, `1.4 MiB` or `240 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let (mut unit, mut below, mut amount) = ("B", 0, bytes);
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if amount < 1_024 {
            break;
        }
        (unit, below, amount) = (larger, amount % 1_024, amount / 1_024);
    }
    if unit == "B" || amount >= 100 {
        return format!("{amount} {unit}");
    }
    format!("{amount}.{} {unit}", below * 10 / 1_024)
}

/// Such as `45 s`, `3 min`, `5 h` or `12 d`.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How long before `now` something was, in seconds since 1970; what lies ahead is just now.
pub(crate) fn ago(now: Moment, then: u64) -> String {
    match (now.unix_ms / 1_000).saturating_sub(then) {
        0 => "just now".to_owned(),
        seconds => format!("{} ago", span(seconds)),
    }
}

/// Day and time on the host's wall, such as `2026-11-22 09:12`, of seconds since 1970.
pub(crate) fn stamp(now: Moment, then: u64) -> String {
    let moment = Moment { unix_ms: then.saturating_mul(1_000), ..now };
    let (hour, minute) = moment.clock();
    format!("{} {hour:02}:{minute:02}", moment.date())
}

/// Milliseconds since 1970 of a time as JSON has it: `2026-11-22T09:12:33.123Z`. Other zones than UTC are
/// none that n8n writes.
pub(crate) fn read_time(text: &str) -> Option<u64> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let number = |text: &str| text.parse::<u64>().ok();
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.splitn(3, ':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let sound = (1970..=9_999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !sound {
        return None;
    }
    let ms = number(format!("{fraction:0<3}").get(..3)?)?;
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(seconds * 1_000 + ms)
}

/// Days from 1970-01-01 to a date after it. A year begins in March here, so that the leap day is its last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let of_years = year * 365 + year / 4 - year / 100 + year / 400;
    of_years + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_keeps_to_its_line() {
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m\tand\r\nmore\n"), "red and  more");
        assert_eq!(plain("a\u{202e}b\u{7}c\u{1b}"), "ab c");
        assert_eq!(plain("\u{1b}[31"), "");
        assert_eq!(short("  one two three ", 8), "one two…");
        assert_eq!(short("🦀🦀🦀", 6), "🦀🦀🦀");
        assert_eq!(short("🦀🦀🦀", 5), "🦀🦀…");
        assert_eq!(short("🦀x🦀", 4), "🦀x…");
        assert_eq!(short("xyz", 0), "…");
    }

    #[test]
    fn sizes_and_spans_are_read_at_a_glance() {
        let sizes = [0, 1_023, 1_024, 1_500_000, 250_000_000, 17_179_869_184, u64::MAX].map(size);
        assert_eq!(
            sizes,
            ["0 B", "1023 B", "1.0 KiB", "1.4 MiB", "238 MiB", "16.0 GiB", "16777215 TiB"]
        );
        assert_eq!(
            [59, 60, 3_600, 172_799, 172_800].map(span),
            ["59 s", "1 min", "1 h", "47 h", "2 d"]
        );
    }

    #[test]
    fn times_of_json_are_read() {
        assert_eq!(read_time("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(read_time("2026-11-22T12:00:00.000Z"), Some(1_795_348_800_000));
        assert_eq!(read_time("2024-02-29T23:59:59.5Z"), Some(1_709_251_199_500));
        for wrong in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-11-22",
            "0000-01-01T00:00:00Z",
            "2026-11-22T25:00:00Z",
        ] {
            assert_eq!(read_time(wrong), None, "{wrong}");
        }
    }
}
