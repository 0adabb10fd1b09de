//! The life of one event, top to bottom: read this first.
//!
//! An update arrives twice: in memory, to be handled now, and in the inbox, to be handled if this process
//! does not live to finish. Handling means: find who answers, run it, and commit its writes, its messages
//! and "this update is done" as one. Only then do the messages go to the sender. Whatever happens before
//! the commit leaves no trace; whatever happens after it is finished at the next start.

mod dialogs;
mod draft;
mod operate;
mod running;
mod turns;
mod withheld;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use chrono::Offset as _;
use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use self::dialogs::Dialogs;
use self::draft::Draft;
pub(crate) use self::running::Running;
use self::turns::Turn;
pub(crate) use self::turns::Turns;
pub(crate) use self::withheld::Withheld;
use crate::auth::Gate;
use crate::bindings::exports::umbrasil::module::handler::{Event, Input, Moment, User};
use crate::capability::limits::EVENT_WALL;
use crate::database::{Commit, CommitError, Database, DialogChange, QueuedMessage};
use crate::incoming::{Content, Incoming};
use crate::lanes::{Flow, Work};
use crate::module::Module;
use crate::module::catalog::Catalog;
use crate::module::sandbox::{CallError, Occasion, Sandbox};
use crate::native::{self, Answer};
use crate::operate::Operate;
use crate::outgoing::{Aside, Outgoing};
use crate::permission::Origin;
use crate::reply;
use crate::report;
use crate::router::{Route, route};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Ending, Refusal, Stage};

/// How often an event is run again because others were faster.
const RERUNS: u32 = 8;
/// A recovered update that was begun this often without end is taken for the reason of the crashes.
const ATTEMPTS: u32 = 3;
/// Telegram shows a pressed button as busy until it is answered: answered after this at the latest.
const BUTTON_PATIENCE: Duration = Duration::from_secs(3);
/// Pauses between tries to keep something when the database fails.
const STORAGE_PAUSE: Duration = Duration::from_secs(2);

/// An update on its way through the host.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) incoming: Incoming,
    pub(crate) received_ms: i64,
    pub(crate) received: Instant,
    /// Whether it was read back from the inbox of an earlier process.
    pub(crate) recovered: bool,
}

/// Everything that handling an event needs.
pub(crate) struct Dispatch {
    pub(crate) database: Database,
    pub(crate) catalog: Arc<ArcSwap<Catalog>>,
    pub(crate) failures: Arc<ArcSwap<Vec<(String, String)>>>,
    /// Cancelled when all modules were tried, or those that come with the host and the others take too long:
    /// until then, events wait.
    pub(crate) ready: CancellationToken,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) gate: Gate,
    pub(crate) dialogs: Dialogs,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) time_zone: chrono_tz::Tz,
    /// When this process began, in milliseconds since 1970: what was received before is recovered.
    pub(crate) started_ms: i64,
    pub(crate) outbox: mpsc::UnboundedSender<Vec<QueuedMessage>>,
    pub(crate) asides: mpsc::Sender<Aside>,
    /// Turns the body of an update into what it says; the edge knows how.
    pub(crate) parse: fn(&str) -> Option<Incoming>,
    pub(crate) running: Running,
    pub(crate) turns: Turns,
    /// What owners do beside talking to modules.
    pub(crate) operate: Arc<Operate>,
    /// What was taken out of messages before they were kept.
    pub(crate) withheld: Withheld,
}

impl Work for Dispatch {
    type Job = Arrived;

    async fn work(&self, arrived: Arrived) -> Flow {
        self.ready.cancelled().await;
        self.metrics.time(Stage::Queue, arrived.received.elapsed());
        // A fault of the host in one event is not to end the lane, and with it the chat.
        if AssertUnwindSafe(self.handle(&arrived)).catch_unwind().await.is_err() {
            let reference = report::reference(arrived.incoming.update_id);
            tracing::error!(reference, "the host itself failed at an event");
            self.metrics.event("host", Ending::Internal);
            self.running.end(arrived.incoming.chat_id);
            let html = format!(
                "⚠️ Something broke in the bot. Nothing was saved.\nReference: {reference}"
            );
            self.insist(&arrived, Draft::of_failure(&arrived.incoming, &html)).await;
        }
        self.metrics.inbox_depth.dec();
        Flow::Next
    }

