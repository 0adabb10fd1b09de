//! The one writer: gathers what is waiting into one transaction, and one fsync makes all of it durable.
//!
//! A job is judged before anything of it is written (is the update still pending, was a read overtaken,
//! does the quota hold), so that a refused job leaves no trace in the group. When SQLite itself fails, the
//! group is rolled back and each job is tried alone: what then fails is that job's own failure.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension as _};

use super::cache::Cache;
use super::conflict::Recent;
use super::reserve::Reserve;
use super::{
    Commit, CommitError, DialogChange, Job, NewMessage, QueuedMessage, Received, Relaxed, Writes,
};

/// Jobs in one transaction at most.
const GROUP: usize = 256;
/// How long changes that nobody waits for may wait for company.
const RELAXED: Duration = Duration::from_millis(25);
/// And when they could not be written: until they are tried again.
const RELAXED_AGAIN: Duration = Duration::from_secs(1);
/// How long new updates wait for the commits of their handlers: about what a fast handler takes, so that
/// the two share one fsync.
const COMPANY: Duration = Duration::from_micros(400);
/// Done updates that are remembered, to recognise repetitions.
const REMEMBERED_UPDATES: i64 = 20_000;

struct Writer {
    connection: Connection,
    recent: Recent,
    /// Keys and bytes by module; empty means not read yet.
    usage: HashMap<Arc<str>, (u64, u64)>,
    /// The number of the transaction that is being written, or was last.
    sequence: u64,
    received: u64,
    reserve: Reserve,
    /// The disk has failed. After that nothing that it says can be trusted, a later success least of all.
    broken: bool,
}

/// What a job came to, once its transaction is durable.
enum Applied {
    Unit,
    Messages(Vec<QueuedMessage>),
    Count(u32),
    Refused(CommitError),
}

/// Works until [`Job::Close`], or until nobody can send jobs any more.
pub(super) fn run(
    connection: Connection,
    reserve: Reserve,
    waiting: &mpsc::Receiver<Job>,
    cache: &Cache,
) {
    let (recent, usage) = (Recent::default(), HashMap::new());
    let mut writer =
        Writer { connection, recent, usage, sequence: 1, received: 0, reserve, broken: false };
    let mut held = Vec::new();
    let mut due: Option<Instant> = None;
    let mut closing = None;
    while closing.is_none() && !writer.broken {
        let wake = due.into_iter().chain(writer.reserve.due()).min();
        let Some(group) = gather(waiting, wake) else { break };
        writer.reserve.restore();
        let mut urgent = Vec::with_capacity(group.len());
        for job in group {
            match job {
                Job::Relaxed(relaxed) => held.push(relaxed),
                Job::Close(done) => closing = Some(done),
                job => urgent.push(job),
            }
        }
        let now = Instant::now();
        if !urgent.is_empty()
            || held.len() >= GROUP
            || due.is_some_and(|due| due <= now)
            || closing.is_some()
        {
            held = writer.write(urgent, std::mem::take(&mut held), cache);
            due = (!held.is_empty()).then(|| now + RELAXED_AGAIN);
        } else if !held.is_empty() && due.is_none() {
            due = Some(now + RELAXED);
        }
    }
    if !writer.broken
        && let Err(error) =
            writer.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))
    {
        tracing::warn!(%error, "the write-ahead log stays, and is read at the next start");
    }
    drop(writer);
    if let Some(done) = closing {
        done.send(()).unwrap_or_default();
    }
}

/// Waits for a job, or until `due`, and takes along what else is there. None: nobody is left to send.
fn gather(waiting: &mpsc::Receiver<Job>, due: Option<Instant>) -> Option<Vec<Job>> {
    let first = match due {
        None => Some(waiting.recv().ok()?),
        Some(due) => match waiting.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(job) => Some(job),
            Err(mpsc::RecvTimeoutError::Timeout) => None,
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
        },
    };
    let mut group: Vec<Job> = first.into_iter().chain(waiting.try_iter().take(GROUP - 1)).collect();
    if let [Job::Receive(updates, _)] = group.as_slice() {
        let (handlers, until) = (updates.len(), Instant::now() + COMPANY);
        while group.len() <= handlers {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(job) = waiting.recv_timeout(left) else { break };
            group.push(job);
        }
    }
    Some(group)
}

