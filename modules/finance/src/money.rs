//! Money: whole minor units of one currency, never a fraction.
//!
//! Everything is an `i64` of cents (or yen, or fils) with checked arithmetic: there is no rounding, and a
//! sum that does not fit is an error that says so.

use std::fmt;

use umbrasil_sdk::{Error, Result};

/// A currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Currency([u8; 3]);

/// An amount of a currency. Its text is `-12.50 EUR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) minor: i64,
    pub(crate) currency: Currency,
}

/// An amount without its currency, as buttons show it: `1000.00`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain(Money);

/// The codes that a user may write behind an amount and mean a currency. Codes that are also words, such
/// as `ALL`, `TOP` and `CUP`, are left out: they are more likely a category.
const WELL_KNOWN: &str = "AED ARS AUD BGN BHD BRL CAD CHF CLP CNY CZK DKK EGP EUR GBP HKD HUF IDR ILS INR \
    ISK JPY KRW KWD MXN MYR NOK NZD OMR PHP PLN RON RSD RUB SAR SEK SGD THB TND TWD UAH USD VND ZAR";

/// The symbols, each with the currencies that it may stand for.
const SYMBOLS: [(&str, &str); 13] = [
    ("€", "EUR"),
    ("$", "USD AUD CAD NZD SGD HKD TWD MXN ARS CLP"),
    ("£", "GBP EGP"),
    ("¥", "JPY CNY"),
    ("₣", "CHF"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₪", "ILS"),
    ("₴", "UAH"),
    ("₺", "TRY"),
    ("₽", "RUB"),
    ("₫", "VND"),
    ("₦", "NGN"),
];

impl Currency {
    /// The currency with this code of three letters, in any case.
    pub(crate) fn new(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_alphabetic).then(|| Self(code.map(|c| c.to_ascii_uppercase())))
    }

    pub(crate) fn code(&self) -> &str {
        // Only letters get in.
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// How many decimals the currency has, as ISO 4217 says. A code that it doesn't know has two.
    pub(crate) fn exponent(self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "CLF" | "UYW" => 4,
            _ => 2,
        }
    }

    /// Whether `code`, in capitals, is one that people write behind an amount.
    pub(crate) fn is_well_known(code: &str) -> bool {
        code.len() == 3 && WELL_KNOWN.split(' ').any(|known| known == code)
    }

    /// All symbols of currencies.
    pub(crate) fn symbols() -> impl Iterator<Item = &'static str> {
        SYMBOLS.iter().map(|(symbol, _)| *symbol)
    }

    /// Whether a symbol can stand for this currency.
    pub(crate) fn has_symbol(self, symbol: &str) -> bool {
        let codes =
            SYMBOLS.iter().find(|(known, _)| *known == symbol).map_or("", |(_, codes)| codes);
        codes.split(' ').any(|code| code == self.code())
    }
}

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

    #[test]
    fn a_code_has_three_letters() {
        for bad in ["", "EU", "EURO", "€", "E1R", "éu", "E R"] {
            assert_eq!(Currency::new(bad), None, "{bad}");
        }
    }
}
