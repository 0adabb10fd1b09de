//! Running a module for an event, and what its answer becomes.

use std::sync::Arc;
use std::time::Duration;

use chrono::Offset as _;

use super::draft::{self, Draft};
use super::{Arrived, Dispatch, event_id};
use crate::approval::{self, PENDING, Resume};
use crate::bindings::exports::umbrasil::module::handler as wit;
use crate::capability::permit::{Asked, Terms};
use crate::capability::progress::Traces;
use crate::cause::{self, Cause};
use crate::incoming::{Content, Incoming};
use crate::module::Module;
use crate::module::sandbox::{CallError, Occasion};
use crate::outgoing::Outgoing;
use crate::permission::Origin;
use crate::reply::escape;
use crate::report;
use crate::router::host_button_with;
use crate::telemetry::metrics::Ending;

/// Telegram shows a pressed button as busy until it is answered: answered after this at the latest.
const BUTTON_PATIENCE: Duration = Duration::from_secs(3);

impl Dispatch {
    /// Why the module runs, for an update of a chat.
    pub(super) fn cause(&self, arrived: &Arrived, module: &Module, input: &wit::Input) -> Cause {
        let Incoming { user, at_ms, chat_id, .. } = &arrived.incoming;
        let owner = self.gate.is_owner(user.id);
        Cause {
            event: event_id(arrived),
            at_ms: *at_ms,
            chat_id: *chat_id,
            user: user.clone(),
            input: cause::Input::of(input),
            pressed: draft::pressed(&arrived.incoming),
            upload: upload(&arrived.incoming.content),
            module: module.name.to_string(),
            hash: module.hash.clone(),
            actor: format!("{} {}", if owner { "owner" } else { "user" }, user.id),
            origin: if owner { Origin::Owner } else { Origin::User },
        }
    }

    /// Runs the module, and makes a draft of whatever comes of it.
    pub(super) async fn module(
        &self,
        arrived: &Arrived,
        module: &Arc<Module>,
        cause: &Cause,
        tickets: Vec<String>,
        traces: &Traces,
    ) -> Draft {
        if let Some(refused) = self.refused(module, cause) {
            return Draft::of_failure(&arrived.incoming, &refused);
        }
        let mut occasion = self.occasion(cause, tickets, traces);
        let tap = event_id(arrived);
        if tap != cause.event {
            occasion.terms.run = tap.into();
        }
        let mut handling = std::pin::pin!(self.sandbox.handle(module, occasion));
        let in_time = tokio::time::timeout(BUTTON_PATIENCE, &mut handling).await;
        let handled = if let Ok(handled) = in_time {
            handled
        } else {
            self.answer_button(&arrived.incoming, None);
            handling.await
        };
        match handled {
            Ok(mut outcome) => {
                self.metrics.event(&module.name, Ending::Ok);
                self.breaker.succeeded(&module.name);
                let asked = std::mem::take(&mut outcome.asked);
                let (chat, received) = (cause.chat_id, arrived.received_ms);
                let mut draft = Draft::of_module(module, chat, cause.pressed, received, outcome);
                self.ask(&mut draft, cause, asked).await;
                draft
            }
            Err(CallError::Asks(asked)) => {
                self.metrics.event(&module.name, Ending::Asked);
                let mut draft = Draft { failed: true, ..Draft::default() };
                self.ask(&mut draft, cause, asked).await;
                draft
            }
            Err(error) => self.failed(arrived, module, cause, &error, traces).await,
        }
    }

    pub(super) fn occasion(
        &self,
        cause: &Cause,
        tickets: Vec<String>,
        traces: &Traces,
    ) -> Occasion {
        let at = chrono::DateTime::from_timestamp_millis(cause.at_ms).unwrap_or_default();
        let offset_seconds = at.with_timezone(&self.time_zone).offset().fix().local_minus_utc();
        let user = wit::User {
            id: cause.user.id,
            name: cause.user.name.clone(),
            language: cause.user.language.clone(),
            owner: self.gate.is_owner(cause.user.id),
        };
        let unix_ms = u64::try_from(cause.at_ms).unwrap_or(0);
        Occasion {
            chat_id: cause.chat_id,
            event: wit::Event {
                id: cause.event.clone(),
                user,
                at: wit::Moment { unix_ms, offset_seconds },
                input: cause.input.clone().into_wit(),
            },
            actor: cause.actor.clone(),
            origin: cause.origin,
            terms: Terms { tickets, traces: traces.clone(), ..Terms::default() },
            upload: cause.upload.clone(),
            wall: self.deadline(&cause.module),
        }
    }

    /// How long an event of the module may take: as its owner says, or as its permissions need.
    fn deadline(&self, module: &str) -> Duration {
        self.book.deadline(module).unwrap_or_else(|| {
            let permissions = |module: &Arc<Module>| Arc::clone(&module.live.get());
            let permissions = self.catalog.load().module(module).map(permissions);
            permissions.unwrap_or_default().bounds.wall
        })
    }

