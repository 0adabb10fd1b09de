//! What is wrong now, what was, and what is muted. Pure: findings go in, changes that people should read
//! come out.
//!
//! An alert is told once, when it begins, once more after an hour if nobody acknowledged it, and when it is
//! over. While it is muted nothing is told; when the mute ends, what is still wrong is.

use serde::{Deserialize, Serialize};

use crate::condition::{Level, Reading, Subject, Wrong};

/// Seconds after which an alert that nobody acknowledged is told once more.
const REMINDER: u64 = 3_600;
/// How many that are over are remembered.
const PAST: usize = 60;
/// How many messages are remembered of each: the buttons below them know what they are about.
const MESSAGES: usize = 8;

/// The numbers of the messages that an alert was told in, the newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Messages(Vec<u64>);

/// Something that is wrong. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alert {
    pub(crate) subject: Subject,
    pub(crate) reading: Reading,
    pub(crate) level: Level,
    pub(crate) since: u64,
    /// What its buttons carry. A record of old has none.
    #[serde(default)]
    pub(crate) messages: Messages,
    told_at: Option<u64>,
    reminded: bool,
    /// By whom.
    pub(crate) acknowledged: Option<String>,
}

/// Something that was wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Past {
    pub(crate) subject: Subject,
    /// The last bad one.
    pub(crate) reading: Reading,
    pub(crate) since: u64,
    pub(crate) until: u64,
    #[serde(default)]
    pub(crate) messages: Messages,
}

/// Silence for a subject, or for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mute {
    pub(crate) subject: Option<Subject>,
    pub(crate) until: u64,
}

/// All alerts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alerts {
    /// In the order in which they began.
    pub(crate) open: Vec<Alert>,
    /// The newest last.
    pub(crate) past: Vec<Past>,
    pub(crate) mutes: Vec<Mute>,
}

/// What was found of a subject in a round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) subject: Subject,
    /// None where it is not known this time: what was wrong stays so.
    pub(crate) reading: Option<Reading>,
    pub(crate) wrong: Option<Wrong>,
}

/// What people should read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// It began, or became worse, or is still so after a mute.
    Wrong(Subject),
    /// Nobody has acknowledged it for an hour.
    Reminder(Subject),
    /// It is over, with the reading that says so, after so many seconds.
    Over { subject: Subject, reading: Reading, seconds: u64 },
}

impl Alerts {
    /// Takes what was found in a round. A subject that is not among it is no longer watched.
    pub(crate) fn step(&mut self, findings: Vec<Finding>, now: u64) -> Vec<Change> {
        self.end_mutes(now);
        let gone = |alert: &Alert| findings.iter().all(|finding| finding.subject != alert.subject);
        let (gone, open) = std::mem::take(&mut self.open).into_iter().partition(gone);
        self.open = open;
        for alert in gone {
            self.remember(alert, now);
        }
        findings.into_iter().filter_map(|finding| self.take(finding, now)).collect()
    }

    fn take(&mut self, finding: Finding, now: u64) -> Option<Change> {
        let Finding { subject, reading, wrong } = finding;
        let muted = self.is_muted(&subject, now);
        let at = self.open.iter().position(|alert| alert.subject == subject);
        let Some(reading) = reading else {
            return at.and_then(|at| self.open.get_mut(at)?.tell(muted, now));
        };
        match (at, wrong) {
            (None, None) => None,
            (None, Some(Wrong { since, level })) => {
                let (told_at, messages) = (None, Messages::default());
                let (reminded, acknowledged) = (false, None);
                let mut alert = Alert {
                    subject,
                    reading,
                    level,
                    since,
                    messages,
                    told_at,
                    reminded,
                    acknowledged,
                };
                let change = alert.tell(muted, now);
                self.open.push(alert);
                change
            }
            (Some(at), Some(Wrong { level, .. })) => {
                let alert = self.open.get_mut(at)?;
                alert.reading = reading;
                if level > alert.level {
                    (alert.told_at, alert.reminded, alert.acknowledged) = (None, false, None);
                }
                alert.level = level;
                alert.tell(muted, now)
            }
            (Some(at), None) => {
                let alert = self.open.remove(at);
                let seconds = now.saturating_sub(alert.since);
                let told = alert.told_at.is_some() && !muted;
                self.remember(alert, now);
                told.then_some(Change::Over { subject, reading, seconds })
            }
        }
    }

    fn remember(&mut self, alert: Alert, now: u64) {
        let Alert { subject, reading, since, messages, .. } = alert;
        self.past.push(Past { subject, reading, since, until: now, messages });
        let over = self.past.len().saturating_sub(PAST);
        self.past.drain(..over);
    }

    /// Ends the mutes whose time is up: what they kept silent is news again, unless it was acknowledged.
    fn end_mutes(&mut self, now: u64) {
        let (over, mutes): (Vec<Mute>, Vec<Mute>) =
            std::mem::take(&mut self.mutes).into_iter().partition(|mute| mute.until <= now);
        self.mutes = mutes;
        for alert in &mut self.open {
            let kept_silent =
                |mute: &Mute| mute.subject.as_ref().is_none_or(|own| *own == alert.subject);
            if over.iter().any(kept_silent) && alert.acknowledged.is_none() {
                (alert.told_at, alert.reminded) = (None, false);
            }
        }
    }

