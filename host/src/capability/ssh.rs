//! `umbrasil:module/ssh`: commands on the configured servers, as templates.
//!
//! What was authorised is a list of words; it is quoted here, word by word, and nothing else is ever sent.

mod command;
mod dial;
mod kept;
mod line;
mod service;
mod trust;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures_util::future::join_all;

use self::service::Failure;
pub(crate) use self::service::Service;
#[allow(unused_imports, reason = "for whoever asks the owners")]
pub(crate) use self::trust::{HostKeyNotice, TrustError};
use super::permit::Permit;
use super::{Error, Scoped};
use crate::bindings::umbrasil::module::{ssh as wit, types};
use crate::grant::{Call, Effect, Scope, SshCall, What, is_name};

/// Calls of `exec` and `exec-all` an event.
const CALLS: u32 = 10;
/// Targets of one `exec-all`.
const TARGETS: usize = 16;
/// Words of a command, and bytes of all of them together.
const WORDS: usize = 64;
const LENGTH: usize = 8 << 10;
/// What is kept of each stream of one command, and of all commands of one call, in bytes.
const KEEP: usize = 512 << 10;
const KEEP_ALL: usize = 2 << 20;

/// What one event uses.
pub(crate) struct Ssh {
    pub(crate) service: Arc<Service>,
    calls: u32,
}

impl Ssh {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service, calls: 0 }
    }

    fn count(&mut self) -> Result<(), Error> {
        self.calls = self.calls.saturating_add(1);
        if self.calls > CALLS {
            return Err(Error::Invalid(format!("at most {CALLS} calls of ssh an event")));
        }
        Ok(())
    }
}

impl wit::Host for Scoped<'_, Ssh> {
    async fn targets(&mut self) -> Result<Vec<String>, Error> {
        self.meter.call()?;
        let permissions = self.guard.permissions();
        let names = |what: &What, alias| matches!(what, What::Ssh(scope) if scope.names(alias));
        let wanted = |alias| permissions.wants.iter().any(|want| names(&want.scope.what, alias));
        let granted = |alias| {
            permissions.grants.iter().any(|grant| match &grant.scope.what {
                What::Ssh(scope) => scope.names(alias) && !scope.is_open(),
                _ => false,
            })
        };
        let aliases = self.own.service.aliases();
        Ok(aliases.filter(|alias| wanted(alias) && granted(alias)).map(str::to_owned).collect())
    }

    async fn commands(&mut self, target: String) -> Result<Vec<wit::Template>, Error> {
        self.meter.call()?;
        if !self.own.service.aliases().any(|alias| alias == target) {
            let shown: String = target.chars().take(64).collect();
            return Err(Error::Invalid(format!("there is no target `{}`", shown.escape_debug())));
        }
        let permissions = self.guard.permissions();
        let template = |scope: &Scope, effect: Effect| {
            let What::Ssh(ssh) = &scope.what else { return None };
            let effect = match effect {
                Effect::Read => wit::Effect::Read,
                Effect::Change => wit::Effect::Change,
                Effect::Dangerous => wit::Effect::Dangerous,
            };
            let runs = ssh.names(&target) && !ssh.is_open();
            runs.then(|| wit::Template { text: ssh.command(), effect })
        };
        let mut held: Vec<wit::Template> = Vec::new();
        for template in
            permissions.held(|scope| template(scope, scope.effect.unwrap_or(Effect::Change)))
        {
            if !held.iter().any(|known| known.text == template.text) {
                held.push(template);
            }
        }
        // What the owner has added comes first: it is what they look for.
        let mut templates: Vec<wit::Template> = Vec::new();
        for template in permissions.by_name().filter_map(|(scope, effect)| template(scope, effect))
        {
            if !held.iter().chain(&templates).any(|known| known.text == template.text) {
                templates.push(template);
            }
        }
        templates.extend(held);
        Ok(templates)
    }

    async fn exec(&mut self, target: String, command: Vec<String>) -> Result<wit::Output, Error> {
        self.meter.call()?;
        self.own.count()?;
        let permit = self.guard.authorise(Call::Ssh(checked(target, command)?), "")?;
        run(&self.own.service, permit, KEEP).await
    }

    async fn exec_all(
        &mut self,
        targets: Vec<String>,
        command: Vec<String>,
    ) -> wasmtime::Result<Vec<Result<wit::Output, types::Error>>> {
        self.meter.call()?;
        let all = |error: fn() -> Error| {
            targets.iter().map(|_| error().into_wit().map(Err)).collect::<wasmtime::Result<_>>()
        };
        if targets.len() > TARGETS {
            return all(|| Error::TooLarge(TARGETS as u64));
        }
        if self.own.count().is_err() {
            return all(|| Error::Invalid(format!("at most {CALLS} calls of ssh an event")));
        }
        let keep = KEEP.min(KEEP_ALL / 2 / targets.len().max(1));
        let before = self.guard.tickets.before_several();
        let mut permits = Vec::with_capacity(targets.len());
        for target in targets {
            let call = checked(target, command.clone());
            match call.and_then(|call| self.guard.authorise(Call::Ssh(call), "")) {
                Err(Error::Fatal(error)) => return Err(error),
                permit => permits.push(permit),
            }
        }
        // The event runs again when an owner has agreed, so until then none of them may run.
        let waits = permits.iter().any(|permit| matches!(permit, Err(Error::Pending(_))));
        if waits {
            self.guard.tickets.postpone(before);
        }
        let service = &self.own.service;
        let runs = permits.into_iter().map(|permit| async move {
            match permit {
                Ok(_) if waits => {
                    let text =
                        "not run: an owner has to confirm another command of this call first";
                    Err(Error::Unavailable(text.to_owned()))
                }
                Ok(permit) => run(service, permit, keep).await,
                Err(error) => Err(error),
            }
        });
        join_all(runs)
            .await
            .into_iter()
            .map(|result| match result {
                Ok(output) => Ok(Ok(output)),
                Err(error) => error.into_wit().map(Err),
            })
            .collect()
    }
}

