//! Methods that change or remove a message. Only the bot's own messages can be edited, and an edit must change something.

use serde_json::{Value, json};

use super::super::error::ApiError;
use super::super::markup;
use super::super::message::{Content, Message};
use super::super::params::Params;
use super::super::state::{State, unix_time};
use super::{chat_id, text};

pub(super) fn text(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let old = target(state, params)?;
    let formatted = text::read(params, "text", "entities")?;
    match formatted.utf16_len() {
        0 => return Err(ApiError::bad_request("message text is empty")),
        1..=text::MAX_TEXT => {}
        _ => return Err(ApiError::bad_request("MESSAGE_TOO_LONG")),
    }
    if old.content.text.is_none() {
        return Err(ApiError::bad_request("there is no text in the message to edit"));
    }
    let content =
        Content { text: Some(formatted.text), entities: formatted.entities, ..Content::default() };
    apply(state, &old, content, markup::read(params)?)
}

pub(super) fn caption(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let old = target(state, params)?;
    let formatted = text::read(params, "caption", "caption_entities")?;
    if formatted.utf16_len() > text::MAX_CAPTION {
        return Err(ApiError::bad_request("MEDIA_CAPTION_TOO_LONG"));
    }
    if old.content.text.is_some() {
        return Err(ApiError::bad_request("there is no caption in the message to edit"));
    }
    let content = Content {
        caption: (!formatted.text.is_empty()).then_some(formatted.text),
        caption_entities: formatted.entities,
        ..old.content.clone()
    };
    apply(state, &old, content, markup::read(params)?)
}

pub(super) fn reply_markup(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let old = target(state, params)?;
    let content = old.content.clone();
    apply(state, &old, content, markup::read(params)?)
}

pub(super) fn delete(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let chat = chat_id(params)?;
    let id = message_id(params)?;
    let removed = state.conversation(chat)?.remove(id);
    let removed = removed.ok_or_else(|| ApiError::bad_request("message to delete not found"))?;
    announce_removal(state, chat, removed.message_id);
    Ok(Value::Bool(true))
}

pub(super) fn delete_many(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let chat = chat_id(params)?;
    state.conversation(chat)?;
    let ids: Option<Vec<i64>> = params.object("message_ids").unwrap_or_default();
    let ids = ids.ok_or_else(|| ApiError::bad_request("message identifiers are not specified"))?;
    if ids.len() > 100 {
        return Err(ApiError::bad_request("too many message identifiers specified"));
    }
    // Unknown ones are skipped, as on Telegram.
    for id in ids {
        if state.conversation(chat)?.remove(id).is_some() {
            announce_removal(state, chat, id);
        }
    }
    Ok(Value::Bool(true))
}

fn announce_removal(state: &State, chat: i64, message: i64) {
    state.events.send(Some(chat), "delete", || json!({ "chat_id": chat, "message_id": message }));
}

fn message_id(params: &Params) -> Result<i64, ApiError> {
    params
        .integer("message_id")
        .ok_or_else(|| ApiError::bad_request("message identifier is not specified"))
}

/// The message to edit, which must be there and be the bot's.
fn target(state: &mut State, params: &Params) -> Result<Message, ApiError> {
    let chat = chat_id(params)?;
    let bot = state.bot.id;
    let conversation = state.conversation(chat)?;
    let message = conversation.message(message_id(params)?);
    let message = message.ok_or_else(|| ApiError::bad_request("message to edit not found"))?;
    if message.from.id != bot {
        return Err(ApiError::bad_request("message can't be edited"));
    }
    Ok(message.clone())
}

fn apply(
    state: &mut State,
    old: &Message,
    content: Content,
    markup: Option<Value>,
) -> Result<Value, ApiError> {
    if old.content == content && old.reply_markup == markup {
        return Err(ApiError::bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same as a \
             current content and reply markup of the message",
        ));
    }
    // A change of buttons alone leaves no "edited" mark.
    let edit_date =
        if old.content == content { old.edit_date } else { Some(unix_time().as_secs()) };
    let new = Message { content, reply_markup: markup, edit_date, ..old.clone() };
    if let Some(message) = state.conversation(old.chat.id)?.message(old.message_id) {
        message.clone_from(&new);
    }
    state.announce("edit", &new);
    Ok(new.to_json())
}
