//! A Docker in memory: the containers that a test puts there, with every verb granted for them.

use std::collections::BTreeMap;

use super::Host;
use super::imports::{at_most, counted, invalid, running};
use crate::bindings::umbrasil::module::docker as wit;
use crate::bindings::umbrasil::module::types::Error;

/// The containers, and whether Docker works.
#[derive(Debug, Default)]
pub(crate) struct Daemon {
    containers: BTreeMap<String, Container>,
    fails: Option<Error>,
}

/// A container for a [`Host`]: it runs, uses nothing and has written nothing unless told otherwise.
#[derive(Debug, Clone)]
#[must_use]
pub struct Container {
    details: wit::Details,
    usage: wit::Usage,
    lines: Vec<wit::LogLine>,
    inspection_fails: Option<Error>,
}

impl Container {
    /// A container that runs.
    pub fn new(name: &str) -> Self {
        let container = wit::Container {
            id: "0123456789ab".to_owned(),
            name: name.to_owned(),
            image: format!("{name}:latest"),
            state: "running".to_owned(),
            status: "Up 3 hours".to_owned(),
            health: String::new(),
            created: 1_700_000_000,
            ports: Vec::new(),
        };
        let details = wit::Details {
            container,
            started: 1_700_000_000,
            finished: 0,
            exit_code: 0,
            out_of_memory: false,
            restarts: 0,
            restart_policy: "no".to_owned(),
            environment: Vec::new(),
            mounts: Vec::new(),
            networks: Vec::new(),
        };
        let usage = wit::Usage {
            cpu_percent: 0.0,
            memory_bytes: 0,
            memory_limit_bytes: 0,
            network_received_bytes: 0,
            network_sent_bytes: 0,
            disk_read_bytes: 0,
            disk_written_bytes: 0,
            processes: 1,
        };
        Self { details, usage, lines: Vec::new(), inspection_fails: None }
    }

    /// One that has ended, with this exit code.
    pub fn exited(mut self, code: i64) -> Self {
        self.details.exit_code = code;
        self.set("exited", &format!("Exited ({code}) 2 hours ago"));
        self
    }

    /// Changes what `list` and `inspect` tell.
    pub fn with(mut self, change: impl FnOnce(&mut wit::Details)) -> Self {
        change(&mut self.details);
        self
    }

    /// What `inspect` ends with; everything else works.
    pub fn inspection_fails(mut self, error: Error) -> Self {
        self.inspection_fails = Some(error);
        self
    }

    /// What `stats` tells.
    pub fn usage(mut self, usage: wit::Usage) -> Self {
        self.usage = usage;
        self
    }

    /// Writes a line to the standard output.
    pub fn log(self, text: &str) -> Self {
        self.line(false, text)
    }

    /// Writes a line to the standard error.
    pub fn complains(self, text: &str) -> Self {
        self.line(true, text)
    }

    fn line(mut self, stderr: bool, text: &str) -> Self {
        let unix_ms = 1_700_000_000_000 + 1_000 * self.lines.len() as u64;
        self.lines.push(wit::LogLine { stderr, unix_ms, text: text.to_owned() });
        self
    }

    fn set(&mut self, state: &str, status: &str) {
        state.clone_into(&mut self.details.container.state);
        status.clone_into(&mut self.details.container.status);
    }
}

impl Host {
    /// Puts a container there, and grants all verbs for it. Without any, every call is denied.
    #[must_use]
    pub fn container(mut self, container: Container) -> Self {
        let name = container.details.container.name.clone();
        self.world.docker.containers.insert(name, container);
        self
    }

    /// What every call of `docker` ends with from now on, such as `HostError::Unavailable`.
    pub fn docker_fails(&mut self, error: Error) -> &mut Self {
        self.world.docker.fails = Some(error);
        self
    }

    /// The state of a container, such as `running` or `exited`. Starting and stopping it is no part of the
    /// transaction: it stays, also when the handler fails.
    #[must_use]
    pub fn container_state(&self, name: &str) -> Option<&str> {
        let container = self.world.docker.containers.get(name)?;
        Some(&container.details.container.state)
    }
}

fn docker<T>(action: impl FnOnce(&mut Daemon) -> Result<T, Error>) -> Result<T, Error> {
    counted();
    running(|now| match &now.world.docker.fails {
        Some(error) => Err(error.clone()),
        None => action(&mut now.world.docker),
    })
}

fn one<T>(verb: &str, name: &str, action: impl FnOnce(&mut Container) -> T) -> Result<T, Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !first || name.len() > 128 || !name.bytes().all(allowed) {
        counted();
        return invalid(format!("`{}` is no name of a container", name.escape_debug()));
    }
    docker(|daemon| match daemon.containers.get_mut(name) {
        Some(container) => Ok(action(container)),
        None => Err(Error::Denied(format!("grant `docker {verb} {name}`"))),
    })
}

pub(crate) fn list() -> Result<Vec<wit::Container>, Error> {
    docker(|daemon| {
        if daemon.containers.is_empty() {
            return Err(Error::Denied("grant `docker list *`".to_owned()));
        }
        Ok(daemon.containers.values().map(|one| one.details.container.clone()).collect())
    })
}

pub(crate) fn inspect(name: &str) -> Result<wit::Details, Error> {
    one("inspect", name, |container| match &container.inspection_fails {
        Some(error) => Err(error.clone()),
        None => Ok(container.details.clone()),
    })?
}

pub(crate) fn logs(name: &str, lines: u32, filter: &str) -> Result<Vec<wit::LogLine>, Error> {
    at_most(256, filter.len())?;
    one("logs", name, |container| {
        let all = &container.lines;
        let last = all.iter().skip(all.len().saturating_sub(200));
        let mut found: Vec<wit::LogLine> =
            last.filter(|line| line.text.contains(filter)).cloned().collect();
        found.drain(..found.len().saturating_sub(lines.min(200) as usize));
        found
    })
}

pub(crate) fn stats(name: &str) -> Result<wit::Usage, Error> {
    one("stats", name, |container| container.usage)
}

pub(crate) fn start(name: &str) -> Result<(), Error> {
    one("start", name, |container| container.set("running", "Up 1 second"))
}

pub(crate) fn stop(name: &str) -> Result<(), Error> {
    one("stop", name, |container| container.set("exited", "Exited (0) 1 second ago"))
}

pub(crate) fn restart(name: &str) -> Result<(), Error> {
    one("restart", name, |container| container.set("running", "Up 1 second"))
}
