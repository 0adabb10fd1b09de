//! What came in: an update of the Bot API, reduced to what the host acts on.

/// An update from somebody who may speak.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    pub(crate) update_id: i64,
    pub(crate) chat_id: i64,
    pub(crate) user: User,
    /// When it was written, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    pub(crate) content: Content,
    /// The message that it is, if it is one.
    pub(crate) message_id: Option<i64>,
}

/// Stands for what was taken out of a text before it was kept.
pub(crate) const WITHHELD: &str = "[withheld]";

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) language: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Text(String),
    /// A pressed button: the query to answer, what the button carried, and the message that it is under.
    Button {
        query: String,
        data: String,
        message_id: Option<i64>,
    },
    /// Text that somebody else wrote: never run as a command.
    Forwarded,
    /// A photo, a document or a voice message.
    File(Upload),
    /// A sound, a sticker and so on, by its name: nothing that a module can take.
    Media(&'static str),
}

/// A file that somebody sent. Its content is still with Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    /// Its id at the Bot API.
    pub(crate) id: String,
    pub(crate) media: Media,
    /// As its sender named it; empty if it has no name.
    pub(crate) name: String,
    /// As its sender's app says; empty when unknown.
    pub(crate) mime: String,
    /// In bytes, as the update says; 0 when unknown.
    pub(crate) size: u64,
    pub(crate) caption: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Photo,
    Document,
    Voice,
}

impl Media {
    /// As people call it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Document => "document",
            Self::Voice => "voice message",
        }
    }
}

impl Incoming {
    /// Whether this is `/name`, as it is or addressed to a bot.
    pub(crate) fn is_command(&self, name: &str) -> bool {
        let Content::Text(text) = &self.content else { return false };
        let word = text.split_whitespace().next().unwrap_or("");
        let word = word.split('@').next().unwrap_or("");
        word.strip_prefix('/').is_some_and(|word| word.eq_ignore_ascii_case(name))
    }
}
