//! The sender: what waits in the database goes to Telegram, in order per chat, within Telegram's limits.
//!
//! A message leaves the database when Telegram has it, or when it never will. In between it is tried again
//! and again: what surely did not arrive without limit, what may have arrived at most [`ATTEMPTS`] times
//! (it may come twice, but it is not lost silently).

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use reqwest::multipart::{Form, Part};
use tokio_util::sync::CancellationToken;

use super::request::{self, Style};
use super::{Api, ApiError};
use crate::database::{Database, QueuedMessage};
use crate::lanes::{Flow, Work};
use crate::outgoing::Outgoing;
use crate::reply::plain;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Stage;

/// Tries of a message that may have arrived.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Telegram's limits: about one message a second in a private chat, some more at once, and 30 a second in all.
struct Throttle {
    chats: DefaultKeyedRateLimiter<i64>,
    all: DefaultDirectRateLimiter,
}

pub(crate) struct Outbox {
    api: Api,
    database: Database,
    metrics: Arc<Metrics>,
    throttle: Option<Throttle>,
    stopping: CancellationToken,
}

/// What to do after a failed try.
enum Verdict {
    Delivered,
    /// Telegram will never take it, or not from us.
    Hopeless,
    /// Take the markup out, and try again at once.
    AsPlainText,
    /// The message that was to be changed is gone: send a new one at once.
    AsNewMessage,
    /// It did not arrive: try again after this.
    Wait(Duration),
    /// It may have arrived.
    Unsure,
}

impl Outbox {
    pub(crate) fn new(
        api: Api,
        database: Database,
        metrics: Arc<Metrics>,
        throttled: bool,
        stopping: CancellationToken,
    ) -> Self {
        let quota = |per_second: u32, burst: u32| {
            let (per_second, burst) = (NonZeroU32::new(per_second)?, NonZeroU32::new(burst)?);
            Some(Quota::per_second(per_second).allow_burst(burst))
        };
        let throttle = quota(1, 5).zip(quota(30, 30)).map(|(chat, all)| Throttle {
            chats: RateLimiter::keyed(chat),
            all: RateLimiter::direct(all),
        });
        Self { api, database, metrics, throttle: throttle.filter(|_| throttled), stopping }
    }

