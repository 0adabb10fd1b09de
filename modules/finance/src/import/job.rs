//! An import between its preview and its last tap: the rows lie in the storage, in pieces.
//!
//! | key                     | value |
//! |-------------------------|-------|
//! | `111/import/job`        | what is to be done, and how far it is |
//! | `111/import/rows/003`   | up to 1,000 rows |
//! | `111/imported/2026-11`  | the hashes of the rows that were imported for a month, 8 bytes each |
//!
//! A user has one import at a time; a new file takes the place of the one before. A piece is deleted when its
//! rows are booked, in the same event: so no tap books a row twice, and none gets lost between two taps.

use std::collections::{BTreeMap, BTreeSet};

use umbrasil_sdk::{Error, Month, Result, storage};

use super::table::{Row, ToldBy};
use crate::money::Currency;
use crate::record::{self, Direction, Entry};
use umbrasil_sdk::Date;

const VERSION: &str = "1";

/// What a job says in one number, a bit each.
const SWAPPED: usize = 1;
const SIGNS: usize = 2;
const NOTHING: usize = 4;
const OPEN: usize = 8;

/// Rows and bytes of a piece.
const PIECE: usize = 1_000;
const PIECE_BYTES: usize = 200 << 10;

/// Most rows of a month that are recognised: what one value can hold.
const RECOGNISED: usize = 32_000;

/// What is known of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) id: String,
    /// The file's name, for messages.
    pub(super) name: String,
    /// The number that the ledger's next entry had when the file was read.
    pub(super) base: u64,
    /// Whether income and expenses change places.
    pub(super) swapped: bool,
    /// What said which is which before that.
    pub(super) told_by: ToldBy,
    /// Whether it waits for the user to say if days or months come first. Its rows have the day first.
    pub(super) open: bool,
    pub(super) pieces: usize,
    /// The first piece that isn't booked yet.
    pub(super) next: usize,
    pub(super) left: usize,
    pub(super) booked: usize,
    pub(super) skipped: usize,
}

impl Job {
    pub(super) fn open(user: i64) -> Result<Option<Self>> {
        let Some(value) = storage::get(&job_key(user))? else { return Ok(None) };
        Self::parse(&value).map(Some).ok_or_else(|| record::corrupt("import"))
    }

    pub(super) fn keep(&self, user: i64) -> Result<()> {
        let Self { id, name, base, pieces, next, left, booked, skipped, .. } = self;
        let told_by = match self.told_by {
            ToldBy::Words => 0,
            ToldBy::Signs => SIGNS,
            ToldBy::Nothing => NOTHING,
        };
        let flag = |set: bool, bit: usize| if set { bit } else { 0 };
        let flags = flag(self.swapped, SWAPPED) | flag(self.open, OPEN) | told_by;
        let text = format!(
            "{VERSION}\t{id}\t{base}\t{flags}\t{pieces}\t{next}\t{left}\t{booked}\t{skipped}\t{name}"
        );
        storage::set(&job_key(user), text)
    }

    /// Ends the import and deletes what is left of it.
    pub(super) fn forget(&self, user: i64) -> Result<()> {
        for piece in self.next..self.pieces {
            storage::delete(&piece_key(user, piece))?;
        }
        storage::delete(&job_key(user))
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let mut fields = std::str::from_utf8(value).ok()?.split('\t');
        let (version, id) = (fields.next()?, fields.next()?);
        let base = fields.next()?.parse().ok()?;
        let mut number = || fields.next()?.parse::<usize>().ok();
        let flags = number()?;
        let is = |bit: usize| flags & bit != 0;
        let told_by = match (is(SIGNS), is(NOTHING)) {
            (true, _) => ToldBy::Signs,
            (_, true) => ToldBy::Nothing,
            _ => ToldBy::Words,
        };
        let (pieces, next, left, booked, skipped) =
            (number()?, number()?, number()?, number()?, number()?);
        let name = fields.next()?.to_owned();
        (version == VERSION).then(|| Self {
            id: id.to_owned(),
            name,
            base,
            swapped: is(SWAPPED),
            told_by,
            open: is(OPEN),
            pieces,
            next,
            left,
            booked,
            skipped,
        })
    }
}

/// Puts rows away; returns how many pieces they make.
pub(super) fn put(user: i64, rows: &[Row]) -> Result<usize> {
    let (mut pieces, mut piece, mut count) = (0, String::new(), 0);
    for row in rows {
        let line = write(row);
        if count == PIECE || piece.len() + line.len() > PIECE_BYTES {
            storage::set(&piece_key(user, pieces), &piece)?;
            piece.clear();
            (pieces, count) = (pieces + 1, 0);
        }
        piece.push_str(&line);
        count += 1;
    }
    if count > 0 {
        storage::set(&piece_key(user, pieces), &piece)?;
        pieces += 1;
    }
    Ok(pieces)
}

