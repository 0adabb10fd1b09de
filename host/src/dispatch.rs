//! The life of one event, top to bottom: read this first.
//!
//! An update arrives twice: in memory, to be handled now, and in the inbox, to be handled if this process
//! does not live to finish. Handling means: find who answers, run it, and commit its writes, its messages
//! and "this update is done" as one. Only then do the messages go to the sender. Whatever happens before
//! the commit leaves no trace; whatever happens after it is finished at the next start.

mod approve;
mod dialogs;
mod draft;
mod file;
mod journal;
mod keys;
mod logs;
mod operate;
mod run;
mod running;
mod settle;
mod tick;
mod turns;
mod withheld;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use self::dialogs::Dialogs;
use self::draft::Draft;
pub(crate) use self::running::Running;
pub(crate) use self::tick::{Tick, Ticked};
use self::turns::Turn;
pub(crate) use self::turns::Turns;
pub(crate) use self::withheld::Withheld;
use crate::audit::Audit;
use crate::auth::Gate;
use crate::capability::progress::Traces;
use crate::capability::ssh;
use crate::database::{CommitError, Database, QueuedMessage};
use crate::incoming::Incoming;
use crate::lanes::{Flow, Work};
use crate::module::breaker::Breaker;
use crate::module::catalog::Catalog;
use crate::module::sandbox::Sandbox;
use crate::native::{self, Answer};
use crate::operate::Operate;
use crate::outgoing::Aside;
use crate::permission::Book;
use crate::reply;
use crate::report;
use crate::router::{HOST_TAPS, Route, route};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Ending, Stage};

/// How often an event is run again because others were faster.
const RERUNS: u32 = 8;
/// A recovered update that was begun this often without end is taken for the reason of the crashes.
const ATTEMPTS: u32 = 3;
/// How long a recovered update waits for each time that it was begun before, the first excepted.
const SUSPICION: Duration = Duration::from_millis(700);
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
    /// How often hosts that are no longer alive have begun with it.
    pub(crate) begun: u32,
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
    /// What each module may do, and what owners decided.
    pub(crate) book: Arc<Book>,
    pub(crate) audit: Audit,
    /// Which modules are paused.
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) ssh: Arc<ssh::Service>,
    /// Has the modules directory looked at again, as when an owner has agreed to something.
    pub(crate) reload: Arc<tokio::sync::Notify>,
    /// What owners do beside talking to modules.
    pub(crate) operate: Arc<Operate>,
    /// What was taken out of messages before they were kept.
    pub(crate) withheld: Withheld,
}

/// With which event what this one does outside is on record: with what was asked about, if it answers that.
fn recorded_as(arrived: &Arrived, traces: &Traces) -> String {
    traces.tap().map_or_else(|| event_id(arrived), |tap| tap.event.clone())
}

/// Update ids may restart; together with the time of arrival, which is kept, they do not repeat.
fn event_id(arrived: &Arrived) -> String {
    format!("{}-{}", arrived.incoming.update_id, arrived.received_ms)
}

impl Work for Dispatch {
    type Job = Arrived;

    async fn work(&self, arrived: Arrived) -> Flow {
        self.ready.cancelled().await;
        self.metrics.time(Stage::Queue, arrived.received.elapsed());
        // A fault of the host in one event is not to end the lane, and with it the chat.
        let traces = Traces::of_chat();
        if AssertUnwindSafe(self.handle(&arrived, &traces)).catch_unwind().await.is_err() {
            let reference = report::reference(arrived.incoming.update_id);
            tracing::error!(reference, "the host itself failed at an event");
            self.metrics.event("host", Ending::Internal);
            self.running.end(arrived.incoming.chat_id);
            let html = format!(
                "⚠️ Something broke in the bot. Nothing was saved.\nReference: {reference}"
            );
            let draft = self.of_loss(&arrived, html, &traces).await;
            self.insist(&arrived, draft).await;
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
            let begun = row.attempts;
            Some(Arrived { incoming, received_ms, received, recovered, begun })
        };
        rows.into_iter().filter_map(arrived).collect()
    }

    fn position(arrived: &Arrived) -> i64 {
        arrived.incoming.update_id
    }
}

