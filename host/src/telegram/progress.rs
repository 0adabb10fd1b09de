//! Shows how far an event is: one message that changes as often as Telegram likes.
//!
//! Nothing of it is kept, and nothing is tried again: there is a newer text soon. The last word is the
//! event's reply, which goes through the outbox.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::request::{self, Style};
use super::{Api, ApiError};
use crate::capability::progress::Progress;
use crate::outgoing::{Keyboard, Outgoing};
use crate::reply;
use crate::telemetry::redact::redacted;

/// Between two changes of a message: about one a second is what private chats take, 20 a minute groups. The
/// replies of the chat need some of that.
const PRIVATE: Duration = Duration::from_millis(1_500);
const GROUP: Duration = Duration::from_secs(4);
/// Where there is no limit.
const UNTHROTTLED: Duration = Duration::from_millis(20);

/// A message that was sent, as far as it matters here.
#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

/// Shows the texts of one event until it has ended.
pub(super) async fn show(api: Api, progress: Arc<Progress>, throttled: bool) {
    let pace = match progress.chat_id {
        _ if !throttled => UNTHROTTLED,
        ..0 => GROUP,
        _ => PRIVATE,
    };
    let (mut message, mut shown) = (None, None);
    while let Some(html) = progress.next(shown.as_deref()).await {
        let mut wait = pace;
        match put(&api, progress.chat_id, message, &visible(&html)).await {
            Ok(id) => message = id.or(message),
            Err(ApiError::RetryAfter(asked)) => wait = asked.max(pace),
            // Usual when the text reads the same as before.
            Err(error) => tracing::debug!(%error, "how far an event is could not be shown"),
        }
        shown = Some(html);
        progress.pause(wait).await;
    }
    progress.ended(message);
}

/// The newest part of the text that fits into one message.
fn visible(html: &str) -> String {
    let parts = reply::messages(&reply::unmarked(html), Keyboard::new(), None);
    match parts.into_iter().next_back() {
        Some(Outgoing::Send { html, .. }) => redacted(html),
        _ => String::new(),
    }
}

/// Sends the text, or changes the message to it. Gives the id of a new one.
async fn put(
    api: &Api,
    chat: i64,
    message: Option<i64>,
    html: &str,
) -> Result<Option<i64>, ApiError> {
    let none = Keyboard::new();
    let mut style = Style::Html;
    loop {
        let result = if let Some(message) = message {
            api.send(&request::edit(chat, message, html, &none, style)).await.map(|()| None)
        } else {
            let request = request::message(chat, html, &none, style);
            api.ask::<Sent>("SendMessage", &request).await.map(|sent| Some(sent.message_id))
        };
        match result {
            Err(ApiError::Refused(_, text))
                if style == Style::Html && text.contains("can't parse entities") =>
            {
                style = Style::Plain;
            }
            result => return result,
        }
    }
}
