//! What an event led to, in the words that a test compares.

use std::fmt;

use super::world::Effects;
use crate::Html;
use crate::bindings::exports::umbrasil::module::handler as wit;
use crate::bindings::umbrasil::module::log::Level;

/// What the user got to see, and what happened besides. Its `Display` is a transcript: one block for each
/// message, with its buttons in brackets.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The messages, in their order.
    pub replies: Vec<Message>,
    /// The notices over the chat; shown only where a button was pressed.
    pub toasts: Vec<String>,
    /// The pictures.
    pub photos: Vec<Sent>,
    /// The files.
    pub documents: Vec<Sent>,
    /// The question that the next text answers, with its arguments.
    pub expected: Option<(String, Vec<String>)>,
    /// How often "typing…" was shown.
    pub typing: u32,
    /// What was shown before the end, with its markup, each text that was said.
    pub progress: Vec<String>,
    /// How many calls the handler made to its host. Each crosses the sandbox, so fewer are faster.
    pub calls: u32,
    /// What was logged, each line with its level as in `info: text`.
    pub logs: Vec<String>,
}

/// A message as the user sees it.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// The text without its markup.
    pub text: String,
    /// The text as it was sent.
    pub html: String,
    /// The labels of the buttons, row by row.
    pub buttons: Vec<Vec<String>>,
    /// Whether the message took the place of the one whose button was pressed.
    pub replaced: bool,
    keyboard: Vec<Vec<wit::Button>>,
}

/// A picture or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The file name; empty for a picture.
    pub name: String,
    /// The bytes.
    pub content: Vec<u8>,
    /// The text below, with its markup.
    pub caption: String,
}

impl Outcome {
    /// The text of all messages, without markup and buttons.
    #[must_use]
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.replies.iter().map(|message| message.text.as_str()).collect();
        texts.join("\n\n")
    }

    pub(crate) fn new(replies: Vec<wit::Reply>, effects: Effects, pressed: bool) -> Self {
        let message = |reply: wit::Reply| Message {
            text: Html::visible(&reply.html),
            html: reply.html,
            buttons: labels(&reply.keyboard),
            replaced: reply.replace && pressed,
            keyboard: reply.keyboard,
        };
        let photo = |(content, caption)| Sent { name: String::new(), content, caption };
        let document = |(name, content, caption)| Sent { name, content, caption };
        let log = |(level, text): (Level, String)| {
            let level = match level {
                Level::Debug => "debug",
                Level::Info => "info",
                Level::Warn => "warn",
                Level::Error => "error",
            };
            format!("{level}: {text}")
        };
        Self {
            replies: replies.into_iter().map(message).collect(),
            toasts: if pressed { effects.toasts } else { Vec::new() },
            photos: effects.photos.into_iter().map(photo).collect(),
            documents: effects.documents.into_iter().map(document).collect(),
            expected: effects.expected,
            typing: effects.typing,
            progress: effects.progress,
            calls: effects.calls,
            logs: effects.logs.into_iter().map(log).collect(),
        }
    }
}

impl Message {
    pub(crate) fn button(&self, label: &str) -> Option<&wit::Button> {
        self.keyboard.iter().flatten().find(|button| button.label == label)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text_of(&self.replies))?;
        for toast in &self.toasts {
            let gap = if self.replies.is_empty() { "" } else { "\n" };
            write!(f, "{gap}({toast})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edited = if self.replaced { "(edited) " } else { "" };
        write!(f, "{edited}{}", self.text)?;
        for row in &self.buttons {
            write!(f, "\n[{}]", row.join("] ["))?;
        }
        Ok(())
    }
}

/// The transcript of several messages.
pub(crate) fn text_of(messages: &[Message]) -> String {
    let texts: Vec<String> = messages.iter().map(ToString::to_string).collect();
    texts.join("\n\n")
}

fn labels(keyboard: &[Vec<wit::Button>]) -> Vec<Vec<String>> {
    keyboard.iter().map(|row| row.iter().map(|button| button.label.clone()).collect()).collect()
}
