//! One test binary: everything end to end, by topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "test code"
)]

mod abuse;
mod bombs;
mod browser;
mod cache;
mod chat;
mod crash;
mod directory;
mod disk;
mod docker;
mod dockerd;
mod durable;
mod faults;
mod files;
mod finance;
mod gate;
mod guide;
mod image;
mod local;
mod refused;
mod reload;
mod replies;
mod settings;
mod shown;
mod storage;
mod system;
mod tidy;
mod updates;
mod web;
mod witness;
