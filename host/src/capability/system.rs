//! `umbrasil:module/system`: numbers of the machine.

use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::system as wit;

/// What all events share.
#[derive(Default)]
pub(crate) struct Service;

/// What one event uses.
pub(crate) struct System {
    pub(crate) service: Arc<Service>,
}

impl System {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service }
    }
}

impl wit::Host for Scoped<'_, System> {
    async fn cpu(&mut self) -> Result<wit::CpuUsage, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn memory(&mut self) -> Result<wit::MemoryUsage, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn disks(&mut self) -> Result<Vec<wit::Disk>, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn networks(&mut self) -> Result<Vec<wit::Network>, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn load(&mut self) -> Result<wit::LoadAverage, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn uptime(&mut self) -> Result<u64, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn processes(&mut self, _: wit::Order, _: u32) -> Result<Vec<wit::Process>, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
}
