//! What a module may ask for: the form of a request, before any grant is looked at.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::bindings::umbrasil::module::http as wit;
use crate::capability::Error;
use crate::grant::{HttpCall, HttpScope};

/// Headers of a request, and all of them together in bytes.
const HEADERS: usize = 64;
const HEADER_BYTES: usize = 32 << 10;
/// Secrets in one request.
const SECRETS: usize = 8;
/// What a request and its answer may hold, unless more is wanted and granted.
const REQUEST: u64 = 1 << 20;
const RESPONSE: u64 = 4 << 20;
/// The most that can be granted.
pub(super) const LARGEST: u64 = 32 << 20;
/// How long a request and its answer may take.
const TOTAL: Duration = Duration::from_secs(30);

/// Say where a request goes, how long it is, or how the connection is used: the host's alone.
pub(super) const TRANSPORT: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "max-forwards",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];
/// Say who sends it, or stand for a session.
const IDENTITY: [&str; 5] = ["cookie", "cookie2", "forwarded", "x-real-ip", "set-cookie"];

/// A request of sound form.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) call: HttpCall,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Names of secrets, each once.
    pub(super) secrets: Vec<String>,
    pub(super) timeout: Option<Duration>,
}

impl Wanted {
    pub(super) fn new(request: wit::Request) -> Result<Self, Error> {
        let wit::Request { method, url, headers, body, secrets, timeout_ms } = request;
        let well_formed = (1..=16).contains(&method.len())
            && method.bytes().all(|byte| byte.is_ascii_uppercase())
            && !matches!(method.as_str(), "CONNECT" | "TRACE");
        if !well_formed {
            let text = "a method is a word in capitals such as GET, and neither CONNECT nor TRACE";
            return Err(Error::Invalid(text.to_owned()));
        }
        let call = HttpCall::new(&method, &url).map_err(|error| Error::Invalid(error.0))?;
        if body.len() as u64 > LARGEST {
            return Err(Error::TooLarge(LARGEST));
        }
        Ok(Self {
            call,
            headers: header_map(&headers)?,
            body: body.into(),
            secrets: secret_names(secrets)?,
            timeout: (timeout_ms > 0).then(|| Duration::from_millis(timeout_ms.into())),
        })
    }

    /// How long it may take, answer and all.
    pub(super) fn total(&self) -> Duration {
        self.timeout.map_or(TOTAL, |timeout| timeout.min(TOTAL))
    }

    /// What an owner who is asked must see beside the URL. A body that is no text cannot be read by anybody:
    /// they see what it is bound by.
    pub(super) fn detail(&self) -> String {
        let mut lines: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
            .collect();
        lines.extend(self.secrets.iter().map(|name| format!("with the secret {name}")));
        match std::str::from_utf8(&self.body) {
            Ok("") => {}
            Ok(text) => lines.push(text.to_owned()),
            Err(_) => {
                let hash = crate::grant::hash(&self.body);
                lines.push(format!("{} bytes with the SHA-256 {hash}", self.body.len()));
            }
        }
        lines.join("\n")
    }

    /// All that the module wrote, part by part.
    pub(super) fn written(&self) -> impl Iterator<Item = &[u8]> {
        let headers = self
            .headers
            .iter()
            .flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
        headers.chain([&*self.body])
    }
}

/// Bytes of a request's body that both the module wants and the owner allows.
pub(super) fn request_limit(want: &HttpScope, grant: &HttpScope) -> u64 {
    both(want.request, grant.request, REQUEST)
}

/// The same, of the answer's.
pub(super) fn response_limit(want: &HttpScope, grant: &HttpScope) -> u64 {
    both(want.response, grant.response, RESPONSE)
}

fn both(want: Option<u64>, grant: Option<u64>, usual: u64) -> u64 {
    want.unwrap_or(usual).min(grant.unwrap_or(usual)).clamp(usual, LARGEST)
}

fn header_map(headers: &[wit::Header]) -> Result<HeaderMap, Error> {
    let bytes: usize = headers.iter().map(|header| header.name.len() + header.value.len()).sum();
    if headers.len() > HEADERS || bytes > HEADER_BYTES {
        return Err(Error::Invalid(format!(
            "a request has at most {HEADERS} headers, and {HEADER_BYTES} bytes of them"
        )));
    }
    let mut map = HeaderMap::with_capacity(headers.len());
    for wit::Header { name, value } in headers {
        let shown = || name.escape_debug().to_string();
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Error::Invalid(format!("`{}` is no name of a header", shown())))?;
        if is_forbidden(name.as_str()) {
            return Err(Error::Invalid(format!("the header {name} is the host's, not a module's")));
        }
        let value = HeaderValue::from_str(value).ok().filter(|_| value.is_ascii());
        let value = value.ok_or_else(|| {
            Error::Invalid(format!("the value of {name} must be ASCII without control characters"))
        })?;
        map.append(name, value);
    }
    Ok(map)
}

