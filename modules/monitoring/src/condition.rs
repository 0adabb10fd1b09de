//! When something counts as wrong: thresholds with a duration and hysteresis, two failures in a row, days
//! that a certificate has left. Pure: readings go in, a verdict comes out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::{duration, percent};

/// Points below the limit at which something is well again.
const HYSTERESIS: f64 = 5.0;
/// Failed checks in a row that make a service down.
const FAILURES: u32 = 2;
/// Days that a certificate has left when it is warned of, and when that is urgent.
const WARNING_DAYS: i64 = 14;
const URGENT_DAYS: i64 = 3;

/// What is watched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Subject {
    Cpu,
    Memory,
    /// By where it is mounted.
    Disk(String),
    Service(String),
    Docker,
    Container(String),
    /// The certificate of a service.
    Certificate(String),
}

/// What was seen of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Reading {
    /// Percent, the limit (100 is none), and how many samples in a row must be over it.
    Share {
        percent: f64,
        limit: u8,
        samples: u32,
    },
    Up,
    /// And why.
    Down(String),
    /// Until a certificate ends.
    Days(i64),
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Level {
    Warning,
    Urgent,
}

/// What is wrong, and since when in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) since: u64,
    pub(crate) level: Level,
}

/// What is remembered of a subject between two readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Detector {
    pub(crate) subject: Subject,
    /// Bad readings in a row.
    count: u32,
    /// When the first of them was.
    first: u64,
    pub(crate) wrong: bool,
}

impl Detector {
    pub(crate) fn new(subject: Subject) -> Self {
        Self { subject, count: 0, first: 0, wrong: false }
    }

    /// Forgets what was bad but not yet wrong: too long ago to be in a row with what comes.
    pub(crate) fn interrupted(&mut self) {
        if !self.wrong {
            self.count = 0;
        }
    }

    /// Since when it fails, also if not often enough to be wrong.
    pub(crate) fn failing_since(&self) -> Option<u64> {
        (self.count > 0).then_some(self.first)
    }

    /// Takes a reading at `now`.
    pub(crate) fn observe(&mut self, reading: &Reading, now: u64) -> Option<Wrong> {
        let (bad, needed) = match reading {
            Reading::Share { percent, limit, samples } => {
                let least = f64::from(*limit) - if self.wrong { HYSTERESIS } else { 0.0 };
                // Once it is wrong, it stays so until it is well below. A limit of 100 is none.
                let over = if self.wrong { *percent > least } else { *percent >= least };
                let bad = over && *limit < 100;
                (bad, *samples)
            }
            Reading::Up => (false, FAILURES),
            Reading::Down(_) => (true, FAILURES),
            Reading::Days(days) => (*days <= WARNING_DAYS, 1),
        };
        if !bad {
            (self.count, self.wrong) = (0, false);
            return None;
        }
        if self.count == 0 {
            self.first = now;
        }
        self.count = self.count.saturating_add(1);
        self.wrong |= self.count >= needed;
        let level = match reading {
            Reading::Days(days) if *days > URGENT_DAYS => Level::Warning,
            _ => Level::Urgent,
        };
        self.wrong.then_some(Wrong { since: self.first, level })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("CPU"),
            Self::Memory => f.write_str("Memory"),
            Self::Disk(mount) => write!(f, "Disk {mount}"),
            Self::Service(name) => f.write_str(name),
            Self::Docker => f.write_str("Docker"),
            Self::Container(name) => write!(f, "Container {name}"),
            Self::Certificate(name) => write!(f, "Certificate of {name}"),
        }
    }
}

impl Reading {
    /// What is wrong with the subject, for so many seconds: `CPU at 93 % for 3 min (limit 80 %)`.
    pub(crate) fn wrong(&self, subject: &Subject, seconds: u64) -> String {
        let lasting = match seconds {
            0..60 => String::new(),
            _ => format!(" for {}", duration(seconds)),
        };
        match self {
            Self::Share { percent: value, limit, .. } => {
                format!("{subject} at {}{lasting} (limit {limit} %)", percent(*value))
            }
            Self::Up => format!("{subject} was down{lasting}"),
            Self::Down(reason) => format!("{subject} is down{lasting}: {reason}"),
            Self::Days(days) => format!("{subject} {}", ends(*days)),
        }
    }

    /// That it is well again: `CPU is back to 41 % (was high for 12 min)`.
    pub(crate) fn well(&self, subject: &Subject, seconds: u64) -> String {
        let lasted = duration(seconds);
        match self {
            Self::Share { percent: value, .. } => {
                format!("{subject} is back to {} (was high for {lasted})", percent(*value))
            }
            Self::Up | Self::Down(_) => format!("{subject} is up again (was down for {lasted})"),
            Self::Days(days) => format!("{subject} was renewed: {days} d left"),
        }
    }

    /// The few words for a list of what is over: `93 %`, `down: 503`.
    pub(crate) fn short(&self) -> String {
        match self {
            Self::Share { percent: value, .. } => percent(*value),
            Self::Up => "up".to_owned(),
            Self::Down(reason) => format!("down: {reason}"),
            Self::Days(days) => ends(*days),
        }
    }
}

