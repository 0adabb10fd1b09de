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

impl ScheduleScope {
    pub(crate) fn new(name: &str, when: When, catch_up: bool) -> Result<Self, Malformed> {
        if !is_name(name) || name.len() > 32 {
            return Err(Malformed(format!("`{}` is no name of a schedule", name.escape_debug())));
        }
        match &when {
            When::Every(interval) if !(SHORTEST..=LONGEST).contains(interval) => {
                return Err(Malformed::new("a schedule is at least 10 s and at most a year apart"));
            }
            When::Cron { line, .. } => {
                // Five fields: seconds would be more often than any schedule may be.
                if line.split_whitespace().count() != 5 || line.contains('"') {
                    return Err(Malformed(format!(
                        "`{}` must have five fields: minute, hour, day, month, weekday",
                        line.escape_debug()
                    )));
                }
                let parsed = line.parse::<croner::Cron>();
                parsed.map_err(|error| {
                    Malformed(format!("`{}` is no schedule: {error}", line.escape_debug()))
                })?;
            }
            When::Every(_) => {}
        }
        Ok(Self { name: name.to_owned(), when, catch_up })
    }
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
