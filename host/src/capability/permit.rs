//! The one place where a call is checked. What passes gets a [`Permit`], and only a permit can be executed:
//! so what was checked is what is done, and code that forgot to ask does not compile.

mod tickets;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

pub(crate) use self::tickets::Asked;
use self::tickets::Tickets;
use super::progress::Traces;
use super::{Error, Limit};
use crate::audit::{Audit, Record};
use crate::database::Database;
use crate::grant::{Call, Effect, Scope};
use crate::permission::{Judgement, Live, Origin, Policy, Verdict};

/// Denials after which an event ends.
const DENIALS: u32 = 20;
/// The remedy where no permission would help.
pub(crate) const NO_PERMISSION: &str = "no permission can allow that: there is no shell, and a word that is granted has none of * ? $ ` ; | & < > { }; put it into a script on the server, and grant that";
/// A call that takes more characters to show cannot be confirmed: nobody would read it.
const SHOWN: usize = 1_000;

/// What an event is, for the record.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) event: Arc<str>,
    pub(crate) module: Arc<str>,
    /// SHA-256 of the component.
    pub(crate) hash: Arc<str>,
    /// Such as `owner 111`.
    pub(crate) actor: Arc<str>,
    pub(crate) origin: Origin,
}

/// By what all calls are judged, and where that is noted.
#[derive(Clone)]
pub(crate) struct Authority {
    pub(crate) policy: Arc<Policy>,
    pub(crate) audit: Audit,
    pub(crate) database: Database,
}

/// What is special about one event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    /// Hashes of the requests that an owner has agreed to. Each is good for one call.
    pub(crate) tickets: Vec<String>,
    /// Whether nothing may be changed.
    pub(crate) read_only: bool,
    /// What of it shows before it has ended.
    pub(crate) traces: Traces,
    /// The event of the tap that had this event run again; empty when it runs for the first time.
    pub(crate) run: Arc<str>,
}

/// Checks the calls of one event.
pub(crate) struct Guard {
    pub(crate) subject: Arc<Subject>,
    live: Arc<Live>,
    policy: Arc<Policy>,
    audit: Audit,
    database: Database,
    /// What owners have agreed to, and what they have to be asked.
    pub(crate) tickets: Tickets,
    /// Another module called a command that says that it changes nothing.
    pub(crate) read_only: bool,
    denials: u32,
    /// Set once something leaves the host: the event must not be run again then.
    pub(crate) outside: Arc<AtomicBool>,
    /// The event of the tap that had this event run again: see [`Terms::run`].
    pub(crate) run: Arc<str>,
}

/// The right to make one call, now.
#[must_use]
pub(crate) struct Permit {
    pub(crate) call: Call,
    pub(crate) effect: Effect,
    /// The permission of the manifest that covers it, and the one that was granted.
    pub(crate) want: Scope,
    pub(crate) grant: Scope,
    live: Arc<Live>,
    subject: Arc<Subject>,
    audit: Audit,
    database: Database,
    reason: String,
}

/// A call that is being made. Dropped without an end, it is on record as broken off.
#[must_use]
pub(crate) struct Running {
    permit: Permit,
    began: Instant,
    /// Its note in the journal, if it must not happen twice.
    note: Option<i64>,
    ended: bool,
}

impl Guard {
    pub(crate) fn new(
        subject: Subject,
        live: Arc<Live>,
        authority: Authority,
        terms: Terms,
    ) -> Self {
        let Authority { policy, audit, database } = authority;
        let Terms { tickets, read_only, traces: Traces { outside, .. }, run } = terms;
        Self {
            subject: Arc::new(subject),
            live,
            policy,
            audit,
            database,
            tickets: Tickets::new(tickets),
            read_only,
            denials: 0,
            outside,
            run,
        }
    }

    /// How many calls were refused.
    pub(crate) fn denials(&self) -> u32 {
        self.denials
    }

    /// Puts what this event does on record as a part of another one.
    pub(crate) fn belong_to(&mut self, event: &Arc<str>) {
        let mut subject = Subject::clone(&self.subject);
        subject.event = Arc::clone(event);
        self.subject = Arc::new(subject);
    }

