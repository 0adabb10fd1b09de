//! `http METHOD SCHEME://HOST[:PORT]/PATH [at IP] [request SIZE] [response SIZE]`: which requests may be sent.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

use super::{Effect, Malformed};

/// A longer URL is refused.
const URL_BYTES: usize = 8 << 10;

/// Requests of one method to one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpScope {
    /// In capitals; `*` for any.
    method: String,
    scheme: String,
    host: HostPattern,
    port: u16,
    /// Begins with `/`; `*` stands for any part of one segment, at the end for anything.
    path: String,
    /// The one address that is dialled for the name, whatever DNS says. It may be private.
    pub(crate) at: Option<IpAddr>,
    /// Bytes of a request's body, if more than usual.
    pub(crate) request: Option<u64>,
    /// Bytes of an answer's body, if more than usual.
    pub(crate) response: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Exactly(Host<String>),
    /// `*.example.org`: exactly one label in front of this.
    Below(String),
}

/// A request that is about to be sent: checked and dialled from this same URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpCall {
    pub(crate) method: String,
    pub(crate) url: Url,
}

impl HttpScope {
    pub(crate) fn posts(&self) -> bool {
        self.method == "POST"
    }

    pub(crate) fn covers(&self, call: &HttpCall) -> bool {
        // The cheap and the telling first: this is asked for every permission of a module.
        (self.method == "*" || self.method == call.method)
            && Some(self.port) == call.url.port_or_known_default()
            && call.url.host().is_some_and(|host| self.host.matches(&host))
            && self.scheme == call.url.scheme()
            && path_matches(&self.path, call.url.path())
    }

    /// Whether the private address may be dialled for this scope: it is written there, or pinned by `at`.
    pub(crate) fn allows_private(&self, address: IpAddr) -> bool {
        let literal = match &self.host {
            HostPattern::Exactly(Host::Ipv4(ip)) => Some(IpAddr::V4(*ip)),
            HostPattern::Exactly(Host::Ipv6(ip)) => Some(IpAddr::V6(*ip)),
            HostPattern::Exactly(Host::Domain(_)) | HostPattern::Below(_) => None,
        };
        literal == Some(address) || self.at == Some(address)
    }

    pub(crate) fn includes(&self, other: &Self) -> bool {
        let host = match (&self.host, &other.host) {
            (HostPattern::Below(_), HostPattern::Exactly(host)) => self.host.matches(host),
            (own, other) => own == other,
        };
        (self.method == "*" || self.method == other.method)
            && self.scheme == other.scheme
            && host
            && self.port == other.port
            && (self.path == other.path
                || (!other.path.contains('*') && path_matches(&self.path, &other.path))
                || prefix_includes(&self.path, &other.path))
            && (self.at.is_some() || other.at.is_none())
            && (other.at.is_none() || self.at == other.at)
            && self.request.unwrap_or(0) >= other.request.unwrap_or(0)
            && self.response.unwrap_or(0) >= other.response.unwrap_or(0)
    }
}

impl HostPattern {
    fn matches<T: AsRef<str>>(&self, host: &Host<T>) -> bool {
        match (self, host) {
            (Self::Exactly(Host::Domain(own)), Host::Domain(name)) => own == name.as_ref(),
            (Self::Exactly(Host::Ipv4(own)), Host::Ipv4(ip)) => own == ip,
            (Self::Exactly(Host::Ipv6(own)), Host::Ipv6(ip)) => own == ip,
            (Self::Exactly(_), _) => false,
            (Self::Below(parent), host) => {
                let Host::Domain(name) = host else { return false };
                let name = name.as_ref();
                name.strip_suffix(parent.as_str())
                    .and_then(|rest| rest.strip_suffix('.'))
                    .is_some_and(|label| !label.is_empty() && !label.contains('.'))
            }
        }
    }
}

/// `/a/*` includes `/a/b/*`.
fn prefix_includes(own: &str, other: &str) -> bool {
    own.strip_suffix('*').is_some_and(|prefix| !prefix.contains('*') && other.starts_with(prefix))
}

/// `*` at the end matches anything, elsewhere any part of one segment.
///
/// Patterns come from modules: this takes no more than the product of the two lengths, whatever they are.
fn path_matches(pattern: &str, path: &str) -> bool {
    // What a server may decode into a separator or a parent is never a part of a granted path.
    let lower = path.to_ascii_lowercase();
    if ["%2f", "%5c", "%2e%2e", "%00", "/..;"].iter().any(|hidden| lower.contains(hidden)) {
        return false;
    }
    let mut patterns = pattern.split('/').peekable();
    let mut segments = path.split('/');
    while let Some(pattern) = patterns.next() {
        let Some(segment) = segments.next() else { return false };
        if !segment_matches(pattern, segment) {
            return false;
        }
        if patterns.peek().is_none() && pattern.ends_with('*') {
            return true;
        }
    }
    segments.next().is_none()
}

/// Whether one segment is what the pattern says: goes back to the last star only.
fn segment_matches(pattern: &str, segment: &str) -> bool {
    let (mut pattern, mut rest) = (pattern.as_bytes(), segment.as_bytes());
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern, rest) {
            ([b'*', after @ ..], _) => {
                star = Some((after, rest));
                pattern = after;
            }
            ([one, after @ ..], [first, others @ ..]) if one == first => {
                (pattern, rest) = (after, others);
            }
            ([], []) => return true,
            _ => match star {
                Some((after, [_, others @ ..])) => {
                    star = Some((after, others));
                    (pattern, rest) = (after, others);
                }
                _ => return false,
            },
        }
    }
}

