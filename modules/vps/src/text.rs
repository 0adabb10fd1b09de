//! What servers say, made fit for a chat: numbers for people, columns for a phone, nothing that draws.

use std::time::Duration;

/// Columns of a block that a phone shows without wrapping.
pub(crate) const WIDTH: usize = 34;

/// Characters of output that one message shows.
pub(crate) const SHOWN: usize = 3_000;

/// Without escape sequences, control characters and what turns the direction of writing around.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\u{1b}' => skip_sequence(&mut rest),
            '\n' => clean.push('\n'),
            '\t' => clean.push_str("  "),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            character if character.is_control() => {}
            character => clean.push(character),
        }
    }
    clean
}

/// Skips the rest of an escape sequence: `[` and parameters up to a letter, `]` and a title up to its end, or
/// blanks and punctuation up to one character.
fn skip_sequence(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    let title = rest.next_if_eq(&']').is_some();
    let first = if rest.next_if_eq(&'[').is_some() { '\u{40}' } else { '\u{30}' };
    for character in rest.by_ref() {
        let ends = if title {
            matches!(character, '\u{7}' | '\\' | '\n')
        } else {
            (first..='\u{7e}').contains(&character)
        };
        if ends {
            return;
        }
    }
}

/// One line of it, without blanks around.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `most` characters, with an ellipsis for the rest.
pub(crate) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// At most `most` characters of the end, which is what tells paths apart.
pub(crate) fn short_end(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length - most.saturating_sub(1)).collect();
    format!("…{kept}")
}

/// The last whole lines that have room, and whether something was left out before them.
pub(crate) fn tail(text: &str, room: usize) -> (String, bool) {
    let mut used = 0;
    let mut lines = Vec::new();
    let all = text.trim_end().lines().rev();
    let mut cut = false;
    for line in all {
        used += line.chars().count() + 1;
        if used > room {
            cut = true;
            if lines.is_empty() {
                lines.push(short_end(line, room));
            }
            break;
        }
        lines.push(line.to_owned());
    }
    lines.reverse();
    (lines.join("\n"), cut)
}

/// Bytes as people say them, such as `3.4 GB`: powers of 1024, three digits at most before the unit.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut unit = 0;
    let mut tenths = u128::from(bytes) * 10;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths = (tenths + 512) / 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 || tenths >= 1_000 {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

/// `25.1/40.0 GB`: both in the unit of the whole, 0 to 4 digits each.
pub(crate) fn part_of(part: u64, whole: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    let mut unit = 0;
    let mut step: u128 = 1 << 10;
    while u128::from(whole) >= 1_000 * step && unit + 1 < UNITS.len() {
        step <<= 10;
        unit += 1;
    }
    let number = |bytes: u64| {
        let tenths = (u128::from(bytes) * 10 + step / 2) / step;
        if tenths >= 1_000 {
            format!("{}", (tenths + 5) / 10)
        } else {
            format!("{}.{}", tenths / 10, tenths % 10)
        }
    };
    format!("{}/{} {}", number(part), number(whole), UNITS.get(unit).copied().unwrap_or_default())
}

/// The whole percent that `part` is of `whole`, at most 100.
pub(crate) fn percent(part: u64, whole: u64) -> u64 {
    let part = u128::from(part.min(whole)) * 200 / u128::from(whole.max(1));
    u64::try_from(part.div_ceil(2)).unwrap_or(100).min(100)
}

/// `███░░░░░`, as wide as `width`.
pub(crate) fn bar(percent: u64, width: usize) -> String {
    let full = usize::try_from(percent.min(100)).unwrap_or(100) * width;
    let full = (full + 50) / 100;
    format!("{}{}", "█".repeat(full), "░".repeat(width.saturating_sub(full)))
}

/// The two greatest units of a span: `3 d 4 h`, `12 min`.
pub(crate) fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// The greatest unit of a span: `3d`, `12m`.
pub(crate) fn brief_span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// How long a command took: `0.3 s`.
pub(crate) fn took(duration: Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// `1 user`, `2 users`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests;
