//! The values that were read or written last: most of what events ask for, without a trip to the file.
//!
//! What is in here is always what the file holds as of `sequence`. The writer brings its changes in together
//! with the number of their commit, under the lock that readers take; what a reader brings from the file is
//! kept only if nothing was committed since it looked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Writes;

/// Bytes of keys and values, after which everything is forgotten.
const BYTES: usize = 8 << 20;
/// A larger value is not worth its room.
const VALUE: usize = 16 << 10;
/// What an entry costs beside its key and value, roughly.
const ENTRY: usize = 100;

#[derive(Default)]
pub(super) struct Cache(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    /// The number of the last durable commit.
    sequence: u64,
    modules: HashMap<Arc<str>, HashMap<String, Option<Vec<u8>>>>,
    bytes: usize,
}

impl Cache {
    /// The number of the last durable commit.
    pub(super) fn sequence(&self) -> u64 {
        self.lock().sequence
    }

    /// The values of all `keys` as of the last commit, if all are known.
    pub(super) fn values(
        &self,
        module: &str,
        keys: &[String],
    ) -> Option<(u64, Vec<Option<Vec<u8>>>)> {
        let entries = self.lock();
        let known = entries.modules.get(module)?;
        let values = keys.iter().map(|key| known.get(key).cloned()).collect::<Option<_>>()?;
        Some((entries.sequence, values))
    }

    /// Keeps what the file held as of `sequence`.
    pub(super) fn fill(
        &self,
        module: &str,
        sequence: u64,
        keys: Vec<String>,
        values: &[Option<Vec<u8>>],
    ) {
        let mut entries = self.lock();
        if entries.sequence != sequence {
            return;
        }
        let module = Arc::from(module);
        for (key, value) in keys.into_iter().zip(values) {
            entries.put(&module, key, value.clone());
        }
    }

    /// Brings in what the commit with this number has changed.
    pub(super) fn publish<'a>(&self, sequence: u64, changes: impl Iterator<Item = &'a Writes>) {
        let mut entries = self.lock();
        entries.sequence = sequence;
        for Writes { module, values, .. } in changes {
            for (key, value) in values {
                entries.put(module, key.clone(), value.clone());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn put(&mut self, module: &Arc<str>, key: String, value: Option<Vec<u8>>) {
        let size = |key: &str, value: &Option<Vec<u8>>| {
            ENTRY + key.len() + value.as_ref().map_or(0, Vec::len)
        };
        if self.bytes > BYTES {
            self.modules.clear();
            self.bytes = 0;
        }
        let known = self.modules.entry(Arc::clone(module)).or_default();
        if let Some((key, old)) = known.remove_entry(&key) {
            self.bytes = self.bytes.saturating_sub(size(&key, &old));
        }
        if value.as_ref().is_none_or(|value| value.len() <= VALUE) {
            self.bytes += size(&key, &value);
            known.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::database::{Quota, Reads};

    fn writes(key: &str, value: Option<&[u8]>) -> Writes {
        let values = BTreeMap::from([(key.to_owned(), value.map(<[u8]>::to_vec))]);
        Writes {
            module: "m".into(),
            reads: Reads::default(),
            values,
            quota: Quota { keys: 0, bytes: 0 },
        }
    }

    fn get(cache: &Cache, key: &str) -> Option<(u64, Option<Vec<u8>>)> {
        let (sequence, values) = cache.values("m", &[key.to_owned()])?;
        Some((sequence, values.into_iter().next()?))
    }

    #[test]
    fn what_is_written_is_known_with_its_commit() {
        let cache = Cache::default();
        cache.publish(5, [writes("k", Some(b"v"))].iter());
        assert_eq!(get(&cache, "k"), Some((5, Some(b"v".to_vec()))));
        cache.publish(6, [writes("k", None)].iter());
        assert_eq!(get(&cache, "k"), Some((6, None)), "known to be gone");
        assert_eq!(get(&cache, "other"), None, "not known at all");
        assert!(cache.values("m", &["k".to_owned(), "other".to_owned()]).is_none());
    }

    #[test]
    fn what_was_read_before_a_commit_is_not_kept_after_it() {
        let cache = Cache::default();
        let looked = cache.sequence();
        cache.publish(1, [writes("k", Some(b"new"))].iter());
        cache.fill("m", looked, vec!["k".to_owned()], &[Some(b"old".to_vec())]);
        assert_eq!(get(&cache, "k"), Some((1, Some(b"new".to_vec()))));
        cache.fill("m", 1, vec!["j".to_owned()], &[Some(b"read".to_vec())]);
        assert_eq!(get(&cache, "j"), Some((1, Some(b"read".to_vec()))));
    }

    #[test]
    fn room_is_bounded() {
        let cache = Cache::default();
        cache.publish(1, [writes("large", Some(&vec![0; VALUE + 1]))].iter());
        assert_eq!(get(&cache, "large"), None);
        for n in 0..2 * BYTES / VALUE {
            cache.publish(2, [writes(&n.to_string(), Some(&vec![0; VALUE]))].iter());
            assert!(cache.lock().bytes <= BYTES + VALUE + 2 * ENTRY);
        }
    }
}
