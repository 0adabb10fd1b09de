//! The test harness: a Bot API server, the real host as a process, and people who talk to it.
//!
//! A [`World`] has a directory and a Bot API server; [`World::start`] runs the binary against it, as often
//! as a test likes; a [`Person`] writes, presses buttons and reads what comes back, over HTTP, as the chat
//! page does. Nothing here reaches into the host.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    clippy::float_cmp,
    reason = "test code"
)]

mod book;
mod browser;
mod chat;
mod clock;
mod decided;
mod disk;
mod dns;
pub mod docker_socket;
pub mod dockerd;
pub mod fixtures;
mod host;
pub mod llm;
mod manifest;
mod metrics;
pub mod n8n;
mod operator;
mod person;
pub mod proxy;
mod random;
mod raw;
pub mod sshd;
pub mod tour;
pub mod web;
mod world;

pub use book::{Book, Ledger};
pub use browser::Browser;
pub use chat::Chat;
pub use clock::Clock;
pub use decided::decide;
pub use disk::SmallDisk;
pub use dns::Dns;
pub use host::{Host, binary, run};
pub use manifest::with_manifest;
pub use metrics::Scrape;
pub use n8n::N8n;
pub use operator::{Said, base64, leaks, leaks_below};
pub use person::{Message, Person};
pub use random::Random;
pub use raw::{Call, RawApi};
pub use rustix::process::Signal;
pub use sshd::Sshd;
pub use world::{OWNER, STRANGER, TOKEN, USER, World};

/// Tries until `probe` gives something, for at most `seconds`.
pub async fn eventually<T>(
    seconds: u64,
    what: &str,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(seconds);
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "not within {seconds} s: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