impl Dispatch {
    async fn handle(&self, arrived: &Arrived, traces: &Traces) {
        let incoming = &arrived.incoming;
        let (update, chat) = (incoming.update_id, incoming.chat_id);
        // Somebody may have been taken off the list while their updates waited.
        if !self.gate.is_allowed(incoming.user.id) || self.is_poison(arrived).await {
            self.insist(arrived, Draft::default()).await;
            return;
        }
        let event = event_id(arrived);
        if arrived.recovered
            && let Some(text) = self.interrupted(&event).await
        {
            let draft = Draft::of_failure(incoming, &text);
            self.insist(arrived, Draft { journalled: Some(event), ..draft }).await;
            return;
        }
        let cancelled = self.running.begin(chat);
        let mut turn = None;
        for attempt in 1.. {
            // Only the answering can be cancelled: once a commit is asked for, it may have happened.
            let mut draft = tokio::select! {
                draft = self.answer(arrived, &mut turn, traces) => draft,
                () = cancelled.cancelled() => self.stopped(arrived, traces).await,
            };
            draft.take_place_of(traces.finish().await);
            let went_outside = traces.went_outside();
            if went_outside && draft.journalled.is_none() {
                draft.journalled = Some(recorded_as(arrived, traces));
            }
            let module = draft
                .writes
                .first()
                .map_or_else(|| "host".into(), |writes| Arc::clone(&writes.module));
            match self.settle(arrived, draft).await {
                // What reached outside is not done a second time.
                Err(error @ (CommitError::Conflict | CommitError::Withdrawn))
                    if attempt <= RERUNS && !went_outside =>
                {
                    tracing::debug!(update, attempt, %error, "running again");
                    if turn.is_none() {
                        turn = self.turns.wait(&module).await;
                    }
                }
                Err(error) => {
                    self.refuse(arrived, &module, &error, traces).await;
                    break;
                }
                Ok(()) => break,
            }
        }
        self.running.end(chat);
    }

    async fn stopped(&self, arrived: &Arrived, traces: &Traces) -> Draft {
        self.metrics.event("host", Ending::Cancelled);
        self.running.stopped(arrived.incoming.chat_id);
        self.of_loss(arrived, "⏹ Stopped. Nothing was saved.".to_owned(), traces).await
    }

    /// Notes that a recovered update is begun; puts it aside if it was begun too often.
    async fn is_poison(&self, arrived: &Arrived) -> bool {
        if !arrived.recovered {
            return false;
        }
        let update = arrived.incoming.update_id;
        // A host that is being killed for another reason must not blame what it was just handling: what was
        // begun more than once waits until this process has lived for a while.
        if arrived.begun > 1 {
            tokio::time::sleep(SUSPICION * (arrived.begun - 1)).await;
        }
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
    async fn answer(&self, arrived: &Arrived, turn: &mut Option<Turn>, traces: &Traces) -> Draft {
        let incoming = &arrived.incoming;
        let catalog = self.catalog.load_full();
        let dialog = self.dialogs.open(incoming.chat_id, arrived.received_ms);
        match route(&catalog, &incoming.content, dialog.as_ref()) {
            Route::Host { command, rest } if HOST_TAPS.contains(&command.as_str()) => {
                self.tapped(arrived, &command, &rest, traces).await
            }
            Route::Host { command, rest } => {
                self.host(&catalog, arrived, &command, &rest, dialog.is_some()).await
            }
            Route::Module { module, input } => {
                if turn.is_none() {
                    *turn = self.turns.join(&module.name).await;
                }
                let cause = self.cause(arrived, &module, &input);
                self.module(arrived, &module, &cause, Vec::new(), traces).await
            }
            Route::OneOf { modules, input } => self.whose(arrived, &modules, &input, traces).await,
            Route::Nobody(text) => {
                self.metrics.event("host", Ending::Usage);
                Draft::of_failure(incoming, &reply::escape(&text))
            }
        }
    }

    /// The modules that a user may use.
    fn seen_by(&self, catalog: &Catalog, user: i64) -> Catalog {
        let mut seen = catalog.clone();
        if !self.gate.is_owner(user) {
            for module in catalog.modules().filter(|module| !self.book.serves(&module.name, user)) {
                seen = seen.without(&module.name);
            }
        }
        seen
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
        let catalog = &self.seen_by(catalog, incoming.user.id);
        let answer = match command {
            "start" => native::start(catalog, &incoming.user),
            "menu" => native::menu(catalog),
            "help" => native::help(catalog, rest),
            "status" => native::status(catalog, &self.metrics),
            "modules" => {
                let failed = self.failures.load();
                let owner = self.gate.is_owner(incoming.user.id);
                let troubles =
                    native::Troubles { failed: &failed, waiting: self.book.all_waiting() };
                native::modules(catalog, &self.breaker, owner.then_some(troubles))
            }
            "cancel" | "stop" if self.running.take_stopped(incoming.chat_id) => {
                return Draft::default();
            }
            "cancel" | "stop" if asking => Answer::text("Cancelled."),
            "cancel" | "stop" => Answer::text("Nothing is running or being asked."),
            _ => self.operate(arrived, command, rest).await.unwrap_or_else(|| {
                let command = reply::escape(command);
                Answer::text(format!("/{command} is not available in this version."))
            }),
        };
        self.metrics.event("host", Ending::Ok);
        Draft::of_host(incoming, answer)
    }
}