    async fn read_back(&self, chat: i64, _: i64, limit: usize) -> Vec<Arrived> {
        let rows = loop {
            match self.database.pending(chat, limit).await {
                Ok(rows) => break rows,
                // Given up, they would wait for the next start.
                Err(error) => tracing::error!(%error, chat, "cannot read the inbox; trying again"),
            }
            tokio::time::sleep(STORAGE_PAUSE).await;
        };
        let arrived = |row: crate::database::Pending| {
            let Some(incoming) = (self.parse)(&row.body) else {
                tracing::error!(update = row.update_id, "a kept update cannot be read any more");
                return None;
            };
            let (received_ms, received) = (row.received_ms, Instant::now());
            let recovered = received_ms < self.started_ms;
            Some(Arrived { incoming, received_ms, received, recovered })
        };
        rows.into_iter().filter_map(arrived).collect()
    }

    fn position(arrived: &Arrived) -> i64 {
        arrived.incoming.update_id
    }
}

impl Dispatch {
    async fn handle(&self, arrived: &Arrived) {
        let incoming = &arrived.incoming;
        let (update, chat) = (incoming.update_id, incoming.chat_id);
        // Somebody may have been taken off the list while their updates waited.
        if !self.gate.is_allowed(incoming.user.id) || self.is_poison(arrived).await {
            self.insist(arrived, Draft::default()).await;
            return;
        }
        let cancelled = self.running.begin(chat);
        let mut turn = None;
        for attempt in 1.. {
            // Only the answering can be cancelled: once a commit is asked for, it may have happened.
            let draft = tokio::select! {
                draft = self.answer(arrived, &mut turn) => draft,
                () = cancelled.cancelled() => self.stopped(&arrived.incoming),
            };
            let module = draft
                .writes
                .first()
                .map_or_else(|| "host".into(), |writes| Arc::clone(&writes.module));
            match self.settle(arrived, draft).await {
                Err(CommitError::Conflict) if attempt <= RERUNS => {
                    tracing::debug!(update, attempt, "overtaken by another event; running again");
                    if turn.is_none() {
                        turn = self.turns.wait(&module).await;
                    }
                }
                Err(error) => {
                    self.refuse(arrived, &module, &error).await;
                    break;
                }
                Ok(()) => break,
            }
        }
        self.running.end(chat);
    }

    fn stopped(&self, incoming: &Incoming) -> Draft {
        self.metrics.event("host", Ending::Cancelled);
        Draft::of_failure(incoming, "⏹ Stopped. Nothing was saved.")
    }

    /// Notes that a recovered update is begun; puts it aside if it was begun too often.
    async fn is_poison(&self, arrived: &Arrived) -> bool {
        if !arrived.recovered {
            return false;
        }
        let update = arrived.incoming.update_id;
        match self.database.begin(update).await {
            Ok(attempts) if attempts > ATTEMPTS => {
                tracing::error!(
                    update,
                    attempts,
                    "this update seems to end the process each time; it is put aside"
                );
                self.tell_owners(&format!(
                    "⚠️ I put an update aside after {attempts} tries (reference {}).",
                    report::reference(update)
                ))
                .await;
                if let Err(error) = self.database.bury(update).await {
                    tracing::error!(%error, update, "cannot put the update aside");
                }
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::warn!(%error, update, "cannot note that the update is begun");
                false
            }
        }
    }

