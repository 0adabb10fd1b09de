//! What something was for, by words in its text. It is only a proposal: people change it with a tap.

use crate::record::Direction;

/// Categories and words that speak for them, in small letters. The first that is found wins.
const EXPENSES: [(&str, &[&str]); 9] = [
    (
        "groceries",
        &[
            "coop",
            "migros",
            "aldi",
            "lidl",
            "denner",
            "spar",
            "volg",
            "rewe",
            "edeka",
            "netto",
            "penny",
            "kaufland",
            "tegut",
            "billa",
            "hofer",
            "walmart",
            "kroger",
            "safeway",
            "trader joe",
            "whole foods",
            "costco",
            "target",
            "tesco",
            "sainsbury",
            "asda",
            "carrefour",
            "leclerc",
            "auchan",
            "supermarkt",
            "supermarket",
            "grocery",
            "market",
            "bäckerei",
            "bakery",
            "metzgerei",
        ],
    ),
    (
        "food",
        &[
            "restaurant",
            "ristorante",
            "café",
            "cafe",
            "coffee",
            "starbucks",
            "mcdonald",
            "burger",
            "pizza",
            "kebab",
            "sushi",
            "bistro",
            "gasthaus",
            "trattoria",
            "diner",
            "subway",
            "imbiss",
            "bar & grill",
        ],
    ),
    (
        "transport",
        &[
            "sbb",
            "cff",
            "deutsche bahn",
            "db vertrieb",
            "bvb",
            "zvv",
            "uber",
            "taxi",
            "shell",
            "aral",
            "esso",
            "avia",
            "tankstelle",
            "fuel",
            "gas station",
            "diesel",
            "parking",
            "parkhaus",
            "airline",
            "flixbus",
        ],
    ),
    (
        "health",
        &[
            "apotheke",
            "pharmacy",
            "pharmacie",
            "drogerie",
            "dm-drogerie",
            "rossmann",
            "walgreens",
            "cvs",
            "dentist",
        ],
    ),
    (
        "home",
        &["ikea", "bauhaus", "obi", "hornbach", "home depot", "jumbo", "rent", "miete", "hausrat"],
    ),
    (
        "shopping",
        &[
            "amazon",
            "galaxus",
            "digitec",
            "zalando",
            "h&m",
            "zara",
            "media markt",
            "mediamarkt",
            "best buy",
        ],
    ),
    ("fun", &["kino", "cinema", "netflix", "spotify", "museum", "theater", "concert"]),
    ("phone", &["swisscom", "sunrise", "salt mobile", "telekom", "vodafone", "verizon", "o2"]),
    ("insurance", &["versicherung", "insurance", "krankenkasse", "css ", "helsana"]),
];

const INCOME: [(&str, &[&str]); 3] = [
    ("salary", &["salary", "payroll", "lohn", "gehalt", "salaire"]),
    ("interest", &["interest", "zins", "dividend"]),
    ("refund", &["refund", "rückerstattung", "gutschrift"]),
];

/// What nothing speaks for.
pub(crate) const OTHER: &str = "other";

/// The category that a text speaks for, or [`OTHER`].
pub(crate) fn category(text: &str, direction: Direction) -> &'static str {
    let text = text.to_lowercase();
    let known: &[(&str, &[&str])] = match direction {
        Direction::Expense => &EXPENSES,
        Direction::Income => &INCOME,
    };
    let found = known.iter().find(|(_, words)| words.iter().any(|word| has_word(&text, word)));
    found.map_or(OTHER, |(category, _)| category)
}

/// Whether a text has a word, not only as a part of another one. Names of shops run on with their numbers.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let (before, rest) = text.split_at(at);
        let after = rest.get(word.len()..).unwrap_or_default();
        let part = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        // Long words may have an ending: `mcdonald's`, `restaurants`, `pizzeria` is another one.
        !part(before.chars().next_back()) && (word.len() > 6 || !part(after.chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shops_speak_for_their_category() {
        for (text, expected) in [
            ("COOP-1234 BASEL", "groceries"),
            ("Migros MM Claraplatz", "groceries"),
            ("Restaurant Krone", "food"),
            ("McDonald's #12", "food"),
            ("SBB CFF FFS", "transport"),
            ("Apotheke am Markt", "health"),
            ("Barbershop", "other"),
            ("scoop", "other"),
            ("", "other"),
        ] {
            assert_eq!(category(text, Direction::Expense), expected, "{text}");
        }
        assert_eq!(category("LOHN NOVEMBER", Direction::Income), "salary");
        assert_eq!(category("coop", Direction::Income), "other");
    }
}
