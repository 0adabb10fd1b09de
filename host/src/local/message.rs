//! The Bot API's own objects, as far as a private chat needs them. They serialise to exactly what Telegram sends, and
//! the chat page reads the same shape, so there is one form of a message in the whole of local mode.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entities::Entity;

#[derive(Debug, Clone, Serialize)]
pub(super) struct User {
    pub(super) id: i64,
    pub(super) is_bot: bool,
    pub(super) first_name: String,
    pub(super) username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language_code: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Chat {
    pub(super) id: i64,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct PhotoSize {
    pub(super) file_id: String,
    pub(super) file_unique_id: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) file_size: usize,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Document {
    pub(super) file_id: String,
    pub(super) file_unique_id: String,
    pub(super) file_name: String,
    pub(super) mime_type: String,
    pub(super) file_size: usize,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Voice {
    pub(super) file_id: String,
    pub(super) file_unique_id: String,
    pub(super) duration: u32,
    pub(super) mime_type: String,
    pub(super) file_size: usize,
}

#[expect(clippy::struct_field_names, reason = "the Bot API's names")]
#[derive(Debug, Clone, Serialize)]
pub(super) struct Message {
    pub(super) message_id: i64,
    pub(super) from: User,
    pub(super) chat: Chat,
    pub(super) date: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) edit_date: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply_to_message: Option<Box<Message>>,
    #[serde(flatten)]
    pub(super) content: Content,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply_markup: Option<Value>,
}

/// What a message carries: text, or one file with an optional caption.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Content {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) entities: Vec<Entity>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) photo: Vec<PhotoSize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) document: Option<Document>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) voice: Option<Voice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) caption: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) caption_entities: Vec<Entity>,
}

// Two files are the same exactly when their ids are.
macro_rules! equal_by_file {
    ($($file:ty),*) => {$(
        impl PartialEq for $file {
            fn eq(&self, other: &Self) -> bool {
                self.file_id == other.file_id
            }
        }
    )*};
}
equal_by_file!(PhotoSize, Document, Voice);

impl Message {
    /// Serialises the message; a message always has a JSON form.
    pub(super) fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}
