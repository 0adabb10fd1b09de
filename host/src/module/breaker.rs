//! The circuit breaker: a module that only fails is paused, longer each time, and tried again with one event.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures and questions are counted over this.
const WINDOW: Duration = Duration::from_mins(5);
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(30);
/// Refused questions within [`WINDOW`] that pause a module.
const QUESTIONS: usize = 10;
/// How long the one event that is let through has to end.
const TRIAL: Duration = Duration::from_mins(2);
/// The owner hears of the same thing this often at most.
const QUIET: Duration = Duration::from_mins(10);

/// Which modules are paused, and why.
#[derive(Default)]
pub(crate) struct Breaker(Mutex<HashMap<Arc<str>, State>>);

#[derive(Default)]
struct State {
    failures: VecDeque<Instant>,
    questions: VecDeque<Instant>,
    told_of_questions: Option<Instant>,
    paused: Paused,
    /// The last pause that the breaker made; it doubles until the module answers well.
    pause: Duration,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Paused {
    #[default]
    No,
    Until(Instant),
    /// One event was let through then, to see.
    Trying(Instant),
    /// Until an owner says otherwise: because one has said so, or because it asked too much.
    ByOwner,
    ForAsking,
}

impl Paused {
    /// Whether only an owner ends it.
    fn is_for_owner(self) -> bool {
        matches!(self, Self::ByOwner | Self::ForAsking)
    }
}

impl Breaker {
    /// Why the module does not answer now, as the end of a sentence about it; none if it does.
    pub(crate) fn refuses(&self, module: &str) -> Option<String> {
        let mut states = self.lock();
        let state = states.get_mut(module)?;
        match state.paused {
            Paused::No => None,
            Paused::ByOwner => Some("is paused by an owner.".to_owned()),
            Paused::ForAsking => Some(
                "is paused because it asked for too many confirmations. An owner can resume it."
                    .to_owned(),
            ),
            // Nobody has heard of the trial: it was broken off.
            Paused::Trying(since) if since.elapsed() > TRIAL => {
                state.paused = Paused::Trying(Instant::now());
                None
            }
            Paused::Trying(_) => Some("kept failing; it is just being tried again.".to_owned()),
            Paused::Until(until) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    state.paused = Paused::Trying(Instant::now());
                    return None;
                }
                Some(format!(
                    "is paused because it kept failing. It is tried again in {} s.",
                    left.as_secs() + 1
                ))
            }
        }
    }

    /// Whether the module is paused, and how, without trying it.
    pub(crate) fn is_paused(&self, module: &str) -> bool {
        self.lock().get(module).is_some_and(|state| state.paused != Paused::No)
    }

    pub(crate) fn succeeded(&self, module: &str) {
        if let Some(state) = self.lock().get_mut(module)
            && !state.paused.is_for_owner()
        {
            (state.paused, state.pause) = (Paused::No, Duration::ZERO);
            state.failures.clear();
        }
    }

    /// Counts a failure; returns for how long the module is paused if this was one too many.
    pub(crate) fn failed(&self, module: &str, limit: u32) -> Option<Duration> {
        let mut states = self.lock();
        let state = states.entry(module.into()).or_default();
        let now = Instant::now();
        recent(&mut state.failures, now);
        state.failures.push_back(now);
        let trying = matches!(state.paused, Paused::Trying(_));
        let many = state.failures.len() >= usize::try_from(limit).unwrap_or(usize::MAX).max(1);
        if state.paused.is_for_owner() || !(trying || many) {
            return None;
        }
        if matches!(state.paused, Paused::Until(_)) {
            return None;
        }
        state.pause = (state.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        state.paused = Paused::Until(now + state.pause);
        state.failures.clear();
        // The owner was told when it began.
        (!trying).then_some(state.pause)
    }

    /// Counts a question that was not passed on. Some if the owner is to hear of it: whether the module is
    /// paused now.
    pub(crate) fn asked_too_much(&self, module: &str) -> Option<bool> {
        let mut states = self.lock();
        let state = states.entry(module.into()).or_default();
        let now = Instant::now();
        recent(&mut state.questions, now);
        state.questions.push_back(now);
        if state.questions.len() >= QUESTIONS && !state.paused.is_for_owner() {
            state.paused = Paused::ForAsking;
            state.questions.clear();
            return Some(true);
        }
        let told = state.told_of_questions.is_some_and(|told| now.duration_since(told) < QUIET);
        state.told_of_questions = Some(now);
        (!told).then_some(false)
    }

    /// Pauses the module until an owner resumes it.
    pub(crate) fn pause(&self, module: &str) {
        self.lock().entry(module.into()).or_default().paused = Paused::ByOwner;
    }

    /// Forgets everything bad about a module: an owner says so, or other bytes took its place.
    pub(crate) fn resume(&self, module: &str) {
        self.lock().remove(module);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn recent(times: &mut VecDeque<Instant>, now: Instant) {
    while times.front().is_some_and(|first| now.duration_since(*first) > WINDOW) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILURES: u32 = 5;

    #[test]
    fn the_fifth_failure_pauses_and_a_success_forgives() {
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            assert_eq!(breaker.failed("m", FAILURES), None);
        }
        breaker.succeeded("m");
        for _ in 1..FAILURES {
            assert_eq!(breaker.failed("m", FAILURES), None);
        }
        assert_eq!(breaker.failed("m", FAILURES), Some(FIRST_PAUSE));
        assert!(breaker.refuses("m").is_some() && breaker.refuses("other").is_none());
        breaker.resume("m");
        assert!(breaker.refuses("m").is_none());
    }

    #[test]
    fn a_trial_that_fails_doubles_the_pause_and_is_not_told_again() {
        let breaker = Breaker::default();
        let paused: Vec<_> = (0..FAILURES).filter_map(|_| breaker.failed("m", FAILURES)).collect();
        assert_eq!(paused, [FIRST_PAUSE]);
        breaker.lock().get_mut("m").unwrap().paused = Paused::Until(Instant::now());
        assert_eq!(breaker.refuses("m"), None, "one event is let through");
        assert!(breaker.refuses("m").is_some(), "and only one");
        assert_eq!(breaker.failed("m", FAILURES), None);
        assert_eq!(breaker.lock().get("m").unwrap().pause, 2 * FIRST_PAUSE);
    }

    #[test]
    fn a_flood_of_questions_pauses_until_an_owner_resumes() {
        let breaker = Breaker::default();
        assert_eq!(breaker.asked_too_much("m"), Some(false));
        for _ in 2..QUESTIONS {
            assert_eq!(breaker.asked_too_much("m"), None, "told once");
        }
        assert_eq!(breaker.asked_too_much("m"), Some(true));
        breaker.succeeded("m");
        assert!(breaker.is_paused("m"));
    }
}
