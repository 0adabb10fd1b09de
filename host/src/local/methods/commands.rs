//! The bot's command lists, one for each scope and language.

use serde_json::{Value, json};

use super::super::error::ApiError;
use super::super::params::Params;
use super::super::state::{BotCommand, State};

const MAX_COMMANDS: usize = 100;
const MAX_NAME: usize = 32;
const MAX_DESCRIPTION: usize = 256;

pub(super) fn set(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let key = key(params)?;
    let commands: Option<Vec<BotCommand>> = params.object("commands").map_err(|_| {
        ApiError::bad_request("can't parse commands: expected an Array of BotCommand")
    })?;
    let mut commands =
        commands.ok_or_else(|| ApiError::bad_request("commands must be specified"))?;
    if commands.len() > MAX_COMMANDS {
        return Err(ApiError::bad_request("BOT_COMMANDS_TOO_MUCH"));
    }
    for BotCommand { command, description } in &mut commands {
        // A leading slash is forgiven.
        *command = command.trim().trim_start_matches('/').to_owned();
        *description = description.trim().to_owned();
        if command.is_empty() {
            return Err(ApiError::bad_request("command must be non-empty"));
        }
        if command.len() > MAX_NAME {
            return Err(ApiError::bad_request("command length must not exceed 32"));
        }
        if !command.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
            return Err(ApiError::bad_request("BOT_COMMAND_INVALID"));
        }
        if description.is_empty() {
            return Err(ApiError::bad_request("command description must be non-empty"));
        }
        if description.chars().count() > MAX_DESCRIPTION {
            return Err(ApiError::bad_request("command description length must not exceed 256"));
        }
    }
    // An empty list and none are the same.
    if commands.is_empty() {
        state.commands.remove(&key)
    } else {
        state.commands.insert(key, commands)
    };
    announce(state);
    Ok(Value::Bool(true))
}

pub(super) fn get(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    Ok(json!(state.commands.get(&key(params)?).map_or(&[][..], Vec::as_slice)))
}

pub(super) fn delete(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    state.commands.remove(&key(params)?);
    announce(state);
    Ok(Value::Bool(true))
}

/// The list that a person sees in the private chat: the narrowest scope that has one.
pub(in crate::local) fn seen_by(state: &State, person: i64) -> &[BotCommand] {
    [format!("chat {person}"), "all_private_chats".to_owned(), "default".to_owned()]
        .into_iter()
        .find_map(|scope| state.commands.get(&(scope, String::new())))
        .map_or(&[], Vec::as_slice)
}

fn announce(state: &State) {
    state.events.send(None, "commands", || json!({}));
}

/// Scope and language of a call.
fn key(params: &Params) -> Result<(String, String), ApiError> {
    let scope: Option<Value> =
        params.object("scope").map_err(|_| ApiError::bad_request("can't parse BotCommandScope"))?;
    let field = |name| scope.as_ref().and_then(|scope| scope.get(name));
    let kind = field("type").and_then(Value::as_str).unwrap_or("default");
    let scope = match kind {
        "default" | "all_private_chats" | "all_group_chats" | "all_chat_administrators" => {
            kind.to_owned()
        }
        "chat" | "chat_administrators" | "chat_member" => {
            let chat = field("chat_id").map(|id| id.to_string().trim_matches('"').to_owned());
            let chat = chat.ok_or_else(|| ApiError::bad_request("chat_id is empty"))?;
            let member = field("user_id").map(|id| format!(" {id}")).unwrap_or_default();
            format!("{kind} {chat}{member}")
        }
        _ => {
            return Err(ApiError::bad_request(
                "can't parse BotCommandScope: unsupported type specified",
            ));
        }
    };
    Ok((scope, params.text("language_code").unwrap_or_default()))
}
