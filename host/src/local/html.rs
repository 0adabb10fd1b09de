//! `parse_mode=HTML`: Telegram's subset of tags, parsed into entities, with Telegram's own words when it cannot be.
//!
//! It follows the rules of Telegram's parser, also where they surprise: an unknown `&name;` stays as it is, a lone `<` is an
//! error, `</>` closes whatever is open, a link without a usable address is plain text.

use super::entities::{Entity, Formatted};

/// A tag that is open: where its content began, and what its attributes said.
struct Open {
    name: String,
    offset: usize,
    attributes: Vec<(String, String)>,
}

struct Parser<'a> {
    source: &'a str,
    /// Bytes of `source` that are read.
    at: usize,
    text: String,
    /// Length of `text` in UTF-16 units.
    units: usize,
    open: Vec<Open>,
    entities: Vec<Entity>,
}

/// Parses HTML; the error is what follows "can't parse entities: ".
pub(super) fn parse(source: &str) -> Result<Formatted, String> {
    let mut parser = Parser {
        source,
        at: 0,
        text: String::new(),
        units: 0,
        open: Vec::new(),
        entities: Vec::new(),
    };
    while let Some(next) = parser.peek() {
        match next {
            '<' if parser.rest().starts_with("</") => parser.end_tag()?,
            '<' => parser.start_tag()?,
            _ => {
                let character = parser.character();
                parser.push(character);
            }
        }
    }
    if let Some(open) = parser.open.last() {
        return Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.name));
    }
    Ok(Formatted { text: parser.text, entities: parser.entities })
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn push(&mut self, character: Option<char>) {
        if let Some(character) = character {
            self.text.push(character);
            self.units += character.len_utf16();
        }
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_whitespace()).len();
    }

    /// Reads up to the first character that `ends` accepts.
    fn take_until(&mut self, ends: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let taken =
            rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default().to_owned();
        self.at += taken.len();
        taken
    }

    /// Reads one character, decoding `&lt;` and its like.
    fn character(&mut self) -> Option<char> {
        let (character, length) = decode(self.rest())?;
        self.at += length;
        Some(character)
    }

    fn start_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        let unclosed = || format!("Unclosed start tag at byte offset {begin}");
        self.at += 1;
        let name = self.take_until(|c| c.is_ascii_whitespace() || c == '>').to_ascii_lowercase();
        if self.peek().is_none() {
            return Err(unclosed());
        }
        if entity_kind(&name).is_none() {
            return Err(format!("Unsupported start tag \"{name}\" at byte offset {begin}"));
        }
        let mut attributes = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => return Err(unclosed()),
                Some('>') => break,
                Some(_) => {}
            }
            let key = self
                .take_until(|c| c.is_ascii_whitespace() || matches!(c, '=' | '>'))
                .to_ascii_lowercase();
            if key.is_empty() {
                return Err(format!(
                    "Empty attribute name in the tag \"{name}\" at byte offset {begin}"
                ));
            }
            self.skip_space();
            let value = if self.peek() == Some('=') {
                self.at += 1;
                self.attribute_value(begin)?
            } else if key == "expandable" {
                String::new()
            } else {
                return Err(format!(
                    "Expected equal sign in declaration of an attribute of the tag \"{name}\" at byte offset {begin}"
                ));
            };
            attributes.push((key, value));
        }
        self.at += 1;
        let spoiler = attributes.iter().any(|(key, value)| key == "class" && value == "tg-spoiler");
        if name == "span" && !spoiler {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
            ));
        }
        self.open.push(Open { name, offset: self.units, attributes });
        Ok(())
    }

    fn attribute_value(&mut self, begin: usize) -> Result<String, String> {
        self.skip_space();
        let Some(quote @ ('"' | '\'')) = self.peek() else {
            let value = self.take_until(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-'));
            if !self.peek().is_some_and(|c| c.is_ascii_whitespace() || c == '>') {
                return Err(format!("Unexpected end of name token at byte offset {begin}"));
            }
            return Ok(value.to_ascii_lowercase());
        };
        self.at += 1;
        let mut value = String::new();
        loop {
            match self.peek() {
                None => return Err(format!("Unclosed start tag at byte offset {begin}")),
                Some(end) if end == quote => break,
                Some(_) => value.extend(self.character()),
            }
        }
        self.at += 1;
        Ok(value)
    }

    fn end_tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 2;
        let name = self.take_until(|c| c.is_ascii_whitespace() || c == '>').to_ascii_lowercase();
        self.skip_space();
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        if !name.is_empty() && name != open.name {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
                open.name
            ));
        }
        self.close(&open);
        Ok(())
    }

    fn close(&mut self, open: &Open) {
        let length = self.units - open.offset;
        let Some(kind) = entity_kind(&open.name).filter(|_| length > 0) else { return };
        let mut entity =
            Entity { kind: kind.to_owned(), offset: open.offset, length, ..Entity::default() };
        let attribute = |name: &str| {
            open.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        match open.name.as_str() {
            "a" => {
                let inner = self.text_from(open.offset);
                let Some(url) = link(&attribute("href").unwrap_or(inner)) else { return };
                match url.strip_prefix("tg://user?id=").and_then(|id| id.parse::<i64>().ok()) {
                    Some(id) => {
                        "text_mention".clone_into(&mut entity.kind);
                        entity.user = Some(
                            serde_json::json!({ "id": id, "is_bot": false, "first_name": "" }),
                        );
                    }
                    None => entity.url = Some(url),
                }
            }
            "blockquote" if attribute("expandable").is_some() => {
                "expandable_blockquote".clone_into(&mut entity.kind);
            }
            "tg-emoji" => match attribute("emoji-id") {
                Some(id) => entity.custom_emoji_id = Some(id),
                None => return,
            },
            // The language travels in the class until an enclosing `pre` takes it.
            "code" => {
                entity.language =
                    attribute("class").and_then(|c| c.strip_prefix("language-").map(str::to_owned));
            }
            "pre" => {
                let inner = |e: &&Entity| {
                    e.kind == "code" && e.offset == entity.offset && e.length == entity.length
                };
                if let Some(code) = self.entities.last().filter(inner) {
                    entity.language.clone_from(&code.language);
                    self.entities.pop();
                }
            }
            _ => {}
        }
        let inside_pre = self.open.iter().any(|outer| outer.name == "pre");
        if entity.kind == "code" && !inside_pre {
            entity.language = None;
        }
        self.entities.push(entity);
    }

    /// The text since a UTF-16 offset.
    fn text_from(&self, offset: usize) -> String {
        let mut units = 0;
        self.text
            .chars()
            .skip_while(|c| {
                let before = units < offset;
                units += c.len_utf16();
                before
            })
            .collect()
    }
}

