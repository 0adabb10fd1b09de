//! Builds everything once, starts the tasks, and takes them down in order.
//!
//! Start: database, sender, recovery of what waits, intake; modules load beside all that, and events wait
//! for them. Stop: no more intake, the event that each chat is at ends, what is queued is sent if that goes
//! quickly, and the database closes. What is left then waits in the database for the next start.

mod ground;
mod keeper;
mod link;
mod people;
mod reach;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::ground::Ground;
use self::keeper::Keeper;
use self::link::{Link, connect, listen};
use crate::auth::Gate;
use crate::builtin;
use crate::capability::chat::Sign;
use crate::config::Config;
use crate::control;
use crate::database::{CommitError, Database, OpenError, QueuedMessage};
use crate::dispatch::{Dialogs, Dispatch, Running, Turns, Withheld};
use crate::lanes::Lanes;
use crate::module::LoadError;
use crate::module::delegate::Delegate;
use crate::module::loader::Loader;
use crate::module::registry::{self, Registry};
use crate::module::sandbox::Sandbox;
use crate::outgoing::Aside;
use crate::permission::Book;
use crate::schedule::Schedules;
use crate::telegram::{self, Api, ApiError, Intake, Known, Outbox};
use crate::telemetry::Metrics;
use crate::web::{self, Health};

/// From the wish to stop to the end of the sending.
const DRAIN: Duration = Duration::from_secs(9);
/// The part of it that running events may use.
const DRAIN_EVENTS: Duration = Duration::from_secs(7);
/// Pauses between tries to reach the Bot API for the first time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Why the host does not start, or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A setting is wrong: exit code 78.
    #[error("{setting}: {reason}")]
    Setting { setting: &'static str, reason: String },
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("cannot read the database: {0}")]
    Recovery(#[from] CommitError),
    #[error("the {0} has failed; the log says why. Nothing is lost: start again when it is mended")]
    Died(&'static str),
    #[error("{0}")]
    Secrets(String),
    #[error("cannot start the sandbox: {0}")]
    Sandbox(String),
    #[error("cannot use {}: {source}", .path.display())]
    Directory { path: PathBuf, source: std::io::Error },
}

/// What a person wants to know once the host runs.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where the chat page is, in local mode.
    pub chat: Option<SocketAddr>,
    /// Where health and metrics are.
    pub health: SocketAddr,
}

