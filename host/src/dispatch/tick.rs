//! A schedule is due: the same way as for an update, from an event to a commit, without anybody who waits.
//!
//! What the module says goes to the first owner's chat. The slot is done with the commit that keeps the
//! answer, so that it is fired once even if the process ends in the middle; a slot that reached outside and
//! has no commit is not fired again, because nobody knows what it did.

use std::sync::Arc;
use std::time::Duration;

use super::draft::Draft;
use super::{Dispatch, RERUNS};
use crate::bindings::exports::umbrasil::module::handler::{Call, Input};
use crate::capability::limits::SCHEDULE_WALL;
use crate::capability::progress::Traces;
use crate::cause::{self, Cause};
use crate::database::{Commit, CommitError, Slot};
use crate::incoming::{self, Content, Incoming};
use crate::module::Module;
use crate::module::sandbox::{CallError, Occasion, Outcome};
use crate::permission::Origin;
use crate::report;
use crate::telemetry::metrics::Ending;

/// Between two tries of an event that others have overtaken.
const RERUN_PAUSE: Duration = Duration::from_millis(20);

/// One run of a schedule.
pub(crate) struct Tick<'a> {
    pub(crate) module: &'a Arc<Module>,
    pub(crate) schedule: &'a str,
    /// The time that it is due, in milliseconds since 1970.
    pub(crate) slot_ms: i64,
    /// Whether a failure is told to the owner, or only logged because one was told a short while ago.
    pub(crate) tells: bool,
}

/// What became of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ticked {
    Well,
    /// The module failed, or what it wanted to keep could not be kept. The slot is done.
    Failed,
    /// Somebody else has done it.
    Done,
}

/// What is kept of a run.
#[derive(Default)]
struct Kept {
    draft: Draft,
    went_outside: bool,
}

