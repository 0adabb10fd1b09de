//! What a period adds up to in one currency: made of the months' running sums, never of entries.

use umbrasil_sdk::{Month, Result};

use crate::ledger::Ledger;
use crate::money::Currency;
use crate::period::Period;
use crate::record::Direction;
use crate::sums::Sums;

/// A period in one currency.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) currency: Currency,
    /// How many entries count.
    pub(crate) entries: u64,
    pub(crate) income: i64,
    pub(crate) expense: i64,
    /// Each month with its income and its expenses, oldest first.
    pub(crate) months: Vec<(Month, i64, i64)>,
    categories: Vec<Category>,
}

/// A category's sum over all months of a sheet.
#[derive(Debug)]
pub(crate) struct Category {
    pub(crate) direction: Direction,
    pub(crate) name: String,
    /// In minor units, at least 0.
    pub(crate) minor: i64,
}

impl Sheet {
    /// The sheets of all currencies that have entries in the period, that of the deployment first.
    pub(crate) fn all(ledger: &Ledger, period: Period) -> Result<Vec<Self>> {
        let mut sheets = Vec::new();
        for currency in ledger.currencies() {
            let sheet = Self::add_up(currency, &ledger.sums_of(currency, period.months())?)?;
            if sheet.entries > 0 {
                sheets.push(sheet);
            }
        }
        Ok(sheets)
    }

    /// The sheet of months that were read.
    pub(crate) fn add_up(currency: Currency, months: &[(Month, Sums)]) -> Result<Self> {
        let mut sheet = Self {
            currency,
            entries: 0,
            income: 0,
            expense: 0,
            months: Vec::with_capacity(months.len()),
            categories: Vec::new(),
        };
        for (month, sums) in months {
            let (income, expense) = (sums.total(Direction::Income), sums.total(Direction::Expense));
            sheet.months.push((*month, income, expense));
            // Saturated, a sum is wrong only where nobody can have so much money.
            sheet.entries = sheet.entries.saturating_add(sums.entries);
            sheet.income = sheet.income.saturating_add(income);
            sheet.expense = sheet.expense.saturating_add(expense);
            for line in sums.lines()? {
                let same = |known: &&mut Category| {
                    known.direction == line.direction && known.name == line.category
                };
                match sheet.categories.iter_mut().find(same) {
                    Some(known) => known.minor = known.minor.saturating_add(line.minor),
                    None => sheet.categories.push(Category {
                        direction: line.direction,
                        name: line.category.to_owned(),
                        minor: line.minor,
                    }),
                }
            }
        }
        let order =
            |a: &Category, b: &Category| b.minor.cmp(&a.minor).then_with(|| a.name.cmp(&b.name));
        sheet.categories.sort_unstable_by(order);
        Ok(sheet)
    }

    /// The categories of one direction, the largest first.
    pub(crate) fn categories(&self, direction: Direction) -> impl Iterator<Item = &Category> {
        self.categories.iter().filter(move |category| category.direction == direction)
    }
}
