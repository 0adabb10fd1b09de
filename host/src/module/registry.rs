//! The modules directory and what is loaded from it: the first start and every reload take this one path.
//!
//! A file is looked at when it has changed and has been left alone for a moment. A candidate that fails any
//! step publishes nothing; its predecessor goes on serving, and the reason is logged and told once.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use super::catalog::Catalog;
use super::loader::{Candidate, LoadError, Loader};
use crate::permission::Asks;
use crate::telemetry::Metrics;

/// A file that was changed less than this ago may still be being written.
pub(crate) const QUIET: Duration = Duration::from_millis(500);
/// Files in the modules directory that are looked at.
const FILES: usize = 200;

/// What a look at the directory brought.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) notes: Vec<Note>,
    /// Whether some file has to be looked at again soon.
    pub(crate) unsettled: bool,
    pub(crate) catalog_changed: bool,
}

/// Something that the owner wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    Loaded {
        module: String,
        version: String,
        previous: Option<String>,
    },
    Refused {
        file: String,
        reason: String,
        serving: Option<String>,
    },
    Removed {
        module: String,
    },
    /// An owner has to agree to what a component asks for.
    Asks(Box<Asks>),
}

/// What the registry shares with those who use what it loads.
pub(crate) struct Shared {
    pub(crate) catalog: Arc<ArcSwap<Catalog>>,
    /// The files that could not be loaded, and why.
    pub(crate) failures: Arc<ArcSwap<Vec<(String, String)>>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) breaker: Arc<Breaker>,
    /// Told when an owner has decided something about a component.
    pub(crate) reload: Arc<Notify>,
}

pub(crate) struct Registry {
    directory: PathBuf,
    loader: Loader,
    disabled: Vec<String>,
    shared: Shared,
    built_in_tried: CancellationToken,
    /// Whether something was decided since the last look.
    decided: AtomicBool,
    /// What was last seen of each file. Also keeps two reloads from running at once.
    seen: Mutex<BTreeMap<PathBuf, Seen>>,
}

#[derive(Debug, Clone)]
struct Seen {
    fingerprint: Fingerprint,
    /// The module that this file is, or was before its content went wrong.
    module: Option<Arc<str>>,
    /// Why its present content is not loaded.
    refused: Option<String>,
    /// Whether it may be loaded, as it is, once another file is gone.
    again: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
}

impl Registry {
    pub(crate) fn new(
        directory: PathBuf,
        loader: Loader,
        disabled: Vec<String>,
        shared: Shared,
    ) -> Self {
        let (built_in_tried, seen) = (CancellationToken::new(), Mutex::default());
        Self {
            directory,
            loader,
            disabled,
            shared,
            built_in_tried,
            decided: AtomicBool::new(false),
            seen,
        }
    }

