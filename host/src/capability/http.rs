//! `umbrasil:module/http`: requests to what was granted.

use std::sync::Arc;

use wasmtime::component::{Resource, ResourceTable};

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::{http as wit, types};

/// What all events share.
#[derive(Default)]
pub(crate) struct Service;

/// What one event uses.
pub(crate) struct Http {
    pub(crate) service: Arc<Service>,
    /// The answers that are still arriving.
    pub(crate) streams: ResourceTable,
}

impl Http {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service, streams: ResourceTable::new() }
    }
}

/// An answer that is still arriving.
#[expect(unreachable_pub, reason = "the generated bindings name it")]
pub struct Stream;

impl wit::Host for Scoped<'_, Http> {
    async fn send(&mut self, _: wit::Request) -> Result<wit::Response, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }

    async fn send_all(
        &mut self,
        requests: Vec<wit::Request>,
    ) -> wasmtime::Result<Vec<Result<wit::Response, types::Error>>> {
        Ok(requests.iter().map(|_| Err(types::Error::Timeout)).collect())
    }

    async fn open(&mut self, _: wit::Request) -> Result<Resource<Stream>, Error> {
        self.meter.call()?;
        Err(Error::Unavailable("not there yet".to_owned()))
    }
}

impl wit::HostStream for Scoped<'_, Http> {
    async fn status(&mut self, _: Resource<Stream>) -> wasmtime::Result<u16> {
        Ok(0)
    }

    async fn url(&mut self, _: Resource<Stream>) -> wasmtime::Result<String> {
        Ok(String::new())
    }

    async fn headers(&mut self, _: Resource<Stream>) -> wasmtime::Result<Vec<wit::Header>> {
        Ok(Vec::new())
    }

    async fn read(&mut self, _: Resource<Stream>) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    async fn drop(&mut self, stream: Resource<Stream>) -> wasmtime::Result<()> {
        self.own.streams.delete(stream)?;
        Ok(())
    }
}
