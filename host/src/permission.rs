//! What a module may do now: what its manifest wants, as far as it was granted.
//!
//! Two keys: a call must be within something that the manifest asks for and within something that was
//! granted. [`Permissions`] is one immutable answer to that; [`Live`] is the present one of a module, and
//! changes under running instances; `book` knows all modules and what owners decided.
//!
//! A manifest may leave it to the owner which commands a module runs on servers (`{granted}`). Then what is
//! granted by name is within what it asks for, but for what was revoked: there is no line of the manifest
//! that could be missing instead.

mod book;
mod entry;
mod policy;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;

pub(crate) use self::book::{Admission, Asks, BUILT_IN, Book, Candidate, Row, Standing};
pub(crate) use self::policy::{Origin, Policy, Verdict};
use crate::grant::{Call, Effect, STORAGE, Scope, Want, What};

/// What a module wants and what it was granted.
#[derive(Debug, Clone)]
pub(crate) struct Permissions {
    pub(crate) wants: Vec<Want>,
    pub(crate) grants: Vec<Granted>,
    /// What owners have taken back.
    pub(crate) revoked: Vec<Scope>,
    pub(crate) bounds: Bounds,
}

/// What follows from permissions for every event: worked out once, because every event asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Keys and bytes that the module may keep.
    pub(crate) storage: (u64, u64),
    /// Bytes of the largest request body; 0 if none is larger than usual.
    pub(crate) request_body: usize,
    /// The longest that an event may take, unless the owner says otherwise.
    pub(crate) wall: Duration,
}

/// Wall time of an event.
const EVENT_WALL: Duration = Duration::from_secs(30);
/// Of a module that runs commands on servers: one may wait for a turn, connect, and run.
const SHELL_WALL: Duration = Duration::from_secs(100);
/// Of a module with a POST that only reads, which is how language models are asked: they think.
const MODEL_WALL: Duration = Duration::from_mins(2);

/// A permission and who gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) scope: Scope,
    /// Such as `umbrasil.toml`, `owner 111` or `the host itself`.
    pub(crate) by: Arc<str>,
}

/// Whether a call is within what is wanted and granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement<'a> {
    /// The two permissions that cover it, and what the call counts as: the graver of the two.
    Covered { want: &'a Scope, grant: &'a Granted, effect: Effect },
    /// The manifest asks for it, nobody has granted it.
    NotGranted { want: &'a Scope },
    /// The manifest does not ask for it, so that granting it would not help.
    NotWanted,
}

impl Default for Permissions {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}

impl Permissions {
    pub(crate) fn new(wants: Vec<Want>, grants: Vec<Granted>) -> Self {
        let bounds = Bounds { storage: STORAGE, request_body: 0, wall: EVENT_WALL };
        let mut permissions = Self { wants, grants, revoked: Vec::new(), bounds };
        permissions.bounds = permissions.bounds();
        permissions
    }

    /// The same, with what owners have taken back.
    pub(crate) fn without(mut self, revoked: Vec<Scope>) -> Self {
        self.revoked = revoked;
        self.bounds = self.bounds();
        self
    }

    fn bounds(&self) -> Bounds {
        let (mut storage, mut body, mut wall) = (None, 0, EVENT_WALL);
        for scope in self.held(Some) {
            match &scope.what {
                What::Storage { keys, bytes } => storage = storage.max(Some((*keys, *bytes))),
                What::Http(http) => {
                    body = body.max(http.request.unwrap_or(0));
                    if scope.effect == Some(Effect::Read) && http.posts() {
                        wall = wall.max(MODEL_WALL);
                    }
                }
                What::Ssh(_) => wall = wall.max(SHELL_WALL),
                _ => {}
            }
        }
        if self.by_name().next().is_some() {
            wall = wall.max(SHELL_WALL);
        }
        let request_body = usize::try_from(body).unwrap_or(usize::MAX);
        Bounds { storage: storage.unwrap_or(STORAGE), request_body, wall }
    }