    /// Notes that these were told in this message.
    pub(crate) fn told(&mut self, changes: &[Change], message: u64) {
        for alert in &mut self.open {
            let this = |change: &Change| match change {
                Change::Wrong(subject) | Change::Reminder(subject) => *subject == alert.subject,
                Change::Over { .. } => false,
            };
            if changes.iter().any(this) {
                alert.messages.add(message);
            }
        }
    }

    /// Notes that all that is not muted was told in this message.
    pub(crate) fn told_all(&mut self, message: u64, now: u64) {
        let mut open = std::mem::take(&mut self.open);
        for alert in open.iter_mut().filter(|alert| !self.is_muted(&alert.subject, now)) {
            alert.messages.add(message);
        }
        self.open = open;
    }

    /// What was told in this message, also what is over by now; nothing if that is no longer known.
    pub(crate) fn subjects(&self, message: u64) -> Vec<Subject> {
        let open = self.open.iter().map(|alert| (&alert.subject, &alert.messages));
        let past = self.past.iter().map(|past| (&past.subject, &past.messages));
        let told = open.chain(past).filter(|(_, messages)| messages.contains(message));
        let mut subjects: Vec<Subject> = told.map(|(subject, _)| subject.clone()).collect();
        subjects.sort();
        subjects.dedup();
        subjects
    }

    /// Until when this is muted.
    pub(crate) fn muted_until(&self, subject: &Subject, now: u64) -> Option<u64> {
        let covers = |mute: &&Mute| {
            mute.subject.as_ref().is_none_or(|own| own == subject) && mute.until > now
        };
        self.mutes.iter().filter(covers).map(|mute| mute.until).max()
    }

    fn is_muted(&self, subject: &Subject, now: u64) -> bool {
        self.muted_until(subject, now).is_some()
    }

    /// Until when all is muted.
    pub(crate) fn all_muted_until(&self, now: u64) -> Option<u64> {
        let all = |mute: &&Mute| mute.subject.is_none() && mute.until > now;
        self.mutes.iter().filter(all).map(|mute| mute.until).max()
    }

    /// Mutes a subject, or all.
    pub(crate) fn mute(&mut self, subject: Option<Subject>, until: u64) {
        self.mutes.retain(|mute| mute.subject != subject);
        self.mutes.push(Mute { subject, until });
    }

    /// Whether this is muted by itself, and not with all.
    pub(crate) fn has_own_mute(&self, subject: &Subject, now: u64) -> bool {
        self.mutes.iter().any(|mute| mute.subject.as_ref() == Some(subject) && mute.until > now)
    }

    /// Ends all mutes, or those of these subjects. What is open counts as told: whoever does this sees it.
    pub(crate) fn unmute(&mut self, subjects: Option<&[Subject]>, now: u64) {
        let ends = |subject: &Subject| subjects.is_none_or(|these| these.contains(subject));
        self.mutes.retain(|mute| match &mute.subject {
            Some(subject) => !ends(subject),
            None => subjects.is_some(),
        });
        for alert in self.open.iter_mut().filter(|alert| ends(&alert.subject)) {
            alert.told_at = Some(now);
        }
    }

    /// Notes that somebody knows of these, as if they had been told; gives how many that are.
    pub(crate) fn acknowledge(&mut self, message: Option<u64>, by: &str, now: u64) -> usize {
        let these =
            |alert: &&mut Alert| message.is_none_or(|message| alert.messages.contains(message));
        let mut count = 0;
        for alert in self.open.iter_mut().filter(these).filter(|alert| alert.acknowledged.is_none())
        {
            alert.acknowledged = Some(by.to_owned());
            alert.told_at.get_or_insert(now);
            count += 1;
        }
        count
    }

    pub(crate) fn alert(&self, subject: &Subject) -> Option<&Alert> {
        self.open.iter().find(|alert| alert.subject == *subject)
    }
}

impl Messages {
    fn add(&mut self, message: u64) {
        self.0.push(message);
        let over = self.0.len().saturating_sub(MESSAGES);
        self.0.drain(..over);
    }

    pub(crate) fn contains(&self, message: u64) -> bool {
        self.0.contains(&message)
    }
}

impl Alert {
    /// What is to be told of it, if it is not muted.
    fn tell(&mut self, muted: bool, now: u64) -> Option<Change> {
        if muted {
            return None;
        }
        let Some(told_at) = self.told_at else {
            self.told_at = Some(now);
            return Some(Change::Wrong(self.subject.clone()));
        };
        let waits = self.acknowledged.is_none() && !self.reminded;
        (waits && now.saturating_sub(told_at) >= REMINDER).then(|| {
            self.reminded = true;
            Change::Reminder(self.subject.clone())
        })
    }

    /// The line that says it.
    pub(crate) fn line(&self, now: u64) -> String {
        let words = self.reading.wrong(&self.subject, now.saturating_sub(self.since));
        let icon = match self.level {
            Level::Urgent => "🔴",
            Level::Warning => "🟡",
        };
        format!("{icon} {words}")
    }
}

#[cfg(test)]
mod tests;
