//! A machine in memory: the numbers that a test sets, each with its permission.

use super::Host;
use super::imports::{counted, running};
use crate::bindings::umbrasil::module::system as wit;
use crate::bindings::umbrasil::module::types::Error;

/// The numbers of the machine of a [`Host`]. What is none was not granted.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// What `cpu` tells.
    pub cpu: Option<wit::CpuUsage>,
    /// What `memory` tells.
    pub memory: Option<wit::MemoryUsage>,
    /// What `disks` tells.
    pub disks: Option<Vec<wit::Disk>>,
    /// What `networks` tells.
    pub networks: Option<Vec<wit::Network>>,
    /// What `load` tells.
    pub load: Option<wit::LoadAverage>,
    /// What `uptime` tells.
    pub uptime: Option<u64>,
    /// What `processes` tells, in any order.
    pub processes: Option<Vec<wit::Process>>,
}

impl Host {
    /// Sets the numbers of the machine, and grants those that are there.
    #[must_use]
    pub fn machine(mut self, machine: Machine) -> Self {
        self.world.machine = machine;
        self
    }
}

fn part<T>(name: &str, part: impl FnOnce(&Machine) -> Option<T>) -> Result<T, Error> {
    counted();
    running(|now| part(&now.world.machine))
        .ok_or_else(|| Error::Denied(format!("grant `system {name}`")))
}

pub(crate) fn cpu() -> Result<wit::CpuUsage, Error> {
    part("cpu", |machine| machine.cpu.clone())
}

pub(crate) fn memory() -> Result<wit::MemoryUsage, Error> {
    part("memory", |machine| machine.memory)
}

pub(crate) fn disks() -> Result<Vec<wit::Disk>, Error> {
    part("disk", |machine| machine.disks.clone())
}

pub(crate) fn networks() -> Result<Vec<wit::Network>, Error> {
    part("network", |machine| machine.networks.clone())
}

pub(crate) fn load() -> Result<wit::LoadAverage, Error> {
    part("load", |machine| machine.load)
}

pub(crate) fn uptime() -> Result<u64, Error> {
    part("uptime", |machine| machine.uptime)
}

pub(crate) fn processes(by: wit::Order, limit: u32) -> Result<Vec<wit::Process>, Error> {
    let mut processes = part("processes", |machine| machine.processes.clone())?;
    processes.sort_by(|one, other| match by {
        wit::Order::Cpu => other.cpu_percent.total_cmp(&one.cpu_percent),
        wit::Order::Memory => other.memory_bytes.cmp(&one.memory_bytes),
    });
    processes.truncate(limit.min(50) as usize);
    Ok(processes)
}
