//! How much is said: all that changes in a round is one message, and when there would be more than five
//! messages in ten minutes, one summary every ten minutes until it is calm. Pure.

use serde::{Deserialize, Serialize};

/// Seconds between summaries, and that messages are counted over.
pub(crate) const PERIOD: u64 = 600;
/// Messages in that time, above which it is a storm.
const MESSAGES: usize = 5;

/// What was said lately. Times are seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notices {
    #[serde(default)]
    lately: Vec<Sent>,
    storm: Option<Storm>,
}

/// A message, and what it told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    at: u64,
    raised: usize,
    over: usize,
}

/// What happened since the last summary.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Storm {
    pub(crate) since: u64,
    /// Rounds that would have been messages.
    messages: usize,
    pub(crate) raised: usize,
    pub(crate) over: usize,
}

/// What to do with the changes of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Say {
    Nothing,
    /// Say the changes.
    Changes,
    /// Say how many there were, and what is open; and that it is the first, or the last, summary.
    Summary {
        storm: Storm,
        first: bool,
        last: bool,
    },
}

impl Notices {
    /// Decides for a round with so many new alerts, and so many that are over.
    pub(crate) fn decide(&mut self, raised: usize, over: usize, now: u64) -> Say {
        let changed = raised + over > 0;
        if let Some(storm) = &mut self.storm {
            storm.raised += raised;
            storm.over += over;
            storm.messages += usize::from(changed);
            // A clock that was set back must not keep it silent for long.
            if (storm.since..storm.since + PERIOD).contains(&now) {
                return Say::Nothing;
            }
            let last = storm.messages <= MESSAGES;
            let told = std::mem::take(storm);
            storm.since = now;
            if last {
                self.storm = None;
                // It counts as a message; what it told is counted already.
                self.lately = vec![Sent { at: now, raised: 0, over: 0 }];
            }
            // Calm since the last summary: that said it all.
            return if told.messages == 0 {
                Say::Nothing
            } else {
                Say::Summary { storm: told, first: false, last }
            };
        }
        if !changed {
            return Say::Nothing;
        }
        self.lately.retain(|sent| (now.saturating_sub(PERIOD) + 1..=now).contains(&sent.at));
        let this = Sent { at: now, raised, over };
        if self.lately.len() < MESSAGES {
            self.lately.push(this);
            return Say::Changes;
        }
        // The first summary is of all that made it a storm.
        let mut all = std::mem::take(&mut self.lately);
        all.push(this);
        let storm = Storm {
            since: all.first().map_or(now, |sent| sent.at),
            messages: 1,
            raised: all.iter().map(|sent| sent.raised).sum(),
            over: all.iter().map(|sent| sent.over).sum(),
        };
        self.storm = Some(Storm { since: now, ..Storm::default() });
        Say::Summary { storm, first: true, last: false }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is said in rounds a minute apart, of which these have changes.
    fn said(changes: impl IntoIterator<Item = bool>) -> String {
        let mut notices = Notices::default();
        let rounds = changes.into_iter().zip(1_u64..);
        let said = rounds.map(|(changed, minute)| {
            match notices.decide(usize::from(changed), 0, minute * 60) {
                Say::Nothing => '.',
                Say::Changes => 'c',
                Say::Summary { first: true, .. } => 'F',
                Say::Summary { last: true, .. } => 'L',
                Say::Summary { .. } => 'S',
            }
        });
        said.collect()
    }

    #[test]
    fn five_messages_are_sent_and_then_there_are_summaries() {
        assert_eq!(said([true; 27]), "cccccF.........S.........S.");
    }

    #[test]
    fn a_storm_ends_when_it_is_calm() {
        let rounds = |text: &str| said(text.chars().map(|c| c == 'x'));
        assert_eq!(rounds("xxxxxxxx.................x"), "cccccF.........L.........c");
        assert_eq!(
            rounds("xxxxxx...................x"),
            "cccccF...................c",
            "nothing new to say"
        );
        assert_eq!(rounds("x..x..x..x..x..x"), "c..c..c..c..c..c", "slow enough");
    }

    #[test]
    fn a_summary_counts_what_was_held_back() {
        let mut notices = Notices::default();
        for minute in 1..=5 {
            assert_eq!(notices.decide(1, 0, minute * 60), Say::Changes);
        }
        let Say::Summary { storm, first: true, .. } = notices.decide(2, 1, 360) else {
            panic!("the first summary")
        };
        assert_eq!(
            (storm.since, storm.raised, storm.over),
            (60, 7, 1),
            "also what was told singly"
        );
        for minute in 7..=15 {
            assert_eq!(notices.decide(2, 1, minute * 60), Say::Nothing);
        }
        let Say::Summary { storm, .. } = notices.decide(0, 4, 960) else { panic!("a summary") };
        assert_eq!((storm.since, storm.raised, storm.over), (360, 18, 13));
    }

    proptest! {
        #[test]
        fn never_more_than_six_messages_in_ten_minutes(
            changes in proptest::collection::vec(any::<bool>(), 0..200),
        ) {
            let said: Vec<char> = said(changes).chars().collect();
            for window in said.windows(10) {
                let count = window.iter().filter(|c| **c != '.').count();
                prop_assert!(count <= 6, "{said:?}");
            }
        }

        /// However the clock jumps, nothing breaks, and a change that comes late enough is told.
        #[test]
        fn a_jumping_clock_silences_nothing(times in proptest::collection::vec(0_u64..100_000, 0..50)) {
            let mut notices = Notices::default();
            for time in times {
                notices.decide(1, 0, time);
            }
            prop_assert_ne!(notices.decide(1, 0, 200_000), Say::Nothing);
        }
    }
}
