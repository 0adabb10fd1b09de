//! The updates that wait for the bot, and `getUpdates`.
//!
//! An offset confirms all lower ids; what is not confirmed is delivered again. Of two polls at a time the older ends with 409,
//! which is what tells the owner of a real bot that it runs twice. Kinds that the bot does not allow are dropped when they
//! happen, not when they are asked for, as on Telegram.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::error::ApiError;
use super::params::Params;
use super::state::Shared;

/// Telegram keeps updates for a day; here a number bounds them.
const MAX_PENDING: usize = 100_000;

/// The longest hold of a poll.
const MAX_HOLD: Duration = Duration::from_secs(50);

/// Kinds that a bot gets only when it names them.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

#[derive(Debug)]
pub(super) struct UpdateQueue {
    next_id: i64,
    pending: VecDeque<(i64, Box<RawValue>)>,
    allowed: Option<Vec<String>>,
    /// Number of the newest poll; a held poll that sees a higher one has been superseded.
    newest_poll: u64,
    changed: Arc<Notify>,
}

impl UpdateQueue {
    pub(super) fn new(first_id: i64) -> Self {
        Self {
            next_id: first_id,
            pending: VecDeque::new(),
            allowed: None,
            newest_poll: 0,
            changed: Arc::new(Notify::new()),
        }
    }

    /// Queues `{kind: payload}` and returns its update id, also when the bot does not want the kind.
    pub(super) fn push(&mut self, kind: &str, payload: Value) -> i64 {
        let mut update = serde_json::Map::new();
        update.insert(kind.to_owned(), payload);
        self.push_raw(update)
    }

    /// Queues a whole update, with its own `update_id` if it has one.
    pub(super) fn push_raw(&mut self, mut update: serde_json::Map<String, Value>) -> i64 {
        let id = update.get("update_id").and_then(Value::as_i64).unwrap_or(self.next_id);
        self.next_id = self.next_id.max(id.saturating_add(1));
        let wanted = update.keys().filter(|key| *key != "update_id").all(|kind| self.wants(kind));
        update.insert("update_id".to_owned(), id.into());
        if let (true, Ok(raw)) = (wanted, serde_json::value::to_raw_value(&update)) {
            self.pending.push_back((id, raw));
            if self.pending.len() > MAX_PENDING {
                self.pending.pop_front();
            }
            self.changed.notify_waiters();
        }
        id
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn clear(&mut self) {
        self.pending.clear();
    }

    pub(super) fn allowed(&self) -> Option<&[String]> {
        self.allowed.as_deref()
    }

    /// How many polls have come so far.
    #[cfg(test)]
    pub(super) fn polls(&self) -> u64 {
        self.newest_poll
    }

    fn wants(&self, kind: &str) -> bool {
        match &self.allowed {
            Some(kinds) => kinds.iter().any(|allowed| allowed == kind),
            None => !ON_REQUEST.contains(&kind),
        }
    }

    fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            let forget = self.pending.len().saturating_sub(keep);
            self.pending.drain(..forget);
        } else {
            self.pending.retain(|(id, _)| *id >= offset);
        }
    }

    fn batch(&self, limit: usize) -> Vec<Box<RawValue>> {
        self.pending.iter().take(limit).map(|(_, update)| update.clone()).collect()
    }
}

/// Answers `getUpdates`: at once when something waits, else when something comes, the time is over or the server ends.
pub(super) async fn poll(shared: &Shared, params: &Params) -> Result<Vec<Box<RawValue>>, ApiError> {
    let limit =
        usize::try_from(params.integer("limit").unwrap_or(100).clamp(1, 100)).unwrap_or(100);
    let hold = u64::try_from(params.integer("timeout").unwrap_or(0)).unwrap_or(0);
    let deadline = Instant::now() + Duration::from_secs(hold).min(MAX_HOLD);
    let allowed = params
        .object::<Vec<String>>("allowed_updates")
        .map_err(|_| ApiError::bad_request("can't parse allowed updates list"))?;
    let (poll, changed) = {
        let mut state = shared.lock();
        let queue = &mut state.updates;
        queue.newest_poll += 1;
        // The older poll learns of the newer one through the same bell as of an update.
        queue.changed.notify_waiters();
        if let Some(kinds) = allowed {
            queue.allowed = (!kinds.is_empty()).then_some(kinds);
        }
        queue.confirm(params.integer("offset").unwrap_or(0));
        (queue.newest_poll, Arc::clone(&queue.changed))
    };
    loop {
        let mut bell = std::pin::pin!(changed.notified());
        // Listen before looking, or what comes in between is missed.
        bell.as_mut().enable();
        {
            let state = shared.lock();
            if state.updates.newest_poll != poll {
                return Err(ApiError::new(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                ));
            }
            let batch = state.updates.batch(limit);
            if !batch.is_empty() || Instant::now() >= deadline || shared.stop.is_cancelled() {
                return Ok(batch);
            }
        }
        tokio::select! {
            () = bell => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = shared.stop.cancelled() => {}
        }
    }
}
