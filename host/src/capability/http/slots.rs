//! What modules share of the way out: connections at a time, and bytes a day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections of one module, and of all.
const PER_MODULE: usize = 6;
const IN_ALL: usize = 32;
/// Bytes that a module may send a day. Counted in memory: a restart begins anew.
pub(super) const DAILY: u64 = 50 << 20;

/// Shared by all modules.
pub(super) struct Slots {
    all: Arc<Semaphore>,
    modules: Mutex<HashMap<Arc<str>, Module>>,
}

struct Module {
    connections: Arc<Semaphore>,
    /// The day since 1970 that `sent` is of.
    day: i64,
    sent: u64,
}

/// The right to one connection, until it is dropped.
pub(super) struct Slot {
    _module: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Default for Slots {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(IN_ALL)), modules: Mutex::default() }
    }
}

impl Slots {
    /// Waits for a free connection; the caller knows for how long. None if there will never be one.
    pub(super) async fn take(&self, module: &Arc<str>) -> Option<Slot> {
        let connections = self.with(module, |module| Arc::clone(&module.connections));
        // First the module's own: one that waits for itself holds up nobody else.
        let module = connections.acquire_owned().await.ok()?;
        let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        Some(Slot { _module: module, _all: all })
    }

    /// Counts bytes that a module is about to send; says whether they are within its day.
    pub(super) fn count(&self, module: &Arc<str>, bytes: u64, day: i64) -> bool {
        self.with(module, |module| {
            if module.day != day {
                (module.day, module.sent) = (day, 0);
            }
            let sum = module.sent.saturating_add(bytes);
            let fits = sum <= DAILY;
            if fits {
                module.sent = sum;
            }
            fits
        })
    }

    fn with<T>(&self, name: &Arc<str>, act: impl FnOnce(&mut Module) -> T) -> T {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        let module = modules.entry(Arc::clone(name)).or_insert_with(|| Module {
            connections: Arc::new(Semaphore::new(PER_MODULE)),
            day: 0,
            sent: 0,
        });
        act(module)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_few_and_come_back() {
        let slots = Slots::default();
        let mut held = Vec::new();
        for index in 0..8 {
            let module: Arc<str> = format!("m{index}").into();
            for _ in 0..PER_MODULE {
                let taken = tokio::time::timeout(std::time::Duration::ZERO, slots.take(&module));
                held.extend(taken.await);
            }
            assert_eq!(held.len(), ((index + 1) * PER_MODULE).min(IN_ALL));
        }
        held.clear();
        assert!(slots.take(&"m9".into()).await.is_some());
    }

    #[test]
    fn a_day_has_an_end() {
        let (slots, module): (_, Arc<str>) = (Slots::default(), "m".into());
        assert!(slots.count(&module, DAILY, 1));
        assert!(!slots.count(&module, 1, 1));
        assert!(slots.count(&"n".into(), 1, 1));
        assert!(slots.count(&module, 1, 2));
        assert!(!slots.count(&module, u64::MAX, 2));
    }
}
