//! The audit: every decision about what a module may do, and what owners decided, in an append-only chain.
//!
//! The rows and their hashes are `database`'s; here is what a record says, the check of the chain, and the
//! file beside the database that says where the chain ends, so that a shortened table is noticed.

mod check;

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::database::{CommitError, Database, Mark, Seal};
use crate::telemetry::redact::{redact, redacted};

/// How long the head's file may be behind the chain.
const BEHIND: Duration = Duration::from_secs(1);

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

/// A record with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) seq: i64,
    pub(crate) record: Record,
}

/// Where records go. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Audit {
    database: Database,
    seal: Arc<Seal>,
    news: Arc<Notify>,
}

impl Record {
    /// Of what a person decided or did, outside any event.
    pub(crate) fn of_person(by: &str, capability: &str, target: &str, decision: &str) -> Self {
        Self {
            at_ms: chrono::Utc::now().timestamp_millis(),
            event: String::new(),
            actor: by.to_owned(),
            module: String::new(),
            hash: String::new(),
            capability: capability.to_owned(),
            target: target.to_owned(),
            decision: decision.to_owned(),
            reason: String::new(),
            bytes: 0,
            duration_ms: 0,
        }
    }
}

impl Audit {
    /// An audit whose chain everybody can recompute.
    pub(crate) fn new(database: Database) -> Self {
        Self::sealed(database, Seal::open())
    }

    pub(crate) fn sealed(database: Database, seal: Seal) -> Self {
        Self { database, seal: Arc::new(seal), news: Arc::default() }
    }

    /// Appends a record. Durable soon, and in order.
    pub(crate) fn record(&self, record: &Record) {
        let record = Record {
            target: redact(&record.target).into_owned(),
            reason: redact(&record.reason).into_owned(),
            ..record.clone()
        };
        // Strings and numbers always serialise.
        let line = serde_json::to_string(&record).unwrap_or_default();
        self.database.append_audit(Arc::clone(&self.seal), line);
        self.news.notify_one();
    }

    /// The newest records first: of one module, or only refusals.
    pub(crate) async fn newest(
        &self,
        module: Option<&str>,
        denied: bool,
        limit: u32,
    ) -> Result<Vec<Numbered>, CommitError> {
        let rows = self.database.newest_audit(module.map(str::to_owned), denied, limit).await?;
        let numbered = |row: crate::database::AuditRow| {
            // A record was written without the secrets that were known then.
            let record = serde_json::from_str(&redacted(row.record)).ok()?;
            Some(Numbered { seq: row.seq, record })
        };
        Ok(rows.into_iter().filter_map(numbered).collect())
    }

    /// Looks at the ends of the chain at a start. What does not fit is logged, and nothing is mended.
    pub(crate) async fn begin(&self, first_use: bool) {
        match self.database.audit_ends().await {
            // Written before anything is recorded, so that its absence means something later.
            Ok(ends) if ends.newest.is_none() && ends.head.is_none() => {
                self.write_head(self.seal.mark(0, "")).await;
            }
            // The ends were made without the key that there is from now on.
            Ok(_) if first_use => {}
            Ok(_) => match self.check_ends().await {
                Ok(None) => {}
                Ok(Some(finding)) => {
                    tracing::error!(%finding, "the audit was tampered with; `umbrasil audit verify` looks closer");
                }
                Err(error) => tracing::error!(%error, "cannot read the audit"),
            },
            Err(error) => tracing::error!(%error, "cannot read the audit"),
        }
        if first_use {
            self.record(&Record::of_person("host", "audit", "the chain of records", "seal"));
        }
    }

    /// Keeps the head's file up to date until `stop`.
    pub(crate) async fn keep_head(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = self.news.notified() => {}
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(BEHIND) => {}
                () = stop.cancelled() => return,
            }
            self.note_head().await;
        }
    }

    /// Makes all records durable, and notes the last one in the head's file.
    pub(crate) async fn note_last(&self) {
        match self.database.flush().await {
            Ok(()) => self.note_head().await,
            Err(error) => tracing::warn!(%error, "the last records of the audit may be lost"),
        }
    }

    /// Writes where the chain ends into the head's file, as far as the chain is durable.
    async fn note_head(&self) {
        match self.database.audit_ends().await {
            Ok(ends) => {
                let head = ends.head.as_deref().and_then(Mark::parse);
                let own = head.filter(|head| self.seal.made(head));
                if let Some(head) = own {
                    self.write_head(head).await;
                }
            }
            Err(error) => tracing::warn!(%error, "cannot read where the audit ends"),
        }
    }

    async fn write_head(&self, head: Mark) {
        let path = self.database.audit_head_file();
        let written = tokio::task::spawn_blocking(move || {
            let draft = path.with_extension("head.part");
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(true)
                .mode(0o600)
                .open(&draft)?;
            writeln!(file, "{head}")?;
            file.sync_data()?;
            std::fs::rename(&draft, &path)
        });
        if let Ok(Err(error)) = written.await {
            tracing::warn!(%error, "cannot write the file that says where the audit ends");
        }
    }
}
