//! `umbrasil host-key`: which keys servers have to show.

use std::process::ExitCode;

use clap::Subcommand;

use super::control::carry_out;
use crate::operate::Request;

#[derive(Debug, Subcommand)]
pub(super) enum HostKey {
    /// Lists the recorded keys of servers, and who trusted them.
    List,
    /// Forgets the key of a server that really has a new one; an owner is asked about that.
    Forget {
        /// The alias of the target.
        target: String,
    },
}

pub(super) fn host_key(command: HostKey) -> ExitCode {
    carry_out(match command {
        HostKey::List => Request::HostKeyList,
        HostKey::Forget { target } => Request::HostKeyForget { target },
    })
}
