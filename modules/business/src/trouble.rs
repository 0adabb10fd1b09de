//! Why something can't be shown, as a page with buttons rather than as a bare error.
//!
//! A page that is refreshed in place stays where it is when its far side is away. What the owner has to
//! confirm must reach the host as an error, and so must what is a fault of this module.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::{ErrorKind, HostError};

/// Why there is nothing to show.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The world is at fault, and the text says what to do.
    Told(String),
    /// It is the host's to deal with.
    Passed(Error),
}

impl Trouble {
    pub(crate) fn told(text: impl Into<String>) -> Self {
        Self::Told(text.into())
    }
}

impl From<HostError> for Trouble {
    fn from(error: HostError) -> Self {
        let passed = matches!(error, HostError::Pending(_));
        let error = Error::from(error);
        if !passed && error.kind() == ErrorKind::Unavailable {
            return Self::Told(sentence(error.text()));
        }
        Self::Passed(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Passed(error)
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Told(text) => Self::unavailable(text),
            Trouble::Passed(error) => error,
        }
    }
}

/// What was done, and why nobody can see what came of it: the deed is done all the same.
pub(crate) fn unseen(
    done: &'static str,
    name: impl std::fmt::Display,
    why: &str,
    buttons: impl IntoIterator<Item = Button>,
) -> Reply {
    let html = Html::from(done).bold(name).text("\n\n⚠️ ").text(why);
    Reply::html(html).row(buttons)
}

/// Shows what was made, or under the same title why it could not be, with these buttons below.
pub(crate) fn or_told(
    made: Result<Reply, Trouble>,
    title: &'static str,
    buttons: impl IntoIterator<Item = Button>,
) -> Result<Reply> {
    match made {
        Ok(reply) => Ok(reply.replace()),
        Err(Trouble::Passed(error)) => Err(error),
        Err(Trouble::Told(text)) => {
            let html = Html::from(title).text("\n\n⚠️ ").text(text);
            Ok(Reply::html(html).row(buttons).replace())
        }
    }
}

/// The host's reasons are parts of a sentence.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return String::new() };
    let mut sentence: String = first.to_uppercase().chain(characters).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}
