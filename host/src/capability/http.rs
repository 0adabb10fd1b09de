//! `umbrasil:module/http`: requests to what was granted.
//!
//! The way of a request: its form (`request`), the permits for the place and for each secret (`exchange`),
//! the addresses (`resolve`, `address`), a client that can dial nothing else, and what comes back without
//! the secrets that went out (`answer`, `stream`, `redact`). A redirect begins anew at the permits.

mod address;
mod answer;
mod certificate;
mod exchange;
mod redact;
mod request;
mod resolve;
mod secret;
mod slots;
mod stream;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use wasmtime::component::{Resource, ResourceTable};

use self::exchange::{Exchange, Objection, Stop};
use self::redact::Scanner;
use self::request::Wanted;
use self::resolve::Addresses;
use self::secret::FixedSecrets;
pub(crate) use self::secret::SecretSource;
use self::slots::Slots;
#[expect(unreachable_pub, reason = "the generated bindings name it")]
pub use self::stream::Stream;
use super::{Error, Guard, Scoped};
use crate::bindings::umbrasil::module::{http as wit, types};
use crate::config::Config;
use crate::grant::What;

/// Requests of one event, each redirect counted.
const REQUESTS: u32 = 50;
/// Requests in one `send-all`.
const TOGETHER: usize = 16;
/// Streams that one event may have open.
const STREAMS: usize = 4;
const CONNECT: Duration = Duration::from_secs(5);
/// Longer than any event: a stream's own deadline.
const STREAM: Duration = Duration::from_mins(5);
/// Who the host says that it is, where a module does not say otherwise.
const AGENT: &str = concat!("umbrasil/", env!("CARGO_PKG_VERSION"));

/// What all events share.
pub(crate) struct Service {
    addresses: Addresses,
    slots: Slots,
    /// Authorities beside the usual ones.
    authorities: Vec<reqwest::Certificate>,
    secrets: Arc<dyn SecretSource>,
    /// What finds the secrets that there were when it was last asked for.
    known: Mutex<Option<Known>>,
}

/// What finds some secrets, if there are any, and the hash of those.
struct Known {
    hash: [u8; 32],
    scanner: Option<Arc<Scanner>>,
}

/// Reaches granted addresses only, and knows no secret.
impl Default for Service {
    fn default() -> Self {
        Self::with(Addresses::default(), Arc::new(FixedSecrets::default()))
    }
}

impl Service {
    /// `own` is where the host itself listens, which no module reaches. The error says what is wrong with
    /// the file of `UMBRASIL_EXTRA_CA`.
    pub(crate) fn new(
        config: &Config,
        own: Vec<SocketAddr>,
        secrets: Arc<dyn SecretSource>,
    ) -> Result<Self, String> {
        let mut service = Self::with(Addresses::new(config.resolver, own), secrets);
        if let Some(path) = &config.extra_ca {
            let pem = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
            let broken = |_| "holds no PEM certificates that can be used".to_owned();
            service.authorities = reqwest::Certificate::from_pem_bundle(&pem).map_err(broken)?;
            if service.authorities.is_empty() {
                return Err("holds no PEM certificate".to_owned());
            }
            // Whether they are certificates at all shows only here.
            let client = service.client(&[], Instant::now());
            client.map_err(|_| "holds a certificate that is broken".to_owned())?;
        }
        Ok(service)
    }

    fn with(addresses: Addresses, secrets: Arc<dyn SecretSource>) -> Self {
        Self {
            addresses,
            slots: Slots::default(),
            authorities: Vec::new(),
            secrets,
            known: Mutex::default(),
        }
    }

    /// A client for one hop. It knows no other addresses, keeps no connection for anybody else, and does
    /// nothing by itself: no proxy, no redirect, no second try.
    fn client(
        &self,
        addresses: &[SocketAddr],
        deadline: Instant,
    ) -> Result<reqwest::Client, Error> {
        let connect = CONNECT.min(deadline.saturating_duration_since(Instant::now()));
        let mut builder = reqwest::Client::builder()
            .use_rustls_tls()
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .pool_max_idle_per_host(0)
            .connect_timeout(connect)
            .user_agent(AGENT)
            .tls_info(true)
            .dns_resolver(Arc::new(Pinned(addresses.to_vec())));
        for authority in &self.authorities {
            builder = builder.add_root_certificate(authority.clone());
        }
        builder.build().map_err(|error| {
            tracing::error!(error = %error.without_url(), "cannot make an HTTP client");
            Error::Unavailable("this host cannot send requests".to_owned())
        })
    }