impl Writer {
    /// Writes all of it and answers the jobs; returns those of `relaxed` that could not be written.
    #[must_use]
    fn write(&mut self, jobs: Vec<Job>, relaxed: Vec<Relaxed>, cache: &Cache) -> Vec<Relaxed> {
        let mut written = self.transact(&jobs, &relaxed);
        if written.as_ref().is_err_and(is_full) && self.reserve.release() {
            // Room for saying so; what modules want to write is refused from now on.
            written = self.transact(&jobs, &relaxed);
        }
        if let Err(error) = &written
            && is_failing_disk(error)
        {
            tracing::error!(%error, "the disk fails: nothing more is written");
            self.broken = true;
        }
        match written {
            Ok(applied) => {
                let changes = jobs
                    .iter()
                    .zip(&applied)
                    .filter_map(|(job, applied)| match (job, applied) {
                        (Job::Commit(commit, _), Applied::Messages(_)) => Some(&commit.writes),
                        _ => None,
                    })
                    .flatten();
                cache.publish(self.sequence, changes);
                for (job, applied) in jobs.into_iter().zip(applied) {
                    job.answer(applied);
                }
                Vec::new()
            }
            Err(error) if self.broken || jobs.len() + usize::from(!relaxed.is_empty()) <= 1 => {
                if jobs.is_empty() {
                    tracing::warn!(%error, "could not note what was sent; after a restart now, some messages would be sent again");
                }
                for job in jobs {
                    job.answer(Applied::Refused(CommitError::from_ref(&error)));
                }
                relaxed
            }
            Err(error) => {
                tracing::warn!(%error, jobs = jobs.len(), "a group of changes failed; trying them one by one");
                for job in jobs {
                    // None were given, so none are left.
                    drop(self.write(vec![job], Vec::new(), cache));
                }
                if relaxed.is_empty() { relaxed } else { self.write(Vec::new(), relaxed, cache) }
            }
        }
    }

    fn transact(&mut self, jobs: &[Job], relaxed: &[Relaxed]) -> rusqlite::Result<Vec<Applied>> {
        self.sequence += 1;
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let written = self.apply_all(jobs, relaxed).and_then(|applied| {
            self.connection.execute_batch("COMMIT")?;
            Ok(applied)
        });
        if written.is_err() {
            self.usage.clear();
            // SQLite may have rolled back by itself, as it does when the disk is full.
            if !self.connection.is_autocommit() {
                self.connection.execute_batch("ROLLBACK")?;
            }
        }
        written
    }

    fn apply_all(&mut self, jobs: &[Job], relaxed: &[Relaxed]) -> rusqlite::Result<Vec<Applied>> {
        for change in relaxed {
            let (sql, id) = match change {
                Relaxed::Sent(id) => ("DELETE FROM outbox WHERE id = ?1", id),
                Relaxed::Attempted(id) => {
                    ("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?1", id)
                }
                Relaxed::Change(change) => {
                    change(&self.connection)?;
                    continue;
                }
            };
            self.connection.prepare_cached(sql)?.execute([id])?;
        }
        let applied =
            jobs.iter().map(|job| self.apply(job)).collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(applied)
    }

    fn apply(&mut self, job: &Job) -> rusqlite::Result<Applied> {
        match job {
            Job::Receive(updates, _) => self.receive(updates),
            Job::Commit(commit, _) => self.commit(commit),
            Job::Begin(update_id, _) => {
                let sql = "UPDATE inbox SET attempts = attempts + 1 WHERE update_id = ?1 RETURNING attempts";
                self.connection
                    .prepare_cached(sql)?
                    .query_row([update_id], |row| row.get(0))
                    .map(Applied::Count)
            }
            Job::Bury(update_id, _) => {
                self.connection
                    .execute("UPDATE inbox SET state = 2 WHERE update_id = ?1", [update_id])?;
                Ok(Applied::Unit)
            }
            Job::Remember(name, value, _) => {
                self.connection
                    .execute("INSERT OR REPLACE INTO memory VALUES (?1, ?2)", (name, value))?;
                Ok(Applied::Unit)
            }
            Job::Change(change, _) => change(&self.connection).map(|()| Applied::Unit),
            Job::Relaxed(_) | Job::Close(_) => Ok(Applied::Unit),
        }
    }