    /// Waits until the modules that come with the host are loaded or refused.
    pub(crate) async fn built_in_tried(&self) {
        self.built_in_tried.cancelled().await;
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The modules that the owner has switched off.
    pub(crate) fn disabled(&self) -> &[String] {
        &self.disabled
    }

    /// Waits until an owner has decided something about a component.
    pub(crate) async fn decision(&self) {
        self.shared.reload.notified().await;
        self.decided.store(true, Ordering::Release);
    }

    /// Looks at all files once, and brings the catalog up to date. `settle` is false for the first look,
    /// when nobody can be in the middle of replacing something that the host has loaded.
    pub(crate) async fn sync(&self, settle: bool) -> Changes {
        let decided = self.decided.swap(false, Ordering::AcqRel);
        let mut seen = self.seen.lock().await;
        let mut changes = Changes::default();
        let files = match files(&self.directory) {
            Ok(files) => files,
            Err(reason) => {
                self.refuse_directory(reason, &mut changes);
                return changes;
            }
        };
        // What its owner has switched off is no news.
        let files: BTreeMap<_, _> =
            files.into_iter().filter(|(path, _)| !self.is_disabled(path)).collect();
        let gone: Vec<PathBuf> =
            seen.keys().filter(|path| !files.contains_key(*path)).cloned().collect();
        for path in gone {
            if let Some(Seen { module: Some(module), .. }) = seen.remove(&path) {
                self.remove(&module, &path, &mut changes);
            }
        }
        // Nobody may hold up the modules that come with the host.
        let (own, others): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(path, _)| self.loader.is_built_in(path));
        let of_host = own.len();
        for (index, (path, fingerprint)) in own.into_iter().chain(others).enumerate() {
            if index == of_host {
                self.built_in_tried.cancel();
            }
            let known = seen.get(&path);
            let retried =
                (changes.catalog_changed || decided) && known.is_some_and(|known| known.again);
            if !retried && known.is_some_and(|known| known.fingerprint == fingerprint) {
                continue;
            }
            let age = fingerprint.modified.and_then(|modified| modified.elapsed().ok());
            if settle && age.is_some_and(|age| age < QUIET) {
                changes.unsettled = true;
                continue;
            }
            let known = self.load(&path, fingerprint, known, &mut changes).await;
            seen.insert(path, known);
        }
        let failed =
            seen.iter().filter_map(|(path, seen)| Some((name(path), seen.refused.clone()?)));
        self.shared.failures.store(Arc::new(failed.collect()));
        changes
    }

    fn is_disabled(&self, path: &Path) -> bool {
        path.file_stem().is_some_and(|stem| self.disabled.iter().any(|name| **name == *stem))
    }

    /// What is loaded goes on serving; why nothing else is loaded is told once.
    fn refuse_directory(&self, reason: String, changes: &mut Changes) {
        let failed = vec![(self.directory.display().to_string(), reason.clone())];
        if **self.shared.failures.load() == failed {
            return;
        }
        tracing::error!(%reason, "cannot use the modules directory");
        self.shared.failures.store(Arc::new(failed));
        let file = name(&self.directory);
        changes.notes.push(Note::Refused { file, reason, serving: None });
    }

    /// Loads a file that is new or has changed; returns what it is from now on.
    async fn load(
        &self,
        path: &Path,
        fingerprint: Fingerprint,
        known: Option<&Seen>,
        changes: &mut Changes,
    ) -> Seen {
        let before = known.and_then(|known| known.module.as_ref());
        let loaded =
            |module| Seen { fingerprint, module: Some(module), refused: None, again: false };
        let error = match self.stage(path, before).await {
            Ok((module, None)) => return loaded(module),
            Ok((module, Some(note))) => {
                self.shared.metrics.reload("loaded");
                changes.catalog_changed = true;
                changes.notes.push(note);
                return loaded(module);
            }
            Err(error) => error,
        };
        let reason = error.to_string();
        let waits = matches!(error, LoadError::Waits(_) | LoadError::Refused);
        let again = waits || matches!(error, LoadError::Clash(_));
        // The file goes on standing for what it was loaded as: so its module goes when it does.
        let catalog = self.shared.catalog.load();
        let serving = before.and_then(|before| catalog.module(before));
        let serving = serving.filter(|module| module.path == path);
        let version = serving.map(|module| module.manifest.module.version.clone());
        let module = serving.map(|module| Arc::clone(&module.name));
        let said = known.and_then(|known| known.refused.as_ref()) == Some(&reason);
        if !(said && known.is_some_and(|known| known.fingerprint == fingerprint)) {
            self.shared.metrics.reload("refused");
            let file = name(path);
            if matches!(error, LoadError::Import(_)) {
                let module = file.strip_suffix(".wasm").unwrap_or(&file);
                self.shared.metrics.denied(module, crate::telemetry::metrics::Refusal::Import);
            }
            tracing::error!(file, reason, serving = version, "a module was not loaded");
            let note = match error {
                LoadError::Waits(asks) => Note::Asks(asks),
                _ => Note::Refused { file, reason: reason.clone(), serving: version },
            };
            // Whoever has refused it knows.
            if !matches!(note, Note::Refused { .. }) || !waits {
                changes.notes.push(note);
            }
        }
        Seen { fingerprint, module, refused: Some(reason), again }
    }

