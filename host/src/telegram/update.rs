//! From the update that Telegram sent to what the host acts on. Pure: no state, no calls.
//!
//! Only what is needed is read, field by field: a kind, a field or an entity that this version does not
//! know never hides a message.

mod file;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use self::file::upload;
use crate::auth::Origin;
use crate::incoming::{Content, Incoming, Media, User};

/// Why an update is not acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unusable {
    /// A kind that the host has no use for.
    Ignored,
    /// Not what the Bot API documents.
    Malformed,
}

/// An update before the gate: who sent it, and the rest, which nobody reads unless the gate lets it in.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) id: i64,
    pub(super) origin: Origin,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Message(Box<Message>),
    Button(Box<CallbackQuery>),
    Other,
}

#[derive(Debug, Deserialize)]
struct Envelope<'a> {
    update_id: Value,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    callback_query: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Message {
    message_id: Option<i64>,
    date: i64,
    from: Option<Person>,
    chat: Chat,
    sender_chat: Option<serde::de::IgnoredAny>,
    text: Option<String>,
    caption: Option<String>,
    forward_origin: Option<serde::de::IgnoredAny>,
    forward_date: Option<serde::de::IgnoredAny>,
    via_bot: Option<serde::de::IgnoredAny>,
    // Looked into only behind the gate.
    photo: Option<Box<RawValue>>,
    document: Option<Box<RawValue>>,
    voice: Option<Box<RawValue>>,
    audio: Option<serde::de::IgnoredAny>,
    video: Option<serde::de::IgnoredAny>,
    sticker: Option<serde::de::IgnoredAny>,
    location: Option<serde::de::IgnoredAny>,
    contact: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct CallbackQuery {
    id: String,
    from: Person,
    message: Option<ButtonMessage>,
    data: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ButtonMessage {
    message_id: i64,
    chat: Chat,
}

#[derive(Debug, Deserialize)]
struct Person {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    first_name: String,
    language_code: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Chat {
    id: i64,
    r#type: String,
}

impl Update {
    /// Reads who sent the update. The id alone is given if that is not possible, so that it can be confirmed.
    pub(super) fn read(raw: &str) -> Result<Self, (Option<i64>, Unusable)> {
        let envelope: Envelope<'_> =
            serde_json::from_str(raw).map_err(|_| (lenient_id(raw), Unusable::Malformed))?;
        let id = id(&envelope.update_id).ok_or((None, Unusable::Malformed))?;
        let malformed = |_| (Some(id), Unusable::Malformed);
        let kind = if let Some(message) = envelope.message {
            Kind::Message(serde_json::from_str(message.get()).map_err(malformed)?)
        } else if let Some(query) = envelope.callback_query {
            Kind::Button(serde_json::from_str(query.get()).map_err(malformed)?)
        } else {
            Kind::Other
        };
        let origin = kind.origin();
        Ok(Self { id, origin, kind })
    }

    /// What the update says. `now_ms` stands in where it does not say when.
    pub(super) fn into_incoming(self, now_ms: i64) -> Result<Incoming, Unusable> {
        let Self { id: update_id, kind, .. } = self;
        match kind {
            Kind::Message(message) => message.into_incoming(update_id, now_ms),
            Kind::Button(query) => query.into_incoming(update_id, now_ms),
            Kind::Other => Err(Unusable::Ignored),
        }
    }
}

/// Reads an update that the inbox kept: it has passed the gate before.
pub(crate) fn reread(raw: &str) -> Option<Incoming> {
    Update::read(raw).ok()?.into_incoming(0).ok()
}

impl Kind {
    fn origin(&self) -> Origin {
        match self {
            Self::Message(message) => Origin {
                sender: message.from.as_ref().map(|from| from.id),
                chat: Some(message.chat.id),
                private: message.chat.r#type == "private",
                bot: message.from.as_ref().is_some_and(|from| from.is_bot)
                    || message.via_bot.is_some(),
                on_behalf: message.sender_chat.is_some(),
            },
            Self::Button(query) => Origin {
                sender: Some(query.from.id),
                chat: query.message.as_ref().map(|message| message.chat.id),
                private: query
                    .message
                    .as_ref()
                    .is_some_and(|message| message.chat.r#type == "private"),
                bot: query.from.is_bot,
                on_behalf: false,
            },
            Self::Other => Origin::default(),
        }
    }
}

impl Message {
    fn into_incoming(self, update_id: i64, now_ms: i64) -> Result<Incoming, Unusable> {
        let files = [
            (self.photo, Media::Photo),
            (self.document, Media::Document),
            (self.voice, Media::Voice),
        ];
        let file = files.into_iter().find_map(|(file, media)| Some((file?, media)));
        let others = [
            (&self.audio, "sound"),
            (&self.video, "video"),
            (&self.sticker, "sticker"),
            (&self.location, "location"),
            (&self.contact, "contact"),
        ];
        let other = others.into_iter().find(|(field, _)| field.is_some()).map(|(_, name)| name);
        let content = match (self.text, file, other) {
            _ if self.forward_origin.is_some() || self.forward_date.is_some() => Content::Forwarded,
            (Some(text), ..) => Content::Text(text),
            (None, Some((file, media)), _) => {
                match upload(&file, media, self.caption.unwrap_or_default()) {
                    Some(upload) => Content::File(upload),
                    // Without its id it cannot be fetched.
                    None => Content::Media(media.word()),
                }
            }
            (None, None, Some(name)) => Content::Media(name),
            // Such as "the user has pinned a message".
            (None, None, None) => return Err(Unusable::Ignored),
        };
        let at_ms = if self.date > 0 { self.date.saturating_mul(1000) } else { now_ms };
        let from = self.from.ok_or(Unusable::Malformed)?;
        let (chat_id, message_id) = (self.chat.id, self.message_id);
        Ok(Incoming { update_id, chat_id, user: from.into(), at_ms, content, message_id })
    }
}

impl CallbackQuery {
    fn into_incoming(self, update_id: i64, now_ms: i64) -> Result<Incoming, Unusable> {
        let message = self.message.ok_or(Unusable::Ignored)?;
        let data = self.data.ok_or(Unusable::Ignored)?;
        let content =
            Content::Button { query: self.id, data, message_id: Some(message.message_id) };
        Ok(Incoming {
            update_id,
            chat_id: message.chat.id,
            user: self.from.into(),
            at_ms: now_ms,
            content,
            message_id: None,
        })
    }
}

impl From<Person> for User {
    fn from(person: Person) -> Self {
        let Person { id, first_name, language_code, .. } = person;
        Self { id, name: first_name, language: language_code.unwrap_or_default() }
    }
}

fn id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The id of an update that is otherwise not understood.
fn lenient_id(raw: &str) -> Option<i64> {
    let after = raw.split("\"update_id\"").nth(1)?.trim_start().strip_prefix(':')?.trim_start();
    let digits: String =
        after.trim_start_matches('"').chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests;