impl Dispatch {
    /// Runs a schedule for one slot.
    pub(crate) async fn tick(&self, tick: Tick<'_>) -> Ticked {
        let (module, event) = (&tick.module.name, event_id(&tick));
        // An earlier process reached outside for this slot, and did not come to its end.
        if let Some(html) = self.interrupted(&event).await {
            self.keep_failure(&tick, &html).await;
            return Ticked::Failed;
        }
        let mut turn = None;
        for attempt in 1.. {
            let (kept, ticked) = self.run_tick(&tick).await;
            let again = !kept.went_outside && attempt <= RERUNS;
            match self.keep(&tick, kept).await {
                Ok(()) => return ticked,
                Err(CommitError::AlreadyDone) => return Ticked::Done,
                Err(CommitError::Conflict) if again => {
                    if turn.is_none() {
                        turn = self.turns.wait(module).await;
                    }
                    tokio::time::sleep(RERUN_PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(%error, module = &**module, schedule = tick.schedule, "what a schedule did could not be kept");
                    let reference = report::reference(tick.slot_ms);
                    let html = report::commit_failed(module, &error, &reference);
                    self.keep_failure(&tick, &html).await;
                    return Ticked::Failed;
                }
            }
        }
        Ticked::Failed
    }

    async fn run_tick(&self, tick: &Tick<'_>) -> (Kept, Ticked) {
        let Tick { module, schedule, .. } = tick;
        let cause = self.tick_cause(tick);
        if let Some(refused) = self.refused(module, &cause) {
            tracing::debug!(module = &*module.name, schedule, refused, "a schedule is left out");
            return (Kept::default(), Ticked::Failed);
        }
        let traces = Traces::default();
        let occasion =
            Occasion { wall: SCHEDULE_WALL, ..self.occasion(&cause, Vec::new(), &traces) };
        let handled = self.sandbox.handle(module, occasion).await;
        let went_outside = traces.went_outside();
        match handled {
            Ok(mut outcome) => {
                self.metrics.event(&module.name, Ending::Ok);
                self.breaker.succeeded(&module.name);
                let asked = std::mem::take(&mut outcome.asked);
                // There is nobody to answer a question, or to read a notice.
                let outcome = Outcome { expectation: None, toast: None, ..outcome };
                let mut draft = Draft::of_module(module, cause.chat_id, None, cause.at_ms, outcome);
                self.ask(&mut draft, &cause, asked).await;
                (Kept { draft, went_outside }, Ticked::Well)
            }
            Err(CallError::Asks(asked)) => {
                self.metrics.event(&module.name, Ending::Asked);
                let mut draft = Draft::default();
                self.ask(&mut draft, &cause, asked).await;
                (Kept { draft, went_outside }, Ticked::Well)
            }
            Err(error) => {
                let reference = report::reference(tick.slot_ms);
                self.metrics.event(&module.name, error.ending());
                self.count(module, error.ending()).await;
                let detail = format!("{error:?}").chars().take(4096).collect::<String>();
                let detail = crate::telemetry::logging::escaped(&detail);
                tracing::warn!(
                    module = &*module.name,
                    schedule,
                    reference,
                    detail,
                    "a schedule failed: it {error}"
                );
                let mut html = report::call_failed(&module.name, &error, &reference);
                if went_outside {
                    html.push_str(&self.done_outside(&cause.event).await);
                }
                (Kept { went_outside, ..self.failure(tick, &html) }, Ticked::Failed)
            }
        }
    }

    fn failure(&self, tick: &Tick<'_>, html: &str) -> Kept {
        if !tick.tells {
            return Kept::default();
        }
        let Tick { module, schedule, .. } = tick;
        let html = format!("⏰ <b>{}</b>, schedule <b>{schedule}</b>:\n{html}", module.name);
        Kept { draft: Draft::of_failure(&self.incoming(tick), &html), ..Kept::default() }
    }

    /// Keeps that the slot is done, and why without effect.
    async fn keep_failure(&self, tick: &Tick<'_>, html: &str) {
        if let Err(error) = self.keep(tick, self.failure(tick, html)).await {
            tracing::error!(%error, "cannot even note that a schedule failed");
        }
    }

    /// Makes it durable together with the slot, and hands over what is to be sent.
    async fn keep(&self, tick: &Tick<'_>, kept: Kept) -> Result<(), CommitError> {
        let Draft { writes, mut messages, approvals, .. } = kept.draft;
        if self.owner_chat().is_none() && !messages.is_empty() {
            tracing::warn!("there is no owner to read what a schedule says");
            messages.clear();
        }
        let slot = Slot {
            module: tick.module.name.to_string(),
            schedule: tick.schedule.to_owned(),
            slot_ms: tick.slot_ms,
        };
        let commit = Commit {
            writes,
            messages,
            approvals,
            slot: Some(slot),
            journalled: Some(event_id(tick)),
            ..Commit::default()
        };
        let queued = self.database.commit(commit).await?;
        self.send(queued);
        Ok(())
    }

    /// Where the replies of schedules go.
    fn owner_chat(&self) -> Option<i64> {
        self.gate.owners().find(|owner| self.gate.is_owner(*owner))
    }

    /// Stands for the update that there is none of.
    fn incoming(&self, tick: &Tick<'_>) -> Incoming {
        let owner = self.owner_chat().unwrap_or(0);
        Incoming {
            update_id: tick.slot_ms,
            chat_id: owner,
            user: incoming::User { id: owner, name: String::new(), language: String::new() },
            at_ms: chrono::Utc::now().timestamp_millis(),
            content: Content::Text(String::new()),
            message_id: None,
        }
    }

    fn tick_cause(&self, tick: &Tick<'_>) -> Cause {
        let Incoming { chat_id, user, at_ms, .. } = self.incoming(tick);
        let call = Call { name: tick.schedule.to_owned(), args: Vec::new(), text: String::new() };
        Cause {
            event: event_id(tick),
            at_ms,
            chat_id,
            user,
            input: cause::Input::of(&Input::Tick(call)),
            pressed: None,
            upload: None,
            module: tick.module.name.to_string(),
            hash: tick.module.hash.clone(),
            actor: format!("schedule {}", tick.schedule),
            origin: Origin::Schedule,
        }
    }
}

/// The same whenever this slot is run.
fn event_id(tick: &Tick<'_>) -> String {
    format!("tick-{}-{}-{}", tick.module.name, tick.schedule, tick.slot_ms)
}
