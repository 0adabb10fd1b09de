//! What people may write into a category and a note, and words that several conversations share.
//!
//! Both come back in messages, reports and exports, perhaps to others in a group. So nothing gets in that
//! breaks a line or turns the direction of writing: the balance line stays the last line, and a note reads
//! as it was typed.

use std::fmt::Display;

use umbrasil_sdk::prelude::*;

/// What is said where an amount is doubtful and no button can ask which one is meant.
pub(crate) const TWO_WAYS: &str =
    "That can be read in two ways: please write it without separators, as 1000 or 1000.50.";

/// What is said where another payment is told in answer to a question about this one.
pub(crate) const FINISH_FIRST: &str =
    "First finish this one, or cancel it: what you just wrote was not booked.";

/// Most characters of a category.
const CATEGORY: usize = 32;

/// Most characters of a note.
const NOTE: usize = 200;

/// The category that `word` names, in small letters; or the reason why it can't be one.
pub(crate) fn category(word: &str) -> Result<String, String> {
    let word = word.trim();
    // `food, coffee` is about food.
    let plain = word.trim_end_matches([',', '.', ';', ':', '!']);
    let word = if plain.chars().all(char::is_alphanumeric) { plain } else { word };
    if word.is_empty() {
        return Err("The category is missing.".into());
    }
    if word.chars().any(char::is_whitespace) {
        return Err("A category is one word.".into());
    }
    if word.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err("A category has no invisible characters.".into());
    }
    let category = word.to_lowercase();
    if category.chars().count() > CATEGORY {
        return Err(format!("A category has at most {CATEGORY} characters."));
    }
    Ok(category)
}

/// The note that `text` makes: one line, which may be empty; or the reason why it is too long.
pub(crate) fn note(text: &str) -> Result<String, String> {
    let mut note = String::with_capacity(text.len());
    for c in text.trim().chars().filter(|&c| !is_invisible(c)) {
        let breaks = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if !breaks {
            note.push(c);
        } else if !note.ends_with(' ') {
            note.push(' ');
        }
    }
    let note = note.trim().to_owned();
    match note.chars().count() {
        count if count > NOTE => {
            Err(format!("A note has at most {NOTE} characters; this one has {count}."))
        }
        _ => Ok(note),
    }
}

/// The beginning of a question that is asked again: the reason in a line of its own; else nothing.
pub(crate) fn again(reason: Option<impl Display>) -> Html {
    reason.map_or_else(Html::new, |reason| Html::new().text(reason).line())
}

/// A note short enough for a line of a list.
pub(crate) fn shorten(note: &str) -> String {
    match note.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", note.split_at(end).0),
        None => note.to_owned(),
    }
}

/// With a capital letter at the beginning.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}

/// Whether a character shows nothing but changes what is around it. The joiners that emoji and several
/// scripts need are none of them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_one_small_visible_word() {
        assert_eq!(category("Food").unwrap(), "food");
        assert_eq!(category("ÖPNV").unwrap(), "öpnv");
        assert_eq!(category("food,").unwrap(), "food");
        assert_eq!(category("a.b.").unwrap(), "a.b.");
        assert_eq!(category("<b>&").unwrap(), "<b>&");
        assert_eq!(category("👩\u{200d}🍳").unwrap(), "👩\u{200d}🍳");
        assert_eq!(category(&"é".repeat(32)).unwrap().chars().count(), 32);
        // Small letters may be more than the capitals were.
        assert!(category(&"İ".repeat(32)).is_err());
        for bad in
            ["", "  ", "a b", "a\u{a0}b", "a\u{7}b", "a\u{202e}b", "\u{feff}", &"x".repeat(33)]
        {
            assert!(category(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_note_is_one_line() {
        assert_eq!(note("  Pizza for lunch ").unwrap(), "Pizza for lunch");
        assert_eq!(note("a\r\nb\n\n\tc\u{2028}d").unwrap(), "a b c d");
        assert_eq!(note("a\u{202e}b\u{0}").unwrap(), "ab");
        assert_eq!(note("").unwrap(), "");
        assert_eq!(note(&"x".repeat(200)).unwrap().len(), 200);
        assert_eq!(
            note(&"x".repeat(4_000)).unwrap_err(),
            "A note has at most 200 characters; this one has 4000."
        );
    }
}
