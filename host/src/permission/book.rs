//! All modules and what owners decided about them.
//!
//! A decision is one line of permission, allowed or not. It is bound to the component for which it was made:
//! other bytes under the same name get what was granted only if they ask for nothing more and the owner lets
//! that module be updated; else they wait, and the owner sees the difference.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::entry::{Entry, decision, wants_hash};
use super::{Live, Permissions};
use crate::audit::{Audit, Record};
use crate::database::{CommitError, Database, Decision, Trust};
use crate::grant::{Scope, Want};

/// Who granted what a module of this binary wants, until somebody decides otherwise.
pub(crate) const BUILT_IN: &str = "the host itself";
/// Failures in five minutes that pause a module, unless its owner says otherwise.
const FAILURES: u32 = 5;

/// What the owner's file says of a module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    pub(crate) grants: Vec<Scope>,
    /// Whether new bytes that ask for nothing more get the grants without a question.
    pub(crate) updates: Option<bool>,
    /// The only component that the file's grants are for.
    pub(crate) sha256: Option<String>,
    /// Failures in five minutes after which the module is paused.
    pub(crate) failures: Option<u32>,
    /// The longest that one event of it may take.
    pub(crate) deadline: Option<std::time::Duration>,
    /// The users who may use it; all that may speak if none are named. Owners always may.
    pub(crate) users: Option<Vec<i64>>,
}

/// A component that wants to be loaded.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) module: Arc<str>,
    pub(crate) version: String,
    /// SHA-256 of the component.
    pub(crate) hash: String,
    pub(crate) wants: Vec<Want>,
    /// The capabilities that it imports, beside those that everybody has.
    pub(crate) imports: Vec<String>,
    /// Whether these very bytes are a part of this binary.
    pub(crate) built_in: bool,
}

/// What becomes of a candidate.
#[derive(Debug)]
pub(crate) enum Admission {
    /// It may be loaded, with these permissions.
    Admitted(Arc<Live>),
    /// An owner has to agree first.
    Waits(Asks),
    /// An owner has said no to these bytes.
    Denied,
}

/// The difference that an owner decides about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asks {
    pub(crate) module: Arc<str>,
    pub(crate) version: String,
    pub(crate) hash: String,
    /// Wanted, and not granted yet.
    pub(crate) plus: Vec<Want>,
    /// Granted to the predecessor, and not wanted any more.
    pub(crate) minus: Vec<Scope>,
    /// Granted already.
    pub(crate) kept: Vec<Scope>,
}

/// One line of `grant list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) module: Arc<str>,
    pub(crate) scope: Scope,
    /// Who granted or revoked it; none while nobody has decided.
    pub(crate) by: Option<Arc<str>>,
    pub(crate) allowed: bool,
    /// Whether the manifest asks for it, or leaves it to the owner. What it does not ask for has no effect.
    pub(crate) wanted: bool,
    pub(crate) reason: String,
}

/// Knows what every module may do.
pub(crate) struct Book {
    database: Database,
    audit: Audit,
    standing: BTreeMap<String, Standing>,
    /// The modules that come with the host, whose updates need no question.
    own: Vec<String>,
    entries: Mutex<BTreeMap<Arc<str>, Entry>>,
}

impl Book {
    /// Reads what was decided before.
    pub(crate) async fn open(
        database: Database,
        audit: Audit,
        standing: BTreeMap<String, Standing>,
        own: Vec<String>,
    ) -> Result<Self, CommitError> {
        let (decisions, trusted) = database.decisions().await?;
        let mut entries: BTreeMap<Arc<str>, Entry> = BTreeMap::new();
        for decision in decisions {
            let entry = entries.entry(decision.module.as_str().into()).or_default();
            entry.decisions.insert(decision.scope.clone(), decision);
        }
        for trust in trusted {
            let module = trust.module.as_str().into();
            entries.entry(module).or_default().trust = Some(trust);
        }
        Ok(Self { database, audit, standing, own, entries: Mutex::new(entries) })
    }