/// Runs the host until `stop`. `program` is this program, `guests` the runtime for modules.
pub async fn run(
    config: Config,
    program: PathBuf,
    guests: tokio::runtime::Handle,
    stop: CancellationToken,
    started: impl FnOnce(&Started),
) -> Result<(), AppError> {
    let ground = Ground::open(&config).await?;
    let operate = Arc::new(ground.operate(&config));
    let Ground { database, audit, book, .. } = ground.clone();
    let control = control::listen(&config.data_dir)
        .map_err(|source| AppError::Directory { path: control::path(&config.data_dir), source })?;
    let metrics = Arc::new(Metrics::default());
    let tasks = TaskTracker::new();
    let health_listener = listen(SocketAddr::new(config.bind, 0), config.port, "PORT").await?;
    let link = connect(&config, &tasks, &stop).await?;
    let chat = link.chat;

    let (asides, asides_receiver) = mpsc::channel(256);
    let (signs, signs_receiver) = mpsc::channel(64);
    let (outbox_sender, outbox_receiver) = mpsc::unbounded_channel();
    let settings = config.settings.clone();
    let (host_keys, host_keys_receiver) = mpsc::channel(16);
    let health = health_listener.local_addr().map_err(|error| link::refused("PORT", &error))?;
    let far = reach::Far { program: &program, api: &link.api, health, chat, host_keys };
    let reach = reach::reach(&config, &ground, far)?;
    let sandbox = Sandbox::new(
        guests,
        database.clone(),
        settings,
        Arc::clone(&metrics),
        signs,
        reach.clone(),
    );
    let sandbox = Arc::new(sandbox.map_err(|error| AppError::Sandbox(format!("{error:#}")))?);
    guard_memory();
    let dispatch = Arc::new(Dispatch {
        catalog: Arc::default(),
        failures: Arc::default(),
        ready: CancellationToken::new(),
        sandbox: Arc::clone(&sandbox),
        gate: Gate::new(config.allowed.clone(), config.owners.clone()),
        dialogs: Dialogs::new(database.dialogs().await?),
        metrics: Arc::clone(&metrics),
        time_zone: config.time_zone,
        started_ms: chrono::Utc::now().timestamp_millis(),
        outbox: outbox_sender,
        asides: asides.clone(),
        parse: telegram::update::reread,
        running: Running::default(),
        turns: Turns::default(),
        operate: Arc::clone(&operate),
        withheld: Withheld::default(),
        database: database.clone(),
        book: Arc::clone(&book),
        audit: audit.clone(),
        breaker: Arc::default(),
        ssh: Arc::clone(&reach.services.ssh),
        reload: Arc::clone(&operate.granted),
    });
    if operate.ssh.set(Arc::clone(&reach.services.ssh)).is_err() {
        tracing::error!("the sessions with servers were made twice");
    }
    reach.services.modules.connect(Arc::new(Delegate::new(
        Arc::clone(&dispatch.catalog),
        &sandbox,
        Arc::clone(&book),
        Arc::clone(&dispatch.breaker),
    )));
    let sending = CancellationToken::new();
    let events = Arc::new(Lanes::new(Arc::clone(&dispatch), stop.clone()));
    let outbox = outbox(&link, &database, &metrics, &sending);
    tasks.spawn(telegram::run_asides(link.api.clone(), asides_receiver, link.throttled));
    tasks.spawn(forward_signs(signs_receiver, asides));
    tasks.spawn(feed(outbox_receiver, Arc::clone(&outbox)));
    tasks.spawn(audit.clone().keep_head(stop.clone()));
    tasks.spawn(reach::ask_about_keys(host_keys_receiver, Arc::clone(&dispatch)));
    tasks.spawn(control::serve(control, operate, stop.clone()));
    recover(&database, &metrics, &outbox, &events).await?;

    tasks.spawn(serve(health_listener, Arc::clone(&dispatch), stop.clone()));
    let intake = Intake {
        api: link.api.clone(),
        known: Known::new(database.known_updates(Known::SIZE).await?),
        lanes: Arc::clone(&events),
        dispatch: Arc::clone(&dispatch),
    };
    let polling = tasks.spawn(introduce(link.api.clone(), intake, stop.clone()));
    let keeper = keeper(&config, program, sandbox, book, &dispatch, link.api)?;
    tasks.spawn(keeper.run(stop.clone()));
    let ticks = TaskTracker::new();
    tasks.spawn(Schedules::new(Arc::clone(&dispatch), ticks.clone()).run(stop.clone()));
    started(&Started { chat, health });

    let ended = tokio::select! {
        () = stop.cancelled() => Ok(()),
        // A bot that polls and cannot save, or the reverse, must not look alive: whoever supervises it restarts it.
        () = database.ended() => Err(AppError::Died("database")),
        introduced = polling => introduced.unwrap_or(Err(AppError::Died("intake"))),
    };
    stop.cancel();
    drain(&events, &ticks, &metrics, &sending).await;
    audit.note_last().await;
    database.close().await;
    ended
}

/// Nobody but root may look into this process from now on. The engine has looked at its own memory before.
fn guard_memory() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};

    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "cannot keep other processes of this user from looking into this one");
    }
}

fn outbox(
    link: &Link,
    database: &Database,
    metrics: &Arc<Metrics>,
    sending: &CancellationToken,
) -> Arc<Lanes<Outbox>> {
    let (api, throttled) = (link.api.clone(), link.throttled);
    let outbox =
        Outbox::new(api, database.clone(), Arc::clone(metrics), throttled, sending.clone());
    Arc::new(Lanes::new(Arc::new(outbox), sending.clone()))
}

fn keeper(
    config: &Config,
    program: PathBuf,
    sandbox: Arc<Sandbox>,
    book: Arc<Book>,
    dispatch: &Arc<Dispatch>,
    api: Api,
) -> Result<Keeper, AppError> {
    let cache = config.data_dir.join("cache");
    let loader = Loader::new(sandbox, program, cache.clone(), builtin::all(), book);
    let loader = loader.map_err(|error| match error {
        LoadError::Cache(source) => AppError::Directory { path: cache, source },
        error => AppError::Sandbox(error.to_string()),
    })?;
    let shared = registry::Shared {
        catalog: Arc::clone(&dispatch.catalog),
        failures: Arc::clone(&dispatch.failures),
        metrics: Arc::clone(&dispatch.metrics),
        breaker: Arc::clone(&dispatch.breaker),
        reload: Arc::clone(&dispatch.reload),
    };
    let disabled = config.disabled.iter().cloned().collect();
    let registry = Registry::new(config.modules_dir.clone(), loader, disabled, shared);
    Ok(Keeper { registry: Arc::new(registry), dispatch: Arc::clone(dispatch), api })
}

