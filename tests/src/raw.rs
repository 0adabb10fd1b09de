//! A Bot API server that says exactly what a test tells it, broken or not, and notes what it is asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::eventually;

/// How long getUpdates waits for the script to go on.
const HOLD: Duration = Duration::from_secs(20);

/// The server; it ends when this is dropped.
pub struct RawApi {
    url: String,
    shared: Arc<Shared>,
    _server: DropGuard,
}

/// One call of the bot.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub method: String,
    pub params: Value,
}

#[derive(Default)]
struct Shared {
    state: Mutex<Seen>,
    changed: Notify,
}

#[derive(Default)]
struct Seen {
    /// What the next calls of getUpdates get.
    script: VecDeque<(u16, Vec<u8>)>,
    /// Whether a getUpdates is held at this moment.
    waiting: bool,
    /// The offsets of getUpdates so far.
    offsets: Vec<i64>,
    calls: Vec<Call>,
    downloads: Vec<String>,
}

impl RawApi {
    /// Starts it on a free port.
    pub async fn new() -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts it at this address.
    pub async fn at(address: SocketAddr) -> Self {
        let shared = Arc::new(Shared::default());
        let routes = axum::Router::new()
            .route("/bot{token}/{method}", any(method))
            .route("/file/{*path}", any(download))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                served = axum::serve(listener, routes) => served.unwrap(),
                () = stopped.cancelled() => {}
            }
        });
        Self { url, shared, _server: stop.drop_guard() }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Adds what a getUpdates is answered with.
    pub fn answer(&self, status: u16, body: impl Into<Vec<u8>>) {
        self.lock().script.push_back((status, body.into()));
        self.shared.changed.notify_waiters();
    }

    /// Adds a batch of updates, as they are written: they need not be JSON.
    pub fn batch(&self, updates: &[impl ToString]) {
        let updates: Vec<String> = updates.iter().map(ToString::to_string).collect();
        self.answer(200, format!("{{\"ok\":true,\"result\":[{}]}}", updates.join(",")));
    }

    /// Waits until all that was scripted is fetched, and the bot has come back for more: it asks again
    /// only when it has dealt with what it got.
    pub async fn fetched(&self) {
        eventually(30, "the bot fetches all and asks for more", async || {
            let seen = self.lock();
            (seen.script.is_empty() && seen.waiting).then_some(())
        })
        .await;
    }

    /// All calls, getUpdates excluded.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// The texts that were sent to a chat.
    pub fn sent_to(&self, chat: i64) -> Vec<String> {
        let calls = self.calls();
        let sent = calls
            .iter()
            .filter(|call| call.method == "sendmessage" && call.params["chat_id"] == chat);
        sent.map(|call| call.params["text"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits until `count` messages were sent to a chat.
    pub async fn wait_for(&self, chat: i64, count: usize) -> Vec<String> {
        eventually(30, &format!("{count} messages for {chat}"), async || {
            let sent = self.sent_to(chat);
            (sent.len() >= count).then_some(sent)
        })
        .await
    }

    /// The offset of each getUpdates.
    pub fn offsets(&self) -> Vec<i64> {
        self.lock().offsets.clone()
    }

    /// Paths of files that the bot wanted.
    pub fn downloads(&self) -> Vec<String> {
        self.lock().downloads.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.shared.state.lock().unwrap()
    }
}

async fn method(
    State(shared): State<Arc<Shared>>,
    Path((_, method)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let method = method.to_ascii_lowercase();
    let params = serde_json::from_slice(&body).unwrap_or(Value::Null);
    if method == "getupdates" {
        return updates(&shared, &params).await;
    }
    let result = match method.as_str() {
        "getme" => json!({"id": 4242, "is_bot": true, "first_name": "Raw", "username": "raw_bot"}),
        _ => json!(true),
    };
    shared.state.lock().unwrap().calls.push(Call { method, params });
    axum::Json(json!({"ok": true, "result": result})).into_response()
}

async fn updates(shared: &Shared, params: &Value) -> Response {
    /// Also when the bot hangs up.
    struct Waiting<'a>(&'a Shared);
    impl Drop for Waiting<'_> {
        fn drop(&mut self) {
            self.0.state.lock().unwrap().waiting = false;
        }
    }
    shared.state.lock().unwrap().offsets.push(params["offset"].as_i64().unwrap_or(0));
    let deadline = tokio::time::Instant::now() + HOLD;
    let _waiting = Waiting(shared);
    loop {
        let mut changed = std::pin::pin!(shared.changed.notified());
        changed.as_mut().enable();
        {
            let mut seen = shared.state.lock().unwrap();
            if let Some((status, body)) = seen.script.pop_front() {
                seen.waiting = false;
                return (StatusCode::from_u16(status).unwrap(), body).into_response();
            }
            seen.waiting = true;
        }
        if tokio::time::timeout_at(deadline, changed).await.is_err() {
            return axum::Json(json!({"ok": true, "result": []})).into_response();
        }
    }
}

async fn download(State(shared): State<Arc<Shared>>, Path(path): Path<String>) -> StatusCode {
    shared.state.lock().unwrap().downloads.push(path);
    StatusCode::NOT_FOUND
}
