//! The `T` of `Store<T>`: all that one event of one module can reach.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::chat::Chat;
use super::config::Settings;
use super::limits::HANDLES;
use super::log::Lines;
use super::output::Output;
use super::storage::Transaction;
use super::{Meter, Scoped};

pub(crate) struct State {
    pub(crate) chat: Chat,
    pub(crate) storage: Transaction,
    pub(crate) config: Settings,
    pub(crate) log: Lines,
    pub(crate) meter: Meter,
    /// What the guest wrote to its standard output and error.
    pub(crate) output: Output,
    wasi: WasiCtx,
    table: ResourceTable,
}

/// The capabilities of a [`State`], each to be borrowed on its own.
pub(super) struct Slices<'a> {
    pub(super) chat: &'a mut Chat,
    pub(super) storage: &'a mut Transaction,
    pub(super) config: &'a mut Settings,
    pub(super) log: &'a mut Lines,
}

impl State {
    pub(crate) fn new(
        chat: Chat,
        storage: Transaction,
        config: Settings,
        log: Lines,
        meter: Meter,
    ) -> Self {
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
        Self { chat, storage, config, log, meter, output, wasi, table }
    }

    /// The view of one capability.
    pub(super) fn scoped<'a, T>(
        &'a mut self,
        pick: impl FnOnce(Slices<'a>) -> &'a mut T,
    ) -> Scoped<'a, T> {
        let slices = Slices {
            chat: &mut self.chat,
            storage: &mut self.storage,
            config: &mut self.config,
            log: &mut self.log,
        };
        Scoped { own: pick(slices), meter: &mut self.meter }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
