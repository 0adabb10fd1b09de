//! One test binary: everything end to end, by topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "test code"
)]

mod browser;
mod chat;
mod crash;
mod disk;
mod durable;
mod faults;
mod files;
mod finance;
mod gate;
mod guide;
mod image;
mod local;
mod replies;
mod settings;
mod shown;
mod tidy;
mod updates;
mod web;
mod witness;
