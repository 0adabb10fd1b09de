//! One module in the book: what was decided about it, for which bytes, and what follows from that.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::book::{BUILT_IN, now_ms};
use super::{Asks, Candidate, Granted, Live, Permissions, Row, Standing};
use crate::database::{Decision, Trust};
use crate::grant::{Scope, Want, hash};

/// Who granted what is in the owner's file.
const FILE: &str = "umbrasil.toml";

/// What is known of one module.
#[derive(Default)]
pub(super) struct Entry {
    pub(super) decisions: BTreeMap<String, Decision>,
    pub(super) trust: Option<Trust>,
    /// Granted until the host stops, to one component.
    pub(super) once: Option<(String, Vec<Scope>)>,
    /// What is loaded now.
    pub(super) loaded: Option<(Vec<Want>, Arc<Live>)>,
    /// What waits for an owner.
    pub(super) waiting: Option<Candidate>,
    pub(super) hash: String,
}

impl Entry {
    /// All that is granted to a component, by whom.
    pub(super) fn grants(&self, hash: &str, standing: &Standing) -> Vec<Granted> {
        let granted = |scope: &Scope, by: &str| Granted { scope: scope.clone(), by: by.into() };
        let mut grants = Vec::new();
        if standing.sha256.as_ref().is_none_or(|pinned| pinned == hash) {
            grants.extend(standing.grants.iter().map(|scope| granted(scope, FILE)));
        }
        for decision in self.decisions.values().filter(|decision| decision.allowed) {
            // A line of an older version that is no permission any more grants nothing.
            if let Ok(scope) = decision.scope.parse::<Scope>() {
                grants.push(granted(&scope, &decision.by));
            }
        }
        if let Some((of, scopes)) = &self.once
            && of == hash
        {
            grants.extend(scopes.iter().map(|scope| granted(scope, "an owner, once")));
        }
        grants.retain(|grant| !self.is_revoked(&grant.scope));
        grants
    }

    pub(super) fn is_revoked(&self, scope: &Scope) -> bool {
        self.decisions.get(&scope.to_string()).is_some_and(|decision| !decision.allowed)
    }

    pub(super) fn permissions(&self, mut wants: Vec<Want>, standing: &Standing) -> Permissions {
        let grants = self.grants(&self.hash, standing);
        // Revoked lines may be parts of broader grants: they count for themselves.
        wants.retain(|want| !self.is_revoked(&want.scope));
        let revoked = self.decisions.values().filter(|decision| !decision.allowed);
        let revoked = revoked.filter_map(|decision| decision.scope.parse().ok()).collect();
        Permissions::new(wants, grants).without(revoked)
    }

    /// What is wanted and was neither granted nor revoked.
    pub(super) fn missing(&self, candidate: &Candidate, standing: &Standing) -> Vec<Want> {
        let grants = self.grants(&candidate.hash, standing);
        let decided = |want: &&Want| {
            !self.is_revoked(&want.scope)
                && !grants.iter().any(|grant| grant.scope.includes(&want.scope))
        };
        candidate.wants.iter().filter(decided).cloned().collect()
    }

    /// Whether these bytes may have what was granted to the module.
    pub(super) fn trusts(&self, candidate: &Candidate, standing: &Standing, own: bool) -> bool {
        let same = self.trust.as_ref().is_some_and(|trust| trust.hash == candidate.hash);
        let once = self.once.as_ref().is_some_and(|(hash, _)| *hash == candidate.hash);
        let by_file = |want: &Want| {
            standing.sha256.as_ref().is_none_or(|pinned| *pinned == candidate.hash)
                && standing.grants.iter().any(|scope| scope.includes(&want.scope))
        };
        same || once || standing.updates.unwrap_or(own) || candidate.wants.iter().all(by_file)
    }

