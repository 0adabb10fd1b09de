//! What a handler gives: messages with buttons.

use std::fmt;

use crate::Html;
use crate::bindings::exports::umbrasil::module::handler as wit;

/// What the user gets to see: usually one message, but [none](Reply::none) and [several](Reply::and) are
/// fine, too.
///
/// ```
/// use umbrasil_sdk::prelude::*;
///
/// let question = Reply::text("Restart it?").row([Button::new("Yes", "restart"), Button::new("No", "cancel")]);
/// let both = Reply::html("<b>Stopped.</b>").and(question);
/// assert_eq!(both.len(), 2);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Reply {
    messages: Vec<wit::Reply>,
}

/// One button under a message.
#[derive(Debug, Clone)]
#[must_use]
pub struct Button(wit::Button);

impl Reply {
    /// A message that shows `text` as it is; nothing in it is markup.
    pub fn text(text: impl fmt::Display) -> Self {
        Self::html(Html::new().text(text))
    }

    /// A message with markup: a literal, or an [`Html`] that escapes what it is made of.
    pub fn html(html: impl Into<Html>) -> Self {
        let html = html.into().into_string();
        Self { messages: vec![wit::Reply { html, keyboard: Vec::new(), replace: false }] }
    }

    /// No message at all, for a handler that a [toast](crate::chat::toast) or a picture is enough for.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a row of buttons to the (last) message. Three or four with short labels fit on a telephone;
    /// what is more goes into the next row.
    pub fn row(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        if let Some(message) = self.messages.last_mut() {
            message.keyboard.push(buttons.into_iter().map(|Button(button)| button).collect());
        }
        self
    }

    /// Makes the (last) message take the place of the one whose button was pressed. Where no button was
    /// pressed it is sent as usual, so a handler needn't ask.
    pub fn replace(mut self) -> Self {
        if let Some(message) = self.messages.last_mut() {
            message.replace = true;
        }
        self
    }

    /// Adds the messages of `other` below.
    pub fn and(mut self, other: Self) -> Self {
        self.messages.extend(other.messages);
        self
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(crate) fn into_wit(self) -> Vec<wit::Reply> {
        self.messages
    }
}

impl FromIterator<Self> for Reply {
    fn from_iter<T: IntoIterator<Item = Self>>(replies: T) -> Self {
        replies.into_iter().fold(Self::none(), Self::and)
    }
}

impl Button {
    /// A button that calls the action `action` of this module.
    pub fn new(label: impl Into<String>, action: impl Into<String>) -> Self {
        Self(wit::Button { label: label.into(), action: action.into(), args: Vec::new() })
    }

    /// Adds an argument for the action. Action, arguments and the module's name share 64 bytes, so pass
    /// ids; longer things belong in [`storage`](crate::storage).
    pub fn arg(mut self, arg: impl fmt::Display) -> Self {
        self.0.args.push(arg.to_string());
        self
    }
}
