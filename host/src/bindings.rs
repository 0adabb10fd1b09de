//! The Rust side of `wit/v0.1`.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    reason = "generated"
)]

wasmtime::component::bindgen!({
    path: "../wit/v0.1",
    world: "module",
    imports: {
        // Only what waits is async: the others cost half as much.
        "umbrasil:module/storage": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    trappable_error_type: {
        "umbrasil:module/types.error" => crate::capability::Error,
    },
});
