//! Whole conversations with the finance module, as people have them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod asked;
mod banks;
mod budgets;
mod corrections;
mod currencies;
mod days;
mod entries;
mod exports;
mod guided;
mod hostile;
mod imports;
mod large;
mod phrases;
mod questions;
mod receipts;
mod recurring;
mod reports;
mod undoing;
mod vendors;

use umbrasil_sdk::testing::Host;

/// A host with the finance module, on Sunday, 22 November 2026, at noon.
fn host() -> Host {
    Host::new(umbrasil_finance::module())
}

/// What a command shows, buttons included.
fn shown(host: &mut Host, command: &str) -> String {
    host.command(command).unwrap().to_string()
}

/// What a command that fails says.
fn refused(host: &mut Host, command: &str) -> String {
    umbrasil_sdk::testing::error(host.command(command)).to_string()
}

/// The last line of the only message that a command leads to.
fn balance_after(host: &mut Host, command: &str) -> String {
    let outcome = host.command(command).unwrap();
    assert_eq!(outcome.replies.len(), 1, "one confirmation");
    outcome.text().lines().last().unwrap_or_default().to_owned()
}