    /// Finds who answers, and lets it.
    async fn answer(&self, arrived: &Arrived, turn: &mut Option<Turn>) -> Draft {
        let incoming = &arrived.incoming;
        let catalog = self.catalog.load_full();
        let dialog = self.dialogs.open(incoming.chat_id, arrived.received_ms);
        match route(&catalog, &incoming.content, dialog.as_ref()) {
            Route::Host { command, rest } => {
                self.host(&catalog, arrived, &command, &rest, dialog.is_some()).await
            }
            Route::Module { module, input } => {
                if turn.is_none() {
                    *turn = self.turns.join(&module.name).await;
                }
                self.module(arrived, &module, input).await
            }
            Route::Nobody(text) => {
                self.metrics.event("host", Ending::Usage);
                Draft::of_failure(incoming, &reply::escape(&text))
            }
        }
    }

    async fn host(
        &self,
        catalog: &Catalog,
        arrived: &Arrived,
        command: &str,
        rest: &str,
        asking: bool,
    ) -> Draft {
        let incoming = &arrived.incoming;
        let answer = match command {
            "start" => native::start(catalog, &incoming.user),
            "menu" => native::menu(catalog),
            "help" => native::help(catalog, rest),
            "status" => native::status(catalog, &self.metrics),
            "modules" if self.gate.is_owner(incoming.user.id) => {
                native::modules(catalog, &self.failures.load())
            }
            "modules" => native::modules(catalog, &[]),
            "cancel" if asking => Answer::text("Cancelled."),
            "cancel" => Answer::text("Nothing is running or being asked."),
            _ => self.operate(arrived, command, rest).await.unwrap_or_else(|| {
                let command = reply::escape(command);
                Answer::text(format!("/{command} is not available in this version."))
            }),
        };
        self.metrics.event("host", Ending::Ok);
        Draft::of_host(incoming, answer)
    }

    async fn module(&self, arrived: &Arrived, module: &Arc<Module>, input: Input) -> Draft {
        let user = arrived.incoming.user.id;
        let owner = self.gate.is_owner(user);
        let occasion = Occasion {
            chat_id: arrived.incoming.chat_id,
            event: self.event(arrived, input),
            actor: format!("{} {user}", if owner { "owner" } else { "user" }),
            origin: if owner { Origin::Owner } else { Origin::User },
            tickets: Vec::new(),
            read_only: false,
            upload: None,
            wall: EVENT_WALL,
        };
        let mut handling = std::pin::pin!(self.sandbox.handle(module, occasion));
        let in_time = tokio::time::timeout(BUTTON_PATIENCE, &mut handling).await;
        let handled = if let Ok(handled) = in_time {
            handled
        } else {
            self.answer_button(&arrived.incoming, None);
            handling.await
        };
        match handled {
            Ok(outcome) => {
                self.metrics.event(&module.name, Ending::Ok);
                Draft::of_module(module, &arrived.incoming, arrived.received_ms, outcome)
            }
            Err(error) => self.failed(arrived, module, &error),
        }
    }

    fn event(&self, arrived: &Arrived, input: Input) -> Event {
        let Arrived { incoming, received_ms, .. } = arrived;
        let at = chrono::DateTime::from_timestamp_millis(incoming.at_ms).unwrap_or_default();
        let offset = at.with_timezone(&self.time_zone).offset().fix().local_minus_utc();
        let user = User {
            id: incoming.user.id,
            name: incoming.user.name.to_string(),
            language: incoming.user.language.to_string(),
            owner: self.gate.is_owner(incoming.user.id),
        };
        Event {
            // Update ids may restart; together with the time of arrival, which is kept, they do not repeat.
            id: format!("{}-{received_ms}", incoming.update_id),
            user,
            at: Moment {
                unix_ms: u64::try_from(incoming.at_ms).unwrap_or(0),
                offset_seconds: offset,
            },
            input,
        }
    }

