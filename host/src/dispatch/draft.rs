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
    /// Whose answer it is, if not that of the chat that the update came from.
    pub(super) for_chat: Option<i64>,
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

    /// An error text, always below what is there.
    pub(super) fn of_failure(incoming: &Incoming, html: &str) -> Self {
        let messages = reply::messages(html, Keyboard::new(), None);
        let messages = messages
            .into_iter()
            .map(|message| message.into_message(incoming.chat_id, None))
            .collect();
        Self { messages, failed: true, ..Self::default() }
    }

    /// What a module has answered to an event that was received at `received_ms`.
    /// `pressed` is the message whose button was pressed.
    pub(super) fn of_module(
        module: &Module,
        chat_id: i64,
        pressed: Option<i64>,
        received_ms: i64,
        outcome: Outcome,
    ) -> Self {
        let Outcome { replies, toast, expectation, files, writes, .. } = outcome;
        let mut outgoing: Vec<(Outgoing, Option<Vec<u8>>)> = Vec::new();
        for Reply { html, keyboard, replace } in replies.into_iter().take(MESSAGES) {
            let html = reply::unmarked(&html);
            let parts =
                reply::messages(&html, buttons(module, keyboard), pressed.filter(|_| replace));
            outgoing.extend(parts.into_iter().map(|part| (part, None)));
        }
        for File { kind, content, caption } in files {
            let caption = reply::caption(&reply::unmarked(&caption));
            let message = match kind {
                FileKind::Photo => Outgoing::Photo { caption },
                FileKind::Document { name } => Outgoing::Document { name, caption },
            };
            outgoing.push((message, Some(content)));
        }
        if outgoing.len() > MESSAGES {
            tracing::warn!(target: "module", module = &*module.name, "more than {MESSAGES} messages; the rest is left out");
            outgoing.truncate(MESSAGES);
        }
        let messages = outgoing
            .into_iter()
            .map(|(message, file)| message.into_message(chat_id, file))
            .collect();
        let lifetime = i64::try_from(DIALOG.as_millis()).unwrap_or(0);
        let dialog = expectation.map(|expectation| Dialog {
            module: module.name.to_string(),
            name: expectation.name,
            args: expectation.args,
            expires_ms: received_ms.saturating_add(lifetime),
        });
        let notice = toast.map(|toast| reply::unmarked(&toast));
        Self { writes, messages, dialog, notice, ..Self::default() }
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
