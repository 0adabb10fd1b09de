//! The life of one event, top to bottom: read this first.
//!
//! An update arrives twice: in memory, to be handled now, and in the inbox, to be handled if this process
//! does not live to finish. Handling means: find who answers, run it, and commit its writes, its messages
//! and "this update is done" as one. Only then do the messages go to the sender. Whatever happens before
//! the commit leaves no trace; whatever happens after it is finished at the next start.

mod dialogs;
mod turns;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use chrono::Offset as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use self::dialogs::Dialogs;
use self::turns::Turn;
pub(crate) use self::turns::Turns;
use crate::auth::Gate;
use crate::bindings::exports::umbrasil::module::handler::{Event, Input, Moment, Reply, User};
use crate::capability::chat::{File, FileKind};
use crate::database::{
    Commit, CommitError, Database, Dialog, DialogChange, NewMessage, QueuedMessage,
};
use crate::incoming::{Content, Incoming};
use crate::lanes::{Flow, Work};
use crate::module::Module;
use crate::module::catalog::Catalog;
use crate::module::sandbox::{CallError, Outcome, Sandbox};
use crate::native::{self, Answer};
use crate::outgoing::{Aside, Keyboard, Outgoing};
use crate::reply;
use crate::report;
use crate::router::{Route, module_button, route};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Ending, Refusal, Stage};

/// How often an event is run again because others were faster.
const RERUNS: u32 = 8;
/// A recovered update that was begun this often without end is taken for the reason of the crashes.
const ATTEMPTS: u32 = 3;
/// Telegram shows a pressed button as busy until it is answered: answered after this at the latest.
const BUTTON_PATIENCE: Duration = Duration::from_secs(3);
/// How long a question to the user stays open.
const DIALOG: Duration = Duration::from_secs(3600);
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
}

/// The events that run now, so that /cancel can end the one of its chat.
#[derive(Default)]
pub(crate) struct Running(std::sync::Mutex<std::collections::HashMap<i64, CancellationToken>>);

/// What an event comes to: all of it is kept, or none.
#[derive(Default)]
struct Draft {
    writes: Option<crate::database::Writes>,
    messages: Vec<NewMessage>,
    dialog: Option<Dialog>,
    notice: Option<String>,
    /// Whether the answer is an error, so that an open question stays open.
    failed: bool,
}

impl Work for Dispatch {
    type Job = Arrived;

    async fn work(&self, arrived: Arrived) -> Flow {
        self.ready.cancelled().await;
        self.metrics.time(Stage::Queue, arrived.received.elapsed());
        self.handle(&arrived).await;
        self.metrics.inbox_depth.dec();
        Flow::Next
    }

