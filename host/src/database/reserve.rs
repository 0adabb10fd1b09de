//! Room for bad times: a file that is given up when the disk is full.
//!
//! Without it a full disk would leave nothing to say "nothing was saved" with, durably: the update could be
//! applied after a restart, although its sender was told otherwise. With the reserve given up, updates and
//! error messages still find room, and what modules want to write is refused until the reserve fits again.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Enough for thousands of refusals: the write-ahead log reuses its room at every checkpoint (4 MiB).
const BYTES: usize = 6 << 20;
/// How often it is tried to take the room back.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Reserve {
    path: PathBuf,
    released: Arc<AtomicBool>,
    tried: Instant,
}

impl Reserve {
    /// `released` tells the rest of the host.
    pub(super) fn new(path: PathBuf, released: Arc<AtomicBool>) -> Self {
        let reserve = Self { path, released, tried: Instant::now() };
        if let Err(error) = reserve.take() {
            tracing::error!(%error, "the disk is full: modules cannot save anything until there is room");
            reserve.released.store(true, Ordering::Relaxed);
        }
        reserve
    }

    pub(super) fn is_released(&self) -> bool {
        self.released.load(Ordering::Relaxed)
    }

    /// When it is worth to try [`Self::restore`]; none if nothing was given up.
    pub(super) fn due(&self) -> Option<Instant> {
        self.is_released().then(|| self.tried + PAUSE)
    }

    /// Gives the room up; says whether there was any.
    pub(super) fn release(&mut self) -> bool {
        if self.is_released() {
            return false;
        }
        tracing::error!("the disk is full: modules cannot save anything until there is room");
        self.released.store(true, Ordering::Relaxed);
        self.tried = Instant::now();
        match fs::remove_file(&self.path) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "cannot give up the reserve");
                false
            }
        }
    }

    /// Takes the room back, if it was given up and is there again.
    pub(super) fn restore(&mut self) {
        if !self.is_released() || self.tried.elapsed() < PAUSE {
            return;
        }
        self.tried = Instant::now();
        if self.take().is_ok() {
            tracing::info!("the disk has room again");
            self.released.store(false, Ordering::Relaxed);
        }
    }

    fn take(&self) -> io::Result<()> {
        if fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() == BYTES as u64) {
            return Ok(());
        }
        // Looked at first: to try in vain would fill the disk for everybody else for that long.
        let room = self.path.parent().map(rustix::fs::statvfs).transpose()?;
        if room.is_some_and(|room| room.f_bavail.saturating_mul(room.f_frsize) < BYTES as u64) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = self.write();
        if taken.is_err() {
            drop(fs::remove_file(&self.path));
        }
        taken
    }

    /// Written out, because a file with holes reserves nothing.
    fn write(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&self.path)?;
        let block = vec![0x55; 64 << 10];
        for _ in 0..BYTES / block.len() {
            file.write_all(&block)?;
        }
        file.sync_all()
    }
}
