//! The table of what people type, and what it means.

use super::*;

fn check(code: &str, table: &[(&str, &str)]) {
    let currency = Currency::new(code).unwrap();
    for (text, expected) in table {
        let found = match take(text, currency) {
            Ok((Reading::Clear(minor), found, rest)) => {
                let money = Money::new(minor, found);
                if found == currency {
                    format!("{}|{rest}", money.plain())
                } else {
                    format!("{money}|{rest}")
                }
            }
            Ok((Reading::Doubtful(minors), currency, rest)) => {
                let minors: Vec<_> = minors
                    .iter()
                    .map(|&minor| Money::new(minor, currency).plain().to_string())
                    .collect();
                format!("{}?|{rest}", minors.join(" or "))
            }
            Err(reason) => format!("! {reason}"),
        };
        assert_eq!(found, *expected, "{text:?} in {code}");
    }
}

#[test]
fn clear_amounts() {
    check(
        "EUR",
        &[
            ("12.50 food coffee", "12.50|food coffee"),
            ("12,50 food", "12.50|food"),
            ("12", "12.00|"),
            ("  7.5  x", "7.50|x"),
            ("0.01", "0.01|"),
            ("007", "7.00|"),
            ("1'000.50", "1000.50|"),
            ("1’000,50", "1000.50|"),
            ("1\u{202f}000,50 food", "1000.50|food"),
            ("1\u{a0}000 food", "1000.00|food"),
            ("12\u{a0}food", "12.00|food"),
            ("1.000.000", "1000000.00|"),
            ("1,000,000", "1000000.00|"),
            ("1234,5", "1234.50|"),
            ("9999999999.99", "9999999999.99|"),
            ("999999999999", "999999999999.00|"),
            (".50 tip", "0.50|tip"),
            (",5", "0.50|"),
            ("12.- food", "12.00|food"),
            ("12,– food", "12.00|food"),
            ("CHF 12.-- food", "12.00 CHF|food"),
            ("CHF .50 food", "0.50 CHF|food"),
        ],
    );
    check(
        "JPY",
        &[
            ("1250", "1250|"),
            ("1,250", "1250|"),
            ("1.250", "1250|"),
            ("12,5", "! JPY has no decimals."),
        ],
    );
    check(
        "KWD",
        &[
            ("1.2345", "! KWD has 3 decimals, not 4."),
            ("0.125", "0.125|"),
            ("1234.567", "1234.567|"),
        ],
    );
}

#[test]
fn doubtful_amounts() {
    check(
        "EUR",
        &[
            ("1,000 food", "1000.00 or 1.00?|food"),
            ("1.000", "1000.00 or 1.00?|"),
            ("12.500", "12500.00 or 12.50?|"),
            ("1.234", "1234.00?|"),
            ("12.505", "12505.00?|"),
            ("1,000.50", "1000.50?|"),
            ("1.000,50", "1000.50?|"),
            ("1,234,567.8", "1234567.80?|"),
            ("1 000 food", "1000.00?|food"),
            ("2 500,00 rent", "2500.00?|rent"),
            ("12 000", "12000.00?|"),
            ("1 000 000 x", "1000000.00?|x"),
            ("1 000 EUR food", "1000.00?|food"),
            ("$1 000.50 food", "1000.50?|food"),
            ("1 000USD food", "1000.00?|food"),
            ("USD 1 000.- food", "1000.00?|food"),
            ("1 0000 food", "1.00|0000 food"),
            ("0 100 food", "! The amount must be more than 0.00 EUR."),
            ("1000 100 food", "1000.00|100 food"),
            ("12 7up", "12.00|7up"),
            ("12 123abc", "12.00|123abc"),
            ("1.5 000", "1.50|000"),
        ],
    );
    check("KWD", &[("1.250", "1250.000 or 1.250?|"), ("1,000.125", "1000.125?|")]);
}

