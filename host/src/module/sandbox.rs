//! One event, one instance: everything that runs a guest goes through here.
//!
//! A fresh instance is made from the prepared component, gets one event, and is dropped: nothing in memory
//! outlives it, so nothing of one user is there for the next. Guests run on threads of their own, with a
//! CPU budget (epochs) and a wall deadline (a timer) on every entry, instantiation and `describe` included.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::task::AbortOnDropHandle;
use wasmtime::component::ResourceTableError;
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

use super::engine::{Clock, INSTANCES, NESTED, TICK};
use super::{Manifest, Module};
use crate::bindings::ModulePre;
use crate::bindings::exports::umbrasil::module::handler::{
    Descriptor, Event, Failure, Input, Moment, Reply, User,
};
use crate::bindings::umbrasil::module::log::Level;
use crate::capability::chat::{Chat, Expectation, File, Sign};
use crate::capability::config::Settings;
use crate::capability::docker::Docker;
use crate::capability::files::Files;
use crate::capability::http::Http;
use crate::capability::limits::{BOUNDARY, EVENT_CPU, HANDLES, LOAD_CPU, LOAD_WALL};
use crate::capability::log::Lines;
use crate::capability::logs::Logs;
use crate::capability::modules::Modules;
use crate::capability::ocr::Ocr;
use crate::capability::permit::{Asked, Authority, Guard, Subject, Terms};
use crate::capability::ssh::Ssh;
use crate::capability::storage::Transaction;
use crate::capability::system::System;
use crate::capability::{Limit, Meter, Services, Slices, State};
use crate::database::{Database, Quota, Writes};
use crate::permission::{Live, Origin, Permissions};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Ending, Refusal, Stage};

/// How long an event waits for a free instance.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a call may copy beside a request's body that is larger than usual, in bytes.
const BESIDE_BODY: usize = 256 << 10;
/// How long one that another module calls waits.
const NESTED_PATIENCE: Duration = Duration::from_secs(5);

/// What an event came to. Nothing of it has happened yet: the commit decides.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) replies: Vec<Reply>,
    pub(crate) toast: Option<String>,
    pub(crate) expectation: Option<Expectation>,
    pub(crate) files: Vec<File>,
    pub(crate) writes: Vec<Writes>,
    /// The calls that an owner has to agree to.
    pub(crate) asked: Vec<Asked>,
}

/// Why a module gave no answer of its own. Each reads as a sentence about the module.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("is busy with other requests")]
    Busy,
    #[error("took too long: more than {} s of computing", EVENT_CPU.as_secs())]
    Cpu,
    #[error("took too long: no answer within {} s", .0.as_secs())]
    Wall(Duration),
    #[error("needed more memory than it may use")]
    Memory,
    #[error("recursed too deeply")]
    Stack,
    #[error("passed too much data at once")]
    Boundary,
    #[error("made too many calls")]
    Calls,
    #[error("used too many handles")]
    Handles,
    #[error("went on asking for what it is not granted")]
    Denials,
    /// It needs an owner to agree to these calls.
    #[error("needs an owner to confirm what it wants to do")]
    Asks(Vec<Asked>),
    #[error("ended itself with exit code {0}")]
    Exit(i32),
    /// The text is for the log.
    #[error("crashed")]
    Trap(String),
    /// What the module itself says.
    #[error("failed")]
    Failure(Failure),
}

/// One event for a module, and on whose behalf.
#[derive(Debug, Clone)]
pub(crate) struct Occasion {
    pub(crate) chat_id: i64,
    pub(crate) event: Event,
    /// Such as `owner 111`, for the record.
    pub(crate) actor: String,
    pub(crate) origin: Origin,
    pub(crate) terms: Terms,
    /// The file that the user sent: its id at the Bot API.
    pub(crate) upload: Option<String>,
    /// The longest that it may take.
    pub(crate) wall: Duration,
}

impl Occasion {
    /// An event that does nothing, for the benches.
    pub(crate) fn of_bench() -> Self {
        let input = Input::Other("bench".to_owned());
        let user = User { id: 0, name: String::new(), language: String::new(), owner: false };
        let at = Moment { unix_ms: 0, offset_seconds: 0 };
        Self {
            chat_id: 0,
            event: Event { id: "bench".to_owned(), user, at, input },
            actor: "bench".to_owned(),
            origin: Origin::User,
            terms: Terms::default(),
            upload: None,
            wall: LOAD_WALL,
        }
    }
}

