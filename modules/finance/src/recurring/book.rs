//! What recurs, as it lies in the storage, and what is booked when it is due.
//!
//! | key                        | value |
//! |----------------------------|-------|
//! | `111/recurring/0003`       | what is booked, how often, and the next day |
//! | `due/2026-12-01/111/0003`  | nothing: an index by days over all users |
//! | `111/recurring-last`       | the highest number that there was: none is given twice |
//! | `111/recurring-news`       | what was booked while the user wasn't told, a line each |
//!
//! A tick reads the index up to today and nothing else, so its cost doesn't grow with users or ledgers. An
//! entry is booked, its next day set and the index moved in one event: so each day is booked once, whenever
//! the tick comes and however often it is repeated.

use umbrasil_sdk::{Date, Error, ErrorKind, Result, storage};

use super::every::Every;
use crate::batch::{self, Batch, New};
use crate::money::{Currency, Money};
use crate::receipt::guess;
use crate::record::{self, Direction};

const VERSION: &str = "1";

/// Most entries that one tick books; the next tick goes on.
const AT_ONCE: usize = 400;

/// Most bytes of news that are kept for somebody.
const NEWS: usize = 3_000;

/// Something that recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recurring {
    pub(super) number: u32,
    pub(super) every: Every,
    /// The day on which it is booked next.
    pub(super) next: Date,
    pub(super) direction: Direction,
    pub(super) currency: Currency,
    /// In minor units, more than 0.
    pub(super) minor: i64,
    pub(super) category: String,
    pub(super) note: String,
}

/// What was booked for a user.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) user: i64,
    pub(super) lines: Vec<String>,
}

impl Recurring {
    /// All of a user, in the order of their numbers.
    pub(super) fn all(user: i64) -> Result<Vec<Self>> {
        let items = storage::list(&storage::Range::prefix(format!("{user}/recurring/")))?;
        items.iter().map(|item| Self::read(&item.key, &item.value)).collect()
    }

    /// A number that no other of the user has or had: a button of one that was stopped stops no other.
    pub(super) fn new_number(user: i64, known: &[Self]) -> Result<u32> {
        let last =
            storage::get_text(&last_key(user))?.and_then(|last| last.parse().ok()).unwrap_or(0);
        let living = known.iter().map(|one| one.number).max().unwrap_or(0);
        let number = living.max(last).saturating_add(1);
        storage::set(&last_key(user), number.to_string())?;
        Ok(number)
    }

    pub(super) fn get(user: i64, number: u32) -> Result<Option<Self>> {
        let key = key(user, number);
        storage::get(&key)?.map(|value| Self::read(&key, &value)).transpose()
    }

    /// Writes it, and puts it on the day on which it is due.
    pub(super) fn keep(&self, user: i64) -> Result<()> {
        let Self { number, every, next, direction, currency, minor, category, note } = self;
        let (every, days, direction) = (every.code(), next.to_days(), direction.letter());
        let currency = currency.code();
        let text = format!(
            "{VERSION}\t{every}\t{days}\t{direction}\t{currency}\t{minor}\t{category}\t{note}"
        );
        storage::set(&key(user, *number), text)?;
        storage::set(&due_key(*next, user, *number), "")
    }

    pub(super) fn forget(&self, user: i64) -> Result<()> {
        storage::delete(&key(user, self.number))?;
        storage::delete(&due_key(self.next, user, self.number))
    }

    /// Books it for each day up to `today`, at most `most` times, and goes on to the day after that. What
    /// can't be booked `failed`, and goes on as well if that has a text for it.
    fn book(
        &mut self,
        batch: &mut Batch,
        today: Date,
        offset_seconds: i32,
        most: usize,
        failed: impl Fn(Error) -> Result<String>,
    ) -> Result<Vec<String>> {
        // An alias that came later counts from now on.
        self.category = batch.book().resolve(&self.category).to_owned();
        let mut lines = Vec::new();
        while self.next <= today && lines.len() < most {
            let new = New {
                direction: self.direction,
                currency: self.currency,
                minor: self.minor,
                at: batch::moment(self.next, 720, offset_seconds),
                category: &self.category,
                note: &self.note,
            };
            // A month has room for so many categories. An entry is worth more than its category.
            let booked =
                batch.append(new).or_else(|_| batch.append(New { category: guess::OTHER, ..new }));
            let line = format!("{} {}", self.next, self.what());
            lines.push(match booked {
                Ok(_) => line,
                Err(error) => format!("{line}: {}", failed(error)?),
            });
            self.next = self.every.after(self.next);
        }
        Ok(lines)
    }

