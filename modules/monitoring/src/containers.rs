//! Containers as services: those that should run, because they did, or because Docker was told to keep them
//! running.

use umbrasil_sdk::HostError;
use umbrasil_sdk::docker;
use umbrasil_sdk::prelude::*;

use crate::alert::Alerts;
use crate::condition::{Reading, Subject};
use crate::sample::{Missing, Part, part};
use crate::state;

/// The most containers that are watched.
const MOST: usize = 60;
/// How many that have ended are looked at more closely in a round: the host gives 20 calls.
const INSPECTED: usize = 15;
/// What the last round watched. Only rounds write it, so that a button never collides with it.
const KEY: &str = "watched";

/// A container that is watched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Container {
    pub(crate) name: String,
    /// None where it is not known this time.
    pub(crate) reading: Option<Reading>,
}

/// All that are watched, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Containers {
    pub(crate) watched: Vec<Container>,
    /// How many there are that nobody looks at.
    pub(crate) more: usize,
}

/// The names of those that were watched, and whether an alert is open; by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Before(Vec<(String, bool)>);

/// What is known of a container from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Past {
    Unknown,
    Watched,
    /// With an open alert.
    Alerted,
}

/// What is to be thought of a container now.
#[derive(Debug, PartialEq)]
enum Sight {
    /// It does not run, and need not.
    NotWatched,
    /// Nobody could look.
    Unknown,
    Known(Reading),
}

impl Before {
    /// What the last round left.
    pub(crate) fn read() -> Result<Self> {
        Ok(Self(state::read(KEY)?.unwrap_or_default()))
    }

    /// Leaves it to the next round, if it has changed.
    pub(crate) fn follow(&self, now: &Containers, alerts: &Alerts) -> Result<()> {
        let open = |name: &str| alerts.alert(&Subject::Container(name.to_owned())).is_some();
        let next: Vec<(String, bool)> =
            now.watched.iter().map(|one| (one.name.clone(), open(&one.name))).collect();
        if next == self.0 { Ok(()) } else { state::keep(KEY, &next) }
    }

    fn of(&self, name: &str) -> Past {
        match self.0.iter().find(|(known, _)| known == name) {
            None => Past::Unknown,
            Some((_, false)) => Past::Watched,
            Some((_, true)) => Past::Alerted,
        }
    }
}

/// The containers that should run.
pub(crate) fn watched(before: &Before) -> Part<Containers> {
    let mut all = part(docker::list())?;
    // Inspected are first those that were watched, then those that failed.
    all.sort_by_cached_key(|one| {
        (before.of(&one.name) == Past::Unknown, exit_code(one) == Some(0), one.name.clone())
    });
    let mut inspections = INSPECTED;
    let (mut watched, mut more) = (Vec::new(), 0);
    for container in all {
        let past = before.of(&container.name);
        let sight = match container.state.as_str() {
            "running" if container.health == "unhealthy" => down("unhealthy"),
            "running" => Sight::Known(Reading::Up),
            "restarting" => down("it restarts again and again"),
            "exited" | "dead" if inspections > 0 => {
                inspections -= 1;
                ended(&container, part(docker::inspect(&container.name)), past)
            }
            "exited" | "dead" => {
                more += usize::from(past == Past::Unknown);
                ended(&container, Err(Missing::Silent), past)
            }
            "created" if past != Past::Unknown => down("made anew, and not started"),
            "removing" if past != Past::Unknown => Sight::Unknown,
            // Made and never started, or paused by somebody.
            _ => Sight::NotWatched,
        };
        let reading = match sight {
            Sight::NotWatched => continue,
            Sight::Unknown => None,
            Sight::Known(reading) => Some(reading),
        };
        watched.push(Container { name: container.name, reading });
    }
    // What is down stays when there are too many.
    watched.sort_by_key(|one| match one.reading {
        Some(Reading::Up) => 2,
        None => 1,
        Some(_) => 0,
    });
    more += watched.len().saturating_sub(MOST);
    watched.truncate(MOST);
    watched.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Containers { watched, more })
}

