//! Who was overtaken: the reads of an event against the commits since.
//!
//! An event reads durable values and remembers what it asked for and since when. If a key that it read,
//! or one inside a range that it listed, was written after that, its commit is refused. So what commits
//! has seen the state that it commits on: the events end as if they had run one after the other.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// Keys remembered before the oldest are forgotten, which only makes slow events run again.
const REMEMBERED: usize = 50_000;

/// What an event has read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// The last commit before its first read.
    pub(super) since: Option<u64>,
    pub(super) seen: Vec<Read>,
}

/// One thing that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    Key(String),
    /// All keys from the first to before the second (none: the end of the space).
    Range(String, Option<String>),
}

impl Reads {
    /// Notes a read that saw all commits up to `sequence`.
    pub fn note(&mut self, sequence: u64, read: Read) {
        self.since = Some(self.since.map_or(sequence, |since| since.min(sequence)));
        self.seen.push(read);
    }
}

/// The last writer of each key, as far back as it matters.
#[derive(Debug, Default)]
pub(super) struct Recent {
    modules: BTreeMap<Arc<str>, BTreeMap<String, u64>>,
    len: usize,
    /// What is older than this is not known any more.
    floor: u64,
}

impl Recent {
    pub(super) fn overtaken(&self, module: &str, reads: &Reads) -> bool {
        let Some(since) = reads.since else { return false };
        if since < self.floor {
            return true;
        }
        let Some(keys) = self.modules.get(module) else { return false };
        reads.seen.iter().any(|read| match read {
            Read::Key(key) => keys.get(key).is_some_and(|written| *written > since),
            Read::Range(start, end) => {
                let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
                let range = (Bound::Included(start.as_str()), end);
                is_sound(range) && keys.range::<str, _>(range).any(|(_, written)| *written > since)
            }
        })
    }

    pub(super) fn wrote<'a>(
        &mut self,
        module: &Arc<str>,
        keys: impl Iterator<Item = &'a String>,
        sequence: u64,
    ) {
        if self.len > REMEMBERED {
            self.modules.clear();
            self.len = 0;
            self.floor = sequence;
        }
        let known = self.modules.entry(Arc::clone(module)).or_default();
        for key in keys {
            if let Some(written) = known.get_mut(key) {
                *written = sequence;
            } else {
                known.insert(key.clone(), sequence);
                self.len += 1;
            }
        }
    }
}

/// `BTreeMap::range` panics on a range that ends before it starts; such a range holds nothing.
fn is_sound(range: (Bound<&str>, Bound<&str>)) -> bool {
    match range {
        (Bound::Included(start), Bound::Excluded(end)) => start < end,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(sequence: u64, read: Read) -> Reads {
        let mut reads = Reads::default();
        reads.note(sequence, read);
        reads
    }

    #[test]
    fn only_later_writes_to_what_was_read_overtake() {
        let mut recent = Recent::default();
        let module: Arc<str> = "finance".into();
        recent.wrote(&module, ["b".to_owned()].iter(), 5);
        let key = |key: &str| Read::Key(key.to_owned());
        let range = |start: &str, end: &str| Read::Range(start.to_owned(), Some(end.to_owned()));
        assert!(recent.overtaken("finance", &after(4, key("b"))));
        assert!(!recent.overtaken("finance", &after(5, key("b"))));
        assert!(!recent.overtaken("finance", &after(4, key("a"))));
        assert!(!recent.overtaken("other", &after(4, key("b"))));
        assert!(recent.overtaken("finance", &after(4, range("a", "c"))));
        assert!(recent.overtaken("finance", &after(4, Read::Range("a".to_owned(), None))));
        assert!(!recent.overtaken("finance", &after(4, range("a", "b"))));
        assert!(
            !recent.overtaken("finance", &after(4, range("c", "a"))),
            "an empty range, not a panic"
        );
        assert!(!recent.overtaken("finance", &Reads::default()), "blind writes never conflict");
    }

    #[test]
    fn what_is_forgotten_counts_as_overtaken() {
        let mut recent = Recent::default();
        let module: Arc<str> = "finance".into();
        let keys: Vec<String> = (0..=REMEMBERED).map(|n| n.to_string()).collect();
        recent.wrote(&module, keys.iter(), 7);
        recent.wrote(&module, keys.iter().take(1), 8);
        assert!(recent.overtaken("finance", &after(7, Read::Key("unrelated".to_owned()))));
    }
}
