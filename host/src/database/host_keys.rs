//! The host keys of servers, by the alias of the target: our own store, and the truth. There is no
//! `known_hosts` beside it.

use rusqlite::OptionalExtension as _;

use super::{CommitError, Database};

/// The key that a server has to prove itself with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// The alias of the target.
    pub target: String,
    /// Where the target was when an owner trusted the key.
    pub address: String,
    /// As in `authorized_keys`: type and base64.
    pub key: String,
    pub since_ms: i64,
    /// Who trusted it, such as `owner 111`.
    pub by: String,
}

impl Database {
    /// The recorded key of a target.
    pub async fn host_key(&self, target: &str) -> Result<Option<HostKey>, CommitError> {
        let target = target.to_owned();
        let (_, found) = self
            .read(move |connection| {
                let sql = "SELECT * FROM host_keys WHERE target = ?1";
                let key = connection.prepare_cached(sql)?.query_row([&target], row);
                key.optional()
            })
            .await?;
        Ok(found)
    }

    /// All recorded keys, by target.
    pub async fn host_keys(&self) -> Result<Vec<HostKey>, CommitError> {
        let (_, found) = self
            .read(|connection| {
                let mut statement =
                    connection.prepare("SELECT * FROM host_keys ORDER BY target")?;
                statement.query_map((), row)?.collect()
            })
            .await?;
        Ok(found)
    }

    /// Records the key of a target that has none; says whether it had none.
    pub async fn record_host_key(&self, key: HostKey) -> Result<bool, CommitError> {
        self.change(move |connection| {
            let HostKey { target, address, key, since_ms, by } = &key;
            let sql = "INSERT INTO host_keys VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.execute((target, address, key, since_ms, by))? == 1)
        })
        .await
    }

    /// Forgets the key of a target; says whether it had one.
    pub async fn forget_host_key(&self, target: &str) -> Result<bool, CommitError> {
        let target = target.to_owned();
        self.change(move |connection| {
            let sql = "DELETE FROM host_keys WHERE target = ?1";
            Ok(connection.prepare_cached(sql)?.execute([&target])? == 1)
        })
        .await
    }
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<HostKey> {
    Ok(HostKey {
        target: row.get("target")?,
        address: row.get("address")?,
        key: row.get("key")?,
        since_ms: row.get("since_ms")?,
        by: row.get("by")?,
    })
}
