//! What an event comes to, before it is kept: from what a module or the host says to rows of the outbox.

use std::time::Duration;

use crate::bindings::exports::umbrasil::module::handler::{Button, Reply};
use crate::capability::chat::{File, FileKind};
use crate::database::{Approval, Dialog, NewMessage, Writes};
use crate::incoming::{Content, Incoming};
use crate::module::Module;
use crate::module::sandbox::Outcome;
use crate::native::Answer;
use crate::outgoing::{Keyboard, Outgoing};
use crate::reply;
use crate::router::module_button;

/// How long a question to the user stays open.
const DIALOG: Duration = Duration::from_hours(1);
/// Messages of one event; what is over is left out.
const MESSAGES: usize = 20;

/// All of it is kept, or nothing.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) writes: Vec<Writes>,
    pub(super) messages: Vec<NewMessage>,
    pub(super) dialog: Option<Dialog>,
    pub(super) notice: Option<String>,
    /// Whether the answer is an error, so that an open question stays open.
    pub(super) failed: bool,
    /// The approval that this uses up.
    pub(super) approved: Option<String>,
    /// What waits for an owner from now on.
    pub(super) approvals: Vec<Approval>,
    /// The event whose notes of outside actions are not needed any more.
    pub(super) journalled: Option<String>,
}

impl Draft {
    /// A message of the host; it replaces the one whose button was pressed.
    pub(super) fn of_host(incoming: &Incoming, answer: Answer) -> Self {
        let messages = reply::messages(&answer.html, answer.keyboard, pressed(incoming));
        let messages = messages
            .into_iter()
            .map(|message| message.into_message(incoming.chat_id, None))
            .collect();
        Self { messages, ..Self::default() }
    }

    /// Puts the first new text of a chat into a message that is there already. What changes another message,
    /// such as the question that was tapped before, stays where it is.
    pub(super) fn take_place_of(&mut self, shown: Option<(i64, i64)>) {
        let Some((chat_id, message_id)) = shown else { return };
        for message in self.messages.iter_mut().filter(|message| message.chat_id == chat_id) {
            if let Ok(Outgoing::Send { html, keyboard }) = serde_json::from_str(&message.payload) {
                let edit = Outgoing::Edit { message_id, html, keyboard };
                *message = edit.into_message(chat_id, None);
                return;
            }
        }
    }
}

/// The message whose button was pressed.
pub(super) fn pressed(incoming: &Incoming) -> Option<i64> {
    match &incoming.content {
        Content::Button { message_id, .. } => *message_id,
        _ => None,
    }
}

fn buttons(module: &Module, rows: Vec<Vec<Button>>) -> Keyboard {
    let mut dropped = 0;
    let mut keyboard = Keyboard::new();
    for row in rows {
        let mut kept = Vec::new();
        for button in row {
            match module_button(
                &module.name,
                &reply::unmarked(&button.label),
                &button.action,
                &button.args,
            ) {
                Some(button) => kept.push(button),
                None => dropped += 1,
            }
        }
        keyboard.push(kept);
    }
    if dropped > 0 {
        let module = &*module.name;
        tracing::warn!(target: "module", module, dropped, "buttons left out: no label, or over 64 bytes of action and arguments");
    }
    keyboard
}
