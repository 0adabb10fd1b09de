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

use super::engine::{Clock, INSTANCES, TICK};
use super::{Manifest, Module};
use crate::bindings::ModulePre;
use crate::bindings::exports::umbrasil::module::handler::{Descriptor, Event, Failure, Reply};
use crate::bindings::umbrasil::module::log::Level;
use crate::capability::chat::{Chat, Expectation, File};
use crate::capability::config::Settings;
use crate::capability::limits::{BOUNDARY, EVENT_CPU, EVENT_WALL, HANDLES, LOAD_CPU, LOAD_WALL};
use crate::capability::log::Lines;
use crate::capability::storage::Transaction;
use crate::capability::{Limit, Meter, State};
use crate::database::{Database, Writes};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Ending, Refusal, Stage};

/// How long an event waits for a free instance.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an event came to. Nothing of it has happened yet: the commit decides.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) replies: Vec<Reply>,
    pub(crate) toast: Option<String>,
    pub(crate) expectation: Option<Expectation>,
    pub(crate) files: Vec<File>,
    pub(crate) writes: Option<Writes>,
}

/// Why a module gave no answer of its own. Each reads as a sentence about the module.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("is busy with other requests")]
    Busy,
    #[error("took too long: more than {} s of computing", EVENT_CPU.as_secs())]
    Cpu,
    #[error("took too long: no answer within {} s", EVENT_WALL.as_secs())]
    Wall,
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
    #[error("ended itself with exit code {0}")]
    Exit(i32),
    /// The text is for the log.
    #[error("crashed")]
    Trap(String),
    /// What the module itself says.
    #[error("failed")]
    Failure(Failure),
}

/// Runs guests.
pub(crate) struct Sandbox {
    clock: Clock,
    guests: tokio::runtime::Handle,
    instances: Arc<Semaphore>,
    database: Database,
    settings: Arc<BTreeMap<String, String>>,
    metrics: Arc<Metrics>,
    typing: mpsc::Sender<i64>,
}

impl Sandbox {
    /// `guests` is the runtime whose threads guests may use up; chats go to `typing` while they wait.
    pub(crate) fn new(
        guests: tokio::runtime::Handle,
        database: Database,
        settings: BTreeMap<String, String>,
        metrics: Arc<Metrics>,
        typing: mpsc::Sender<i64>,
    ) -> wasmtime::Result<Self> {
        let instances = Arc::new(Semaphore::new(INSTANCES as usize));
        Ok(Self {
            clock: Clock::start()?,
            guests,
            instances,
            database,
            settings: Arc::new(settings),
            metrics,
            typing,
        })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.clock.engine
    }

    /// Answers one event of a chat. Dropping the future ends the guest.
    pub(crate) async fn handle(
        self: &Arc<Self>,
        module: &Arc<Module>,
        chat_id: i64,
        event: Event,
    ) -> Result<Outcome, CallError> {
        let permits = tokio::time::timeout(PATIENCE, self.permits(module))
            .await
            .map_err(|_| CallError::Busy)??;
        let (sandbox, module) = (Arc::clone(self), Arc::clone(module));
        let work = async move {
            let outcome = sandbox.run(&module, chat_id, &event).await;
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

    async fn run(
        &self,
        module: &Module,
        chat_id: i64,
        event: &Event,
    ) -> Result<Outcome, CallError> {
        let state = self.state(module, chat_id, &event.id);
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
        let result = tokio::time::timeout(EVENT_WALL, call).await;
        let mut state = store.into_data();
        log_output(&mut state);
        for refusal in &state.meter.refused {
            self.metrics.denied(&module.name, *refusal);
        }
        let replies = match result {
            Err(_) => return Err(CallError::Wall),
            Ok(Err(error)) => return Err(CallError::of(&error, &state.meter)),
            Ok(Ok(Err(failure))) => return Err(CallError::Failure(failure)),
            Ok(Ok(Ok(replies))) => replies,
        };
        let Chat { toast, expectation, files, .. } = state.chat;
        Ok(Outcome { replies, toast, expectation, files, writes: state.storage.into_writes() })
    }

    /// Makes an instance and drops it, for the benches.
    pub(crate) async fn instantiate(&self, module: &Module) -> wasmtime::Result<()> {
        let state = self.state(module, 0, "bench");
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
        let state = State::new(
            Chat::default(),
            Transaction::new(self.database.clone(), Arc::clone(&name), manifest.quota(false)),
            Settings { all: Arc::default(), readable: Arc::default() },
            Lines::new(name, "load".into()),
            Meter::without_calls(LOAD_CPU),
        );
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
                .map_err(|_| CallError::Wall)?
                .map_err(|error| CallError::of(&error, &state.meter))
        };
        let task = AbortOnDropHandle::new(self.guests.spawn(work));
        task.await.unwrap_or_else(|error| Err(CallError::Trap(format!("the host failed: {error}"))))
    }

    /// What one event of a module can reach.
    fn state(&self, module: &Module, chat_id: i64, event: &str) -> State {
        let chat = Chat {
            typing: Some(self.typing.clone()),
            id: chat_id,
            answers: Arc::clone(&module.answers),
            ..Chat::default()
        };
        State::new(
            chat,
            Transaction::new(self.database.clone(), Arc::clone(&module.name), module.quota),
            Settings { all: Arc::clone(&self.settings), readable: Arc::clone(&module.readable) },
            Lines::new(Arc::clone(&module.name), event.into()),
            Meter::new(EVENT_CPU),
        )
    }

    fn store(&self, state: State) -> Store<State> {
        let mut store = Store::new(&self.clock.engine, state);
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(BOUNDARY);
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
            Self::Wall => Ending::Deadline,
            Self::Memory => Ending::Memory,
            Self::Failure(Failure::Usage(_)) => Ending::Usage,
            Self::Failure(Failure::Unavailable(_)) => Ending::Unavailable,
            Self::Failure(Failure::Internal(_) | Failure::Other(_)) => Ending::Internal,
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
    let fits = text.lines().all(|line| state.log.write(Level::Info, line));
    if fits && dropped > 0 {
        let note = format!("log truncated: {dropped} bytes of output were dropped");
        state.log.write(Level::Warn, &note);
    }
    if !fits || dropped > 0 {
        state.meter.refuse(Refusal::LogFlood);
    }
}
