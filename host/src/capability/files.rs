//! `umbrasil:module/files`: the file that the user sent.

use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::files as wit;

/// What all events share.
#[derive(Default)]
pub(crate) struct Service;

/// What one event uses.
pub(crate) struct Files {
    pub(crate) service: Arc<Service>,
    /// Its id at the Bot API; none if the event brought no file.
    pub(crate) upload: Option<String>,
}

impl Files {
    pub(crate) fn new(service: Arc<Service>, upload: Option<String>) -> Self {
        Self { service, upload }
    }
}

impl wit::Host for Scoped<'_, Files> {
    async fn read(&mut self, _: u64, _: u32) -> Result<Vec<u8>, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
}