fn ends(days: i64) -> String {
    match days {
        ..0 => "has expired".to_owned(),
        0 => "expires today".to_owned(),
        _ => format!("expires in {days} d"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn share(percent: f64) -> Reading {
        Reading::Share { percent, limit: 80, samples: 3 }
    }

    /// At which of these readings, a minute apart, something is wrong.
    fn verdicts(readings: impl IntoIterator<Item = Reading>) -> String {
        let mut detector = Detector::new(Subject::Cpu);
        let observed = readings.into_iter().zip(1_u64..).map(|(reading, minute)| {
            detector
                .observe(&reading, minute * 60)
                .map_or('.', |wrong| if wrong.level == Level::Urgent { '!' } else { 'w' })
        });
        observed.collect()
    }

    #[test]
    fn a_share_is_wrong_after_three_samples_until_it_is_well_below() {
        let shares = |all: &[f64]| verdicts(all.iter().map(|value| share(*value)));
        assert_eq!(shares(&[79.9, 80.0, 80.0, 80.0, 76.0, 79.0, 75.1, 75.0, 79.9]), "...!!!!..");
        assert_eq!(shares(&[90.0, 90.0, 79.0, 90.0, 90.0, 90.0]), ".....!", "in a row");
        assert_eq!(shares(&[f64::NAN; 5]), ".....");
    }

    #[test]
    fn limits_of_nothing_and_of_all() {
        let of = |limit, percent| Reading::Share { percent, limit, samples: 1 };
        assert_eq!(
            verdicts([of(0, 0.0), of(99, 95.0), of(99, 94.0), of(99, 99.0)]),
            "!!.!",
            "the limit may change"
        );
        assert_eq!(verdicts([of(99, 100.0), of(100, 100.0), of(100, 100.0)]), "!..", "100 is none");
    }

    #[test]
    fn two_failures_are_down_and_one_success_is_up() {
        let down = || Reading::Down("503".to_owned());
        assert_eq!(
            verdicts([down(), Reading::Up, down(), down(), down(), Reading::Up, down()]),
            "...!!.."
        );
    }

    #[test]
    fn certificates_are_warned_of_twice() {
        let days = [90, 15, 14, 13, 4, 3, 0, -1, 89];
        assert_eq!(verdicts(days.map(Reading::Days)), "..www!!!.");
    }

    #[test]
    fn a_pause_breaks_a_row_but_heals_nothing() {
        let mut detector = Detector::new(Subject::Cpu);
        detector.observe(&share(90.0), 60);
        detector.observe(&share(90.0), 120);
        detector.interrupted();
        assert_eq!(detector.observe(&share(90.0), 9_000), None);
        detector.observe(&share(90.0), 9_060);
        let wrong = detector.observe(&share(90.0), 9_120);
        assert_eq!(wrong.map(|wrong| wrong.since), Some(9_000));
        detector.interrupted();
        assert_eq!(detector.observe(&share(79.0), 20_000).map(|wrong| wrong.since), Some(9_000));
    }

    #[test]
    fn it_is_said_in_words() {
        let cpu = Subject::Cpu;
        assert_eq!(share(93.2).wrong(&cpu, 180), "CPU at 93 % for 3 min (limit 80 %)");
        assert_eq!(share(93.2).wrong(&cpu, 59), "CPU at 93 % (limit 80 %)");
        assert_eq!(share(41.0).well(&cpu, 720), "CPU is back to 41 % (was high for 12 min)");
        let shop = Subject::Service("shop".to_owned());
        assert_eq!(
            Reading::Down("answers 503".to_owned()).wrong(&shop, 120),
            "shop is down for 2 min: answers 503"
        );
        assert_eq!(Reading::Up.well(&shop, 120), "shop is up again (was down for 2 min)");
        let certificate = Subject::Certificate("shop".to_owned());
        assert_eq!(Reading::Days(13).wrong(&certificate, 0), "Certificate of shop expires in 13 d");
        assert_eq!(Reading::Days(-2).wrong(&certificate, 0), "Certificate of shop has expired");
    }

    proptest! {
        /// Whatever is read: wrong only after enough bad readings, well again only below the hysteresis.
        #[test]
        fn wrong_is_never_early_and_well_is_never_early(
            limit in 0_u8..=100,
            samples in 1_u32..5,
            values in proptest::collection::vec(0.0_f64..=100.0, 1..60),
        ) {
            let mut detector = Detector::new(Subject::Memory);
            let (mut row, mut was_wrong) = (0, false);
            for (index, percent) in values.into_iter().enumerate() {
                let is_wrong = detector.observe(&Reading::Share { percent, limit, samples }, index as u64).is_some();
                row = if percent >= f64::from(limit) { row + 1 } else { 0 };
                if is_wrong && !was_wrong {
                    prop_assert!(row >= samples);
                }
                if was_wrong && !is_wrong {
                    prop_assert!(percent <= f64::from(limit) - HYSTERESIS);
                }
                if row >= samples {
                    prop_assert_eq!(is_wrong, limit < 100);
                }
                was_wrong = is_wrong;
            }
        }
    }
}
