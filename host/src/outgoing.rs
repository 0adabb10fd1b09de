//! What goes out: messages that wait in the database until Telegram has them, and asides that need not last.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::capability::progress::Progress;
use crate::database::NewMessage;
use crate::telemetry::redact::redacted;

/// One call to the Bot API, as the outbox keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Outgoing {
    Send {
        html: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keyboard: Keyboard,
    },
    /// Changes a message; if that is not possible any more, sends it.
    Edit {
        message_id: i64,
        html: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keyboard: Keyboard,
    },
    Photo {
        caption: String,
    },
    Document {
        name: String,
        caption: String,
    },
}

pub(crate) type Keyboard = Vec<Vec<Button>>;

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Button {
    pub(crate) label: String,
    /// At most 64 bytes.
    pub(crate) data: String,
}

/// Something for Telegram that is of no use later.
#[derive(Debug)]
pub(crate) enum Aside {
    Typing(i64),
    /// Shows how far an event is, until it has ended.
    Progress(Arc<Progress>),
    /// Ends the waiting of a pressed button, with a short notice if there is one.
    Answer {
        query: String,
        notice: Option<String>,
    },
    /// Takes the buttons off a question that is open no more.
    Unbutton {
        chat_id: i64,
        message_id: i64,
    },
    /// Takes a message out of the chat, because of what stands in it; its author is told if that fails.
    Delete {
        chat_id: i64,
        message_id: i64,
    },
}

impl Outgoing {
    pub(crate) fn text(html: impl Into<String>) -> Self {
        Self::Send { html: html.into(), keyboard: Vec::new() }
    }

    /// The row of the outbox. All that is sent comes by here, so secrets end here; what is in a file is the
    /// sender's own.
    pub(crate) fn into_message(self, chat_id: i64, file: Option<Vec<u8>>) -> NewMessage {
        // Strings and numbers always serialise.
        let payload = serde_json::to_string(&self.redacted()).unwrap_or_default();
        NewMessage { chat_id, payload, file }
    }

    fn redacted(mut self) -> Self {
        let mask = |text: &mut String| *text = redacted(std::mem::take(text));
        match &mut self {
            Self::Send { html, keyboard } | Self::Edit { html, keyboard, .. } => {
                mask(html);
                for button in keyboard.iter_mut().flatten() {
                    mask(&mut button.label);
                    mask(&mut button.data);
                }
            }
            Self::Photo { caption } => mask(caption),
            Self::Document { name, caption } => {
                mask(name);
                mask(caption);
            }
        }
        self
    }
}