    /// The present permissions, for what lists what is granted.
    pub(crate) fn permissions(&self) -> arc_swap::Guard<Arc<crate::permission::Permissions>> {
        self.live.get()
    }

    /// Checks a call. `detail` is what else belongs to it, such as a body: an owner who is asked agrees to
    /// exactly this call with exactly this detail.
    pub(crate) fn authorise(&mut self, call: Call, detail: &str) -> Result<Permit, Error> {
        self.authorise_as(self.subject.origin, call, detail)
    }

    /// Like [`Guard::authorise`], for a call that somebody else than who caused the event has made up.
    pub(crate) fn authorise_as(
        &mut self,
        origin: Origin,
        call: Call,
        detail: &str,
    ) -> Result<Permit, Error> {
        let permissions = self.live.get();
        let module = Arc::clone(&self.subject.module);
        let (want, grant, by, effect) = match permissions.judge(&call) {
            Judgement::Covered { want, grant, effect } => {
                (want.clone(), grant.scope.clone(), Arc::clone(&grant.by), effect)
            }
            Judgement::NotGranted { .. } => {
                let remedy = if call.is_grantable() {
                    format!("grant `{}` to {module}", call.remedy())
                } else {
                    NO_PERMISSION.to_owned()
                };
                return Err(self.deny(&call, "not granted", remedy)?);
            }
            Judgement::NotWanted if let Some(line) = permissions.taken_back(&call) => {
                let remedy = format!("grant `{line}` to {module} again");
                return Err(self.deny(&call, "revoked", remedy)?);
            }
            Judgement::NotWanted => {
                let remedy = format!(
                    "the manifest of {module} does not ask for `{}`; add it there, and grant it",
                    call.remedy()
                );
                return Err(self.deny(&call, "not in the manifest", remedy)?);
            }
        };
        drop(permissions);
        if self.read_only && effect > Effect::Read {
            let remedy = "this command says that it changes nothing, and is held to that when another module calls it";
            return Err(self.deny(&call, "declared as reading only", remedy.to_owned())?);
        }
        let mut reason = format!("`{grant}` by {by}");
        match self.policy.verdict(origin, effect) {
            Verdict::Allow => {}
            Verdict::Deny => {
                let remedy = format!(
                    "the policy forbids what is {} to a {}: `[policy] {}.{}` in umbrasil.toml",
                    effect.word(),
                    origin.word(),
                    origin.word(),
                    effect.word()
                );
                return Err(self.deny(&call, "policy", remedy)?);
            }
            Verdict::Ask => {
                let asked = Asked::new(&self.subject, &call, detail);
                if !self.tickets.spend(&asked.hash, matches!(call, Call::Module { .. })) {
                    return Err(self.ask(&call, asked)?);
                }
                reason.push_str(", confirmed by an owner");
            }
        }
        let inside = matches!(call, Call::Module { .. });
        if !inside && (effect > Effect::Read || matches!(call, Call::Http(_) | Call::Ssh(_))) {
            self.outside.store(true, Ordering::Release);
        }
        Ok(Permit {
            call,
            effect,
            want,
            grant,
            live: Arc::clone(&self.live),
            subject: Arc::clone(&self.subject),
            audit: self.audit.clone(),
            database: self.database.clone(),
            reason,
        })
    }

    /// Checks what only looks at something inside the host: on record is only that it was refused.
    pub(crate) fn authorise_quietly(&mut self, call: &Call) -> Result<(), Error> {
        if matches!(self.live.get().judge(call), Judgement::Covered { .. }) {
            return Ok(());
        }
        self.authorise(call.clone(), "").map(drop)
    }

    /// Puts a refusal on record that the permissions have nothing to do with, such as a private address.
    pub(crate) fn deny(
        &mut self,
        call: &Call,
        reason: &str,
        remedy: String,
    ) -> Result<Error, Error> {
        self.record(call, "deny", reason);
        self.denials += 1;
        if self.denials > DENIALS {
            return Err(Error::Fatal(wasmtime::Error::new(Limit::Denials)));
        }
        Ok(Error::Denied(remedy))
    }