/// A call whose form makes sense.
fn checked(target: String, command: Vec<String>) -> Result<SshCall, Error> {
    if !is_name(&target) {
        let shown: String = target.chars().take(64).collect();
        return Err(Error::Invalid(format!("`{}` is no alias of a target", shown.escape_debug())));
    }
    if command.is_empty() || command.len() > WORDS {
        return Err(Error::Invalid(format!("a command has 1 to {WORDS} words")));
    }
    if command.iter().map(String::len).sum::<usize>() > LENGTH {
        return Err(Error::TooLarge(LENGTH as u64));
    }
    if command.iter().any(|word| word.chars().any(char::is_control)) {
        return Err(Error::Invalid("a word of a command has no control characters".to_owned()));
    }
    Ok(SshCall { target, command })
}

/// Runs what was permitted.
async fn run(service: &Service, permit: Permit, keep: usize) -> Result<wit::Output, Error> {
    let Call::Ssh(SshCall { target, command }) = &permit.call else {
        return Err(Error::Invalid("this is no command".to_owned()));
    };
    let Some(server) = service.server(target) else {
        let text =
            format!("there is no target `{target}`; an owner configures it as `[ssh.{target}]`");
        return Err(Error::Invalid(text));
    };
    let line = shell_words::join(command);
    let running = permit.begin().await?;
    match service.run(server, line, keep).await {
        Ok(output) => {
            let outcome = match &output.ending {
                wit::Ending::Exited(status) => format!("exit {status}"),
                wit::Ending::Signalled(signal) => format!("signal {signal}"),
            };
            let bytes = output.stdout.len() + output.stderr.len();
            running.end(&outcome, bytes as u64).await;
            Ok(output)
        }
        Err(Failure::NotRun(reason)) => {
            running.end(&format!("not run: {reason}"), 0).await;
            Err(Error::Unavailable(reason))
        }
        Err(Failure::Unknown(reason)) => {
            running.unknown(&reason);
            Err(Error::Unknown(reason))
        }
    }
}
