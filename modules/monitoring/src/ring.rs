//! Rows of numbers in a ring of keys: a key for each hour or day, written over when its turn comes again.
//!
//! So there are as many keys as there are turns, for ever, and nothing has to be deleted. A value is
//! `1` (the version), the number of its period, and the names of its columns in the first line; then a line
//! for each row: its place in the period, and the numbers. `-` is a number that was not there.

use umbrasil_sdk::prelude::*;

/// A ring: what its keys start with, how long a period is, and how many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ring {
    pub(crate) name: &'static str,
    /// Seconds that one key covers.
    pub(crate) period: u64,
    /// Seconds between two rows.
    pub(crate) step: u64,
    pub(crate) periods: u64,
}

/// One period: names of columns, and rows in the order of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Page {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// The numbers of a moment, by column; shorter where columns came later.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Row {
    /// Seconds since 1970, a multiple of the step.
    pub(crate) at: u64,
    pub(crate) values: Vec<Option<f64>>,
}

impl Ring {
    /// The key of the period that this moment lies in.
    pub(crate) fn key(&self, at: u64) -> String {
        format!("{}/{:02}", self.name, at / self.period % self.periods)
    }

    /// The period that this moment lies in; empty if nothing of it was kept.
    pub(crate) fn page(&self, at: u64, value: Option<&[u8]>) -> Page {
        let text = value.and_then(|value| std::str::from_utf8(value).ok()).unwrap_or_default();
        self.parse(at, text).unwrap_or_default()
    }

    /// All rows from `since` on, oldest first, each page with its columns.
    pub(crate) fn read(&self, since: u64, now: u64) -> Result<Vec<Page>> {
        let oldest = now.saturating_sub(self.period.saturating_mul(self.periods - 1));
        let first = since.max(oldest) / self.period;
        let starts: Vec<u64> =
            (first..=now / self.period).map(|index| index * self.period).collect();
        let keys: Vec<String> = starts.iter().map(|start| self.key(*start)).collect();
        let values = storage::get_all(&keys)?;
        let pages = starts.iter().zip(values).map(|(start, value)| {
            let mut page = self.page(*start, value.as_deref());
            // What is ahead of `now` counts: the clocks of chat and host differ a little.
            page.rows.retain(|row| row.at >= since);
            page
        });
        Ok(pages.filter(|page| !page.rows.is_empty()).collect())
    }

    /// Adds a row to its period, or puts it in the place of one of the same step.
    pub(crate) fn add(&self, page: &mut Page, at: u64, values: Vec<Option<f64>>) {
        let at = at / self.step * self.step;
        page.rows.retain(|row| row.at < at);
        page.rows.push(Row { at, values });
    }

    /// Keeps a period.
    pub(crate) fn keep(&self, at: u64, page: &Page) -> Result<()> {
        storage::set(&self.key(at), self.text(at, page))
    }

    fn text(&self, at: u64, page: &Page) -> String {
        let mut text = format!("1{}", at / self.period);
        for column in &page.columns {
            text.push('\t');
            text.push_str(column);
        }
        for row in &page.rows {
            text.push('\n');
            text.push_str(&(row.at % self.period / self.step).to_string());
            for value in &row.values {
                match value {
                    Some(value) => text.extend([" ", &value.to_string()]),
                    None => text.push_str(" -"),
                }
            }
        }
        text
    }

    /// None if the value is of another period, or of a version that is not known.
    fn parse(&self, at: u64, text: &str) -> Option<Page> {
        let mut lines = text.strip_prefix('1')?.split('\n');
        let mut head = lines.next()?.split('\t');
        let period: u64 = head.next()?.parse().ok()?;
        if period != at / self.period {
            return None;
        }
        let rows = lines.filter_map(|line| {
            let mut words = line.split(' ');
            let place: u64 = words.next()?.parse().ok()?;
            let at = period.checked_mul(self.period)?.checked_add(place.checked_mul(self.step)?)?;
            Some(Row { at, values: words.map(number).collect() })
        });
        Some(Page { columns: head.map(str::to_owned).collect(), rows: rows.collect() })
    }
}

impl Page {
    /// The column of this name, made if it is new.
    pub(crate) fn column(&mut self, name: &str) -> usize {
        self.columns.iter().position(|column| column == name).unwrap_or_else(|| {
            self.columns.push(name.to_owned());
            self.columns.len() - 1
        })
    }
}

impl Row {
    pub(crate) fn value(&self, column: usize) -> Option<f64> {
        self.values.get(column).copied().flatten()
    }
}

fn number(word: &str) -> Option<f64> {
    word.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RING: Ring = Ring { name: "r", period: 3_600, step: 60, periods: 25 };

    proptest! {
        #[test]
        fn what_was_kept_comes_back(
            hour in 0_u64..1_000_000,
            rows in proptest::collection::vec((0_u64..60, proptest::collection::vec(proptest::option::of(0.0..1e12), 0..9)), 0..70),
        ) {
            let mut page = Page::default();
            page.column("cpu");
            page.column("web-1");
            for (minute, values) in rows {
                RING.add(&mut page, hour * 3_600 + minute * 60 + 59, values);
            }
            let at = hour * 3_600 + 1_234;
            prop_assert_eq!(RING.page(at, Some(RING.text(at, &page).as_bytes())), page.clone());
            // Another turn of the ring does not take it for its own.
            prop_assert_eq!(RING.page(at + 25 * 3_600, Some(RING.text(at, &page).as_bytes())), Page::default());
            prop_assert!(page.rows.len() <= 60 && page.rows.is_sorted_by_key(|row| row.at));
        }

        #[test]
        fn nothing_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            RING.page(0, Some(&bytes));
            RING.page(0, Some(&[b"10\t", bytes.as_slice()].concat()));
            RING.page(0, Some(&[b"10\n", bytes.as_slice()].concat()));
        }
    }

    #[test]
    fn keys_are_few() {
        let keys: std::collections::BTreeSet<String> =
            (0..10_000).map(|hour| RING.key(hour * 3_600)).collect();
        assert_eq!(keys.len(), 25);
    }
}
