//! The rows of sealed secrets. What is in them is of no use without the key, which is not here.

use super::{CommitError, Database};

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedSecret {
    pub(crate) name: String,
    pub(crate) nonce: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
    pub(crate) since_ms: i64,
}

impl Database {
    /// All that are stored.
    pub(crate) async fn sealed_secrets(&self) -> Result<Vec<SealedSecret>, CommitError> {
        let (_, found) = self
            .read(|connection| {
                let mut statement = connection.prepare("SELECT * FROM secrets ORDER BY name")?;
                let rows = statement.query_map((), |row| {
                    Ok(SealedSecret {
                        name: row.get("name")?,
                        nonce: row.get("nonce")?,
                        sealed: row.get("sealed")?,
                        since_ms: row.get("since_ms")?,
                    })
                })?;
                rows.collect()
            })
            .await?;
        Ok(found)
    }

    /// Stores a secret, in place of an earlier one of its name.
    pub(crate) async fn keep_secret(&self, secret: SealedSecret) -> Result<(), CommitError> {
        self.change(move |connection| {
            let SealedSecret { name, nonce, sealed, since_ms } = &secret;
            connection
                .prepare_cached("INSERT OR REPLACE INTO secrets VALUES (?1, ?2, ?3, ?4)")?
                .execute((name, nonce, sealed, since_ms))
                .map(drop)
        })
        .await
    }

    /// Removes a secret.
    pub(crate) async fn forget_secret(&self, name: &str) -> Result<(), CommitError> {
        let name = name.to_owned();
        self.change(move |connection| {
            connection.execute("DELETE FROM secrets WHERE name = ?1", [&name]).map(drop)
        })
        .await
    }

    /// Leaves the file as it is, for good: the process ends because it may not use it. To close it would
    /// move its write-ahead log into it.
    pub(crate) fn leave(self) {
        std::mem::forget(self);
    }
}
