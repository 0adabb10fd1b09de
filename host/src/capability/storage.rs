//! `umbrasil:module/storage`: the module's keys, as one transaction per event.
//!
//! Writes stay in the overlay until the host commits them; reads look there first and remember what they
//! took from the database, so that the commit can tell whether it was overtaken.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::storage as wit;
use crate::database::{
    CommitError, Database, Quota, RANGE_BYTES, RANGE_ITEMS, Range, Read, Reads, Writes,
};

const KEY: usize = 256;
const VALUE: usize = 256 << 10;
/// What one event may write: it is held in memory until the commit.
const EVENT_WRITES: usize = 8 << 20;

/// What one event has read and written so far.
#[derive(Clone)]
pub(crate) struct Transaction {
    database: Database,
    module: Arc<str>,
    quota: Quota,
    reads: Reads,
    values: BTreeMap<String, Option<Vec<u8>>>,
    written: usize,
}

impl Transaction {
    pub(crate) fn new(database: Database, module: Arc<str>, quota: Quota) -> Self {
        Self {
            database,
            module,
            quota,
            reads: Reads::default(),
            values: BTreeMap::new(),
            written: 0,
        }
    }

    /// What is left to commit; none if nothing was written. What only was read needs no judge.
    pub(crate) fn into_writes(self) -> Option<Writes> {
        let Self { module, reads, values, quota, .. } = self;
        (!values.is_empty()).then_some(Writes { module, reads, values, quota })
    }

    async fn get(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        if let Some(value) = self.values.get(key) {
            return Ok(value.clone());
        }
        let (sequence, values) =
            self.database.values(&self.module, vec![key.to_owned()]).await.map_err(unavailable)?;
        self.reads.note(sequence, Read::Key(key.to_owned()));
        Ok(values.into_iter().next().flatten())
    }

    async fn get_many(&mut self, keys: Vec<String>) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let missing: Vec<String> =
            keys.iter().filter(|key| !self.values.contains_key(*key)).cloned().collect();
        let (sequence, found) =
            self.database.values(&self.module, missing.clone()).await.map_err(unavailable)?;
        for key in &missing {
            self.reads.note(sequence, Read::Key(key.clone()));
        }
        let mut found = found.into_iter();
        let value = |key: &String| match self.values.get(key) {
            Some(value) => value.clone(),
            None => found.next().flatten(),
        };
        Ok(keys.iter().map(value).collect())
    }

    fn put(&mut self, key: String, value: Option<Vec<u8>>) -> Result<(), Error> {
        let size = key.len() + value.as_ref().map_or(0, Vec::len);
        self.written = self.written.saturating_add(size);
        if self.written > EVENT_WRITES {
            return Err(Error::TooLarge(EVENT_WRITES as u64));
        }
        self.values.insert(key, value);
        Ok(())
    }

    async fn list(&mut self, range: Range) -> Result<Vec<wit::Item>, Error> {
        // The event's own writes may hide or add items: ask for enough to fill the page all the same.
        let touched = |range: &Range| {
            let end = range.end.as_deref();
            self.values
                .range(range.start.clone()..)
                .take_while(move |(key, _)| end.is_none_or(|end| key.as_str() < end))
                .count()
        };
        let own = touched(&range);
        let asked =
            Range { limit: range.limit.saturating_add(own).min(RANGE_ITEMS), ..range.clone() };
        let (sequence, stored) =
            self.database.items(&self.module, asked.clone()).await.map_err(unavailable)?;
        self.reads.note(sequence, Read::Range(range.start.clone(), range.end.clone()));
        // Beyond the last stored item of a cut page nothing is known, so own writes there must wait for the next page.
        let cut = (stored.len() >= asked.limit
            || page_bytes(&stored) > RANGE_BYTES - (VALUE + KEY))
            .then(|| stored.last().map(|(key, _)| key.clone()))
            .flatten();
        let mut merged: BTreeMap<String, Vec<u8>> = stored.into_iter().collect();
        for (key, value) in self.values.range(range.start.clone()..) {
            if range.end.as_deref().is_some_and(|end| key.as_str() >= end) {
                break;
            }
            let beyond =
                cut.as_ref().is_some_and(|cut| if range.reverse { key < cut } else { key > cut });
            match value {
                Some(value) if !beyond => drop(merged.insert(key.clone(), value.clone())),
                Some(_) => {}
                None => drop(merged.remove(key)),
            }
        }
        let item = |(key, value)| wit::Item { key, value };
        Ok(if range.reverse {
            merged.into_iter().rev().take(range.limit).map(item).collect()
        } else {
            merged.into_iter().take(range.limit).map(item).collect()
        })
    }
}

