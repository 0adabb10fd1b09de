//! Reading: connections of their own, which see the last durable commit and never wait for the writer.

use std::sync::PoisonError;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{CommitError, Database, Dialog, Pending, QueuedMessage, open};

/// At most so many items are listed at once.
pub const RANGE_ITEMS: usize = 1_000;
/// A list stops after so many bytes of keys and values.
pub const RANGE_BYTES: usize = 1 << 20;

/// A part of a module's keys.
#[derive(Debug, Clone)]
pub struct Range {
    pub start: String,
    pub end: Option<String>,
    pub limit: usize,
    pub reverse: bool,
}

/// What an earlier run left, as chats and counts.
#[derive(Debug, Default)]
pub struct Waiting {
    pub inbox: Vec<(i64, i64)>,
    pub outbox: Vec<(i64, i64)>,
}

type Values = Vec<Option<Vec<u8>>>;
type Items = Vec<(String, Vec<u8>)>;

impl Database {
    /// The values of `keys`, and the number of the last commit that they surely reflect.
    pub async fn values(
        &self,
        module: &str,
        keys: Vec<String>,
    ) -> Result<(u64, Values), CommitError> {
        if let Some(known) = self.shared.cache.values(module, &keys) {
            return Ok(known);
        }
        let (owner, asked) = (module.to_owned(), keys.clone());
        let (sequence, values) = self
            .read(move |connection| {
                let mut statement = connection
                    .prepare_cached("SELECT value FROM storage WHERE module = ?1 AND key = ?2")?;
                let get = |key: String| {
                    statement.query_row((&owner, key.as_bytes()), |row| row.get(0)).optional()
                };
                asked.into_iter().map(get).collect::<rusqlite::Result<Values>>()
            })
            .await?;
        self.shared.cache.fill(module, sequence, keys, &values);
        Ok((sequence, values))
    }

    /// The items of a range, and the number of the last commit that they surely reflect.
    pub async fn items(&self, module: &str, range: Range) -> Result<(u64, Items), CommitError> {
        let module = module.to_owned();
        self.read(move |connection| {
            let sql = if range.reverse {
                "SELECT key, value FROM storage WHERE module = ?1 AND key >= ?2 AND (?3 IS NULL OR key < ?3) ORDER BY key DESC LIMIT ?4"
            } else {
                "SELECT key, value FROM storage WHERE module = ?1 AND key >= ?2 AND (?3 IS NULL OR key < ?3) ORDER BY key LIMIT ?4"
            };
            let limit = i64::try_from(range.limit.min(RANGE_ITEMS)).unwrap_or(i64::MAX);
            let mut statement = connection.prepare_cached(sql)?;
            let end = range.end.as_deref().map(str::as_bytes);
            let mut rows = statement.query((&module, range.start.as_bytes(), end, limit))?;
            let (mut items, mut bytes) = (Items::new(), 0);
            while let Some(row) = rows.next()? {
                let (key, value): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
                bytes += key.len() + value.len();
                if bytes > RANGE_BYTES && !items.is_empty() {
                    break;
                }
                items.push((String::from_utf8_lossy(&key).into_owned(), value));
            }
            Ok(items)
        })
        .await
    }

    /// The next updates of a chat that are not done, in the order of their arrival.
    pub async fn pending(&self, chat_id: i64, limit: usize) -> Result<Vec<Pending>, CommitError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (_, pending) = self
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT update_id, chat_id, received_ms, attempts, body FROM inbox
                     WHERE state = 0 AND chat_id = ?1 ORDER BY seq LIMIT ?2",
                )?;
                statement.query_map((chat_id, limit), pending)?.collect()
            })
            .await?;
        Ok(pending)
    }

    /// How many updates and messages wait, by chat.
    pub async fn waiting(&self) -> Result<Waiting, CommitError> {
        let (_, waiting) = self
            .read(|connection| {
                let list = |sql| {
                    let mut statement = connection.prepare(sql)?;
                    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
                    rows.collect::<rusqlite::Result<Vec<(i64, i64)>>>()
                };
                Ok(Waiting {
                    inbox: list(
                        "SELECT chat_id, count(*) FROM inbox WHERE state = 0 GROUP BY chat_id",
                    )?,
                    outbox: list("SELECT chat_id, count(*) FROM outbox GROUP BY chat_id")?,
                })
            })
            .await?;
        Ok(waiting)
    }

    /// The update ids that are known, newest first.
    pub async fn known_updates(&self, limit: u32) -> Result<Vec<i64>, CommitError> {
        let (_, known) = self
            .read(move |connection| {
                let mut statement =
                    connection.prepare("SELECT update_id FROM inbox ORDER BY seq DESC LIMIT ?1")?;
                statement.query_map([limit], |row| row.get(0))?.collect()
            })
            .await?;
        Ok(known)
    }

    /// The messages of a chat that Telegram does not have, oldest first, after the message `after`.
    pub async fn queued(
        &self,
        chat_id: i64,
        after: i64,
        limit: usize,
    ) -> Result<Vec<QueuedMessage>, CommitError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let (_, queued) = self
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id, chat_id, attempts, payload, file FROM outbox
                     WHERE chat_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                )?;
                statement.query_map((chat_id, after, limit), queued)?.collect()
            })
            .await?;
        Ok(queued)
    }

    /// The open questions of all chats.
    pub async fn dialogs(&self) -> Result<Vec<(i64, Dialog)>, CommitError> {
        let (_, rows) = self
            .read(|connection| {
                let mut statement = connection.prepare("SELECT chat_id, dialog FROM dialog")?;
                let rows =
                    statement.query_map((), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
                rows.collect::<rusqlite::Result<Vec<(i64, String)>>>()
            })
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|(chat, text)| Some((chat, serde_json::from_str(&text).ok()?)))
            .collect())
    }

    /// A note that the host made for itself.
    pub async fn recall(&self, name: &str) -> Result<Option<String>, CommitError> {
        let name = name.to_owned();
        let (_, value) = self
            .read(move |connection| {
                let sql = "SELECT value FROM memory WHERE name = ?1";
                connection.query_row(sql, [name], |row| row.get(0)).optional()
            })
            .await?;
        Ok(value)
    }

    /// Runs `query` on a free connection, away from the async threads.
    pub(super) async fn read<T, F>(&self, query: F) -> Result<(u64, T), CommitError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let shared = std::sync::Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            let free = shared.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match free {
                Some(connection) => connection,
                None => open::reader(&shared.path)?,
            };
            // Taken before the query: what it sees is at least as new as this.
            let sequence = shared.cache.sequence();
            let found = query(&connection)?;
            shared.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok::<_, rusqlite::Error>((sequence, found))
        });
        Ok(task.await.map_err(|error| CommitError::Failed(error.to_string()))??)
    }
}

fn pending(row: &Row<'_>) -> rusqlite::Result<Pending> {
    let body: String = row.get(4)?;
    Ok(Pending {
        update_id: row.get(0)?,
        chat_id: row.get(1)?,
        received_ms: row.get(2)?,
        attempts: row.get(3)?,
        body: body.into(),
    })
}

fn queued(row: &Row<'_>) -> rusqlite::Result<QueuedMessage> {
    Ok(QueuedMessage {
        id: row.get(0)?,
        chat_id: row.get(1)?,
        attempts: row.get(2)?,
        payload: row.get(3)?,
        file: row.get(4)?,
    })
}
