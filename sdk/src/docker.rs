//! The containers of the machine, as far as the owner has granted them.
//!
//! Each verb is granted for containers by name or label. [`start`] changes something; [`stop`] and
//! [`restart`] are dangerous, so the owner is asked first: they end with [`HostError::Pending`], and once
//! the owner agrees the whole event runs again. `?` does the right thing with all of it.
//!
//! ```
//! use umbrasil_sdk::prelude::*;
//! use umbrasil_sdk::testing::{Container, Host};
//!
//! fn module() -> Module {
//!     Module::new("Containers").command("errors", "The last errors of a container", errors).argument("NAME", "which")
//! }
//!
//! fn errors(call: &Call) -> Result<Reply> {
//!     let lines = docker::logs_with(call.arg(0)?, 5, "ERROR")?;
//!     let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
//!     Ok(Reply::text(texts.join("\n")))
//! }
//!
//! let mut host = Host::new(module()).container(Container::new("web").log("GET /").log("ERROR: no disk"));
//! assert_eq!(host.command("/errors web").unwrap().text(), "ERROR: no disk");
//! assert!(host.command("/errors db").is_err());
//! ```

use crate::host::docker as host;
use crate::{HostError, Result};

pub use crate::bindings::umbrasil::module::docker::{Container, Details, LogLine, Port, Usage};

/// The containers that a grant for `list` covers, running or not, in the order of their names.
///
/// # Errors
///
/// [`HostError::Denied`] if `list` is granted for no container at all.
pub fn list() -> Result<Vec<Container>, HostError> {
    host::list()
}

/// All about one container, without the values of its environment and its command line.
///
/// # Errors
///
/// [`HostError::Invalid`] if no container could have this name, [`HostError::Denied`] without a grant,
/// [`HostError::Unavailable`] if there is no such container, or no Docker. The same for all functions below.
pub fn inspect(name: &str) -> Result<Details, HostError> {
    host::inspect(name)
}

/// The last lines of what a container wrote, oldest first, at most 200 and 256 KiB.
pub fn logs(name: &str, lines: u32) -> Result<Vec<LogLine>, HostError> {
    host::logs(name, lines, "")
}

/// The last of those lines that contain `part`, among the last 200.
pub fn logs_with(name: &str, lines: u32, part: &str) -> Result<Vec<LogLine>, HostError> {
    host::logs(name, lines, part)
}

/// What a container uses now. This takes a second or two, because usage is a difference.
pub fn stats(name: &str) -> Result<Usage, HostError> {
    host::stats(name)
}

/// Starts a container; does nothing if it runs.
///
/// # Errors
///
/// As [`inspect`], and [`HostError::Unknown`] if nobody knows whether it was done.
pub fn start(name: &str) -> Result<(), HostError> {
    host::start(name)
}

/// Stops a container; does nothing if it does not run.
///
/// # Errors
///
/// As [`fn@start`], and [`HostError::Pending`] while the owner is asked.
pub fn stop(name: &str) -> Result<(), HostError> {
    host::stop(name)
}

/// Stops a container, if it runs, and starts it. Fails as [`stop`] does.
pub fn restart(name: &str) -> Result<(), HostError> {
    host::restart(name)
}
