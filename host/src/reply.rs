//! What a module may say: Telegram's HTML subset, within Telegram's lengths.
//!
//! Markup that is not well-formed is shown as the text that it is, so that a message is never refused for
//! it. A long text becomes several messages, cut at a line or a word where that is near, with the open
//! tags closed before the cut and opened again after it.

use crate::outgoing::{Button, Keyboard, Outgoing};
use crate::telemetry::redact::redact;

/// UTF-16 units of a message's text, after the markup is taken out.
const TEXT: usize = 4096;
/// UTF-16 units of a caption.
const CAPTION: usize = 1024;
/// Messages that one reply may become; what is over is left out, and the last one says so.
const PARTS: usize = 5;
/// Rows and buttons of a keyboard.
const ROWS: usize = 30;
const BUTTONS: usize = 100;

/// What the host's questions to owners begin with. Modules cannot send it.
pub(crate) const MARK: &str = "\u{1f6e1}\u{fe0f}";
/// The character that makes the mark, alone or with whatever follows it.
const MARK_CHARACTER: char = '\u{1f6e1}';

/// What a module says, without the host's mark.
pub(crate) fn unmarked(text: &str) -> String {
    text.replace(MARK_CHARACTER, "▫")
}

/// Escapes `text` for HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The messages that show `html` with `keyboard` under the last; the first one replaces `message`, if given.
pub(crate) fn messages(html: &str, mut keyboard: Keyboard, replace: Option<i64>) -> Vec<Outgoing> {
    trim(&mut keyboard);
    // Before it is cut, so that no secret passes in two halves.
    let parts = split(&redact(html), TEXT, PARTS);
    let last = parts.len().saturating_sub(1);
    let message = |(index, html): (usize, String)| {
        let keyboard = if index == last { std::mem::take(&mut keyboard) } else { Keyboard::new() };
        match replace {
            Some(message_id) if index == 0 => Outgoing::Edit { message_id, html, keyboard },
            _ => Outgoing::Send { html, keyboard },
        }
    };
    parts.into_iter().enumerate().map(message).collect()
}

/// A caption: one part, cut where it is too long.
pub(crate) fn caption(html: &str) -> String {
    split(&redact(html), CAPTION, 1).into_iter().next().unwrap_or_default()
}

/// The text without its markup, for when Telegram does not take it.
pub(crate) fn plain(html: &str) -> String {
    tokens(html)
        .iter()
        .map(|token| if let Token::Text(text, _) = token { *text } else { "" })
        .map(unescape)
        .collect()
}

fn trim(keyboard: &mut Keyboard) {
    let mut left = BUTTONS;
    keyboard.truncate(ROWS);
    for row in keyboard.iter_mut() {
        row.truncate(left.min(8));
        left -= row.len();
        for Button { label, .. } in row {
            *label = label.chars().filter(|character| !is_forbidden(*character)).take(64).collect();
        }
    }
    keyboard.retain(|row| !row.is_empty());
}

/// A piece of markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// As written, and its UTF-16 units when shown.
    Text(&'a str, usize),
    Open {
        tag: &'a str,
        written: &'a str,
    },
    Close(&'a str),
}

const TAGS: [&str; 15] = [
    "a",
    "b",
    "blockquote",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "pre",
    "s",
    "span",
    "strike",
    "strong",
    "tg-spoiler",
    "u",
];

/// Splits `html` into at most `parts` pieces of at most `limit` units each. What is over is left out, and
/// the last piece says so.
fn split(html: &str, limit: usize, parts: usize) -> Vec<String> {
    const NOTE: &str = "\n… (cut: too long)";
    let mut pieces = pieces(html, limit);
    if pieces.len() > parts {
        pieces.truncate(parts);
        if let Some(last) = pieces.last_mut() {
            let shorter = self::pieces(last, limit - NOTE.encode_utf16().count());
            *last = shorter.into_iter().next().unwrap_or_default() + NOTE;
        }
    }
    pieces
}

/// All pieces of at most `limit` units that `html` makes.
fn pieces(html: &str, limit: usize) -> Vec<String> {
    let html: String = html.chars().filter(|character| !is_forbidden(*character)).collect();
    let html = if is_well_formed(&html) { html } else { escape(&html) };
    let mut writer =
        Writer { limit, parts: Vec::new(), current: String::new(), used: 0, open: Vec::new() };
    for token in tokens(html.trim()) {
        match token {
            Token::Text(text, units) => writer.text(text, units),
            Token::Open { tag, written } => {
                writer.current.push_str(written);
                writer.open.push((tag, written));
            }
            Token::Close(tag) => {
                writer.open.pop();
                writer.close(tag);
            }
        }
    }
    writer.finish()
}

struct Writer<'a> {
    limit: usize,
    parts: Vec<String>,
    current: String,
    used: usize,
    open: Vec<(&'a str, &'a str)>,
}

impl<'a> Writer<'a> {
    fn text(&mut self, mut text: &'a str, mut units: usize) {
        while self.used + units > self.limit {
            let (fits, fits_units) = cut(text, self.limit - self.used);
            self.current.push_str(fits);
            self.used += fits_units;
            text = text.get(fits.len()..).unwrap_or_default().trim_start_matches('\n');
            units = shown_units(text);
            self.break_here();
        }
        self.current.push_str(text);
        self.used += units;
    }