impl Scoped<'_, Transaction> {
    /// Whether the event may write at all.
    fn may_write(&self) -> Result<(), Error> {
        if self.guard.read_only {
            let text = "this command says that it changes nothing, and is held to that when another module calls it";
            return Err(Error::Denied(text.to_owned()));
        }
        Ok(())
    }
}

impl wit::Host for Scoped<'_, Transaction> {
    async fn get(&mut self, key: String) -> Result<Option<Vec<u8>>, Error> {
        self.meter.call()?;
        self.own.get(&checked(key)?).await
    }

    async fn get_many(&mut self, keys: Vec<String>) -> Result<Vec<Option<Vec<u8>>>, Error> {
        self.meter.call()?;
        if keys.len() > RANGE_ITEMS {
            return Err(Error::TooLarge(RANGE_ITEMS as u64));
        }
        let keys = keys.into_iter().map(checked).collect::<Result<Vec<_>, _>>()?;
        self.own.get_many(keys).await
    }

    async fn set(&mut self, key: String, value: Vec<u8>) -> Result<(), Error> {
        self.meter.call()?;
        self.may_write()?;
        let key = checked(key)?;
        if value.len() > VALUE {
            return Err(Error::TooLarge(VALUE as u64));
        }
        self.own.put(key, Some(value))
    }

    async fn delete(&mut self, key: String) -> Result<(), Error> {
        self.meter.call()?;
        self.may_write()?;
        self.own.put(checked(key)?, None)
    }

    async fn list(&mut self, range: wit::Range) -> Result<Vec<wit::Item>, Error> {
        self.meter.call()?;
        let limit = usize::try_from(range.limit).unwrap_or(RANGE_ITEMS).min(RANGE_ITEMS);
        let start = range
            .start
            .filter(|start| *start > range.prefix)
            .unwrap_or_else(|| range.prefix.clone());
        let end = [range.end, after_prefix(&range.prefix)].into_iter().flatten().min();
        if limit == 0 || end.as_ref().is_some_and(|end| *end <= start) {
            return Ok(Vec::new());
        }
        self.own.list(Range { start, end, limit, reverse: range.reverse }).await
    }

    async fn compare_and_set(
        &mut self,
        key: String,
        expected: Option<Vec<u8>>,
        new: Option<Vec<u8>>,
    ) -> Result<bool, Error> {
        self.meter.call()?;
        self.may_write()?;
        let key = checked(key)?;
        if new.as_ref().is_some_and(|new| new.len() > VALUE) {
            return Err(Error::TooLarge(VALUE as u64));
        }
        if self.own.get(&key).await? != expected {
            return Ok(false);
        }
        self.own.put(key, new)?;
        Ok(true)
    }

    async fn increment(&mut self, key: String, by: i64) -> Result<i64, Error> {
        self.meter.call()?;
        self.may_write()?;
        let key = checked(key)?;
        let before = match self.own.get(&key).await? {
            None => 0,
            Some(value) => {
                let number =
                    std::str::from_utf8(&value).ok().and_then(|text| text.parse::<i64>().ok());
                number.ok_or_else(|| {
                    Error::Invalid(format!("`{}` holds no counter", key.escape_debug()))
                })?
            }
        };
        let sum = before
            .checked_add(by)
            .ok_or_else(|| Error::Invalid("the counter would overflow".to_owned()))?;
        self.own.put(key, Some(sum.to_string().into_bytes()))?;
        Ok(sum)
    }
}

fn checked(key: String) -> Result<String, Error> {
    if key.is_empty() || key.len() > KEY {
        return Err(Error::Invalid(format!("a key is 1 to {KEY} bytes long, not {}", key.len())));
    }
    Ok(key)
}

/// The first text that is greater than all that start with `prefix`; none if there is no such text.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        // The numbers of the surrogates are no characters: the next one is behind them.
        let next =
            if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

fn page_bytes(items: &[(String, Vec<u8>)]) -> usize {
    items.iter().map(|(key, value)| key.len() + value.len()).sum()
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn unavailable(error: CommitError) -> Error {
    tracing::error!(%error, "cannot read a module's storage");
    Error::Unavailable("the storage cannot be read".to_owned())
}

#[cfg(test)]
mod tests {
    use super::after_prefix;

    #[test]
    fn a_prefix_ends_before_its_successor() {
        assert_eq!(after_prefix("u/1"), Some("u/2".to_owned()));
        assert_eq!(after_prefix(""), None);
        assert_eq!(after_prefix("a\u{10ffff}"), Some("b".to_owned()));
        assert_eq!(after_prefix("\u{d7ff}"), Some("\u{e000}".to_owned()));
        assert!("u/1\u{10ffff}" < after_prefix("u/1").unwrap().as_str());
    }
}
