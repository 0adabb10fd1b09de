//! One schedule as the runner knows it: what its next slot is, and whether that is due.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use chrono_tz::Tz;
use tokio::task::JoinHandle;

use super::slots::Slots;
use crate::grant::ScheduleScope;

/// A slot that is fired later than this was missed: what then happens is the schedule's own choice.
const LATE_MS: i64 = 2 * 60 * 1_000;
/// Failures of one schedule are told to the owner this far apart.
const TELL_AGAIN: Duration = Duration::from_mins(10);

/// Whether something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// This slot.
    Now(i64),
    /// In so many milliseconds, as far as is known now.
    In(u64),
    Never,
}

pub(super) struct Entry {
    scope: ScheduleScope,
    /// What it is called among all schedules.
    name: String,
    zone: Tz,
    /// None for a line that is no schedule.
    slots: Option<Slots>,
    /// Slots up to here are done, or nobody's business.
    after_ms: i64,
    /// The first slot after that, once it was looked for.
    next_ms: Option<Option<i64>>,
    paused: bool,
    run: Option<JoinHandle<()>>,
    told: Arc<Told>,
}

/// When a failure was last told; shared with the runs.
#[derive(Debug, Default)]
pub(super) struct Told(AtomicU64);

impl Entry {
    /// `after_ms` is the last slot that was done, or when the schedule was first seen.
    pub(super) fn new(scope: ScheduleScope, name: String, zone: Tz, after_ms: i64) -> Self {
        let slots = Slots::new(&scope.when, &name, zone);
        let (next_ms, paused, run, told) = (None, false, None, Arc::default());
        Self { scope, name, zone, slots, after_ms, next_ms, paused, run, told }
    }

    pub(super) fn scope(&self) -> &ScheduleScope {
        &self.scope
    }

    pub(super) fn told(&self) -> Arc<Told> {
        Arc::clone(&self.told)
    }

    /// Takes over what a reload has changed. Slots of the new schedule that are past are not owed.
    pub(super) fn change(&mut self, scope: &ScheduleScope, now_ms: i64) {
        if self.scope == *scope {
            return;
        }
        if self.scope.when != scope.when {
            self.slots = Slots::new(&scope.when, &self.name, self.zone);
            self.go_on(self.after_ms.max(now_ms));
        }
        self.scope = scope.clone();
    }

    /// Stops it, or lets it go on: from now on, whatever passed meanwhile.
    pub(super) fn pause(&mut self, paused: bool, now_ms: i64) {
        if self.paused && !paused {
            self.go_on(self.after_ms.max(now_ms));
        }
        self.paused = paused;
    }

    /// Whether its last slot lies after a moment.
    pub(super) fn is_ahead(&self, moment_ms: i64) -> bool {
        self.after_ms > moment_ms
    }

    /// Goes on with the slots after this one.
    pub(super) fn go_on(&mut self, after_ms: i64) {
        self.after_ms = after_ms;
        self.next_ms = None;
    }

    /// Notes that a slot is being run.
    pub(super) fn started(&mut self, run: JoinHandle<()>, slot_ms: i64) {
        self.run = Some(run);
        self.go_on(slot_ms);
    }

