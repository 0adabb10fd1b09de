//! What owners have decided about modules.

use super::{CommitError, Database};

/// A decision about one permission of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub module: String,
    /// The canonical line of the permission.
    pub scope: String,
    pub allowed: bool,
    pub since_ms: i64,
    /// Who decided, such as `owner 111` or `command line`.
    pub by: String,
}

/// The component that a module's grants are bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    pub module: String,
    /// SHA-256 of the component.
    pub hash: String,
    /// SHA-256 of what it asked for.
    pub wants: String,
    pub since_ms: i64,
}

impl Database {
    /// Everything that was decided.
    pub async fn decisions(&self) -> Result<(Vec<Decision>, Vec<Trust>), CommitError> {
        let (_, found) = self
            .read(|connection| {
                let mut grants = connection.prepare("SELECT * FROM grants")?;
                let decisions = grants.query_map((), |row| {
                    Ok(Decision {
                        module: row.get("module")?,
                        scope: row.get("scope")?,
                        allowed: row.get("allowed")?,
                        since_ms: row.get("since_ms")?,
                        by: row.get("by")?,
                    })
                })?;
                let decisions = decisions.collect::<rusqlite::Result<Vec<_>>>()?;
                let mut trust = connection.prepare("SELECT * FROM trust")?;
                let trusted = trust.query_map((), |row| {
                    Ok(Trust {
                        module: row.get("module")?,
                        hash: row.get("hash")?,
                        wants: row.get("wants")?,
                        since_ms: row.get("since_ms")?,
                    })
                })?;
                Ok((decisions, trusted.collect::<rusqlite::Result<Vec<_>>>()?))
            })
            .await?;
        Ok(found)
    }

    /// Keeps decisions, and the component that they are bound to from now on, as one.
    pub async fn decide(
        &self,
        decisions: Vec<Decision>,
        trust: Option<Trust>,
    ) -> Result<(), CommitError> {
        self.change(move |connection| {
            for Decision { module, scope, allowed, since_ms, by } in &decisions {
                connection
                    .prepare_cached("INSERT OR REPLACE INTO grants VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute((module, scope, allowed, since_ms, by))?;
            }
            if let Some(Trust { module, hash, wants, since_ms }) = &trust {
                connection
                    .prepare_cached("INSERT OR REPLACE INTO trust VALUES (?1, ?2, ?3, ?4)")?
                    .execute((module, hash, wants, since_ms))?;
            }
            Ok(())
        })
        .await
    }
}
