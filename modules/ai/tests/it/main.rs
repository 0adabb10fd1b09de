//! Whole conversations with the AI, without a host and without a network.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod answers;
mod failures;
mod files;
mod models;
mod speech;
mod tools;
mod usage;
