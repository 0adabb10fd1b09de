//! Where money was spent, and what for: learned once from the user, then known.
//!
//! "COOP-1234", "Coop" and "coop" are one vendor: small letters, without punctuation and the numbers of a
//! branch. What one user has taught the bot concerns nobody else.

use umbrasil_sdk::{Call, Result, storage};

use crate::record::Direction;

/// Most characters of a vendor.
const LONGEST: usize = 40;

/// The normal form of a vendor's name; empty if nothing of it is a name.
pub(crate) fn normal(name: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let separates = |c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | '&' | '.');
    for word in name.split(separates) {
        let word: String = word.chars().filter(|c| c.is_alphanumeric() || *c == '&').collect();
        if !word.is_empty() {
            words.push(word.to_lowercase());
        }
    }
    while words.len() > 1 && words.last().is_some_and(|word| word.chars().all(char::is_numeric)) {
        words.pop();
    }
    if words.len() > 1 && words.first().is_some_and(|word| word == "the") {
        words.remove(0);
    }
    words.join(" ").chars().take(LONGEST).collect::<String>().trim_end().to_owned()
}

/// What was learned about a vendor in its normal form.
pub(crate) fn category(call: &Call, direction: Direction, vendor: &str) -> Result<Option<String>> {
    if vendor.is_empty() {
        return Ok(None);
    }
    storage::get_text(&key(call, direction, vendor))
}

/// Remembers what a vendor in its normal form is for.
pub(crate) fn learn(call: &Call, direction: Direction, vendor: &str, category: &str) -> Result<()> {
    if vendor.is_empty() {
        return Ok(());
    }
    storage::set(&key(call, direction, vendor), category)
}

fn key(call: &Call, direction: Direction, vendor: &str) -> String {
    format!("{}/vendor/{}/{vendor}", call.user().id, direction.letter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_vendor_has_one_form() {
        for name in ["coop", "Coop", "COOP!", "Coop-1234", "coop #12", "the Coop", " coop 0815 7 "]
        {
            assert_eq!(normal(name), "coop", "{name}");
        }
        for (name, form) in [
            ("McDonald's", "mcdonalds"),
            ("H&M", "h&m"),
            ("S.B.B.", "sbb"),
            ("7 Eleven", "7 eleven"),
            ("1234", "1234"),
            ("Café Zähringer", "café zähringer"),
            ("<b>&</b>", "b & b"),
            ("🍕", ""),
            ("the", "the"),
        ] {
            assert_eq!(normal(name), form, "{name}");
        }
        assert_eq!(normal(&"é".repeat(100)).len(), 80, "a key has room for it");
    }
}
