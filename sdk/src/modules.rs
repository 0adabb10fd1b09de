//! The commands of other modules, as far as the owner granted them to this one.
//!
//! ```toml
//! [[modules]]
//! name = "finance"
//! commands = ["balance", "expense"]
//! reason = "answers questions about money"
//! ```
//!
//! The other module runs with its own grants, for the same user; what it stores is kept together with what
//! this event stores. Nobody typed such a call, so the owner may be asked first: then it fails with
//! [`HostError::Pending`](crate::HostError), the handler returns that error with `?`, and runs again once
//! the owner has agreed.

use crate::host::modules as host;
use crate::{HostError, Result};

/// One word that a command takes.
pub use crate::bindings::umbrasil::module::modules::Argument;
/// A command of another module.
pub use crate::bindings::umbrasil::module::modules::Command;

/// The commands that this module may call now.
pub fn commands() -> Result<Vec<Command>> {
    Ok(host::commands()?)
}

/// Runs a command of another module with the text that would follow it, and returns its messages, in
/// Telegram's HTML subset. Pictures and files that it sends go to the chat by themselves.
///
/// ```
/// # use umbrasil_sdk::prelude::*;
/// fn worth(_: &Call) -> Result<Reply> {
///     let balance = modules::call("finance", "balance", "")?.join("\n");
///     Ok(Reply::html(Html::raw(balance)))
/// }
/// # let module = Module::new("M").command("worth", "W", worth);
/// # let mut host = umbrasil_sdk::testing::Host::new(module)
/// #     .on_call(|_, _, _| Ok(vec!["Balance: 1.00 EUR".into()]));
/// # assert_eq!(host.command("/worth").unwrap().text(), "Balance: 1.00 EUR");
/// ```
///
/// # Errors
///
/// [`HostError::Pending`] when the owner is asked first; [`HostError::Invalid`] with what the other module
/// says of a wrong usage.
pub fn call(module: &str, command: &str, text: &str) -> Result<Vec<String>, HostError> {
    Ok(host::call(module, command, text)?.messages)
}