    /// Loads a file and publishes it; says which module it is. No note if it is what is already loaded.
    async fn stage(
        &self,
        path: &Path,
        before: Option<&Arc<str>>,
    ) -> Result<(Arc<str>, Option<Note>), LoadError> {
        let read = path.to_owned();
        let candidate = tokio::task::spawn_blocking(move || Candidate::read(&read))
            .await
            .map_err(|error| LoadError::Read(std::io::Error::other(error)))??;
        let unchanged =
            before.and_then(|before| self.shared.catalog.load().module(before).cloned());
        if let Some(module) = unchanged
            && module.hash == candidate.hash
            && module.path == path
        {
            return Ok((Arc::clone(&module.name), None));
        }
        let module = Arc::new(self.loader.load(candidate).await?);
        let name = Arc::clone(&module.name);
        if self.disabled.iter().any(|disabled| **disabled == *name) {
            return Err(LoadError::Clash(format!("ENABLE_{} is off", name.to_ascii_uppercase())));
        }
        let catalog = self.shared.catalog.load_full();
        let predecessor = catalog.module(&name);
        if let Some(other) = predecessor.filter(|other| other.path != path) {
            let file = other.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(LoadError::Clash(format!(
                "{file} is already the module {name}; remove one of the two"
            )));
        }
        let note = Note::Loaded {
            module: name.to_string(),
            version: module.manifest.module.version.clone(),
            previous: predecessor.map(|module| module.manifest.module.version.clone()),
        };
        let mut next = catalog.with(Arc::clone(&module))?;
        if let Some(renamed) = before.filter(|before| **before != name) {
            next = next.without(renamed);
        }
        self.loader.published(&module);
        self.shared.breaker.resume(&name);
        self.shared.catalog.store(Arc::new(next));
        if let Note::Loaded { version, previous, .. } = &note {
            tracing::info!(module = &*name, version, previous, "module loaded");
        }
        Ok((name, Some(note)))
    }

    fn remove(&self, name: &Arc<str>, path: &Path, changes: &mut Changes) {
        let catalog = self.shared.catalog.load_full();
        if catalog.module(name).is_none_or(|module| module.path != path) {
            return;
        }
        self.shared.catalog.store(Arc::new(catalog.without(name)));
        tracing::info!(module = &**name, "module removed: its file is gone");
        changes.catalog_changed = true;
        changes.notes.push(Note::Removed { module: name.to_string() });
    }
}

/// The candidates of a directory that only trustworthy people can write to.
pub(super) fn files(directory: &Path) -> Result<BTreeMap<PathBuf, Fingerprint>, String> {
    let shown = directory.display();
    let metadata = std::fs::metadata(directory).map_err(|error| format!("{shown}: {error}"))?;
    let owner = metadata.uid();
    if metadata.mode() & 0o002 != 0 || (owner != rustix::process::getuid().as_raw() && owner != 0) {
        return Err(format!(
            "others can write to {shown}, so nothing is loaded from it (chmod go-w, chown)"
        ));
    }
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(directory).map_err(|error| format!("{shown}: {error}"))? {
        let Ok(entry) = entry else { continue };
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        // Of the entry itself: links are not followed, and refused when they are opened.
        let Ok(metadata) = entry.metadata() else { continue };
        let (inode, length, modified) = (metadata.ino(), metadata.len(), metadata.modified().ok());
        files.insert(path, Fingerprint { inode, length, modified });
        if files.len() == FILES {
            tracing::warn!(
                "more than {FILES} files in the modules directory; the rest is not looked at"
            );
            break;
        }
    }
    Ok(files)
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    crate::telemetry::logging::escaped(&name).chars().take(80).collect()
}
