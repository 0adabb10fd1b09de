//! `reply_markup`: inline keyboards are checked as Telegram checks them; other keyboards are accepted and not shown.

use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::params::Params;

/// Telegram's bound on the buttons of one message.
const MAX_BUTTONS: usize = 100;

/// Fields that make a button do something.
const ACTIONS: [&str; 9] = [
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "pay",
];

/// Reads the inline keyboard of a call, None when it has none.
pub(super) fn read(params: &Params) -> Result<Option<Value>, ApiError> {
    let malformed = || ApiError::bad_request("can't parse reply keyboard markup JSON object");
    let Some(markup) = params.object::<Value>("reply_markup").map_err(|_| malformed())? else {
        return Ok(None);
    };
    let markup = markup
        .as_object()
        .ok_or_else(|| ApiError::bad_request("object expected as reply markup"))?;
    let Some(rows) = markup.get("inline_keyboard") else { return Ok(None) };
    let not_array = || {
        ApiError::bad_request(
            "field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays",
        )
    };
    let mut keyboard = Vec::new();
    for row in rows.as_array().ok_or_else(not_array)? {
        let row = row.as_array().ok_or_else(not_array)?;
        let buttons: Vec<Value> = row.iter().map(button).collect::<Result<_, _>>()?;
        if !buttons.is_empty() {
            keyboard.push(Value::Array(buttons));
        }
    }
    if keyboard.iter().filter_map(Value::as_array).map(Vec::len).sum::<usize>() > MAX_BUTTONS {
        return Err(ApiError::bad_request("reply markup is too long"));
    }
    Ok((!keyboard.is_empty()).then(|| json!({ "inline_keyboard": keyboard })))
}

/// Says whether a message's keyboard has a button with this data.
pub(super) fn offers(markup: &Value, data: &str) -> bool {
    let rows = markup.get("inline_keyboard").and_then(Value::as_array);
    let mut buttons = rows.into_iter().flatten().filter_map(Value::as_array).flatten();
    buttons.any(|button| button.get("callback_data").and_then(Value::as_str) == Some(data))
}

fn button(button: &Value) -> Result<Value, ApiError> {
    let unreadable =
        |why: &str| ApiError::bad_request(format!("can't parse inline keyboard button: {why}"));
    let fields =
        button.as_object().ok_or_else(|| unreadable("InlineKeyboardButton must be an Object"))?;
    let text = fields.get("text").ok_or_else(|| unreadable("Can't find field \"text\""))?;
    let text = text.as_str().ok_or_else(|| unreadable("Field \"text\" must be of type String"))?;
    if text.trim().is_empty() {
        return Err(ApiError::bad_request("BUTTON_TEXT_INVALID"));
    }
    if let Some(data) = fields.get("callback_data") {
        let data = data
            .as_str()
            .ok_or_else(|| unreadable("Field \"callback_data\" must be of type String"))?;
        if data.is_empty() || data.len() > 64 {
            return Err(ApiError::bad_request("BUTTON_DATA_INVALID"));
        }
    }
    if let Some(url) = fields.get("url") {
        let url = url.as_str().ok_or_else(|| unreadable("Field \"url\" must be of type String"))?;
        if !["http://", "https://", "tg://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(ApiError::bad_request(format!(
                "inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
            )));
        }
    }
    if !ACTIONS.iter().any(|action| fields.contains_key(*action)) {
        return Err(unreadable("Text buttons are unallowed in the inline keyboard"));
    }
    let known = |(name, _): &(&String, &Value)| {
        *name == "text" || *name == "style" || ACTIONS.contains(&name.as_str())
    };
    let kept: Map<String, Value> =
        fields.iter().filter(known).map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(Value::Object(kept))
}
