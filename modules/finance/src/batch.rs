//! Many entries of one user at once: an import, or what recurs.
//!
//! Each entry is written by itself, but the head and the sums of a month once, when the batch is closed. An
//! entry counts in the month of its own moment, which may be long ago. A batch does not know whether its
//! event wrote it before: who begins one has something else that tells, and ends it in the same event.

use umbrasil_sdk::{Call, Date, Error, Moment, Month, Result, storage};

use crate::book::{self, Book};
use crate::money::{self, Currency, Money};
use crate::record::{self, Direction, Entry, Head};
use crate::sums::Sums;

/// When it was, where only the day is known; in minutes after midnight.
pub(crate) const NOON: u16 = 720;

/// The entries of a user that are being written.
#[derive(Debug)]
pub(crate) struct Batch {
    user: i64,
    event: String,
    head: Head,
    book: Book,
    months: Vec<(Currency, Month, Sums)>,
    written: bool,
}

/// An entry that is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct New<'a> {
    pub(crate) direction: Direction,
    pub(crate) currency: Currency,
    /// In minor units, more than 0.
    pub(crate) minor: i64,
    pub(crate) at: Moment,
    pub(crate) category: &'a str,
    pub(crate) note: &'a str,
}

impl Batch {
    pub(crate) fn open(user: i64, event: &str) -> Result<Self> {
        let [head, book] = storage::get_many([record::head_key(user), book::key(user)])?;
        Ok(Self {
            user,
            event: record::event_field(event),
            head: Head::read(head.as_deref())?,
            book: Book::read(book.as_deref())?,
            months: Vec::new(),
            written: false,
        })
    }

    /// Budgets and aliases of the user.
    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// Writes an entry, under the name that its category goes by, and gives its number.
    ///
    /// # Errors
    ///
    /// Fails where a sum would not fit, and where the month has no room for another category; the batch is
    /// as it was then.
    pub(crate) fn append(&mut self, new: New<'_>) -> Result<u64> {
        let New { direction, currency, minor, at, category, note } = new;
        let category = self.book.resolve(category).to_owned();
        let month = at.date().month_of_year();
        let effect = direction.effect(minor);
        let balance = money::add(self.head.balance(currency), effect)?;
        let number = self.head.next;
        let next = number.checked_add(1).ok_or_else(|| Error::internal("no number is left"))?;
        let entry = Entry {
            direction,
            currency,
            effect,
            month,
            unix_ms: at.unix_ms,
            offset_seconds: at.offset_seconds,
            previous: self.head.last,
            reverses: 0,
            category,
            note: note.to_owned(),
            event: self.event.clone(),
        };
        let sums = self.sums(currency, month)?;
        sums.count(direction, &entry.category, minor)?;
        sums.last = number;
        if sums.first == 0 {
            sums.first = number;
        }
        self.head.set_balance(currency, balance);
        (self.head.next, self.head.last) = (next, number);
        self.head.remember(&entry.event);
        self.written = true;
        storage::set(&record::entry_key(self.user, number), entry.write())?;
        Ok(number)
    }

    /// Writes what the entries add up to.
    pub(crate) fn close(self) -> Result<()> {
        if !self.written {
            return Ok(());
        }
        for (currency, month, sums) in &self.months {
            storage::set(&record::month_key(self.user, *currency, *month), sums.write())?;
        }
        storage::set(&record::head_key(self.user), self.head.write())
    }

    pub(crate) fn balance(&self, currency: Currency) -> Money {
        Money::new(self.head.balance(currency), currency)
    }

    fn sums(&mut self, currency: Currency, month: Month) -> Result<&mut Sums> {
        let known =
            |(of, in_month, _): &(Currency, Month, Sums)| (*of, *in_month) == (currency, month);
        // The latest is nearly always the one: entries come in the order of their days.
        let at = if let Some(at) = self.months.iter().rposition(known) {
            at
        } else {
            let value = storage::get(&record::month_key(self.user, currency, month))?;
            self.months.push((currency, month, Sums::read(value.as_deref())?));
            self.months.len() - 1
        };
        let found = self.months.get_mut(at).map(|(.., sums)| sums);
        found.ok_or_else(|| Error::internal("a month is gone"))
    }
}

/// The moment of an entry that is told now and is about a day: noon, unless that is today.
pub(crate) fn moment_of(call: &Call, day: Date) -> Moment {
    let now = call.at();
    if day == now.date() { now } else { moment(day, NOON, now.offset_seconds) }
}

/// The moment of a day at so many minutes after midnight, in a time zone that is so far ahead of UTC. What
/// lies before 1970 is 1970.
pub(crate) fn moment(date: Date, minutes: u16, offset_seconds: i32) -> Moment {
    let local = date.to_days() * 86_400 + i64::from(minutes) * 60;
    let seconds = u64::try_from(local - i64::from(offset_seconds)).unwrap_or(0);
    Moment { unix_ms: seconds.saturating_mul(1_000), offset_seconds }
}