    /// What finds the secrets that there are now.
    fn known(&self) -> Option<Arc<Scanner>> {
        let values: Vec<SecretString> = self.secrets.all_values();
        let mut hash = Sha256::new();
        for value in &values {
            let value = value.expose_secret().as_bytes();
            hash.update(value.len().to_le_bytes());
            hash.update(value);
        }
        let hash: [u8; 32] = hash.finalize().into();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(known) if known.hash == hash => known.scanner.clone(),
            _ => {
                let scanner = Scanner::new(values.iter().map(|value| ("", value))).map(Arc::new);
                *known = Some(Known { hash, scanner: scanner.clone() });
                scanner
            }
        }
    }
}

/// Knows one answer to every question: the addresses that were checked.
struct Pinned(Vec<SocketAddr>);

impl Resolve for Pinned {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// What one event uses.
pub(crate) struct Http {
    pub(crate) service: Arc<Service>,
    /// The answers that are still arriving.
    pub(crate) streams: ResourceTable,
    open: usize,
    requests_left: u32,
}

impl Http {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service, streams: ResourceTable::new(), open: 0, requests_left: REQUESTS }
    }

    /// Counts one hop.
    fn pay(&mut self) -> Result<(), Error> {
        let left = self.requests_left.checked_sub(1).ok_or_else(|| {
            Error::Invalid(format!("an event makes at most {REQUESTS} requests, redirects counted"))
        })?;
        self.requests_left = left;
        Ok(())
    }
}

/// A request of several, and where it stands.
enum Progress {
    Going(Box<Exchange>),
    Done(Result<wit::Response, Error>),
}

impl Scoped<'_, Http> {
    /// Makes requests side by side, round by round: all are authorised, then all are sent, then those that
    /// were redirected are authorised, and so on.
    async fn run(
        &mut self,
        mut all: Vec<Progress>,
    ) -> Result<Vec<Result<wit::Response, Error>>, Error> {
        let mut before = Some(self.guard.tickets.before_several());
        loop {
            let (mut legs, mut waits) = (Vec::new(), false);
            for (at, progress) in all.iter_mut().enumerate() {
                let Progress::Going(exchange) = progress else { continue };
                match self.authorise(exchange).await {
                    Ok(leg) => legs.push((at, leg)),
                    Err(Error::Fatal(error)) => return Err(Error::Fatal(error)),
                    Err(error) => {
                        waits |= matches!(error, Error::Pending(_));
                        *progress = Progress::Done(Err(error));
                    }
                }
            }
            // The event runs again when an owner has agreed, so until then none of them may be sent.
            if let Some(before) = before.take().filter(|_| waits) {
                self.guard.tickets.postpone(before);
                legs.clear();
                for progress in &mut all {
                    if matches!(progress, Progress::Going(_)) {
                        let text =
                            "not sent: an owner has to confirm another request of this call first";
                        *progress = Progress::Done(Err(Error::Unavailable(text.to_owned())));
                    }
                }
            }
            let (service, module) = (Arc::clone(&self.own.service), self.module());
            let mut going = all.iter_mut().enumerate();
            let rounds = legs.into_iter().filter_map(|(at, leg)| {
                let (_, progress) = going.by_ref().find(|(index, _)| *index == at)?;
                let (service, module) = (&service, &module);
                Some(async move {
                    let Progress::Going(exchange) = progress else { return None };
                    let ended = match exchange.send(service, module, leg).await {
                        Ok(arrived) => arrived.receive(exchange).await,
                        Err(Stop::Redirected) => return None,
                        Err(Stop::Failed(error)) => Err(error),
                        Err(Stop::Refused(objection)) => return Some((at, objection)),
                    };
                    *progress = Progress::Done(ended);
                    None
                })
            });
            let refused: Vec<_> = join_all(rounds).await.into_iter().flatten().collect();
            for (at, objection) in refused {
                let error = self.deny(*objection)?;
                if let Some(progress) = all.get_mut(at) {
                    *progress = Progress::Done(Err(error));
                }
            }
            if all.iter().all(|progress| matches!(progress, Progress::Done(_))) {
                break;
            }
        }
        let done = |progress| match progress {
            Progress::Done(result) => Some(result),
            Progress::Going(_) => None,
        };
        Ok(all.into_iter().filter_map(done).collect())
    }

    async fn authorise(&mut self, exchange: &mut Exchange) -> Result<exchange::Leg, Error> {
        self.own.pay()?;
        let (service, guard): (&Service, &mut Guard) = (&self.own.service, self.guard);
        exchange.authorise(service, guard).await
    }

    fn deny(&mut self, objection: Objection) -> Result<Error, Error> {
        let Objection { call, reason, remedy } = objection;
        self.guard.deny(&call, &reason, remedy)
    }

    fn module(&self) -> Arc<str> {
        Arc::clone(&self.guard.subject.module)
    }
}

