//! How the host reaches the Bot API: Telegram's, another one, or the one in this process.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{AppError, people};
use crate::config::{Config, Port, Telegram};
use crate::local::{self, LocalApi};
use crate::telegram::{Api, ApiError};
use crate::telemetry::redact;

/// The local server outlives the wish to stop by this, so that last answers reach the page.
const LAST_ANSWERS: Duration = Duration::from_millis(200);

pub(super) struct Link {
    pub(super) api: Api,
    pub(super) throttled: bool,
    /// Where the chat page is, in local mode.
    pub(super) chat: Option<SocketAddr>,
}

/// Makes the client, and starts the local server if there is no other.
pub(super) async fn connect(
    config: &Config,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Link, AppError> {
    let client = |error: ApiError| AppError::Setting {
        setting: "TELEGRAM_API_URL",
        reason: error.to_string(),
    };
    let chat_port = match &config.telegram {
        Telegram::Remote { token, api_url, unthrottled } => {
            let api = Api::new(token.expose_secret(), api_url.clone()).map_err(client)?;
            return Ok(Link { api, throttled: !unthrottled, chat: None });
        }
        Telegram::Local { chat_port } => *chat_port,
    };
    let setting = "UMBRASIL_CHAT_PORT";
    let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0)), chat_port, setting).await?;
    let address = listener.local_addr().map_err(|error| refused(setting, &error))?;
    let token = token();
    redact::add_fixed([token.clone()]);
    let api =
        LocalApi::new(people::options(token.expose_secret(), &config.allowed, &config.owners));
    tasks.spawn(serve(listener, api, stop.clone()));
    let url = url::Url::parse(&format!("http://{address}"));
    let url = url.map_err(|error| AppError::Setting { setting, reason: error.to_string() })?;
    Ok(Link {
        api: Api::new(token.expose_secret(), url).map_err(client)?,
        throttled: false,
        chat: Some(address),
    })
}

/// Listens on a port that `setting` names.
pub(super) async fn listen(
    base: SocketAddr,
    port: Port,
    setting: &'static str,
) -> Result<TcpListener, AppError> {
    let at = |port| SocketAddr::new(base.ip(), port);
    let bound = match port {
        Port::Exactly(port) => TcpListener::bind(at(port)).await,
        Port::Preferably(port) => match TcpListener::bind(at(port)).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                TcpListener::bind(at(0)).await
            }
            bound => bound,
        },
    };
    bound.map_err(|error| refused(setting, &error))
}

pub(super) fn refused(setting: &'static str, error: &std::io::Error) -> AppError {
    AppError::Setting { setting, reason: format!("cannot listen there: {error}") }
}

async fn serve(listener: TcpListener, api: LocalApi, stop: CancellationToken) {
    let closed = CancellationToken::new();
    let close = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_ANSWERS).await;
        closed.cancel();
    };
    let (served, ()) = tokio::join!(local::serve(listener, api, closed.clone()), close);
    if let Err(error) = served {
        tracing::error!(%error, "the chat page failed");
    }
}

/// A token that nobody can guess: other programs of this machine can reach the local server.
fn token() -> SecretString {
    use std::hash::{BuildHasher as _, RandomState};
    let random = || RandomState::new().hash_one(std::process::id());
    format!("1000:{:016x}{:016x}", random(), random()).into()
}
