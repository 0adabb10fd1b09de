//! What waits for an owner's tap. It is used up in the same transaction as what it allows.

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{Approval, Commit, CommitError, Database};

impl Database {
    /// The request that a button's nonce stands for, if it still waits.
    pub async fn approval(&self, nonce: &str) -> Result<Option<Approval>, CommitError> {
        let nonce = nonce.to_owned();
        let (_, found) = self
            .read(move |connection| {
                let sql = "SELECT * FROM approvals WHERE nonce = ?1";
                connection.query_row(sql, [nonce], approval).optional()
            })
            .await?;
        Ok(found)
    }

    /// The requests of a module that wait and have not expired.
    pub async fn waiting_approvals(
        &self,
        module: &str,
        now_ms: i64,
    ) -> Result<Vec<Approval>, CommitError> {
        let module = module.to_owned();
        let (_, found) = self
            .read(move |connection| {
                let sql = "SELECT * FROM approvals WHERE module = ?1 AND expires_ms > ?2";
                let mut statement = connection.prepare_cached(sql)?;
                statement.query_map((module, now_ms), approval)?.collect()
            })
            .await?;
        Ok(found)
    }

    /// Forgets requests: all of a module (of one kind, if given) that are now void.
    pub async fn void_approvals(
        &self,
        module: &str,
        kind: Option<&str>,
    ) -> Result<(), CommitError> {
        let (module, kind) = (module.to_owned(), kind.map(str::to_owned));
        self.change(move |connection| {
            let sql = "DELETE FROM approvals WHERE module = ?1 AND (?2 IS NULL OR kind = ?2)";
            connection.execute(sql, (&module, &kind)).map(drop)
        })
        .await
    }

    /// Forgets one request, as when it is denied; says whether it was there.
    pub async fn void_approval(&self, nonce: &str) -> Result<bool, CommitError> {
        let nonce = nonce.to_owned();
        self.change(move |connection| {
            let sql = "DELETE FROM approvals WHERE nonce = ?1";
            connection.execute(sql, [&nonce]).map(|rows| rows > 0)
        })
        .await
    }
}

fn approval(row: &Row<'_>) -> rusqlite::Result<Approval> {
    Ok(Approval {
        nonce: row.get("nonce")?,
        kind: row.get("kind")?,
        module: row.get("module")?,
        approver: row.get("approver")?,
        expires_ms: row.get("expires_ms")?,
        request: row.get("request")?,
        payload: row.get("payload")?,
    })
}

pub(super) fn is_there(connection: &Connection, nonce: &str) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM approvals WHERE nonce = ?1")?.exists([nonce])
}

pub(super) fn apply(connection: &Connection, commit: &Commit) -> rusqlite::Result<()> {
    if let Some(nonce) = &commit.approved {
        connection.prepare_cached("DELETE FROM approvals WHERE nonce = ?1")?.execute([nonce])?;
    }
    for approval in &commit.approvals {
        let Approval { nonce, kind, module, approver, expires_ms, request, payload } = approval;
        // What has expired is of no use to anybody.
        connection
            .prepare_cached("DELETE FROM approvals WHERE expires_ms < ?1 - 86400000")?
            .execute([expires_ms])?;
        connection
            .prepare_cached("INSERT INTO approvals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute((nonce, kind, module, approver, expires_ms, request, payload))?;
    }
    Ok(())
}
