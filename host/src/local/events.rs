//! Live events for the page: what the state sends, and the server-sent-event stream that carries it.
//!
//! The state holds the sending end of a broadcast channel and sends under its lock, so events keep the order of the changes.
//! Each stream is a task that copies from its receiving end into a pipe whose other end is the response body; it ends when
//! the reader goes away or the server stops. A reader too slow for the channel gets `reload` instead of what it missed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;

/// A comment this often keeps the connection visibly alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Debug, Clone)]
pub(super) struct Event {
    /// None concerns every chat.
    chat: Option<i64>,
    line: Arc<str>,
}

#[derive(Debug, Clone)]
pub(super) struct Events(broadcast::Sender<Event>);

impl Events {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(1024))
    }

    /// Sends an event to whoever listens; the data is made only when somebody does.
    pub(super) fn send(&self, chat: Option<i64>, name: &str, data: impl FnOnce() -> Value) {
        if self.0.receiver_count() > 0 {
            let line = format!("event: {name}\ndata: {}\n\n", data()).into();
            // The last listener may have left since: nobody minds.
            self.0.send(Event { chat, line }).ok();
        }
    }

    /// Opens a stream of the events of one chat, or of all.
    pub(super) fn stream(&self, person: Option<i64>, stop: CancellationToken) -> Response {
        let mut events = self.0.subscribe();
        let (mut pipe, body) = tokio::io::duplex(16 * 1024);
        tokio::spawn(async move {
            let copy = async {
                pipe.write_all(b"retry: 1000\n\n").await?;
                loop {
                    let line: Arc<str> = match tokio::time::timeout(KEEP_ALIVE, events.recv()).await
                    {
                        Err(_) => ": still here\n\n".into(),
                        Ok(Ok(event))
                            if person.is_none() || event.chat.is_none() || event.chat == person =>
                        {
                            event.line
                        }
                        Ok(Ok(_)) => continue,
                        Ok(Err(RecvError::Lagged(_))) => "event: reload\ndata: {}\n\n".into(),
                        Ok(Err(RecvError::Closed)) => return Ok::<_, std::io::Error>(()),
                    };
                    pipe.write_all(line.as_bytes()).await?;
                }
            };
            // Both ends are ends: the server stops, or the reader is gone and writing fails.
            stop.run_until_cancelled(copy).await
        });
        let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
        (headers, Body::from_stream(ReaderStream::new(body))).into_response()
    }
}