fn entity_kind(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "tg-spoiler" | "span" => "spoiler",
        "code" => "code",
        "pre" => "pre",
        "a" => "text_link",
        "blockquote" => "blockquote",
        "tg-emoji" => "custom_emoji",
        _ => return None,
    })
}

/// The first character of `rest` and the bytes that it takes there.
fn decode(rest: &str) -> Option<(char, usize)> {
    let first = rest.chars().next()?;
    let plain = Some((first, first.len_utf8()));
    let Some(name) = rest.strip_prefix('&') else { return plain };
    for (known, character) in [("lt;", '<'), ("gt;", '>'), ("amp;", '&'), ("quot;", '"')] {
        if name.starts_with(known) {
            return Some((character, 1 + known.len()));
        }
    }
    let Some((digits, _)) = name.strip_prefix('#').and_then(|number| number.split_once(';')) else {
        return plain;
    };
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    match code.ok().filter(|&code| code != 0).and_then(char::from_u32) {
        // Two bytes of `&#`, the digits, one of `;`.
        Some(character) => Some((character, digits.len() + 3)),
        None => plain,
    }
}

/// A link's address as Telegram keeps it; None when it is none.
fn link(address: &str) -> Option<String> {
    let address = address.trim();
    if address.starts_with("tg://") || address.starts_with("mailto:") || address.starts_with("tel:")
    {
        return Some(address.to_owned());
    }
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => ("http".to_owned(), address),
    };
    let host = rest.split(['/', '?', '#']).next()?;
    let valid = matches!(scheme.as_str(), "http" | "https")
        && !host.is_empty()
        && !host.contains(char::is_whitespace);
    // Telegram accepts a host with a dot, or localhost with its port.
    let named = host.contains('.') || host.starts_with("localhost") || host.starts_with('[');
    let slash = if host.len() == rest.len() { "/" } else { "" };
    (valid && named).then(|| format!("{scheme}://{rest}{slash}"))
}

#[cfg(test)]
mod tests;
