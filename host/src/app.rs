//! Builds everything once, starts the tasks, and takes them down in order.
//!
//! Start: database, sender, recovery of what waits, intake; modules load beside all that, and events wait
//! for them. Stop: no more intake, the event that each chat is at ends, what is queued is sent if that goes
//! quickly, and the database closes. What is left then waits in the database for the next start.

mod people;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Gate;
use crate::builtin;
use crate::config::{Config, Port, Telegram};
use crate::database::{CommitError, Database, OpenError, QueuedMessage};
use crate::dispatch::{Dialogs, Dispatch, Running, Turns};
use crate::lanes::Lanes;
use crate::local::{self, LocalApi};
use crate::module::LoadError;
use crate::module::catalog::Catalog;
use crate::module::loader::Loader;
use crate::module::registry::{Changes, Note, Registry};
use crate::module::sandbox::Sandbox;
use crate::outgoing::Aside;
use crate::reply::escape;
use crate::telegram::{self, Api, ApiError, Intake, Known, Outbox};
use crate::telemetry::Metrics;
use crate::watch;
use crate::web::{self, Health};

/// How long events wait at a start for modules that do not come with the host.
const PATIENCE: Duration = Duration::from_secs(3);
/// From the wish to stop to the end of the process.
const DRAIN: Duration = Duration::from_secs(10);
/// The part of it that running events may use; the rest is for sending.
const DRAIN_EVENTS: Duration = Duration::from_secs(7);

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
    let metrics = Arc::new(Metrics::default());
    let database = Database::open(&config.data_dir)?;
    let tasks = TaskTracker::new();
    let health_listener = listen(SocketAddr::new(config.bind, 0), config.port, "PORT").await?;
    let health_address = health_listener.local_addr().map_err(|error| setting("PORT", &error))?;
    let link = connect(&config, &tasks, &stop).await?;
    let gate = Gate::new(config.allowed.clone(), config.owners.clone());

    let (outbox_sender, outbox_receiver) = mpsc::unbounded_channel();
    let (asides, asides_receiver) = mpsc::channel(256);
    let (typing, typing_receiver) = mpsc::channel(64);
    let sandbox = Sandbox::new(
        guests,
        database.clone(),
        config.settings.clone(),
        Arc::clone(&metrics),
        typing,
    );
    let sandbox = Arc::new(sandbox.map_err(|error| AppError::Sandbox(format!("{error:#}")))?);
    let catalog: Arc<ArcSwap<Catalog>> = Arc::default();
    let failures: Arc<ArcSwap<Vec<(String, String)>>> = Arc::default();
    let ready = CancellationToken::new();
    let dispatch = Arc::new(Dispatch {
        database: database.clone(),
        catalog: Arc::clone(&catalog),
        failures: Arc::clone(&failures),
        ready: ready.clone(),
        sandbox: Arc::clone(&sandbox),
        gate: gate.clone(),
        dialogs: Dialogs::new(database.dialogs().await?),
        metrics: Arc::clone(&metrics),
        time_zone: config.time_zone,
        started_ms: chrono::Utc::now().timestamp_millis(),
        outbox: outbox_sender,
        asides: asides.clone(),
        parse: telegram::update::reread,
        running: Running::default(),
        turns: Turns::default(),
    });
    let sending = CancellationToken::new();
    let outbox = Outbox::new(
        link.api.clone(),
        database.clone(),
        Arc::clone(&metrics),
        link.throttled,
        sending.clone(),
    );
    let outbox = Arc::new(Lanes::new(Arc::new(outbox), sending.clone()));
    let events = Arc::new(Lanes::new(Arc::clone(&dispatch), stop.clone()));

    tasks.spawn(telegram::run_asides(link.api.clone(), asides_receiver));
    tasks.spawn(forward_typing(typing_receiver, asides));
    tasks.spawn(feed(outbox_receiver, Arc::clone(&outbox)));
    recover(&database, &metrics, &outbox, &events).await?;
    let known = Known::new(database.known_updates(Known::SIZE).await?);
    let health = Health {
        metrics: Arc::clone(&metrics),
        database: database.clone(),
        loaded: ready.clone(),
        stopping: stop.clone(),
    };
    tasks.spawn(async move {
        if let Err(error) = web::serve(health_listener, health).await {
            tracing::error!(%error, "the health listener failed");
        }
    });
    let intake = Intake {
        api: link.api.clone(),
        gate,
        database: database.clone(),
        dispatch: Arc::clone(&dispatch),
        lanes: Arc::clone(&events),
        metrics: Arc::clone(&metrics),
        known,
    };
    let polling = tasks.spawn(introduce(link.api.clone(), intake, stop.clone()));
    let disabled: Vec<String> = config.disabled.iter().cloned().collect();
    let cache = config.data_dir.join("cache");
    let loader =
        Loader::new(sandbox, program, cache, builtin::names().map(str::to_owned).collect());
    let loader = loader.map_err(|error| load_error(&config, error))?;
    let registry = Registry::new(
        config.modules_dir.clone(),
        loader,
        catalog,
        failures,
        disabled.clone(),
        Arc::clone(&metrics),
    );
    let keeper =
        Keeper { registry: Arc::new(registry), dispatch: Arc::clone(&dispatch), api: link.api };
    tasks.spawn(keeper.run(
        config.modules_dir.clone(),
        disabled,
        database.clone(),
        ready,
        stop.clone(),
    ));
    tasks.close();
    started(&Started { chat: link.chat, health: health_address });

    let ended = tokio::select! {
        () = stop.cancelled() => Ok(()),
        introduced = polling => introduced.unwrap_or(Ok(())),
    };
    stop.cancel();
    drain(&events, &metrics, &sending, &database).await;
    ended
}