async fn serve(
    listener: tokio::net::TcpListener,
    dispatch: Arc<Dispatch>,
    stopping: CancellationToken,
) {
    let health = Health {
        metrics: Arc::clone(&dispatch.metrics),
        database: dispatch.database.clone(),
        loaded: dispatch.ready.clone(),
        stopping,
    };
    if let Err(error) = web::serve(listener, health).await {
        tracing::error!(%error, "the health listener failed");
    }
}

/// Wakes the chats that have something waiting from before.
async fn recover(
    database: &Database,
    metrics: &Metrics,
    outbox: &Lanes<Outbox>,
    events: &Lanes<Dispatch>,
) -> Result<(), AppError> {
    let waiting = database.waiting().await?;
    let (updates, messages) = (sum(&waiting.inbox), sum(&waiting.outbox));
    if updates + messages > 0 {
        tracing::info!(updates, messages, "finishing what an earlier run left");
    }
    metrics.inbox_depth.inc_by(updates);
    metrics.outbox_depth.inc_by(messages);
    waiting.outbox.into_iter().for_each(|(chat, _)| outbox.durable(chat));
    waiting.inbox.into_iter().for_each(|(chat, _)| events.durable(chat));
    Ok(())
}

fn sum(rows: &[(i64, i64)]) -> i64 {
    rows.iter().map(|(_, count)| count).sum()
}

/// Hands committed messages to the sender. They are in the database already.
async fn feed(mut queued: mpsc::UnboundedReceiver<Vec<QueuedMessage>>, outbox: Arc<Lanes<Outbox>>) {
    while let Some(messages) = queued.recv().await {
        for message in messages {
            let chat = message.chat_id;
            outbox.push_durable(chat, message);
        }
    }
}

async fn forward_signs(mut signs: mpsc::Receiver<Sign>, asides: mpsc::Sender<Aside>) {
    while let Some(sign) = signs.recv().await {
        let aside = match sign {
            Sign::Typing(chat) => Aside::Typing(chat),
            Sign::Progress(progress) => Aside::Progress(progress),
        };
        if asides.send(aside).await.is_err() {
            return;
        }
    }
}

/// Makes sure of the token, then polls. Ends early only if the token is wrong.
async fn introduce(api: Api, intake: Intake, stop: CancellationToken) -> Result<(), AppError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let me = tokio::select! {
            me = api.me() => me,
            () = stop.cancelled() => return Ok(()),
        };
        match me {
            Ok(me) => {
                tracing::info!(bot = me.username, "connected to the Bot API");
                // What is written meanwhile waits at Telegram, as well kept as here. At the first start modules
                // are compiled, which takes the cores that answering needs.
                tokio::select! {
                    () = intake.dispatch.ready.cancelled() => {}
                    () = stop.cancelled() => return Ok(()),
                }
                intake.run(stop).await;
                return Ok(());
            }
            Err(ApiError::Unauthorized) => {
                let reason =
                    "the Bot API does not know this token; ask @BotFather for the right one"
                        .to_owned();
                return Err(AppError::Setting { setting: "TELEGRAM_BOT_TOKEN", reason });
            }
            Err(error) => {
                tracing::error!(%error, again_in_s = pause.as_secs(), "cannot reach the Bot API");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return Ok(()),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn drain(
    events: &Lanes<Dispatch>,
    ticks: &TaskTracker,
    metrics: &Metrics,
    sending: &CancellationToken,
) {
    let deadline = tokio::time::Instant::now() + DRAIN;
    ticks.close();
    let finished = async { tokio::join!(events.finish(), ticks.wait()) };
    if tokio::time::timeout(DRAIN_EVENTS, finished).await.is_err() {
        tracing::warn!("some events did not end in time; they are handled again at the next start");
    }
    let sent = async {
        while metrics.outbox_depth.get() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    if tokio::time::timeout_at(deadline, sent).await.is_err() {
        tracing::warn!("some messages could not be sent in time; they are sent at the next start");
    }
    sending.cancel();
}
