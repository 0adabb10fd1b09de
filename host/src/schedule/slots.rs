//! When a schedule is due: pure functions of times that are given.
//!
//! A slot is a moment, in milliseconds since 1970, and hangs on nothing but the schedule itself: not on when
//! the host was started, and not on when the schedule ran last. So the same slots are found after a restart,
//! and each can be fired exactly once.

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use croner::Cron;

use crate::grant::When;

/// A schedule, ready to be asked.
#[derive(Debug, Clone)]
pub(super) enum Slots {
    /// The multiples of an interval, moved by a part of it.
    Every {
        interval_ms: i64,
        phase_ms: i64,
    },
    Cron {
        cron: Box<Cron>,
        zone: Tz,
    },
}

impl Slots {
    /// `name` is what the schedule is called among all: intervals of different schedules begin at different
    /// moments, so that not everything happens at the full minute. `zone` is for those that name none. None
    /// for a line that is no schedule, which the manifest's check has refused before.
    pub(super) fn new(when: &When, name: &str, zone: Tz) -> Option<Self> {
        match when {
            When::Every(interval) => {
                let interval_ms = i64::try_from(interval.as_millis()).ok()?.max(1);
                let phase_ms = spread(name).checked_rem_euclid(interval_ms)?;
                Some(Self::Every { interval_ms, phase_ms })
            }
            When::Cron { line, zone: own } => {
                let cron = Box::new(line.parse().ok()?);
                Some(Self::Cron { cron, zone: own.unwrap_or(zone) })
            }
        }
    }

    /// The first slot after a moment. None if there is none that a clock will show.
    pub(super) fn after(&self, moment_ms: i64) -> Option<i64> {
        match self {
            Self::Every { interval_ms, phase_ms } => {
                let passed = moment_ms.checked_sub(*phase_ms)?.div_euclid(*interval_ms);
                passed.checked_add(1)?.checked_mul(*interval_ms)?.checked_add(*phase_ms)
            }
            Self::Cron { cron, zone } => {
                let from = zone.timestamp_millis_opt(moment_ms).single()?;
                // A day that a zone has left out, as Samoa did in 2011, ends the search: it goes on behind it.
                let found = next(cron, &from)
                    .or_else(|| next(cron, &from.checked_add_signed(TimeDelta::days(2))?));
                found.map(|slot| slot.with_timezone(&Utc).timestamp_millis())
            }
        }
    }

    /// The last slot after `after_ms` and not after `until_ms`: whatever lies between them is one.
    pub(super) fn latest(&self, after_ms: i64, until_ms: i64) -> Option<i64> {
        let due = |moment_ms| self.after(moment_ms).filter(|slot| *slot <= until_ms);
        let mut latest = due(after_ms)?;
        // Halves what is left: the later half if there is a slot in it, or else the earlier one.
        let mut end = until_ms;
        while latest < end {
            let middle = latest + (end - latest) / 2;
            match due(middle) {
                Some(later) => latest = later,
                // None after the middle: what is left lies between the latest that is known and the middle.
                None if due(latest).is_some() => end = middle,
                None => break,
            }
        }
        Some(latest)
    }
}

fn next(cron: &Cron, from: &DateTime<Tz>) -> Option<DateTime<Tz>> {
    cron.find_next_occurrence(from, false).ok().filter(|slot| slot > from)
}

/// Some number of a text, the same in every process.
fn spread(text: &str) -> i64 {
    // FNV-1a: the standard library's hashers promise nothing over time.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::try_from(hash >> 16).unwrap_or(0)
}

#[cfg(test)]
mod tests;
