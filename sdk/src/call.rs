//! What a handler gets: who asked, when, and with which words.

use std::fmt;

use crate::bindings::exports::umbrasil::module::handler as wit;
use crate::module::Command;
use crate::{Error, Moment, Result};

/// Who caused the event. The host has checked that this person may speak to the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Telegram's numeric id: the only identity there is. Keys of what belongs to one user start with it.
    pub id: i64,
    /// The first name, as Telegram shows it. Neither unique nor to be trusted.
    pub name: String,
    /// The language tag of the user's app, such as `en`; empty when unknown.
    pub language: String,
    /// Whether this user owns the bot.
    pub owner: bool,
}

/// What the user asked for: a command, a pressed button, the answer to a question, or a text that
/// matches a pattern.
///
/// The four differ only in where the words come from, so one handler can serve several of them.
///
/// | | [`name`](Self::name) | [`args`](Self::args) | [`text`](Self::text) |
/// |-|-|-|-|
/// | command | without the slash | the words after it | all that is after it |
/// | button | the action | what the button carries | |
/// | answer | what was expected | what the question carried | the whole message |
/// | pattern | the pattern | the capture groups | the whole message |
///
/// ```
/// use umbrasil_sdk::prelude::*;
///
/// fn note(call: &Call) -> Result<Reply> {
///     let day = call.arg(0)?;                    // Or the usage line.
///     let colour = call.get(1).unwrap_or("red"); // Or a default.
///     let text = call.rest(2);                   // As it was typed, line breaks and all.
///     if text.is_empty() {
///         return Err(call.wrong("The note is empty."));
///     }
///     Ok(Reply::text(format!("{} notes for {day}, in {colour}: {text}", call.user().name)))
/// }
/// # let module = Module::new("N").command("note", "Notes", note);
/// # let mut host = umbrasil_sdk::testing::Host::new(module);
/// # assert_eq!(host.command("/note mon blue a  b").unwrap().text(), "Ada notes for mon, in blue: a  b");
/// ```
#[derive(Debug)]
pub struct Call {
    event: String,
    user: User,
    at: Moment,
    name: String,
    args: Vec<String>,
    text: String,
    file: Option<File>,
    command: Option<Command>,
}

/// What kind of file a user sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// A picture, as Telegram compressed it.
    Photo,
    /// A file as it is.
    Document,
    /// A voice message.
    Voice,
}

/// A file that a user sent. Its content is read with the capability `files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What kind it is.
    pub media: Media,
    /// As its sender named it, not to be trusted; empty if it has no name.
    pub name: String,
    /// Such as `image/jpeg`, as its sender's app says; empty when unknown.
    pub mime: String,
    /// In bytes, as Telegram says; 0 when unknown.
    pub size: u64,
}

impl Media {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Photo => "photo",
            Self::Document => "document",
            Self::Voice => "voice",
        }
    }

    pub(crate) fn into_wit(self) -> wit::Media {
        match self {
            Self::Photo => wit::Media::Photo,
            Self::Document => wit::Media::Document,
            Self::Voice => wit::Media::Voice,
        }
    }

    fn of_wit(media: wit::Media) -> Self {
        match media {
            wit::Media::Photo => Self::Photo,
            wit::Media::Document => Self::Document,
            wit::Media::Voice => Self::Voice,
        }
    }
}

impl Call {
    /// The command without its slash, or the name of the action, answer or pattern.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who asked.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// When the event happened, as the host's clock says.
    #[must_use]
    pub fn at(&self) -> Moment {
        self.at
    }

    /// The time now, as the clock on the wall of the host says: later than [`at`](Self::at) where the event
    /// waited, as for a confirmation, or where the handler waited for others.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment { unix_ms: crate::host::clock_ms(), ..self.at }
    }

    /// The id of the event: the same for every attempt at it, different for any other event. Store it
    /// with what must not happen twice.
    #[must_use]
    pub fn event_id(&self) -> &str {
        &self.event
    }

    /// The words after the command, the arguments that the button or the question carried, or the
    /// capture groups of the pattern (empty where a group took no part).
    #[must_use]
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// The argument at `index`, if there is one that isn't empty.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        self.args.get(index).map(String::as_str).filter(|arg| !arg.is_empty())
    }

    /// The argument at `index`.
    ///
    /// # Errors
    ///
    /// Shows the user the usage line if there is no such argument.
    pub fn arg(&self, index: usize) -> Result<&str> {
        self.get(index).ok_or_else(|| match &self.command {
            Some(command) => Error::usage(command.usage()),
            None => Error::internal(format!("`{}` has no argument {index}", self.name)),
        })
    }

    /// All text after the command, trimmed; or the whole message, for an answer or a pattern. Empty for
    /// a button.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text after the first `words` words, as it was typed: what a free last argument such as a
    /// note is made of.
    #[must_use]
    pub fn rest(&self, words: usize) -> &str {
        let mut rest = self.text.trim_start();
        for _ in 0..words {
            rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
        }
        rest
    }

    /// The file that the user sent, if this is one; its caption is the [`text`](Self::text).
    #[must_use]
    pub fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// The error of a command whose arguments make no sense: `reason`, then the usage line.
    pub fn wrong(&self, reason: impl fmt::Display) -> Error {
        match &self.command {
            Some(command) => Error::usage(format!("{reason}\n{}", command.usage())),
            None => Error::usage(reason.to_string()),
        }
    }

    pub(crate) fn new(event: wit::Event) -> Self {
        let wit::Event { id, user, at, input } = event;
        let mut file = None;
        let call = match input {
            wit::Input::Command(call)
            | wit::Input::Action(call)
            | wit::Input::Answer(call)
            | wit::Input::Pattern(call)
            | wit::Input::Tick(call) => call,
            wit::Input::File(sent) => {
                let media = Media::of_wit(sent.media);
                let text = sent.caption.clone();
                file = Some(File { media, name: sent.name, mime: sent.mime, size: sent.size });
                wit::Call { name: media.name().to_owned(), args: Vec::new(), text }
            }
            wit::Input::Other(name) => wit::Call { name, args: Vec::new(), text: String::new() },
        };
        let wit::User { id: user_id, name, language, owner } = user;
        Self {
            event: id,
            user: User { id: user_id, name, language, owner },
            at: Moment { unix_ms: at.unix_ms, offset_seconds: at.offset_seconds },
            name: call.name,
            args: call.args,
            text: call.text,
            file,
            command: None,
        }
    }

    pub(crate) fn set_command(&mut self, command: &Command) {
        self.command = Some(command.clone());
    }
}
