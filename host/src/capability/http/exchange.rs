//! One request on its way out: checked, resolved, sent, and checked again for every redirect.
//!
//! A leg is one hop. It is authorised while the guard is at hand, then sent without it, so that several can
//! be on their way side by side; what it came to says whether there is another one.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::Service;
use super::answer::{Arrived, broken, status_line};
use super::redact::{Redactor, Scanner};
use super::request::{Wanted, request_limit, response_limit};
use super::resolve::Refusal;
use super::secret::{Injection, inject};
use super::slots::DAILY;
use crate::capability::permit::{Permit, Running};
use crate::capability::{Error, Guard};
use crate::grant::{Call, HttpCall, HttpScope, Placement, What, host_of};

/// Redirects that are followed.
const HOPS: u32 = 5;
/// A longer place to go to is refused.
const LOCATION_BYTES: usize = 8 << 10;

/// One request, redirects and all.
pub(super) struct Exchange {
    wanted: Wanted,
    hops: u32,
    pub(super) deadline: Instant,
    /// The secrets that were put in on the way: what comes back is searched for them.
    injected: Vec<(String, SecretString)>,
    /// Bytes of answers so far of all requests that were made together.
    pub(super) together: Option<Arc<AtomicU64>>,
    /// From when each hop had its turn until the headers of its answer, summed up.
    pub(super) elapsed: Duration,
}

/// One hop that may be made.
pub(super) struct Leg {
    permit: Permit,
    injections: Vec<Injection>,
}

/// What one hop came to, if not to an answer.
pub(super) enum Stop {
    /// It goes on elsewhere: the exchange is ready for its next leg.
    Redirected,
    /// What the permissions have nothing to do with stands against it.
    Refused(Box<Objection>),
    Failed(Error),
}

