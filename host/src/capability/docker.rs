//! `umbrasil:module/docker`: containers, by verb and name.
//!
//! A name is what was granted, so a name is all that counts: it is looked up once, what it means is checked
//! (not an id, not the host itself), and what is done is done to the id that was found.

mod daemon;
mod logs;
mod own;
mod records;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bollard::models::ContainerInspectResponse;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use self::daemon::{Daemon, Fault};
use self::logs::{LINES, Tail};
use self::own::Own;
use super::permit::Running;
use super::{Error, Scoped};
use crate::bindings::umbrasil::module::docker as wit;
use crate::config::DockerHost;
use crate::grant::{Call, Container, Scope, Verb, What};
use crate::permission::{Judgement, Permissions};

/// Calls an event.
const CALLS: u32 = 20;
/// The time for one call.
const CALL: Duration = Duration::from_secs(10);
/// Stopping takes as long as the container is given to stop, on top, up to this in all.
const LONGEST: Duration = Duration::from_secs(25);
/// What Docker gives a container that says nothing else, in seconds.
const GRACE: i64 = 10;
/// Bytes of a filter.
const FILTER: usize = 256;

/// What all events share.
#[derive(Default)]
pub(crate) struct Service {
    daemon: Daemon,
    own: Own,
}

/// What one event uses.
pub(crate) struct Docker {
    service: Arc<Service>,
    calls_left: u32,
}

/// A container that was looked up.
struct Found {
    id: String,
    inspected: ContainerInspectResponse,
}

/// A call that is allowed, what it is for, and a place among the calls that the daemon has at once.
struct Begun {
    running: Running,
    found: Found,
    name: String,
    until: Instant,
    _place: OwnedSemaphorePermit,
}

impl Service {
    pub(crate) fn new(host: DockerHost) -> Self {
        if matches!(host, DockerHost::Tcp { exposed: true, .. }) {
            tracing::warn!(
                "DOCKER_HOST has no TLS: whoever can reach that daemon, or listen on the way, owns its machine"
            );
        }
        Self { daemon: Daemon::new(host), own: Own::find() }
    }

    /// The container of this name; an id, or the beginning of one, is no name.
    async fn find(&self, name: &str, until: Instant) -> Result<Found, Fault> {
        let inspected = self.daemon.inspect(name, until).await?;
        let called = inspected.name.as_deref().unwrap_or_default();
        match &inspected.id {
            Some(id) if called.strip_prefix('/').unwrap_or(called) == name => {
                Ok(Found { id: id.clone(), inspected })
            }
            _ => Err(Fault::Status(404)),
        }
    }

    async fn place_and_find(
        &self,
        name: &str,
        until: Instant,
    ) -> Result<(OwnedSemaphorePermit, Found), Fault> {
        Ok((self.daemon.place(until).await?, self.find(name, until).await?))
    }
}

impl Docker {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service, calls_left: CALLS }
    }
}

impl Found {
    fn labels(&self) -> BTreeMap<String, String> {
        let labels = self.inspected.config.as_ref().and_then(|config| config.labels.clone());
        labels.unwrap_or_default().into_iter().collect()
    }

    /// How long the container may take to stop.
    fn grace(&self) -> Duration {
        let given = self.inspected.config.as_ref().and_then(|config| config.stop_timeout);
        // Below zero it may take for ever.
        Duration::from_secs(u64::try_from(given.unwrap_or(GRACE)).unwrap_or(u64::MAX))
    }
}

impl Scoped<'_, Docker> {
    fn pay(&mut self) -> Result<(), Error> {
        self.meter.call()?;
        let left = self.own.calls_left.checked_sub(1);
        self.own.calls_left =
            left.ok_or_else(|| Error::Invalid(format!("at most {CALLS} Docker calls an event")))?;
        Ok(())
    }

    /// Checks a call for one container and looks that up. Nothing is sent before the name alone is granted,
    /// unless labels may make the difference.
    async fn begin(&mut self, verb: Verb, name: &str) -> Result<Begun, Error> {
        let container =
            Container::parse(name).map_err(|error| Error::Invalid(error.to_string()))?;
        let service = Arc::clone(&self.own.service);
        let until = Instant::now() + CALL;
        let mut call = Call::Docker { verb, container: Some(container) };
        let mut known = None;
        if labels_matter(&self.guard.permissions(), verb, &call) {
            match service.place_and_find(name, until).await {
                Ok((place, found)) => {
                    let labels = Some(found.labels());
                    let container = Container { name: name.to_owned(), labels };
                    call = Call::Docker { verb, container: Some(container) };
                    known = Some((place, found));
                }
                // Whether there is such a container is nothing for whom it was not granted to.
                Err(Fault::Status(404)) => {}
                Err(fault) => return Err(fault.into_error(name)),
            }
        }
        let running = self.guard.authorise(call, "")?.begin().await?;
        let call = running.permit().call.clone();
        let Call::Docker { container: Some(Container { name, .. }), .. } = &call else {
            return Err(Error::Invalid("this is about no container".to_owned()));
        };
        let known = match known {
            Some(known) => Ok(known),
            None => service.place_and_find(name, until).await,
        };
        let (place, found) = match known {
            Ok(known) => known,
            Err(fault) => {
                running.end(&fault.outcome(), 0).await;
                return Err(fault.into_error(name));
            }
        };
        if matches!(verb, Verb::Stop | Verb::Restart) && service.own.is(&found.id) {
            running.end("not done: it is the host's own container", 0).await;
            let remedy =
                "the host itself runs in this container, and is not stopped from inside".to_owned();
            return Err(self.guard.deny(&call, "the host's own container", remedy)?);
        }
        Ok(Begun { running, found, name: name.clone(), until, _place: place })
    }

    async fn change(&mut self, verb: Verb, name: &str) -> Result<(), Error> {
        self.pay()?;
        let Begun { running, found, name, until, _place } = self.begin(verb, name).await?;
        let until = match verb {
            Verb::Start => until,
            _ => until + found.grace().min(LONGEST.saturating_sub(CALL)),
        };
        match self.own.service.daemon.change(verb, &found.id, until).await {
            Err(fault) if !fault.is_certain() => {
                running.unknown(&fault.outcome());
                let (word, outcome) = (verb.word(), fault.outcome());
                Err(Error::Unknown(format!("docker {word} {name}: {outcome}; look at its state")))
            }
            result => conclude(running, &name, result, |()| 0).await,
        }
    }
}

