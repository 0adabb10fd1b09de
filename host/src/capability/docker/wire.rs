//! The connection to the daemon: one for each request, bounded in what it reads, and open only to the few
//! paths that the host has a use for, whatever a library makes of a name.

use std::io;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bollard::BollardRequest;
use bollard::errors::Error;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::{Method, Response, Uri, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::config::DockerHost;
use crate::grant::is_container_name;

/// What one answer may have in all: two hundred log lines of the longest kind fit.
const ANSWER: usize = 12 << 20;
/// After this a connection is closed, whoever forgot it.
const LONGEST: Duration = Duration::from_mins(1);

/// The way to one daemon.
pub(super) struct Wire {
    pub(super) host: DockerHost,
    /// The version of the API that both sides know, such as `1.41`; it begins the path of each request.
    pub(super) version: OnceLock<String>,
}

/// Why nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreached {
    #[error("there is no socket")]
    Missing,
    #[error("permission denied")]
    Forbidden,
    #[error("nobody listens")]
    Refused,
    #[error("this path is not one of ours")]
    Path,
}

/// An answer was longer than any answer should be.
#[derive(Debug, thiserror::Error)]
#[error("the answer is too long")]
pub(super) struct TooMuch;

impl Wire {
    pub(super) async fn send(
        &self,
        mut request: BollardRequest,
    ) -> Result<Response<Incoming>, Error> {
        if !is_ours(request.method(), request.uri().path()) {
            // The names were checked long before: this is a fault of the host.
            tracing::error!(method = %request.method(), "refused to send an unknown request to Docker");
            return Err(unreached(Unreached::Path));
        }
        *request.uri_mut() = self.target(request.uri())?;
        request.headers_mut().insert(HOST, HeaderValue::from_static("docker"));
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        match &self.host {
            DockerHost::Unix(path) => {
                let stream = UnixStream::connect(path).await;
                exchange(stream.map_err(|error| unreached(kind(&error)))?, request).await
            }
            DockerHost::Tcp { host, port, .. } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await;
                exchange(stream.map_err(|error| unreached(kind(&error)))?, request).await
            }
        }
    }

    /// The path with the version before it, and the query.
    fn target(&self, uri: &Uri) -> Result<Uri, Error> {
        let path = uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str);
        let target = match self.version.get() {
            Some(version) => format!("/v{version}{path}"),
            None => path.to_owned(),
        };
        Ok(target.parse::<Uri>()?)
    }
}

/// All that the host ever sends.
fn is_ours(method: &Method, path: &str) -> bool {
    if *method == Method::GET && matches!(path, "/version" | "/containers/json") {
        return true;
    }
    let one = path.strip_prefix("/containers/").and_then(|rest| rest.split_once('/'));
    one.is_some_and(|(name, what)| {
        let verb = match what {
            "json" | "logs" | "stats" => Method::GET,
            "start" | "stop" | "restart" => Method::POST,
            _ => return false,
        };
        is_container_name(name) && *method == verb
    })
}

async fn exchange<S>(stream: S, request: BollardRequest) -> Result<Response<Incoming>, Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let stream = TokioIo::new(Bounded { stream, left: ANSWER });
    let (mut sender, connection) = http1::handshake(stream).await?;
    // It ends with the answer, or when nobody waits for that any more.
    drop(tokio::spawn(tokio::time::timeout(LONGEST, connection)));
    Ok(sender.send_request(request).await?)
}

fn unreached(why: Unreached) -> Error {
    Error::IOError { err: io::Error::other(why) }
}

fn kind(error: &io::Error) -> Unreached {
    match error.kind() {
        io::ErrorKind::NotFound => Unreached::Missing,
        io::ErrorKind::PermissionDenied => Unreached::Forbidden,
        _ => Unreached::Refused,
    }
}

/// A stream that breaks when too much came.
struct Bounded<S> {
    stream: S,
    left: usize,
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = buffer.filled().len().saturating_sub(before);
        match self.left.checked_sub(read) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Err(io::Error::other(TooMuch))),
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_paths_get_through() {
        for (method, path) in [
            (Method::GET, "/version"),
            (Method::GET, "/containers/json"),
            (Method::GET, "/containers/web-1/json"),
            (Method::GET, "/containers/web_1.2/logs"),
            (Method::GET, "/containers/0123456789ab/stats"),
            (Method::POST, "/containers/web/start"),
            (Method::POST, "/containers/web/stop"),
            (Method::POST, "/containers/web/restart"),
        ] {
            assert!(is_ours(&method, path), "{method} {path}");
        }
        for (method, path) in [
            (Method::POST, "/volumes/prune"),
            (Method::DELETE, "/containers/web"),
            (Method::POST, "/containers/web"),
            (Method::POST, "/containers/create"),
            (Method::POST, "/containers/prune"),
            (Method::POST, "/containers/web/exec"),
            (Method::POST, "/containers/web/kill"),
            (Method::GET, "/containers/web/stop"),
            (Method::POST, "/containers/web/json"),
            (Method::GET, "/containers/web/archive"),
            (Method::GET, "/containers/web/logs/x"),
            (Method::GET, "/containers//json"),
            (Method::GET, "/containers/../json"),
            (Method::GET, "/containers/a%2fb/json"),
            (Method::GET, "/info"),
            (Method::GET, "/"),
            (Method::POST, "/version"),
        ] {
            assert!(!is_ours(&method, path), "{method} {path}");
        }
    }
}
