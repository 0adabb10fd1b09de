//! What became of checks over the last day: for each service and minute, how fast it answered, or that it
//! did not.

use umbrasil_sdk::prelude::*;

use crate::ring::{Page, Ring};

/// A day of minutes, and the hour that is being written over. Services and containers are noted by two
/// schedules, so each has a ring of its own.
pub(crate) const SERVICES: Ring = Ring { name: "checks", period: 3_600, step: 60, periods: 26 };
pub(crate) const CONTAINERS: Ring = Ring { name: "boxes", period: 3_600, step: 60, periods: 26 };

/// What stands for a check that failed; a check that went well has its milliseconds.
const FAILED: f64 = -1.0;
/// The most columns of a page: what was checked in the hour, and is no longer, counts.
const COLUMNS: usize = 200;

/// One check: milliseconds of a good one.
pub(crate) type Check = Option<u32>;

/// How the checks of one service went.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct History {
    /// Time in seconds since 1970, and the check.
    pub(crate) checks: Vec<(u64, Check)>,
}

/// Notes a round of checks.
pub(crate) fn keep<'a>(
    ring: Ring,
    at: u64,
    checks: impl IntoIterator<Item = (&'a str, Check)>,
) -> Result<()> {
    let value = storage::get(&ring.key(at))?;
    let mut page = ring.page(at, value.as_deref());
    let mut values = Vec::new();
    for (name, check) in checks {
        if page.columns.len() >= COLUMNS && !page.columns.iter().any(|column| column == name) {
            continue;
        }
        let column = page.column(name);
        if values.len() <= column {
            values.resize(column + 1, None);
        }
        if let Some(place) = values.get_mut(column) {
            *place = Some(check.map_or(FAILED, f64::from));
        }
    }
    if values.is_empty() {
        return Ok(());
    }
    ring.add(&mut page, at, values);
    ring.keep(at, &page)
}

/// The last 24 hours of a ring.
pub(crate) fn day(ring: Ring, now: u64) -> Result<Vec<Page>> {
    ring.read(now.saturating_sub(86_400), now)
}

impl History {
    /// The checks of one service, oldest first.
    pub(crate) fn of(pages: &[Page], name: &str) -> Self {
        let mut checks = Vec::new();
        for page in pages {
            let Some(column) = page.columns.iter().position(|other| other == name) else {
                continue;
            };
            checks.extend(page.rows.iter().filter_map(|row| {
                let value = row.value(column)?;
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "saturates"
                )]
                Some((row.at, (value >= 0.0).then_some(value as u32)))
            }));
        }
        Self { checks }
    }

    /// Good checks, and all.
    pub(crate) fn good_of_all(&self) -> (u64, u64) {
        let good = self.checks.iter().filter(|(_, check)| check.is_some()).count();
        (good as u64, self.checks.len() as u64)
    }

    /// Milliseconds: the median, and what 19 of 20 stay below.
    pub(crate) fn latencies(&self) -> Option<(u32, u32)> {
        let mut sorted: Vec<u32> = self.checks.iter().filter_map(|(_, check)| *check).collect();
        sorted.sort_unstable();
        let at = |hundredth: usize| {
            let rank = (sorted.len() * hundredth).div_ceil(100);
            sorted.get(rank.saturating_sub(1)).copied()
        };
        Some((at(50)?, at(95)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_ranked() {
        let history = |all: &[u32]| History {
            checks: all.iter().map(|ms| (0, Some(*ms))).chain([(0, None)]).collect(),
        };
        assert_eq!(history(&[]).latencies(), None);
        assert_eq!(history(&[7]).latencies(), Some((7, 7)));
        let hundred: Vec<u32> = (1..=100).rev().collect();
        assert_eq!(history(&hundred).latencies(), Some((50, 95)));
        assert_eq!(history(&hundred).good_of_all(), (100, 101));
    }
}
