//! What is known of a schedule beside its last slot: since when it is known at all.

use rusqlite::Connection;

use super::{CommitError, Database};

impl Database {
    /// The last slots of these schedules (module and name), in their order. Of one that was never seen
    /// before, that is now: it owes nothing from before. One that lies after `latest_ms` was fired when the
    /// clock was wrong, and becomes now as well.
    pub async fn slots(
        &self,
        schedules: Vec<(String, String)>,
        now_ms: i64,
        latest_ms: i64,
    ) -> Result<Vec<i64>, CommitError> {
        self.change(move |connection| {
            schedules.iter().map(|schedule| slot(connection, schedule, now_ms, latest_ms)).collect()
        })
        .await
    }
}

fn slot(
    connection: &Connection,
    schedule: &(String, String),
    now_ms: i64,
    latest_ms: i64,
) -> rusqlite::Result<i64> {
    let (module, name) = schedule;
    let sql = "INSERT INTO slots VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET slot_ms = iif(slot_ms > ?4, ?3, slot_ms) RETURNING slot_ms";
    connection.prepare_cached(sql)?.query_row((module, name, now_ms, latest_ms), |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::super::{Commit, Slot};
    use super::*;

    fn schedule(name: &str) -> (String, String) {
        ("m".to_owned(), name.to_owned())
    }

    #[tokio::test]
    async fn a_slot_is_done_once_and_a_wrong_clock_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path()).unwrap();
        let both = vec![schedule("a"), schedule("b")];
        assert_eq!(database.slots(both.clone(), 1_000, 9_000).await, Ok(vec![1_000, 1_000]));
        let fire = |slot_ms| {
            let slot = Slot { module: "m".to_owned(), schedule: "a".to_owned(), slot_ms };
            database.commit(Commit { slot: Some(slot), ..Commit::default() })
        };
        assert!(fire(5_000).await.is_ok());
        for slot_ms in [5_000, 4_999, 1_000, i64::MIN] {
            assert_eq!(fire(slot_ms).await.unwrap_err(), CommitError::AlreadyDone, "{slot_ms}");
        }
        assert_eq!(database.slots(both.clone(), 6_000, 9_000).await, Ok(vec![5_000, 1_000]));
        // The clock was far ahead, and is right again.
        assert!(fire(900_000).await.is_ok());
        assert_eq!(database.slots(both, 7_000, 9_000).await, Ok(vec![7_000, 1_000]));
        assert!(fire(8_000).await.is_ok());
        database.close().await;
    }
}
