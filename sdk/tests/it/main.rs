//! The SDK as a module's author meets it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::unnecessary_wraps, reason = "all handlers have one signature")]

mod dispatch;
mod effects;
mod markup;
mod reading;
mod storage;
mod strictness;
#[allow(unreachable_pub, reason = "as an author writes it, in a crate of its own")]
mod tally;

use umbrasil_sdk::testing::Host;
use umbrasil_sdk::{Handler, Module};

/// A host for a module with one command, `/do`.
fn host(handler: Handler) -> Host {
    Host::new(Module::new("Test").command("do", "Does it", handler))
}

#[test]
fn the_readme_shows_the_module_that_is_tested_here() {
    assert!(include_str!("../../README.md").contains(include_str!("tally.rs")));
}
