//! `umbrasil:module/config`: settings of the deployment that the manifest names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::config as wit;
use crate::grant::Call;
use crate::telemetry::metrics::Refusal;

/// The settings of the deployment.
pub(crate) struct Settings {
    pub(crate) all: Arc<BTreeMap<String, String>>,
}

impl wit::Host for Scoped<'_, Settings> {
    fn get(&mut self, name: String) -> Result<Option<String>, Error> {
        self.meter.call()?;
        if let Err(error) = self.guard.authorise_quietly(&Call::Config(name.clone())) {
            self.meter.refuse(Refusal::Setting);
            return Err(error);
        }
        Ok(self.own.all.get(&name).cloned())
    }
}
