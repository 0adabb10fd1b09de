//! Local mode: a Telegram Bot API server on loopback with a chat page on top of it.
//!
//! The bot that talks to this server is the same bot that talks to Telegram; only the URL differs. That is why the
//! server is strict: it holds an empty `getUpdates`, parses entities, counts UTF-16 units and refuses in Telegram's
//! own words, so that what works here works there. It knows nothing of the rest of the host.
//!
//! Two doors lead to one state, which lives in memory only:
//! - `/bot<token>/<method>` and `/file/bot<token>/<path>` for the bot (`methods`);
//! - `/` and `/chat/…` for the people and for tests (`chat`, whose documentation lists the routes).
//!
//! A browser on the same machine is the one attacker that a loopback server has: see `guard`.

mod bot_api;
mod calls;
mod chat;
mod entities;
mod error;
mod events;
mod files;
mod guard;
mod html;
mod image;
mod incoming;
mod markup;
mod message;
mod methods;
mod page;
mod params;
mod state;
#[cfg(test)]
mod tests;
mod updates;

use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long open connections may take to end once the server shuts down.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Somebody who may chat on the page. Each person has one private chat with the bot, with the same id.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Person {
    pub id: i64,
    pub first_name: String,
    pub username: String,
    /// `owner`, `user` or `stranger`; only shown on the page, the bot decides for itself.
    pub role: &'static str,
}

/// What the server pretends to be.
#[derive(Debug, Clone)]
pub struct Options {
    pub token: String,
    pub bot_name: String,
    pub bot_username: String,
    pub people: Vec<Person>,
}

/// The server's state; clones share it.
#[derive(Clone)]
pub struct LocalApi {
    shared: Arc<state::Shared>,
}

impl LocalApi {
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { shared: Arc::new(state::Shared::new(options)) }
    }

    /// Returns the routes of the Bot API and of the chat page, guarded.
    pub fn router(&self) -> axum::Router {
        let routes = bot_api::routes().merge(chat::routes()).merge(page::routes());
        guard::protect(routes).with_state(Arc::clone(&self.shared))
    }
}

/// Serves until `shutdown` is cancelled; held polls and event streams end at once then.
pub async fn serve(
    listener: TcpListener,
    api: LocalApi,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    // Small answers to small requests: Nagle's algorithm would add 40 ms to each.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY on a local connection");
        }
    });
    let stop = api.shared.stop.clone();
    let closing = stop.clone();
    let server = axum::serve(listener, api.router()).with_graceful_shutdown(async move {
        shutdown.cancelled().await;
        closing.cancel();
    });
    tokio::select! {
        result = server => result,
        // A client that never finishes its request must not hold the host.
        () = async { stop.cancelled().await; tokio::time::sleep(SHUTDOWN_GRACE).await } => Ok(()),
    }
}
