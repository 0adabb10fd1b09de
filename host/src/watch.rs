//! Watches the modules directory, and has it looked at when it has been quiet for a moment.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use notify::{EventKind, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::module::registry::{Changes, QUIET, Registry};

/// A directory that is never quiet is looked at all the same after this.
const PATIENCE: Duration = Duration::from_secs(5);
/// Reloads are at least this far apart.
const PAUSE: Duration = Duration::from_secs(1);
/// Should the kernel drop notices, or the directory be replaced, this finds out.
const ROUND: Duration = Duration::from_secs(30);

/// Calls `changed` after each look that found something, until `stopping`.
pub(crate) async fn run<F: Future<Output = ()>>(
    directory: &Path,
    registry: Arc<Registry>,
    stopping: CancellationToken,
    changed: impl Fn(Changes) -> F,
) {
    let (sender, mut noticed) = mpsc::channel(1);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let reading = event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_)));
        if !reading && sender.try_send(()).is_err() {
            // One waiting notice says as much as many.
        }
    });
    let watcher = watcher.and_then(|mut watcher| {
        watcher.watch(directory, RecursiveMode::NonRecursive).map(|()| watcher)
    });
    if let Err(error) = &watcher {
        tracing::warn!(%error, "cannot watch the modules directory; looking at it every {} s", ROUND.as_secs());
    }
    // What came between the first look and the watcher was noticed by neither.
    let mut again = true;
    loop {
        let wait = if again { QUIET } else { ROUND };
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = tokio::time::timeout(wait, noticed.recv()) => {}
            () = registry.decision() => {}
        }
        let since = Instant::now();
        while since.elapsed() < PATIENCE
            && tokio::time::timeout(QUIET, noticed.recv())
                .await
                .is_ok_and(|notice| notice.is_some())
        {}
        let found = registry.sync(true).await;
        again = found.unsettled;
        if found.catalog_changed || !found.notes.is_empty() {
            changed(found).await;
            tokio::time::sleep(PAUSE).await;
        }
    }
}
