//! `umbrasil:module/ssh`: commands on the configured servers, as templates.

use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::ssh as wit;

/// What all events share.
#[derive(Default)]
pub(crate) struct Service;

impl Service {
    /// Records the key of a server as the one that it must show from now on.
    pub(crate) async fn trust(&self, _: &str, _: &str, _: &str, _: &str) -> Result<(), Error> {
        Err(Error::Unavailable("not there yet".to_owned()))
    }
}

/// What one event uses.
pub(crate) struct Ssh {
    pub(crate) service: Arc<Service>,
}

impl Ssh {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service }
    }
}

impl wit::Host for Scoped<'_, Ssh> {
    async fn targets(&mut self) -> Result<Vec<String>, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn exec(&mut self, _: String, _: Vec<String>) -> Result<wit::Output, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn exec_all(
        &mut self,
        targets: Vec<String>,
        _: Vec<String>,
    ) -> wasmtime::Result<Vec<Result<wit::Output, crate::bindings::umbrasil::module::types::Error>>>
    {
        Ok(targets
            .iter()
            .map(|_| Err(crate::bindings::umbrasil::module::types::Error::Timeout))
            .collect())
    }
}
