//! Currencies: the active codes of ISO 4217, how many decimals each has, and what people write instead.
//!
//! A sign that several currencies share means the default currency if that is one of them, else the one
//! that most people mean. Where there is no such one (`kr`), the user is asked to write the code.

/// A currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Currency([u8; 3]);

/// The active codes of money that people pay with. Funds, metals and test codes are none.
const ACTIVE: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP \
    BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
    GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD \
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO \
    NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS \
    SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST \
    XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// Codes that are words as well: behind an amount they are more likely a category.
const WORDS: &str = "ALL CUP TOP";

/// Codes that are read in small letters, too, because they are no words.
const IN_SMALL_LETTERS: &str = "aed aud brl cad chf clp cny czk dkk eur gbp hkd huf idr inr jpy krw kwd mxn \
    myr nok nzd pln sek sgd thb twd uah usd vnd zar";

/// What people write instead of a code, and the currencies that it may stand for, the likeliest first; a `?`
/// in front says that none is likely. Longer ones come first where one ends with another.
const SIGNS: [(&str, &str); 56] = [
    ("US$", "USD"),
    ("AU$", "AUD"),
    ("CA$", "CAD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("NT$", "TWD"),
    ("MX$", "MXN"),
    ("A$", "AUD"),
    ("C$", "CAD NIO"),
    ("R$", "BRL"),
    ("S$", "SGD"),
    (
        "$",
        "USD AUD CAD NZD SGD HKD TWD MXN ARS CLP COP BBD BMD BND BSD BZD DOP FJD GYD JMD KYD LRD NAD \
         SBD SRD TTD UYU XCD",
    ),
    ("€", "EUR"),
    ("£", "GBP EGP FKP GIP LBP SHP SSP SYP"),
    ("¥", "JPY CNY"),
    ("円", "JPY"),
    ("元", "CNY TWD"),
    ("SFr.", "CHF"),
    ("Fr.", "CHF"),
    ("Fr", "CHF"),
    ("₣", "CHF"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₪", "ILS"),
    ("₴", "UAH"),
    ("₺", "TRY"),
    ("₽", "RUB"),
    ("₫", "VND"),
    ("₦", "NGN"),
    ("₱", "PHP"),
    ("฿", "THB"),
    ("₲", "PYG"),
    ("₡", "CRC"),
    ("₵", "GHS"),
    ("₸", "KZT"),
    ("₮", "MNT"),
    ("₾", "GEL"),
    ("₼", "AZN"),
    ("₭", "LAK"),
    ("৳", "BDT"),
    ("៛", "KHR"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("Ft", "HUF"),
    ("kr", "? SEK NOK DKK ISK"),
    ("euros", "EUR"),
    ("euro", "EUR"),
    ("dollars", "USD AUD CAD NZD SGD HKD TWD"),
    ("bucks", "USD AUD CAD NZD"),
    ("pounds", "GBP EGP"),
    ("quid", "GBP"),
    ("francs", "CHF XAF XOF"),
    ("Franken", "CHF"),
    ("yen", "JPY"),
    ("yuan", "CNY"),
    ("rupees", "INR PKR LKR NPR"),
];

impl Currency {
    /// The currency with this code of three letters, in any case.
    pub(crate) fn new(code: &str) -> Option<Self> {
        let code: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_alphabetic).then(|| Self(code.map(|c| c.to_ascii_uppercase())))
    }

    /// The currency with this code in any case, if it is an active one.
    pub(crate) fn active(code: &str) -> Option<Self> {
        Self::new(code).filter(|currency| lists(ACTIVE, currency.code()))
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

    /// The currency that a word of its own behind an amount means, if it means one.
    pub(crate) fn behind(word: &str, default: Self) -> Option<Result<Self, String>> {
        if word.is_empty() || word.len() > 7 || word.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let is_code = word.len() == 3
            && ((lists(ACTIVE, word) && !lists(WORDS, word)) || lists(IN_SMALL_LETTERS, word));
        if is_code || word.eq_ignore_ascii_case(default.code()) {
            return Self::new(word).map(Ok);
        }
        let sign = SIGNS.iter().find(|(sign, _)| sign.eq_ignore_ascii_case(word))?;
        Some(Self::of_sign(sign, default))
    }

    /// Separates a number from the currency that is written together with it, as in `€12.50` or `12.50EUR`.
    pub(crate) fn split(word: &str, default: Self) -> Option<(Result<Self, String>, &str)> {
        let digit = |number: &str| number.contains(|c: char| c.is_ascii_digit());
        for sign in &SIGNS {
            let length = sign.0.len();
            let front = word.split_at_checked(length);
            let back = word.len().checked_sub(length).and_then(|at| word.split_at_checked(at));
            let back = back.map(|(number, end)| (end, number));
            let mut both = [front, back].into_iter().flatten();
            let found = both.find(|(part, number)| {
                part.eq_ignore_ascii_case(sign.0) && (number.is_empty() || digit(number))
            });
            if let Some((_, number)) = found {
                return Some((Self::of_sign(sign, default), number));
            }
        }
        let front = word.split_at_checked(3);
        let back = word.len().checked_sub(3).and_then(|at| word.split_at_checked(at));
        let back = back.map(|(number, code)| (code, number));
        let mut both = [front, back].into_iter().flatten().filter(|(_, number)| digit(number));
        both.find_map(|(code, number)| {
            let known =
                Self::active(code).or_else(|| Self::new(code).filter(|code| *code == default))?;
            Some((Ok(known), number))
        })
    }

    /// Whether `code`, in capitals, is one that people write behind an amount.
    pub(crate) fn is_well_known(code: &str) -> bool {
        lists(ACTIVE, code) && !lists(WORDS, code)
    }

    /// All signs of one character, such as `€`.
    pub(crate) fn symbols() -> impl Iterator<Item = &'static str> {
        SIGNS.iter().map(|(sign, _)| *sign).filter(|sign| sign.chars().count() == 1)
    }

    /// Whether a sign can stand for this currency.
    pub(crate) fn has_symbol(self, sign: &str) -> bool {
        let codes = SIGNS.iter().find(|(known, _)| *known == sign).map_or("", |(_, codes)| codes);
        lists(codes, self.code())
    }

    fn of_sign((sign, codes): &(&str, &str), default: Self) -> Result<Self, String> {
        if lists(codes, default.code()) {
            return Ok(default);
        }
        match codes.strip_prefix("? ") {
            Some(codes) => {
                Err(format!("“{sign}” can be {}: please write the code.", codes.replace(' ', ", ")))
            }
            None => Ok(codes.split(' ').next().and_then(Self::new).unwrap_or(default)),
        }
    }
}

fn lists(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_three_letters() {
        for bad in ["", "EU", "EURO", "€", "E1R", "éu", "E R"] {
            assert_eq!(Currency::new(bad), None, "{bad}");
        }
        assert!(Currency::active("usd").is_some() && Currency::active("XYZ").is_none());
    }

    #[test]
    fn the_tables_are_sound() {
        let codes: Vec<&str> = ACTIVE.split_ascii_whitespace().collect();
        assert!(codes.len() > 150 && codes.is_sorted() && codes.iter().all(|code| code.len() == 3));
        for code in IN_SMALL_LETTERS.split_ascii_whitespace() {
            assert!(Currency::active(code).is_some(), "{code}");
        }
        for (sign, codes) in SIGNS {
            for code in codes.trim_start_matches("? ").split_ascii_whitespace() {
                assert!(Currency::active(code).is_some(), "{sign} {code}");
            }
        }
        for (at, (sign, _)) in SIGNS.iter().enumerate() {
            let shadowed = SIGNS.iter().skip(at + 1).any(|(later, _)| later.ends_with(sign));
            assert!(!shadowed, "{sign} comes before a longer one");
        }
    }

    #[test]
    fn a_shared_sign_means_the_default_if_it_can() {
        let of = |word: &str, default: &str| {
            let found = Currency::behind(word, Currency::new(default).unwrap())?;
            Some(found.map_or_else(|reason| reason, |currency| currency.code().to_owned()))
        };
        assert_eq!(of("$", "EUR").unwrap(), "USD");
        assert_eq!(of("$", "CAD").unwrap(), "CAD");
        assert_eq!(of("¥", "CNY").unwrap(), "CNY");
        assert_eq!(of("kr", "SEK").unwrap(), "SEK");
        assert_eq!(
            of("kr", "EUR").unwrap(),
            "“kr” can be SEK, NOK, DKK, ISK: please write the code."
        );
        assert_eq!(of("USD", "EUR").unwrap(), "USD");
        assert_eq!(of("bucks", "EUR").unwrap(), "USD");
        for none in ["TOP", "ALL", "food", "try", "php", "xyz", "12$"] {
            assert_eq!(of(none, "EUR"), None, "{none}");
        }
    }
}