    /// Decides whether a component may be loaded, and with which permissions.
    pub(crate) async fn admit(&self, candidate: &Candidate) -> Result<Admission, CommitError> {
        let refused = self.database.recall(&refused_note(&candidate.module)).await?;
        let refused = refused.as_ref() == Some(&candidate.hash);
        let (decisions, trust) = {
            let mut entries = self.lock();
            let entry = entries.entry(Arc::clone(&candidate.module)).or_default();
            let standing = self.standing(&candidate.module);
            let plus = entry.missing(candidate, &standing);
            let trusted = entry.trusts(
                candidate,
                &standing,
                self.own.iter().any(|own| **own == *candidate.module),
            );
            let decided = entry.is_decided_by_file(candidate, &standing);
            if !(candidate.built_in || (plus.is_empty() && trusted) || decided) {
                let asks = entry.asks(candidate, plus, &standing);
                // What was refused can still be allowed, by an owner who has second thoughts.
                entry.waiting = Some(candidate.clone());
                return Ok(if refused { Admission::Denied } else { Admission::Waits(asks) });
            }
            let new = if candidate.built_in { entry.undecided(candidate) } else { Vec::new() };
            let trust = Trust {
                module: candidate.module.to_string(),
                hash: candidate.hash.clone(),
                wants: wants_hash(&candidate.wants),
                since_ms: now_ms(),
            };
            let known = entry.trust.as_ref().is_some_and(|known| known.hash == trust.hash);
            (new, (!known).then_some(trust))
        };
        if trust.is_some() || !decisions.is_empty() {
            self.database.decide(decisions.clone(), trust.clone()).await?;
        }
        let mut entries = self.lock();
        let entry = entries.entry(Arc::clone(&candidate.module)).or_default();
        entry.remember(decisions, trust);
        entry.waiting = None;
        entry.hash.clone_from(&candidate.hash);
        let live = Arc::new(Live::new(
            entry.permissions(candidate.wants.clone(), &self.standing(&candidate.module)),
        ));
        Ok(Admission::Admitted(live))
    }

    /// Notes a component that is only looked at, as if it were loaded or waited: for questions and decisions
    /// while no host runs.
    pub(crate) fn look_at(&self, candidate: Candidate) {
        let standing = self.standing(&candidate.module);
        let own = self.own.iter().any(|own| **own == *candidate.module);
        let mut entries = self.lock();
        let entry = entries.entry(Arc::clone(&candidate.module)).or_default();
        entry.hash.clone_from(&candidate.hash);
        let agreed = entry.missing(&candidate, &standing).is_empty();
        if candidate.built_in || (agreed && entry.trusts(&candidate, &standing, own)) {
            entry.loaded = Some((candidate.wants, Arc::new(Live::new(Permissions::default()))));
        } else {
            entry.waiting = Some(candidate);
        }
    }

    /// Makes the permissions of a component that was loaded those that decisions change from now on.
    pub(crate) fn loaded(&self, module: &Arc<str>, wants: Vec<Want>, live: Arc<Live>) {
        self.lock().entry(Arc::clone(module)).or_default().loaded = Some((wants, live));
    }

    /// Whether a user who is no owner may use the module.
    /// The only users, beside owners, who may use the module; none if everybody may.
    pub(crate) fn users(&self, module: &str) -> Option<&[i64]> {
        self.standing.get(module)?.users.as_deref()
    }

