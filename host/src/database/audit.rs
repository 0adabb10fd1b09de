//! The rows of the audit. Each hash is of the hash before it and the record, so that no row can be changed,
//! removed or put in between without breaking the chain; the head says where it ends.
//!
//! With a key, nobody who has only the file can make the chain anew.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{CommitError, Database};
use crate::secret::hmac;

/// Records that are kept; of older ones only the hash of the last is.
const KEPT: i64 = 1_000_000;
/// How often older records are looked for, in records.
const PRUNE: i64 = 1_000;
/// The notes of the host: where the chain ends, and where it begins.
const HEAD: &str = "audit.head";
const ANCHOR: &str = "audit.anchor";

/// How records are chained: with a key, or open for everybody to recompute.
pub(crate) struct Seal(Option<Zeroizing<[u8; 32]>>);

/// A place in the chain, as a note of the host or the head's file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) seq: i64,
    pub(crate) hash: String,
    /// Over the other two.
    proof: String,
}

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) record: String,
    pub(crate) hash: String,
}

/// The notes on both ends of the chain, as they are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ends {
    pub(crate) anchor: Option<String>,
    pub(crate) head: Option<String>,
    pub(crate) newest: Option<i64>,
}

impl Seal {
    /// Without a key.
    pub(crate) fn open() -> Self {
        Self(None)
    }

    pub(crate) fn keyed(key: Zeroizing<[u8; 32]>) -> Self {
        Self(Some(key))
    }

    pub(crate) fn is_keyed(&self) -> bool {
        self.0.is_some()
    }

    /// The hash of a row. Begins with `k` if it takes the key to make it.
    pub(crate) fn link(&self, before: &str, seq: i64, record: &str) -> String {
        self.hash(&format!("{before}\n{seq}\n{record}"))
    }

    pub(crate) fn mark(&self, seq: i64, hash: &str) -> Mark {
        let proof = self.hash(&format!("end\n{seq}\n{hash}"));
        Mark { seq, hash: hash.to_owned(), proof }
    }

    /// Whether the mark was made with this seal.
    pub(crate) fn made(&self, mark: &Mark) -> bool {
        self.mark(mark.seq, &mark.hash) == *mark
    }

    /// The hash of a row that was written before there was a key.
    pub(crate) fn is_open_link(before: &str, row: &Row) -> bool {
        Self(None).link(before, row.seq, &row.record) == row.hash
    }

    fn hash(&self, text: &str) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match &self.0 {
            Some(key) => format!("k{}", hex(&hmac(key, &[text.as_bytes()]))),
            None => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

impl Mark {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (seq, hash, proof) = (words.next()?, words.next()?, words.next()?);
        let (hash, proof) = (if hash == "-" { "" } else { hash }.to_owned(), proof.to_owned());
        Some(Self { seq: seq.parse().ok()?, hash, proof })
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hash = if self.hash.is_empty() { "-" } else { &self.hash };
        write!(f, "{} {hash} {}", self.seq, self.proof)
    }
}

impl Database {
    /// Appends a record to the chain. Durable soon, and in order.
    pub(crate) fn append_audit(&self, seal: Arc<Seal>, record: String) {
        self.change_soon(move |connection| append(connection, &seal, &record));
    }

    /// Waits until all that was to become durable soon is.
    pub(crate) async fn flush(&self) -> Result<(), CommitError> {
        self.change(|_| Ok(())).await
    }

    /// Where the chain begins and ends.
    pub(crate) async fn audit_ends(&self) -> Result<Ends, CommitError> {
        let (_, ends) = self
            .read(|connection| {
                let sql = "SELECT MAX(seq) FROM audit";
                let newest = connection.query_row(sql, (), |row| row.get(0))?;
                Ok(Ends {
                    anchor: note(connection, ANCHOR)?,
                    head: note(connection, HEAD)?,
                    newest,
                })
            })
            .await?;
        Ok(ends)
    }

    /// The rows after a number, in order.
    pub(crate) async fn audit_rows(&self, after: i64, limit: u32) -> Result<Vec<Row>, CommitError> {
        let (_, rows) = self
            .read(move |connection| {
                let sql =
                    "SELECT seq, record, hash FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2";
                connection.prepare_cached(sql)?.query_map((after, limit), row)?.collect()
            })
            .await?;
        Ok(rows)
    }

    /// The newest rows first: of one module, or only refusals.
    pub(crate) async fn newest_audit(
        &self,
        module: Option<String>,
        denied: bool,
        limit: u32,
    ) -> Result<Vec<Row>, CommitError> {
        let (_, rows) = self
            .read(move |connection| {
                // What somebody has made unreadable is passed over here, and found by the check of the chain.
                let sql =
                    "SELECT seq, record, hash FROM audit WHERE CASE WHEN json_valid(record) THEN
                        (?1 IS NULL OR record ->> '$.module' = ?1)
                        AND (NOT ?2 OR record ->> '$.decision' = 'deny')
                    END ORDER BY seq DESC LIMIT ?3";
                connection.prepare_cached(sql)?.query_map((module, denied, limit), row)?.collect()
            })
            .await?;
        Ok(rows)
    }

    /// The file that says where the chain ends, outside the database.
    pub(crate) fn audit_head_file(&self) -> PathBuf {
        self.shared.path.with_file_name(HEAD)
    }
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { seq: row.get(0)?, record: row.get(1)?, hash: row.get(2)? })
}

fn append(connection: &Connection, seal: &Seal, record: &str) -> rusqlite::Result<()> {
    let head = note(connection, HEAD)?.and_then(|line| Mark::parse(&line));
    let (last, before) = head.map_or((0, String::new()), |head| (head.seq, head.hash));
    // Appending goes on whatever somebody has done to the table; the check of the chain will say it.
    let newest: Option<i64> =
        connection.prepare_cached("SELECT MAX(seq) FROM audit")?.query_row((), |row| row.get(0))?;
    let seq = last.max(newest.unwrap_or(0)).saturating_add(1);
    let hash = seal.link(&before, seq, record);
    connection
        .prepare_cached("INSERT INTO audit (seq, record, hash) VALUES (?1, ?2, ?3)")?
        .execute((seq, record, &hash))?;
    keep(connection, HEAD, &seal.mark(seq, &hash))?;
    if seq % PRUNE == 0 { prune(connection, seal, seq - KEPT) } else { Ok(()) }
}

/// Drops the rows up to a number; the anchor keeps what the next one is chained to.
fn prune(connection: &Connection, seal: &Seal, until: i64) -> rusqlite::Result<()> {
    let sql = "SELECT hash FROM audit WHERE seq = ?1";
    let hash: Option<String> =
        connection.prepare_cached(sql)?.query_row([until], |row| row.get(0)).optional()?;
    let Some(hash) = hash else { return Ok(()) };
    keep(connection, ANCHOR, &seal.mark(until, &hash))?;
    connection.prepare_cached("DELETE FROM audit WHERE seq <= ?1")?.execute([until]).map(drop)
}

fn note(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT value FROM memory WHERE name = ?1";
    connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()
}

fn keep(connection: &Connection, name: &str, mark: &Mark) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO memory VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute((name, mark.to_string())).map(drop)
}
