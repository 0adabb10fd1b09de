//! How the ledger lies in the storage.
//!
//! Four kinds of records, all below the user's id, so that two users can't meet:
//!
//! | key                         | value |
//! |-----------------------------|-------|
//! | `111/head`                  | next number, last entry that can be undone, balances, latest events |
//! | `111/entry/0000000042`      | one entry, never changed |
//! | `111/undone/0000000042`     | the number of the reversal of that entry |
//! | `111/month/EUR/2026-11`     | the sums of a month by direction and category |
//!
//! An expense reads head and month in one call and writes head, month and entry: its cost doesn't grow
//! with the ledger. Values are text with tabs (no field can contain one) and begin with the version of
//! their form, so that a later version can tell, and people can read them.

use umbrasil_sdk::{Error, ErrorKind, Month, Result};

use crate::money::Currency;

/// The form that is written, and the only one there is yet.
pub(crate) const VERSION: &str = "1";

/// How many of the latest events the head remembers.
const REMEMBERED: usize = 32;

/// How many digits a short hash has.
const HASH: usize = 8;

/// Which way the money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Expense,
    Income,
}

/// What is known about a user's ledger without looking at its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The number of the next entry. The first is 1, so 0 is "none".
    pub(crate) next: u64,
    /// The newest entry that may not have been reversed; entries link back from it.
    pub(crate) last: u64,
    pub(crate) balances: Vec<(Currency, i64)>,
    /// Short hashes of the events of the latest entries, eight digits each, the newest last.
    pub(crate) events: String,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) direction: Direction,
    pub(crate) currency: Currency,
    /// What the entry adds to the balance: an expense is negative, its reversal positive.
    pub(crate) effect: i64,
    /// The month that the entry counts in. A reversal counts in that of what it reverses.
    pub(crate) month: Month,
    pub(crate) unix_ms: u64,
    pub(crate) offset_seconds: i32,
    /// The entry that [`Head::last`] was before this one.
    pub(crate) previous: u64,
    /// The entry that this one reverses, or 0.
    pub(crate) reverses: u64,
    pub(crate) category: String,
    pub(crate) note: String,
    /// The id of the event that wrote the entry.
    pub(crate) event: String,
}

pub(crate) fn head_key(user: i64) -> String {
    format!("{user}/head")
}

pub(crate) fn entry_key(user: i64, number: u64) -> String {
    format!("{user}/entry/{number:010}")
}

pub(crate) fn undone_key(user: i64, number: u64) -> String {
    format!("{user}/undone/{number:010}")
}

pub(crate) fn month_key(user: i64, currency: Currency, month: Month) -> String {
    format!("{}{month}", months(user, currency))
}

/// What the keys of all months of a currency begin with.
pub(crate) fn months(user: i64, currency: Currency) -> String {
    format!("{user}/month/{}/", currency.code())
}

impl Direction {
    /// One letter, for records and buttons.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::Expense => "e",
            Self::Income => "i",
        }
    }

    pub(crate) fn from_letter(letter: &str) -> Option<Self> {
        match letter {
            "e" => Some(Self::Expense),
            "i" => Some(Self::Income),
            _ => None,
        }
    }

    /// What an amount of this direction adds to the balance.
    pub(crate) fn effect(self, minor: i64) -> i64 {
        match self {
            Self::Expense => minor.saturating_neg(),
            Self::Income => minor,
        }
    }
}

impl Head {
    pub(crate) fn read(value: Option<&[u8]>) -> Result<Self> {
        let empty = Self { next: 1, last: 0, balances: Vec::new(), events: String::new() };
        let Some(value) = value else { return Ok(empty) };
        Self::parse(value).ok_or_else(|| corrupt("head"))
    }