    fn receive(&mut self, updates: &[Received]) -> rusqlite::Result<Applied> {
        let mut insert = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO inbox (update_id, chat_id, received_ms, body) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for update in updates {
            insert.execute((
                update.update_id,
                update.chat_id,
                update.received_ms,
                &*update.body,
            ))?;
        }
        let before = self.received / 1_000;
        self.received += u64::try_from(updates.len()).unwrap_or(0);
        if self.received / 1_000 != before {
            let sql =
                "DELETE FROM inbox WHERE state = 1 AND seq < (SELECT MAX(seq) FROM inbox) - ?1";
            self.connection.prepare_cached(sql)?.execute([REMEMBERED_UPDATES])?;
        }
        Ok(Applied::Unit)
    }

    fn commit(&mut self, commit: &Commit) -> rusqlite::Result<Applied> {
        if !commit.writes.is_empty() && self.reserve.is_released() {
            return Ok(Applied::Refused(CommitError::DiskFull));
        }
        let overtaken = |writes: &Writes| self.recent.overtaken(&writes.module, &writes.reads);
        if commit.writes.iter().any(overtaken) {
            return Ok(Applied::Refused(CommitError::Conflict));
        }
        // Judged before it is written: nothing of a refused job may stay in the group.
        let mut usages = Vec::with_capacity(commit.writes.len());
        for writes in &commit.writes {
            match self.usage_after(writes)? {
                Ok(usage) => usages.push(usage),
                Err(refused) => return Ok(Applied::Refused(refused)),
            }
        }
        if let Some(slot) = &commit.slot
            && !super::journal::is_due(&self.connection, slot)?
        {
            return Ok(Applied::Refused(CommitError::AlreadyDone));
        }
        if let Some(nonce) = &commit.approved
            && !super::approvals::is_there(&self.connection, nonce)?
        {
            // Used up by this very update, or taken back by somebody.
            let is_pending = match commit.update_id {
                Some(update_id) => self.is_pending(update_id)?,
                None => true,
            };
            let why = if is_pending { CommitError::Withdrawn } else { CommitError::AlreadyDone };
            return Ok(Applied::Refused(why));
        }
        if let Some(update_id) = commit.update_id {
            let sql = "UPDATE inbox SET state = 1, body = '' WHERE update_id = ?1 AND state = 0";
            if self.connection.prepare_cached(sql)?.execute([update_id])? == 0 {
                return Ok(Applied::Refused(CommitError::AlreadyDone));
            }
        }
        for (writes, usage) in commit.writes.iter().zip(usages) {
            self.store(writes, usage)?;
        }
        super::approvals::apply(&self.connection, commit)?;
        super::journal::apply(&self.connection, commit)?;
        if let Some(DialogChange { chat_id, dialog }) = &commit.dialog {
            match dialog {
                Some(dialog) => {
                    let text = serde_json::to_string(dialog).unwrap_or_default();
                    let sql = "INSERT OR REPLACE INTO dialog VALUES (?1, ?2)";
                    self.connection.prepare_cached(sql)?.execute((chat_id, text))?;
                }
                None => {
                    self.connection
                        .prepare_cached("DELETE FROM dialog WHERE chat_id = ?1")?
                        .execute([chat_id])?;
                }
            }
        }
        commit
            .messages
            .iter()
            .map(|message| self.queue(message))
            .collect::<Result<_, _>>()
            .map(Applied::Messages)
    }

    /// Whether an update waits to be handled.
    fn is_pending(&self, update_id: i64) -> rusqlite::Result<bool> {
        let sql = "SELECT 1 FROM inbox WHERE update_id = ?1 AND state = 0";
        self.connection.prepare_cached(sql)?.exists([update_id])
    }

    fn queue(&self, message: &NewMessage) -> rusqlite::Result<QueuedMessage> {
        let NewMessage { chat_id, payload, file } = message;
        let sql = "INSERT INTO outbox (chat_id, payload, file) VALUES (?1, ?2, ?3)";
        let id = self.connection.prepare_cached(sql)?.insert((chat_id, payload, file))?;
        Ok(QueuedMessage {
            id,
            chat_id: *chat_id,
            attempts: 0,
            payload: payload.clone(),
            file: file.clone(),
        })
    }

