//! The rows of the audit. Each hash is of the hash before it and the record, so that no row can be changed,
//! removed or put in between without breaking the chain.

use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};

use super::Database;

impl Database {
    /// Appends a record to the chain. Durable soon, and in order.
    pub fn append_audit(&self, record: String) {
        self.change_soon(move |connection| append(connection, &record));
    }
}

fn append(connection: &Connection, record: &str) -> rusqlite::Result<()> {
    let sql = "SELECT hash FROM audit ORDER BY seq DESC LIMIT 1";
    let before: Option<String> =
        connection.prepare_cached(sql)?.query_row((), |row| row.get(0)).optional()?;
    let hash = chained(before.as_deref().unwrap_or(""), record);
    connection
        .prepare_cached("INSERT INTO audit (record, hash) VALUES (?1, ?2)")?
        .execute((record, hash))
        .map(drop)
}

fn chained(before: &str, record: &str) -> String {
    let digest = Sha256::digest(format!("{before}\n{record}").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
