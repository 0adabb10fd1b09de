//! `umbrasil:module/modules`: the commands of other modules.
//!
//! Who calls is checked here; the other module runs in an instance of its own, with its own grants, and what
//! it stores waits in this event until that commits.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use super::chat::File;
use super::permit::{Asked, Subject, Terms};
use super::progress::Traces;
use super::storage::Transaction;
use super::{Error, Scoped};
use crate::bindings::exports::umbrasil::module::handler::{Moment, User};
use crate::bindings::umbrasil::module::modules as wit;
use crate::grant::{Call, Effect, What};
use crate::permission::Origin;

/// Calls of other modules that one event may make.
const CALLS: u32 = 20;
/// The longest text behind a command, as Telegram has it.
const TEXT: usize = 4096;

/// The modules that are loaded, as this capability needs them.
pub(crate) trait Directory: Send + Sync {
    /// The commands of a module; none if it is not loaded.
    fn commands(&self, module: &str) -> Option<Vec<wit::Command>>;

    /// Runs a command of a module.
    fn run(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Answered, Error>> + Send + '_>>;
}

/// One call of a module by another.
pub(crate) struct Request {
    pub(crate) module: String,
    pub(crate) command: String,
    pub(crate) text: String,
    /// Who calls.
    pub(crate) caller: Arc<Subject>,
    /// For whom, when, and where the answer would go.
    pub(crate) user: User,
    pub(crate) at: Moment,
    pub(crate) chat_id: i64,
    /// How many calls this event has made before.
    pub(crate) number: u32,
    pub(crate) terms: Terms,
    /// What earlier calls of this event have stored there.
    pub(crate) storage: Option<Transaction>,
}

/// What came of a call.
pub(crate) struct Answered {
    pub(crate) messages: Vec<String>,
    pub(crate) files: Vec<File>,
    pub(crate) storage: Transaction,
    pub(crate) tickets: Vec<String>,
    pub(crate) asked: Vec<Asked>,
    /// Why there is no answer.
    pub(crate) failed: Option<Error>,
}

/// What all events share: set once the modules can be loaded.
#[derive(Default)]
pub(crate) struct Service {
    directory: OnceLock<Arc<dyn Directory>>,
}

/// What one event uses.
pub(crate) struct Modules {
    service: Arc<Service>,
    event: Option<(User, Moment, i64)>,
    calls: u32,
    /// What the called modules have stored so far.
    pub(crate) storage: BTreeMap<String, Transaction>,
    /// What they have sent so far.
    pub(crate) files: Vec<File>,
}

impl Service {
    pub(crate) fn connect(&self, directory: Arc<dyn Directory>) {
        if self.directory.set(directory).is_err() {
            tracing::error!("the directory of modules was connected twice");
        }
    }
}

impl Modules {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        let (storage, files) = (BTreeMap::new(), Vec::new());
        Self { service, event: None, calls: 0, storage, files }
    }

    /// For whom the event is, when it happened, and where its answer goes.
    pub(crate) fn serve(&mut self, user: User, at: Moment, chat_id: i64) {
        self.event = Some((user, at, chat_id));
    }
}

impl Scoped<'_, Modules> {
    fn directory(&self) -> Result<Arc<dyn Directory>, Error> {
        let unavailable = || Error::Unavailable("no module is loaded yet".to_owned());
        self.own.service.directory.get().cloned().ok_or_else(unavailable)
    }

    async fn run(
        &mut self,
        module: String,
        command: String,
        text: String,
    ) -> Result<wit::Answer, Error> {
        if self.own.calls == CALLS {
            return Err(Error::Invalid(format!("at most {CALLS} calls of other modules an event")));
        }
        if self.guard.subject.origin == Origin::Model {
            return Err(Error::Invalid("a module that was called cannot call on".to_owned()));
        }
        if text.len() > TEXT {
            return Err(Error::TooLarge(TEXT as u64));
        }
        if *module == *self.guard.subject.module {
            return Err(Error::Invalid("a module cannot call itself".to_owned()));
        }
        let directory = self.directory()?;
        let known = directory.commands(&module).unwrap_or_default();
        let known = known.iter().find(|known| known.name == command);
        // What is not there is asked for as if it changed something: the answer tells nothing but a denial.
        let changes = known.is_none_or(|known| known.changes);
        let call = Call::Module { module, command, text, changes };
        let used_before = self.guard.tickets.used_inside();
        // Nobody typed this call: whoever made it up, it counts as chosen by a model.
        let permit = self.guard.authorise_as(Origin::Model, call, "")?;
        if known.is_none() {
            return Err(Error::Unavailable(format!("`{}` is not loaded now", permit.call)));
        }
        let read_only = permit.effect == Effect::Read;
        let running = permit.begin_inside();
        let Call::Module { module, command, text, .. } = running.permit().call.clone() else {
            return Err(Error::Invalid("this is no call of a module".to_owned()));
        };
        self.own.calls += 1;
        let Some((user, at, chat_id)) = self.own.event.clone() else {
            return Err(Error::Unavailable("there is no event to call for".to_owned()));
        };
        let answered = directory
            .run(Request {
                module: module.clone(),
                command,
                text,
                caller: Arc::clone(&self.guard.subject),
                user,
                at,
                chat_id,
                number: self.own.calls,
                terms: Terms {
                    tickets: self.guard.tickets.open().to_vec(),
                    read_only: read_only || self.guard.read_only,
                    traces: Traces::within(&self.guard.outside),
                    run: Arc::clone(&self.guard.run),
                },
                storage: self.own.storage.get(&module).cloned(),
            })
            .await?;
        self.guard.tickets.take_over(answered.tickets, answered.asked);
        if let Some(error) = answered.failed {
            running.end("failed", 0).await;
            return Err(error);
        }
        self.guard.tickets.keep_inside(used_before);
        let bytes: usize = answered.messages.iter().map(String::len).sum();
        running.end("answered", bytes as u64).await;
        self.own.storage.insert(module, answered.storage);
        self.own.files.extend(answered.files);
        Ok(wit::Answer { messages: answered.messages })
    }
}

impl wit::Host for Scoped<'_, Modules> {
    async fn commands(&mut self) -> Result<Vec<wit::Command>, Error> {
        self.meter.call()?;
        let directory = self.directory()?;
        let permissions = self.guard.permissions();
        let granted: Vec<(String, String)> = permissions
            .held(|scope| match &scope.what {
                What::Module { module, command } => Some((module.clone(), command.clone())),
                _ => None,
            })
            .collect();
        drop(permissions);
        let mut commands: Vec<wit::Command> = Vec::new();
        for (module, name) in granted {
            for command in directory.commands(&module).unwrap_or_default() {
                let named = name == "*" || name == command.name;
                if named && !commands.iter().any(|known| known.name == command.name) {
                    commands.push(command);
                }
            }
        }
        Ok(commands)
    }

    async fn call(
        &mut self,
        module: String,
        command: String,
        text: String,
    ) -> Result<wit::Answer, Error> {
        self.meter.call()?;
        self.run(module, command, text).await
    }
}
