//! Asides: calls that are of use only now, so they are tried once and never kept.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};

use super::request::{self, Style};
use super::{Api, ApiError, progress};
use crate::outgoing::Aside;
use crate::telemetry::redact::redacted;

/// Pauses between tries to delete a message with a secret.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(20)];
const UNDELETED: &str =
    "⚠️ I could not delete your message with the secret: please delete it yourself.";
/// Asides on their way at once.
const PARALLEL: usize = 16;

/// Sends asides until nobody can make any more.
pub(crate) async fn run(api: Api, mut asides: mpsc::Receiver<Aside>, throttled: bool) {
    let places = Arc::new(Semaphore::new(PARALLEL));
    while let Some(aside) = asides.recv().await {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let api = api.clone();
        tokio::spawn(async move {
            let result = match aside {
                Aside::Progress(progress) => {
                    // It lasts as long as its event, of which there are not many at a time.
                    drop(place);
                    return progress::show(api, progress, throttled).await;
                }
                Aside::Typing(chat) => api.send(&request::typing(chat)).await,
                Aside::Answer { query, notice } => {
                    api.send(&request::answer(query, notice.map(redacted))).await
                }
                Aside::Unbutton { chat_id, message_id } => {
                    api.send(&request::unbutton(chat_id, message_id)).await
                }
                Aside::Delete { chat_id, message_id } => delete(&api, chat_id, message_id).await,
            };
            if let Err(error) = result {
                // Usual after a restart: the button was pressed too long ago.
                tracing::debug!(%error, "an aside was not delivered");
            }
            drop(place);
        });
    }
}

/// Deletes a message with a secret; tells its author if that cannot be done.
async fn delete(api: &Api, chat: i64, message: i64) -> Result<(), ApiError> {
    let mut pauses = PAUSES.into_iter();
    let failed = loop {
        let error = match api.send(&request::delete(chat, message)).await {
            Ok(()) => return Ok(()),
            // Its author was faster, or we were in an earlier process.
            Err(ApiError::Refused(_, text)) if text.contains("not found") => return Ok(()),
            Err(error) => error,
        };
        match (&error, pauses.next()) {
            (ApiError::Refused(..) | ApiError::Forbidden(_), _) | (_, None) => break error,
            (_, Some(pause)) => tokio::time::sleep(pause).await,
        }
    };
    tracing::warn!(error = %failed, chat, "a message with a secret could not be deleted");
    api.send(&request::message(chat, UNDELETED, &Vec::new(), Style::Html)).await
}