    fn failed(&self, arrived: &Arrived, module: &Module, error: &CallError) -> Draft {
        let (name, update) = (&*module.name, arrived.incoming.update_id);
        let reference = report::reference(update);
        let ending = error.ending();
        self.metrics.event(name, ending);
        if ending.is_failure() {
            let detail = crate::telemetry::logging::escaped(
                &format!("{error:?}").chars().take(4096).collect::<String>(),
            );
            tracing::warn!(module = name, reference, detail, "a module failed: it {error}");
        }
        Draft::of_failure(&arrived.incoming, &report::call_failed(name, error, &reference))
    }

    /// Commits, and hands over what is to be sent.
    async fn settle(&self, arrived: &Arrived, draft: Draft) -> Result<(), CommitError> {
        let began = Instant::now();
        let chat_id = arrived.incoming.chat_id;
        let Draft { writes, messages, dialog, notice, failed } = draft;
        let change = match (dialog, self.dialogs.has(chat_id)) {
            (None, true) if failed => None,
            (None, false) => None,
            (dialog, _) => Some(DialogChange { chat_id, dialog }),
        };
        let commit = Commit {
            update_id: Some(arrived.incoming.update_id),
            writes,
            messages,
            dialog: change.clone(),
            ..Commit::default()
        };
        match self.database.commit(commit).await {
            Ok(queued) => {
                if let Some(change) = change {
                    self.dialogs.apply(change);
                }
                self.metrics.time(Stage::Commit, began.elapsed());
                self.metrics.answered(arrived.received.elapsed());
                self.send(queued);
                self.answer_button(&arrived.incoming, notice);
                Ok(())
            }
            // An earlier process, or an earlier try, has done it: its messages are in the outbox.
            Err(CommitError::AlreadyDone) => {
                self.answer_button(&arrived.incoming, None);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Says durably that nothing was kept.
    async fn refuse(&self, arrived: &Arrived, module: &str, error: &CommitError) {
        let reference = report::reference(arrived.incoming.update_id);
        tracing::error!(%error, module, reference, "an answer could not be kept");
        self.metrics.event(
            module,
            if *error == CommitError::Conflict { Ending::Conflict } else { Ending::Storage },
        );
        if matches!(error, CommitError::Quota { .. }) {
            self.metrics.denied(module, Refusal::Quota);
        }
        let html = report::commit_failed(module, error, &reference);
        self.insist(arrived, Draft::of_failure(&arrived.incoming, &html)).await;
    }

    /// Commits what writes nothing of a module, as often as it takes: until then, this chat waits.
    async fn insist(&self, arrived: &Arrived, draft: Draft) {
        let Draft { messages, failed, .. } = draft;
        loop {
            let again = Draft { messages: messages.clone(), failed, ..Draft::default() };
            match self.settle(arrived, again).await {
                Ok(()) => return,
                Err(error) => tracing::error!(%error, "cannot even note a failure; trying again"),
            }
            tokio::select! {
                () = tokio::time::sleep(STORAGE_PAUSE) => {}
                // The disk has failed: the process ends, and the next one finds the update waiting.
                () = self.database.ended() => return,
            }
        }
    }

    /// Sends owners a message that belongs to no update.
    pub(crate) async fn tell_owners(&self, html: &str) {
        let messages = self
            .gate
            .owners()
            .map(|owner| Outgoing::text(html).into_message(owner, None))
            .collect();
        match self.database.commit(Commit { messages, ..Commit::default() }).await {
            Ok(queued) => self.send(queued),
            Err(error) => tracing::error!(%error, "cannot keep a message to the owner"),
        }
    }

    fn send(&self, queued: Vec<QueuedMessage>) {
        self.metrics.outbox_depth.inc_by(i64::try_from(queued.len()).unwrap_or(0));
        if !queued.is_empty() && self.outbox.send(queued).is_err() {
            tracing::debug!("the sender has stopped; the messages wait for the next start");
        }
    }

    fn answer_button(&self, incoming: &Incoming, notice: Option<String>) {
        if let Content::Button { query, .. } = &incoming.content
            && self.asides.try_send(Aside::Answer { query: query.clone(), notice }).is_err()
        {
            tracing::debug!("too busy to answer a pressed button");
        }
    }
}
