//! Methods that tell, and the two that only acknowledge.

#![expect(clippy::unnecessary_wraps, reason = "every method has the one signature of the table")]

use serde_json::{Value, json};

use super::super::entities::utf16_len;
use super::super::error::ApiError;
use super::super::params::Params;
use super::super::state::State;
use super::chat_id;

/// Larger files cannot be downloaded through the Bot API.
const MAX_DOWNLOAD: usize = 20 * 1024 * 1024;

pub(super) fn get_me(state: &mut State, _: &Params) -> Result<Value, ApiError> {
    Ok(json!({
        "id": state.bot.id,
        "is_bot": true,
        "first_name": state.bot.first_name,
        "username": state.bot.username,
        "can_join_groups": false,
        "can_read_all_group_messages": false,
        "supports_inline_queries": false,
        "can_connect_to_business": false,
        "has_main_web_app": false,
    }))
}

pub(super) fn get_chat(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let chat =
        serde_json::to_value(&state.conversation(chat_id(params)?)?.chat).unwrap_or_default();
    let Value::Object(mut chat) = chat else { return Ok(chat) };
    chat.insert("accent_color_id".to_owned(), json!(0));
    chat.insert("max_reaction_count".to_owned(), json!(11));
    let no_gifts = json!({
        "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
        "gifts_from_channels": false,
    });
    chat.insert("accepted_gift_types".to_owned(), no_gifts);
    Ok(Value::Object(chat))
}

pub(super) fn get_file(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let id = params.text("file_id").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| ApiError::bad_request("file_id not specified"))?;
    let unknown = || ApiError::bad_request("wrong file_id or the file is temporarily unavailable");
    let file = state.files.by_id(&id).ok_or_else(unknown)?;
    if file.bytes.len() > MAX_DOWNLOAD {
        return Err(ApiError::bad_request("file is too big"));
    }
    Ok(json!({
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": file.bytes.len(),
        "file_path": file.path,
    }))
}

pub(super) fn get_webhook_info(state: &mut State, _: &Params) -> Result<Value, ApiError> {
    let mut info = json!({
        "url": "",
        "has_custom_certificate": false,
        "pending_update_count": state.updates.pending(),
    });
    if let (Some(allowed), Some(fields)) = (state.updates.allowed(), info.as_object_mut()) {
        fields.insert("allowed_updates".to_owned(), json!(allowed));
    }
    Ok(info)
}

pub(super) fn set_webhook(_: &mut State, params: &Params) -> Result<Value, ApiError> {
    if params.text("url").is_none_or(|url| url.is_empty()) {
        return Ok(Value::Bool(true));
    }
    Err(ApiError::bad_request("webhooks are not supported by the local server, use getUpdates"))
}

pub(super) fn delete_webhook(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    if params.flag("drop_pending_updates") {
        state.updates.clear();
    }
    Ok(Value::Bool(true))
}

pub(super) fn answer_callback_query(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let text = params.text("text").unwrap_or_default();
    if utf16_len(&text) > 200 {
        return Err(ApiError::bad_request("MESSAGE_TOO_LONG"));
    }
    let id = params.text("callback_query_id").unwrap_or_default();
    let pressed = state.close_query(&id).ok_or_else(|| {
        ApiError::bad_request(
            "query is too old and response timeout expired or query ID is invalid",
        )
    })?;
    state.events.send(pressed.chat, "answer", || {
        json!({
            "chat_id": pressed.chat,
            "message_id": pressed.message,
            "query_id": id,
            "text": text,
            "show_alert": params.flag("show_alert"),
            "url": params.text("url"),
        })
    });
    Ok(Value::Bool(true))
}