    fn ask(&mut self, call: &Call, asked: Asked) -> Result<Error, Error> {
        if asked.shown.chars().count() > SHOWN {
            let remedy = format!(
                "a call that must be confirmed has to be shown whole, in at most {SHOWN} characters"
            );
            return self.deny(call, "too long to confirm", remedy);
        }
        self.record(call, "ask", "an owner has to confirm it");
        let shown = asked.shown.clone();
        self.tickets.ask(asked);
        Ok(Error::Pending(shown))
    }

    fn record(&self, call: &Call, decision: &str, reason: &str) {
        self.audit.record(&record(&self.subject, call, decision, reason.to_owned()));
    }
}

impl Permit {
    /// Notes that a call is being made that does not leave the host, and is kept or dropped with the event.
    pub(crate) fn begin_inside(self) -> Running {
        Running { permit: self, began: Instant::now(), note: None, ended: false }
    }

    /// The module that makes the call.
    pub(crate) fn module(&self) -> &str {
        &self.subject.module
    }

    /// Notes that the call is being made; if it must not happen twice, durably.
    pub(crate) async fn begin(self) -> Result<Running, Error> {
        let mut note = None;
        if self.effect > Effect::Read {
            let Subject { event, module, .. } = &*self.subject;
            let line = self.call.to_string();
            let noted = self.database.begin_action(event, module, &line, now_ms()).await;
            note = Some(noted.map_err(|error| {
                tracing::error!(%error, "cannot note an outside action, so it is not begun");
                Error::Unavailable("it could not be noted, so it was not begun".to_owned())
            })?);
        }
        Ok(Running { permit: self, began: Instant::now(), note, ended: false })
    }
}

impl Running {
    pub(crate) fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Whether the call is still allowed.
    pub(crate) fn is_still_allowed(&self) -> bool {
        matches!(self.permit.live.get().judge(&self.permit.call), Judgement::Covered { .. })
    }

    /// Waits until the call is not allowed any more.
    pub(crate) async fn revoked(&self) {
        self.permit.live.revoked(&self.permit.call).await;
    }

    /// Notes in the journal that the call had its effect, although its answer has not all arrived.
    pub(crate) async fn answered(&mut self, outcome: &str) {
        if let Some(note) = self.note.take()
            && let Err(error) = self.permit.database.end_action(note, outcome).await
        {
            tracing::error!(%error, "cannot note how an outside action ended");
        }
    }

    /// Notes how the call ended, such as `200` or `exit 1`, and how many bytes were moved.
    pub(crate) async fn end(mut self, outcome: &str, bytes: u64) {
        self.ended = true;
        self.put_on_record(outcome, bytes);
        if let Some(note) = self.note
            && let Err(error) = self.permit.database.end_action(note, outcome).await
        {
            tracing::error!(%error, "cannot note how an outside action ended");
        }
    }

    /// Notes that nobody knows whether the call had its effect: its note in the journal stays open.
    pub(crate) fn unknown(mut self, reason: &str) {
        self.ended = true;
        self.put_on_record(&format!("outcome unknown: {reason}"), 0);
    }

    fn put_on_record(&self, outcome: &str, bytes: u64) {
        let Permit { call, subject, audit, reason, .. } = &self.permit;
        let duration_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let reason = format!("{reason}; {outcome}");
        audit.record(&Record { bytes, duration_ms, ..record(subject, call, "allow", reason) });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            self.put_on_record("broken off", 0);
        }
    }
}

fn record(subject: &Subject, call: &Call, decision: &str, reason: String) -> Record {
    Record {
        at_ms: now_ms(),
        event: subject.event.to_string(),
        actor: subject.actor.to_string(),
        module: subject.module.to_string(),
        hash: subject.hash.to_string(),
        capability: call.capability().to_owned(),
        target: call.to_string(),
        decision: decision.to_owned(),
        reason,
        bytes: 0,
        duration_ms: 0,
    }
}

fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}