/// Runs guests.
pub(crate) struct Sandbox {
    clock: Clock,
    guests: tokio::runtime::Handle,
    instances: Arc<Semaphore>,
    database: Database,
    settings: Arc<BTreeMap<String, String>>,
    metrics: Arc<Metrics>,
    signs: mpsc::Sender<Sign>,
    reach: Reach,
    /// Instances of modules that were called by other modules.
    nested: Arc<Semaphore>,
}

/// What instances reach outside with, and how that is checked.
#[derive(Clone)]
pub(crate) struct Reach {
    pub(crate) services: Services,
    pub(crate) authority: Authority,
}

impl Sandbox {
    /// `guests` is the runtime whose threads guests may use up; what shows that they are busy goes to `signs`.
    pub(crate) fn new(
        guests: tokio::runtime::Handle,
        database: Database,
        settings: BTreeMap<String, String>,
        metrics: Arc<Metrics>,
        signs: mpsc::Sender<Sign>,
        reach: Reach,
    ) -> wasmtime::Result<Self> {
        let instances = Arc::new(Semaphore::new(INSTANCES as usize));
        Ok(Self {
            clock: Clock::start()?,
            guests,
            instances,
            database,
            settings: Arc::new(settings),
            metrics,
            signs,
            reach,
            nested: Arc::new(Semaphore::new(NESTED as usize)),
        })
    }

    /// Waits a moment for room to run a module that another one calls.
    pub(super) async fn nested_permits(
        &self,
        module: &Module,
    ) -> Option<[OwnedSemaphorePermit; 2]> {
        let permits = async {
            let own = Arc::clone(&module.instances).acquire_owned().await;
            let any = Arc::clone(&self.nested).acquire_owned().await;
            Some([own.ok()?, any.ok()?])
        };
        tokio::time::timeout(NESTED_PATIENCE, permits).await.ok().flatten()
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.clock.engine
    }

    /// The settings that modules may ask for.
    pub(super) fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// Answers one event. Dropping the future ends the guest.
    pub(crate) async fn handle(
        self: &Arc<Self>,
        module: &Arc<Module>,
        occasion: Occasion,
    ) -> Result<Outcome, CallError> {
        let permits = tokio::time::timeout(PATIENCE, self.permits(module))
            .await
            .map_err(|_| CallError::Busy)??;
        let (sandbox, module) = (Arc::clone(self), Arc::clone(module));
        let work = async move {
            let outcome = sandbox.run(&module, occasion).await;
            drop(permits);
            outcome
        };
        let task = AbortOnDropHandle::new(self.guests.spawn(work));
        task.await.unwrap_or_else(|error| Err(CallError::Trap(format!("the host failed: {error}"))))
    }

    async fn permits(&self, module: &Module) -> Result<[OwnedSemaphorePermit; 2], CallError> {
        let own = Arc::clone(&module.instances).acquire_owned().await;
        let any = Arc::clone(&self.instances).acquire_owned().await;
        // The semaphores are never closed.
        Ok([own.map_err(|_| CallError::Busy)?, any.map_err(|_| CallError::Busy)?])
    }

    async fn run(&self, module: &Module, occasion: Occasion) -> Result<Outcome, CallError> {
        let (event, wall) = (occasion.event.clone(), occasion.wall);
        let (result, state) =
            self.execute(module, self.state(module, occasion), &event, wall).await;
        let replies = result?;
        let State { slices, guard, .. } = state;
        let Chat { toast, expectation, mut files, .. } = slices.chat;
        files.extend(slices.modules.files);
        let called = slices.modules.storage.into_values();
        let writes = std::iter::once(slices.storage).chain(called);
        let writes = writes.filter_map(Transaction::into_writes).collect();
        let asked = guard.tickets.into_asked_of_kept();
        Ok(Outcome { replies, toast, expectation, files, writes, asked })
    }