/// How the host reaches the Bot API.
struct Link {
    api: Api,
    throttled: bool,
    chat: Option<SocketAddr>,
}

async fn connect(
    config: &Config,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Link, AppError> {
    let client = |error: ApiError| AppError::Setting {
        setting: "TELEGRAM_API_URL",
        reason: error.to_string(),
    };
    match &config.telegram {
        Telegram::Remote { token, api_url, unthrottled } => {
            let api = Api::new(token.expose_secret(), api_url.clone()).map_err(client)?;
            Ok(Link { api, throttled: !unthrottled, chat: None })
        }
        Telegram::Local { chat_port } => {
            let listener =
                listen(SocketAddr::from(([127, 0, 0, 1], 0)), *chat_port, "UMBRASIL_CHAT_PORT")
                    .await?;
            let address =
                listener.local_addr().map_err(|error| setting("UMBRASIL_CHAT_PORT", &error))?;
            let token = local_token();
            let api = LocalApi::new(people::options(
                token.expose_secret(),
                &config.allowed,
                &config.owners,
            ));
            let stop = stop.clone();
            tasks.spawn(async move {
                // The server outlives the wish to stop a little, so that last answers reach the page.
                let closed = CancellationToken::new();
                let close = closed.clone();
                tokio::spawn(async move {
                    stop.cancelled().await;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    close.cancel();
                });
                if let Err(error) = local::serve(listener, api, closed).await {
                    tracing::error!(%error, "the chat page failed");
                }
            });
            let url = url::Url::parse(&format!("http://{address}"));
            let url = url.map_err(|error| AppError::Setting {
                setting: "UMBRASIL_CHAT_PORT",
                reason: error.to_string(),
            })?;
            Ok(Link {
                api: Api::new(token.expose_secret(), url).map_err(client)?,
                throttled: false,
                chat: Some(address),
            })
        }
    }
}

/// A token that nobody can guess: other programs of this machine can reach the local server.
fn local_token() -> SecretString {
    use std::hash::{BuildHasher as _, RandomState};
    let random = || RandomState::new().hash_one(std::process::id());
    format!("1000:{:016x}{:016x}", random(), random()).into()
}

async fn listen(base: SocketAddr, port: Port, name: &'static str) -> Result<TcpListener, AppError> {
    let at = |port| SocketAddr::new(base.ip(), port);
    let bound = match port {
        Port::Exactly(port) => TcpListener::bind(at(port)).await,
        Port::Preferably(port) => match TcpListener::bind(at(port)).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                TcpListener::bind(at(0)).await
            }
            bound => bound,
        },
    };
    bound.map_err(|error| setting(name, &error))
}

fn setting(setting: &'static str, error: &std::io::Error) -> AppError {
    AppError::Setting { setting, reason: format!("cannot listen there: {error}") }
}

