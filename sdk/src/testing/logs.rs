//! A log in memory: the records that a test sets.

use super::Host;
use super::imports::{counted, running};
use crate::bindings::umbrasil::module::logs::{Entry, Level, Query, Source};
use crate::bindings::umbrasil::module::types::Error;

/// Records that can be had at once.
const ENTRIES: u32 = 200;

/// The log of a [`Host`]; none was not granted.
pub(crate) type Records = Option<Vec<Entry>>;

impl Host {
    /// Sets the records of the log, and grants both sources. Those with a module are what that module has
    /// logged, those without are the host's.
    #[must_use]
    pub fn logs(mut self, entries: impl IntoIterator<Item = Entry>) -> Self {
        self.world.records = Some(entries.into_iter().collect());
        self
    }
}

pub(crate) fn read(query: &Query) -> Result<Vec<Entry>, Error> {
    counted();
    let of_module = query.source == Source::Modules;
    let records = running(|now| now.world.records.clone()).ok_or_else(|| {
        let source = if of_module { "modules" } else { "host" };
        Error::Denied(format!("grant `logs {source}`"))
    })?;
    let filter = query.filter.to_lowercase();
    let matches = |entry: &Entry| {
        entry.module.is_some() == of_module
            && severity(entry.level) >= severity(query.least)
            && query.module.as_ref().is_none_or(|module| entry.module.as_ref() == Some(module))
            && entry.text.to_lowercase().contains(&filter)
            && query.before.is_none_or(|before| entry.number < before)
    };
    let mut found: Vec<Entry> = records.into_iter().filter(matches).collect();
    found.sort_by_key(|entry| std::cmp::Reverse(entry.number));
    found.truncate(query.limit.min(ENTRIES) as usize);
    Ok(found)
}

fn severity(level: Level) -> u8 {
    match level {
        Level::Debug => 0,
        Level::Info => 1,
        Level::Warn => 2,
        Level::Error => 3,
    }
}
