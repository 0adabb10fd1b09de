//! `schedule NAME every 60s`, `schedule NAME cron "0 9 * * 1" Europe/Zurich`: when the host calls a module by itself.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Malformed, is_name};

/// A schedule of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScheduleScope {
    pub(crate) name: String,
    pub(crate) when: When,
    /// Whether a slot that passed while the host was down is caught up with, once.
    pub(crate) catch_up: bool,
}

/// When a schedule is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    Every(Duration),
    /// In the host's time zone unless it names one.
    Cron {
        line: String,
        zone: Option<chrono_tz::Tz>,
    },
}

/// The shortest interval.
const SHORTEST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_hours(24 * 366);
/// Bytes of a cron line.
const LINE: usize = 100;

impl ScheduleScope {
    pub(crate) fn new(name: &str, when: When, catch_up: bool) -> Result<Self, Malformed> {
        if !is_name(name) || name.len() > 32 {
            return Err(Malformed(format!("`{}` is no name of a schedule", name.escape_debug())));
        }
        let when = match when {
            When::Every(interval) if !(SHORTEST..=LONGEST).contains(&interval) => {
                return Err(Malformed::new("a schedule is at least 10 s and at most a year apart"));
            }
            When::Every(interval) => When::Every(interval),
            When::Cron { line, zone } => When::Cron { line: cron(&line)?, zone },
        };
        Ok(Self { name: name.to_owned(), when, catch_up })
    }
}

/// The line with single blanks, if it is one and is due some time.
fn cron(line: &str) -> Result<String, Malformed> {
    let shown: String = line.chars().take(LINE).collect();
    let shown = shown.escape_debug();
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    // Five fields: seconds would be more often than any schedule may be.
    if fields.len() != 5 {
        return Err(Malformed(format!(
            "`{shown}` must have five fields: minute, hour, day, month, weekday"
        )));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"*,-/#?+".contains(&byte);
    let line = fields.join(" ");
    if line.len() > LINE || !fields.iter().all(|field| field.bytes().all(plain)) {
        return Err(Malformed(format!(
            "`{shown}` is no schedule: it has at most {LINE} characters of letters, digits and * , - / # ?"
        )));
    }
    let parsed = line.parse::<croner::Cron>();
    let parsed = parsed.map_err(|error| Malformed(format!("`{shown}` is no schedule: {error}")))?;
    // The search ends by itself where there is nothing to find, such as a 30th of February.
    let found = parsed.find_next_occurrence(&chrono::DateTime::UNIX_EPOCH, false);
    found.map_err(|_| Malformed(format!("`{shown}` is never due")))?;
    Ok(line)
}

/// `90s`, `5m`, `2h` or `1d`.
pub(crate) fn duration(text: &str) -> Result<Duration, Malformed> {
    let wrong =
        || Malformed(format!("`{}` is no time such as 90s, 5m, 2h or 1d", text.escape_debug()));
    let unit = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit);
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

impl fmt::Display for ScheduleScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.when {
            When::Every(interval) => write!(f, "{} every {}s", self.name, interval.as_secs())?,
            When::Cron { line, zone } => {
                write!(f, "{} cron \"{line}\"", self.name)?;
                if let Some(zone) = zone {
                    write!(f, " {zone}")?;
                }
            }
        }
        if self.catch_up { f.write_str(" missed once") } else { Ok(()) }
    }
}

