//! Containers as services: those that should run, because they do or because Docker was told to keep them
//! running.

use umbrasil_sdk::HostError;
use umbrasil_sdk::docker;
use umbrasil_sdk::prelude::*;

use crate::condition::Reading;
use crate::sample::{Missing, Part, part};

/// The most containers that are watched.
const MOST: usize = 60;
/// How many that have ended are looked at more closely in a round: the host gives 20 calls.
const INSPECTED: usize = 15;

/// A container that is watched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) reading: Reading,
    /// In Docker's words, such as `Up 3 hours (healthy)`.
    pub(crate) status: String,
}

/// The containers that should run, by name.
pub(crate) fn watched() -> Part<Vec<Container>> {
    let mut all = part(docker::list())?;
    all.sort_by(|one, other| one.name.cmp(&other.name));
    let mut inspections = INSPECTED;
    let mut watched = Vec::new();
    for container in all {
        let reading = match container.state.as_str() {
            "running" if container.health == "unhealthy" => {
                Some(Reading::Down("unhealthy".to_owned()))
            }
            "running" => Some(Reading::Up),
            "restarting" => Some(Reading::Down("it restarts again and again".to_owned())),
            "exited" | "dead" if inspections > 0 => {
                inspections -= 1;
                ended(&container)
            }
            // Made and never started, or paused by somebody.
            _ => None,
        };
        if let Some(reading) = reading {
            watched.push(Container { name: container.name, reading, status: container.status });
        }
    }
    watched.truncate(MOST);
    Ok(watched)
}

/// Down, if Docker was told to keep it running; of the others it is meant that they end.
fn ended(container: &docker::Container) -> Option<Reading> {
    let details = docker::inspect(&container.name).ok()?;
    let policy = details.restart_policy.as_str();
    let meant = matches!(policy, "" | "no") || (policy == "on-failure" && details.exit_code == 0);
    let memory = if details.out_of_memory { ", out of memory" } else { "" };
    (!meant).then(|| Reading::Down(format!("ended with {}{memory}", details.exit_code)))
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