    fn close(&mut self, tag: &str) {
        self.current.extend(["</", tag, ">"]);
    }

    fn break_here(&mut self) {
        for (tag, _) in self.open.iter().rev() {
            self.current.extend(["</", tag, ">"]);
        }
        let part = std::mem::take(&mut self.current);
        if self.used > 0 {
            self.parts.push(part);
        }
        self.used = 0;
        self.current = self.open.iter().map(|(_, written)| *written).collect();
    }

    fn finish(mut self) -> Vec<String> {
        if self.used > 0 {
            self.break_here();
        }
        self.parts.retain(|part| !plain(part).trim().is_empty());
        self.parts
    }
}

/// The longest start of `text` of at most `limit` units; at a line or word if one ends in its second half.
fn cut(text: &str, limit: usize) -> (&str, usize) {
    let (mut end, mut units) = (0, 0);
    let mut line_or_word = None;
    for (start, length, shown) in characters(text) {
        if units + shown > limit {
            break;
        }
        (end, units) = (start + length, units + shown);
        let piece = text.get(start..end).unwrap_or_default();
        if units > limit / 2
            && (piece == "\n" || (piece == " " && !matches!(line_or_word, Some((_, _, '\n')))))
        {
            line_or_word = Some((end, units, piece.chars().next().unwrap_or(' ')));
        }
    }
    let (end, units) = line_or_word.map_or((end, units), |(end, units, _)| (end, units));
    (text.get(..end).unwrap_or_default(), units)
}

/// Start, length in bytes and units of each character as shown: an entity is one.
fn characters(text: &str) -> impl Iterator<Item = (usize, usize, usize)> {
    let mut rest = text.char_indices();
    std::iter::from_fn(move || {
        let (start, character) = rest.next()?;
        if character == '&'
            && let Some(length) = text.get(start..).and_then(entity)
        {
            // Every entity that is let through is ASCII after its ampersand.
            for _ in 1..length {
                rest.next();
            }
            return Some((start, length, 1));
        }
        Some((start, character.len_utf8(), character.len_utf16()))
    })
}

fn shown_units(text: &str) -> usize {
    characters(text).map(|(_, _, units)| units).sum()
}

/// The length of the entity that `text` begins with.
fn entity(text: &str) -> Option<usize> {
    ["&lt;", "&gt;", "&amp;", "&quot;"]
        .into_iter()
        .find(|entity| text.starts_with(entity))
        .map(str::len)
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Takes markup apart. Text that only looks like a tag is text.
fn tokens(html: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let found = rest.find('<').and_then(|start| {
            let (text, tag) = rest.split_at(start);
            let length = tag.find('>')? + 1;
            Some((text, parse_tag(tag.get(..length)?)?, tag.get(length..)?))
        });
        let Some((text, tag, after)) = found else {
            // A stray `<` stays in the text; [`is_well_formed`] has refused it before it matters.
            tokens.push(Token::Text(rest, shown_units(rest)));
            break;
        };
        if !text.is_empty() {
            tokens.push(Token::Text(text, shown_units(text)));
        }
        tokens.push(tag);
        rest = after;
    }
    tokens
}

fn parse_tag(written: &str) -> Option<Token<'_>> {
    let inner = written.strip_prefix('<')?.strip_suffix('>')?;
    if let Some(tag) = inner.strip_prefix('/') {
        return TAGS.contains(&tag).then_some(Token::Close(tag));
    }
    let (tag, attributes) = inner.split_once(' ').unwrap_or((inner, ""));
    let sound = match (tag, attributes) {
        ("a", href) => is_link(href),
        ("span", class) => class == "class=\"tg-spoiler\"",
        ("blockquote", "expandable") => true,
        ("code", class) if class.starts_with("class=\"language-") => {
            class.ends_with('"') && class.matches('"').count() == 2
        }
        (tag, attributes) => attributes.is_empty() && TAGS.contains(&tag),
    };
    sound.then_some(Token::Open { tag, written })
}

/// Only web links and mail: others could start things on the user's device.
fn is_link(attributes: &str) -> bool {
    let target = attributes.strip_prefix("href=\"").and_then(|target| target.strip_suffix('"'));
    target.is_some_and(|target| {
        let known = ["https://", "http://", "mailto:", "tg://user?id="];
        known.iter().any(|scheme| target.starts_with(scheme)) && !target.contains(['"', '<', '>'])
    })
}

fn is_well_formed(html: &str) -> bool {
    let mut open = Vec::new();
    for token in tokens(html) {
        match token {
            Token::Text(text, _) => {
                let stray = text.contains(['<', '>'])
                    || text
                        .match_indices('&')
                        .any(|(at, _)| text.get(at..).and_then(entity).is_none());
                if stray {
                    return false;
                }
            }
            Token::Open { tag, .. } => open.push(tag),
            Token::Close(tag) => {
                if open.pop() != Some(tag) {
                    return false;
                }
            }
        }
    }
    open.is_empty()
}

/// Controls, and marks that turn the direction of what follows: they can make a text read as another.
fn is_forbidden(character: char) -> bool {
    (character.is_control() && character != '\n' && character != '\t')
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;
