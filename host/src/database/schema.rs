//! The tables, and how an older file becomes the present one.

use rusqlite::Connection;

/// The version of the tables below, kept in the file's `user_version`.
pub(super) const VERSION: i64 = 1;

/// Brings an empty file to [`VERSION`]. Newer steps go behind this one, never into it.
const FIRST: &str = "
    CREATE TABLE inbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of arrival: update ids may restart lower
        update_id INTEGER NOT NULL UNIQUE,
        chat_id INTEGER NOT NULL,
        received_ms INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        state INTEGER NOT NULL DEFAULT 0,       -- 0 pending, 1 done, 2 buried
        body TEXT NOT NULL                      -- emptied when done
    );
    CREATE INDEX inbox_pending ON inbox (chat_id, seq) WHERE state = 0;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        chat_id INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        payload TEXT NOT NULL,
        file BLOB
    );
    CREATE TABLE dialog (
        chat_id INTEGER PRIMARY KEY,
        dialog TEXT NOT NULL
    );
    CREATE TABLE storage (
        module TEXT NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (module, key)
    ) WITHOUT ROWID;
    CREATE TABLE usage (
        module TEXT PRIMARY KEY,
        keys INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE memory (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
";

/// Brings the file to [`VERSION`], in one transaction. One that is there is not written to: a host must
/// start on a full disk, too.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let version: i64 = transaction.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    if version == VERSION {
        return Ok(());
    }
    if version < 1 {
        transaction.execute_batch(FIRST)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
