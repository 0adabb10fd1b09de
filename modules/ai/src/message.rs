//! What is said in a conversation, in no provider's words: each of them translates it into its own.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Message {
    User(String),
    Assistant {
        text: String,
        calls: Vec<ToolCall>,
        /// What only the provider that wrote it understands and wants back while tools are used.
        #[serde(default)]
        opaque: Vec<Value>,
    },
    /// The results of all calls of the message before.
    Results(Vec<ToolResult>),
}

/// A command that the model wants to be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToolCall {
    pub(crate) id: String,
    pub(crate) name: String,
    /// A JSON object, as the model wrote it: maybe none.
    pub(crate) arguments: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToolResult {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) failed: bool,
}

/// A tool as models are told of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) description: String,
    /// JSON schema of the arguments.
    pub(crate) parameters: Value,
}

/// A picture that goes with the last question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Such as `image/jpeg`.
    pub(crate) mime: &'static str,
    pub(crate) base64: String,
}

/// All that a model is asked with.
#[derive(Debug)]
pub(crate) struct Prompt<'a> {
    pub(crate) system: &'a str,
    pub(crate) messages: &'a [Message],
    /// Belongs to the message at this index.
    pub(crate) picture: Option<(usize, &'a Picture)>,
    pub(crate) tools: &'a [Tool],
}

/// What a model has said in one turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Turn {
    pub(crate) text: String,
    pub(crate) calls: Vec<ToolCall>,
    pub(crate) opaque: Vec<Value>,
    pub(crate) spent: Spent,
    /// Whether it ended because the answer has as many tokens as it may.
    pub(crate) is_full: bool,
}

impl Turn {
    /// Whether it neither says nor wants anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.calls.is_empty()
    }
}

/// Tokens of one turn, and their price if the provider names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    /// None if the provider has not said.
    pub(crate) tokens: Option<Tokens>,
    /// In micro-dollars.
    pub(crate) cost: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    pub(crate) output: u64,
}

/// Sets a field of a JSON object; nothing happens to what is none.
pub(crate) fn put(object: &mut Value, field: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(field.to_owned(), value);
    }
}

/// About how many tokens a text has: a token is some four letters of Latin text, three bytes of code and
/// numbers, and about one character of scripts that need no spaces.
pub(crate) fn tokens(text: &str) -> u64 {
    let mut twelfths: u64 = 0;
    for character in text.chars() {
        twelfths += match character {
            'a'..='z' | 'A'..='Z' | ' ' => 3,
            '\0'..='\x7f' => 4,
            '\u{80}'..='\u{2fff}' => 6,
            _ => 12,
        };
    }
    twelfths.div_ceil(12)
}

impl Message {
    /// About how many tokens it costs to send it.
    pub(crate) fn tokens(&self) -> u64 {
        4 + match self {
            Self::User(text) => tokens(text),
            Self::Assistant { text, calls, .. } => {
                let call = |call: &ToolCall| 8 + tokens(&call.name) + tokens(&call.arguments);
                tokens(text) + calls.iter().map(call).sum::<u64>()
            }
            Self::Results(results) => {
                results.iter().map(|result| 8 + tokens(&result.text)).sum::<u64>()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn estimates_lie_near_what_tokenisers_count() {
        assert_eq!(tokens(""), 0);
        // 44 letters: nine or ten tokens to most.
        assert!((9..=12).contains(&tokens("The quick brown fox jumps over the lazy dog.")));
        assert_eq!(tokens("你好世界"), 4);
        assert!(tokens("fn main() { println!(\"{}\", 1 + 2); }") > 8);
    }
}