    /// Finds the permissions that cover the call, the mildest of each side unless one is marked as dangerous.
    pub(crate) fn judge(&self, call: &Call) -> Judgement<'_> {
        let effect = |scope: &Scope| scope.effect.unwrap_or_else(|| call.effect());
        let wants = self.wants.iter().map(|want| &want.scope).filter(|scope| scope.covers(call));
        // What is asked for by name counts as the manifest says, however the owner has granted it.
        let named = wants.min_by_key(|scope| effect(scope));
        let Some(want) = named.or_else(|| self.open_want(call)) else {
            return Judgement::NotWanted;
        };
        let agrees = |granted: &&Granted| match (&granted.scope.what, &want.what) {
            // A secret is granted for exactly one place of a request.
            (What::Secret(granted), What::Secret(wanted)) => granted == wanted,
            _ => granted.scope.covers(call),
        };
        let within = || self.grants.iter().filter(agrees);
        // What an owner has marked as dangerous is, whatever else lets it pass.
        let marked = within().find(|granted| granted.scope.effect == Some(Effect::Dangerous));
        match marked.or_else(|| within().min_by_key(|granted| effect(&granted.scope))) {
            Some(grant) => {
                let effect = effect(want).max(effect(&grant.scope));
                Judgement::Covered { want, grant, effect }
            }
            None => Judgement::NotGranted { want },
        }
    }

    /// What asks for a call by leaving it to the owner, unless an owner has taken that call back.
    fn open_want(&self, call: &Call) -> Option<&Scope> {
        let mut wants = self.wants.iter().map(|want| &want.scope);
        let open = wants.find(|want| want.leaves_open(call))?;
        self.taken_back(call).is_none().then_some(open)
    }

    /// What was revoked and covers a call.
    pub(crate) fn taken_back(&self, call: &Call) -> Option<&Scope> {
        self.revoked.iter().find(|scope| scope.covers(call))
    }

    /// What was granted by name and the manifest leaves to the owner; and how its calls count, the graver of
    /// the two sides.
    pub(crate) fn by_name(&self) -> impl Iterator<Item = (&Scope, Effect)> {
        let usual = |scope: &Scope| scope.effect.unwrap_or(Effect::Change);
        self.grants.iter().map(|granted| &granted.scope).filter_map(move |grant| {
            let plain = Scope::new(grant.what.clone());
            let within = |scope: &&Scope| Scope::new(scope.what.clone()).includes(&plain);
            let wants = || self.wants.iter().map(|want| &want.scope);
            let open = wants().filter(|want| want.asks_for(grant)).map(usual).min()?;
            let named = wants().filter(within).map(usual).min();
            let revoked = self.revoked.iter().any(|scope| within(&scope));
            (!revoked || named.is_some()).then(|| (grant, usual(grant).max(named.unwrap_or(open))))
        })
    }

    /// The wanted permissions that are granted as they are, by what `pick` makes of them.
    pub(crate) fn held<'a, T: 'a>(
        &'a self,
        pick: impl Fn(&'a Scope) -> Option<T> + 'a,
    ) -> impl Iterator<Item = T> + 'a {
        let granted =
            |want: &&Want| self.grants.iter().any(|grant| grant.scope.includes(&want.scope));
        self.wants.iter().filter(granted).filter_map(move |want| pick(&want.scope))
    }
}

/// The present permissions of a module: shared by its instances, replaced when an owner decides.
#[derive(Debug)]
pub(crate) struct Live {
    current: ArcSwap<Permissions>,
    generation: watch::Sender<u64>,
}

impl Live {
    pub(crate) fn new(permissions: Permissions) -> Self {
        Self { current: ArcSwap::from_pointee(permissions), generation: watch::channel(0).0 }
    }

    pub(crate) fn get(&self) -> arc_swap::Guard<Arc<Permissions>> {
        self.current.load()
    }

    /// Replaces the permissions, and wakes whoever holds something open.
    pub(crate) fn set(&self, permissions: Permissions) {
        self.current.store(Arc::new(permissions));
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// Waits until the call is not covered any more.
    pub(crate) async fn revoked(&self, call: &Call) {
        let mut generation = self.generation.subscribe();
        while matches!(self.get().judge(call), Judgement::Covered { .. }) {
            if generation.changed().await.is_err() {
                return;
            }
        }
    }
}