/// What is put on record of a refusal, and what the module is told.
pub(super) struct Objection {
    pub(super) call: Call,
    pub(super) reason: String,
    pub(super) remedy: String,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Exchange {
    pub(super) fn new(wanted: Wanted, deadline: Instant) -> Self {
        Self {
            wanted,
            hops: 0,
            deadline,
            injected: Vec::new(),
            together: None,
            elapsed: Duration::ZERO,
        }
    }

    /// Asks for the right to the next hop. Nothing has left the host before this.
    pub(super) async fn authorise(
        &mut self,
        service: &Service,
        guard: &mut Guard,
    ) -> Result<Leg, Error> {
        let Wanted { call, secrets, body, .. } = &self.wanted;
        if let Some(scanner) = service.known() {
            self.refuse_known(&scanner, guard)?;
        }
        let permit = guard
            .authorise(Call::Http(call.clone()), &self.wanted.detail())
            .map_err(|error| self.of_redirect(error))?;
        let (want, grant) = scopes(&permit)?;
        let limit = request_limit(want, grant);
        if body.len() as u64 > limit {
            return Err(Error::TooLarge(limit));
        }
        let host = host_of(&call.url).unwrap_or_default();
        let mut injections = Vec::with_capacity(secrets.len());
        for name in secrets {
            let use_of = Call::Secret { name: name.clone(), host: host.clone() };
            let right = guard.authorise(use_of, "").map_err(|error| self.of_redirect(error))?;
            let What::Secret(scope) = &right.want.what else { return Err(no_scope()) };
            let placement: Placement = scope.placement.clone();
            let value = service.secrets.value(name).ok_or_else(|| {
                Error::Unavailable(format!("Set {name} with `umbrasil secret set {name}`."))
            })?;
            right.begin().await?.end("put in", 0).await;
            injections.push(Injection { name: name.clone(), value, placement });
        }
        Ok(Leg { permit, injections })
    }

    /// Refuses what holds the value of a secret: the host puts them in, nobody else.
    fn refuse_known(&self, scanner: &Scanner, guard: &mut Guard) -> Result<(), Error> {
        let url = &self.wanted.call.url;
        let in_url = scanner.finds(url.as_str().as_bytes());
        if !in_url && !self.wanted.written().any(|part| scanner.finds(part)) {
            return Ok(());
        }
        // The record must not hold it either.
        let mut shown = self.wanted.call.clone();
        if in_url {
            shown.url.set_path("/[redacted]");
            shown.url.set_query(None);
            if scanner.finds(shown.url.as_str().as_bytes()) {
                let host = "redacted.invalid";
                shown.url.set_host(Some(host)).unwrap_or_default();
            }
        }
        let remedy = "the request holds the value of a secret; name the secret instead, so that the host puts it in";
        Err(guard.deny(&Call::Http(shown), "holds a secret", remedy.to_owned())?)
    }

    /// Says of a denial that it is about a redirect, if it is.
    fn of_redirect(&self, error: Error) -> Error {
        match error {
            Error::Denied(text) if self.hops > 0 => {
                Error::Denied(format!("the answer is a redirect: {text}"))
            }
            error => error,
        }
    }

    /// Sends one hop and waits for the headers of its answer.
    pub(super) async fn send(
        &mut self,
        service: &Service,
        module: &Arc<str>,
        leg: Leg,
    ) -> Result<Arrived, Stop> {
        let slot = timeout_at(self.deadline, service.slots.take(module)).await;
        let slot = slot.ok().flatten().ok_or(Error::Timeout)?;
        let began = Instant::now();
        let Leg { permit, injections } = leg;
        let running = permit.begin().await?;
        let (call, limit, prepared) = match self.prepare(&running, &injections) {
            Ok(prepared) => prepared,
            Err(error) => {
                running.end("not sent", 0).await;
                return Err(error.into());
            }
        };
        for Injection { name, value, .. } in injections {
            if self.injected.iter().all(|(known, _)| *known != name) {
                self.injected.push((name, value));
            }
        }
        let size = prepared.size();
        let day = chrono::Utc::now().timestamp() / 86_400;
        if !service.slots.count(module, size, day) {
            running.end("not sent: the day's volume is used up", 0).await;
            let text = format!("{module} has sent {} MiB today, which is the most", DAILY >> 20);
            return Err(Error::Unavailable(text).into());
        }
        let (mut running, response) = self.dial(service, module, running, &call, prepared).await?;
        self.elapsed += began.elapsed();
        let status = response.status();
        running.answered(&status_line(status)).await;
        let target = redirect_of(status, response.headers()).map(<[u8]>::to_vec);
        if let Some(target) = target {
            drop(response);
            running.end(&status_line(status), size).await;
            self.go_on(&call, status, &target)?;
            return Err(Stop::Redirected);
        }
        let known = self.injected.iter().map(|(name, value)| (name.as_str(), value));
        let redactor = Redactor::new(Scanner::new(known).map(Arc::new));
        Ok(Arrived { response, running, call, limit, sent: size, redactor, slot })
    }

    /// What is sent: all of it from the permit, with the secrets put in.
    fn prepare(
        &self,
        running: &Running,
        injections: &[Injection],
    ) -> Result<(HttpCall, u64, Prepared), Error> {
        if !running.is_still_allowed() {
            return Err(revoked());
        }
        let permit = running.permit();
        let Call::Http(call) = &permit.call else { return Err(no_scope()) };
        let (want, grant) = scopes(permit)?;
        let method = Method::from_bytes(call.method.as_bytes())
            .map_err(|_| Error::Invalid("that is no method".to_owned()))?;
        let (mut url, mut headers) = (call.url.clone(), self.wanted.headers.clone());
        inject(injections, &mut url, &mut headers)?;
        let body = self.wanted.body.clone();
        let prepared = Prepared { method, url, headers, body };
        Ok((call.clone(), response_limit(want, grant), prepared))
    }

    async fn dial(
        &self,
        service: &Service,
        module: &Arc<str>,
        running: Running,
        call: &HttpCall,
        prepared: Prepared,
    ) -> Result<(Running, reqwest::Response), Stop> {
        let host = call.url.host_str().unwrap_or_default().to_owned();
        let (want, grant) = scopes(running.permit())?;
        let found = timeout_at(self.deadline, service.addresses.of(&call.url, want, grant)).await;
        let addresses = match found {
            Ok(Ok(addresses)) => addresses,
            Err(_) => {
                running.end("not sent: DNS took too long", 0).await;
                return Err(Error::Timeout.into());
            }
            Ok(Err(Refusal::Unknown)) => {
                running.end("not sent: no address", 0).await;
                return Err(Error::Unavailable(format!("{host} has no address")).into());
            }
            Ok(Err(Refusal::Forbidden { address, reason })) => {
                running.end(&format!("not sent: {address} is {reason}"), 0).await;
                let line = Call::Http(call.clone()).remedy();
                let remedy = format!(
                    "{host} is at {reason}; if that is meant, grant `{line}` with the address, as in `… at 10.0.0.5`, to {module}"
                );
                let call = Call::Http(call.clone());
                let reason = format!("{address} is {reason}");
                return Err(Stop::Refused(Box::new(Objection { call, reason, remedy })));
            }
        };
        let client = match service.client(&addresses, self.deadline) {
            Ok(client) => client,
            Err(error) => {
                running.end("not sent", 0).await;
                return Err(error.into());
            }
        };
        let Prepared { method, url, headers, body } = prepared;
        let request = client.request(method, url).headers(headers).body(body).send();
        // Connecting has a deadline of its own, which is not the later one: so what ends here was sent.
        let late = self.deadline + Duration::from_millis(50);
        let answer = tokio::select! {
            biased;
            () = running.revoked() => Err(revoked()),
            answer = timeout_at(late, request) => match answer {
                Err(_) => Err(Error::Timeout),
                Ok(Err(error)) if error.is_connect() => {
                    let error = broken(&error, &host);
                    running.end("not sent: no connection", 0).await;
                    return Err(error.into());
                }
                Ok(Err(error)) => Err(broken(&error, &host)),
                Ok(Ok(response)) => Ok(response),
            },
        };
        let response = match answer {
            Ok(response) => response,
            Err(error) => return Err(unanswered(running, error, &host).await.into()),
        };
        // What was checked is what was dialled; anything else is a fault of this program.
        if !response.remote_addr().is_some_and(|address| addresses.contains(&address)) {
            tracing::error!(host, "a connection went elsewhere than it was sent");
            running.end("dropped: it went elsewhere", 0).await;
            return Err(Error::Unavailable(format!("{host} could not be reached")).into());
        }
        Ok((running, response))
    }

    /// Makes the next request of a redirect.
    fn go_on(&mut self, call: &HttpCall, status: StatusCode, target: &[u8]) -> Result<(), Stop> {
        let host = call.url.host_str().unwrap_or_default();
        let astray = |text: &str| Error::Unavailable(format!("{host} redirects {text}"));
        self.hops += 1;
        if self.hops > HOPS {
            return Err(astray(&format!("more than {HOPS} times")).into());
        }
        if target.len() > LOCATION_BYTES {
            return Err(astray("to a URL that is far too long").into());
        }
        let target = std::str::from_utf8(target).map_err(|_| astray("to what is no URL"))?;
        let target: Url = call.url.join(target).map_err(|_| astray("to what is no URL"))?;
        let known = self.injected.iter().map(|(name, value)| (name.as_str(), value));
        if Scanner::new(known).is_some_and(|scanner| scanner.finds(target.as_str().as_bytes())) {
            let remedy =
                format!("{host} redirects to a URL with a secret in it, which is not followed");
            let (call, reason) = (Call::Http(call.clone()), "a redirect holds a secret".to_owned());
            return Err(Stop::Refused(Box::new(Objection { call, reason, remedy })));
        }
        let post = call.method == "POST"
            && matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND);
        let method = match status {
            StatusCode::SEE_OTHER if call.method != "HEAD" => "GET",
            _ if post => "GET",
            _ => call.method.as_str(),
        };
        let next = HttpCall::of_url(method, target)
            .map_err(|error| astray(&format!("to what is not followed: {}", error.0)))?;
        if next.method != call.method {
            self.wanted.body = bytes::Bytes::new();
            let of_body = |name: &str| name.starts_with("content-");
            let names: Vec<_> = self.wanted.headers.keys().cloned().collect();
            for name in names.iter().filter(|name| of_body(name.as_str())) {
                self.wanted.headers.remove(name);
            }
        }
        if next.url.origin() != call.url.origin() {
            // What was for one place is not for another: neither secrets nor what stands for them.
            self.wanted.secrets.clear();
            self.wanted.headers.remove(AUTHORIZATION);
        }
        self.wanted.call = next;
        Ok(())
    }
}

