//! What the host asks the Docker daemon, and how that may go wrong.
//!
//! Nothing is sent before the first call. Then the version of the API is agreed on, and agreed on anew when
//! the daemon is gone or knows the version no more.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bollard::container::LogOutput;
use bollard::errors::Error as Fail;
use bollard::models::{ContainerInspectResponse, ContainerStatsResponse, ContainerSummary};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, LogsOptionsBuilder,
    RestartContainerOptions, StartContainerOptions, StatsOptionsBuilder, StopContainerOptions,
};
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::logs::Tail;
use super::wire::{TooMuch, Unreached, Wire};
use crate::capability::Error;
use crate::config::DockerHost;
use crate::grant::Verb;
use crate::telemetry::logging::escaped;

/// Calls that the daemon may have at once; further ones wait.
const AT_ONCE: usize = 8;
/// Characters of what the daemon says that go to the log.
const SAID: usize = 300;
/// Longer than any deadline of ours, which are what counts.
const BOLLARD_TIMEOUT: Duration = Duration::from_secs(50);

/// The daemon, reached or not.
#[derive(Default)]
pub(super) struct Daemon {
    host: DockerHost,
    client: ArcSwapOption<Docker>,
    places: Places,
}

struct Places(Arc<Semaphore>);

/// Why the daemon did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing was sent.
    Unreached(Unreached),
    Timeout,
    /// It closed the connection.
    Lost,
    /// It said something that makes no sense.
    Garbage,
    TooMuch,
    /// It refused, with this HTTP status.
    Status(u16),
}

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Daemon {
    pub(super) fn new(host: DockerHost) -> Self {
        Self { host, ..Self::default() }
    }

    /// Waits until the daemon is not too busy with us.
    pub(super) async fn place(&self, until: Instant) -> Result<OwnedSemaphorePermit, Fault> {
        let place = timeout_at(until, Arc::clone(&self.places.0).acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or(Fault::Timeout)
    }

    /// All containers, or the one with this id.
    pub(super) async fn list(
        &self,
        id: Option<&str>,
        until: Instant,
    ) -> Result<Vec<ContainerSummary>, Fault> {
        let mut options = ListContainersOptionsBuilder::new().all(true);
        if let Some(id) = id {
            options = options.filters(&[("id", vec![id])].into());
        }
        let options = options.build();
        self.ask(until, async |docker| docker.list_containers(Some(options)).await).await
    }

    pub(super) async fn inspect(
        &self,
        name: &str,
        until: Instant,
    ) -> Result<ContainerInspectResponse, Fault> {
        let options = Some(InspectContainerOptions { size: false });
        self.ask(until, async |docker| docker.inspect_container(name, options).await).await
    }

    /// Fills the tail with the last lines; never waits for new ones.
    pub(super) async fn logs(
        &self,
        id: &str,
        lines: usize,
        mut tail: Tail,
        until: Instant,
    ) -> Result<Tail, Fault> {
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).timestamps(true);
        let options = options.follow(false).tail(&lines.to_string()).build();
        self.ask(until, async |docker| {
            let mut frames = std::pin::pin!(docker.logs(id, Some(options)));
            while let Some(frame) = frames.next().await {
                let frame = frame?;
                tail.add(matches!(frame, LogOutput::StdErr { .. }), frame.as_ref());
            }
            Ok(tail)
        })
        .await
    }

    /// Two samples, a second or two apart.
    pub(super) async fn stats(
        &self,
        id: &str,
        until: Instant,
    ) -> Result<ContainerStatsResponse, Fault> {
        let options = StatsOptionsBuilder::new().stream(false).one_shot(false).build();
        let sample = self.ask(until, async |docker| {
            std::pin::pin!(docker.stats(id, Some(options))).next().await.transpose()
        });
        sample.await?.ok_or(Fault::Lost)
    }

    /// Starts, stops or restarts; it is no fault if the container is in that state already.
    pub(super) async fn change(&self, verb: Verb, id: &str, until: Instant) -> Result<(), Fault> {
        self.ask(until, async |docker| match verb {
            Verb::Start => docker.start_container(id, None::<StartContainerOptions>).await,
            Verb::Stop => docker.stop_container(id, None::<StopContainerOptions>).await,
            _ => docker.restart_container(id, None::<RestartContainerOptions>).await,
        })
        .await
    }

    async fn ask<T>(
        &self,
        until: Instant,
        ask: impl AsyncFnOnce(Arc<Docker>) -> Result<T, Fail>,
    ) -> Result<T, Fault> {
        let answer = timeout_at(until, async { ask(self.client().await?).await }).await;
        let answer = answer.unwrap_or(Err(Fail::RequestTimeoutError)).map_err(|fail| fault(&fail));
        // Another daemon, or another version of it, may be there next time.
        if matches!(answer, Err(Fault::Unreached(_) | Fault::Garbage | Fault::Status(400))) {
            self.client.store(None);
        }
        answer
    }

    async fn client(&self) -> Result<Arc<Docker>, Fail> {
        if let Some(client) = self.client.load_full() {
            return Ok(client);
        }
        let wire = Arc::new(Wire { host: self.host.clone(), version: std::sync::OnceLock::new() });
        let send = {
            let wire = Arc::clone(&wire);
            move |request: BollardRequest| {
                let wire = Arc::clone(&wire);
                async move { wire.send(request).await }
            }
        };
        let seconds = BOLLARD_TIMEOUT.as_secs();
        let docker = Docker::connect_with_custom_transport(
            send,
            Some("http://docker"),
            seconds,
            API_DEFAULT_VERSION,
        )?;
        let docker = docker.negotiate_version().await.map_err(|fail| match fail {
            // Docker tells its version to everybody.
            Fail::DockerResponseServerError { status_code: 400..=499, .. } => {
                Fail::APIVersionParseError {}
            }
            fail => fail,
        });
        let docker = Arc::new(docker?);
        let version = docker.client_version().to_string();
        tracing::info!(version, "reached Docker");
        wire.version.get_or_init(|| version);
        self.client.store(Some(Arc::clone(&docker)));
        Ok(docker)
    }
}

