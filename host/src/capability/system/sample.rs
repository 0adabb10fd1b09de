//! What the kernel says, and what of it leaves the host: numbers and short names.

use std::cmp::Ordering;

use sysinfo::{
    CpuRefreshKind, DiskRefreshKind, Error, MemoryRefreshKind, ProcessRefreshKind,
    ProcessesToUpdate, System,
};

use crate::bindings::umbrasil::module::system as wit;

/// Disks, and network interfaces.
const ITEMS: usize = 64;
/// Characters of a name: a mount point, an interface, a process.
const NAME: usize = 256;

/// Something that is asked now and then.
pub(super) trait Source: Send + 'static {
    /// Whether its numbers are differences to the time before.
    const COMPARES: bool = false;

    /// Asks the kernel. May block.
    fn refresh(&mut self) -> Result<(), Error>;
}

/// What `sysinfo` keeps from one time to the next; made when it is first needed.
fn kept(system: &mut Option<System>) -> Result<&mut System, Error> {
    Ok(match system {
        Some(system) => system,
        none => none.insert(System::new()?),
    })
}

#[derive(Default)]
pub(super) struct Cpu(Option<System>);

impl Source for Cpu {
    const COMPARES: bool = true;

    fn refresh(&mut self) -> Result<(), Error> {
        kept(&mut self.0)?.refresh_cpu_specifics(CpuRefreshKind::nothing().with_usage());
        Ok(())
    }
}

impl Cpu {
    pub(super) fn usage(&self) -> Option<wit::CpuUsage> {
        let system = self.0.as_ref()?;
        Some(wit::CpuUsage {
            percent: percent(system.global_cpu_usage(), 100.0),
            cores: system.cpus().iter().map(|cpu| percent(cpu.usage(), 100.0)).collect(),
        })
    }
}

#[derive(Default)]
pub(super) struct Memory(Option<System>);

impl Source for Memory {
    fn refresh(&mut self) -> Result<(), Error> {
        kept(&mut self.0)?.refresh_memory_specifics(MemoryRefreshKind::everything());
        Ok(())
    }
}

impl Memory {
    pub(super) fn usage(&self) -> Option<wit::MemoryUsage> {
        let system = self.0.as_ref()?;
        let limits = system.cgroup_limits().map(|limits| (limits.total_memory, limits.free_memory));
        let swap_total = system.total_swap();
        Some(wit::MemoryUsage {
            swap_total_bytes: swap_total,
            swap_used_bytes: system.used_swap().min(swap_total),
            ..memory(system.total_memory(), system.available_memory(), limits)
        })
    }
}

/// In a container the limit of the container counts, if it is less than what the machine has.
fn memory(total: u64, available: u64, limits: Option<(u64, u64)>) -> wit::MemoryUsage {
    let (total, available) = match limits {
        Some((limit, free)) if limit > 0 && limit < total => (limit, available.min(free)),
        _ => (total, available),
    };
    let available = available.min(total);
    wit::MemoryUsage {
        total_bytes: total,
        used_bytes: total - available,
        available_bytes: available,
        swap_total_bytes: 0,
        swap_used_bytes: 0,
    }
}

#[derive(Default)]
pub(super) struct Disks(Vec<Mount>);

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    device: String,
    kind: String,
    at: String,
    total: u64,
    available: u64,
}

impl Source for Disks {
    fn refresh(&mut self) -> Result<(), Error> {
        let kind = DiskRefreshKind::nothing().with_storage();
        let found = sysinfo::Disks::new_with_refreshed_list_specifics(kind)?;
        let mount = |disk: &sysinfo::Disk| Mount {
            device: disk.name().to_string_lossy().into_owned(),
            kind: disk.file_system().to_string_lossy().into_owned(),
            at: disk.mount_point().to_string_lossy().into_owned(),
            total: disk.total_space(),
            available: disk.available_space(),
        };
        // In a container single files are mounted, such as /etc/hosts.
        let folders = found.iter().filter(|disk| disk.mount_point().is_dir());
        self.0 = real(folders.map(mount).collect());
        Ok(())
    }
}

impl Disks {
    pub(super) fn list(&self) -> Option<Vec<wit::Disk>> {
        let disk = |mount: &Mount| wit::Disk {
            mount: short(&mount.at),
            total_bytes: mount.total,
            available_bytes: mount.available.min(mount.total),
        };
        Some(self.0.iter().take(ITEMS).map(disk).collect())
    }
}

/// The file systems that have room of their own, each once, where it is mounted highest.
fn real(mut mounts: Vec<Mount>) -> Vec<Mount> {
    mounts.retain(|mount| {
        let own = mount.device.starts_with("/dev/")
            || matches!(mount.kind.as_str(), "zfs" | "bcachefs" | "virtiofs");
        // The layers of other containers are of the disk that they lie on; the root of our own is what we have.
        let root = mount.at == "/" && matches!(mount.kind.as_str(), "overlay" | "aufs" | "9p");
        mount.total > 0 && (own || root)
    });
    mounts.sort_by(|one, other| (one.at.len(), &one.at).cmp(&(other.at.len(), &other.at)));
    let mut kept: Vec<Mount> = Vec::new();
    for mount in mounts {
        let known = kept.iter().any(|kept| {
            // A folder of the machine that is mounted into a container lies on the same disk as the layers.
            kept.device == mount.device || (kept.kind == "overlay" && kept.total == mount.total)
        });
        if !known {
            kept.push(mount);
        }
    }
    kept
}

