//! A command of one module, called by another.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;

use super::Module;
use super::breaker::Breaker;
use super::catalog::Catalog;
use super::sandbox::{CallError, Occasion, Sandbox};
use crate::bindings::exports::umbrasil::module::handler;
use crate::bindings::umbrasil::module::modules as wit;
use crate::capability::modules::{Answered, Directory, Request};
use crate::capability::{Error, State};
use crate::permission::{Book, Origin};

/// The loaded modules, as other modules may call them.
pub(crate) struct Delegate {
    catalog: Arc<ArcSwap<Catalog>>,
    sandbox: Weak<Sandbox>,
    book: Arc<Book>,
    breaker: Arc<Breaker>,
}

impl Delegate {
    pub(crate) fn new(
        catalog: Arc<ArcSwap<Catalog>>,
        sandbox: &Arc<Sandbox>,
        book: Arc<Book>,
        breaker: Arc<Breaker>,
    ) -> Self {
        Self { catalog, sandbox: Arc::downgrade(sandbox), book, breaker }
    }

    async fn call(&self, request: Request) -> Result<Answered, Error> {
        let Request { module, command, text, caller, user, at, chat_id, number, terms, storage } =
            request;
        let unavailable = |why: String| Error::Unavailable(format!("{module} {why}"));
        let sandbox =
            self.sandbox.upgrade().ok_or_else(|| unavailable("is not there".to_owned()))?;
        let module = self.catalog.load().module(&module).cloned();
        let module = module.ok_or_else(|| unavailable("is not loaded".to_owned()))?;
        if !user.owner && !self.book.serves(&module.name, user.id) {
            return Err(Error::Denied(format!("{} is not for this user", module.name)));
        }
        if let Some(paused) = self.breaker.refuses(&module.name) {
            return Err(unavailable(paused));
        }
        let permits = sandbox.nested_permits(&module).await;
        let _permits = permits.ok_or_else(|| unavailable("is busy".to_owned()))?;
        let args = text.split_whitespace().map(str::to_owned).collect();
        let call = handler::Call { name: command, args, text: text.trim().to_owned() };
        // What runs again after a tap makes other calls than those that are kept already.
        let run = if terms.run.is_empty() { String::new() } else { format!("+{}", terms.run) };
        // As long as an event of its own: who calls has a deadline around this one.
        let wall = self.book.deadline(&module.name);
        let wall = wall.unwrap_or_else(|| module.live.get().bounds.wall);
        let occasion = Occasion {
            chat_id,
            event: handler::Event {
                id: format!("{}{run}.{number}", caller.event),
                user,
                at,
                input: handler::Input::Command(call),
            },
            actor: format!("module {} for {}", caller.module, caller.actor),
            origin: Origin::Model,
            terms,
            upload: None,
            wall,
        };
        let event = occasion.event.clone();
        let mut state = sandbox.state(&module, occasion);
        // What it does outside is a part of the caller's event, and on record with that.
        state.guard.belong_to(&caller.event);
        let before = storage.clone();
        if let Some(storage) = storage {
            state.slices.storage = storage;
        }
        let (result, state) = sandbox.execute(&module, state, &event, wall).await;
        let State { slices, guard, .. } = state;
        let (messages, failed) = match result {
            Ok(replies) => {
                self.breaker.succeeded(&module.name);
                (replies.into_iter().map(|reply| reply.html).collect(), None)
            }
            Err(error) => {
                let went_outside = guard.outside.load(Ordering::Acquire);
                (Vec::new(), Some(failure(&module.name, &error, went_outside)))
            }
        };
        let (tickets, asked) = (guard.tickets.open().to_vec(), guard.tickets.asked().to_vec());
        let storage = match (&failed, before) {
            // Nothing of a call that failed is kept.
            (Some(_), Some(before)) => before,
            _ => slices.storage,
        };
        Ok(Answered { messages, files: slices.chat.files, storage, tickets, asked, failed })
    }
}

/// Why there is no answer, as the caller may know it.
fn failure(module: &str, error: &CallError, went_outside: bool) -> Error {
    match error {
        CallError::Wall(_) if went_outside => Error::Unknown(format!(
            "{module} {error}, and what it was doing outside may have happened; look before you try again"
        )),
        CallError::Asks(asked) => Error::Pending(
            asked.iter().map(|asked| asked.shown.as_str()).collect::<Vec<_>>().join("\n"),
        ),
        CallError::Failure(handler::Failure::Usage(text)) => Error::Invalid(text.clone()),
        CallError::Failure(handler::Failure::Unavailable(text)) => Error::Unavailable(text.clone()),
        error => {
            tracing::warn!(module, detail = ?error, "a module failed when another one called it: it {error}");
            Error::Unavailable(format!("{module} failed"))
        }
    }
}

impl Directory for Delegate {
    fn commands(&self, module: &str) -> Option<Vec<wit::Command>> {
        let module = self.catalog.load().module(module).cloned()?;
        Some(
            module.descriptor.commands.iter().map(|command| command_of(&module, command)).collect(),
        )
    }

    fn run(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Answered, Error>> + Send + '_>> {
        Box::pin(self.call(request))
    }
}

fn command_of(module: &Module, command: &handler::Command) -> wit::Command {
    let argument = |argument: &handler::Argument| wit::Argument {
        name: argument.name.clone(),
        help: argument.help.clone(),
        required: argument.required,
    };
    wit::Command {
        module: module.name.to_string(),
        name: command.name.clone(),
        summary: command.summary.clone(),
        arguments: command.arguments.iter().map(argument).collect(),
        example: command.example.clone(),
        changes: command.changes,
    }
}