    /// The keys and bytes of the module after `writes`, or why that is too much.
    fn usage_after(
        &mut self,
        writes: &Writes,
    ) -> rusqlite::Result<Result<(u64, u64), CommitError>> {
        let (mut keys, mut bytes) = match self.usage.get(&writes.module) {
            Some(usage) => *usage,
            None => self.stored_usage(&writes.module)?,
        };
        let (keys_before, bytes_before) = (keys, bytes);
        let mut statement = self.connection.prepare_cached(
            "SELECT length(key) + length(value) FROM storage WHERE module = ?1 AND key = ?2",
        )?;
        for (key, value) in &writes.values {
            let old = statement
                .query_row((&*writes.module, key.as_bytes()), |row| row.get::<_, u64>(0))
                .optional()?;
            keys = (keys + u64::from(value.is_some())).saturating_sub(u64::from(old.is_some()));
            let new = value.as_ref().map_or(0, |value| key.len() + value.len());
            bytes =
                (bytes + u64::try_from(new).unwrap_or(u64::MAX)).saturating_sub(old.unwrap_or(0));
        }
        // A module that is over its quota, because the owner lowered it, may still shrink.
        Ok(if keys > writes.quota.keys && keys > keys_before {
            Err(CommitError::Quota { used: keys, limit: writes.quota.keys, unit: "keys" })
        } else if bytes > writes.quota.bytes && bytes > bytes_before {
            Err(CommitError::Quota { used: bytes, limit: writes.quota.bytes, unit: "bytes" })
        } else {
            Ok((keys, bytes))
        })
    }

    fn stored_usage(&self, module: &str) -> rusqlite::Result<(u64, u64)> {
        let sql = "SELECT keys, bytes FROM usage WHERE module = ?1";
        let stored = self
            .connection
            .query_row(sql, [module], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(stored.unwrap_or((0, 0)))
    }

    fn store(&mut self, writes: &Writes, usage: (u64, u64)) -> rusqlite::Result<()> {
        if writes.values.is_empty() {
            return Ok(());
        }
        let module = &*writes.module;
        for (key, value) in &writes.values {
            let sql = match value {
                Some(_) => {
                    "INSERT INTO storage VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value"
                }
                // The third parameter is none here, and named so that both take the same.
                None => "DELETE FROM storage WHERE module = ?1 AND key = ?2 AND ?3 IS NULL",
            };
            self.connection.prepare_cached(sql)?.execute((module, key.as_bytes(), value))?;
        }
        if self.usage.get(&writes.module) != Some(&usage) {
            let sql = "INSERT OR REPLACE INTO usage VALUES (?1, ?2, ?3)";
            self.connection.prepare_cached(sql)?.execute((module, usage.0, usage.1))?;
            self.usage.insert(Arc::clone(&writes.module), usage);
        }
        self.recent.wrote(&writes.module, writes.values.keys(), self.sequence);
        Ok(())
    }
}

/// After a failed fsync a retry may succeed without the data being there.
fn is_failing_disk(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure) && !is_full(error)
}

fn is_full(error: &rusqlite::Error) -> bool {
    CommitError::from_ref(error) == CommitError::DiskFull
}

impl Job {
    /// Tells who waits. A waiter that is gone does not matter: the change stands.
    fn answer(self, applied: Applied) {
        match self {
            Self::Receive(_, done)
            | Self::Bury(_, done)
            | Self::Remember(_, _, done)
            | Self::Change(_, done) => {
                done.send(applied.into_result().map(drop)).unwrap_or_default();
            }
            Self::Commit(_, done) => drop(done.send(applied.into_result().map(Applied::messages))),
            Self::Begin(_, done) => drop(done.send(applied.into_result().map(Applied::count))),
            Self::Relaxed(_) | Self::Close(_) => {}
        }
    }
}

impl Applied {
    fn messages(self) -> Vec<QueuedMessage> {
        if let Self::Messages(messages) = self { messages } else { Vec::new() }
    }

    fn count(self) -> u32 {
        if let Self::Count(count) = self { count } else { 0 }
    }

    fn into_result(self) -> Result<Self, CommitError> {
        match self {
            Self::Refused(error) => Err(error),
            applied => Ok(applied),
        }
    }
}

#[cfg(test)]
mod tests;