/// One hop as it is sent.
struct Prepared {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: bytes::Bytes,
}

impl Prepared {
    /// About how many bytes are sent.
    fn size(&self) -> u64 {
        let headers =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
        (self.url.as_str().len() + self.body.len() + headers.sum::<usize>()) as u64
    }
}

/// What is known of a request that was sent and has no answer: of one that changes something, nothing.
async fn unanswered(running: Running, error: Error, host: &str) -> Error {
    if running.permit().effect == crate::grant::Effect::Read {
        running.end("no answer", 0).await;
        return error;
    }
    running.unknown("no answer");
    Error::Unknown(format!("the request was sent to {host}, and no answer came: {error}"))
}

pub(super) fn revoked() -> Error {
    Error::Denied("the permission was revoked".to_owned())
}

/// Where an answer says to go on.
fn redirect_of(status: StatusCode, headers: &HeaderMap) -> Option<&[u8]> {
    let redirects = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    headers.get(LOCATION).filter(|_| redirects).map(HeaderValue::as_bytes)
}

fn scopes(permit: &Permit) -> Result<(&HttpScope, &HttpScope), Error> {
    match (&permit.want.what, &permit.grant.what) {
        (What::Http(want), What::Http(grant)) => Ok((want, grant)),
        _ => Err(no_scope()),
    }
}

/// A permit of one kind is never covered by a permission of another.
fn no_scope() -> Error {
    Error::Unavailable("the permission is of another kind".to_owned())
}
