//! `umbrasil:module/config`: settings of the deployment that the manifest names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::config as wit;

/// The settings of this module.
pub(crate) struct Settings {
    pub(crate) all: Arc<BTreeMap<String, String>>,
    /// Those that the manifest names.
    pub(crate) readable: Arc<[String]>,
}

impl wit::Host for Scoped<'_, Settings> {
    fn get(&mut self, name: String) -> Result<Option<String>, Error> {
        self.meter.call()?;
        if !self.own.readable.contains(&name) {
            return Err(Error::Denied(format!(
                "add `{}` to `[config] read` in the manifest",
                name.escape_debug()
            )));
        }
        Ok(self.own.all.get(&name).cloned())
    }
}
