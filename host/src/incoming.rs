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
}

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
    /// A photo, document, voice message and so on, by its name.
    Media(&'static str),
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
