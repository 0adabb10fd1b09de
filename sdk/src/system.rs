//! Numbers of the machine that the bot runs on. Each function is a permission of its own.
//!
//! All numbers are at most a second old. Each function fails with [`HostError::Denied`] if its part is not
//! granted, and with [`HostError::Unavailable`] if the machine does not tell.
//!
//! ```
//! use umbrasil_sdk::prelude::*;
//! use umbrasil_sdk::testing::{Host, Machine};
//!
//! fn memory(_: &Call) -> Result<Reply> {
//!     let memory = system::memory()?;
//!     Ok(Reply::text(format!("{} %", 100 * memory.used_bytes / memory.total_bytes.max(1))))
//! }
//!
//! let memory_usage = system::MemoryUsage {
//!     total_bytes: 8 << 30,
//!     used_bytes: 2 << 30,
//!     available_bytes: 6 << 30,
//!     swap_total_bytes: 0,
//!     swap_used_bytes: 0,
//! };
//! let machine = Machine { memory: Some(memory_usage), ..Machine::default() };
//! let module = Module::new("Memory").command("memory", "How full it is", memory);
//! assert_eq!(Host::new(module).machine(machine).command("/memory").unwrap().text(), "25 %");
//! ```

use crate::host::system as host;
use crate::{HostError, Result};

pub use crate::bindings::umbrasil::module::system::{
    CpuUsage, Disk, LoadAverage, MemoryUsage, Network, Order, Process,
};

/// How busy the cores were in the last second or so. The permission `cpu`.
pub fn cpu() -> Result<CpuUsage, HostError> {
    host::cpu()
}

/// How full the memory is. The permission `memory`.
pub fn memory() -> Result<MemoryUsage, HostError> {
    host::memory()
}

/// How full the disks are, each once. The permission `disk`.
pub fn disks() -> Result<Vec<Disk>, HostError> {
    host::disks()
}

/// What went over the network since the machine started. The permission `network`.
pub fn networks() -> Result<Vec<Network>, HostError> {
    host::networks()
}

/// How many processes run or want to. The permission `load`.
pub fn load() -> Result<LoadAverage, HostError> {
    host::load()
}

/// Seconds since the machine started. The permission `uptime`.
pub fn uptime() -> Result<u64, HostError> {
    host::uptime()
}

/// The processes that use most, at most 50. The permission `processes`.
pub fn processes(by: Order, limit: u32) -> Result<Vec<Process>, HostError> {
    host::processes(by, limit)
}
