//! Opening the file: one process at a time, never a repair by deletion.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{CommitError, schema};

/// A file up to this size is checked page by page at each start (about 10 ms); a larger one is opened as it is.
const CHECKED_BYTES: u64 = 32 << 20;

/// Why the host cannot use its data directory.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot use the data directory {}: {source}", .path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error("cannot open the database {}: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("another umbrasil (process {holder}) is already running on {}", .path.display())]
    AlreadyRunning { path: PathBuf, holder: String },
    #[error("the database {} cannot be used: {reason}. Nothing was changed; restore a backup or move the file away", .path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("the disk has no room to open the database {}; make some, nothing is lost", .path.display())]
    DiskFull { path: PathBuf },
    #[error("the database {} was written by a newer umbrasil (version {found}, this one knows {known})", .path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("cannot start the database thread: {0}")]
    Thread(io::Error),
}

pub(super) fn open(directory: &Path) -> Result<(File, PathBuf, Connection), OpenError> {
    let failed = |source| OpenError::Directory { path: directory.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    let lock = lock(directory)?;
    let path = directory.join("umbrasil.db");
    // Created first, so that the file is never readable to others.
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .map_err(|source| OpenError::File { path: path.clone(), source })?;
    let damaged = |error: rusqlite::Error| match CommitError::from_ref(&error) {
        CommitError::DiskFull => OpenError::DiskFull { path: path.clone() },
        _ => OpenError::Damaged { path: path.clone(), reason: error.to_string() },
    };
    let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(damaged)?;
    // A file that is refused stays as it is: closing it must not move its write-ahead log into it.
    let keep_log = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(keep_log, true).map_err(damaged)?;
    let found: i64 =
        connection.query_row("PRAGMA user_version", (), |row| row.get(0)).map_err(damaged)?;
    if found > schema::VERSION {
        return Err(OpenError::Newer { path, found, known: schema::VERSION });
    }
    if std::fs::metadata(&path).map_err(failed)?.len() <= CHECKED_BYTES {
        let verdict: String =
            connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0)).map_err(damaged)?;
        if verdict != "ok" {
            return Err(OpenError::Damaged { path, reason: verdict });
        }
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(damaged)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(damaged)?;
    schema::migrate(&mut connection).map_err(damaged)?;
    connection.set_db_config(keep_log, false).map_err(damaged)?;
    Ok((lock, path, connection))
}

/// One more connection that only reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "cache_size", -2048)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Takes the directory's lock. The kernel drops it with the process, however that ends.
fn lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join("lock");
    let failed = |source| OpenError::Directory { path: directory.to_owned(), source };
    let mut options = OpenOptions::new();
    let mut file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder).map_err(failed)?;
            return Err(OpenError::AlreadyRunning {
                path: directory.to_owned(),
                holder: holder.trim().to_owned(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    // On a full disk the number may stay the old one: it is for people only.
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{}", std::process::id()));
    if let Err(error) = written {
        tracing::warn!(%error, "cannot note the process id in the lock file");
    }
    Ok(file)
}
