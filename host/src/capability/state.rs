//! The `T` of `Store<T>`: all that one event of one module can reach.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::chat::Chat;
use super::config::Settings;
use super::docker::Docker;
use super::files::Files;
use super::http::Http;
use super::limits::HANDLES;
use super::log::Lines;
use super::logs::Logs;
use super::modules::Modules;
use super::ocr::Ocr;
use super::output::Output;
use super::ssh::Ssh;
use super::storage::Transaction;
use super::system::System;
use super::{Guard, Meter, Scoped};

pub(crate) struct State {
    pub(crate) slices: Slices,
    pub(crate) meter: Meter,
    pub(crate) guard: Guard,
    /// What the guest wrote to its standard output and error.
    pub(crate) output: Output,
    wasi: WasiCtx,
    table: ResourceTable,
}

/// The capabilities of one event, each with its own part.
pub(crate) struct Slices {
    pub(crate) chat: Chat,
    pub(crate) storage: Transaction,
    pub(crate) config: Settings,
    pub(crate) log: Lines,
    pub(crate) logs: Logs,
    pub(crate) http: Http,
    pub(crate) ssh: Ssh,
    pub(crate) docker: Docker,
    pub(crate) system: System,
    pub(crate) files: Files,
    pub(crate) ocr: Ocr,
    pub(crate) modules: Modules,
}

/// The far sides, which all events share.
#[derive(Clone, Default)]
pub(crate) struct Services {
    pub(crate) http: Arc<super::http::Service>,
    pub(crate) ssh: Arc<super::ssh::Service>,
    pub(crate) docker: Arc<super::docker::Service>,
    pub(crate) system: Arc<super::system::Service>,
    pub(crate) files: Arc<super::files::Service>,
    pub(crate) ocr: Arc<super::ocr::Service>,
    pub(crate) modules: Arc<super::modules::Service>,
}

impl State {
    pub(crate) fn new(slices: Slices, meter: Meter, guard: Guard) -> Self {
        let output = Output::default();
        let wasi = WasiCtx::builder()
            .stdout(output.clone())
            .stderr(output.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self { slices, meter, guard, output, wasi, table }
    }

    /// The view of one capability.
    pub(super) fn scoped<'a, T>(
        &'a mut self,
        pick: impl FnOnce(&'a mut Slices) -> &'a mut T,
    ) -> Scoped<'a, T> {
        Scoped { own: pick(&mut self.slices), meter: &mut self.meter, guard: &mut self.guard }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