    /// The modules that the owner's file says something about.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        self.standing.keys().map(String::as_str)
    }

    pub(crate) fn serves(&self, module: &str, user: i64) -> bool {
        let users = self.standing.get(module).and_then(|standing| standing.users.as_ref());
        users.is_none_or(|users| users.contains(&user))
    }

    /// The longest that one event of the module may take, if its owner has said so.
    pub(crate) fn deadline(&self, module: &str) -> Option<std::time::Duration> {
        self.standing.get(module)?.deadline
    }

    /// Failures in five minutes after which the module is paused.
    pub(crate) fn failures(&self, module: &str) -> u32 {
        self.standing.get(module).and_then(|standing| standing.failures).unwrap_or(FAILURES)
    }

    /// What waits for an owner, if these bytes still do.
    pub(crate) fn waiting(&self, module: &str) -> Option<Candidate> {
        self.lock().get(module)?.waiting.clone()
    }

    /// The modules that wait for an owner.
    pub(crate) fn all_waiting(&self) -> Vec<Arc<str>> {
        let entries = self.lock();
        let waits = |(_, entry): &(&Arc<str>, &Entry)| entry.waiting.is_some();
        entries.iter().filter(waits).map(|(name, _)| Arc::clone(name)).collect()
    }

    /// What a component that waits asks for.
    pub(crate) fn asks(&self, module: &str) -> Option<Asks> {
        let entries = self.lock();
        let entry = entries.get(module)?;
        let (candidate, standing) = (entry.waiting.as_ref()?, self.standing(module));
        Some(entry.asks(candidate, entry.missing(candidate, &standing), &standing))
    }

    /// Grants a component all that it waits for. The caller has it loaded again.
    pub(crate) async fn allow(&self, candidate: &Candidate, by: &str) -> Result<(), CommitError> {
        let decisions: Vec<Decision> = candidate
            .wants
            .iter()
            .map(|want| decision(&candidate.module, &want.scope, true, by))
            .collect();
        let trust = Trust {
            module: candidate.module.to_string(),
            hash: candidate.hash.clone(),
            wants: wants_hash(&candidate.wants),
            since_ms: now_ms(),
        };
        self.database.decide(decisions.clone(), Some(trust.clone())).await?;
        self.database.remember(&refused_note(&candidate.module), "").await?;
        for decision in &decisions {
            self.put_on_record(&candidate.module, &decision.scope, "grant", by, &candidate.hash);
        }
        let mut entries = self.lock();
        let entry = entries.entry(Arc::clone(&candidate.module)).or_default();
        entry.remember(decisions, Some(trust));
        Ok(())
    }

    /// Grants a component all that it waits for, until the host stops.
    pub(crate) fn allow_once(&self, candidate: &Candidate, by: &str) {
        let mut entries = self.lock();
        let entry = entries.entry(Arc::clone(&candidate.module)).or_default();
        let scopes = candidate.wants.iter().map(|want| want.scope.clone()).collect();
        entry.once = Some((candidate.hash.clone(), scopes));
        drop(entries);
        self.put_on_record(
            &candidate.module,
            "all that it asks for",
            "grant once",
            by,
            &candidate.hash,
        );
    }

    /// Refuses a component, until an owner allows it all the same.
    pub(crate) async fn deny(&self, candidate: &Candidate, by: &str) -> Result<(), CommitError> {
        self.database.remember(&refused_note(&candidate.module), &candidate.hash).await?;
        let (module, hash) = (&candidate.module, &candidate.hash);
        self.put_on_record(module, "all that it asks for", "refuse", by, hash);
        Ok(())
    }

    /// Grants or revokes one permission, with effect on the next call.
    pub(crate) async fn decide(
        &self,
        module: &str,
        scope: &Scope,
        allowed: bool,
        by: &str,
    ) -> Result<(), CommitError> {
        let decision = decision(module, scope, allowed, by);
        self.database.decide(vec![decision.clone()], None).await?;
        if !allowed {
            // Whatever waits for a tap was asked under what is no longer granted.
            self.database.void_approvals(module, Some("call")).await?;
        }
        let hash = self.lock().get(module).map(|entry| entry.hash.clone()).unwrap_or_default();
        let verb = if allowed { "grant" } else { "revoke" };
        self.put_on_record(module, &decision.scope, verb, by, &hash);
        let mut entries = self.lock();
        let entry = entries.entry(module.into()).or_default();
        entry.remember(vec![decision], None);
        if !allowed && let Some((_, scopes)) = &mut entry.once {
            scopes.retain(|held| !scope.includes(held));
        }
        if let Some((wants, live)) = entry.loaded.clone() {
            live.set(entry.permissions(wants, &self.standing(module)));
        }
        Ok(())
    }

    /// All permissions of a module, or of all of them.
    pub(crate) fn rows(&self, module: Option<&str>) -> Vec<Row> {
        let entries = self.lock();
        let names: std::collections::BTreeSet<Arc<str>> = entries
            .keys()
            .cloned()
            .chain(self.standing.keys().map(|name| name.as_str().into()))
            .filter(|name| module.is_none_or(|module| **name == *module))
            .collect();
        let none = Entry::default();
        names
            .iter()
            .flat_map(|name| entries.get(name).unwrap_or(&none).rows(name, &self.standing(name)))
            .collect()
    }

    /// The present permissions of a module, loaded or not.
    pub(crate) fn permissions(&self, module: &str) -> Option<Permissions> {
        let entries = self.lock();
        let entry = entries.get(module)?;
        let wants = match (&entry.loaded, &entry.waiting) {
            (Some((wants, _)), _) => wants.clone(),
            (None, Some(waiting)) => waiting.wants.clone(),
            (None, None) => return None,
        };
        Some(entry.permissions(wants, &self.standing(module)))
    }

    fn standing(&self, module: &str) -> Standing {
        self.standing.get(module).cloned().unwrap_or_default()
    }

    fn put_on_record(&self, module: &str, scope: &str, decision: &str, by: &str, hash: &str) {
        self.audit.record(&Record {
            module: module.to_owned(),
            hash: hash.to_owned(),
            ..Record::of_person(by, "grant", scope, decision)
        });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where it is noted which component of a module an owner has refused.
fn refused_note(module: &str) -> String {
    format!("refused:{module}")
}

pub(super) fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}