/// Takes a piece out of the storage.
pub(super) fn take(user: i64, piece: usize) -> Result<Vec<Row>> {
    let key = piece_key(user, piece);
    let value = storage::get_text(&key)?.ok_or_else(|| record::corrupt("import"))?;
    storage::delete(&key)?;
    let rows = value.lines().map(read).collect::<Option<Vec<Row>>>();
    rows.ok_or_else(|| record::corrupt("import"))
}

/// What was imported before, and what becomes known while rows are booked.
#[derive(Debug)]
pub(super) struct Known {
    user: i64,
    months: BTreeMap<Month, (BTreeSet<u64>, bool)>,
}

impl Known {
    pub(super) fn new(user: i64) -> Self {
        Self { user, months: BTreeMap::new() }
    }

    /// For each row, whether it is in the ledger already: imported before, or the very entry that it was
    /// exported from. Only entries before number `base` can be that.
    pub(super) fn find(&mut self, rows: &[Row], base: u64) -> Result<Vec<bool>> {
        let mut own: Vec<Option<Vec<u8>>> = Vec::new();
        let numbered: Vec<&Row> =
            rows.iter().filter(|row| row.number > 0 && row.number < base).collect();
        for rows in numbered.chunks(500) {
            let keys: Vec<String> =
                rows.iter().map(|row| record::entry_key(self.user, row.number)).collect();
            own.extend(storage::get_all(&keys)?);
        }
        let mut own = own.into_iter();
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let is_own = row.number > 0
                && row.number < base
                && own.next().flatten().is_some_and(|value| is_same(row, &value));
            found.push(is_own || self.month(row.date.month_of_year())?.0.contains(&row.hash));
        }
        Ok(found)
    }

    pub(super) fn add(&mut self, row: &Row) -> Result<()> {
        let (hashes, changed) = self.month(row.date.month_of_year())?;
        *changed |= hashes.len() < RECOGNISED && hashes.insert(row.hash);
        Ok(())
    }

    /// Writes what became known.
    pub(super) fn close(self) -> Result<()> {
        for (month, (hashes, changed)) in &self.months {
            if *changed {
                let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
                storage::set(&known_key(self.user, *month), bytes)?;
            }
        }
        Ok(())
    }

    fn month(&mut self, month: Month) -> Result<&mut (BTreeSet<u64>, bool)> {
        if !self.months.contains_key(&month) {
            let value = storage::get(&known_key(self.user, month))?.unwrap_or_default();
            let (chunks, _) = value.as_chunks();
            let hashes = chunks.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
            self.months.insert(month, (hashes, false));
        }
        self.months.get_mut(&month).ok_or_else(|| Error::internal("a month is gone"))
    }
}

/// Whether an entry of the ledger says the same as a row.
fn is_same(row: &Row, value: &[u8]) -> bool {
    Entry::read(Some(value)).is_ok_and(|entry| {
        entry.reverses == 0
            && entry.effect == row.direction.effect(row.minor)
            && entry.currency == row.currency
            && entry.written().date() == row.date
            && (entry.category == row.category && entry.note == row.note)
    })
}

fn write(row: &Row) -> String {
    let Row { date, minutes, direction, currency, minor, category, note, number, hash } = row;
    let (days, direction, currency) = (date.to_days(), direction.letter(), currency.code());
    format!(
        "{days}\t{minutes}\t{direction}\t{currency}\t{minor}\t{category}\t{note}\t{number}\t{hash}\n"
    )
}

fn read(line: &str) -> Option<Row> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    Some(Row {
        date: Date::from_days(next()?.parse().ok()?),
        minutes: next()?.parse().ok()?,
        direction: Direction::from_letter(next()?)?,
        currency: Currency::new(next()?)?,
        minor: next()?.parse().ok()?,
        category: next()?.to_owned(),
        note: next()?.to_owned(),
        number: next()?.parse().ok()?,
        hash: next()?.parse().ok()?,
    })
}

pub(super) fn job_key(user: i64) -> String {
    format!("{user}/import/job")
}

fn piece_key(user: i64, piece: usize) -> String {
    format!("{user}/import/rows/{piece:03}")
}

fn known_key(user: i64, month: Month) -> String {
    format!("{user}/imported/{month}")
}
