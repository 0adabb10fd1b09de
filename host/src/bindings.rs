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
        "umbrasil:module/http": async | trappable,
        "umbrasil:module/ssh": async | trappable,
        "umbrasil:module/docker": async | trappable,
        "umbrasil:module/system": async | trappable,
        "umbrasil:module/files": async | trappable,
        "umbrasil:module/ocr": async | trappable,
        "umbrasil:module/modules": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "umbrasil:module/http.stream": crate::capability::http::Stream,
    },
    trappable_error_type: {
        "umbrasil:module/types.error" => crate::capability::Error,
    },
});
