//! The servers that modules may be granted commands on: `VPS_…` is the target `vps`, `[ssh.NAME]` any other.

use super::ConfigError;
use super::source::Source;

/// A server by its alias.
#[derive(Debug, Clone)]
pub(crate) struct SshTarget {
    pub(crate) alias: String,
}

pub(super) fn targets(_: &Source) -> Result<Vec<SshTarget>, ConfigError> {
    Ok(Vec::new())
}
