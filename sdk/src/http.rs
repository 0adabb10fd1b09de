//! Requests to the web: to what the manifest asks for and the owner has granted, by method, host and path.
//!
//! The host resolves the name, sends the request and follows redirects, each of which must be granted
//! itself. Private addresses need a grant of exactly that address. There are no cookies.
//!
//! A secret is named, never seen: the host puts it in where the grant says, and takes it out of what comes
//! back. The manifest of the example below holds
//!
//! ```toml
//! [[http]]
//! url = "https://api.example.org/v1/*"
//! methods = ["GET", "POST"]
//! reason = "notes"
//! [[secret]]
//! name = "NOTES_KEY"
//! inject = { header = "Authorization", format = "Bearer {}" }
//! hosts = ["api.example.org"]
//! reason = "to sign in for them"
//! ```
//!
//! ```
//! use umbrasil_sdk::http::{Request, Response};
//! use umbrasil_sdk::prelude::*;
//!
//! fn note(call: &Call) -> Result<Reply> {
//!     let response = Request::post("https://api.example.org/v1/notes")
//!         .secret("NOTES_KEY")
//!         .body(call.text())
//!         .send()?; // What is denied or does not answer is told to the user.
//!     Ok(Reply::text(format!("The server says {}: {}", response.status(), response.text())))
//! }
//!
//! let module = Module::new("Notes").command("note", "Keeps a note", note);
//! let mut host = umbrasil_sdk::testing::Host::new(module);
//! host.web("POST https://api.example.org/v1/notes", Ok(Response::new(201, "kept")));
//! assert_eq!(host.command("/note tea at four").unwrap().text(), "The server says 201: kept");
//! assert_eq!(host.requests()[0].body, b"tea at four");
//! ```
//!
//! # Limits
//!
//! 50 requests an event, redirects counted; 6 connections of a module at a time; 64 headers and 1 MiB of
//! body out, 4 MiB back, unless more is asked for and granted; 30 s for a request with its answer, 5 s of
//! it to connect. An answer of any status is a success: look at [`Response::is_success`].

use std::borrow::Cow;
use std::time::Duration;

use crate::bindings::umbrasil::module::http as wit;
use crate::error::HostError;
use crate::host::http as host;

/// A request, sent by [`send`](Self::send), [`open`](Self::open) or [`send_all`].
#[derive(Debug, Clone)]
#[must_use]
pub struct Request(wit::Request);

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Response(pub(crate) wit::Response);

/// An answer that is still arriving. Dropping it ends the connection.
#[derive(Debug)]
pub struct Stream {
    inner: host::Stream,
    /// How long one read waits; as long as the event lasts, if none.
    patience: Option<Duration>,
    /// What has arrived and was not read as a line yet.
    rest: Vec<u8>,
    is_over: bool,
}

/// Gets what is at a URL.
pub fn get(url: impl Into<String>) -> Result<Response, HostError> {
    Request::get(url).send()
}

/// Sends up to 16 requests side by side. The answers come in the order of the requests, each with its own
/// success or failure; their bodies have 32 MiB together.
pub fn send_all(requests: impl IntoIterator<Item = Request>) -> Vec<Result<Response, HostError>> {
    let requests: Vec<wit::Request> = requests.into_iter().map(|request| request.0).collect();
    host::send_all(&requests).into_iter().map(|result| result.map(Response)).collect()
}

/// The names of the secrets that the module may use now and that have a value: to know which of several
/// services somebody has signed up for. Never a value.
///
/// ```
/// # use umbrasil_sdk::prelude::*;
/// fn services(_: &Call) -> Result<Reply> {
///     Ok(Reply::text(http::secrets()?.join(", ")))
/// }
/// # let module = Module::new("S").command("services", "S", services);
/// # let mut host = umbrasil_sdk::testing::Host::new(module).secret("OPENAI_API_KEY");
/// # assert_eq!(host.command("/services").unwrap().text(), "OPENAI_API_KEY");
/// ```
pub fn secrets() -> Result<Vec<String>, HostError> {
    host::secrets()
}

impl Request {
    /// A request of this method, in capitals.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self(wit::Request {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            secrets: Vec::new(),
            timeout_ms: 0,
        })
    }

    /// A `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A `POST`.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// Adds a header. Those that say where a request goes, how long it is or who sends it are the host's.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.headers.push(wit::Header { name: name.into(), value: value.into() });
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.0.body = body.into();
        self
    }

    /// Sets a body of JSON text, and says that it is.
    pub fn json(self, text: impl Into<String>) -> Self {
        self.header("Content-Type", "application/json").body(text.into())
    }

    /// Has the host put in the secret of this name, where its grant says.
    pub fn secret(mut self, name: impl Into<String>) -> Self {
        self.0.secrets.push(name.into());
        self
    }

    /// Waits no longer than this, instead of 30 s. For [`open`](Self::open) it is the time until the answer
    /// begins.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).max(1);
        self
    }

    /// Sends it, and waits for the whole answer.
    ///
    /// # Errors
    ///
    /// [`HostError::Denied`] names the missing grant; [`HostError::Unknown`] says that something other than
    /// a `GET`, `HEAD` or `OPTIONS` was sent and had no answer, so that it may have had its effect.
    pub fn send(self) -> Result<Response, HostError> {
        host::send(&self.0).map(Response)
    }

    /// Sends it, and returns as soon as the answer begins; for server-sent events and the like. At most 4 at
    /// a time, 32 MiB each; the deadline is the event's own.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn open(self) -> Result<Stream, HostError> {
        let inner = host::open(&self.0)?;
        Ok(Stream { inner, patience: None, rest: Vec::new(), is_over: false })
    }
}

