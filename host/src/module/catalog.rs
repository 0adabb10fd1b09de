//! What is loaded now: one immutable snapshot, replaced as a whole.
//!
//! An event takes the snapshot once and keeps it; a reload publishes a new one. The routes are a part of
//! the snapshot, so that nobody ever sees a module without its commands or the reverse.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Module;
use super::loader::LoadError;
use crate::bindings::exports::umbrasil::module::handler::Command;

/// The commands that the host answers itself. Those of later versions are kept free as well.
pub(crate) const HOST_COMMANDS: [&str; 15] = [
    "start", "help", "menu", "status", "modules", "cancel", "module", "grants", "audit", "logs",
    "reload", "rollback", "stop", "secret", "approve",
];

/// The modules that answer at this moment.
#[derive(Default, Clone)]
pub(crate) struct Catalog {
    modules: BTreeMap<Arc<str>, Arc<Module>>,
    commands: BTreeMap<String, Arc<str>>,
}

impl Catalog {
    pub(crate) fn modules(&self) -> impl ExactSizeIterator<Item = &Arc<Module>> {
        self.modules.values()
    }

    pub(crate) fn module(&self, name: &str) -> Option<&Arc<Module>> {
        self.modules.get(name)
    }

    /// The module that declared a command.
    pub(crate) fn of_command(&self, command: &str) -> Option<(&Arc<Module>, &Command)> {
        let module = self.modules.get(self.commands.get(command)?)?;
        let declared =
            module.descriptor.commands.iter().find(|declared| declared.name == command)?;
        Some((module, declared))
    }

    /// The catalog with `module` in place of its predecessor of that name.
    pub(crate) fn with(&self, module: Arc<Module>) -> Result<Self, LoadError> {
        let mut next = self.without(&module.name);
        for command in &module.descriptor.commands {
            let name = &command.name;
            if HOST_COMMANDS.contains(&name.as_str()) {
                return Err(LoadError::Clash(format!(
                    "it claims /{name}, which is the host's own"
                )));
            }
            if let Some(owner) = next.commands.insert(name.clone(), Arc::clone(&module.name)) {
                return Err(LoadError::Clash(format!(
                    "it claims /{name}, which belongs to {owner}"
                )));
            }
        }
        next.modules.insert(Arc::clone(&module.name), module);
        Ok(next)
    }

    pub(crate) fn without(&self, name: &str) -> Self {
        let mut next = self.clone();
        next.modules.remove(name);
        next.commands.retain(|_, owner| &**owner != name);
        next
    }
}
