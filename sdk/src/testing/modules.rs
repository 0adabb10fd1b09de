//! The other modules of the host in memory: whatever a test says that they answer.

use std::fmt;

use super::Host;
use super::imports::{counted, running};
use crate::HostError;
use crate::bindings::umbrasil::module::modules as wit;

type Far = dyn Fn(&str, &str, &str) -> Result<Vec<String>, HostError>;

/// What answers calls of other modules, and which commands they have.
#[derive(Default)]
pub(crate) struct Others(Option<Box<Far>>, Vec<wit::Command>);

impl fmt::Debug for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Others").field(&self.0.is_some()).finish()
    }
}

impl Host {
    /// Gives other modules commands that this one may call: it reads them with `modules::commands`.
    #[must_use]
    pub fn commands(mut self, commands: impl IntoIterator<Item = wit::Command>) -> Self {
        self.world.others.1.extend(commands);
        self
    }

    /// Answers calls of other modules: gets the module, the command and the text behind it, gives the
    /// messages. Without this, every such call is denied.
    #[must_use]
    pub fn on_call(
        mut self,
        answer: impl Fn(&str, &str, &str) -> Result<Vec<String>, HostError> + 'static,
    ) -> Self {
        self.world.others.0 = Some(Box::new(answer));
        self
    }
}

#[allow(clippy::unnecessary_wraps, reason = "the signature of the bindings")]
pub(crate) fn commands() -> Result<Vec<wit::Command>, HostError> {
    counted();
    Ok(running(|now| now.world.others.1.clone()))
}

pub(crate) fn call(module: &str, command: &str, text: &str) -> Result<wit::Answer, HostError> {
    counted();
    running(|now| match &now.world.others.0 {
        Some(answer) => answer(module, command, text).map(|messages| wit::Answer { messages }),
        None => Err(HostError::Denied(format!("grant `module {module} {command}`"))),
    })
}
