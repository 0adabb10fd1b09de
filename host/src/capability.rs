//! What a module may reach, one file per WIT interface.
//!
//! Each capability is a struct with one event's worth of state, and implements its interface for a
//! [`Scoped`] view of itself: it sees its own slice of the store and the shared [`Meter`], nothing else.
//! To add one: its interface in `wit/`, its file here, its field in [`State`], its line in [`link`].

pub(crate) mod chat;
pub(crate) mod config;
pub(crate) mod docker;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod limits;
pub(crate) mod log;
pub(crate) mod modules;
pub(crate) mod ocr;
pub(crate) mod output;
pub(crate) mod permit;
pub(crate) mod progress;
pub(crate) mod ssh;
mod state;
pub(crate) mod storage;
pub(crate) mod system;

use std::marker::PhantomData;

use wasmtime::component::{HasData, Linker};

use crate::bindings::umbrasil::module::{
    chat as wit_chat, config as wit_config, docker as wit_docker, files as wit_files,
    http as wit_http, log as wit_log, modules as wit_modules, ocr as wit_ocr, ssh as wit_ssh,
    storage as wit_storage, system as wit_system, types,
};

pub(crate) use self::limits::{Limit, Meter};
pub(crate) use self::permit::Guard;
pub(crate) use self::state::{Services, Slices, State};

/// Why a capability call failed. Mirrors `types.error` in the WIT.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    Denied(String),
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Unavailable(String),
    #[error("it took too long")]
    Timeout,
    #[error("larger than {0}")]
    TooLarge(u64),
    /// An owner is asked; the text is what they read.
    #[error("an owner has to confirm it: {0}")]
    Pending(String),
    /// Nobody knows whether it happened.
    #[error("outcome unknown: {0}")]
    Unknown(String),
    /// The event ends: a limit was hit, or the host itself is at fault.
    #[error(transparent)]
    Fatal(#[from] wasmtime::Error),
}

/// A capability as one call sees it.
pub(crate) struct Scoped<'a, T> {
    own: &'a mut T,
    meter: &'a mut Meter,
    guard: &'a mut Guard,
}

impl Error {
    /// As the guest sees it; what ends the event stays an error of the host.
    pub(crate) fn into_wit(self) -> wasmtime::Result<types::Error> {
        Ok(match self {
            Self::Denied(text) => types::Error::Denied(text),
            Self::Invalid(text) => types::Error::Invalid(text),
            Self::Unavailable(text) => types::Error::Unavailable(text),
            Self::Timeout => types::Error::Timeout,
            Self::TooLarge(limit) => types::Error::TooLarge(limit),
            Self::Pending(text) => types::Error::Pending(text),
            Self::Unknown(text) => types::Error::Unknown(text),
            Self::Fatal(error) => return Err(error),
        })
    }
}

impl<T> types::Host for Scoped<'_, T> {
    fn convert_error(&mut self, error: Error) -> wasmtime::Result<types::Error> {
        error.into_wit()
    }
}

/// Ties a capability to its view for the generated `add_to_linker`.
struct Has<T>(PhantomData<T>);

impl<T: Send + 'static> HasData for Has<T> {
    type Data<'a> = Scoped<'a, T>;
}

/// The interfaces that a module may import, beside those of WASI.
pub(crate) const INTERFACES: [&str; 12] = [
    "umbrasil:module/types",
    "umbrasil:module/chat",
    "umbrasil:module/storage",
    "umbrasil:module/config",
    "umbrasil:module/log",
    "umbrasil:module/http",
    "umbrasil:module/ssh",
    "umbrasil:module/docker",
    "umbrasil:module/system",
    "umbrasil:module/files",
    "umbrasil:module/ocr",
    "umbrasil:module/modules",
];

/// The part of WASI that Rust's `std` asks for: no files, no sockets, no environment to speak of.
pub(crate) const WASI_INTERFACES: [&str; 18] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// Offers everything that a module may import.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    link_wasi(linker)?;
    wit_chat::add_to_linker::<_, Has<chat::Chat>>(linker, |state| {
        state.scoped(|slices| &mut slices.chat)
    })?;
    wit_storage::add_to_linker::<_, Has<storage::Transaction>>(linker, |state| {
        state.scoped(|slices| &mut slices.storage)
    })?;
    wit_config::add_to_linker::<_, Has<config::Settings>>(linker, |state| {
        state.scoped(|slices| &mut slices.config)
    })?;
    wit_log::add_to_linker::<_, Has<log::Lines>>(linker, |state| {
        state.scoped(|slices| &mut slices.log)
    })?;
    wit_http::add_to_linker::<_, Has<http::Http>>(linker, |state| {
        state.scoped(|slices| &mut slices.http)
    })?;
    wit_ssh::add_to_linker::<_, Has<ssh::Ssh>>(linker, |state| {
        state.scoped(|slices| &mut slices.ssh)
    })?;
    wit_docker::add_to_linker::<_, Has<docker::Docker>>(linker, |state| {
        state.scoped(|slices| &mut slices.docker)
    })?;
    wit_system::add_to_linker::<_, Has<system::System>>(linker, |state| {
        state.scoped(|slices| &mut slices.system)
    })?;
    wit_files::add_to_linker::<_, Has<files::Files>>(linker, |state| {
        state.scoped(|slices| &mut slices.files)
    })?;
    wit_ocr::add_to_linker::<_, Has<ocr::Ocr>>(linker, |state| {
        state.scoped(|slices| &mut slices.ocr)
    })?;
    wit_modules::add_to_linker::<_, Has<modules::Modules>>(linker, |state| {
        state.scoped(|slices| &mut slices.modules)
    })
}

fn link_wasi(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    use wasmtime_wasi::cli::{WasiCli, WasiCliView as _};
    use wasmtime_wasi::p2::bindings::{cli, random};
    use wasmtime_wasi::random::{WasiRandom, WasiRandomView as _};

    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    cli::environment::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::exit::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<State, WasiCli>(linker, State::cli)?;
    random::insecure::add_to_linker::<State, WasiRandom>(linker, State::random)?;
    random::insecure_seed::add_to_linker::<State, WasiRandom>(linker, State::random)
}
