//! The sums of one month: what reports are made of, and what makes them cost the same for ever.
//!
//! A month is one record with a line for each direction and category. It is written together with each
//! entry that counts in it, so it is never counted anew. An entry changes one line and the totals, and
//! leaves the other lines as the text that they are: most of the time nobody asks for them.

use std::ops::Range;

use umbrasil_sdk::{Error, Result};

use crate::money;
use crate::record::{self, Direction, Entry};

/// Most categories that a month may have: it keeps the month's record small for ever.
const CATEGORIES_A_MONTH: usize = 200;

/// The sums of one month in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// The first and the last entry that counts here: where a list of them begins and ends.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// How many entries count.
    pub(crate) entries: u64,
    expense: i64,
    income: i64,
    /// Each line begins with a tab: direction, category, sum and count, with blanks between.
    lines: String,
}

/// The sum of one category in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) direction: Direction,
    pub(crate) category: &'a str,
    /// At least 0, whatever the direction.
    pub(crate) minor: i64,
    /// How many entries, without those that were reversed.
    pub(crate) count: u32,
}

impl Sums {
    pub(crate) fn read(value: Option<&[u8]>) -> Result<Self> {
        let Some(value) = value else { return Ok(Self::default()) };
        Self::parse(value).ok_or_else(corrupt)
    }

    pub(crate) fn write(&self) -> String {
        let Self { first, last, entries, expense, income, lines } = self;
        format!("{}\t{first}\t{last}\t{entries}\t{expense}\t{income}{lines}", record::VERSION)
    }

    /// All lines, in the order in which their categories came up.
    pub(crate) fn lines(&self) -> Result<Vec<Line<'_>>> {
        let lines = self.lines.split('\t').skip(1).map(Line::parse);
        lines.collect::<Option<_>>().ok_or_else(corrupt)
    }

    /// All of one direction.
    pub(crate) fn total(&self, direction: Direction) -> i64 {
        match direction {
            Direction::Expense => self.expense,
            Direction::Income => self.income,
        }
    }

    /// The sum of one category.
    pub(crate) fn of_category(&self, direction: Direction, category: &str) -> Result<i64> {
        Ok(self.find(direction, category)?.map_or(0, |(_, line)| line.minor))
    }

    /// Counts an entry in.
    pub(crate) fn count(&mut self, direction: Direction, category: &str, minor: i64) -> Result<()> {
        let line = match self.find(direction, category)? {
            Some((_, line)) => Line {
                minor: money::add(line.minor, minor)?,
                count: line.count.saturating_add(1),
                ..line
            },
            None if self.lines.matches('\t').count() < CATEGORIES_A_MONTH => {
                Line { direction, category, minor, count: 1 }
            }
            None => {
                return Err(Error::usage(format!(
                    "A month has at most {CATEGORIES_A_MONTH} categories. Please take one that there is."
                )));
            }
        };
        let total = money::add(self.total(direction), minor)?;
        self.put(direction, category, line.minor, line.count, total, self.entries.saturating_add(1))
    }

    /// Counts an entry out.
    pub(crate) fn discount(&mut self, entry: &Entry) -> Result<()> {
        let Entry { direction, category, .. } = entry;
        let minor = entry.amount().minor;
        let less = |sum: i64| sum.checked_sub(minor).filter(|&sum| sum >= 0);
        let found = self.find(*direction, category)?;
        let rest =
            found.and_then(|(_, line)| Some((less(line.minor)?, line.count.checked_sub(1)?)));
        let rest = rest.zip(less(self.total(*direction))).zip(self.entries.checked_sub(1));
        let (((minor, count), total), entries) = rest.ok_or_else(corrupt)?;
        self.put(*direction, category, minor, count, total, entries)
    }

    /// Changes the line of a category, which may be new, and what it adds up to. A line that nothing counts
    /// in any more goes away.
    fn put(
        &mut self,
        direction: Direction,
        category: &str,
        minor: i64,
        count: u32,
        total: i64,
        entries: u64,
    ) -> Result<()> {
        let text = match count {
            0 => String::new(),
            _ => format!("\t{} {category} {minor} {count}", direction.letter()),
        };
        match self.find(direction, category)?.map(|(range, _)| range) {
            Some(range) => self.lines.replace_range(range, &text),
            None => self.lines.push_str(&text),
        }
        self.entries = entries;
        match direction {
            Direction::Expense => self.expense = total,
            Direction::Income => self.income = total,
        }
        Ok(())
    }

    /// The line of a category, and where it lies. No category contains a blank, so its beginning can't be
    /// found anywhere else.
    fn find(
        &self,
        direction: Direction,
        category: &str,
    ) -> Result<Option<(Range<usize>, Line<'_>)>> {
        let beginning = ["\t", direction.letter(), " ", category, " "].concat();
        let Some(start) = self.lines.find(&beginning) else { return Ok(None) };
        let line = self.lines.get(start + 1..).unwrap_or_default();
        let line = line.split_once('\t').map_or(line, |(line, _)| line);
        let end = start + 1 + line.len();
        Line::parse(line).map(|line| Some((start..end, line))).ok_or_else(corrupt)
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let mut fields = std::str::from_utf8(value).ok()?.splitn(7, '\t');
        let version = fields.next()?;
        let mut number = || fields.next()?.parse::<u64>().ok();
        let (first, last, entries) = (number()?, number()?, number()?);
        let mut total = || number().and_then(|total| i64::try_from(total).ok());
        let (expense, income) = (total()?, total()?);
        let lines = fields.next().map(|lines| format!("\t{lines}")).unwrap_or_default();
        let known = version == record::VERSION;
        known.then_some(Self { first, last, entries, expense, income, lines })
    }
}

impl<'a> Line<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut words = text.split(' ');
        let direction = Direction::from_letter(words.next()?)?;
        let category = words.next()?;
        let minor = words.next()?.parse().ok().filter(|&minor: &i64| minor >= 0)?;
        let count = words.next()?.parse().ok()?;
        words.next().is_none().then_some(Self { direction, category, minor, count })
    }
}

fn corrupt() -> Error {
    record::corrupt("month")
}
