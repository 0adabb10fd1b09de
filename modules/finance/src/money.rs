//! Money: whole minor units of one currency, never a fraction.
//!
//! Everything is an `i64` of cents (or yen, or fils) with checked arithmetic: there is no rounding, and a
//! sum that does not fit is an error that says so.

use std::fmt;

use umbrasil_sdk::{Error, Result};

pub(crate) use crate::currency::Currency;

/// An amount of a currency. Its text is `-12.50 EUR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) minor: i64,
    pub(crate) currency: Currency,
}

/// An amount without its currency, as buttons show it: `1000.00`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain(Money);

impl Money {
    pub(crate) fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub(crate) fn plain(self) -> Plain {
        Plain(self)
    }
}

/// The sum of two amounts of one currency.
pub(crate) fn add(left: i64, right: i64) -> Result<i64> {
    let sum = left.checked_add(right);
    sum.ok_or_else(|| Error::usage("That is more than this ledger can count. Nothing was saved."))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Plain(*self), self.currency.code())
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Money { minor, currency } = self.0;
        let sign = if minor < 0 { "-" } else { "" };
        // Not `abs`: `i64::MIN` has no positive twin.
        let minor = minor.unsigned_abs();
        match currency.exponent() {
            0 => write!(f, "{sign}{minor}"),
            width => {
                let unit = 10_u64.pow(width);
                write!(f, "{sign}{}.{:0>2$}", minor / unit, minor % unit, width as usize)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_its_currency_has_it() {
        for (minor, code, text) in [
            (-1250, "EUR", "-12.50 EUR"),
            (5, "eur", "0.05 EUR"),
            (0, "EUR", "0.00 EUR"),
            (-5, "EUR", "-0.05 EUR"),
            (1250, "JPY", "1250 JPY"),
            (1250, "KWD", "1.250 KWD"),
            (-1, "KWD", "-0.001 KWD"),
            (1250, "XYZ", "12.50 XYZ"),
            (i64::MIN, "EUR", "-92233720368547758.08 EUR"),
        ] {
            assert_eq!(Money::new(minor, Currency::new(code).unwrap()).to_string(), text);
        }
    }
}
