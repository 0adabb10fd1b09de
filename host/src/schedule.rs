//! Runs the modules' schedules: looks what is due, and has it handled, a few at a time.
//!
//! What is due is looked up anew each time: only the schedules that a loaded module wants and that are
//! granted to it now, so that a reload, a removal or a revocation needs no message to come here. Waiting goes
//! by the monotonic clock in short steps, and after each the wall clock is read again: whatever it has done,
//! at most one run of a schedule follows.

mod entry;
mod slots;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::entry::{Due, Entry};
use crate::dispatch::{Dispatch, Tick, Ticked};
use crate::grant::{ScheduleScope, Scope, What};
use crate::module::Module;

/// The longest time between two looks at the clock.
const LOOK: Duration = Duration::from_secs(1);
/// And the shortest.
const PAUSE: Duration = Duration::from_millis(20);
/// Runs at once, over all modules; and of one module, which has four instances and people waiting for it.
const RUNS: usize = 4;
const RUNS_OF_MODULE: usize = 2;
/// Milliseconds that a last slot may lie ahead of the clock. More means that the clock was set back: the
/// schedule goes on from now. Up to that nothing is fired twice, and nothing is silent for longer.
const AHEAD_MS: i64 = 2 * 3_600 * 1_000;

/// Module and schedule.
type Name = (Arc<str>, String);

pub(crate) struct Schedules {
    dispatch: Arc<Dispatch>,
    entries: BTreeMap<Name, Entry>,
    /// The modules that were there at an earlier look: what they newly may do owes nothing from before.
    known: BTreeSet<Arc<str>>,
    runs: Arc<Semaphore>,
    runs_of_modules: HashMap<Arc<str>, Arc<Semaphore>>,
    /// The runs that are under way or wait for their turn.
    running: TaskTracker,
}

impl Schedules {
    pub(crate) fn new(dispatch: Arc<Dispatch>, running: TaskTracker) -> Self {
        let runs = Arc::new(Semaphore::new(RUNS));
        let (entries, known, runs_of_modules) = (BTreeMap::new(), BTreeSet::new(), HashMap::new());
        Self { dispatch, entries, known, runs, runs_of_modules, running }
    }

