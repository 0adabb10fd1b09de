//! The ledger of one user: entries are appended, sums go along, nothing is ever edited.
//!
//! Every change writes the entry, the balance and the sums of its month in one event, so they can't come
//! apart, and no question needs to look at all entries. A mistake is answered by a reversal, an entry with
//! the opposite effect that counts in the same month.

use umbrasil_sdk::{Call, Error, Moment, Month, Result, config, storage};

use crate::book::{self, Book};
use crate::budget;
use crate::money::{self, Currency, Money};
use crate::record::{self, Direction, Entry, Head};
use crate::sums::Sums;

/// How many months' sums are read in one call: all that one call may carry, should each be as large as can be.
const SUMS_A_CALL: usize = 30;

/// A user's ledger as it is now.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) currency: Currency,
    user: i64,
    head: Head,
    month: Month,
    sums: Sums,
    book: Book,
}

/// What was written: an entry, or a reversal together with the entry that it reverses.
#[derive(Debug)]
pub(crate) struct Booked {
    pub(crate) number: u64,
    pub(crate) entry: Entry,
    /// The balance after it.
    pub(crate) balance: Money,
    /// What it means for a budget, if it passed one: a line for the user.
    pub(crate) warning: Option<String>,
}

/// What a correction changes of an entry; what is none stays.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) amount: Option<Money>,
    pub(crate) category: Option<String>,
    pub(crate) note: Option<String>,
}

/// How an undo ended.
#[derive(Debug)]
pub(crate) enum Undo {
    /// The entry that was reversed, and the balance after it.
    Done(Booked),
    /// This entry had been reversed before; nothing was changed.
    Already(Booked),
    /// There is nothing that could be reversed.
    Nothing,
}

/// The currency of this deployment.
pub(crate) fn currency() -> Result<Currency> {
    let code = config::get_or("DEFAULT_CURRENCY", "EUR")?;
    Currency::new(&code).ok_or_else(|| {
        Error::unavailable(
            "DEFAULT_CURRENCY must be an ISO 4217 code of three letters, such as EUR.",
        )
    })
}

impl Ledger {
    /// Opens the ledger of the user who calls, with the sums of the month that it is.
    pub(crate) fn open(call: &Call, currency: Currency) -> Result<Self> {
        Self::open_month(call, currency, call.at().date().month_of_year())
    }

    /// Opens the ledger of the user who calls, with the sums of `month`.
    pub(crate) fn open_month(call: &Call, currency: Currency, month: Month) -> Result<Self> {
        let user = call.user().id;
        let keys =
            [record::head_key(user), record::month_key(user, currency, month), book::key(user)];
        let [head, sums, book] = storage::get_many(keys)?;
        let (head, sums) = (Head::read(head.as_deref())?, Sums::read(sums.as_deref())?);
        Ok(Self { currency, user, head, month, sums, book: Book::read(book.as_deref())? })
    }

    /// Budgets and aliases.
    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// The balances of all currencies that there are entries in, the opened one first.
    pub(crate) fn balances(&self) -> Vec<Money> {
        let others = self.head.balances.iter().filter(|(currency, _)| *currency != self.currency);
        let others = others.map(|(currency, minor)| Money::new(*minor, *currency));
        [self.balance()].into_iter().chain(others).collect()
    }

    /// The sums of the opened month in all currencies that there are entries in, the opened one first. Asks
    /// the storage only if there are others.
    pub(crate) fn all_sums(&self) -> Result<Vec<(Currency, Sums)>> {
        let mut all = vec![(self.currency, self.sums.clone())];
        let others: Vec<Currency> =
            self.balances().iter().skip(1).map(|money| money.currency).collect();
        if others.is_empty() {
            return Ok(all);
        }
        let key = |currency: &Currency| record::month_key(self.user, *currency, self.month);
        let values = storage::get_all(&others.iter().map(key).collect::<Vec<_>>())?;
        for (currency, value) in others.into_iter().zip(values) {
            all.push((currency, Sums::read(value.as_deref())?));
        }
        Ok(all)
    }

    pub(crate) fn balance(&self) -> Money {
        Money::new(self.head.balance(self.currency), self.currency)
    }

