//! Who may speak to the server at all: programs on this machine, and the server's own page.
//!
//! Any web page that the user visits can make the browser send requests to loopback. A foreign name that resolves to
//! 127.0.0.1 (DNS rebinding) fails at the Host header, a foreign page fails at Origin and Sec-Fetch-Site, a plain form fails
//! at the content type, and our own page may load nothing from elsewhere and be framed by nobody.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};

use super::error::ApiError;

/// The largest body with files; bodies without are bounded where they are read.
const MAX_UPLOAD: usize = 64 * 1024 * 1024;

const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

pub(super) fn protect<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.layer(DefaultBodyLimit::max(MAX_UPLOAD)).layer(from_fn(check))
}

async fn check(request: Request, next: Next) -> Response {
    let mut response = match refusal(&request) {
        Some(error) => error.into_response(),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refusal(request: &Request) -> Option<ApiError> {
    let headers = request.headers();
    let forbidden = |why: &str| {
        Some(ApiError::new(StatusCode::FORBIDDEN.as_u16(), format!("Forbidden: {why}")))
    };
    let Some(host) = text(headers, &header::HOST).filter(|host| is_loopback(host)) else {
        return forbidden("the local server answers to 127.0.0.1 and localhost only");
    };
    let path = request.uri().path();
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if headers.contains_key(header::ORIGIN) && !reading {
        let own = format!("http://{host}");
        if text(headers, &header::ORIGIN) != Some(own.as_str()) {
            return forbidden("foreign origin");
        }
    }
    // The Bot API also acts on GET, which carries no Origin; a link to the page itself is fine.
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    if matches!(site, Some("cross-site" | "same-site")) && path != "/" {
        return forbidden("foreign site");
    }
    let content_type =
        text(headers, &header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    if path.starts_with("/chat/")
        && !reading
        && !matches!(content_type, "application/json" | "multipart/form-data")
    {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE.as_u16();
        return Some(ApiError::new(
            status,
            "Unsupported Media Type: application/json or multipart/form-data",
        ));
    }
    None
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Says whether a Host header names this machine by one of its three loopback names, with any port.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "[::1]") || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        refusal(&request.body(axum::body::Body::empty()).unwrap()).map(|error| error.code)
    }

    #[test]
    fn only_loopback_names_are_served() {
        for host in
            ["127.0.0.1", "127.0.0.1:8480", "localhost:1", "LocalHost", "[::1]:8480", "[::1]"]
        {
            assert_eq!(request("GET", "/", &[("host", host)]), None, "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil:80",
            "[::1",
            "127.0.0.1:80:x",
            "",
        ] {
            assert_eq!(request("GET", "/", &[("host", host)]), Some(403), "{host}");
        }
        assert_eq!(request("GET", "/", &[]), Some(403));
    }

    #[test]
    fn a_foreign_page_cannot_post() {
        let post = |origin| {
            let headers = [
                ("host", "localhost:8480"),
                ("origin", origin),
                ("content-type", "application/json"),
            ];
            request("POST", "/chat/message", &headers)
        };
        assert_eq!(post("http://localhost:8480"), None);
        for origin in
            ["http://localhost:3000", "https://localhost:8480", "http://evil.example", "null"]
        {
            assert_eq!(post(origin), Some(403), "{origin}");
        }
    }

    #[test]
    fn a_foreign_page_cannot_act_by_get() {
        let host = ("host", "localhost:8480");
        for site in ["cross-site", "same-site"] {
            assert_eq!(
                request("GET", "/bot1:a/sendMessage?chat_id=1", &[host, ("sec-fetch-site", site)]),
                Some(403)
            );
        }
        assert_eq!(request("GET", "/", &[host, ("sec-fetch-site", "cross-site")]), None);
        assert_eq!(
            request("GET", "/chat/people", &[host, ("sec-fetch-site", "same-origin")]),
            None
        );
    }

    #[test]
    fn a_plain_form_is_refused() {
        let post = |kind| {
            request("POST", "/chat/message", &[("host", "localhost"), ("content-type", kind)])
        };
        assert_eq!(post("application/x-www-form-urlencoded"), Some(415));
        assert_eq!(post("text/plain"), Some(415));
        assert_eq!(post("application/json; charset=utf-8"), None);
        assert_eq!(request("POST", "/chat/message", &[("host", "localhost")]), Some(415));
        // The bot's side takes forms.
        let form = [("host", "localhost"), ("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(request("POST", "/bot1:a/sendMessage", &form), None);
    }
}
