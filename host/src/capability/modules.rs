//! `umbrasil:module/modules`: the commands of other modules.

use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::modules as wit;

/// What all events share.
#[derive(Default)]
pub(crate) struct Service;

/// What one event uses.
pub(crate) struct Modules {
    pub(crate) service: Arc<Service>,
}

impl Modules {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service }
    }
}

impl wit::Host for Scoped<'_, Modules> {
    async fn commands(&mut self) -> Result<Vec<wit::Command>, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn call(&mut self, _: String, _: String, _: String) -> Result<wit::Answer, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
}
