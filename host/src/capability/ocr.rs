//! `umbrasil:module/ocr`: text in pictures, by tesseract in a bounded child.

use std::sync::Arc;

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::ocr as wit;

/// What all events share.
#[derive(Default)]
pub(crate) struct Service;

/// What one event uses.
pub(crate) struct Ocr {
    pub(crate) service: Arc<Service>,
    pub(crate) files: Arc<super::files::Service>,
    pub(crate) upload: Option<String>,
}

impl Ocr {
    pub(crate) fn new(
        service: Arc<Service>,
        files: Arc<super::files::Service>,
        upload: Option<String>,
    ) -> Self {
        Self { service, files, upload }
    }
}

impl wit::Host for Scoped<'_, Ocr> {
    async fn read_file(&mut self, _: String) -> Result<String, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
    async fn read_image(&mut self, _: Vec<u8>, _: String) -> Result<String, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
}