    /// Whether the owner's file says all there is to say: what it leaves out is not granted, and nobody is
    /// asked. Not if some capability would be there for nothing, and not if an update asks for other things.
    pub(super) fn is_decided_by_file(&self, candidate: &Candidate, standing: &Standing) -> bool {
        let pinned = standing.sha256.as_ref().is_none_or(|pinned| *pinned == candidate.hash);
        let same = self.trust.as_ref().is_none_or(|trust| {
            trust.hash == candidate.hash || trust.wants == wants_hash(&candidate.wants)
        });
        let grants = self.grants(&candidate.hash, standing);
        let is_granted = |import: &String| {
            let of = |scope: &Scope| scope.capability() == import;
            candidate.wants.iter().any(|want| {
                of(&want.scope) && grants.iter().any(|grant| grant.scope.overlaps(&want.scope))
            })
        };
        !standing.grants.is_empty() && pinned && same && candidate.imports.iter().all(is_granted)
    }

    pub(super) fn asks(&self, candidate: &Candidate, plus: Vec<Want>, standing: &Standing) -> Asks {
        let wanted = |scope: &Scope| candidate.wants.iter().any(|want| want.scope == *scope);
        let granted = self.grants(&candidate.hash, standing);
        let minus = granted.iter().map(|grant| &grant.scope).filter(|scope| !wanted(scope));
        let kept = candidate.wants.iter().filter(|want| !plus.contains(want));
        Asks {
            module: Arc::clone(&candidate.module),
            version: candidate.version.clone(),
            hash: candidate.hash.clone(),
            minus: minus.cloned().collect(),
            kept: kept.map(|want| want.scope.clone()).collect(),
            plus,
        }
    }

    /// What a module of this binary wants and nobody has decided about yet.
    pub(super) fn undecided(&self, candidate: &Candidate) -> Vec<Decision> {
        let new = |want: &&Want| !self.decisions.contains_key(&want.scope.to_string());
        let wants = candidate.wants.iter().filter(new);
        wants.map(|want| decision(&candidate.module, &want.scope, true, BUILT_IN)).collect()
    }

    pub(super) fn remember(&mut self, decisions: Vec<Decision>, trust: Option<Trust>) {
        for decision in decisions {
            self.decisions.insert(decision.scope.clone(), decision);
        }
        if trust.is_some() {
            self.trust = trust;
        }
    }

    pub(super) fn rows(&self, module: &Arc<str>, standing: &Standing) -> Vec<Row> {
        let wants = match (&self.loaded, &self.waiting) {
            (_, Some(waiting)) => waiting.wants.as_slice(),
            (Some((wants, _)), None) => wants.as_slice(),
            (None, None) => &[],
        };
        let grants = self.grants(&self.hash, standing);
        let mut rows: Vec<Row> = wants
            .iter()
            .map(|Want { scope, reason }| {
                let decision = self.decisions.get(&scope.to_string());
                let by = grants.iter().find(|grant| grant.scope.includes(scope));
                let revoked = decision.filter(|decision| !decision.allowed);
                Row {
                    module: Arc::clone(module),
                    scope: scope.clone(),
                    by: match revoked {
                        Some(decision) => Some(decision.by.as_str().into()),
                        None => by.map(|grant| Arc::clone(&grant.by)),
                    },
                    allowed: revoked.is_none() && by.is_some(),
                    wanted: true,
                    reason: reason.clone(),
                }
            })
            .collect();
        for Granted { scope, by } in grants {
            if !wants.iter().any(|want| scope.includes(&want.scope)) {
                let (module, by) = (Arc::clone(module), Some(by));
                let wanted = wants.iter().any(|want| want.scope.asks_for(&scope));
                let reason = String::new();
                rows.push(Row { module, scope, by, allowed: true, wanted, reason });
            }
        }
        rows
    }
}

pub(super) fn decision(module: &str, scope: &Scope, allowed: bool, by: &str) -> Decision {
    Decision {
        module: module.to_owned(),
        scope: scope.to_string(),
        allowed,
        since_ms: now_ms(),
        by: by.to_owned(),
    }
}

/// SHA-256 of what a component asks for, whatever the order and the reasons.
pub(super) fn wants_hash(wants: &[Want]) -> String {
    let mut lines: Vec<String> = wants.iter().map(|want| want.scope.to_string()).collect();
    lines.sort();
    hash(lines.join("\n").as_bytes())
}
