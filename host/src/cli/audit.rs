//! `umbrasil audit`: what modules did and owners decided.

use std::process::ExitCode;

use clap::Subcommand;

use super::control::carry_out;
use crate::operate::Request;

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Lists the newest records, the newest last: number, time (UTC), who, module, what, decision, why.
    List {
        /// Only those of this module.
        #[arg(long)]
        module: Option<String>,
        /// Only what was refused.
        #[arg(long)]
        denied: bool,
        /// At most so many, up to 10000.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
    /// Checks that no record was changed, removed or put in. Exits with 1 if one was.
    Verify,
}

pub(super) fn audit(command: Audit) -> ExitCode {
    carry_out(match command {
        Audit::List { module, denied, limit } => Request::AuditList { module, denied, limit },
        Audit::Verify => Request::AuditVerify,
    })
}