    /// The month that the ledger was opened with.
    pub(crate) fn month(&self) -> Month {
        self.month
    }

    pub(crate) fn sums(&self) -> &Sums {
        &self.sums
    }

    /// The currencies that there are entries in, and that of the deployment before them.
    pub(crate) fn currencies(&self) -> Vec<Currency> {
        let others = self.head.balances.iter().map(|(currency, _)| *currency);
        std::iter::once(self.currency)
            .chain(others.filter(|&other| other != self.currency))
            .collect()
    }

    /// The first month that there are entries in.
    pub(crate) fn first_month(&self) -> Result<Option<Month>> {
        let mut first: Option<Month> = None;
        for currency in self.currencies() {
            let months = record::months(self.user, currency);
            for item in storage::list(&storage::Range::prefix(months.as_str()).limit(1))? {
                let month = item.key.strip_prefix(&months).and_then(|month| month.parse().ok());
                let month: Month = month.ok_or_else(|| record::corrupt("month"))?;
                first = Some(first.map_or(month, |first| first.min(month)));
            }
        }
        Ok(first)
    }

    /// The number that the next entry will have.
    pub(crate) fn next_number(&self) -> u64 {
        self.head.next
    }

    /// The sums of some months in one currency, in their order. Costs a call to the host for each
    /// [`SUMS_A_CALL`] months, however many entries they have.
    pub(crate) fn sums_of(
        &self,
        currency: Currency,
        months: impl Iterator<Item = Month>,
    ) -> Result<Vec<(Month, Sums)>> {
        let months: Vec<Month> = months.collect();
        if months == [self.month] && currency == self.currency {
            return Ok(vec![(self.month, self.sums.clone())]);
        }
        let mut found = Vec::with_capacity(months.len());
        for months in months.chunks(SUMS_A_CALL) {
            let key = |month: &Month| record::month_key(self.user, currency, *month);
            let keys: Vec<String> = months.iter().map(key).collect();
            for (month, value) in months.iter().zip(storage::get_all(&keys)?) {
                found.push((*month, Sums::read(value.as_deref())?));
            }
        }
        Ok(found)
    }

    /// Appends an entry of `minor` units, which counts now. If this event has done so already, gives that
    /// entry.
    pub(crate) fn append(
        self,
        call: &Call,
        direction: Direction,
        minor: i64,
        category: &str,
        note: &str,
    ) -> Result<Booked> {
        self.append_at(call, call.at(), direction, minor, category, note)
    }

    /// Appends an entry that counts at another moment, in the month of that.
    pub(crate) fn append_at(
        mut self,
        call: &Call,
        at: Moment,
        direction: Direction,
        minor: i64,
        category: &str,
        note: &str,
    ) -> Result<Booked> {
        let event = record::event_field(call.event_id());
        if let Some((number, entry)) = self.find_written_by(&event)? {
            return Ok(self.booked(number, entry));
        }
        self.turn_to(self.currency, at.date().month_of_year())?;
        let category = self.book.resolve(category).to_owned();
        let entry = Entry {
            direction,
            currency: self.currency,
            effect: direction.effect(minor),
            month: self.month,
            unix_ms: at.unix_ms,
            offset_seconds: at.offset_seconds,
            previous: self.head.last,
            reverses: 0,
            category,
            note: note.to_owned(),
            event,
        };
        self.sums.count(direction, &entry.category, minor)?;
        let number = self.write(&entry)?;
        let warning = budget::warning(call, &self, &entry)?;
        Ok(Booked { warning, ..self.booked(number, entry) })
    }

