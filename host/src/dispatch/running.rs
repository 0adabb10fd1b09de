//! The events that run now, by chat.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The events that run now, so that /cancel can end the one of its chat.
#[derive(Default)]
pub(crate) struct Running(Mutex<Chats>);

#[derive(Default)]
struct Chats {
    running: HashMap<i64, CancellationToken>,
    /// Where an event was ended and has said so: the /cancel itself, which comes after it, says no more.
    stopped: HashSet<i64>,
}

impl Running {
    /// Ends the event that runs for a chat, if there is one.
    pub(crate) fn cancel(&self, chat: i64) {
        if let Some(token) = self.lock().running.get(&chat) {
            token.cancel();
        }
    }

    pub(super) fn begin(&self, chat: i64) -> CancellationToken {
        let token = CancellationToken::new();
        self.lock().running.insert(chat, token.clone());
        token
    }

    pub(super) fn end(&self, chat: i64) {
        self.lock().running.remove(&chat);
    }

    pub(super) fn stopped(&self, chat: i64) {
        self.lock().stopped.insert(chat);
    }

    /// Whether an event of the chat was ended since this was asked last.
    pub(super) fn take_stopped(&self, chat: i64) -> bool {
        self.lock().stopped.remove(&chat)
    }

    fn lock(&self) -> MutexGuard<'_, Chats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