impl FromStr for ScheduleScope {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let usage = || {
            Malformed::new(
                "write `schedule NAME every 60s` or `schedule NAME cron \"0 9 * * 1\" ZONE`",
            )
        };
        let (text, catch_up) = match text.strip_suffix(" missed once") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let (name, rest) = text.split_once(' ').ok_or_else(usage)?;
        let (kind, rest) = rest.trim().split_once(' ').ok_or_else(usage)?;
        let when = match kind {
            "every" => When::Every(duration(rest.trim())?),
            "cron" => {
                let (line, zone) = rest
                    .trim()
                    .strip_prefix('"')
                    .and_then(|rest| rest.split_once('"'))
                    .ok_or_else(usage)?;
                let zone = zone.trim();
                let zone = (!zone.is_empty())
                    .then(|| {
                        zone.parse().map_err(|_| Malformed(format!("`{zone}` is no time zone")))
                    })
                    .transpose()?;
                When::Cron { line: line.to_owned(), zone }
            }
            _ => return Err(usage()),
        };
        Self::new(name, when, catch_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<String, String> {
        let scope = line.parse::<ScheduleScope>().map_err(|error| error.to_string())?;
        let shown = scope.to_string();
        assert_eq!(shown.parse(), Ok(scope), "{line} comes back as it was");
        Ok(shown)
    }

    #[test]
    fn a_schedule_has_one_line() {
        for (written, line) in [
            ("check every 60s", "check every 60s"),
            ("check every 5m missed once", "check every 300s missed once"),
            ("check every 366d", "check every 31622400s"),
            (r#"check cron "0 9 * * 1""#, r#"check cron "0 9 * * 1""#),
            ("check cron \" 0  9\t* * MON#2 \"", r#"check cron "0 9 * * MON#2""#),
            (
                r#"check cron "*/5 8-17 L * 1-5" Europe/Zurich missed once"#,
                r#"check cron "*/5 8-17 L * 1-5" Europe/Zurich missed once"#,
            ),
            (
                r#"check cron "30 2 * * *" Europe/Zurich"#,
                r#"check cron "30 2 * * *" Europe/Zurich"#,
            ),
            (r#"check cron "0 0 29 2 *""#, r#"check cron "0 0 29 2 *""#),
        ] {
            assert_eq!(parsed(written).unwrap_or_default(), line, "{written}");
        }
    }

    #[test]
    fn what_is_too_often_never_or_nonsense_is_refused() {
        for line in [
            "",
            "check",
            "check every",
            "check every 1ms",
            "check every 9s",
            "check every 0s",
            "check every -60s",
            "check every 1.5m",
            "check every 367d",
            "check every 99999999999999999999d",
            "check every 18446744073709551615d",
            "check at 60s",
            "che ck every 60s",
            "../check every 60s",
            "check\n every 60s",
            r#"check cron "* * * * * *""#,
            r#"check cron "* * * *""#,
            r#"check cron "* * * * * 9999""#,
            r#"check cron "0 0 1 1 * 9999 *""#,
            r#"check cron "@daily""#,
            r#"check cron "@every 1 s x y""#,
            r#"check cron "60 * * * *""#,
            r#"check cron "-1 * * * *""#,
            r#"check cron "*/0 * * * *""#,
            r#"check cron "* 24 * * *""#,
            r#"check cron "0 0 0 * *""#,
            r#"check cron "0 0 30 2 *""#,
            r#"check cron "0 0 31 2,4,6 *""#,
            r#"check cron "0 0 * 13 *""#,
            r#"check cron "0 9 * * 1" Mars/Olympus"#,
            r#"check cron "0 9 * * 1" Europe/Zurich twice"#,
            r#"check cron 0 9 * * 1"#,
            "check cron \"0 9 * * \u{fdfa}\"",
            "check cron \"0 9 * * 1\0\"",
        ] {
            assert!(parsed(line).is_err(), "{line:?}");
        }
        let long = format!("check cron \"{} * * * *\"", "1,".repeat(60) + "1");
        assert!(parsed(&long).is_err());
        assert!(parsed(&format!("{} every 60s", "x".repeat(33))).is_err());
    }

    /// Whatever is made of the pieces of real lines: refused, or good for ever; and never slow.
    #[test]
    fn made_up_lines_are_refused_or_sound() {
        let pieces = [
            "*", "0", "59", "1-5", "*/5", "L", "W", "15W", "#", "MON", "feb", "?", "31", ",", "-",
            "/",
        ];
        let mut seed = 7_u64;
        let mut random = |most: usize| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % most
        };
        let mut sound = 0;
        for _ in 0..2_000 {
            let fields: Vec<String> = (0..5)
                .map(|_| (0..=random(5) / 4).map(|_| pieces[random(pieces.len())]).collect())
                .collect();
            let line = format!("check cron \"{}\"", fields.join(" "));
            let Ok(scope) = line.parse::<ScheduleScope>() else { continue };
            sound += 1;
            assert_eq!(scope.to_string().parse(), Ok(scope), "{line}");
        }
        assert!(sound > 10, "{sound}");
    }
}