/// Takes the dot off that may end a host's name: `example.org.` is `example.org`.
fn without_dot(url: &mut Url) -> Result<(), Malformed> {
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    let Some(plain) = name.strip_suffix('.') else { return Ok(()) };
    let plain = plain.to_owned();
    if plain.is_empty() || plain.ends_with('.') || url.set_host(Some(&plain)).is_err() {
        return Err(Malformed::new("the URL has no host"));
    }
    Ok(())
}

impl HttpCall {
    pub(crate) fn effect(&self) -> Effect {
        if matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS") {
            Effect::Read
        } else {
            Effect::Change
        }
    }

    /// Reads a URL as a module writes it. The result is what is compared, shown and sent: without a fragment
    /// and without the dot that may end a host's name.
    pub(crate) fn new(method: &str, url: &str) -> Result<Self, Malformed> {
        if url.len() > URL_BYTES {
            return Err(Malformed(format!("a URL has at most {URL_BYTES} bytes")));
        }
        let url =
            Url::parse(url).map_err(|error| Malformed(format!("the URL is wrong: {error}")))?;
        Self::of_url(method, url)
    }

    /// The same, of a URL that was parsed or joined.
    pub(crate) fn of_url(method: &str, mut url: Url) -> Result<Self, Malformed> {
        if url.as_str().len() > URL_BYTES {
            return Err(Malformed(format!("a URL has at most {URL_BYTES} bytes")));
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Malformed::new("only http and https URLs can be asked for"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Malformed::new(
                "a URL has no user and no password here; name a secret instead",
            ));
        }
        if url.port() == Some(0) {
            return Err(Malformed::new("there is no port 0"));
        }
        url.set_fragment(None);
        without_dot(&mut url)?;
        Ok(Self { method: method.to_owned(), url })
    }

    /// The URL without its query: that may hold what nobody else should read.
    pub(crate) fn shown_url(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.to_string()
    }
}

impl fmt::Display for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.shown_url())
    }
}

impl FromStr for HttpCall {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (method, url) = text.split_once(' ').ok_or_else(|| {
            Malformed::new("write `http METHOD URL`, such as `http GET https://example.org/`")
        })?;
        Self::new(&method.to_ascii_uppercase(), url.trim())
    }
}

impl fmt::Display for HttpScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, scheme, host, port, path, at, request, response } = self;
        write!(f, "{method} {scheme}://")?;
        match host {
            HostPattern::Exactly(host) => write!(f, "{host}")?,
            HostPattern::Below(parent) => write!(f, "*.{parent}")?,
        }
        if *port != default_port(scheme) {
            write!(f, ":{port}")?;
        }
        write!(f, "{path}")?;
        if let Some(at) = at {
            write!(f, " at {at}")?;
        }
        if let Some(bytes) = request {
            write!(f, " request {bytes}")?;
        }
        if let Some(bytes) = response {
            write!(f, " response {bytes}")?;
        }
        Ok(())
    }
}

fn default_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

impl FromStr for HttpScope {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut words = text.split_whitespace();
        let usage = || {
            Malformed::new(
                "write `http METHOD URL`, such as `http GET https://api.example.org/v1/*`",
            )
        };
        let (method, pattern) = (words.next().ok_or_else(usage)?, words.next().ok_or_else(usage)?);
        if method != "*"
            && !(method.len() <= 16 && method.bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            return Err(Malformed(format!(
                "the method `{method}` must be in capitals, such as GET"
            )));
        }
        // The parser would escape a star in a host's name, and refuse it in none.
        let (plain, below) = match pattern.split_once("://*.") {
            Some((scheme, rest)) => (format!("{scheme}://{rest}"), true),
            None => (pattern.to_owned(), false),
        };
        let mut url = Url::parse(&plain)
            .map_err(|error| Malformed(format!("`{pattern}` is no URL: {error}")))?;
        without_dot(&mut url)?;
        let host = url.host().ok_or_else(usage)?.to_owned();
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Malformed::new("only http and https can be granted"));
        }
        if url.port() == Some(0) {
            return Err(Malformed::new("there is no port 0"));
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(Malformed::new("a granted URL has no user, no query and no fragment"));
        }
        let host = match (below, host) {
            (false, Host::Domain(name)) if name.contains('*') => {
                return Err(Malformed::new(
                    "a `*` stands for exactly one label in front: `https://*.example.org/`",
                ));
            }
            (true, Host::Domain(name)) if name.contains('.') && !name.contains('*') => {
                HostPattern::Below(name)
            }
            (true, _) => {
                return Err(Malformed::new(
                    "`*.` needs a domain of its own behind it, such as `*.example.org`",
                ));
            }
            (false, host) => HostPattern::Exactly(host),
        };
        let mut scope = Self {
            method: method.to_owned(),
            scheme: url.scheme().to_owned(),
            host,
            port: url.port_or_known_default().unwrap_or(443),
            path: url.path().to_owned(),
            at: None,
            request: None,
            response: None,
        };
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| Malformed(format!("`{word}` needs a value")))?;
            let wrong = || Malformed(format!("`{value}` is no value for `{word}`"));
            match word {
                "at" => scope.at = Some(value.parse().map_err(|_| wrong())?),
                "request" => scope.request = Some(value.parse().map_err(|_| wrong())?),
                "response" => scope.response = Some(value.parse().map_err(|_| wrong())?),
                _ => {
                    return Err(Malformed(format!("`{word}` is none of at, request and response")));
                }
            }
        }
        Ok(scope)
    }
}
