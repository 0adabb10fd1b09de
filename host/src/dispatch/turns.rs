//! Who runs again first: the events of a module that were overtaken take turns.
//!
//! Without turns, many events that read and write the same key overtake each other until some have used up
//! their tries. With them, one runs at a time, and those that come fresh queue behind, as long as somebody
//! waits who was overtaken; where nobody is, nobody waits. A turn is not waited for endlessly, because
//! whoever has it may be slow: it is a courtesy, and the commit is the judge.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long an event waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Default)]
pub(crate) struct Turns(std::sync::Mutex<HashMap<Arc<str>, Arc<Queue>>>);

#[derive(Default)]
struct Queue {
    turn: Arc<Mutex<()>>,
    /// Events that were overtaken and are not done yet.
    overtaken: AtomicUsize,
}

/// Held while an event of a module runs and commits.
pub(super) struct Turn {
    _turn: OwnedMutexGuard<()>,
    _overtaken: Option<Overtaken>,
}

/// Counts as overtaken until it is dropped.
struct Overtaken(Arc<Queue>);

impl Turns {
    /// Waits for a turn after the event was overtaken. None if it takes too long.
    pub(super) async fn wait(&self, module: &Arc<str>) -> Option<Turn> {
        let queue = self.of(module);
        queue.overtaken.fetch_add(1, Ordering::AcqRel);
        let overtaken = Overtaken(Arc::clone(&queue));
        let turn = queue.turn().await?;
        Some(Turn { _turn: turn, _overtaken: Some(overtaken) })
    }

    /// Lets those go first who were overtaken.
    pub(super) async fn join(&self, module: &Arc<str>) -> Option<Turn> {
        let queue = self.of(module);
        if queue.is_quiet() {
            return None;
        }
        let turn = queue.turn().await?;
        (!queue.is_quiet()).then_some(Turn { _turn: turn, _overtaken: None })
    }

    fn of(&self, module: &Arc<str>) -> Arc<Queue> {
        let mut modules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(modules.entry(Arc::clone(module)).or_default())
    }
}

impl Queue {
    fn is_quiet(&self) -> bool {
        self.overtaken.load(Ordering::Acquire) == 0
    }

    /// A turn, in order of arrival.
    async fn turn(&self) -> Option<OwnedMutexGuard<()>> {
        tokio::time::timeout(PATIENCE, Arc::clone(&self.turn).lock_owned()).await.ok()
    }
}

impl Drop for Overtaken {
    fn drop(&mut self) {
        self.0.overtaken.fetch_sub(1, Ordering::AcqRel);
    }
}
