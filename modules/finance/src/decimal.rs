//! Exact decimals for rates, and the one place where money is rounded: half to even, in whole numbers.

use std::fmt;

/// Digits that count. More than any rate has, and few enough that no product leaves an `i128`.
const DIGITS: usize = 12;

/// A positive number: `digits` with the point before the last `scale` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: i128,
    scale: u32,
}

impl Decimal {
    /// Reads `0.92`, `1.09` or `5.6e-05`. None if it is no positive number of a sensible size. Digits behind
    /// the twelfth that counts are cut off.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let sound = |part: &str| {
            (1..=24).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !sound(whole) || !sound(fraction) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let counting = all.trim_start_matches('0');
        let kept = counting.get(..DIGITS).unwrap_or(counting);
        let cut = counting.len() - kept.len();
        let scale = i32::try_from(fraction.len()).ok()? - i32::try_from(cut).ok()? - exponent;
        let digits: i128 = kept.parse().ok().filter(|&digits| digits > 0)?;
        let (digits, scale) = match u32::try_from(scale) {
            Ok(scale) => (digits, scale),
            Err(_) => (digits.checked_mul(ten(scale.unsigned_abs())?)?, 0),
        };
        let (digits, scale) = shortened(digits, scale);
        (scale <= 18 && digits < 1_000_000_000_000).then_some(Self { digits, scale })
    }

    /// `minor` units times this, with the point moved by `shift` places to the right.
    pub(crate) fn times(self, minor: i64, shift: i32) -> Option<i64> {
        scaled(minor, self.digits, ten(self.scale)?, shift)
    }

    /// `minor` units divided by this, with the point moved by `shift` places to the right.
    pub(crate) fn divide(self, minor: i64, shift: i32) -> Option<i64> {
        scaled(minor, ten(self.scale)?, self.digits, shift)
    }

    /// One divided by this, with six digits that count.
    pub(crate) fn inverse(self) -> Option<Self> {
        let mut scale = 5;
        loop {
            // 10^scale / (digits / 10^own), until six digits are before the point.
            let found = half_even(ten(scale)?.checked_mul(ten(self.scale)?)?, self.digits);
            if found >= 100_000 || scale == 18 {
                let (digits, scale) = shortened(found, scale);
                return (digits > 0).then_some(Self { digits, scale });
            }
            scale += 1;
        }
    }
}

/// Without zeros at the end that say nothing.
fn shortened(mut digits: i128, mut scale: u32) -> (i128, u32) {
    while scale > 0 && digits % 10 == 0 {
        (digits, scale) = (digits / 10, scale - 1);
    }
    (digits, scale)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.scale as usize;
        match ten(self.scale) {
            Some(unit) if width > 0 => {
                write!(f, "{}.{:0>width$}", self.digits / unit, self.digits % unit)
            }
            _ => write!(f, "{}", self.digits),
        }
    }
}

fn scaled(minor: i64, by: i128, over: i128, shift: i32) -> Option<i64> {
    let factor = ten(shift.unsigned_abs())?;
    let (up, down) = if shift < 0 { (1, factor) } else { (factor, 1) };
    let above = i128::from(minor).checked_mul(by)?.checked_mul(up)?;
    i64::try_from(half_even(above, over.checked_mul(down)?)).ok()
}

/// `above / below`, rounded to the nearest, halves to the even one. `below` is positive.
fn half_even(above: i128, below: i128) -> i128 {
    let (whole, rest) = (above.div_euclid(below), above.rem_euclid(below));
    match rest.cmp(&(below - rest)) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole.rem_euclid(2),
    }
}

fn ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_read_and_show() {
        for (text, shown) in [
            ("0.92", "0.92"),
            ("1.0", "1"),
            ("1", "1"),
            ("007.50", "7.5"),
            ("18000.5", "18000.5"),
            ("5.6e-05", "0.000056"),
            ("1.2E3", "1200"),
            ("1.08999999999999999", "1.08999999999"),
            ("123456789012", "123456789012"),
        ] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for bad in [
            "",
            "0",
            "0.0",
            "-1",
            "+1",
            ".5",
            "5.",
            "1.2.3",
            "1e",
            "1e99",
            "1e-40",
            "NaN",
            "1,5",
            "1234567890123",
        ] {
            assert_eq!(Decimal::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn halves_go_to_the_even_one() {
        let half = Decimal::parse("0.5").unwrap();
        for (minor, rounded) in
            [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2), (2, 1)]
        {
            assert_eq!(half.times(minor, 0), Some(rounded), "{minor}");
            assert_eq!(Decimal::parse("2").unwrap().divide(minor, 0), Some(rounded), "{minor}");
        }
        // 12.50 USD at 1.09 for a euro; 1000 yen at 163; 1.250 dinar by hand at 2.95.
        assert_eq!(Decimal::parse("1.09").unwrap().divide(1_250, 0), Some(1_147));
        assert_eq!(Decimal::parse("163").unwrap().divide(1_000, 2), Some(613));
        assert_eq!(Decimal::parse("2.95").unwrap().times(1_250, -1), Some(369));
        assert_eq!(Decimal::parse("999999999999").unwrap().times(i64::MAX, 0), None);
    }

    #[test]
    fn the_inverse_has_six_digits() {
        let inverse = |text: &str| Decimal::parse(text).unwrap().inverse().unwrap().to_string();
        assert_eq!(inverse("1.09"), "0.917431");
        assert_eq!(inverse("163.25"), "0.00612557");
        assert_eq!(inverse("0.5"), "2");
        assert_eq!(inverse("18000.5"), "0.000055554");
    }
}