    /// Runs a fresh instance for one event; gives back what it has gathered.
    pub(super) async fn execute(
        &self,
        module: &Module,
        state: State,
        event: &Event,
        wall: Duration,
    ) -> (Result<Vec<Reply>, CallError>, State) {
        let mut store = self.store(state);
        let _running = self.clock.run();
        let call = async {
            let began = Instant::now();
            let bindings = module.pre.instantiate_async(&mut store).await?;
            let instantiated = Instant::now();
            self.metrics.time(Stage::Instantiate, instantiated - began);
            let result = bindings.umbrasil_module_handler().call_handle(&mut store, event).await;
            self.metrics.time(Stage::Execute, instantiated.elapsed());
            result
        };
        let result = tokio::time::timeout(wall, call).await;
        let mut state = store.into_data();
        log_output(&mut state);
        for refusal in &state.meter.refused {
            self.metrics.denied(&module.name, *refusal);
        }
        for _ in 0..state.guard.denials() {
            self.metrics.denied(&module.name, Refusal::Call);
        }
        let result = match result {
            Err(_) => Err(CallError::Wall(wall)),
            Ok(Err(error)) => Err(CallError::of(&error, &state.meter)),
            // Whatever it says of that: it could not go on without an owner.
            Ok(Ok(Err(_))) if !state.guard.tickets.asked().is_empty() => {
                Err(CallError::Asks(state.guard.tickets.asked().to_vec()))
            }
            Ok(Ok(Err(failure))) => Err(CallError::Failure(failure)),
            Ok(Ok(Ok(replies))) => Ok(replies),
        };
        (result, state)
    }

    /// Makes an instance and drops it, for the benches.
    pub(crate) async fn instantiate(&self, module: &Module) -> wasmtime::Result<()> {
        let state = self.state(module, Occasion::of_bench());
        let mut store = self.store(state);
        let _running = self.clock.run();
        module.pre.instantiate_async(&mut store).await.map(drop)
    }

    /// Asks a module what it is. It may not call the host for that.
    pub(super) async fn describe(
        self: &Arc<Self>,
        manifest: &Manifest,
        pre: &ModulePre<State>,
    ) -> Result<Descriptor, CallError> {
        let name: Arc<str> = manifest.module.name.as_str().into();
        let subject = Subject {
            event: "load".into(),
            module: Arc::clone(&name),
            hash: "".into(),
            actor: "host".into(),
            origin: Origin::Schedule,
        };
        let live = Arc::new(Live::new(Permissions::default()));
        let slices = self.slices(&subject, Chat::default(), (0, 0), None);
        let guard = self.guard(subject, live, Terms::default());
        let state = State::new(slices, Meter::without_calls(LOAD_CPU), guard);
        let (sandbox, pre) = (Arc::clone(self), pre.clone());
        let work = async move {
            let mut store = sandbox.store(state);
            let _running = sandbox.clock.run();
            let call = async {
                let bindings = pre.instantiate_async(&mut store).await?;
                bindings.umbrasil_module_handler().call_describe(&mut store).await
            };
            let result = tokio::time::timeout(LOAD_WALL, call).await;
            let mut state = store.into_data();
            log_output(&mut state);
            result
                .map_err(|_| CallError::Wall(LOAD_WALL))?
                .map_err(|error| CallError::of(&error, &state.meter))
        };
        let task = AbortOnDropHandle::new(self.guests.spawn(work));
        task.await.unwrap_or_else(|error| Err(CallError::Trap(format!("the host failed: {error}"))))
    }

    /// What one event of a module can reach.
    pub(super) fn state(&self, module: &Module, occasion: Occasion) -> State {
        let Occasion { chat_id, event, actor, origin, terms, upload, .. } = occasion;
        let chat = Chat {
            signs: Some(self.signs.clone()),
            progress: terms.traces.progress.clone(),
            id: chat_id,
            answers: Arc::clone(&module.answers),
            ..Chat::default()
        };
        let Event { id, user, at, .. } = event;
        let subject = Subject {
            event: id.into(),
            module: Arc::clone(&module.name),
            hash: module.hash.as_str().into(),
            actor: actor.into(),
            origin,
        };
        let storage = module.live.get().bounds.storage;
        let mut slices = self.slices(&subject, chat, storage, upload);
        slices.modules.serve(user, at, chat_id);
        let guard = self.guard(subject, Arc::clone(&module.live), terms);
        State::new(slices, Meter::new(EVENT_CPU), guard)
    }

