//! `umbrasil grant`: what modules may do.

use std::process::ExitCode;

use clap::Subcommand;

use super::control::carry_out;
use crate::operate::Request;

#[derive(Debug, Subcommand)]
pub(super) enum Grant {
    /// Lists what modules ask for and were granted, by whom, and what waits.
    List {
        /// Only of this module.
        module: Option<String>,
    },
    /// Grants a module one permission, or all that it waits for.
    ///
    /// A permission is a line as `grant list` shows it, such as `http GET https://api.example.org/v1/*`.
    Allow {
        module: String,
        /// The permission; all that the module waits for if it is left out.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
    /// Takes a permission back, with effect on the next call.
    Revoke {
        module: String,
        /// The permission, as `grant list` shows it.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<String>,
    },
}

pub(super) fn grant(command: Grant) -> ExitCode {
    carry_out(match command {
        Grant::List { module } => Request::GrantList { module },
        Grant::Allow { module, line } => {
            Request::GrantAllow { module, line: (!line.is_empty()).then(|| line.join(" ")) }
        }
        Grant::Revoke { module, line } => Request::GrantRevoke { module, line: line.join(" ") },
    })
}
