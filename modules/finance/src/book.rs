//! What a user has set for their ledger: budgets, and aliases of categories. One small record, because
//! every entry reads it.

use umbrasil_sdk::{Error, Result, storage};

use crate::money::{Currency, Money};
use crate::record;

/// Most budgets and aliases: it keeps the record small for ever.
const BUDGETS: usize = 50;
const ALIASES: usize = 100;

/// Budgets and aliases of one user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Book {
    pub(crate) budgets: Vec<Budget>,
    /// Written, and what it is booked as.
    pub(crate) aliases: Vec<(String, String)>,
}

/// What may be spent in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Budget {
    /// None for everything together.
    pub(crate) category: Option<String>,
    pub(crate) limit: Money,
}

pub(crate) fn key(user: i64) -> String {
    format!("{user}/book")
}

impl Book {
    pub(crate) fn of(user: i64) -> Result<Self> {
        Self::read(storage::get(&key(user))?.as_deref())
    }

    pub(crate) fn read(value: Option<&[u8]>) -> Result<Self> {
        let Some(value) = value else { return Ok(Self::default()) };
        Self::parse(value).ok_or_else(|| record::corrupt("book"))
    }

    pub(crate) fn keep(&self, user: i64) -> Result<()> {
        storage::set(&key(user), self.write())
    }

    /// What a category is booked as.
    pub(crate) fn resolve<'a>(&'a self, category: &'a str) -> &'a str {
        let alias = self.aliases.iter().find(|(from, _)| from == category);
        alias.map_or(category, |(_, to)| to)
    }

    /// Books one category as another from now on. Aliases that lead to it go along, so that one step is
    /// always enough.
    pub(crate) fn alias(&mut self, from: &str, to: &str) -> Result<()> {
        let to = self.resolve(to).to_owned();
        if from == to {
            return Err(Error::usage(format!("“{from}” would stand for itself.")));
        }
        for (_, old) in self.aliases.iter_mut().filter(|(_, old)| old == from) {
            old.clone_from(&to);
        }
        self.aliases.retain(|(known, _)| known != from);
        if self.aliases.len() >= ALIASES {
            return Err(Error::usage(format!("There are {ALIASES} aliases already.")));
        }
        self.aliases.push((from.to_owned(), to));
        Ok(())
    }

    /// Forgets an alias; says whether there was one.
    pub(crate) fn forget_alias(&mut self, from: &str) -> bool {
        let before = self.aliases.len();
        self.aliases.retain(|(known, _)| known != from);
        self.aliases.len() < before
    }

    /// Sets a budget anew.
    pub(crate) fn budget(&mut self, category: Option<&str>, limit: Money) -> Result<()> {
        self.forget_budget(category);
        if self.budgets.len() >= BUDGETS {
            return Err(Error::usage(format!("There are {BUDGETS} budgets already.")));
        }
        self.budgets.push(Budget { category: category.map(str::to_owned), limit });
        Ok(())
    }

    /// Forgets a budget; says whether there was one.
    pub(crate) fn forget_budget(&mut self, category: Option<&str>) -> bool {
        let before = self.budgets.len();
        self.budgets.retain(|budget| budget.category.as_deref() != category);
        self.budgets.len() < before
    }

    fn write(&self) -> String {
        let mut text = record::VERSION.to_owned();
        for Budget { category, limit } in &self.budgets {
            let minor = limit.minor.to_string();
            text.extend(["\tb ", limit.currency.code(), " ", &minor]);
            text.extend(category.iter().flat_map(|category| [" ", category]));
        }
        for (from, to) in &self.aliases {
            text.extend(["\ta ", from, " ", to]);
        }
        text
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let mut fields = std::str::from_utf8(value).ok()?.split('\t');
        if fields.next()? != record::VERSION {
            return None;
        }
        let mut book = Self::default();
        for field in fields {
            let words: Vec<&str> = field.split(' ').collect();
            match words[..] {
                ["a", from, to] => book.aliases.push((from.to_owned(), to.to_owned())),
                ["b", code, minor, ref category @ ..] if category.len() < 2 => {
                    let limit = Money::new(minor.parse().ok()?, Currency::new(code)?);
                    let category = category.first().map(|&category| category.to_owned());
                    book.budgets.push(Budget { category, limit });
                }
                _ => return None,
            }
        }
        Some(book)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_reads_back() {
        let mut book = Book::default();
        let eur = Currency::new("EUR").unwrap();
        book.budget(Some("food"), Money::new(30_000, eur)).unwrap();
        book.budget(None, Money::new(200_000, eur)).unwrap();
        book.budget(Some("food"), Money::new(1, eur)).unwrap();
        book.alias("coffee", "drinks").unwrap();
        book.alias("drinks", "food").unwrap();
        assert_eq!((book.resolve("coffee"), book.resolve("drinks")), ("food", "food"));
        assert!(book.alias("food", "coffee").is_err(), "a circle");
        assert_eq!(book.budgets.len(), 2);
        assert_eq!(Book::read(Some(book.write().as_bytes())).unwrap(), book);
        for bad in ["", "2", "1\tx", "1\tb EUR", "1\tb EUR 5 a b", "1\ta b", "1\tb EURO 5"] {
            assert!(Book::read(Some(bad.as_bytes())).is_err(), "{bad:?}");
        }
    }
}
