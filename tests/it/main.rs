//! One test binary: everything end to end, by topic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a panic is a finding"
)]

mod abuse;
mod bombs;
mod cache;
mod chat;
mod directory;
mod files;
mod refused;
mod reload;
mod storage;