    /// Whether a slot is due. What was missed is dropped here, and so is what would run beside itself.
    pub(super) fn due(&mut self, now_ms: i64) -> Due {
        let Some(slots) = self.slots.as_ref().filter(|_| !self.paused) else { return Due::Never };
        let next_ms = *self.next_ms.get_or_insert_with(|| slots.after(self.after_ms));
        let Some(next_ms) = next_ms else { return Due::Never };
        if next_ms > now_ms {
            return Due::In(u64::try_from(next_ms - now_ms).unwrap_or(u64::MAX));
        }
        // However many have passed: one.
        let slot_ms = slots.latest(self.after_ms, now_ms).unwrap_or(next_ms);
        let runs = self.run.as_ref().is_some_and(|run| !run.is_finished());
        let missed = now_ms - slot_ms > LATE_MS && !self.scope.catch_up;
        if runs || missed {
            tracing::info!(
                schedule = self.name,
                slot_ms,
                runs,
                "a slot of a schedule is left out: {}",
                if runs { "the one before it still runs" } else { "it was missed" }
            );
            self.go_on(slot_ms);
            return Due::In(0);
        }
        Due::Now(slot_ms)
    }
}

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Told {
    /// Whether a failure may be told now.
    pub(super) fn may_tell(&self) -> bool {
        let told = Duration::from_secs(self.0.load(Ordering::Relaxed));
        told.is_zero() || BEGAN.elapsed().saturating_sub(told) >= TELL_AGAIN
    }

    /// Notes that one was told.
    pub(super) fn tell(&self) {
        // Never 0, which means not yet.
        self.0.store(BEGAN.elapsed().as_secs().max(1), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    /// 2026-11-22T12:00:30Z.
    const NOW: i64 = 1_795_348_830_000;

    fn entry(line: &str, after_ms: i64) -> Entry {
        Entry::new(line.parse().unwrap(), "m/check".to_owned(), Tz::UTC, after_ms)
    }

    /// Lets the clock show each of these moments, and runs what is due at once.
    fn fired(entry: &mut Entry, moments: impl IntoIterator<Item = i64>) -> Vec<i64> {
        let mut fired = Vec::new();
        for now_ms in moments {
            if let Due::Now(slot_ms) = entry.due(now_ms) {
                fired.push(slot_ms);
                entry.go_on(slot_ms);
            }
        }
        fired
    }

    #[test]
    fn each_slot_is_fired_once() {
        let mut minutely = entry(r#"check cron "* * * * *""#, NOW);
        assert_eq!(minutely.due(NOW), Due::In(30_000));
        let fired = fired(&mut minutely, (0..3_000).map(|step| NOW + 100 * step));
        let expected: Vec<i64> = (0..5).map(|minute| NOW + 30_000 + minute * MINUTE).collect();
        assert_eq!(fired, expected);
    }

    #[test]
    fn a_clock_that_jumps_causes_one_run_at_most() {
        for line in [r#"check cron "* * * * *""#, "check every 10s", "check every 1h missed once"] {
            // Forward by a day, and on.
            let mut jumped = entry(line, NOW);
            let fired_at = fired(&mut jumped, [NOW, NOW + DAY, NOW + DAY + 1, NOW + DAY + 2]);
            assert!(fired_at.len() <= 1, "{line}: {fired_at:?}");
            // And back: nothing that was done is done again.
            let again = fired(&mut jumped, (0..100).map(|step| NOW + step * MINUTE));
            assert!(again.is_empty(), "{line}: {again:?}");
            assert!(jumped.is_ahead(NOW + 2 * 60 * MINUTE));
        }
        let mut hour_back = entry(r#"check cron "0 * * * *""#, NOW);
        let there_and_back = [45, 60, 5, 60].map(|minutes| NOW + minutes * MINUTE);
        assert_eq!(fired(&mut hour_back, there_and_back).len(), 1);
    }

    #[test]
    fn what_was_missed_is_left_out_or_caught_up_with_once() {
        let noon = NOW - 30_000;
        for (line, late, expected) in [
            (r#"check cron "0 12 * * *""#, 119_000, vec![noon]),
            (r#"check cron "0 12 * * *""#, 3 * MINUTE, vec![]),
            (r#"check cron "0 12 * * *" missed once"#, 3 * MINUTE, vec![noon]),
            (r#"check cron "0 12 * * *" missed once"#, 5 * DAY, vec![noon + 5 * DAY]),
        ] {
            let mut missed = entry(line, noon - DAY);
            let after = noon + late;
            assert_eq!(fired(&mut missed, [after, after + 1, after + MINUTE]), expected, "{line}");
        }
    }

    #[tokio::test]
    async fn it_never_runs_beside_itself() {
        let mut entry = entry("check every 10s", NOW);
        let Due::Now(slot_ms) = entry.due(NOW + 10_000) else { panic!("not due") };
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        entry.started(tokio::spawn(async move { drop(ended.await) }), slot_ms);
        assert_eq!(entry.due(slot_ms + 10_000), Due::In(0), "left out");
        assert_eq!(entry.due(slot_ms + 10_001), Due::In(9_999));
        drop(end);
        while !entry.run.as_ref().unwrap().is_finished() {
            tokio::task::yield_now().await;
        }
        assert_eq!(entry.due(slot_ms + 20_000), Due::Now(slot_ms + 20_000));
    }

    #[test]
    fn what_was_paused_or_changed_owes_nothing() {
        let mut entry = entry("check every 10s missed once", NOW);
        entry.pause(true, NOW);
        assert_eq!(entry.due(NOW + DAY), Due::Never);
        entry.pause(false, NOW + DAY);
        assert!(matches!(entry.due(NOW + DAY), Due::In(1..=10_000)));
        let hourly: ScheduleScope = "check every 1h missed once".parse().unwrap();
        entry.change(&hourly, NOW + 2 * DAY);
        assert!(matches!(entry.due(NOW + 2 * DAY), Due::In(1..=3_600_000)));
        entry.change(&hourly, NOW + 9 * DAY);
        assert!(matches!(entry.due(NOW + 9 * DAY), Due::Now(_)), "nothing has changed");
    }

    #[test]
    fn failures_are_told_ten_minutes_apart() {
        let told = Told::default();
        assert!(told.may_tell());
        told.tell();
        assert!(!told.may_tell());
    }
}