    /// Such as `-900.00 EUR rent · Flat`.
    pub(super) fn what(&self) -> String {
        let money = Money::new(self.direction.effect(self.minor), self.currency);
        let gap = if self.note.is_empty() { "" } else { " · " };
        format!("{money} {}{gap}{}", self.category, self.note)
    }

    fn read(key: &str, value: &[u8]) -> Result<Self> {
        Self::parse(key, value).ok_or_else(|| record::corrupt("recurring"))
    }

    fn parse(key: &str, value: &[u8]) -> Option<Self> {
        let mut fields = std::str::from_utf8(value).ok()?.split('\t');
        let mut next = || fields.next();
        (next()? == VERSION).then_some(())?;
        Some(Self {
            number: key.rsplit('/').next()?.parse().ok()?,
            every: Every::from_code(next()?)?,
            next: Date::from_days(next()?.parse().ok()?),
            direction: Direction::from_letter(next()?)?,
            currency: Currency::new(next()?)?,
            minor: next()?.parse().ok()?,
            category: next()?.to_owned(),
            note: next()?.to_owned(),
        })
    }
}

/// Books what is due for everybody up to `today`.
pub(super) fn all_due(event: &str, today: Date, offset_seconds: i32) -> Result<Vec<Done>> {
    let before = format!("due/{}", Date::from_days(today.to_days() + 1));
    let limit = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
    let due = storage::list(&storage::Range::prefix("due/").before(before).limit(limit))?;
    let mut places: Vec<(i64, u32)> = Vec::new();
    for item in &due {
        // The place is known from the key alone; a key that isn't one of ours is nobody's.
        let mut parts = item.key.rsplit('/');
        let number = parts.next().and_then(|number| number.parse().ok());
        let user = parts.next().and_then(|user| user.parse().ok());
        places.extend(user.zip(number));
        storage::delete(&item.key)?;
    }
    places.sort_unstable();
    let mut left = AT_ONCE;
    let mut all = Vec::new();
    for of_user in places.chunk_by(|left, right| left.0 == right.0) {
        let Some((user, _)) = of_user.first() else { continue };
        let mut batch = Batch::open(*user, event)?;
        let mut lines = Vec::new();
        for (_, number) in of_user {
            // What was stopped meanwhile is no more.
            let Some(mut recurring) = Recurring::get(*user, *number)? else { continue };
            // One that can't be booked is told, and stops nobody's.
            let told = |error: Error| match error.kind() {
                ErrorKind::Usage => Ok(format!("⚠️ not booked. {}", error.text())),
                _ => Err(error),
            };
            let booked = recurring.book(&mut batch, today, offset_seconds, left, told)?;
            left -= booked.len();
            lines.extend(booked);
            recurring.keep(*user)?;
        }
        batch.close()?;
        // Each line begins with its day.
        lines.sort_by_key(|line: &String| line.get(..10).map(str::to_owned));
        if !lines.is_empty() {
            all.push(Done { user: *user, lines });
        }
    }
    Ok(all)
}

/// Books one thing that is new, if it is due; returns what was booked.
pub(super) fn one_due(
    event: &str,
    user: i64,
    recurring: &mut Recurring,
    today: Date,
    offset_seconds: i32,
) -> Result<Vec<String>> {
    let mut batch = Batch::open(user, event)?;
    let lines = recurring.book(&mut batch, today, offset_seconds, AT_ONCE, Err)?;
    recurring.keep(user)?;
    batch.close()?;
    Ok(lines)
}

/// Notes what somebody will be told when they come back.
pub(super) fn note_news(done: &Done) -> Result<()> {
    let key = news_key(done.user);
    let mut news = storage::get_text(&key)?.unwrap_or_default();
    for line in &done.lines {
        // The newest matter most.
        news.extend([line, "\n"]);
        while news.len() > NEWS {
            let end = news.find('\n').map_or(news.len(), |at| at + 1);
            news.drain(..end);
        }
    }
    storage::set(&key, news)
}

/// What somebody was not told yet. They are told once; who asks through another module that may only read
/// is told again when they come themselves.
pub(super) fn take_news(user: i64) -> Result<Option<String>> {
    let key = news_key(user);
    let news = storage::get_text(&key)?;
    if news.is_some() {
        record::kept(storage::delete(&key))?;
    }
    Ok(news)
}

fn key(user: i64, number: u32) -> String {
    format!("{user}/recurring/{number:04}")
}

fn due_key(date: Date, user: i64, number: u32) -> String {
    format!("due/{date}/{user}/{number:04}")
}

fn last_key(user: i64) -> String {
    format!("{user}/recurring-last")
}

fn news_key(user: i64) -> String {
    format!("{user}/recurring-news")
}
