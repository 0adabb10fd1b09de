//! What the host keeps: one SQLite file, one writer, several readers.
//!
//! Everything that must be true together goes through the writer as one [`Commit`]: a module's writes,
//! the messages that it answers with, and "this update is done". The writer gathers what is waiting
//! into one transaction (group commit), so that durability costs one fsync for many events. It is also
//! the only judge of conflicts: a commit whose reads were overtaken is refused, and its event runs again.

mod approvals;
mod audit;
mod cache;
mod conflict;
mod grants;
mod host_keys;
mod journal;
mod open;
mod read;
mod reserve;
mod schema;
mod secrets;
mod slots;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

pub(crate) use self::audit::{Ends, Mark, Row as AuditRow, Seal};
pub use self::conflict::{Read, Reads};
pub use self::grants::{Decision, Trust};
pub use self::host_keys::HostKey;
pub use self::journal::Action;
pub use self::open::OpenError;
pub use self::read::{RANGE_BYTES, RANGE_ITEMS, Range};
pub(crate) use self::secrets::SealedSecret;

/// The host's memory. Cheap to clone; the file closes with [`Database::close`].
#[derive(Clone)]
pub struct Database {
    jobs: mpsc::Sender<Job>,
    /// Cancelled when the writer has ended, as it was asked to or not.
    ended: CancellationToken,
    shared: Arc<Shared>,
}

struct Shared {
    cache: cache::Cache,
    readers: Mutex<Vec<rusqlite::Connection>>,
    path: std::path::PathBuf,
    /// Whether the disk has no room for what modules want to write.
    full: Arc<AtomicBool>,
    /// Held for the life of the process, so that no second host uses this directory.
    _lock: std::fs::File,
}

/// An update that the gate let in.
#[derive(Debug, Clone)]
pub struct Received {
    pub update_id: i64,
    pub chat_id: i64,
    pub received_ms: i64,
    /// The update as Telegram sent it.
    pub body: Arc<str>,
}

/// An update that waits for its turn.
#[derive(Debug, Clone)]
pub struct Pending {
    pub update_id: i64,
    pub chat_id: i64,
    pub received_ms: i64,
    /// How often a host that is no longer alive has begun with it.
    pub attempts: u32,
    pub body: Arc<str>,
}

/// A message for a chat that is durable before it is sent.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub chat_id: i64,
    /// What to send, in the words of the outbox.
    pub payload: String,
    /// The content of a photo or document.
    pub file: Option<Vec<u8>>,
}

/// A message that waits for Telegram.
#[derive(Debug, Clone)]
pub struct QueuedMessage {
    pub id: i64,
    pub chat_id: i64,
    pub attempts: u32,
    pub payload: String,
    pub file: Option<Vec<u8>>,
}

/// The question that the next text of a chat answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    pub module: String,
    pub name: String,
    pub args: Vec<String>,
    pub expires_ms: i64,
}

/// What happens to the dialog of a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogChange {
    pub chat_id: i64,
    pub dialog: Option<Dialog>,
}

/// What a module may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub keys: u64,
    pub bytes: u64,
}

/// The storage part of a [`Commit`].
#[derive(Debug, Clone)]
pub struct Writes {
    pub module: Arc<str>,
    pub reads: Reads,
    /// New values by key; none deletes.
    pub values: BTreeMap<String, Option<Vec<u8>>>,
    pub quota: Quota,
}

/// All that one event changes, or nothing.
#[derive(Debug, Default)]
pub struct Commit {
    /// The update that is done with this. It must still be pending.
    pub update_id: Option<i64>,
    /// Of one module, or of those that took part.
    pub writes: Vec<Writes>,
    pub messages: Vec<NewMessage>,
    pub dialog: Option<DialogChange>,
    /// The approval that this uses up. It must still be there.
    pub approved: Option<String>,
    /// What waits for an owner's tap from now on.
    pub approvals: Vec<Approval>,
    /// The slot of a schedule that is done with this. It must be later than the last one.
    pub slot: Option<Slot>,
    /// The event whose notes of outside actions are not needed any more.
    pub journalled: Option<String>,
}

/// A request that waits for an owner's tap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Unguessable: whoever presses a button with it was sent that button.
    pub nonce: String,
    pub kind: String,
    pub module: String,
    /// The one owner who may answer.
    pub approver: i64,
    pub expires_ms: i64,
    /// SHA-256 of the canonical request.
    pub request: String,
    /// What is done once it is approved, in the words of its kind.
    pub payload: String,
}

/// One time that a schedule is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub module: String,
    pub schedule: String,
    pub slot_ms: i64,
}

/// A change that the writer makes in its turn. Called again if its transaction has to be.
type Change = Box<dyn Fn(&rusqlite::Connection) -> rusqlite::Result<()> + Send>;

/// Why nothing of a commit was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    #[error("another event changed what this one had read")]
    Conflict,
    #[error("the update is already done")]
    AlreadyDone,
    #[error("what an owner had confirmed was withdrawn meanwhile")]
    Withdrawn,
    #[error("the module's storage is full: {used} of {limit} {unit}")]
    Quota { used: u64, limit: u64, unit: &'static str },
    #[error("the disk is full")]
    DiskFull,
    #[error("the database failed: {0}")]
    Failed(String),
}

