//! What the host in memory keeps, and what one event has changed so far.

use std::collections::BTreeMap;

use super::docker::Daemon;
use super::logs::Records;
use super::reading::Reading;
use super::system::Machine;
use crate::bindings::umbrasil::module::log::Level;

/// What lasts from event to event.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) kept: BTreeMap<String, Vec<u8>>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) others: super::modules::Others,
    pub(crate) reading: Reading,
    pub(crate) servers: super::ssh::Servers,
    pub(crate) templates: super::ssh::Templates,
    pub(crate) web: super::web::Web,
    pub(crate) docker: Daemon,
    pub(crate) machine: Machine,
    pub(crate) records: Records,
    /// When the event that runs is handled, in milliseconds since 1970, and how long after it happened.
    pub(crate) clock_ms: u64,
    pub(crate) late_ms: u64,
    /// Whether the event that runs may not write.
    pub(crate) read_only: bool,
}

/// The transaction and the effects of the event that runs.
#[derive(Debug, Default)]
pub(crate) struct Running {
    pub(crate) world: World,
    /// What the event wrote; none is a deletion.
    pub(crate) writes: BTreeMap<String, Option<Vec<u8>>>,
    pub(crate) effects: Effects,
    pub(crate) ssh_calls: u32,
}

/// What an event did besides its replies and its writes.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) toasts: Vec<String>,
    pub(crate) expected: Option<(String, Vec<String>)>,
    pub(crate) photos: Vec<(Vec<u8>, String)>,
    pub(crate) documents: Vec<(String, Vec<u8>, String)>,
    pub(crate) typing: u32,
    pub(crate) progress: Vec<String>,
    pub(crate) calls: u32,
    pub(crate) logs: Vec<(Level, String)>,
}

impl Running {
    /// The value of a key as the event sees it.
    pub(crate) fn value(&self, key: &str) -> Option<&Vec<u8>> {
        match self.writes.get(key) {
            Some(written) => written.as_ref(),
            None => self.world.kept.get(key),
        }
    }

    /// Ends the event: its writes are kept, or forgotten.
    pub(crate) fn finish(mut self, keep: bool) -> (World, Effects) {
        if !keep {
            return (self.world, Effects::default());
        }
        for (key, value) in self.writes {
            match value {
                Some(value) => self.world.kept.insert(key, value),
                None => self.world.kept.remove(&key),
            };
        }
        (self.world, self.effects)
    }
}

impl Effects {
    pub(crate) fn captions(&self) -> impl Iterator<Item = &String> {
        let photos = self.photos.iter().map(|(_, caption)| caption);
        photos.chain(self.documents.iter().map(|(_, _, caption)| caption))
    }
}
