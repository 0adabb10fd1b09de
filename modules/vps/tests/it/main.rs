//! Whole conversations with the module of servers, as people have them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod commands;
mod looking;
mod many;
mod services;
mod troubles;

use umbrasil_sdk::HostError;
use umbrasil_sdk::ssh::{Effect, Ending, Output};
use umbrasil_sdk::testing::Host;

const PULSE: &str = "cat /proc/uptime /proc/loadavg /proc/meminfo";
const VITALS: &str =
    "cat /proc/stat /proc/uptime /proc/loadavg /proc/meminfo /proc/version /etc/os-release";
const UNITS: &str =
    "systemctl list-units --type=service --all --no-legend --plain --no-pager --full";
const UNIT: &str = "systemctl show --no-pager --property=Id,Description,LoadState,ActiveState,SubState,Result,UnitFileState,MainPID,MemoryCurrent,NRestarts,StateChangeTimestamp";
const JOURNAL: &str = "journalctl --no-pager --quiet --output=short-iso --lines=50";
const TRAFFIC: &str = "cat /proc/uptime /proc/net/dev";

const LINUX: &str = "\
cpu  100 0 100 700 100 0 0 0 5 0
cpu0 50 0 50 350 50 0 0 0 0 0
cpu1 50 0 50 350 50 0 0 0 0 0
274000.22 17677.73
0.33 0.71 0.95 1/96 32264
MemTotal:        8000000 kB
MemAvailable:    4720000 kB
SwapTotal:       2000000 kB
SwapFree:        1960000 kB
Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP
PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"
";

const DF: &str = "\
Filesystem     1024-blocks     Used Available Capacity Mounted on
udev               1991112        0   1991112       0% /dev
/dev/vda1         41020640 25843004  13421888      66% /
/dev/sdb1        103081248 98000000   5081248      96% /var/lib/docker
";

const LIST: &str = "\
nginx.service   loaded failed   failed  A high performance web server
cron.service    loaded active   running Regular background program processing daemon
x.service       loaded inactive dead    An <x> & more
";

fn ok(text: &str) -> Result<Output, HostError> {
    Ok(Output::success(text))
}

fn unavailable(text: &str) -> Result<Output, HostError> {
    Err(HostError::Unavailable(text.to_owned()))
}

/// A host with the module and no servers, on Sunday, 22 November 2026, at noon.
fn bare() -> Host {
    Host::new(umbrasil_vps::module())
}

/// A server that is a Debian like any other.
fn server(host: Host, name: &str) -> Host {
    host.ssh(name, PULSE, ok(LINUX))
        .ssh(name, VITALS, ok(LINUX))
        .ssh(name, "cat /proc/stat", ok(LINUX))
        .ssh(name, "sleep 1", ok(""))
        .ssh(name, "who", ok("root pts/0 Nov 22\nada pts/1 Nov 22\n"))
        .ssh(name, "df -kP", ok(DF))
        .ssh(
            name,
            "df -iP",
            ok("Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/vda1 10 6 4 60% /\n"),
        )
        .ssh(name, TRAFFIC, ok("5.00 4.00\n  eth0: 1048576 0 0 0 0 0 0 0 2048 0\n"))
        .ssh(name, "ip -o address", ok("2: eth0    inet 192.0.2.2/24 scope global eth0\n"))
        .ssh(name, "ss -tulnH", ok("tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n"))
        .ssh(name, UNITS, ok(LIST))
        .ssh(name, JOURNAL, ok("2026-11-22T11:59:01+0000 web1 sshd[7]: Accepted <key> & more\n"))
        .ssh_templates(
            name,
            &[
                ("docker compose -f /srv/app.yml pull", Effect::Change),
                ("uptime", Effect::Read),
                (PULSE, Effect::Read),
                (&format!("{UNIT} {{unit:unit-name}}"), Effect::Read),
                ("systemctl restart {unit:unit-name}", Effect::Dangerous),
                ("tail -n {lines:number} {file:path}", Effect::Read),
            ],
        )
}

/// A host with one server.
fn host() -> Host {
    server(bare(), "web1")
}

/// What a command shows, buttons included.
fn shown(host: &mut Host, command: &str) -> String {
    host.command(command).unwrap().to_string()
}

/// What a button shows, buttons included.
fn pressed(host: &mut Host, label: &str) -> String {
    host.press(label).unwrap().to_string()
}

/// What a command that fails says.
fn refused(host: &mut Host, command: &str) -> String {
    umbrasil_sdk::testing::error(host.command(command)).text().to_owned()
}

/// What somebody reads who is asked by another module: no button, no markup.
fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

fn exited(status: u32, stdout: &str, stderr: &str) -> Result<Output, HostError> {
    let ending = Ending::Exited(status);
    Ok(Output { ending, stderr: stderr.to_owned(), ..Output::success(stdout) })
}