impl wit::Host for Scoped<'_, Http> {
    async fn send(&mut self, request: wit::Request) -> Result<wit::Response, Error> {
        self.meter.call()?;
        let wanted = Wanted::new(request)?;
        let deadline = Instant::now() + wanted.total();
        let exchange = Box::new(Exchange::new(wanted, deadline));
        let mut done = self.run(vec![Progress::Going(exchange)]).await?;
        done.pop().unwrap_or(Err(Error::Timeout))
    }

    async fn send_all(
        &mut self,
        requests: Vec<wit::Request>,
    ) -> wasmtime::Result<Vec<Result<wit::Response, types::Error>>> {
        let too_many = requests.len() > TOGETHER;
        let together = Arc::new(AtomicU64::new(0));
        let mut all = Vec::with_capacity(requests.len());
        for request in requests {
            self.meter.call()?;
            let wanted =
                if too_many { Err(Error::TooLarge(TOGETHER as u64)) } else { Wanted::new(request) };
            all.push(match wanted {
                Ok(wanted) => {
                    let deadline = Instant::now() + wanted.total();
                    let mut exchange = Exchange::new(wanted, deadline);
                    exchange.together = Some(Arc::clone(&together));
                    Progress::Going(Box::new(exchange))
                }
                Err(error) => Progress::Done(Err(error)),
            });
        }
        let done = self.run(all).await.map_err(|error| match error {
            Error::Fatal(error) => error,
            error => wasmtime::Error::msg(error.to_string()),
        })?;
        let into_wit = |result: Result<wit::Response, Error>| match result {
            Ok(response) => Ok(Ok(response)),
            Err(error) => error.into_wit().map(Err),
        };
        done.into_iter().map(into_wit).collect()
    }

    async fn open(&mut self, request: wit::Request) -> Result<Resource<Stream>, Error> {
        self.meter.call()?;
        if self.own.open >= STREAMS {
            return Err(Error::Invalid(format!("an event has at most {STREAMS} streams open")));
        }
        let wanted = Wanted::new(request)?;
        let patience = wanted.timeout.map_or(STREAM, |timeout| timeout.min(STREAM));
        let mut exchange = Exchange::new(wanted, Instant::now() + patience);
        let arrived = loop {
            let leg = self.authorise(&mut exchange).await?;
            let (service, module) = (Arc::clone(&self.own.service), self.module());
            match exchange.send(&service, &module, leg).await {
                Ok(arrived) => break arrived,
                Err(Stop::Redirected) => {}
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Refused(objection)) => return Err(self.deny(*objection)?),
            }
        };
        arrived.refuse_packed()?;
        let stream = self.own.streams.push(Stream::new(arrived));
        let stream = stream.map_err(wasmtime::Error::from)?;
        self.own.open += 1;
        Ok(stream)
    }

    async fn secrets(&mut self) -> Result<Vec<String>, Error> {
        self.meter.call()?;
        let permissions = self.guard.permissions();
        let granted = permissions.held(|scope| match &scope.what {
            What::Secret(scope) => Some(scope.name.as_str()),
            _ => None,
        });
        let granted: BTreeSet<&str> = granted.collect();
        let is_set = |name: &&str| self.own.service.secrets.value(name).is_some();
        Ok(granted.into_iter().filter(is_set).map(str::to_owned).collect())
    }
}

impl wit::HostStream for Scoped<'_, Http> {
    async fn status(&mut self, stream: Resource<Stream>) -> wasmtime::Result<u16> {
        self.meter.call()?;
        Ok(self.own.streams.get(&stream)?.head.status)
    }

    async fn url(&mut self, stream: Resource<Stream>) -> wasmtime::Result<String> {
        self.meter.call()?;
        Ok(self.own.streams.get(&stream)?.head.url.clone())
    }

    async fn headers(&mut self, stream: Resource<Stream>) -> wasmtime::Result<Vec<wit::Header>> {
        self.meter.call()?;
        Ok(self.own.streams.get(&stream)?.head.headers.clone())
    }

    async fn read(&mut self, stream: Resource<Stream>) -> Result<Option<Vec<u8>>, Error> {
        self.meter.call()?;
        let stream = self.own.streams.get_mut(&stream).map_err(wasmtime::Error::from)?;
        stream.read().await
    }

    async fn read_within(
        &mut self,
        stream: Resource<Stream>,
        timeout_ms: u32,
    ) -> Result<Option<Vec<u8>>, Error> {
        self.meter.call()?;
        let stream = self.own.streams.get_mut(&stream).map_err(wasmtime::Error::from)?;
        let patience = Duration::from_millis(timeout_ms.into());
        // A piece that has not been received is not lost when the waiting ends.
        tokio::time::timeout(patience, stream.read()).await.unwrap_or(Err(Error::Timeout))
    }

    async fn drop(&mut self, stream: Resource<Stream>) -> wasmtime::Result<()> {
        self.own.streams.delete(stream)?;
        self.own.open = self.own.open.saturating_sub(1);
        Ok(())
    }
}
