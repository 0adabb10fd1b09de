//! What comes back: how much of it, without the secrets, and what is said when it does not come.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, SET_COOKIE};
use tokio::time::timeout_at;

use super::certificate;
use super::exchange::{Exchange, revoked};
use super::redact::Redactor;
use super::request::LARGEST;
use super::slots::Slot;
use crate::bindings::umbrasil::module::http as wit;
use crate::capability::Error;
use crate::capability::permit::Running;
use crate::grant::HttpCall;

/// An answer whose headers are there.
pub(super) struct Arrived {
    pub(super) response: reqwest::Response,
    pub(super) running: Running,
    /// The request that it answers, after redirects.
    pub(super) call: HttpCall,
    /// Bytes that its body may have.
    pub(super) limit: u64,
    /// Bytes that were sent for it.
    pub(super) sent: u64,
    pub(super) redactor: Redactor,
    pub(super) slot: Slot,
}

/// The part before the body, as the guest sees it.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) url: String,
    pub(super) headers: Vec<wit::Header>,
}

impl Arrived {
    pub(super) fn host(&self) -> String {
        self.call.url.host_str().unwrap_or_default().to_owned()
    }

    /// The head without secrets.
    pub(super) fn head(&mut self) -> Head {
        let redactor = &mut self.redactor;
        let mut clean = |bytes: &[u8]| {
            let clean = redactor.whole(bytes);
            String::from_utf8_lossy(&clean).into_owned()
        };
        let headers = self.response.headers().iter();
        let headers = headers.filter(|(name, _)| **name != SET_COOKIE).map(|(name, value)| {
            wit::Header { name: clean(name.as_str().as_bytes()), value: clean(value.as_bytes()) }
        });
        let headers = headers.collect();
        Head {
            status: self.response.status().as_u16(),
            url: clean(self.call.url.as_str().as_bytes()),
            headers,
        }
    }

    /// Refuses a body that is still packed: nobody could search it, and it was not asked for.
    pub(super) fn refuse_packed(&self) -> Result<(), Error> {
        let encoding = self.response.headers().get(CONTENT_ENCODING);
        if encoding.is_none_or(|encoding| encoding == "identity") {
            return Ok(());
        }
        let text = format!("{} packed its answer in a way that was not asked for", self.host());
        Err(Error::Unavailable(text))
    }

    /// Receives the whole body.
    pub(super) async fn receive(mut self, exchange: &Exchange) -> Result<wit::Response, Error> {
        let body = self.body(exchange).await;
        let status = status_line(self.response.status());
        let (outcome, received) = match &body {
            Ok(body) => (status, body.len() as u64),
            Err(error) => (format!("{status}, then {error}"), 0),
        };
        let head = self.head();
        let certificate_expires = certificate::expires(&self.response);
        let module = self.running.permit().module().to_owned();
        report(&module, &self.host(), &self.redactor.found);
        let Self { running, sent, .. } = self;
        running.end(&outcome, sent + received).await;
        let Head { status, url, headers } = head;
        let elapsed_ms = u32::try_from(exchange.elapsed.as_millis()).unwrap_or(u32::MAX);
        Ok(wit::Response { status, url, headers, body: body?, certificate_expires, elapsed_ms })
    }

    async fn body(&mut self, exchange: &Exchange) -> Result<Vec<u8>, Error> {
        if self.call.method == "HEAD" {
            return Ok(Vec::new());
        }
        self.refuse_packed()?;
        if self.response.content_length().is_some_and(|length| length > self.limit) {
            return Err(Error::TooLarge(self.limit));
        }
        let (mut body, mut received) = (Vec::new(), 0_u64);
        loop {
            let chunk = tokio::select! {
                biased;
                () = self.running.revoked() => return Err(revoked()),
                chunk = timeout_at(exchange.deadline, self.response.chunk()) => {
                    chunk.map_err(|_| Error::Timeout)?
                }
            };
            let Some(chunk) = chunk.map_err(|error| broken(&error, &self.host()))? else { break };
            received += chunk.len() as u64;
            if received > self.limit {
                return Err(Error::TooLarge(self.limit));
            }
            if let Some(together) = &exchange.together {
                let size = chunk.len() as u64;
                if together.fetch_add(size, Ordering::Relaxed) + size > LARGEST {
                    return Err(Error::TooLarge(LARGEST));
                }
            }
            body.extend(self.redactor.push(&chunk));
        }
        body.extend(self.redactor.finish());
        Ok(body)
    }
}

/// Says that a far side has repeated secrets: its owner may want to have them changed.
pub(super) fn report(module: &str, host: &str, found: &BTreeSet<String>) {
    for secret in found {
        tracing::warn!(
            module,
            host,
            secret,
            "the host echoed a secret, which was taken out of its answer"
        );
    }
}

/// Such as `200`, for records.
pub(super) fn status_line(status: StatusCode) -> String {
    status.as_u16().to_string()
}

/// An error of the transport as a category: without the URL, which may hold a secret.
///
/// The texts are a promise (see the WIT): modules tell a closed port from one that speaks something else.
pub(super) fn broken(error: &reqwest::Error, host: &str) -> Error {
    let text = if let Some(reason) = certificate::objection(error) {
        format!("the certificate of {host} {reason}")
    } else if error.is_connect() {
        format!("{host} {}", unconnected(error))
    } else if error.is_timeout() {
        return Error::Timeout;
    } else if error.is_body() || error.is_decode() {
        format!("the answer of {host} was broken off or is garbled")
    } else {
        format!("{host} answers, but not with HTTP")
    };
    tracing::debug!(host, kind = text, "a module's request failed");
    Error::Unavailable(text)
}

/// Why there is no connection.
fn unconnected(error: &reqwest::Error) -> &'static str {
    use std::io::ErrorKind;
    if error.is_timeout() {
        return "does not answer";
    }
    if certificate::find::<rustls::Error>(error).is_some() {
        return "answers, but not with TLS";
    }
    match certificate::find::<std::io::Error>(error).map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused) => "refuses the connection",
        Some(ErrorKind::TimedOut) => "does not answer",
        Some(
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof,
        ) => "breaks the connection off",
        _ => "cannot be reached",
    }
}
