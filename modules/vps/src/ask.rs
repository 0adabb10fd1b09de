//! The commands that are run on servers, word by word as `module.toml` asks for them.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::ssh::{Ending, Output};

use crate::trouble::Trouble;

/// Uptime, load and memory, in that order or not: each is known by its shape.
pub(crate) const PULSE: &str = "cat /proc/uptime /proc/loadavg /proc/meminfo";
/// The same, with the processors and what system it is.
pub(crate) const VITALS: &str =
    "cat /proc/stat /proc/uptime /proc/loadavg /proc/meminfo /proc/version /etc/os-release";
pub(crate) const PROCESSORS: &str = "cat /proc/stat";
/// Between two looks at a counter.
pub(crate) const SECOND: &str = "sleep 1";
pub(crate) const USERS: &str = "who";
pub(crate) const DISKS: &str = "df -kP";
pub(crate) const INODES: &str = "df -iP";
pub(crate) const TRAFFIC: &str = "cat /proc/uptime /proc/net/dev";
pub(crate) const ADDRESSES: &str = "ip -o address";
pub(crate) const LISTENING: &str = "ss -tulnH";
/// For who has no `ss`: small and old systems.
pub(crate) const LISTENING_OLD: &str = "netstat -tuln";
pub(crate) const UNITS: &str =
    "systemctl list-units --type=service --all --no-legend --plain --no-pager --full";
/// A unit follows.
pub(crate) const UNIT: &str = "systemctl show --no-pager --property=Id,Description,LoadState,ActiveState,SubState,Result,UnitFileState,MainPID,MemoryCurrent,NRestarts,StateChangeTimestamp";
pub(crate) const JOURNAL: &str = "journalctl --no-pager --quiet --output=short-iso --lines=50";
/// A unit follows.
pub(crate) const JOURNAL_OF: &str =
    "journalctl --no-pager --quiet --output=short-iso --lines=50 --unit";

/// What the views themselves read: no use to whoever looks for a command to run.
pub(crate) const OWN: [&str; 15] = [
    PULSE,
    VITALS,
    PROCESSORS,
    SECOND,
    USERS,
    DISKS,
    INODES,
    TRAFFIC,
    ADDRESSES,
    LISTENING,
    LISTENING_OLD,
    UNITS,
    UNIT,
    JOURNAL,
    JOURNAL_OF,
];

/// Runs one of the commands above.
pub(crate) fn ask(server: &str, command: &str) -> Result<Output, Trouble> {
    run(server, words(command))
}

/// Runs one of the commands above, with a unit behind it.
pub(crate) fn ask_of(server: &str, command: &str, unit: &str) -> Result<Output, Trouble> {
    let mut words = words(command);
    words.push(unit.to_owned());
    run(server, words)
}

pub(crate) fn run(server: &str, words: Vec<String>) -> Result<Output, Trouble> {
    ssh::exec(server, words).map_err(|error| Trouble::of(error, server))
}

/// What a command gave that a view can do without. Only what ends the event is an error.
pub(crate) fn maybe(asked: Result<Output, Trouble>) -> Result<Option<Output>, Trouble> {
    match asked {
        Ok(output) => Ok(Some(output)),
        Err(Trouble::Shown { .. }) => Ok(None),
        Err(ends) => Err(ends),
    }
}

pub(crate) fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

/// Whether the server has no such program.
pub(crate) fn is_missing(output: &Output) -> bool {
    output.ending == Ending::Exited(127)
}

/// What a failed command said, in one line.
pub(crate) fn complaint(output: &Output) -> String {
    let said = if output.stderr.trim().is_empty() { &output.stdout } else { &output.stderr };
    let said = crate::text::one_line(said);
    if said.is_empty() { output.ending.to_string() } else { crate::text::short(&said, 300) }
}
