//! The open questions: which chat's next text answers which module.
//!
//! A copy of the table in the database, changed only after the change is durable.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::database::{Dialog, DialogChange};

#[derive(Default)]
pub(crate) struct Dialogs(Mutex<HashMap<i64, Dialog>>);

impl Dialogs {
    pub(crate) fn new(stored: Vec<(i64, Dialog)>) -> Self {
        Self(Mutex::new(stored.into_iter().collect()))
    }

    /// The question that a text of this time answers.
    pub(crate) fn open(&self, chat: i64, now_ms: i64) -> Option<Dialog> {
        self.lock().get(&chat).filter(|dialog| dialog.expires_ms > now_ms).cloned()
    }

    /// Whether there is a question, open or expired.
    pub(crate) fn has(&self, chat: i64) -> bool {
        self.lock().contains_key(&chat)
    }

    pub(crate) fn apply(&self, change: DialogChange) {
        let DialogChange { chat_id, dialog } = change;
        match dialog {
            Some(dialog) => drop(self.lock().insert(chat_id, dialog)),
            None => drop(self.lock().remove(&chat_id)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Dialog>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
