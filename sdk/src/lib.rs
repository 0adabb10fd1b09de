#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![allow(
    clippy::test_attr_in_doctest,
    reason = "the README shows a module with its test, and tests/it runs it"
)]
//!
//! # How this crate is cut
//!
//! An author meets the files in this order: [`Module`] says what there is, [`Call`] is what a handler
//! gets, [`Reply`] (with [`Html`] and [`Button`]) is what it gives, and [`Error`] is why it could not.
//! [`storage`], [`chat`], [`config`] and [`log`] reach the host, [`files`] and [`ocr`] what users send,
//! [`modules`] other modules, [`docker`], [`system`] and [`logs`] the machine, [`http`] and [`ssh`] what is outside. [`testing`] is that host in memory, so
//! that whole conversations run under `cargo test`.

mod module;

mod call;
mod error;
mod html;
mod reply;
mod time;

pub mod chat;
pub mod config;
pub mod docker;
pub mod files;
pub mod http;
pub mod log;
pub mod logs;
pub mod modules;
pub mod ocr;
pub mod ssh;
pub mod storage;
pub mod system;

#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use crate::call::{Call, File, Media, User};
pub use crate::error::{Error, ErrorKind, HostError, Result};
pub use crate::html::Html;
pub use crate::module::{Handler, Module};
pub use crate::reply::{Button, Reply};
pub use crate::time::{Date, Moment, Month, NotAMonth};

/// The names that almost every module uses.
pub mod prelude {
    pub use crate::{Button, Call, Error, Html, Media, Module, Reply, Result};
    pub use crate::{
        chat, config, docker, files, http, log, logs, modules, ocr, ssh, storage, system,
    };
}

/// What `wit-bindgen` makes of `wit/v0.1`. A detail: nothing here is promised to stay.
#[doc(hidden)]
pub mod bindings {
    #![allow(
        missing_docs,
        unsafe_code,
        unreachable_pub,
        unused_qualifications,
        clippy::all,
        clippy::pedantic,
        clippy::restriction,
        reason = "generated"
    )]
    wit_bindgen::generate!({
        path: "../wit/v0.1",
        world: "module",
        pub_export_macro: true,
        default_bindings_module: "umbrasil_sdk::bindings",
        generate_all,
    });
}

/// The functions of the host: the real ones in a component, those of [`testing`] elsewhere.
pub(crate) mod host {
    #[cfg(target_family = "wasm")]
    pub(crate) use crate::bindings::umbrasil::module::{
        chat, config, docker, files, http, log, logs, modules, ocr, ssh, storage, system,
    };
    #[cfg(not(target_family = "wasm"))]
    pub(crate) use crate::testing::imports::{chat, clock_ms, config, log, modules, storage};
    #[cfg(not(target_family = "wasm"))]
    pub(crate) use crate::testing::reading::{files, ocr};
    #[cfg(not(target_family = "wasm"))]
    pub(crate) use crate::testing::{docker, logs, ssh, system, web as http};

    /// Milliseconds since 1970, of the sandbox's clock.
    #[cfg(target_family = "wasm")]
    pub(crate) fn clock_ms() -> u64 {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) use crate::bindings::umbrasil::module::log::Level;
    pub(crate) use crate::bindings::umbrasil::module::storage::Range;
}

/// Makes `$module`, a `fn() -> Module`, the module of this component.
///
/// It also embeds the `module.toml` that lies beside the crate's `Cargo.toml`, so that the component is
/// one complete file: the host reads from it, without running it, what the module wants. Natively the
/// macro only checks the type of `$module`; tests hand the function to [`testing::Host`].
///
/// ```
/// # use umbrasil_sdk::prelude::*;
/// # macro_rules! export { ($m:path) => { const _: fn() -> Module = $m; } } // This crate has no module.toml.
/// export!(module);
///
/// fn module() -> Module {
///     Module::new("Greeter").command("hello", "Says hello", |_| Ok(Reply::text("Hello!")))
/// }
/// ```
#[macro_export]
macro_rules! export {
    ($module:path) => {
        const _: fn() -> $crate::Module = $module;

        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "a custom section and the exports of the component")]
        const _: () = {
            const SOURCE: &[u8] =
                include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/module.toml"));

            // An array, not a slice: the bytes themselves must lie in the section, not a pointer.
            #[used]
            #[unsafe(link_section = "umbrasil:manifest")]
            static MANIFEST: [u8; SOURCE.len()] =
                *include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/module.toml"));

            struct Component;

            impl $crate::bindings::exports::umbrasil::module::handler::Guest for Component {
                fn describe() -> $crate::bindings::exports::umbrasil::module::handler::Descriptor {
                    $module().describe()
                }

                fn handle(
                    event: $crate::bindings::exports::umbrasil::module::handler::Event,
                ) -> ::core::result::Result<
                    ::std::vec::Vec<$crate::bindings::exports::umbrasil::module::handler::Reply>,
                    $crate::bindings::exports::umbrasil::module::handler::Failure,
                > {
                    $module().handle(event)
                }
            }

    $crate::bindings::export!(Component with_types_in $crate::bindings);
        };
    };
}
