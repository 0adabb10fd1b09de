//! Keeps the catalog, Telegram's command list and the owner up to date with the modules directory.

use std::os::unix::fs::DirBuilderExt as _;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::builtin;
use crate::dispatch::Dispatch;
use crate::module::registry::{Changes, Note, Registry};
use crate::reply::escape;
use crate::telegram::{self, Api};
use crate::watch;

/// How long events wait at a start for modules that do not come with the host.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) struct Keeper {
    pub(super) registry: Arc<Registry>,
    pub(super) dispatch: Arc<Dispatch>,
    pub(super) api: Api,
}

impl Keeper {
    /// Installs and loads what is there, then watches until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let directory = self.registry.directory();
        if let Err(error) = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
        {
            tracing::error!(%error, "cannot create the modules directory {}", directory.display());
        }
        builtin::install(directory, self.registry.disabled(), &self.dispatch.database).await;
        let patience = async {
            self.registry.built_in_tried().await;
            tokio::time::sleep(PATIENCE).await;
            self.dispatch.ready.cancel();
            std::future::pending().await
        };
        let first = tokio::select! {
            first = self.registry.sync(false) => first,
            never = patience => never,
        };
        self.dispatch.ready.cancel();
        self.warn_of_names();
        // At a start, only trouble is news.
        let trouble = first
            .notes
            .into_iter()
            .filter(|note| matches!(note, Note::Refused { .. } | Note::Asks(_)))
            .collect();
        self.changed(Changes { notes: trouble, catalog_changed: true, ..first }).await;
        watch::run(directory, Arc::clone(&self.registry), stop, |changes| self.changed(changes))
            .await;
    }

    /// A name that was misspelt restricts nobody, which its writer would not notice.
    fn warn_of_names(&self) {
        let catalog = self.dispatch.catalog.load();
        for name in self.dispatch.book.named() {
            let is_off = self.registry.disabled().iter().any(|disabled| disabled == name);
            let is_there =
                catalog.module(name).is_some() || self.dispatch.book.waiting(name).is_some();
            if !is_off && !is_there {
                tracing::warn!(
                    "umbrasil.toml has [modules.{name}], but no module of that name is loaded"
                );
            }
        }
    }

    async fn changed(&self, changes: Changes) {
        if changes.catalog_changed
            && let Err(error) =
                self.api.send(&telegram::commands(&self.dispatch.catalog.load())).await
        {
            tracing::warn!(%error, "cannot update Telegram's list of commands");
        }
        for note in changes.notes {
            match &note {
                Note::Asks(asks) => self.dispatch.ask_about(asks).await,
                note => self.dispatch.tell_owners(&text(note)).await,
            }
        }
    }
}

fn text(note: &Note) -> String {
    match note {
        Note::Loaded { module, version, previous: None } => {
            format!("🧩 Module <b>{}</b> {} is loaded.", escape(module), escape(version))
        }
        Note::Loaded { module, version, previous: Some(previous) } => {
            format!(
                "🧩 Module <b>{}</b> was replaced: {} → {}.",
                escape(module),
                escape(previous),
                escape(version)
            )
        }
        Note::Refused { file, reason, serving } => {
            let serving = serving.as_ref().map_or_else(String::new, |version| {
                format!("\nVersion {} goes on serving.", escape(version))
            });
            format!("⚠️ <b>{}</b> was not loaded: {}{serving}", escape(file), escape(reason))
        }
        Note::Asks(asks) => {
            format!("⚠️ Module <b>{}</b> waits for an owner.", escape(&asks.module))
        }
        Note::Removed { module } => {
            format!(
                "🧩 Module <b>{}</b> is removed: its file is gone. Its data is kept.",
                escape(module)
            )
        }
    }
}