    async fn read_back(&self, chat: i64, _: i64, limit: usize) -> Vec<Arrived> {
        match self.database.pending(chat, limit).await {
            Ok(rows) => {
                let arrived = |row: crate::database::Pending| {
                    let Some(incoming) = (self.parse)(&row.body) else {
                        tracing::error!(
                            update = row.update_id,
                            "a kept update cannot be read any more"
                        );
                        return None;
                    };
                    let (received_ms, received) = (row.received_ms, Instant::now());
                    Some(Arrived {
                        incoming,
                        received_ms,
                        received,
                        recovered: received_ms < self.started_ms,
                    })
                };
                rows.into_iter().filter_map(arrived).collect()
            }
            Err(error) => {
                tracing::error!(%error, chat, "cannot read the inbox");
                Vec::new()
            }
        }
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
                .as_ref()
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
        self.say(incoming, Answer::text("⏹ Stopped. Nothing was saved."), None)
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
                self.host(&catalog, arrived, &command, &rest, dialog.is_some())
            }
            Route::Module { module, input } => {
                if turn.is_none() {
                    *turn = self.turns.join(&module.name).await;
                }
                self.module(arrived, &module, input).await
            }
            Route::Nobody(text) => {
                self.metrics.event("host", Ending::Usage);
                self.say(incoming, Answer::text(reply::escape(&text)), None)
            }
        }
    }

    fn host(
        &self,
        catalog: &Catalog,
        arrived: &Arrived,
        command: &str,
        rest: &str,
        asking: bool,
    ) -> Draft {
        let incoming = &arrived.incoming;
        let replace = match &incoming.content {
            Content::Button { message_id, .. } => *message_id,
            _ => None,
        };
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
            _ => Answer::text(format!(
                "/{} is not available in this version.",
                reply::escape(command)
            )),
        };
        self.metrics.event("host", Ending::Ok);
        self.say(incoming, answer, replace)
    }

    fn say(&self, incoming: &Incoming, answer: Answer, replace: Option<i64>) -> Draft {
        let messages = reply::messages(&answer.html, answer.keyboard, replace);
        let messages = messages
            .into_iter()
            .map(|message| message.into_message(incoming.chat_id, None))
            .collect();
        Draft { messages, ..Draft::default() }
    }

    async fn module(&self, arrived: &Arrived, module: &Arc<Module>, input: Input) -> Draft {
        let event = self.event(arrived, input);
        let chat = arrived.incoming.chat_id;
        let mut handling = std::pin::pin!(self.sandbox.handle(module, chat, event));
        let handled = match tokio::time::timeout(BUTTON_PATIENCE, &mut handling).await {
            Ok(handled) => handled,
            Err(_) => {
                self.answer_button(&arrived.incoming, None);
                handling.await
            }
        };
        match handled {
            Ok(outcome) => {
                self.metrics.event(&module.name, Ending::Ok);
                self.result(arrived, module, outcome)
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

    fn result(&self, arrived: &Arrived, module: &Module, outcome: Outcome) -> Draft {
        let incoming = &arrived.incoming;
        let chat = incoming.chat_id;
        let pressed = match &incoming.content {
            Content::Button { message_id, .. } => *message_id,
            _ => None,
        };
        let mut messages = Vec::new();
        for Reply { html, keyboard, replace } in outcome.replies.into_iter().take(20) {
            let keyboard = Self::keyboard(module, keyboard);
            let replace = pressed.filter(|_| replace);
            messages.extend(
                reply::messages(&html, keyboard, replace)
                    .into_iter()
                    .map(|message| message.into_message(chat, None)),
            );
        }
        for File { kind, content, caption } in outcome.files {
            let caption = reply::caption(&caption);
            let message = match kind {
                FileKind::Photo => Outgoing::Photo { caption },
                FileKind::Document { name } => Outgoing::Document { name, caption },
            };
            messages.push(message.into_message(chat, Some(content)));
        }
        let dialog = outcome.expectation.map(|expectation| Dialog {
            module: module.name.to_string(),
            name: expectation.name,
            args: expectation.args,
            expires_ms: arrived
                .received_ms
                .saturating_add(i64::try_from(DIALOG.as_millis()).unwrap_or(0)),
        });
        Draft { writes: outcome.writes, messages, dialog, notice: outcome.toast, failed: false }
    }

    fn keyboard(
        module: &Module,
        rows: Vec<Vec<crate::bindings::exports::umbrasil::module::handler::Button>>,
    ) -> Keyboard {
        let mut dropped = 0;
        let mut keyboard = Keyboard::new();
        for row in rows {
            let mut kept = Vec::new();
            for button in row {
                match module_button(&module.name, &button.label, &button.action, &button.args) {
                    Some(button) => kept.push(button),
                    None => dropped += 1,
                }
            }
            keyboard.push(kept);
        }
        if dropped > 0 {
            tracing::warn!(target: "module", module = &*module.name, dropped, "buttons left out: no label, or action and arguments over 64 bytes");
        }
        keyboard
    }

    fn failed(&self, arrived: &Arrived, module: &Module, error: &CallError) -> Draft {
        let (name, update) = (&*module.name, arrived.incoming.update_id);
        let reference = report::reference(update);
        let ending = error.ending();
        self.metrics.event(name, ending);
        if matches!(error, CallError::Calls) {
            self.metrics.denied(name, Refusal::HostCalls);
        }
        if ending.is_failure() {
            let detail = crate::telemetry::logging::escaped(
                &format!("{error:?}").chars().take(4096).collect::<String>(),
            );
            tracing::warn!(module = name, reference, detail, "a module failed: it {error}");
        }
        let html = report::call_failed(name, error, &reference);
        let said = reply::messages(&html, Keyboard::new(), None);
        let messages = said
            .into_iter()
            .map(|message| message.into_message(arrived.incoming.chat_id, None))
            .collect();
        Draft { messages, failed: true, ..Draft::default() }
    }

    /// Commits, and hands over what is to be sent.
    async fn settle(&self, arrived: &Arrived, draft: Draft) -> Result<(), CommitError> {
        let began = Instant::now();
        let chat_id = arrived.incoming.chat_id;
        let Draft { writes, messages, dialog, notice, failed } = draft;
        let keep_question = failed && matches!(arrived.incoming.content, Content::Text(_));
        let change = match (dialog, self.dialogs.has(chat_id)) {
            (None, true) if keep_question => None,
            (None, false) => None,
            (dialog, _) => Some(DialogChange { chat_id, dialog }),
        };
        let commit = Commit {
            update_id: Some(arrived.incoming.update_id),
            writes,
            messages,
            dialog: change.clone(),
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
        let (update, chat) = (arrived.incoming.update_id, arrived.incoming.chat_id);
        let reference = report::reference(update);
        tracing::error!(%error, module, reference, "an answer could not be kept");
        self.metrics.event(
            module,
            if *error == CommitError::Conflict { Ending::Conflict } else { Ending::Storage },
        );
        if matches!(error, CommitError::Quota { .. }) {
            self.metrics.denied(module, Refusal::Quota);
        }
        let html = report::commit_failed(module, error, &reference);
        let said = Outgoing::text(html).into_message(chat, None);
        self.insist(arrived, Draft { messages: vec![said], failed: true, ..Draft::default() })
            .await;
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
            tokio::time::sleep(STORAGE_PAUSE).await;
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

impl Running {
    /// Ends the event that runs for a chat, if there is one.
    pub(crate) fn cancel(&self, chat: i64) {
        if let Some(token) = self.lock().get(&chat) {
            token.cancel();
        }
    }

    fn begin(&self, chat: i64) -> CancellationToken {
        let token = CancellationToken::new();
        self.lock().insert(chat, token.clone());
        token
    }

    fn end(&self, chat: i64) {
        self.lock().remove(&chat);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<i64, CancellationToken>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
