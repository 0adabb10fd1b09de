//! Lines for the operator, kept apart from the host's own by the module's name.
//!
//! At most 200 lines and 64 KiB an event; what is over is dropped with one notice. Nothing here fails: a
//! module has nothing better to do than to go on.
//!
//! ```no_run
//! use umbrasil_sdk::log;
//!
//! log::info(format_args!("{} entries", 3));
//! ```

use std::fmt;

use crate::host::{Level, log as host};

/// What helps to find a mistake, and nobody wants to read otherwise.
pub fn debug(text: impl fmt::Display) {
    host::log(Level::Debug, &text.to_string());
}

/// What an operator may want to know later.
pub fn info(text: impl fmt::Display) {
    host::log(Level::Info, &text.to_string());
}

/// What an operator should look at some day.
pub fn warn(text: impl fmt::Display) {
    host::log(Level::Warn, &text.to_string());
}

/// What an operator should look at now.
pub fn error(text: impl fmt::Display) {
    host::log(Level::Error, &text.to_string());
}
