//! `umbrasil:module/system`: numbers of the machine.
//!
//! What is costly to find out is found out once a second at most, however many modules ask, and on threads
//! that may block: one for each part, so that a disk that hangs hides nothing but disks.

mod sample;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::system as wit;
use crate::grant::{Call, Part};

/// The time for one call.
const CALL: Duration = Duration::from_secs(5);
/// What was sampled is good for this long.
const FRESH: Duration = Duration::from_secs(1);
/// A usage is the difference to an earlier sample, if that is not older than this.
const RECENT: Duration = Duration::from_secs(3);
/// Else to one that is taken now, this much earlier.
const APART: Duration = Duration::from_millis(500);
/// Processes that can be had at once.
const PROCESSES: usize = 50;

/// What all events share.
#[derive(Default)]
pub(crate) struct Service {
    cpu: Arc<Mutex<Sampled<sample::Cpu>>>,
    memory: Arc<Mutex<Sampled<sample::Memory>>>,
    disks: Arc<Mutex<Sampled<sample::Disks>>>,
    networks: Arc<Mutex<Sampled<sample::Networks>>>,
    processes: Arc<Mutex<Sampled<sample::Processes>>>,
}

/// What one event uses.
pub(crate) struct System {
    service: Arc<Service>,
}

/// A source of numbers, and when it was last asked.
#[derive(Default)]
struct Sampled<S> {
    source: S,
    at: Option<Instant>,
    /// Whether its numbers are good: a usage needs an earlier sample.
    good: bool,
}

impl System {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service }
    }
}

impl<S: sample::Source> Sampled<S> {
    fn age(&self) -> Option<Duration> {
        self.at.map(|at| at.elapsed())
    }

    fn is_fresh(&self) -> bool {
        self.good && self.age().is_some_and(|age| age < FRESH)
    }

    /// Asks the source on a thread that may block. The lock stays with the thread: if the caller goes away, or
    /// the source hangs, nobody asks a second time meanwhile.
    async fn ask(
        mut locked: OwnedMutexGuard<Self>,
        good: bool,
    ) -> Result<OwnedMutexGuard<Self>, Error> {
        let asked = spawn_blocking(move || {
            match locked.source.refresh() {
                Ok(()) => (locked.at, locked.good) = (Some(Instant::now()), good),
                Err(error) => tracing::warn!(%error, "cannot measure the machine"),
            }
            locked
        });
        asked.await.map_err(|_| unavailable())
    }
}

/// Makes sure that there are fresh numbers, and takes what is wanted of them.
async fn fresh<S: sample::Source, T>(
    shared: &Arc<Mutex<Sampled<S>>>,
    take: impl FnOnce(&S) -> Option<T>,
) -> Result<T, Error> {
    let numbers = async {
        let mut locked = Arc::clone(shared).lock_owned().await;
        if !locked.is_fresh() {
            if S::COMPARES {
                if locked.age().is_none_or(|age| age > RECENT) {
                    locked = Sampled::ask(locked, false).await?;
                }
                let age = locked.age().unwrap_or_default();
                tokio::time::sleep(APART.saturating_sub(age)).await;
            }
            locked = Sampled::ask(locked, true).await?;
        }
        // Numbers that could not be had anew are old ones; this thread may have had to wait for its turn.
        let recent = locked.good && locked.age().is_some_and(|age| age < RECENT);
        recent.then(|| take(&locked.source)).flatten().ok_or_else(unavailable)
    };
    timeout(CALL, numbers).await.unwrap_or(Err(Error::Timeout))
}

fn unavailable() -> Error {
    Error::Unavailable("the machine does not tell".to_owned())
}

impl Scoped<'_, System> {
    fn allow(&mut self, part: Part) -> Result<(), Error> {
        self.meter.call()?;
        self.guard.authorise_quietly(&Call::System(part))
    }
}

impl wit::Host for Scoped<'_, System> {
    async fn cpu(&mut self) -> Result<wit::CpuUsage, Error> {
        self.allow(Part::Cpu)?;
        fresh(&self.own.service.cpu, sample::Cpu::usage).await
    }

    async fn memory(&mut self) -> Result<wit::MemoryUsage, Error> {
        self.allow(Part::Memory)?;
        fresh(&self.own.service.memory, sample::Memory::usage).await
    }

    async fn disks(&mut self) -> Result<Vec<wit::Disk>, Error> {
        self.allow(Part::Disk)?;
        fresh(&self.own.service.disks, sample::Disks::list).await
    }

    async fn networks(&mut self) -> Result<Vec<wit::Network>, Error> {
        self.allow(Part::Network)?;
        fresh(&self.own.service.networks, sample::Networks::list).await
    }

    async fn load(&mut self) -> Result<wit::LoadAverage, Error> {
        self.allow(Part::Load)?;
        // One small file of the kernel, which never waits for anything.
        sample::load().ok_or_else(unavailable)
    }

    async fn uptime(&mut self) -> Result<u64, Error> {
        self.allow(Part::Uptime)?;
        sample::uptime().ok_or_else(unavailable)
    }

    async fn processes(&mut self, by: wit::Order, limit: u32) -> Result<Vec<wit::Process>, Error> {
        self.allow(Part::Processes)?;
        let limit = usize::try_from(limit).unwrap_or(PROCESSES).min(PROCESSES);
        fresh(&self.own.service.processes, |source| source.top(by, limit)).await
    }
}