enum Job {
    Receive(Vec<Received>, oneshot::Sender<Result<(), CommitError>>),
    Commit(Box<Commit>, oneshot::Sender<Result<Vec<QueuedMessage>, CommitError>>),
    Begin(i64, oneshot::Sender<Result<u32, CommitError>>),
    Bury(i64, oneshot::Sender<Result<(), CommitError>>),
    Remember(String, String, oneshot::Sender<Result<(), CommitError>>),
    Change(Change, oneshot::Sender<Result<(), CommitError>>),
    Relaxed(Relaxed),
    Close(oneshot::Sender<()>),
}

/// Changes that nobody waits for. Losing the last few in a crash repeats a message at worst.
enum Relaxed {
    Sent(i64),
    Attempted(i64),
    Change(Change),
}

impl Database {
    /// Opens the file in `directory`, and locks the directory for this process.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let (lock, path, connection) = open::open(directory)?;
        let full = Arc::new(AtomicBool::new(false));
        let reserve = reserve::Reserve::new(directory.join("reserve"), Arc::clone(&full));
        let shared = Arc::new(Shared {
            cache: cache::Cache::default(),
            readers: Mutex::default(),
            path,
            full,
            _lock: lock,
        });
        let (jobs, waiting) = mpsc::channel();
        let ended = CancellationToken::new();
        let end = ended.clone().drop_guard();
        let published = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("database".to_owned())
            .spawn(move || {
                let _end = end;
                writer::run(connection, reserve, &waiting, &published.cache);
            })
            .map_err(OpenError::Thread)?;
        Ok(Self { jobs, ended, shared })
    }

    /// Waits until nothing can be written any more: after [`Database::close`], or because the disk failed.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Whether the disk has no room for what modules want to write. Mends itself when there is room again.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.shared.full.load(Ordering::Relaxed)
    }

    /// Keeps updates, in this order. Those that were received before are kept once. It is asked for at
    /// once: what is asked for later, also while this is not awaited yet, happens later.
    pub fn receive(
        &self,
        updates: Vec<Received>,
    ) -> impl Future<Output = Result<(), CommitError>> + use<> {
        let answer = self.request(|done| Job::Receive(updates, done));
        async { answer.await? }
    }

    /// Makes all of `commit` durable, and returns its messages as they were queued.
    pub async fn commit(&self, commit: Commit) -> Result<Vec<QueuedMessage>, CommitError> {
        self.ask(|done| Job::Commit(Box::new(commit), done)).await?
    }

    /// Notes durably that a recovered update is about to be handled; returns how often that was so.
    pub async fn begin(&self, update_id: i64) -> Result<u32, CommitError> {
        self.ask(|done| Job::Begin(update_id, done)).await?
    }

    /// Puts an update aside for good, because it seems to end the process each time.
    pub async fn bury(&self, update_id: i64) -> Result<(), CommitError> {
        self.ask(|done| Job::Bury(update_id, done)).await?
    }

    /// Keeps a note of the host for itself.
    pub async fn remember(&self, name: &str, value: &str) -> Result<(), CommitError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.ask(|done| Job::Remember(name, value, done)).await?
    }

    /// Forgets a message that Telegram has. Durable soon, not now.
    pub fn sent(&self, message: i64) {
        self.tell(Relaxed::Sent(message));
    }

    /// Counts a try that may or may not have reached Telegram. Durable soon, not now.
    pub fn attempted(&self, message: i64) {
        self.tell(Relaxed::Attempted(message));
    }

    /// Makes a change in the writer's turn, and returns what it gave once that is durable.
    async fn change<T: Send + 'static>(
        &self,
        change: impl Fn(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, CommitError> {
        let given = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&given);
        let change: Change = Box::new(move |connection| {
            let value = change(connection)?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        });
        self.ask(|done| Job::Change(change, done)).await??;
        let given = given.lock().unwrap_or_else(PoisonError::into_inner).take();
        given.ok_or_else(gone)
    }

    /// Makes a change that nobody waits for. Durable soon, not now.
    fn change_soon(
        &self,
        change: impl Fn(&rusqlite::Connection) -> rusqlite::Result<()> + Send + 'static,
    ) {
        self.tell(Relaxed::Change(Box::new(change)));
    }

    /// Finishes what is waiting and closes the file.
    pub async fn close(&self) {
        if self.ask(Job::Close).await.is_err() {
            tracing::error!("the database had ended before it was closed");
        }
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Result<T, CommitError> {
        self.request(job).await
    }

    /// Sends the job now; the future waits for its answer.
    fn request<T, J: FnOnce(oneshot::Sender<T>) -> Job>(
        &self,
        job: J,
    ) -> impl Future<Output = Result<T, CommitError>> + use<T, J> {
        let (done, answer) = oneshot::channel();
        let sent = self.jobs.send(job(done));
        async move {
            sent.map_err(|_| gone())?;
            answer.await.map_err(|_| gone())
        }
    }

    fn tell(&self, relaxed: Relaxed) {
        if self.jobs.send(Job::Relaxed(relaxed)).is_err() {
            tracing::error!("the database thread has ended");
        }
    }
}

fn gone() -> CommitError {
    CommitError::Failed("the database thread has ended".to_owned())
}

impl CommitError {
    fn from_ref(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            // The shared memory of the write-ahead log has no room to grow.
            _ if error.sqlite_error().is_some_and(|error| {
                error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
            }) =>
            {
                Self::DiskFull
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for CommitError {
    fn from(error: rusqlite::Error) -> Self {
        Self::from_ref(&error)
    }
}
