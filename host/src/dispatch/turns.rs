//! Who runs again first: the events of a module that were overtaken take turns.
//!
//! Without turns, many events that read and write the same key overtake each other until some have used up
//! their tries. With them, one event at a time competes with those that come fresh. A turn is not waited
//! for endlessly, because whoever has it may be slow: it is a courtesy, and the commit is the judge.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long an event waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Default)]
pub(crate) struct Turns(std::sync::Mutex<HashMap<Arc<str>, Arc<Mutex<()>>>>);

impl Turns {
    /// Waits for a turn, in order of arrival. None if it takes too long.
    pub(super) async fn wait(&self, module: &Arc<str>) -> Option<OwnedMutexGuard<()>> {
        let turns = {
            let mut modules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(modules.entry(Arc::clone(module)).or_default())
        };
        tokio::time::timeout(PATIENCE, turns.lock_owned()).await.ok()
    }
}
