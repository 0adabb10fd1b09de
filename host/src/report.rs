//! Errors for people: what happened in plain words, what they can do, and a reference to find it in the log.

use crate::bindings::exports::umbrasil::module::handler::Failure;
use crate::database::CommitError;
use crate::module::sandbox::CallError;
use crate::reply::escape;

/// What somebody reads when a module gave no answer. `reference` joins it to the log.
pub(crate) fn call_failed(module: &str, error: &CallError, reference: &str) -> String {
    match error {
        CallError::Failure(Failure::Usage(text)) => escape(text),
        CallError::Failure(Failure::Unavailable(text)) => format!("⚠️ {}", escape(text)),
        CallError::Failure(Failure::Internal(_) | Failure::Other(_)) => {
            format!("⚠️ Something broke in {module}. Nothing was saved.\nReference: {reference}")
        }
        CallError::Busy => {
            format!("⚠️ {module} {error}. Nothing was saved; please try again in a moment.")
        }
        error => format!("⚠️ {module} {error}. Nothing was saved.\nReference: {reference}"),
    }
}

/// What somebody reads when an answer could not be kept.
pub(crate) fn commit_failed(module: &str, error: &CommitError, reference: &str) -> String {
    match error {
        CommitError::Conflict => {
            format!("⚠️ {module} was changing the same data for somebody else. Nothing was saved; please try again.")
        }
        CommitError::Quota { used, limit, unit } => {
            format!("⚠️ The storage of {module} is full ({used} of {limit} {unit}). Nothing was saved.")
        }
        CommitError::DiskFull => {
            "⚠️ Storage full, nothing saved: the disk of the bot has no room left. Please try again when its owner has made some.".to_owned()
        }
        CommitError::Withdrawn => {
            "⚠️ What you confirmed was withdrawn meanwhile, as when a permission of the module was revoked. Nothing was saved.".to_owned()
        }
        CommitError::AlreadyDone | CommitError::Failed(_) => {
            format!("⚠️ The bot could not save anything. Please try again later.\nReference: {reference}")
        }
    }
}

/// A short reference for an update.
pub(crate) fn reference(update_id: i64) -> String {
    format!("{update_id:x}")
}