    pub(crate) fn write(&self) -> String {
        let mut text = format!("{VERSION}\t{}\t{}\t", self.next, self.last);
        for (index, (currency, minor)) in self.balances.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            text.extend([comma, currency.code(), ":", &minor.to_string()]);
        }
        text.extend(["\t", &self.events]);
        text
    }

    pub(crate) fn balance(&self, currency: Currency) -> i64 {
        let found = self.balances.iter().find(|(known, _)| *known == currency);
        found.map_or(0, |(_, minor)| *minor)
    }

    pub(crate) fn set_balance(&mut self, currency: Currency, minor: i64) {
        match self.balances.iter_mut().find(|(known, _)| *known == currency) {
            Some(balance) => balance.1 = minor,
            None => self.balances.push((currency, minor)),
        }
    }

    /// The entries that may have been written by this event: usually none.
    pub(crate) fn written_by(&self, event: &str) -> impl Iterator<Item = u64> {
        let hash = short_hash(event);
        let newest = self.next.saturating_sub(1);
        let known = self.events.as_bytes().rchunks(HASH).zip(0_u64..);
        let hits = known.filter(move |(known, _)| *known == hash.as_bytes());
        hits.map(move |(_, age)| newest.saturating_sub(age))
    }

    pub(crate) fn remember(&mut self, event: &str) {
        let surplus = (self.events.len() + HASH).saturating_sub(REMEMBERED * HASH);
        self.events.drain(..surplus);
        self.events.push_str(&short_hash(event));
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let [next, last, balances, events] = fields(value)?;
        let balance = |text: &str| {
            let (code, minor) = text.split_once(':')?;
            Some((Currency::new(code)?, minor.parse().ok()?))
        };
        let whole = events.len() % HASH == 0 && events.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(Self {
            next: next.parse().ok().filter(|&next| next > 0)?,
            last: last.parse().ok()?,
            balances: list(balances).map(balance).collect::<Option<_>>()?,
            events: whole.then(|| events.to_owned())?,
        })
    }
}

impl Entry {
    pub(crate) fn read(value: Option<&[u8]>) -> Result<Self> {
        value.and_then(Self::parse).ok_or_else(|| corrupt("entry"))
    }

    pub(crate) fn write(&self) -> String {
        let Self { effect, month, unix_ms, offset_seconds, previous, reverses, .. } = self;
        let Self { category, note, event, .. } = self;
        let (direction, currency) = (self.direction.letter(), self.currency.code());
        format!(
            "{VERSION}	{direction}	{currency}	{effect}	{month}	{unix_ms}	{offset_seconds}	\
             {previous}	{reverses}	{category}	{note}	{event}"
        )
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let [direction, currency, effect, month, unix_ms, offset, previous, reverses, rest @ ..] =
            fields::<11>(value)?;
        let [category, note, event] = rest.map(str::to_owned);
        Some(Self {
            direction: Direction::from_letter(direction)?,
            currency: Currency::new(currency)?,
            effect: effect.parse().ok()?,
            month: month.parse().ok()?,
            unix_ms: unix_ms.parse().ok()?,
            offset_seconds: offset.parse().ok()?,
            previous: previous.parse().ok()?,
            reverses: reverses.parse().ok()?,
            category,
            note,
            event,
        })
    }
}

/// Whether a write was done. Another module that may only read, as the AI does, is refused it; what is
/// convenient to keep, but not needed, is left out then.
pub(crate) fn kept(written: Result<()>) -> Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Unavailable => Ok(false),
        Err(error) => Err(error),
    }
}

/// An id of an event as a record can hold it.
pub(crate) fn event_field(id: &str) -> String {
    id.chars().map(|c| if c.is_control() { '?' } else { c }).take(200).collect()
}

/// FNV-1a in eight digits: small, and good enough to find what is then compared in full.
pub(crate) fn short_hash(text: &str) -> String {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    format!("{:08x}", text.bytes().fold(0x811c_9dc5, step))
}

fn fields<const N: usize>(value: &[u8]) -> Option<[&str; N]> {
    let text = std::str::from_utf8(value).ok()?.strip_prefix(VERSION)?.strip_prefix('\t')?;
    let mut fields = text.split('\t');
    let mut found = [""; N];
    for field in &mut found {
        *field = fields.next()?;
    }
    fields.next().is_none().then_some(found)
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|item| !item.is_empty())
}

/// The error of a record that another version, or nobody, has written.
pub(crate) fn corrupt(what: &str) -> Error {
    Error::internal(format!("the {what} record in the storage can't be read"))
}
