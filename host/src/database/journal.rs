//! Outside actions that must not happen twice: noted before and after. And the slots of schedules.

use rusqlite::{Connection, OptionalExtension as _};

use super::{Commit, CommitError, Database, Slot};

/// An outside action of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    pub module: String,
    /// The canonical line of the call.
    pub call: String,
    pub begun_ms: i64,
    /// How it ended; none if nobody knows.
    pub outcome: Option<String>,
}

impl Action {
    /// The capability: the first word of the call.
    pub(crate) fn kind(&self) -> &str {
        self.call.split(' ').next().unwrap_or_default()
    }
}

impl Database {
    /// Notes durably that an action is about to begin; returns the number of the note.
    pub async fn begin_action(
        &self,
        event: &str,
        module: &str,
        call: &str,
        begun_ms: i64,
    ) -> Result<i64, CommitError> {
        let (event, module, call) = (event.to_owned(), module.to_owned(), call.to_owned());
        self.change(move |connection| {
            let sql = "INSERT INTO journal (event, module, call, begun_ms) VALUES (?1, ?2, ?3, ?4)";
            connection.prepare_cached(sql)?.insert((&event, &module, &call, begun_ms))
        })
        .await
    }

    /// Notes durably how an action ended.
    pub async fn end_action(&self, note: i64, outcome: &str) -> Result<(), CommitError> {
        let outcome = outcome.to_owned();
        self.change(move |connection| {
            let sql = "UPDATE journal SET outcome = ?2 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute((note, &outcome)).map(drop)
        })
        .await
    }

    /// What an event did outside, as far as it is noted.
    pub async fn actions(&self, event: &str) -> Result<Vec<Action>, CommitError> {
        let event = event.to_owned();
        let (_, found) = self
            .read(move |connection| {
                let sql = "SELECT module, call, begun_ms, outcome FROM journal WHERE event = ?1 ORDER BY id";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map([event], |row| {
                    let (module, call) = (row.get(0)?, row.get(1)?);
                    Ok(Action { module, call, begun_ms: row.get(2)?, outcome: row.get(3)? })
                })?;
                rows.collect()
            })
            .await?;
        Ok(found)
    }

    /// The last slot that a schedule was fired for, in milliseconds since 1970.
    pub async fn last_slot(
        &self,
        module: &str,
        schedule: &str,
    ) -> Result<Option<i64>, CommitError> {
        let (module, schedule) = (module.to_owned(), schedule.to_owned());
        let (_, found) = self
            .read(move |connection| {
                let sql = "SELECT slot_ms FROM slots WHERE module = ?1 AND schedule = ?2";
                connection.query_row(sql, (module, schedule), |row| row.get(0)).optional()
            })
            .await?;
        Ok(found)
    }
}

pub(super) fn is_due(connection: &Connection, slot: &Slot) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM slots WHERE module = ?1 AND schedule = ?2 AND slot_ms >= ?3";
    let mut statement = connection.prepare_cached(sql)?;
    statement.exists((&slot.module, &slot.schedule, slot.slot_ms)).map(|done| !done)
}

pub(super) fn apply(connection: &Connection, commit: &Commit) -> rusqlite::Result<()> {
    if let Some(Slot { module, schedule, slot_ms }) = &commit.slot {
        connection
            .prepare_cached("INSERT OR REPLACE INTO slots VALUES (?1, ?2, ?3)")?
            .execute((module, schedule, slot_ms))?;
    }
    if let Some(event) = &commit.journalled {
        connection.prepare_cached("DELETE FROM journal WHERE event = ?1")?.execute([event])?;
    }
    Ok(())
}
