//! Calls to the Bot API, and what their failures mean.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use teloxide::Bot;
use teloxide::requests::Payload;

/// A call that is no long poll and no upload.
const CALL: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(5);
/// How long getUpdates waits for news.
pub(super) const POLL: Duration = Duration::from_secs(50);

/// The Bot API of one bot. No error and no log line of it contains the token.
#[derive(Clone)]
pub(crate) struct Api {
    bot: Bot,
}

/// Why a call failed, by what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("Telegram asks to wait {} s", .0.as_secs())]
    RetryAfter(Duration),
    #[error("another program fetches this bot's updates (409: {0})")]
    Conflict(String),
    #[error("the token is not accepted (401)")]
    Unauthorized,
    #[error("not allowed (403: {0})")]
    Forbidden(String),
    #[error("refused ({0}: {1})")]
    Refused(u16, String),
    #[error("the server failed ({0})")]
    Server(u16),
    /// The call surely did not arrive.
    #[error("cannot connect: {0}")]
    Unreachable(String),
    /// The call may have arrived.
    #[error("no sound answer: {0}")]
    Lost(String),
}

/// What `Bot` knows of itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Me {
    pub(crate) username: String,
}

#[derive(Deserialize)]
struct Envelope<T> {
    ok: bool,
    result: Option<T>,
    #[serde(default)]
    error_code: u16,
    #[serde(default)]
    description: String,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

#[derive(Serialize)]
struct GetUpdates {
    offset: i64,
    limit: u8,
    timeout: u64,
    /// Only what is used: everything else costs Telegram and this host work for nothing.
    allowed_updates: [&'static str; 2],
}

impl Api {
    pub(crate) fn new(token: &str, url: url::Url) -> Result<Self, ApiError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(64)
            .tcp_nodelay(true)
            // A proxy would see the token: only the owner's own settings decide where it goes.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ApiError::Unreachable(error.to_string()))?;
        Ok(Self { bot: Bot::with_client(token, client).set_api_url(url) })
    }

    pub(crate) async fn me(&self) -> Result<Me, ApiError> {
        self.call("GetMe", &serde_json::json!({}), CALL).await
    }

    /// The updates from `offset` on, as they are; waits for them for up to `patience`.
    pub(super) async fn updates(
        &self,
        offset: i64,
        patience: Duration,
    ) -> Result<Vec<Box<RawValue>>, ApiError> {
        let allowed_updates = ["message", "callback_query"];
        let timeout = patience.as_secs();
        let request = GetUpdates { offset, limit: 100, timeout, allowed_updates };
        self.call("GetUpdates", &request, patience + Duration::from_secs(10)).await
    }

    /// Sends a request of teloxide.
    pub(crate) async fn send<P: Payload + Serialize>(&self, payload: &P) -> Result<(), ApiError> {
        match self.call::<serde::de::IgnoredAny>(P::NAME, payload, CALL).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sends a request with a file.
    pub(super) async fn upload(
        &self,
        method: &str,
        form: reqwest::multipart::Form,
    ) -> Result<(), ApiError> {
        let request = self.bot.client().post(self.url(method)).timeout(3 * CALL).multipart(form);
        self.answer::<serde::de::IgnoredAny>(request).await.map(drop)
    }

    /// Asks for something small.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        self.call(method, body, CALL).await
    }

    /// The request for a file that `getFile` has named. Who sends it ends it in time.
    pub(super) fn download(&self, file_path: &str) -> reqwest::RequestBuilder {
        let mut url = self.bot.api_url();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("file").push(&format!("bot{}", self.bot.token()));
            path.extend(file_path.split('/'));
        }
        self.bot.client().get(url)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        body: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, ApiError> {
        self.answer(self.bot.client().post(self.url(method)).timeout(timeout).json(body)).await
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, ApiError> {
        // The URL of a request holds the token: errors are stripped of it.
        let response = request.send().await.map_err(|error| {
            let connecting = error.is_connect() || error.is_builder();
            let text = chain(&error.without_url());
            if connecting { ApiError::Unreachable(text) } else { ApiError::Lost(text) }
        })?;
        let status = response.status().as_u16();
        let body =
            response.bytes().await.map_err(|error| ApiError::Lost(chain(&error.without_url())))?;
        // One broken character must not hide the other updates of a batch.
        let body = String::from_utf8_lossy(&body);
        let parsed = serde_json::from_str::<Envelope<T>>(&body);
        match parsed {
            Ok(Envelope { ok: true, result: Some(result), .. }) => Ok(result),
            Ok(Envelope { ok: true, result: None, .. }) => {
                Err(ApiError::Lost("an answer without a result".to_owned()))
            }
            Ok(Envelope { error_code, description, parameters, .. }) => {
                let code = if error_code == 0 { status } else { error_code };
                Err(meaning(
                    code,
                    description,
                    parameters.and_then(|parameters| parameters.retry_after),
                ))
            }
            // The body is not shown: an error page may repeat the URL.
            Err(_) if status >= 400 => Err(meaning(status, String::new(), None)),
            Err(error) => Err(ApiError::Lost(format!(
                "an answer that is not JSON of the Bot API ({:?})",
                error.classify()
            ))),
        }
    }

    fn url(&self, method: &str) -> url::Url {
        let mut url = self.bot.api_url();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&format!("bot{}", self.bot.token())).push(method);
        }
        url
    }
}

fn meaning(code: u16, description: String, retry_after: Option<u64>) -> ApiError {
    match code {
        429 => ApiError::RetryAfter(Duration::from_secs(retry_after.unwrap_or(1).min(3600))),
        409 => ApiError::Conflict(description),
        // An unknown token is answered with either.
        401 => ApiError::Unauthorized,
        404 if description.is_empty() || description == "Not Found" => ApiError::Unauthorized,
        403 => ApiError::Forbidden(description),
        500.. => ApiError::Server(code),
        code => ApiError::Refused(code, description),
    }
}

/// The error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
