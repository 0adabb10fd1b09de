//! The audit: every decision about what a module may do, and what owners decided, in an append-only chain.

use serde::{Deserialize, Serialize};

use crate::database::Database;

/// One decision. Never a secret, a body or the text of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The event that it was part of; empty for what an owner did on the command line.
    pub(crate) event: String,
    /// Such as `owner 111`, `user 222`, `schedule check`, `module ai`, `command line`.
    pub(crate) actor: String,
    pub(crate) module: String,
    /// SHA-256 of the component.
    pub(crate) hash: String,
    pub(crate) capability: String,
    /// The canonical line of the call or permission.
    pub(crate) target: String,
    /// `allow`, `deny`, `ask`, `grant`, `revoke`, …
    pub(crate) decision: String,
    /// Why, and how it ended.
    pub(crate) reason: String,
    pub(crate) bytes: u64,
    pub(crate) duration_ms: u64,
}

/// Where records go. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Audit {
    database: Database,
}

impl Audit {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Appends a record. Durable soon, and in order.
    pub(crate) fn record(&self, record: &Record) {
        // Strings and numbers always serialise.
        self.database.append_audit(serde_json::to_string(record).unwrap_or_default());
    }
}