/// What is to be thought of one that has ended.
fn ended(container: &docker::Container, details: Part<docker::Details>, past: Past) -> Sight {
    let details = match (details, exit_code(container)) {
        (Ok(details), _) => details,
        // Nobody may look closer; but the list says enough of one that ran until now.
        (Err(_), Some(code)) if past != Past::Unknown && failed(code) => {
            return down(&format!("ended with {code}"));
        }
        (Err(Missing::Silent), _) if past != Past::Unknown => return Sight::Unknown,
        (Err(Missing::NotGranted), _) if past == Past::Alerted => return Sight::Unknown,
        (Err(_), _) => return Sight::NotWatched,
    };
    let (code, out_of_memory) = (details.exit_code, details.out_of_memory);
    // Of one without a policy it is meant that it ends: but not by itself while it is watched and fails, nor
    // while it is known to be down.
    let meant = match details.restart_policy.as_str() {
        "" | "no" => match past {
            Past::Unknown => true,
            Past::Watched => !out_of_memory && !failed(code),
            Past::Alerted => false,
        },
        "on-failure" => code == 0,
        _ => false,
    };
    if meant {
        return Sight::NotWatched;
    }
    let memory = if out_of_memory { ", out of memory" } else { "" };
    down(&format!("ended with {code}{memory}"))
}

/// Whether this is neither an end as it should be nor that of one which was stopped or killed.
fn failed(code: i64) -> bool {
    !matches!(code, 0 | 137 | 143)
}

/// As the list tells it: `Exited (1) 3 minutes ago`.
fn exit_code(container: &docker::Container) -> Option<i64> {
    container.status.strip_prefix("Exited (")?.split_once(')')?.0.parse().ok()
}

fn down(reason: &str) -> Sight {
    Sight::Known(Reading::Down(reason.to_owned()))
}

/// The names of all containers, for a choice.
pub(crate) fn names() -> Result<Vec<String>, HostError> {
    let mut names: Vec<String> =
        docker::list()?.into_iter().map(|container| container.name).collect();
    names.sort();
    Ok(names)
}

/// What stands in place of containers that nobody may see, or that are not there.
pub(crate) fn missing(missing: &Missing) -> &'static str {
    match missing {
        Missing::NotGranted => "not granted",
        Missing::Silent => "Docker does not answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(status: &str) -> docker::Container {
        docker::Container {
            id: "0123456789ab".to_owned(),
            name: "web".to_owned(),
            image: "web".to_owned(),
            state: "exited".to_owned(),
            status: status.to_owned(),
            health: String::new(),
            created: 0,
            ports: Vec::new(),
        }
    }

    #[test]
    fn one_that_cannot_be_inspected_is_not_forgotten() {
        let of = |status: &str, missing: Missing, past| ended(&listed(status), Err(missing), past);
        for past in [Past::Watched, Past::Alerted] {
            assert_eq!(of("Exited (1) 3 minutes ago", Missing::Silent, past), down("ended with 1"));
            assert_eq!(
                of("Exited (1) 3 minutes ago", Missing::NotGranted, past),
                down("ended with 1")
            );
            assert_eq!(of("Exited (0) 3 minutes ago", Missing::Silent, past), Sight::Unknown);
            assert_eq!(of("Dead", Missing::Silent, past), Sight::Unknown);
        }
        assert_eq!(
            of("Exited (137) 1 second ago", Missing::NotGranted, Past::Watched),
            Sight::NotWatched
        );
        assert_eq!(
            of("Exited (137) 1 second ago", Missing::NotGranted, Past::Alerted),
            Sight::Unknown
        );
        assert_eq!(
            of("Exited (1) 3 minutes ago", Missing::Silent, Past::Unknown),
            Sight::NotWatched
        );
    }
}
