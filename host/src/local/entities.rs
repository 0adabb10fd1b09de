//! Text with entities: offsets and lengths count UTF-16 code units, as everywhere in the Bot API.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) offset: usize,
    pub(super) length: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) custom_emoji_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<Value>,
}

impl Entity {
    fn end(&self) -> usize {
        self.offset + self.length
    }

    fn is_code(&self) -> bool {
        matches!(self.kind.as_str(), "code" | "pre")
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Formatted {
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
}

pub(super) fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

impl Formatted {
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), entities: Vec::new() }
    }

    pub(super) fn utf16_len(&self) -> usize {
        utf16_len(&self.text)
    }

    /// Brings text and entities into the form that Telegram stores: no white space around the text, no entity outside
    /// the text or without length, nothing inside code, outer entities first.
    pub(super) fn normalise(mut self) -> Self {
        let start = utf16_len(&self.text) - utf16_len(self.text.trim_start());
        self.text = self.text.trim().to_owned();
        let end = start + self.utf16_len();
        for entity in &mut self.entities {
            let from = entity.offset.clamp(start, end);
            let to = entity.end().clamp(start, end);
            entity.offset = from - start;
            entity.length = to - from;
        }
        self.entities.retain(|entity| entity.length > 0);
        self.cut_out_code();
        self.entities.sort_by(|a, b| a.offset.cmp(&b.offset).then(b.length.cmp(&a.length)));
        self
    }

    /// Code takes no other format: the others are cut at its borders (a quote may hold it).
    fn cut_out_code(&mut self) {
        let code: Vec<(usize, usize)> = self
            .entities
            .iter()
            .filter(|entity| entity.is_code())
            .map(|e| (e.offset, e.end()))
            .collect();
        if code.is_empty() {
            return;
        }
        let mut kept = Vec::with_capacity(self.entities.len());
        for entity in self.entities.drain(..) {
            if entity.is_code() || entity.kind.ends_with("blockquote") {
                kept.push(entity);
                continue;
            }
            let mut pieces = vec![(entity.offset, entity.end())];
            for &(from, to) in &code {
                pieces = pieces
                    .into_iter()
                    .flat_map(|(start, end)| [(start, end.min(from)), (start.max(to), end)])
                    .filter(|(start, end)| start < end)
                    .collect();
            }
            kept.extend(pieces.into_iter().map(|(start, end)| Entity {
                offset: start,
                length: end - start,
                ..entity.clone()
            }));
        }
        self.entities = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(kind: &str, offset: usize, length: usize) -> Entity {
        Entity { kind: kind.to_owned(), offset, length, ..Entity::default() }
    }

    #[test]
    fn white_space_around_the_text_moves_the_entities() {
        let text = Formatted {
            text: "  \u{1f600} hi \n".to_owned(),
            entities: vec![entity("bold", 0, 9)],
        }
        .normalise();
        assert_eq!(text.text, "\u{1f600} hi");
        assert_eq!(text.entities, [entity("bold", 0, 5)]);
    }

    #[test]
    fn an_entity_of_nothing_vanishes() {
        let text =
            Formatted { text: "a   ".to_owned(), entities: vec![entity("bold", 2, 2)] }.normalise();
        assert_eq!(text.entities, []);
    }

    #[test]
    fn code_is_cut_out_of_bold() {
        let entities = vec![entity("code", 2, 2), entity("bold", 0, 6)];
        let text = Formatted { text: "abcdef".to_owned(), entities }.normalise();
        assert_eq!(
            text.entities,
            [entity("bold", 0, 2), entity("code", 2, 2), entity("bold", 4, 2)]
        );
    }
}