    /// Corrects an entry: a reversal, and a new entry that counts on the day of the old one, in one event.
    /// None if there is no such entry; [`Undo::Already`] if it no longer counts.
    pub(crate) fn correct(
        mut self,
        call: &Call,
        number: u64,
        change: Change,
    ) -> Result<Option<Undo>> {
        let event = record::event_field(call.event_id());
        if let Some((number, entry)) = self.find_written_by(&event)? {
            return Ok(Some(Undo::Done(self.booked(number, entry))));
        }
        let Some((old, undone)) = self.find(number)? else { return Ok(None) };
        if undone || old.reverses != 0 {
            return Ok(Some(Undo::Already(self.booked(number, old))));
        }
        self.turn_to(old.currency, old.month)?;
        self.reverse(call, number, &old, event)?;
        let amount = change.amount.unwrap_or_else(|| old.amount());
        self.turn_to(amount.currency, old.month)?;
        let category = change.category.unwrap_or_else(|| old.category.clone());
        let entry = Entry {
            currency: amount.currency,
            effect: old.direction.effect(amount.minor),
            previous: self.head.last,
            category: self.book.resolve(&category).to_owned(),
            note: change.note.unwrap_or_else(|| old.note.clone()),
            event: record::event_field(call.event_id()),
            ..old
        };
        self.sums.count(entry.direction, &entry.category, amount.minor)?;
        let number = self.write(&entry)?;
        let warning = budget::warning(call, &self, &entry)?;
        Ok(Some(Undo::Done(Booked { warning, ..self.booked(number, entry) })))
    }

    /// An entry and whether it was reversed, if there is one with this number.
    pub(crate) fn find(&self, number: u64) -> Result<Option<(Entry, bool)>> {
        if number == 0 || number >= self.head.next {
            return Ok(None);
        }
        self.entry(number).map(Some)
    }

    /// The entry that took the place of a reversed one, if it was corrected.
    pub(crate) fn corrected_by(&self, number: u64) -> Result<Option<(u64, Entry)>> {
        let Some(reversal) = storage::get_text(&record::undone_key(self.user, number))? else {
            return Ok(None);
        };
        let reversal = reversal.parse().map_err(|_| record::corrupt("undone"))?;
        let Some((next, _)) = self.find(reversal + 1)? else { return Ok(None) };
        let same = self.entry(reversal)?.0.event == next.event;
        Ok(same.then_some((reversal + 1, next)))
    }

    /// Whether this very event has written here before.
    pub(crate) fn is_written_by(&self, call: &Call) -> Result<bool> {
        Ok(self.find_written_by(&record::event_field(call.event_id()))?.is_some())
    }

    /// Reverses an entry: the one with this number, or the latest that hasn't been reversed.
    pub(crate) fn undo(mut self, call: &Call, number: Option<u64>) -> Result<Undo> {
        let event = record::event_field(call.event_id());
        if let Some((_, reversal)) = self.find_written_by(&event)? {
            let (entry, _) = self.entry(reversal.reverses)?;
            return Ok(Undo::Done(self.booked(reversal.reverses, entry)));
        }
        let Some((number, entry)) = (match number {
            None => self.latest()?,
            Some(number) if number == 0 || number >= self.head.next => None,
            Some(number) => {
                let (entry, undone) = self.entry(number)?;
                if undone || entry.reverses != 0 {
                    return Ok(Undo::Already(self.booked(number, entry)));
                }
                Some((number, entry))
            }
        }) else {
            return Ok(Undo::Nothing);
        };

        self.turn_to(entry.currency, entry.month)?;
        self.reverse(call, number, &entry, event)?;
        Ok(Undo::Done(self.booked(number, entry)))
    }

    /// Goes to another month, or to another currency.
    fn turn_to(&mut self, currency: Currency, month: Month) -> Result<()> {
        if (self.currency, self.month) != (currency, month) {
            (self.currency, self.month) = (currency, month);
            let sums = storage::get(&record::month_key(self.user, currency, month))?;
            self.sums = Sums::read(sums.as_deref())?;
        }
        Ok(())
    }

    /// Writes the reversal of an entry of the opened month.
    fn reverse(&mut self, call: &Call, number: u64, entry: &Entry, event: String) -> Result<()> {
        if self.head.last == number {
            self.head.last = entry.previous;
        }
        let effect = entry.effect.checked_neg();
        let reversal = Entry {
            effect: effect.ok_or_else(|| Error::internal("an entry of i64::MIN"))?,
            unix_ms: call.at().unix_ms,
            offset_seconds: call.at().offset_seconds,
            previous: self.head.last,
            reverses: number,
            event,
            ..entry.clone()
        };
        self.sums.discount(entry)?;
        let reversed_by = self.write(&reversal)?;
        storage::set(&record::undone_key(self.user, number), reversed_by.to_string())
    }

