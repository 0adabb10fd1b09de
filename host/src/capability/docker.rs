//! `umbrasil:module/docker`: containers, by verb and name.

use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::docker as wit;

/// What all events share.
#[derive(Default)]
pub(crate) struct Service;

/// What one event uses.
pub(crate) struct Docker {
    pub(crate) service: Arc<Service>,
}

impl Docker {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service }
    }
}

impl wit::Host for Scoped<'_, Docker> {
    async fn list(&mut self) -> Result<Vec<wit::Container>, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn inspect(&mut self, _: String) -> Result<wit::Details, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn logs(&mut self, _: String, _: u32, _: String) -> Result<Vec<wit::LogLine>, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn stats(&mut self, _: String) -> Result<wit::Usage, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn start(&mut self, _: String) -> Result<(), Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn stop(&mut self, _: String) -> Result<(), Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn restart(&mut self, _: String) -> Result<(), Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
}