    fn slices(
        &self,
        subject: &Subject,
        chat: Chat,
        (keys, bytes): (u64, u64),
        upload: Option<String>,
    ) -> Slices {
        let Services { http, ssh, docker, system, files, ocr, modules } =
            self.reach.services.clone();
        let module = Arc::clone(&subject.module);
        let quota = Quota { keys, bytes };
        let upload = files.upload(upload);
        Slices {
            chat,
            storage: Transaction::new(self.database.clone(), Arc::clone(&module), quota),
            config: Settings { all: Arc::clone(&self.settings) },
            log: Lines::new(module, Arc::clone(&subject.event)),
            logs: Logs,
            http: Http::new(http),
            ssh: Ssh::new(ssh),
            docker: Docker::new(docker),
            system: System::new(system),
            files: Files::new(upload.clone()),
            ocr: Ocr::new(ocr, upload),
            modules: Modules::new(modules),
        }
    }

    fn guard(&self, subject: Subject, live: Arc<Live>, terms: Terms) -> Guard {
        Guard::new(subject, live, self.reach.authority.clone(), terms)
    }

    fn store(&self, state: State) -> Store<State> {
        let mut store = Store::new(&self.clock.engine, state);
        store.limiter(|state| &mut state.meter);
        let body = store.data().guard.permissions().bounds.request_body;
        store.set_hostcall_fuel(BOUNDARY.max(body.saturating_add(BESIDE_BODY)));
        store.set_max_component_handles(HANDLES);
        // Before instantiating: a store without a deadline of its own traps at once.
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| {
            context.data_mut().meter.tick(TICK)?;
            Ok(UpdateDeadline::Yield(1))
        });
        store
    }
}

impl CallError {
    fn of(error: &wasmtime::Error, meter: &Meter) -> Self {
        if let Some(limit) = error.downcast_ref::<Limit>() {
            return match limit {
                Limit::Cpu => Self::Cpu,
                Limit::Calls => Self::Calls,
                Limit::Denials => Self::Denials,
            };
        }
        if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
            return Self::Exit(exit.0);
        }
        if let Some(ResourceTableError::Full) = error.downcast_ref() {
            return Self::Handles;
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => return Self::Stack,
            // Rust aborts when it gets no memory; so does everything else that was compiled to wasm.
            Some(_) if meter.out_of_memory => return Self::Memory,
            _ => {}
        }
        let detail = format!("{error:#}");
        if detail.contains("fuel allocated for hostcalls") {
            Self::Boundary
        } else {
            Self::Trap(detail)
        }
    }

    /// How this counts in the metrics.
    pub(crate) fn ending(&self) -> Ending {
        match self {
            Self::Busy => Ending::Busy,
            Self::Cpu => Ending::Cpu,
            Self::Wall(_) => Ending::Deadline,
            Self::Memory => Ending::Memory,
            Self::Failure(Failure::Usage(_)) => Ending::Usage,
            Self::Failure(Failure::Unavailable(_)) => Ending::Unavailable,
            Self::Failure(Failure::Internal(_) | Failure::Other(_)) => Ending::Internal,
            Self::Asks(_) => Ending::Asked,
            Self::Denials => Ending::Denied,
            Self::Stack
            | Self::Boundary
            | Self::Calls
            | Self::Handles
            | Self::Exit(_)
            | Self::Trap(_) => Ending::Trap,
        }
    }
}

/// What a guest printed goes to the log under its name: a panic message, usually.
fn log_output(state: &mut State) {
    let (text, dropped) = state.output.take();
    let fits = text.lines().all(|line| state.slices.log.write(Level::Info, line));
    if fits && dropped > 0 {
        let note = format!("log truncated: {dropped} bytes of output were dropped");
        state.slices.log.write(Level::Warn, &note);
    }
    if !fits || dropped > 0 {
        state.meter.refuse(Refusal::LogFlood);
    }
}
