//! The intake: asks Telegram for updates, and moves on only when those that count are durable.
//!
//! The next request confirms the updates before its offset, so it is made only after the inbox is durable:
//! killed at any moment, the host loses nothing. What Telegram then sends once more is recognised by its
//! id. Handling begins at once, beside the writing: nothing of it can be committed before the inbox is.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::api::POLL;
use super::outbox::jittered;
use super::update::{Unusable, Update};
use super::{Api, ApiError, withhold};
use crate::database::Received;
use crate::dispatch::{Arrived, Dispatch};
use crate::incoming::Incoming;
use crate::lanes::Lanes;
use crate::telemetry::metrics::Gate;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How often the owner is told of the same trouble.
const NOTE: Duration = Duration::from_mins(10);

pub(crate) struct Intake {
    pub(crate) api: Api,
    pub(crate) dispatch: Arc<Dispatch>,
    pub(crate) lanes: Arc<Lanes<Dispatch>>,
    pub(crate) known: Known,
}

/// The ids of the last updates.
#[derive(Default)]
pub(crate) struct Known {
    ids: HashSet<i64>,
    order: VecDeque<i64>,
}

impl Intake {
    /// Polls until `stopping`.
    pub(crate) async fn run(mut self, stopping: CancellationToken) {
        let mut offset = 0;
        let mut pause = FIRST_PAUSE;
        let mut noted: Option<Instant> = None;
        self.dispatch.metrics.polling.set(1);
        loop {
            // After trouble, it is to be known at once whether it is over.
            let well = self.dispatch.metrics.polling.get() == 1;
            let patience = if well { POLL } else { Duration::ZERO };
            let polled = tokio::select! {
                polled = self.api.updates(offset, patience) => polled,
                () = stopping.cancelled() => return,
            };
            let wait = match polled {
                Ok(updates) => {
                    self.dispatch.metrics.polling.set(1);
                    match self.accept(&updates).await {
                        Some(next) => {
                            // Nothing new: all that was fetched is confirmed by now, so the next request may ask from the
                            // start, and finds updates whose ids have begun again at a lower number.
                            offset = next.unwrap_or(0);
                            pause = FIRST_PAUSE;
                            continue;
                        }
                        None => pause,
                    }
                }
                Err(error) => {
                    self.dispatch.metrics.polling.set(0);
                    tracing::error!(%error, again_in_s = pause.as_secs(), "cannot fetch updates");
                    if matches!(error, ApiError::Conflict(_))
                        && noted.is_none_or(|noted| noted.elapsed() > NOTE)
                    {
                        noted = Some(Instant::now());
                        self.dispatch.tell_owners("⚠️ Another program fetches this bot's updates with the same token. Only one may: stop the other, or give it a bot of its own.").await;
                    }
                    match error {
                        ApiError::RetryAfter(asked) => asked.max(pause),
                        _ => pause,
                    }
                }
            };
            tokio::select! {
                () = tokio::time::sleep(jittered(wait)) => {}
                () = stopping.cancelled() => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Keeps what counts. Some: all is durable, and the next offset if there was an update. None: it is
    /// not, and the same updates must be fetched again.
    async fn accept(
        &mut self,
        updates: &[Box<serde_json::value::RawValue>],
    ) -> Option<Option<i64>> {
        let now_ms = chrono::Utc::now().timestamp_millis();
        let received = Instant::now();
        let mut next = None;
        let mut batch = Vec::new();
        let mut arrivals = Vec::new();
        for raw in updates {
            let update = match Update::read(raw.get()) {
                Ok(update) => update,
                Err((id, _)) => {
                    self.dispatch.metrics.gate(Gate::Malformed);
                    tracing::warn!(update = id, "an update cannot be read; it is skipped");
                    next = next.max(id.map(|id| id.saturating_add(1)));
                    continue;
                }
            };
            let id = update.id;
            next = next.max(Some(id.saturating_add(1)));
            if !self.dispatch.gate.admits(update.origin) {
                self.refuse(&update);
                continue;
            }
            if self.known.contains(id) {
                self.dispatch.metrics.gate(Gate::Duplicate);
                continue;
            }
            let mut incoming = match update.into_incoming(now_ms) {
                Ok(incoming) => incoming,
                Err(Unusable::Ignored) => {
                    self.dispatch.metrics.gate(Gate::Ignored);
                    continue;
                }
                Err(Unusable::Malformed) => {
                    self.dispatch.metrics.gate(Gate::Malformed);
                    continue;
                }
            };
            self.dispatch.metrics.gate(Gate::Accepted);
            self.dispatch.metrics.inbox_depth.inc();
            self.known.add(id);
            let chat = incoming.chat_id;
            if incoming.is_command("cancel") || incoming.is_command("stop") {
                self.dispatch.running.cancel(chat);
            }
            let body = self.withhold(&mut incoming, raw.get());
            batch.push(Received { update_id: id, chat_id: chat, received_ms: now_ms, body });
            arrivals.push(Arrived {
                incoming,
                received_ms: now_ms,
                received,
                recovered: false,
                begun: 0,
            });
        }
        if batch.is_empty() {
            return Some(next);
        }
        let ids: Vec<i64> = batch.iter().map(|received| received.update_id).collect();
        // Asked for before any handler begins: the writer goes in order, so that no commit of an update
        // can come to it before the update itself, and be taken for a repetition.
        let kept = self.dispatch.database.receive(batch);
        let mut spilled = Vec::new();
        for arrived in arrivals {
            let chat = arrived.incoming.chat_id;
            if !self.lanes.push(chat, arrived) {
                spilled.push(chat);
            }
        }
        match kept.await {
            Ok(()) => {
                for chat in spilled {
                    self.lanes.durable(chat);
                }
                Some(next)
            }
            Err(error) => {
                tracing::error!(%error, updates = ids.len(), "cannot keep updates; they stay at Telegram until there is room");
                for id in ids {
                    self.known.forget(id);
                }
                for chat in spilled {
                    self.lanes.lost(chat);
                }
                None
            }
        }
    }

    /// Takes secrets out of what came in; returns what may be kept of it.
    fn withhold(&self, incoming: &mut Incoming, raw: &str) -> Arc<str> {
        if let Some(withhold::Taken(value)) = withhold::take(incoming) {
            if let Some(value) = value {
                self.dispatch.withheld.put(incoming.update_id, value);
            }
            if let Some(message_id) = incoming.message_id {
                self.dispatch.delete_message(incoming.chat_id, message_id);
            }
        }
        withhold::body(raw).as_ref().into()
    }

    /// A stranger gets silence, and costs a counter and a line of the log.
    fn refuse(&self, update: &Update) {
        let sender = update.origin.sender;
        if sender.is_some_and(|sender| self.dispatch.gate.is_allowed(sender)) {
            self.dispatch.metrics.gate(Gate::Ignored);
        } else {
            self.dispatch.metrics.gate(Gate::Stranger);
        }
        tracing::info!(update = update.id, sender, "refused at the gate");
    }
}

impl Known {
    /// As many as the database remembers.
    pub(crate) const SIZE: u32 = 20_000;

    /// `ids` are given newest first.
    pub(crate) fn new(ids: Vec<i64>) -> Self {
        let mut known = Self::default();
        ids.into_iter().rev().for_each(|id| known.add(id));
        known
    }

    fn contains(&self, id: i64) -> bool {
        self.ids.contains(&id)
    }

    fn add(&mut self, id: i64) {
        if self.ids.insert(id) {
            self.order.push_back(id);
        }
        while self.order.len() > Self::SIZE as usize {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
            }
        }
    }

    fn forget(&mut self, id: i64) {
        self.ids.remove(&id);
        self.order.retain(|known| *known != id);
    }
}
