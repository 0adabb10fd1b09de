//! Why there is no reply, in the three kinds that people can act on.

use std::fmt;

use crate::bindings::exports::umbrasil::module::handler as wit;

/// Why the host did not do what a module asked for.
///
/// Most handlers let `?` turn it into an [`Error`]; match on it where there is something better to do.
pub use crate::bindings::umbrasil::module::types::Error as HostError;

/// The result of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there is no reply. Nothing that the handler stored or sent is kept.
///
/// Which of the three it is decides who reads it, so choose by who can do something about it:
///
/// ```
/// use umbrasil_sdk::prelude::*;
///
/// fn half(call: &Call) -> Result<Reply> {
///     // The user typed nonsense, and reads what is wrong with it.
///     let number: i64 = call.arg(0)?.parse().map_err(|_| call.wrong("That is no number."))?;
///     // What this module stored makes no sense: the user can't help, the log must know.
///     let Some(text) = storage::get_text("factor")? else { return Err(Error::internal("no factor")) };
///     let factor: i64 = text.parse().map_err(|_| Error::internal(format!("the factor is `{text}`")))?;
///     Ok(Reply::text(number.checked_div(factor).ok_or_else(|| Error::usage("That has no half."))?))
/// }
/// ```
///
/// `?` on a call to the host chooses by itself: see `From<HostError>` below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    text: String,
}

/// Who can do something about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The user: the text is shown as it is.
    Usage,
    /// The world: the text is shown as it is, and trying again later may help.
    Unavailable,
    /// The module's author: the text is logged, and the user reads that something broke.
    Internal,
}

impl Error {
    /// The user can fix it; `text` says how, and is shown as plain text.
    pub fn usage(text: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Usage, text: text.into() }
    }

    /// The world is at fault; `text` is shown as plain text.
    pub fn unavailable(text: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Unavailable, text: text.into() }
    }

    /// This module is at fault; `text` goes to the log only.
    pub fn internal(text: impl fmt::Display) -> Self {
        Self { kind: ErrorKind::Internal, text: text.to_string() }
    }

    /// Who can do something about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The text for the user or, of an internal error, for the log.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn into_wit(self) -> wit::Failure {
        match self.kind {
            ErrorKind::Usage => wit::Failure::Usage(self.text),
            ErrorKind::Unavailable => wit::Failure::Unavailable(self.text),
            ErrorKind::Internal => wit::Failure::Internal(self.text),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl From<HostError> for Error {
    /// What is denied or broken in the world is told to the user; a request that makes no sense is the
    /// module's own fault.
    fn from(error: HostError) -> Self {
        match error {
            HostError::Denied(text) => Self::unavailable(format!("Not permitted: {text}")),
            HostError::Unavailable(text) => Self::unavailable(text),
            HostError::Pending(text) => {
                Self::unavailable(format!("The owner has to confirm: {text}"))
            }
            HostError::Unknown(text) => Self::unavailable(format!("Outcome unknown: {text}")),
            HostError::Timeout => Self::unavailable("There was no answer in time."),
            HostError::TooLarge(limit) => {
                Self::unavailable(format!("That is too large: the limit is {limit}."))
            }
            HostError::Conflict => {
                Self::unavailable("Something else changed this first. Please try again.")
            }
            HostError::Invalid(text) => Self::internal(format!("the host refused: {text}")),
            HostError::Other(text) => Self::internal(format!("the host failed: {text}")),
        }
    }
}
