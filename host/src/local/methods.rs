//! The methods of the Bot API that the server knows, by name. A method is a function of the state and the call's parameters;
//! only `getUpdates`, which waits, is answered elsewhere (`updates`).

mod commands;
mod edit;
mod info;
mod send;
mod text;

pub(super) use commands::seen_by;
pub(super) use send::{photo_size, with_caption};

use serde_json::Value;

use super::error::ApiError;
use super::params::Params;
use super::state::State;

pub(super) type Method = fn(&mut State, &Params) -> Result<Value, ApiError>;

/// Finds a method by its name in small letters.
pub(super) fn find(name: &str) -> Option<Method> {
    Some(match name {
        "getme" => info::get_me,
        "getchat" => info::get_chat,
        "getfile" => info::get_file,
        "getwebhookinfo" => info::get_webhook_info,
        "setwebhook" => info::set_webhook,
        "deletewebhook" => info::delete_webhook,
        "sendmessage" => send::message,
        "sendphoto" => send::photo,
        "senddocument" => send::document,
        "sendvoice" => send::voice,
        "sendchataction" => send::chat_action,
        "sendmessagedraft" => send::draft,
        "editmessagetext" => edit::text,
        "editmessagecaption" => edit::caption,
        "editmessagereplymarkup" => edit::reply_markup,
        "deletemessage" => edit::delete,
        "deletemessages" => edit::delete_many,
        "answercallbackquery" => info::answer_callback_query,
        "setmycommands" => commands::set,
        "getmycommands" => commands::get,
        "deletemycommands" => commands::delete,
        _ => return None,
    })
}

/// The chat that a call names, by number or by number in a string; chats go by no other name here.
fn chat_id(params: &Params) -> Result<i64, ApiError> {
    match params.text("chat_id").as_deref().map(str::trim) {
        None | Some("") => Err(ApiError::bad_request("chat_id is empty")),
        Some(id) => id.parse().map_err(|_| ApiError::bad_request("chat not found")),
    }
}