fn is_forbidden(name: &str) -> bool {
    TRANSPORT.contains(&name)
        || IDENTITY.contains(&name)
        || ["proxy-", "x-forwarded-", "sec-"].iter().any(|family| name.starts_with(family))
}

fn secret_names(names: Vec<String>) -> Result<Vec<String>, Error> {
    let mut checked: Vec<String> = Vec::new();
    for name in names {
        let plain = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if !plain {
            return Err(Error::Invalid("a secret's name is letters, digits, _ and -".to_owned()));
        }
        if !checked.contains(&name) {
            checked.push(name);
        }
    }
    if checked.len() > SECRETS {
        return Err(Error::Invalid(format!("at most {SECRETS} secrets in a request")));
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &[(&str, &str)], secrets: &[&str]) -> wit::Request {
        let header = |(name, value): &(&str, &str)| wit::Header {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        wit::Request {
            method: method.to_owned(),
            url: "https://x.org/".to_owned(),
            headers: headers.iter().map(header).collect(),
            body: Vec::new(),
            secrets: secrets.iter().map(|name| (*name).to_owned()).collect(),
            timeout_ms: 0,
        }
    }

    fn is_invalid(request: wit::Request) -> bool {
        matches!(Wanted::new(request), Err(Error::Invalid(_)))
    }

    #[test]
    fn headers_that_are_the_hosts_or_broken_are_refused() {
        for (name, value) in [
            ("Host", "evil.org"),
            ("host", "evil.org"),
            ("Content-Length", "0"),
            ("Transfer-Encoding", "chunked"),
            ("Connection", "keep-alive"),
            ("Proxy-Authorization", "x"),
            ("Proxy-Anything", "x"),
            ("X-Forwarded-For", "127.0.0.1"),
            ("Cookie", "a=b"),
            ("Upgrade", "websocket"),
            ("TE", "trailers"),
            ("Expect", "100-continue"),
            ("Accept-Encoding", "identity"),
            ("", "x"),
            ("a b", "x"),
            ("a:b", "x"),
            ("a\r\nHost", "x"),
            ("a", "x\r\nHost: evil.org"),
            ("a", "x\nb"),
            ("a", "\0"),
            ("a", "é"),
        ] {
            assert!(is_invalid(request("GET", &[(name, value)], &[])), "{name}: {value}");
        }
        let many = vec![("a", "b"); 65];
        assert!(is_invalid(request("GET", &many, &[])));
        let long = "x".repeat(33 << 10);
        assert!(is_invalid(request("GET", &[("a", &long)], &[])));
        let sound = [("Accept", "*/*"), ("authorization", "Bearer x"), ("X-A", "1"), ("X-A", "2")];
        assert_eq!(Wanted::new(request("GET", &sound, &[])).unwrap().headers.len(), 4);
    }

    #[test]
    fn methods_and_names_of_secrets_are_words() {
        for method in ["get", "", "G ET", "GET\r\n", "CONNECT", "TRACE", "ABCDEFGHIJKLMNOPQ"] {
            assert!(is_invalid(request(method, &[], &[])), "{method}");
        }
        for name in ["", "a b", "../x", &"x".repeat(65)] {
            assert!(is_invalid(request("GET", &[], &[name])), "{name}");
        }
        assert!(is_invalid(request("GET", &[], &["1", "2", "3", "4", "5", "6", "7", "8", "9"])));
        let wanted = Wanted::new(request("PATCH", &[], &["A", "B", "A"])).unwrap();
        assert_eq!(wanted.secrets, ["A", "B"]);
    }

    #[test]
    fn a_larger_body_needs_both_keys() {
        let scope = |line: &str| line.parse::<HttpScope>().unwrap();
        let (usual, more) =
            (scope("GET https://x.org/"), scope("GET https://x.org/ response 8388608"));
        let vast = scope("GET https://x.org/ response 99999999999");
        assert_eq!(response_limit(&usual, &more), RESPONSE);
        assert_eq!(response_limit(&more, &usual), RESPONSE);
        assert_eq!(response_limit(&more, &vast), 8 << 20);
        assert_eq!(response_limit(&vast, &vast), LARGEST);
        assert_eq!(request_limit(&more, &more), REQUEST);
    }
}
