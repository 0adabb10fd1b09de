//! The servers and their sessions: one session for each target, reused, closed when nobody uses it; few
//! commands at a time. A command runs in a task of the host, so that it ends in order whoever stops waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::command::{self, Command, Went};
use super::dial::{Connection, dial};
use super::trust::{HostKeyNotice, Ledger};
use crate::bindings::umbrasil::module::ssh as wit;
use crate::config::SshTarget;
use crate::database::Database;

/// Commands at a time, of one target and of all.
const OF_TARGET: usize = 2;
const OF_ALL: usize = 8;
/// How long a command waits for its turn.
const TURN: Duration = Duration::from_secs(20);
/// How long a session that nobody uses stays open.
const IDLE: Duration = Duration::from_mins(1);

/// What all events share.
#[derive(Default)]
pub(crate) struct Service {
    servers: BTreeMap<String, Arc<Server>>,
    pub(super) ledger: Option<Ledger>,
    /// Where commands run: guests must not be able to hold them up.
    runtime: Option<Handle>,
}

/// Why there is no output.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// The command was not run.
    NotRun(String),
    /// Nobody knows whether it was, or how it ended.
    Unknown(String),
}

/// A target, and the session with it.
pub(super) struct Server {
    pub(super) target: Arc<SshTarget>,
    slots: Arc<Semaphore>,
    all: Arc<Semaphore>,
    current: tokio::sync::Mutex<Option<Arc<Connection>>>,
    /// What owners were told last, and when.
    pub(super) told: Mutex<Option<(String, Instant)>>,
}

impl Service {
    /// `notices` reach the owners; commands run on the present runtime.
    pub(crate) fn new(
        targets: Vec<SshTarget>,
        database: Database,
        notices: mpsc::Sender<HostKeyNotice>,
    ) -> Self {
        let all = Arc::new(Semaphore::new(OF_ALL));
        let server = |target: SshTarget| {
            let alias = target.alias.clone();
            (alias, Arc::new(Server::new(target, Arc::clone(&all))))
        };
        Self {
            servers: targets.into_iter().map(server).collect(),
            ledger: Some(Ledger { database, notices }),
            runtime: Handle::try_current().ok(),
        }
    }

    /// The configured aliases, in their order.
    pub(super) fn aliases(&self) -> impl Iterator<Item = &str> {
        self.servers.keys().map(String::as_str)
    }

    pub(super) fn server(&self, alias: &str) -> Option<&Arc<Server>> {
        self.servers.get(alias)
    }

    /// Runs a command line, once. Dropping the future ends the command.
    pub(super) async fn run(
        &self,
        server: &Arc<Server>,
        line: String,
        keep: usize,
    ) -> Result<wit::Output, Failure> {
        let (Some(ledger), Some(runtime)) = (&self.ledger, &self.runtime) else {
            return Err(Failure::NotRun("there are no servers here".to_owned()));
        };
        let cancelled = CancellationToken::new();
        let _guard = cancelled.clone().drop_guard();
        let (server, ledger) = (Arc::clone(server), ledger.clone());
        let work = async move { server.run(&ledger, &line, keep, &cancelled).await };
        runtime.spawn(work).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a command on a server has broken its task");
            Err(Failure::Unknown("the host failed while it ran the command".to_owned()))
        })
    }
}

impl Server {
    fn new(target: SshTarget, all: Arc<Semaphore>) -> Self {
        Self {
            target: Arc::new(target),
            slots: Arc::new(Semaphore::new(OF_TARGET)),
            all,
            current: tokio::sync::Mutex::default(),
            told: Mutex::default(),
        }
    }

    pub(super) fn alias(&self) -> &str {
        &self.target.alias
    }

    async fn run(
        self: &Arc<Self>,
        ledger: &Ledger,
        line: &str,
        keep: usize,
        cancelled: &CancellationToken,
    ) -> Result<wit::Output, Failure> {
        let prepare = async {
            let turn = self.turn().await?;
            Ok::<_, Failure>((turn, self.connection(ledger).await?))
        };
        let (_turn, mut connection) = tokio::select! {
            biased;
            () = cancelled.cancelled() => return Err(self.not_run("was given up")),
            prepared = prepare => prepared?,
        };
        let command = Command { line, timeout: self.target.timeout, keep };
        for last in [false, true] {
            let (went, fit) = command::run(&connection, &command, cancelled).await;
            connection.touch();
            if !fit {
                self.retire(&connection).await;
            }
            match went {
                Went::Ended(output) => return Ok(output),
                Went::NotSent(why) => return Err(self.not_run(why)),
                Went::Unknown(why) => {
                    return Err(Failure::Unknown(format!("{}: {why}", self.alias())));
                }
                Went::Dead if last => break,
                // It had died unnoticed, and has not seen the command.
                Went::Dead => connection = self.connection(ledger).await?,
            }
        }
        Err(self.not_run("broke the connection off"))
    }

    async fn turn(&self) -> Result<[OwnedSemaphorePermit; 2], Failure> {
        // Its own first: who waits for a slow target must not hold up the others.
        let turn = async {
            let own = Arc::clone(&self.slots).acquire_owned().await.ok()?;
            Some([own, Arc::clone(&self.all).acquire_owned().await.ok()?])
        };
        let turn = tokio::time::timeout(TURN, turn).await.ok().flatten();
        turn.ok_or_else(|| self.not_run("is busy with other commands; try again later"))
    }

    /// The session, made if there is none. Whoever needs it meanwhile waits for the same one.
    async fn connection(self: &Arc<Self>, ledger: &Ledger) -> Result<Arc<Connection>, Failure> {
        let mut current = self.current.lock().await;
        if let Some(connection) = current.as_ref().filter(|one| !one.handle.is_closed()) {
            return Ok(Arc::clone(connection));
        }
        *current = None;
        let recorded = ledger.recorded(&self.target).await;
        let recorded = recorded.map_err(|why| self.not_run(why))?;
        match dial(Arc::clone(&self.target), recorded.clone()).await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *current = Some(Arc::clone(&connection));
                tokio::spawn(Arc::clone(self).close_when_idle(Arc::downgrade(&connection)));
                Ok(connection)
            }
            Err(refused) => Err(Failure::NotRun(ledger.refused(self, recorded.as_ref(), refused))),
        }
    }

    async fn close_when_idle(self: Arc<Self>, connection: std::sync::Weak<Connection>) {
        let mut pause = IDLE;
        loop {
            tokio::time::sleep(pause).await;
            let mut current = self.current.lock().await;
            let Some(connection) = connection.upgrade() else { return };
            // The pool's and this one: nobody else has it, and nobody can get it now.
            let unused = Arc::strong_count(&connection) <= 2;
            let is_current = current.as_ref().is_some_and(|one| Arc::ptr_eq(one, &connection));
            if !is_current {
                return;
            }
            if unused && (connection.unused() >= IDLE || connection.handle.is_closed()) {
                *current = None;
                return;
            }
            pause = IDLE.saturating_sub(connection.unused()).max(Duration::from_secs(1));
        }
    }

    /// Lets nobody else use a session. It closes when its last command ends.
    async fn retire(&self, connection: &Arc<Connection>) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|one| Arc::ptr_eq(one, connection)) {
            *current = None;
        }
    }

    /// Lets nobody use the present session any more.
    pub(super) async fn close(&self) {
        *self.current.lock().await = None;
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn not_run(&self, why: &str) -> Failure {
        Failure::NotRun(format!("{} {why}", self.alias()))
    }
}
