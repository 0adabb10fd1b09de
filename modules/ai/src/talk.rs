//! Whether a user is in a conversation: from 💬 Ask until ⏹ End.
//!
//! The host passes a user's next text on to this module until something else is used. That a conversation is
//! open is kept here as well, so that a picture, a voice message or a command in between does not end it.

use umbrasil_sdk::prelude::*;

/// Milliseconds after which a conversation in which nothing was said is over, as the host has it.
const LIFE: u64 = 60 * 60_000;

/// Opens the conversation, or keeps it open: the user's next text is a question.
pub(crate) fn keep_open(call: &Call) -> Result<()> {
    storage::set(&key(call), call.at().unix_ms.to_string())?;
    chat::expect("question", [""; 0])
}

pub(crate) fn close(call: &Call) -> Result<()> {
    storage::delete(&key(call))
}

pub(crate) fn is_open(call: &Call) -> Result<bool> {
    let since = storage::get_text(&key(call))?.and_then(|text| text.parse::<u64>().ok());
    Ok(since.is_some_and(|since| call.at().unix_ms < since.saturating_add(LIFE)))
}

fn key(call: &Call) -> String {
    format!("{}/talk", call.user().id)
}