    async fn deliver(&self, message: QueuedMessage) -> Flow {
        let QueuedMessage { id, chat_id, mut attempts, payload, file } = message;
        let Ok(mut outgoing) = serde_json::from_str::<Outgoing>(&payload) else {
            tracing::error!(message = id, "a kept message cannot be read; it is dropped");
            self.database.sent(id);
            return Flow::Next;
        };
        let mut style = Style::Html;
        let mut pause = FIRST_PAUSE;
        loop {
            self.permit(chat_id).await;
            let began = Instant::now();
            let result = self.attempt(chat_id, &outgoing, file.as_deref(), style).await;
            self.metrics.time(Stage::Send, began.elapsed());
            let error = result.err();
            let wait = match verdict(error.as_ref(), &outgoing, style) {
                Verdict::Delivered => {
                    self.metrics.sent("ok");
                    self.database.sent(id);
                    return Flow::Next;
                }
                Verdict::Hopeless => {
                    self.metrics.sent("refused");
                    tracing::warn!(
                        chat = chat_id,
                        error = error.map(|error| error.to_string()),
                        "Telegram does not take a message; it is dropped"
                    );
                    self.database.sent(id);
                    return Flow::Next;
                }
                Verdict::AsPlainText => {
                    tracing::warn!(
                        chat = chat_id,
                        "Telegram does not understand the markup; sending plain text"
                    );
                    style = Style::Plain;
                    continue;
                }
                Verdict::AsNewMessage => {
                    if let Outgoing::Edit { html, keyboard, .. } = outgoing {
                        outgoing = Outgoing::Send { html, keyboard };
                    }
                    continue;
                }
                Verdict::Wait(asked) => asked.max(pause),
                Verdict::Unsure => {
                    attempts += 1;
                    self.database.attempted(id);
                    if attempts >= ATTEMPTS {
                        self.metrics.sent("given_up");
                        tracing::error!(
                            chat = chat_id,
                            attempts,
                            "a message may not have been delivered; giving it up"
                        );
                        self.database.sent(id);
                        return Flow::Next;
                    }
                    pause
                }
            };
            self.metrics.sent("retry");
            tracing::warn!(
                chat = chat_id,
                error = error.map(|error| error.to_string()),
                wait_s = wait.as_secs(),
                "a message waits"
            );
            tokio::select! {
                () = tokio::time::sleep(jittered(wait)) => {}
                () = self.stopping.cancelled() => return Flow::Stop,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn permit(&self, chat: i64) {
        if let Some(throttle) = &self.throttle {
            throttle.chats.until_key_ready(&chat).await;
            throttle.all.until_ready().await;
        }
    }

    async fn attempt(
        &self,
        chat: i64,
        outgoing: &Outgoing,
        file: Option<&[u8]>,
        style: Style,
    ) -> Result<(), ApiError> {
        match outgoing {
            Outgoing::Send { html, keyboard } => {
                self.api.send(&request::message(chat, html, keyboard, style)).await
            }
            Outgoing::Edit { message_id, html, keyboard } => {
                self.api.send(&request::edit(chat, *message_id, html, keyboard, style)).await
            }
            Outgoing::Photo { caption } => {
                let form = form(chat, caption, style).part("photo", part(file, "image"));
                self.api.upload("SendPhoto", form).await
            }
            Outgoing::Document { name, caption } => {
                let form = form(chat, caption, style).part("document", part(file, name));
                self.api.upload("SendDocument", form).await
            }
        }
    }
}

impl Work for Outbox {
    type Job = QueuedMessage;

    async fn work(&self, message: QueuedMessage) -> Flow {
        let flow = self.deliver(message).await;
        self.metrics.outbox_depth.dec();
        flow
    }

    async fn read_back(&self, chat: i64, position: i64, limit: usize) -> Vec<QueuedMessage> {
        loop {
            match self.database.queued(chat, position, limit).await {
                Ok(messages) => return messages,
                // Given up, they would wait for the next start.
                Err(error) => tracing::error!(%error, chat, "cannot read the outbox; trying again"),
            }
            tokio::select! {
                () = tokio::time::sleep(FIRST_PAUSE) => {}
                () = self.stopping.cancelled() => return Vec::new(),
            }
        }
    }

    fn position(message: &QueuedMessage) -> i64 {
        message.id
    }
}

fn form(chat: i64, caption: &str, style: Style) -> Form {
    let form = Form::new().text("chat_id", chat.to_string());
    match style {
        _ if caption.is_empty() => form,
        Style::Html => form.text("caption", caption.to_owned()).text("parse_mode", "HTML"),
        Style::Plain => form.text("caption", plain(caption)),
    }
}

fn part(file: Option<&[u8]>, name: &str) -> Part {
    Part::bytes(file.unwrap_or_default().to_vec()).file_name(name.to_owned())
}

fn verdict(error: Option<&ApiError>, outgoing: &Outgoing, style: Style) -> Verdict {
    let Some(error) = error else { return Verdict::Delivered };
    let is_edit = matches!(outgoing, Outgoing::Edit { .. });
    match error {
        ApiError::Refused(_, text) if is_edit && text.contains("message is not modified") => {
            Verdict::Delivered
        }
        ApiError::Refused(_, text)
            if is_edit
                && (text.contains("to edit not found") || text.contains("can't be edited")) =>
        {
            Verdict::AsNewMessage
        }
        ApiError::Refused(_, text)
            if style == Style::Html && text.contains("can't parse entities") =>
        {
            Verdict::AsPlainText
        }
        ApiError::Refused(..) | ApiError::Forbidden(_) => Verdict::Hopeless,
        ApiError::RetryAfter(wait) => Verdict::Wait(*wait),
        // The token may be mended, the network may come back: the message waits for that.
        ApiError::Unreachable(_) | ApiError::Unauthorized | ApiError::Conflict(_) => {
            Verdict::Wait(FIRST_PAUSE)
        }
        ApiError::Server(_) | ApiError::Lost(_) => Verdict::Unsure,
    }
}

/// Up to a quarter more, so that chats that failed together do not come back together.
pub(super) fn jittered(pause: Duration) -> Duration {
    use std::hash::{BuildHasher as _, RandomState};
    let random = RandomState::new().hash_one(());
    pause + pause.mul_f64(f64::from(u8::try_from(random & 0xff).unwrap_or(0)) / 1024.0)
}
