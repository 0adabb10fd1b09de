//! Walks back through the entries, page by page, with an end in sight: an event has 2 s of CPU, and a
//! ledger may have a million entries.

use std::collections::BTreeSet;

use umbrasil_sdk::{Result, storage};

use crate::record::{self, Entry};

/// How many pages of a thousand entries one event looks at.
const PAGES: usize = 20;

/// An entry as it was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) number: u64,
    pub(crate) entry: Entry,
    /// Whether it was reversed.
    pub(crate) undone: bool,
}

/// Where a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing is left.
    All,
    /// The visitor had enough, or the budget of the event is used up: go on before this number.
    Before(u64),
}

/// Visits the entries of a user from the one before `before` down to `from`, newest first, without the
/// reversals, until `visit` says no.
pub(crate) fn back(
    user: i64,
    from: u64,
    before: u64,
    mut visit: impl FnMut(Found) -> bool,
) -> Result<End> {
    let mut before = before;
    // The first page is small: most of the time it is enough.
    let mut limit = 50;
    for _ in 0..PAGES {
        let entries = storage::Range::prefix(format!("{user}/entry/"))
            .from(record::entry_key(user, from))
            .before(record::entry_key(user, before))
            .limit(limit)
            .reverse();
        let items = storage::list(&entries)?;
        let (Some(newest), Some(oldest)) = (items.first(), items.last()) else {
            return Ok(End::All);
        };
        let undone = undone(user, number_of(&oldest.key), number_of(&newest.key))?;
        for item in items {
            let number = number_of(&item.key);
            before = number;
            let entry = Entry::read(Some(&item.value))?;
            let undone = undone.contains(&number);
            if entry.reverses == 0 && !visit(Found { number, entry, undone }) {
                return Ok(if number <= from { End::All } else { End::Before(number) });
            }
        }
        if before <= from {
            return Ok(End::All);
        }
        limit = 1_000;
    }
    Ok(End::Before(before))
}

/// The reversed ones among the entries from `first` to `last`, of which there are at most a thousand.
fn undone(user: i64, first: u64, last: u64) -> Result<BTreeSet<u64>> {
    let markers = storage::Range::prefix(format!("{user}/undone/"))
        .from(record::undone_key(user, first))
        .before(record::undone_key(user, last.saturating_add(1)));
    Ok(storage::list(&markers)?.iter().map(|item| number_of(&item.key)).collect())
}

fn number_of(key: &str) -> u64 {
    key.rsplit('/').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