#[derive(Default)]
pub(super) struct Networks(Option<sysinfo::Networks>);

impl Source for Networks {
    fn refresh(&mut self) -> Result<(), Error> {
        self.0 = Some(sysinfo::Networks::new_with_refreshed_list()?);
        Ok(())
    }
}

impl Networks {
    pub(super) fn list(&self) -> Option<Vec<wit::Network>> {
        let network = |(name, data): (&std::ffi::OsString, &sysinfo::NetworkData)| wit::Network {
            name: short(&name.to_string_lossy()),
            received_bytes: data.total_received(),
            sent_bytes: data.total_transmitted(),
        };
        let mut networks: Vec<wit::Network> = self.0.as_ref()?.iter().map(network).collect();
        networks.sort_by(|one, other| one.name.cmp(&other.name));
        networks.truncate(ITEMS);
        Some(networks)
    }
}

#[derive(Default)]
pub(super) struct Processes(Option<System>);

impl Source for Processes {
    const COMPARES: bool = true;

    fn refresh(&mut self) -> Result<(), Error> {
        // No arguments, no environment, no user: what is not read cannot be told.
        let kind = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        let system = kept(&mut self.0)?;
        system.refresh_cpu_usage();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        Ok(())
    }
}

impl Processes {
    pub(super) fn top(&self, by: wit::Order, limit: usize) -> Option<Vec<wit::Process>> {
        let system = self.0.as_ref()?;
        let cores = system.cpus().len().max(1);
        let most = 100.0 * f64::from(u32::try_from(cores).unwrap_or(u32::MAX));
        let process = |process: &sysinfo::Process| wit::Process {
            id: process.pid().as_u32(),
            name: short(&process.name().to_string_lossy()),
            cpu_percent: percent(process.cpu_usage(), most),
            memory_bytes: process.memory(),
        };
        let mut processes: Vec<wit::Process> = system.processes().values().map(process).collect();
        processes.sort_by(|one, other| {
            let order = match by {
                wit::Order::Cpu => other.cpu_percent.total_cmp(&one.cpu_percent),
                wit::Order::Memory => Ordering::Equal,
            };
            order.then(other.memory_bytes.cmp(&one.memory_bytes)).then(one.id.cmp(&other.id))
        });
        processes.truncate(limit);
        Some(processes)
    }
}

pub(super) fn load() -> Option<wit::LoadAverage> {
    let load = System::load_average().ok()?;
    Some(wit::LoadAverage { one: load.one, five: load.five, fifteen: load.fifteen })
}

pub(super) fn uptime() -> Option<u64> {
    System::uptime().ok()
}

fn percent(value: f32, most: f64) -> f64 {
    let value = f64::from(value);
    if value.is_finite() { value.clamp(0.0, most) } else { 0.0 }
}

fn short(name: &str) -> String {
    name.chars().take(NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(device: &str, kind: &str, at: &str, total: u64) -> Mount {
        let (device, kind, at) = (device.into(), kind.into(), at.into());
        Mount { device, kind, at, total, available: total / 2 }
    }

    fn places(mounts: Vec<Mount>) -> Vec<String> {
        real(mounts).into_iter().map(|mount| mount.at).collect()
    }

    #[test]
    fn each_disk_of_a_machine_counts_once() {
        let mounts = vec![
            mount("/dev/sda1", "ext4", "/mnt/again", 100),
            mount("/dev/sda1", "ext4", "/", 100),
            mount("/dev/sdb", "xfs", "/data", 500),
            mount("tank", "zfs", "/tank", 900),
            mount("overlay", "overlay", "/var/lib/docker/overlay2/x/merged", 100),
            mount("nsfs", "nsfs", "/x/netns/default", 0),
            mount("efivarfs", "efivarfs", "/efivars", 1),
            mount("portal", "fuse.portal", "/home/x/doc", 7),
            mount("/dev/sr0", "udf", "/cd", 0),
        ];
        assert_eq!(places(mounts), ["/", "/data", "/tank"]);
    }

    #[test]
    fn a_container_sees_its_root_and_its_volumes() {
        let mounts = vec![
            mount("overlay", "overlay", "/", 100),
            mount("/dev/sda1", "ext4", "/data", 100),
            mount("/dev/sdb", "ext4", "/volume", 500),
        ];
        assert_eq!(places(mounts), ["/", "/volume"]);
    }

    #[test]
    fn memory_is_that_of_the_container_if_it_is_less() {
        let shown =
            |usage: wit::MemoryUsage| (usage.total_bytes, usage.used_bytes, usage.available_bytes);
        assert_eq!(shown(memory(100, 40, None)), (100, 60, 40));
        assert_eq!(shown(memory(100, 40, Some((50, 10)))), (50, 40, 10));
        assert_eq!(shown(memory(100, 40, Some((u64::MAX, u64::MAX)))), (100, 60, 40));
        assert_eq!(shown(memory(100, 400, Some((0, 0)))), (100, 0, 100));
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "the ends of a range")]
    fn percentages_stay_within_their_range() {
        assert_eq!(percent(f32::NAN, 100.0), 0.0);
        assert_eq!(percent(-1.0, 100.0), 0.0);
        assert_eq!(percent(250.0, 200.0), 200.0);
    }
}
