//! The tables, and how an older file becomes the present one.

use rusqlite::Connection;

/// The version of the tables below, kept in the file's `user_version`.
pub(super) const VERSION: i64 = 2;

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

/// What the owner has decided, what waits for a decision, and what was done.
const SECOND: &str = "
    CREATE TABLE grants (
        module TEXT NOT NULL,
        scope TEXT NOT NULL,                    -- the canonical line of a permission
        allowed INTEGER NOT NULL,               -- 1 granted, 0 denied or revoked
        since_ms INTEGER NOT NULL,
        by TEXT NOT NULL,
        PRIMARY KEY (module, scope)
    ) WITHOUT ROWID;
    CREATE TABLE trust (
        module TEXT PRIMARY KEY,
        hash TEXT NOT NULL,                     -- SHA-256 of the component that the grants are bound to
        wants TEXT NOT NULL,                    -- SHA-256 of what it asked for
        since_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE approvals (
        nonce TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        module TEXT NOT NULL,
        approver INTEGER NOT NULL,              -- the one owner who may answer
        expires_ms INTEGER NOT NULL,
        request TEXT NOT NULL,                  -- SHA-256 of the canonical request
        payload TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE secrets (
        name TEXT PRIMARY KEY,
        nonce BLOB NOT NULL,
        sealed BLOB NOT NULL,
        since_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        record TEXT NOT NULL,
        hash TEXT NOT NULL                      -- of the hash before it and the record
    );
    CREATE TABLE journal (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        event TEXT NOT NULL,
        module TEXT NOT NULL,
        call TEXT NOT NULL,
        begun_ms INTEGER NOT NULL,
        outcome TEXT                            -- none: it was begun, and nobody knows how it ended
    );
    CREATE INDEX journal_event ON journal (event);
    CREATE TABLE slots (
        module TEXT NOT NULL,
        schedule TEXT NOT NULL,
        slot_ms INTEGER NOT NULL,               -- the last slot that was fired
        PRIMARY KEY (module, schedule)
    ) WITHOUT ROWID;
    CREATE TABLE host_keys (
        target TEXT PRIMARY KEY,
        address TEXT NOT NULL,
        key TEXT NOT NULL,                      -- as in authorized_keys: type and base64
        since_ms INTEGER NOT NULL,
        by TEXT NOT NULL
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
    if version < 2 {
        transaction.execute_batch(SECOND)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
