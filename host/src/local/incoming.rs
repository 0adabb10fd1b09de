//! What people do in their chats, turned into the updates that Telegram would send.

use serde_json::{Map, Value, json};

use super::entities::{Entity, Formatted, utf16_len};
use super::error::ApiError;
use super::files::FileKind;
use super::markup;
use super::message::{Chat, Content, Document, Message, User, Voice};
use super::methods::{photo_size, with_caption};
use super::params::Upload;
use super::state::{State, unix_time};

const MAX_TEXT: usize = 4_096;
const MAX_CAPTION: usize = 1_024;

impl State {
    pub(super) fn receive_text(
        &mut self,
        person: i64,
        text: &str,
        reply_to: Option<i64>,
    ) -> Result<Message, ApiError> {
        let content = text_content(text)?;
        self.receive(person, content, reply_to)
    }

    pub(super) fn receive_file(
        &mut self,
        person: i64,
        kind: FileKind,
        upload: &Upload,
        caption: &str,
        seconds: u32,
    ) -> Result<Message, ApiError> {
        self.person(person)?;
        if upload.bytes.is_empty() {
            return Err(ApiError::bad_request("file must be non-empty"));
        }
        let nonce = self.nonce();
        let caption = Formatted::plain(caption).normalise();
        if caption.utf16_len() > MAX_CAPTION {
            return Err(ApiError::bad_request("message caption is too long"));
        }
        let file = self.files.insert(kind, upload, nonce);
        let content = match kind {
            FileKind::Photo => Content { photo: vec![photo_size(&file)?], ..Content::default() },
            FileKind::Document => {
                Content { document: Some(Document::of(&file)), ..Content::default() }
            }
            FileKind::Voice => {
                Content { voice: Some(Voice::of(&file, seconds)), ..Content::default() }
            }
        };
        self.receive(person, with_caption(content, caption), None)
    }

    /// Changes a person's own text, or the caption of an own file.
    pub(super) fn receive_edit(
        &mut self,
        person: i64,
        message: i64,
        text: &str,
    ) -> Result<Message, ApiError> {
        self.person(person)?;
        let message = self.conversation(person)?.message(message);
        let message = message.ok_or_else(|| ApiError::bad_request("message to edit not found"))?;
        if message.from.id != person {
            return Err(ApiError::bad_request("message can't be edited"));
        }
        if message.content.text.is_some() {
            message.content = text_content(text)?;
        } else {
            let caption = text.trim().to_owned();
            message.content.caption = (!caption.is_empty()).then_some(caption);
        }
        message.edit_date = Some(unix_time().as_secs());
        let message = message.clone();
        self.announce("edit", &message);
        self.updates.push("edited_message", message.to_json());
        Ok(message)
    }

    /// Presses a button that the message really has; returns the query's id.
    pub(super) fn receive_press(
        &mut self,
        person: i64,
        message: i64,
        data: &str,
    ) -> Result<String, ApiError> {
        let from = self.user(person)?;
        let message = self.conversation(person)?.message(message).cloned();
        let message = message.ok_or_else(|| ApiError::bad_request("message not found"))?;
        if !message.reply_markup.as_ref().is_some_and(|markup| markup::offers(markup, data)) {
            return Err(ApiError::bad_request("the message has no such button"));
        }
        let id = self.open_query(person, message.message_id);
        // The same for all presses in one chat, as on Telegram.
        let instance =
            (self.nonce() ^ person.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_string();
        let query = json!({ "id": id, "from": from, "message": message, "chat_instance": instance, "data": data });
        self.updates.push("callback_query", query);
        Ok(id)
    }

    /// Queues an update that a test made. What the bot may answer to (its chat, its query, its message) becomes known.
    pub(super) fn inject(&mut self, update: Map<String, Value>) -> i64 {
        let query = update.get("callback_query");
        let message = update.values().find_map(|payload| payload.get("chat").map(|_| payload));
        let message = message.or_else(|| query.and_then(|query| query.get("message")));
        let chat: Option<Chat> = message
            .and_then(|m| m.get("chat"))
            .and_then(|chat| serde_json::from_value(chat.clone()).ok());
        let message_id =
            message.and_then(|message| message.get("message_id")).and_then(Value::as_i64);
        if let Some(id) = query.and_then(|query| query.get("id")).and_then(Value::as_str) {
            self.register_query(id.to_owned(), chat.as_ref().map(|chat| chat.id), message_id);
        }
        if let Some(chat) = chat {
            let id = chat.id;
            self.open_chat(chat);
            if let (Some(message), Ok(conversation)) = (message_id, self.conversation(id)) {
                conversation.know_foreign(message);
            }
        }
        self.updates.push_raw(update)
    }

    fn receive(
        &mut self,
        person: i64,
        content: Content,
        reply_to: Option<i64>,
    ) -> Result<Message, ApiError> {
        let from = self.user(person)?;
        let reply_to = match reply_to {
            Some(id) => self.conversation(person)?.message(id).cloned(),
            None => None,
        };
        let message = self.post(person, from, content, None, reply_to)?;
        self.updates.push("message", message.to_json());
        Ok(message)
    }

    fn user(&self, person: i64) -> Result<User, ApiError> {
        let person = self.person(person)?;
        Ok(User {
            id: person.id,
            is_bot: false,
            first_name: person.first_name.clone(),
            username: person.username.clone(),
            language_code: Some("en"),
        })
    }
}

fn text_content(text: &str) -> Result<Content, ApiError> {
    let text = text.trim();
    match utf16_len(text) {
        0 => Err(ApiError::bad_request("message text is empty")),
        1..=MAX_TEXT => Ok(Content {
            text: Some(text.to_owned()),
            entities: command_entity(text).into_iter().collect(),
            ..Content::default()
        }),
        _ => Err(ApiError::bad_request("message is too long")),
    }
}

/// The `bot_command` entity of a text that starts with `/name` or `/name@bot`.
fn command_entity(text: &str) -> Option<Entity> {
    let word = |source: &str| {
        source.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
    };
    let rest = text.strip_prefix('/')?;
    let name = word(rest);
    let mention = rest.get(name..).and_then(|after| after.strip_prefix('@')).map_or(0, word);
    let length = 1 + name + if mention > 0 { 1 + mention } else { 0 };
    let kind = "bot_command".to_owned();
    (1..=64).contains(&name).then(|| Entity { kind, offset: 0, length, ..Entity::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_an_entity_only_at_the_start() {
        let length = |text| command_entity(text).map(|entity| entity.length);
        assert_eq!(length("/start"), Some(6));
        assert_eq!(length("/expense 12.50 food"), Some(8));
        assert_eq!(length("/start@umbra_bot x"), Some(16));
        assert_eq!(length("/start@ x"), Some(6));
        assert_eq!(length("see /start"), None);
        assert_eq!(length("/ start"), None);
    }
}