impl Response {
    /// An answer for a test: see [`testing::Host::web`](crate::testing::Host::web).
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let (url, headers) = (String::new(), Vec::new());
        let (body, certificate_expires) = (body.into(), None);
        Self(wit::Response { status, url, headers, body, certificate_expires, elapsed_ms: 0 })
    }

    /// The same with one more header.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.headers.push(wit::Header { name: name.into(), value: value.into() });
        self
    }

    /// The same over TLS, with a certificate that ends at this second since 1970.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn with_certificate_expires(mut self, unix_s: u64) -> Self {
        self.0.certificate_expires = Some(unix_s);
        self
    }

    /// The same after this time.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn with_elapsed(mut self, elapsed: Duration) -> Self {
        self.0.elapsed_ms = u32::try_from(elapsed.as_millis()).unwrap_or(u32::MAX);
        self
    }

    /// The status, such as 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// When the certificate that the server showed ends, in seconds since 1970; none without TLS.
    #[must_use]
    pub fn certificate_expires(&self) -> Option<u64> {
        self.0.certificate_expires
    }

    /// How long it took until the headers were there, redirects included; for requests that were sent side by
    /// side, of each by itself.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.elapsed_ms.into())
    }

    /// Whether the status is 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.0.status)
    }

    /// The URL that answered, after redirects.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The first header of this name, in upper or lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.0.headers, name)
    }

    /// All headers, as name and value.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.headers.iter().map(|header| (header.name.as_str(), header.value.as_str()))
    }

    /// The body, unpacked.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body as text; what is no UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.body)
    }

    /// The body, to keep.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.0.body
    }
}

impl Stream {
    /// Lets every read from now on wait no longer than this. What takes longer fails with
    /// [`HostError::Timeout`]; the answer goes on arriving, and can be read further.
    pub fn patience(&mut self, patience: Duration) {
        self.patience = Some(patience);
    }

    /// The status, such as 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.inner.status()
    }

    /// The URL that answers, after redirects.
    #[must_use]
    pub fn url(&self) -> String {
        self.inner.url()
    }

    /// The first header of this name, in upper or lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        find(&self.inner.headers(), name).map(str::to_owned)
    }

    /// The next part of the body, at most 64 KiB, as soon as there is one; none at the end.
    ///
    /// # Errors
    ///
    /// [`HostError::Denied`] when the permission was revoked meanwhile.
    pub fn read(&mut self) -> Result<Option<Vec<u8>>, HostError> {
        if !self.rest.is_empty() {
            return Ok(Some(std::mem::take(&mut self.rest)));
        }
        self.receive()
    }

    /// The next line without its end; none after the last. What is no UTF-8 is replaced.
    ///
    /// ```
    /// # use umbrasil_sdk::{http::{Request, Response}, prelude::*};
    /// fn words(_: &Call) -> Result<Reply> {
    ///     let mut stream = Request::get("https://api.example.org/stream").open()?;
    ///     let mut words = Vec::new();
    ///     while let Some(line) = stream.line()? {
    ///         words.extend(line.strip_prefix("data: ").map(str::to_owned));
    ///     }
    ///     Ok(Reply::text(words.join(" ")))
    /// }
    /// # let mut host = umbrasil_sdk::testing::Host::new(Module::new("W").command("words", "W", words));
    /// # host.web("GET https://api.example.org/stream", Ok(Response::new(200, "data: tea\r\n\ndata: at\n\ndata: four")));
    /// # assert_eq!(host.command("/words").unwrap().text(), "tea at four");
    /// ```
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn line(&mut self) -> Result<Option<String>, HostError> {
        let mut searched = 0;
        loop {
            let unsearched = self.rest.get(searched..).unwrap_or_default();
            if let Some(at) = unsearched.iter().position(|byte| *byte == b'\n') {
                let rest = self.rest.split_off(searched + at + 1);
                return Ok(Some(without_end(&std::mem::replace(&mut self.rest, rest))));
            }
            searched = self.rest.len();
            if self.is_over {
                let last = std::mem::take(&mut self.rest);
                return Ok((!last.is_empty()).then(|| without_end(&last)));
            }
            match self.receive()? {
                Some(part) => self.rest.extend(part),
                None => self.is_over = true,
            }
        }
    }
}

impl Stream {
    fn receive(&self) -> Result<Option<Vec<u8>>, HostError> {
        match self.patience {
            Some(patience) => {
                self.inner.read_within(u32::try_from(patience.as_millis()).unwrap_or(u32::MAX))
            }
            None => self.inner.read(),
        }
    }
}

fn without_end(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).into_owned()
}

fn find<'a>(headers: &'a [wit::Header], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    Some(&header.value)
}