    /// The latest entries of the opened month that count, newest first.
    pub(crate) fn latest_entries(&self, most: usize) -> Result<Vec<Entry>> {
        if self.sums.last == 0 {
            return Ok(Vec::new());
        }
        // Some of them will be reversals, or reversed: look at a few more, but never at all.
        let range = storage::Range::prefix(format!("{}/entry/", self.user))
            .from(record::entry_key(self.user, self.sums.first))
            .before(record::entry_key(self.user, self.sums.last.saturating_add(1)))
            .limit(40)
            .reverse();
        let mut entries = Vec::new();
        let mut markers = Vec::new();
        for item in storage::list(&range)? {
            let entry = Entry::read(Some(&item.value))?;
            if entry.reverses == 0 && entry.month == self.month && entry.currency == self.currency {
                entries.push(entry);
                markers.push(item.key.replacen("/entry/", "/undone/", 1));
            }
        }
        let undone = storage::get_all(&markers)?;
        let counting = entries.into_iter().zip(undone).filter(|(_, undone)| undone.is_none());
        Ok(counting.map(|(entry, _)| entry).take(most).collect())
    }

    /// Writes an entry, with the balance and the sums that follow from it. Gives its number.
    fn write(&mut self, entry: &Entry) -> Result<u64> {
        let number = self.head.next;
        let balance = money::add(self.head.balance(entry.currency), entry.effect)?;
        self.head.set_balance(entry.currency, balance);
        self.head.next =
            number.checked_add(1).ok_or_else(|| Error::internal("no number is left"))?;
        self.head.remember(&entry.event);
        if entry.reverses == 0 {
            self.head.last = number;
            // A clock that goes back may lead to an earlier month again.
            self.sums.last = number;
            if self.sums.first == 0 {
                self.sums.first = number;
            }
        }
        storage::set(&record::entry_key(self.user, number), entry.write())?;
        storage::set(&record::month_key(self.user, self.currency, self.month), self.sums.write())?;
        storage::set(&record::head_key(self.user), self.head.write())?;
        Ok(number)
    }

    /// The entry that this event wrote before. The head knows without a look at the storage that there is
    /// none, except once in 100 million times.
    fn find_written_by(&self, event: &str) -> Result<Option<(u64, Entry)>> {
        for number in self.head.written_by(event) {
            let (entry, _) = self.entry(number)?;
            if entry.event == event {
                return Ok(Some((number, entry)));
            }
        }
        Ok(None)
    }

    /// The latest entry that hasn't been reversed. Buttons may have reversed some on the way; as `last`
    /// moves behind them, none is looked at twice.
    fn latest(&mut self) -> Result<Option<(u64, Entry)>> {
        while self.head.last != 0 {
            let number = self.head.last;
            let (entry, undone) = self.entry(number)?;
            if !undone {
                return Ok(Some((number, entry)));
            }
            if entry.previous >= number {
                return Err(Error::internal(format!("entry {number} links forward")));
            }
            self.head.last = entry.previous;
        }
        Ok(None)
    }

    /// An entry, and whether it was reversed.
    fn entry(&self, number: u64) -> Result<(Entry, bool)> {
        let keys = [record::entry_key(self.user, number), record::undone_key(self.user, number)];
        let [entry, undone] = storage::get_many(keys)?;
        Ok((Entry::read(entry.as_deref())?, undone.is_some()))
    }

    fn booked(&self, number: u64, entry: Entry) -> Booked {
        let balance = Money::new(self.head.balance(entry.currency), entry.currency);
        Booked { number, entry, balance, warning: None }
    }
}

impl Entry {
    /// The amount without its direction.
    pub(crate) fn amount(&self) -> Money {
        Money::new(self.effect.saturating_abs(), self.currency)
    }

    /// The moment that the entry counts at: when it was written, unless it said another day.
    pub(crate) fn written(&self) -> Moment {
        Moment { unix_ms: self.unix_ms, offset_seconds: self.offset_seconds }
    }
}

#[cfg(test)]
mod tests;