fn load_error(config: &Config, error: LoadError) -> AppError {
    match error {
        LoadError::Cache(source) => {
            AppError::Directory { path: config.data_dir.join("cache"), source }
        }
        error => AppError::Sandbox(error.to_string()),
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

/// Hands committed messages to the sender.
async fn feed(mut queued: mpsc::UnboundedReceiver<Vec<QueuedMessage>>, outbox: Arc<Lanes<Outbox>>) {
    while let Some(messages) = queued.recv().await {
        for message in messages {
            let chat = message.chat_id;
            if !outbox.push(chat, message) {
                outbox.durable(chat);
            }
        }
    }
}

async fn forward_typing(mut typing: mpsc::Receiver<i64>, asides: mpsc::Sender<Aside>) {
    while let Some(chat) = typing.recv().await {
        if asides.send(Aside::Typing(chat)).await.is_err() {
            return;
        }
    }
}

/// Makes sure of the token, then polls. Ends early only if the token is wrong.
async fn introduce(api: Api, intake: Intake, stop: CancellationToken) -> Result<(), AppError> {
    let mut pause = Duration::from_secs(1);
    loop {
        let me = tokio::select! {
            me = api.me() => me,
            () = stop.cancelled() => return Ok(()),
        };
        match me {
            Ok(me) => {
                tracing::info!(bot = me.username, "connected to the Bot API");
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
                tracing::error!(%error, again_in_s = pause.as_secs(), "cannot reach the Bot API")
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return Ok(()),
        }
        pause = (pause * 2).min(Duration::from_secs(60));
    }
}

/// Keeps the catalog, Telegram's command list and the owner up to date with the modules directory.
struct Keeper {
    registry: Arc<Registry>,
    dispatch: Arc<Dispatch>,
    api: Api,
}

impl Keeper {
    async fn run(
        self,
        directory: PathBuf,
        disabled: Vec<String>,
        database: Database,
        ready: CancellationToken,
        stop: CancellationToken,
    ) {
        if let Err(error) = create(&directory) {
            tracing::error!(%error, "cannot create the modules directory {}", directory.display());
        }
        builtin::install(&directory, &disabled, &database).await;
        let all = self.registry.sync(false);
        let patience = async {
            self.registry.built_in_tried().await;
            tokio::time::sleep(PATIENCE).await;
            ready.cancel();
            std::future::pending().await
        };
        let first = tokio::select! {
            first = all => first,
            never = patience => never,
        };
        ready.cancel();
        // At a start, only trouble is news.
        let trouble =
            first.notes.into_iter().filter(|note| matches!(note, Note::Refused { .. })).collect();
        self.changed(Changes { notes: trouble, catalog_changed: true, ..first }).await;
        watch::run(&directory, Arc::clone(&self.registry), stop, |changes| self.changed(changes))
            .await;
    }

    async fn changed(&self, changes: Changes) {
        if changes.catalog_changed
            && let Err(error) =
                self.api.send(&telegram::commands(&self.dispatch.catalog.load())).await
        {
            tracing::warn!(%error, "cannot update Telegram's list of commands");
        }
        for note in changes.notes {
            self.dispatch.tell_owners(&text(&note)).await;
        }
    }
}

fn text(note: &Note) -> String {
    match note {
        Note::Loaded { module, version, previous: None } => {
            format!("🧩 Module <b>{}</b> {} is loaded.", escape(module), escape(version))
        }
        Note::Loaded { module, version, previous: Some(previous) } => {
            format!(
                "🧩 Module <b>{}</b> was replaced: {} → {}.",
                escape(module),
                escape(previous),
                escape(version)
            )
        }
        Note::Refused { file, reason, serving: Some(version) } => {
            format!(
                "⚠️ <b>{}</b> was not loaded: {}\nVersion {} goes on serving.",
                escape(file),
                escape(reason),
                escape(version)
            )
        }
        Note::Refused { file, reason, serving: None } => {
            format!("⚠️ <b>{}</b> was not loaded: {}", escape(file), escape(reason))
        }
        Note::Removed { module } => format!(
            "🧩 Module <b>{}</b> is removed: its file is gone. Its data is kept.",
            escape(module)
        ),
    }
}

fn create(directory: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

async fn drain(
    events: &Lanes<Dispatch>,
    metrics: &Metrics,
    sending: &CancellationToken,
    database: &Database,
) {
    let deadline = tokio::time::Instant::now() + DRAIN - Duration::from_secs(1);
    if tokio::time::timeout(DRAIN_EVENTS, events.finish()).await.is_err() {
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
    database.close().await;
}
