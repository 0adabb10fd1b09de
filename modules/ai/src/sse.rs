//! Server-sent events: the form in which providers stream their answers.

use std::time::{Duration, Instant};

use umbrasil_sdk::HostError;
use umbrasil_sdk::http::{Request, Stream};

use crate::provider::unreachable;
use crate::trouble::Trouble;

/// How long the first word of an answer may take, and the pause between two.
const FIRST: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(20);

/// How long a question may take in all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    end: Instant,
}

/// The events of one answer.
pub(crate) struct Events {
    stream: Stream,
    patience: Patience,
    /// When the answer must have begun.
    first: Instant,
    has_begun: bool,
}

impl Patience {
    pub(crate) fn new(whole: Duration) -> Self {
        Self { end: Instant::now() + whole }
    }

    /// What is left.
    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }
}

impl Events {
    /// Sends the request; an answer that is none is told as what it means.
    pub(crate) fn open(request: Request, patience: &Patience) -> Result<Self, Trouble> {
        let left = patience.left().min(FIRST);
        if left.is_zero() {
            return Err(Trouble::Silent);
        }
        let first = Instant::now() + left;
        let stream = request.timeout(left).open().map_err(unreachable)?;
        if let Some(trouble) = Trouble::of_status(&stream) {
            return Err(trouble);
        }
        Ok(Self { stream, patience: *patience, first, has_begun: false })
    }

    /// The answer has begun: from now on only its pauses are watched.
    pub(crate) fn begun(&mut self) {
        self.has_begun = true;
    }

    /// The data of the next event; none when the connection has ended.
    pub(crate) fn next(&mut self) -> Result<Option<String>, Trouble> {
        let mut data: Option<String> = None;
        loop {
            let left = if self.has_begun {
                PAUSE.min(self.patience.left())
            } else {
                // Also what keeps sending comments must begin in time.
                self.first.saturating_duration_since(Instant::now()).min(self.patience.left())
            };
            if left.is_zero() {
                return Err(Trouble::Silent);
            }
            self.stream.patience(left);
            let line = match self.stream.line() {
                Ok(line) => line,
                Err(HostError::Unavailable(_) | HostError::Unknown(_)) => {
                    return Err(Trouble::CutOff);
                }
                Err(error) => return Err(unreachable(error)),
            };
            let Some(line) = line else { return Ok(data) };
            if line.is_empty() {
                if data.is_some() {
                    return Ok(data);
                }
                continue;
            }
            // Names, ids and comments say nothing that the data does not.
            if let Some(part) = line.strip_prefix("data:") {
                let part = part.strip_prefix(' ').unwrap_or(part);
                match &mut data {
                    Some(data) => data.extend(["\n", part]),
                    None => data = Some(part.to_owned()),
                }
            }
        }
    }
}