fn fault(fail: &Fail) -> Fault {
    match fail {
        Fail::DockerResponseServerError { status_code, message } => {
            let message: String = escaped(message).chars().take(SAID).collect();
            match status_code {
                404 => tracing::debug!(message, "Docker knows no such container"),
                status => tracing::warn!(status, message, "Docker refused a call"),
            }
            Fault::Status(*status_code)
        }
        Fail::RequestTimeoutError => Fault::Timeout,
        Fail::JsonDataError { .. }
        | Fail::JsonSerdeError { .. }
        | Fail::APIVersionParseError {}
        | Fail::StrParseError { .. } => Fault::Garbage,
        Fail::IOError { err } => {
            let why = err.get_ref().and_then(|inner| inner.downcast_ref::<Unreached>());
            why.map_or(Fault::Lost, |why| Fault::Unreached(*why))
        }
        Fail::HyperResponseError { err } if is_too_much(err) => Fault::TooMuch,
        Fail::HyperResponseError { err } if err.is_parse() => Fault::Garbage,
        _ => Fault::Lost,
    }
}

fn is_too_much(error: &hyper::Error) -> bool {
    let inner = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
    inner
        .and_then(std::io::Error::get_ref)
        .and_then(|inner| inner.downcast_ref::<TooMuch>())
        .is_some()
}

impl Fault {
    /// Whether the daemon surely did not do what it was asked.
    pub(super) fn is_certain(self) -> bool {
        matches!(self, Self::Unreached(_) | Self::Status(_))
    }

    /// For the record.
    pub(super) fn outcome(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Timeout => "no answer in time".to_owned(),
            fault => fault.text().to_owned(),
        }
    }

    /// As the caller reads it; `name` is the container that it is about.
    pub(super) fn into_error(self, name: &str) -> Error {
        Error::Unavailable(match self {
            Self::Timeout => return Error::Timeout,
            Self::Status(404) => format!("there is no container `{name}`"),
            Self::Status(409) => format!("the state of `{name}` does not allow that now"),
            Self::Status(status) => {
                format!("Docker answered with an error ({status}); the host's log has its text")
            }
            fault => fault.text().to_owned(),
        })
    }

    fn text(self) -> &'static str {
        match self {
            Self::Unreached(Unreached::Missing) => {
                "there is no Docker here: its socket is missing; install it, or set DOCKER_HOST"
            }
            Self::Unreached(Unreached::Forbidden) => {
                "the host may not use Docker: give its user access to Docker's socket"
            }
            Self::Unreached(Unreached::Refused) => "Docker cannot be reached: is it running?",
            Self::Unreached(Unreached::Path) => "the host does not send such a request",
            Self::Timeout => "Docker did not answer in time",
            Self::Lost => "Docker closed the connection before it had answered",
            Self::Garbage => "what answers at DOCKER_HOST does not speak Docker's language",
            Self::TooMuch => "Docker's answer is too long",
            Self::Status(_) => "Docker answered with an error",
        }
    }
}
