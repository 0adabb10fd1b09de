//! What an owner does with the host beside talking to modules: one function for each thing, which the chat
//! and the command line both call, so that both do and say the same.
//!
//! A [`Request`] is what the command line asks a running host for; without one it asks itself. An answer is
//! text for a person, without secrets.

mod explain;
mod grants;
mod host_keys;
mod records;
mod secrets;
mod toml_lines;

use std::sync::{Arc, OnceLock};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

pub(crate) use self::grants::state;
pub(crate) use self::records::line as record_line;
use crate::audit::Audit;
use crate::capability::ssh;
use crate::database::{CommitError, Database};
use crate::permission::{Book, Policy};
use crate::secret::Secrets;
use crate::telemetry::redact::redacted;

/// What owners operate on.
pub(crate) struct Operate {
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) audit: Audit,
    pub(crate) book: Arc<Book>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) database: Database,
    /// The sessions with servers, where a host runs.
    pub(crate) ssh: OnceLock<Arc<ssh::Service>>,
    /// Told when something was granted for which a component may have waited: the modules directory is to
    /// be looked at again.
    pub(crate) granted: Arc<Notify>,
}

/// What the command line asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub(crate) enum Request {
    SecretSet {
        name: String,
        value: Hidden,
    },
    SecretList,
    SecretRemove {
        name: String,
    },
    AuditList {
        module: Option<String>,
        denied: bool,
        limit: u32,
    },
    AuditVerify,
    GrantList {
        module: Option<String>,
    },
    /// Without a line: all that the component waits for.
    GrantAllow {
        module: String,
        line: Option<String>,
    },
    GrantRevoke {
        module: String,
        line: String,
    },
    Explain {
        module: String,
        call: String,
    },
    HostKeyList,
    HostKeyForget {
        target: String,
    },
}

/// A value on its way between two processes of one user. Never shown.
pub(crate) struct Hidden(pub(crate) SecretString);

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// What was asked for makes no sense; the text says what would.
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) text: String,
    /// The exit code: 0, 1 for what failed or was found wrong, 2 for what makes no sense.
    pub(crate) code: u8,
}

impl Operate {
    /// Does what the command line asks for.
    pub(crate) async fn perform(&self, request: Request) -> Outcome {
        const BY: &str = "command line";
        let done = match request {
            Request::SecretSet { name, value } => self.set_secret(&name, value.0, BY).await,
            Request::SecretList => Ok(self.list_secrets()),
            Request::SecretRemove { name } => self.remove_secret(&name, BY).await,
            Request::AuditList { module, denied, limit } => {
                self.list_records(module.as_deref(), denied, limit).await
            }
            Request::AuditVerify => self.verify_records().await,
            Request::GrantList { module } => self.list_grants(module.as_deref()),
            Request::GrantAllow { module, line: None } => self.allow_all(&module, BY).await,
            Request::GrantAllow { module, line: Some(line) } => {
                self.allow(&module, &line, BY).await
            }
            Request::GrantRevoke { module, line } => self.revoke(&module, &line, BY).await,
            Request::Explain { module, call } => self.explain(&module, &call),
            Request::HostKeyList => self.list_host_keys().await,
            Request::HostKeyForget { target } => self.forget_host_key(&target, BY).await,
        };
        let (text, code) = match done {
            Ok(text) => (text, 0),
            Err(refused @ Refused::Failed(_)) => (refused.to_string(), 1),
            Err(refused @ Refused::Usage(_)) => (refused.to_string(), 2),
        };
        Outcome { text: redacted(text), code }
    }
}

impl Refused {
    fn usage(text: impl std::fmt::Display) -> Self {
        Self::Usage(text.to_string())
    }
}

impl From<CommitError> for Refused {
    fn from(error: CommitError) -> Self {
        Self::Failed(format!("nothing was changed: {error}"))
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

impl Serialize for Hidden {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|value| Self(value.into()))
    }
}

/// Milliseconds since 1970 as people read them at the command line, in UTC.
fn time(at_ms: i64) -> String {
    time_in(at_ms, chrono_tz::UTC)
}

/// Milliseconds since 1970 as people read them where they live.
fn time_in(at_ms: i64, zone: chrono_tz::Tz) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Columns as wide as they have to be, two blanks between them; the last is not filled up.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
