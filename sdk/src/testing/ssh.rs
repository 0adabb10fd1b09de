//! Servers in memory: they answer the commands that the test has set, everything else is denied.

use std::collections::BTreeMap;

use super::Host;
use super::imports::{counted, running};
use crate::HostError;
use crate::bindings::umbrasil::module::ssh as wit;
use crate::ssh::{Ending, Output};

/// The templates that are listed, by target.
pub(crate) type Templates = BTreeMap<String, Vec<(String, wit::Effect)>>;

/// What servers answer, by target and words.
pub(crate) type Servers = BTreeMap<(String, Vec<String>), Result<Output, HostError>>;

/// Calls of an event, and targets of one call.
const CALLS: u32 = 10;
const TARGETS: usize = 16;

impl Host {
    /// Grants a command on a server, and sets what it answers. The words of `command` are separated by
    /// blanks. Commands that no test has set are denied.
    #[must_use]
    pub fn ssh(mut self, target: &str, command: &str, answer: Result<Output, HostError>) -> Self {
        let words = command.split_whitespace().map(str::to_owned).collect();
        self.world.servers.insert((target.to_owned(), words), answer);
        self
    }
}

impl Host {
    /// Sets the templates that [`ssh::commands`](crate::ssh::commands) lists for a server. What they answer
    /// is set with [`Host::ssh`].
    #[must_use]
    pub fn ssh_templates(mut self, target: &str, templates: &[(&str, wit::Effect)]) -> Self {
        let templates = templates.iter().map(|(text, effect)| ((*text).to_owned(), *effect));
        self.world.templates.insert(target.to_owned(), templates.collect());
        self
    }
}

pub(crate) fn targets() -> Result<Vec<String>, HostError> {
    counted();
    let mut targets: Vec<String> =
        running(|now| now.world.servers.keys().map(|(target, _)| target.clone()).collect());
    targets.dedup();
    Ok(targets)
}

pub(crate) fn commands(target: &str) -> Result<Vec<wit::Template>, HostError> {
    counted();
    running(|now| {
        if !now.world.servers.keys().any(|(known, _)| known == target) {
            return Err(HostError::Invalid(format!("there is no target `{target}`")));
        }
        let granted = now.world.templates.get(target).cloned().unwrap_or_default();
        let template = |(text, effect)| wit::Template { text, effect };
        Ok(granted.into_iter().map(template).collect())
    })
}

pub(crate) fn exec(target: &str, command: &[String]) -> Result<wit::Output, HostError> {
    counted();
    paid()?;
    answer(target, command)
}

pub(crate) fn exec_all(
    targets: &[String],
    command: &[String],
) -> Vec<Result<wit::Output, HostError>> {
    counted();
    let refused = match paid() {
        Err(error) => Some(error),
        Ok(()) if targets.len() > TARGETS => Some(HostError::TooLarge(TARGETS as u64)),
        Ok(()) => None,
    };
    let one = |target: &String| match &refused {
        Some(error) => Err(error.clone()),
        None => answer(target, command),
    };
    targets.iter().map(one).collect()
}

fn paid() -> Result<(), HostError> {
    let calls = running(|now| {
        now.ssh_calls += 1;
        now.ssh_calls
    });
    if calls > CALLS {
        return Err(HostError::Invalid(format!("at most {CALLS} calls of ssh an event")));
    }
    Ok(())
}

fn answer(target: &str, command: &[String]) -> Result<wit::Output, HostError> {
    let known =
        running(|now| now.world.servers.get(&(target.to_owned(), command.to_vec())).cloned());
    let denied = || HostError::Denied(format!("grant `ssh {target}: {}`", command.join(" ")));
    let Output { ending, stdout, stderr, truncated, duration } =
        known.unwrap_or_else(|| Err(denied()))?;
    let ending = match ending {
        Ending::Exited(status) => wit::Ending::Exited(status),
        Ending::Signalled(signal) => wit::Ending::Signalled(signal),
    };
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Ok(wit::Output { ending, stdout, stderr, truncated, duration_ms })
}