    /// Works until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let looking = async {
            self.dispatch.ready.cancelled().await;
            loop {
                let wait = self.look(&stop).await;
                tokio::time::sleep(wait).await;
            }
        };
        tokio::select! {
            () = looking => {}
            () = stop.cancelled() => {}
        }
    }

    /// Starts what is due; returns how long to wait until the next look.
    async fn look(&mut self, stop: &CancellationToken) -> Duration {
        let now_ms = now_ms();
        self.update(now_ms).await;
        let mut due: Vec<(i64, Name)> = Vec::new();
        let mut wait = LOOK;
        for (name, entry) in &mut self.entries {
            match entry.due(now_ms) {
                Due::Now(slot_ms) => due.push((slot_ms, name.clone())),
                Due::In(milliseconds) => {
                    wait = wait.min(Duration::from_millis(milliseconds));
                }
                Due::Never => {}
            }
        }
        // In the order in which they are due.
        due.sort();
        for (slot_ms, name) in due {
            self.start(name, slot_ms, stop.clone());
        }
        wait.max(PAUSE)
    }

    /// Brings the entries up to date with what is loaded and granted now.
    async fn update(&mut self, now_ms: i64) {
        let catalog = self.dispatch.catalog.load_full();
        let (mut live, mut new) = (BTreeMap::new(), Vec::new());
        for module in catalog.modules() {
            for scope in wanted(module) {
                let name = (Arc::clone(&module.name), scope.name.clone());
                live.insert(name.clone(), holds(module, &scope));
                match self.entries.get_mut(&name) {
                    Some(entry) => entry.change(&scope, now_ms),
                    None => new.push((name, scope)),
                }
            }
        }
        let stray = self.entries.iter().filter(|(_, entry)| entry.is_ahead(now_ms + AHEAD_MS));
        let stray: Vec<Name> = stray.map(|(name, _)| name.clone()).collect();
        let names = new.iter().map(|(name, _)| name).chain(&stray);
        let names: Vec<_> =
            names.map(|(module, name)| (module.to_string(), name.clone())).collect();
        if !names.is_empty() {
            match self.dispatch.database.slots(names, now_ms, now_ms + AHEAD_MS).await {
                Ok(last) => self.add(new, last, now_ms),
                Err(error) => {
                    tracing::error!(%error, "cannot look when schedules were due last; trying again");
                }
            }
        }
        for name in &stray {
            tracing::warn!(module = &*name.0, schedule = name.1, "the clock was set back");
        }
        for (name, entry) in &mut self.entries {
            if stray.contains(name) {
                entry.go_on(now_ms);
            }
            entry.pause(!live.get(name).copied().unwrap_or(false), now_ms);
        }
        self.known = catalog.modules().map(|module| Arc::clone(&module.name)).collect();
    }

    /// Adds schedules whose last slots are these.
    fn add(&mut self, new: Vec<(Name, ScheduleScope)>, last: Vec<i64>, now_ms: i64) {
        let zone = self.dispatch.time_zone;
        for ((name, scope), last_ms) in new.into_iter().zip(last) {
            let after_ms = if self.known.contains(&name.0) { last_ms.max(now_ms) } else { last_ms };
            let full = format!("{}/{}", name.0, name.1);
            self.entries.insert(name, Entry::new(scope, full, zone, after_ms));
        }
    }

    /// Has a slot handled, when its turn comes.
    fn start(&mut self, name: Name, slot_ms: i64, stop: CancellationToken) {
        let Some(entry) = self.entries.get_mut(&name) else { return };
        let of_module = self.runs_of_modules.entry(Arc::clone(&name.0));
        let of_module = of_module.or_insert_with(|| Arc::new(Semaphore::new(RUNS_OF_MODULE)));
        let (of_module, of_all) = (Arc::clone(of_module), Arc::clone(&self.runs));
        let (dispatch, scope, told) =
            (Arc::clone(&self.dispatch), entry.scope().clone(), entry.told());
        let work = async move {
            // The semaphores are never closed. Whoever waits for its module must not hold up the others.
            let (Ok(_own), Ok(_any)) = (of_module.acquire().await, of_all.acquire().await) else {
                return;
            };
            // Only now, because both may have changed while it waited.
            let module = dispatch.catalog.load().module(&name.0).cloned();
            let Some(module) = module.filter(|module| holds(module, &scope)) else { return };
            if stop.is_cancelled() {
                return;
            }
            let late_ms = now_ms().saturating_sub(slot_ms);
            tracing::debug!(module = &*name.0, schedule = name.1, late_ms, "a schedule is due");
            let tells = told.may_tell();
            let tick = Tick { module: &module, schedule: &name.1, slot_ms, tells };
            if dispatch.tick(tick).await == Ticked::Failed && tells {
                told.tell();
            }
        };
        entry.started(self.running.spawn(work), slot_ms);
    }
}

/// The schedules that a module asks for, granted or not.
fn wanted(module: &Module) -> Vec<ScheduleScope> {
    let permissions = module.live.get();
    let scope = |what: &What| match what {
        What::Schedule(scope) => Some(scope.clone()),
        _ => None,
    };
    permissions.wants.iter().filter_map(|want| scope(&want.scope.what)).collect()
}

/// Whether a module has this very schedule: wanted, and granted.
fn holds(module: &Module, wanted: &ScheduleScope) -> bool {
    let permissions = module.live.get();
    let this = |scope: &Scope| {
        matches!(&scope.what, What::Schedule(scope) if *scope == *wanted).then_some(())
    };
    permissions.held(this).next().is_some()
}

fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}
