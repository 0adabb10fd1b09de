//! The events that run now, by chat.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The events that run now, so that /cancel can end the one of its chat.
#[derive(Default)]
pub(crate) struct Running(Mutex<HashMap<i64, CancellationToken>>);

impl Running {
    /// Ends the event that runs for a chat, if there is one.
    pub(crate) fn cancel(&self, chat: i64) {
        if let Some(token) = self.lock().get(&chat) {
            token.cancel();
        }
    }

    pub(super) fn begin(&self, chat: i64) -> CancellationToken {
        let token = CancellationToken::new();
        self.lock().insert(chat, token.clone());
        token
    }

    pub(super) fn end(&self, chat: i64) {
        self.lock().remove(&chat);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
