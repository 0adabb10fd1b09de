//! Asks the services whether they are up.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use umbrasil_sdk::HostError;
use umbrasil_sdk::http::{self, Request, Response};
use umbrasil_sdk::prelude::*;

use crate::record::{self, Check};
use crate::settings::{self, Service};
use crate::state;
use crate::words::cut;

/// How many are asked at a time: the host's connections for a module, so that nobody's patience is spent on
/// waiting for its turn.
const TOGETHER: usize = 6;
/// How long one has for its answer; for somebody who waits less, so that 30 services fit in 30 seconds.
const PATIENCE: Duration = Duration::from_secs(10);
const SHORT_PATIENCE: Duration = Duration::from_millis(5_500);
/// Characters of a reason.
const REASON: usize = 80;
const KEY: &str = "probed";

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// With a good status.
    Up {
        status: u16,
        milliseconds: u32,
        certificate: Option<u64>,
    },
    /// Something takes connections there, and this is all that can be said of it: `open`.
    Open(String),
    Down {
        reason: String,
        certificate: Option<u64>,
    },
    /// It was not asked; and why.
    NotAsked(String),
}

/// A round of checks.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Probed {
    /// Seconds since 1970.
    pub(crate) at: u64,
    results: Vec<(String, Outcome)>,
}

impl Outcome {
    /// When the certificate ends, in seconds since 1970.
    pub(crate) fn certificate(&self) -> Option<u64> {
        match self {
            Self::Up { certificate, .. } | Self::Down { certificate, .. } => *certificate,
            _ => None,
        }
    }

    /// As it is kept for a day; none if it was not asked.
    fn check(&self) -> Option<Check> {
        match self {
            Self::Up { milliseconds, .. } => Some(Some(*milliseconds)),
            Self::Open(_) => Some(Some(0)),
            Self::Down { .. } => Some(None),
            Self::NotAsked(_) => None,
        }
    }
}

impl Probed {
    /// The latest round that the schedule made.
    pub(crate) fn latest() -> Result<Self> {
        state::read(KEY).map(Option::unwrap_or_default)
    }

    /// A round now, for somebody who waits for it. Nothing of it is kept.
    pub(crate) fn now(call: &Call, services: &[Service]) -> Self {
        Self::round(services, SHORT_PATIENCE, call.at().unix_ms / 1_000)
    }

    fn round(services: &[Service], patience: Duration, at: u64) -> Self {
        let mut results = Vec::new();
        for some in services.chunks(TOGETHER) {
            let answers = http::send_all(some.iter().map(|service| request(service, patience)));
            let outcomes = some.iter().zip(answers).map(|(service, answer)| {
                (service.name.clone(), outcome(service, answer, patience))
            });
            results.extend(outcomes);
        }
        Self { at, results }
    }

    pub(crate) fn of(&self, service: &Service) -> Option<&Outcome> {
        self.results.iter().find(|(name, _)| *name == service.name).map(|(_, outcome)| outcome)
    }
}

/// The schedule: a round, kept for the other schedule and for the day. It stores what nobody else does, so
/// that no round has to be made again.
pub(crate) fn tick(call: &Call) -> Result<Reply> {
    let services = settings::services();
    if services.is_empty() {
        return Ok(Reply::none());
    }
    let at = call.at().unix_ms / 1_000;
    let probed = Probed::round(&services, PATIENCE, at);
    state::keep(KEY, &probed)?;
    let checks =
        probed.results.iter().filter_map(|(name, outcome)| Some((name.as_str(), outcome.check()?)));
    record::keep(record::SERVICES, at, checks)?;
    Ok(Reply::none())
}

fn request(service: &Service, patience: Duration) -> Request {
    let url =
        service.tcp().map_or_else(|| service.url.clone(), |address| format!("http://{address}/"));
    Request::get(url).header("User-Agent", "UmbraSIL-monitoring").timeout(patience)
}

fn outcome(service: &Service, answer: Result<Response, HostError>, patience: Duration) -> Outcome {
    let is_tcp = service.tcp().is_some();
    let open = |text: &str| Outcome::Open(text.to_owned());
    let down = |reason: &str| Outcome::Down { reason: cut(reason, REASON), certificate: None };
    match answer {
        // Whatever it says, it takes connections. So does a port where the other side waits to be spoken to:
        // one that is closed refuses, or does not let us in, which is no timeout.
        Ok(_) | Err(HostError::Timeout) if is_tcp => open("open"),
        Ok(response) => {
            let (status, certificate) = (response.status(), response.certificate_expires());
            let milliseconds = u32::try_from(response.elapsed().as_millis()).unwrap_or(u32::MAX);
            if (200..400).contains(&status) {
                Outcome::Up { status, milliseconds, certificate }
            } else {
                Outcome::Down { reason: format!("answers {status}"), certificate }
            }
        }
        Err(HostError::Denied(text)) if text.starts_with("the answer is a redirect") => {
            if is_tcp {
                open("open")
            } else {
                open("redirects to what is not in SERVICES")
            }
        }
        Err(HostError::Denied(text)) => Outcome::NotAsked(cut(&text, 2 * REASON)),
        Err(HostError::TooLarge(_)) => open("answers with more than 4 MiB"),
        Err(HostError::Timeout) => down(&format!("no answer in {} s", patience.as_secs())),
        Err(HostError::Unavailable(text)) if is_tcp && text.contains("but not with") => {
            open("open")
        }
        Err(HostError::Unavailable(text)) => down(&text),
        Err(error) => down(Error::from(error).text()),
    }
}
