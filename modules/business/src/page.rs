//! Pages of long lists, and what one name of many somebody means.

use umbrasil_sdk::Button;

/// One page of a list. Its numbers start at 0; a number behind the last page is the last page, because the
/// list may have become shorter since the button was made.
pub(crate) struct Page<'a, T> {
    pub(crate) items: &'a [T],
    pub(crate) number: usize,
    pub(crate) pages: usize,
}

impl<'a, T> Page<'a, T> {
    /// The page that a button asks for, with `size` items; the first if it asks for none.
    pub(crate) fn new(all: &'a [T], wanted: Option<&str>, size: usize) -> Self {
        let pages = all.len().div_ceil(size).max(1);
        let wanted: usize = wanted.and_then(|number| number.parse().ok()).unwrap_or(0);
        let number = wanted.min(pages - 1);
        let from = number.saturating_mul(size);
        let to = from.saturating_add(size).min(all.len());
        Self { items: all.get(from..to).unwrap_or_default(), number, pages }
    }

    /// The buttons to the pages around this one: none, one or two.
    pub(crate) fn turns(&self, button: impl Fn(&str, usize) -> Button) -> Vec<Button> {
        let mut buttons = Vec::new();
        if let Some(before) = self.number.checked_sub(1) {
            buttons.push(button("◀", before));
        }
        if self.number + 1 < self.pages {
            buttons.push(button("▶", self.number + 1));
        }
        buttons
    }

    /// ` · page 2 of 3`, or nothing where there is one page.
    pub(crate) fn caption(&self) -> String {
        if self.pages == 1 {
            return String::new();
        }
        format!(" · page {} of {}", self.number + 1, self.pages)
    }
}

/// Which of many somebody means by a name or a part of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant<'a, T> {
    One(&'a T),
    None,
    /// All that it may be, in the order of the list.
    Several(Vec<&'a T>),
}

/// Looks for the whole name first, then for it in other letters, then for a part of one. How many blanks there
/// are between words counts nowhere: chats and keyboards change them.
pub(crate) fn meant<'a, T>(all: &'a [T], wanted: &str, name: impl Fn(&T) -> &str) -> Meant<'a, T> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = plain(wanted);
    let small = wanted.to_lowercase();
    let ways: [&dyn Fn(&str) -> bool; 3] =
        [&|name| name == wanted, &|name| name.to_lowercase() == small, &|name| {
            name.to_lowercase().contains(&small)
        }];
    for way in ways {
        let found: Vec<&T> = all.iter().filter(|one| way(&plain(name(one)))).collect();
        match *found.as_slice() {
            [] => {}
            [one] => return Meant::One(one),
            _ => return Meant::Several(found),
        }
    }
    Meant::None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_all_and_nothing_twice() {
        let all: Vec<usize> = (0..17).collect();
        let seen: Vec<usize> = ["0", "1", "2"]
            .iter()
            .flat_map(|number| Page::new(&all, Some(number), 8).items.to_vec())
            .collect();
        assert_eq!(seen, all);
        assert_eq!(Page::new(&all, Some("99"), 8).items, [16]);
        assert_eq!(Page::new(&all, Some("-1 <b>"), 8).number, 0);
        assert_eq!(Page::new(&[] as &[u8], None, 8).caption(), "");
        assert_eq!(Page::new(&all, Some("1"), 8).caption(), " · page 2 of 3");
    }

    #[test]
    fn the_most_exact_name_is_meant() {
        let all = ["web", "Web-2", "api", "my-api", "DB"];
        let name = |name: &str| meant(&all, name, |one| one);
        assert_eq!(name("web"), Meant::One(&"web"));
        assert_eq!(name("WEB"), Meant::One(&"web"));
        assert_eq!(name("we"), Meant::Several(vec![&"web", &"Web-2"]));
        assert_eq!(name("api"), Meant::One(&"api"));
        assert_eq!(name("ap"), Meant::Several(vec![&"api", &"my-api"]));
        assert_eq!(name("y-a"), Meant::One(&"my-api"));
        assert_eq!(name("db"), Meant::One(&"DB"));
        assert_eq!(name("x"), Meant::None);
        let all = ["Sync  orders ", "Sync orders two"];
        for wanted in ["Sync orders", "Sync  orders", "sync \u{a0}orders"] {
            assert_eq!(meant(&all, wanted, |one| one), Meant::One(&"Sync  orders "), "{wanted}");
        }
    }
}