impl wit::Host for Scoped<'_, Docker> {
    async fn list(&mut self) -> Result<Vec<wit::Container>, Error> {
        self.pay()?;
        let call = Call::Docker { verb: Verb::List, container: None };
        let running = self.guard.authorise(call, "")?.begin().await?;
        let (daemon, until) = (&self.own.service.daemon, Instant::now() + CALL);
        let summaries = match daemon.place(until).await {
            Ok(_place) => daemon.list(None, until).await,
            Err(fault) => Err(fault),
        };
        let listed = conclude(running, "", summaries, |_| 0).await.map(records::listed)?;
        let permissions = self.guard.permissions();
        let mut shown = Vec::new();
        for records::Listed { labels, shown: container } in listed {
            let labels = Some(labels.into_iter().collect());
            let asked = Container { name: container.name.clone(), labels };
            let call = Call::Docker { verb: Verb::List, container: Some(asked) };
            if matches!(permissions.judge(&call), Judgement::Covered { .. }) {
                shown.push(container);
            }
        }
        Ok(shown)
    }

    async fn inspect(&mut self, name: String) -> Result<wit::Details, Error> {
        self.pay()?;
        let Begun { running, found, name, until, _place } =
            self.begin(Verb::Inspect, &name).await?;
        let listed = self.own.service.daemon.list(Some(&found.id), until).await;
        let details = listed.and_then(|summaries| {
            // Between the two answers it may have gone, or got another name.
            let mut listed = records::listed(summaries).into_iter().map(|listed| listed.shown);
            let container = listed.find(|container| container.name == name);
            Ok(records::details(container.ok_or(Fault::Status(404))?, found.inspected))
        });
        conclude(running, &name, details, |_| 0).await
    }

    async fn logs(
        &mut self,
        name: String,
        lines: u32,
        filter: String,
    ) -> Result<Vec<wit::LogLine>, Error> {
        self.pay()?;
        if filter.len() > FILTER {
            return Err(Error::TooLarge(FILTER as u64));
        }
        let Begun { running, found, name, until, _place } = self.begin(Verb::Logs, &name).await?;
        let wanted = usize::try_from(lines).unwrap_or(LINES).min(LINES);
        let looked_at = if filter.is_empty() { wanted } else { LINES };
        let tail = Tail::new(wanted, filter);
        let tail = self.own.service.daemon.logs(&found.id, looked_at, tail, until).await;
        let size = |lines: &Vec<wit::LogLine>| lines.iter().map(|line| line.text.len()).sum();
        conclude(running, &name, tail.map(Tail::finish), size).await
    }

    async fn stats(&mut self, name: String) -> Result<wit::Usage, Error> {
        self.pay()?;
        let Begun { running, found, name, until, _place } = self.begin(Verb::Stats, &name).await?;
        let stats = self.own.service.daemon.stats(&found.id, until).await;
        conclude(running, &name, stats.map(|stats| records::usage(&stats)), |_| 0).await
    }

    async fn start(&mut self, name: String) -> Result<(), Error> {
        self.change(Verb::Start, &name).await
    }

    async fn stop(&mut self, name: String) -> Result<(), Error> {
        self.change(Verb::Stop, &name).await
    }

    async fn restart(&mut self, name: String) -> Result<(), Error> {
        self.change(Verb::Restart, &name).await
    }
}

/// Puts on record how a call ended.
async fn conclude<T>(
    running: Running,
    name: &str,
    result: Result<T, Fault>,
    bytes: impl Fn(&T) -> usize,
) -> Result<T, Error> {
    match result {
        Ok(value) => {
            running.end("done", u64::try_from(bytes(&value)).unwrap_or(u64::MAX)).await;
            Ok(value)
        }
        Err(fault) => {
            running.end(&fault.outcome(), 0).await;
            Err(fault.into_error(name))
        }
    }
}

/// Whether the name alone is not enough, but a label might be.
fn labels_matter(permissions: &Permissions, verb: Verb, call: &Call) -> bool {
    let may_cover = |scope: &Scope| {
        scope.covers(call)
            || matches!(&scope.what, What::Docker(scope) if scope.asks_for_labels(verb))
    };
    !matches!(permissions.judge(call), Judgement::Covered { .. })
        && permissions.wants.iter().any(|want| may_cover(&want.scope))
        && permissions.grants.iter().any(|granted| may_cover(&granted.scope))
}