#[test]
fn currencies() {
    check(
        "EUR",
        &[
            ("€12.50 food", "12.50|food"),
            ("12.50€ food", "12.50|food"),
            ("12.50 € food", "12.50|food"),
            ("€ 12.50 food", "12.50|food"),
            ("EUR 12.50 food", "12.50|food"),
            ("12.50EUR food", "12.50|food"),
            ("eur12.50 food", "12.50|food"),
            ("12.50 eur food", "12.50|food"),
            ("12.50 USD food", "12.50 USD|food"),
            ("12.50 USD", "12.50 USD|"),
            ("12.50 usd food", "12.50 USD|food"),
            ("12.50USD food", "12.50 USD|food"),
            ("USD 12.50 food", "12.50 USD|food"),
            ("usd12.50 food", "12.50 USD|food"),
            ("$12.50 food", "12.50 USD|food"),
            ("$ 12.50 food", "12.50 USD|food"),
            ("$5", "5.00 USD|"),
            ("5$", "5.00 USD|"),
            ("US$5 x", "5.00 USD|x"),
            ("C$5 x", "5.00 CAD|x"),
            ("£3.20 tea", "3.20 GBP|tea"),
            ("12 ¥ food", "12 JPY|food"),
            ("¥1,250 food", "1250 JPY|food"),
            ("12.50 ¥ food", "! JPY has no decimals."),
            ("KWD 1.2345", "! KWD has 3 decimals, not 4."),
            ("Fr. 12.50 food", "12.50 CHF|food"),
            ("12.50 Fr. food", "12.50 CHF|food"),
            ("12.50 CHF food", "12.50 CHF|food"),
            ("20 bucks food", "20.00 USD|food"),
            ("20 Euro food", "20.00|food"),
            ("12 kr food", "! “kr” can be SEK, NOK, DKK, ISK: please write the code."),
            ("$5 EUR food", "! Is it USD or EUR? Please write one of them."),
            ("$5 USD food", "5.00 USD|food"),
            ("TOP 5 shirt", "5.00 TOP|shirt"),
            ("12.50 TOP shirt", "12.50|TOP shirt"),
            ("12.50 try shirt", "12.50|try shirt"),
            ("12.50XYZ food", "! “12.50XYZ” is not an amount."),
            (
                "$-5 food",
                "! An amount has no sign: there is /expense for money spent and /income for money received.",
            ),
        ],
    );
    check("CAD", &[("$12.50", "12.50|"), ("US$12.50", "12.50 USD|"), ("€12.50", "12.50 EUR|")]);
    check("SEK", &[("12 kr fika", "12.00|fika"), ("12kr", "12.00|")]);
}

#[test]
fn no_amounts() {
    let digits = "! Please write the amount with the digits 0 to 9.";
    let sign = "! An amount has no sign: there is /expense for money spent and /income for money received.";
    check(
        "EUR",
        &[
            ("", "! The amount is missing."),
            ("€", "! The amount is missing."),
            ("0", "! The amount must be more than 0.00 EUR."),
            ("0.00", "! The amount must be more than 0.00 EUR."),
            ("-5", sign),
            ("−5", sign),
            ("+5", sign),
            ("-0", sign),
            ("1e5", "! “1e5” is not an amount."),
            ("NaN", "! “NaN” is not an amount."),
            ("inf", "! “inf” is not an amount."),
            ("0x10", "! “0x10” is not an amount."),
            ("1_000", "! “1_000” is not an amount."),
            ("12.5.0", "! “12.5.0” is not an amount."),
            ("1,00,000", "! “1,00,000” is not an amount."),
            ("1'00", "! “1'00” is not an amount."),
            ("1'000'00", "! “1'000'00” is not an amount."),
            ("1'000,000.50", "! “1'000,000.50” is not an amount."),
            ("1..5", "! “1..5” is not an amount."),
            ("5.", "! “5.” is not an amount."),
            ("0.505", "! EUR has 2 decimals, not 3."),
            ("12.3456", "! EUR has 2 decimals, not 4."),
            ("1234.567", "! EUR has 2 decimals, not 3."),
            ("1,000.505", "! EUR has 2 decimals, not 3."),
            ("1000000000000", "! An amount has at most 12 digits."),
            ("1000000000000000000000000000000", "! An amount has at most 12 digits."),
            ("١٢", digits),
            ("１２", digits),
            ("½", digits),
            ("<script>alert(1)</script>", "! “<script>alert(1)</sc…” is not an amount."),
        ],
    );
}
