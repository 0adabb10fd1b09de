//! `umbrasil policy`: which rule decides.

use std::process::ExitCode;

use clap::Subcommand;

use super::control::carry_out;
use crate::operate::Request;

#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Says what would happen with a call of a module, why, and what would allow it.
    ///
    /// Such as `umbrasil policy explain business docker restart web`.
    Explain {
        module: String,
        /// Such as `http GET https://api.example.org/v1/x`, `ssh web1: systemctl restart nginx` or `docker restart web`.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        call: Vec<String>,
    },
}

pub(super) fn policy(command: Policy) -> ExitCode {
    let Policy::Explain { module, call } = command;
    carry_out(Request::Explain { module, call: call.join(" ") })
}