    /// Why the module does not answer this user, or nobody, for now.
    pub(super) fn refused(&self, module: &Module, cause: &Cause) -> Option<String> {
        if !self.gate.is_owner(cause.user.id) && !self.book.serves(&module.name, cause.user.id) {
            self.metrics.event(&module.name, Ending::Denied);
            return Some(format!(
                "{} is not for you. An owner of the bot decides who may use it.",
                escape(&module.name)
            ));
        }
        let paused = self.breaker.refuses(&module.name)?;
        self.metrics.event(&module.name, Ending::Busy);
        Some(format!("⏸ {} {paused}", escape(&module.name)))
    }

    /// Adds questions to an owner to a draft: for each call that needs one, unless too many wait already.
    pub(super) async fn ask(&self, draft: &mut Draft, cause: &Cause, asked: Vec<Asked>) {
        if asked.is_empty() {
            return;
        }
        let now = chrono::Utc::now().timestamp_millis();
        let waiting = self.database.waiting_approvals(&cause.module, now).await;
        let waiting = waiting.map_or(PENDING, |waiting| waiting.len());
        let Some(approver) = self.approver(cause) else { return };
        let mut say = |html: String| {
            draft.messages.push(Outgoing::text(html).into_message(cause.chat_id, None));
        };
        // Whoever repeats a command is no reason to distrust the module.
        let is_typed = matches!(cause.origin, Origin::Owner | Origin::User);
        let module_floods = asked.len() > PENDING || !is_typed;
        let mut prompts = Vec::new();
        for (index, Asked { hash, shown, behind }) in asked.into_iter().enumerate() {
            if waiting + index >= PENDING {
                say(format!(
                    "⚠️ {} has {PENDING} questions waiting for an owner already. Nothing was done: answer those, or wait five minutes.",
                    escape(&cause.module)
                ));
                if module_floods {
                    self.too_many_questions(&cause.module).await;
                }
                break;
            }
            if approver != cause.chat_id {
                say(format!("An owner is asked to confirm: <code>{}</code>", escape(&shown)));
            }
            let resume = Resume { cause: cause.clone(), ticket: hash, behind, shown };
            prompts.push(approval::call(resume, approver, now));
        }
        for prompt in prompts {
            draft.approvals.push(prompt.approval);
            draft.messages.extend(prompt.messages);
        }
    }

    /// The owner who is asked: whoever acts, or the first.
    fn approver(&self, cause: &Cause) -> Option<i64> {
        let acting = Some(cause.user.id).filter(|user| self.gate.is_owner(*user));
        acting.or_else(|| self.gate.owners().next())
    }

    /// Tells the owner that a module asks too much; pauses it when it does not stop.
    async fn too_many_questions(&self, module: &str) {
        let Some(paused) = self.breaker.asked_too_much(module) else { return };
        let html = if paused {
            format!("⏸ <b>{}</b> keeps asking for confirmations. I have paused it.", escape(module))
        } else {
            format!("⚠️ <b>{}</b> asks for more confirmations than I pass on.", escape(module))
        };
        let button = if paused {
            host_button_with("▶️ Resume", "resume", module)
        } else {
            host_button_with("⏸ Pause module", "pause", module)
        };
        self.tell_owners_with(&html, vec![vec![button]]).await;
    }

    async fn failed(
        &self,
        arrived: &Arrived,
        module: &Module,
        cause: &Cause,
        error: &CallError,
        traces: &Traces,
    ) -> Draft {
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
        self.count(module, ending).await;
        let mut html = report::call_failed(name, error, &reference);
        if traces.went_outside() {
            html.push_str(&self.done_outside(&cause.event).await);
        }
        Draft::of_failure(&arrived.incoming, &html)
    }

    /// Counts how an event of a module ended, and pauses it when it only fails.
    pub(super) async fn count(&self, module: &Module, ending: Ending) {
        if !ending.is_fault_of_module() {
            if !ending.is_failure() {
                self.breaker.succeeded(&module.name);
            }
            return;
        }
        let limit = self.book.failures(&module.name);
        if let Some(pause) = self.breaker.failed(&module.name, limit) {
            tracing::warn!(
                module = &*module.name,
                pause_s = pause.as_secs(),
                "a module fails again and again; it is paused"
            );
            let html = format!(
                "⏸ <b>{}</b> failed {limit} times in five minutes. I have paused it; it is tried again in {} min.",
                escape(&module.name),
                pause.as_secs().div_ceil(60)
            );
            let button = host_button_with("▶️ Resume now", "resume", &module.name);
            self.tell_owners_with(&html, vec![vec![button]]).await;
        }
    }
}

/// The file that came with the event, by its id at the Bot API.
fn upload(content: &Content) -> Option<String> {
    match content {
        Content::File(upload) => Some(upload.id.clone()),
        _ => None,
    }
}
