//! What a module keeps: an ordered space of keys that no other module can see.
//!
//! All calls of one event are one transaction. Reads see the event's own writes; the writes become
//! durable together with the replies when the handler succeeds, and not at all otherwise. Events that
//! touch the same keys end as if one had run after the other, because the host runs the later one again
//! if it must: read, change and write without fear of lost updates.
//!
//! Keys are 1 to 256 bytes and ordered by their bytes, so numbers in keys want leading zeros. Values are
//! at most 256 KiB. What belongs to one user goes under keys that start with the user's id.

use crate::host::storage as host;
use crate::{Error, Result};

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The whole key, with the prefix that was asked for.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
}

/// A part of the key space, in an order.
///
/// ```
/// use umbrasil_sdk::storage::Range;
///
/// let latest_ten = Range::prefix("111/entry/").limit(10).reverse();
/// let november = Range::prefix("111/day/").from("111/day/2026-11").before("111/day/2026-12");
/// # let _unused = (latest_ten, november);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Range(crate::host::Range);

/// The value of a key, if there is one.
pub fn get(key: &str) -> Result<Option<Vec<u8>>> {
    Ok(host::get(key)?)
}

/// The value of a key as text, if there is one.
///
/// # Errors
///
/// Fails, as an internal error, if the value isn't UTF-8.
pub fn get_text(key: &str) -> Result<Option<String>> {
    let text = get(key)?.map(String::from_utf8).transpose();
    text.map_err(|_| Error::internal(format!("the value of `{key}` is no text")))
}

/// The values of several keys at once, in the order asked for: one call to the host instead of many.
///
/// ```
/// # use umbrasil_sdk::prelude::*;
/// # fn handler(_: &Call) -> Result<Reply> {
/// let [head, month] = storage::get_many(["111/head", "111/month/2026-11"])?;
/// # assert!(head.is_none() && month.is_none());
/// # Ok(Reply::none())
/// # }
/// # umbrasil_sdk::testing::Host::new(Module::new("M").command("c", "C", handler)).command("/c").unwrap();
/// ```
pub fn get_many<const N: usize>(keys: [impl Into<String>; N]) -> Result<[Option<Vec<u8>>; N]> {
    let keys = keys.map(Into::into);
    let values = host::get_many(&keys)?;
    values.try_into().map_err(|_| Error::internal("the host gave another number of values"))
}

/// The values of as many keys as there are at run time, up to 1,000.
pub fn get_all(keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
    Ok(host::get_many(keys)?)
}

/// Sets the value of a key.
pub fn set(key: &str, value: impl AsRef<[u8]>) -> Result<()> {
    Ok(host::set(key, value.as_ref())?)
}

/// Deletes a key; does nothing if there is no such key.
pub fn delete(key: &str) -> Result<()> {
    Ok(host::delete(key)?)
}

/// The items of a range. The host gives no more than 1,000 and 1 MiB a call: go on from the last key.
pub fn list(range: &Range) -> Result<Vec<Item>> {
    let item = |item: crate::bindings::umbrasil::module::storage::Item| Item {
        key: item.key,
        value: item.value,
    };
    Ok(host::list(&range.0)?.into_iter().map(item).collect())
}

/// Sets the key to `new` (or deletes it, with none) if its value is `expected` (none: if there is no such
/// key); says whether it was.
pub fn compare_and_set(key: &str, expected: Option<&[u8]>, new: Option<&[u8]>) -> Result<bool> {
    Ok(host::compare_and_set(key, expected, new)?)
}

/// Adds to a counter, which starts at 0, and returns the sum.
///
/// # Errors
///
/// Refuses a value that is no counter, and an overflow.
pub fn increment(key: &str, by: i64) -> Result<i64> {
    Ok(host::increment(key, by)?)
}

impl Range {
    /// All keys that start with `prefix`, from the first to the last.
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self(crate::host::Range {
            prefix: prefix.into(),
            start: None,
            end: None,
            limit: 1_000,
            reverse: false,
        })
    }

    /// Only keys at or after this one.
    pub fn from(mut self, key: impl Into<String>) -> Self {
        self.0.start = Some(key.into());
        self
    }

    /// Only keys before this one.
    pub fn before(mut self, key: impl Into<String>) -> Self {
        self.0.end = Some(key.into());
        self
    }

    /// At most this many.
    pub fn limit(mut self, limit: u32) -> Self {
        self.0.limit = limit;
        self
    }

    /// From the last key to the first.
    pub fn reverse(mut self) -> Self {
        self.0.reverse = true;
        self
    }
}
