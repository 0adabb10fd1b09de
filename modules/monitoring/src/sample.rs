//! The machine at a moment: read part by part, so that what is not granted leaves the rest alone.

use umbrasil_sdk::prelude::*;
use umbrasil_sdk::{HostError, system};

/// Why there is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    NotGranted,
    Silent,
}

/// A part of the machine, or why it is not there.
pub(crate) type Part<T> = Result<T, Missing>;

/// Everything that is measured at once.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) cpu: Part<system::CpuUsage>,
    pub(crate) memory: Part<system::MemoryUsage>,
    pub(crate) disks: Part<Vec<system::Disk>>,
    pub(crate) traffic: Part<Traffic>,
    pub(crate) load: Part<system::LoadAverage>,
}

/// Bytes since the machine started, over the interfaces that lead outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

/// Bytes a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

/// The counters at the last sample: what a rate is a difference to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before {
    /// Milliseconds since 1970.
    pub(crate) at_ms: u64,
    pub(crate) traffic: Traffic,
}

/// What is kept of a moment. Shares are percent; none is what was not there.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sample {
    pub(crate) cpu: Option<f64>,
    pub(crate) memory: Option<f64>,
    pub(crate) swap: Option<f64>,
    /// The fullest disk.
    pub(crate) disk: Option<f64>,
    /// Of one minute.
    pub(crate) load: Option<f64>,
    /// Bytes a second.
    pub(crate) received: Option<f64>,
    pub(crate) sent: Option<f64>,
}

/// The key of [`Before`].
const BEFORE: &str = "counters";

/// Turns a refusal into what people are told about it.
pub(crate) fn part<T>(result: Result<T, HostError>) -> Part<T> {
    result.map_err(|error| match error {
        HostError::Denied(_) => Missing::NotGranted,
        _ => Missing::Silent,
    })
}

impl Missing {
    pub(crate) fn text(&self) -> &'static str {
        match self {
            Self::NotGranted => "not granted",
            Self::Silent => "no answer",
        }
    }
}

impl Machine {
    /// Looks at everything.
    pub(crate) fn now() -> Self {
        Self {
            cpu: part(system::cpu()),
            memory: part(system::memory()),
            disks: part(system::disks()).map(each_once),
            traffic: part(system::networks()).map(|networks| outside(&networks)),
            load: part(system::load()),
        }
    }

    /// What is kept of it.
    pub(crate) fn sample(&self, rate: Option<Rate>) -> Sample {
        let memory = self.memory.as_ref().ok();
        let disks = self.disks.iter().flatten();
        Sample {
            cpu: self.cpu.as_ref().ok().map(|cpu| cpu.percent),
            memory: memory.map(|memory| share(memory.used_bytes, memory.total_bytes)),
            swap: memory.map(|memory| share(memory.swap_used_bytes, memory.swap_total_bytes)),
            disk: disks.map(used_share).reduce(f64::max),
            load: self.load.as_ref().ok().map(|load| load.one),
            received: rate.map(|rate| rate.received as f64),
            sent: rate.map(|rate| rate.sent as f64),
        }
    }

    /// The traffic since `before`; none without two counts that are a second or more apart, and after the
    /// machine was started anew.
    pub(crate) fn rate(&self, before: Option<Before>, at_ms: u64) -> Option<Rate> {
        let (now, before) = (self.traffic.as_ref().ok()?, before?);
        let elapsed_ms = at_ms.checked_sub(before.at_ms).filter(|elapsed| *elapsed >= 1_000)?;
        let a_second = |now: u64, before: u64| {
            let moved = u128::from(now.checked_sub(before)?);
            u64::try_from(moved * 1_000 / u128::from(elapsed_ms)).ok()
        };
        Some(Rate {
            received: a_second(now.received, before.traffic.received)?,
            sent: a_second(now.sent, before.traffic.sent)?,
        })
    }
}

impl Before {
    /// What the last sample left.
    pub(crate) fn read() -> Result<Option<Self>> {
        Ok(storage::get_text(BEFORE)?.as_deref().and_then(Self::parse))
    }

    /// Leaves it to the next one.
    pub(crate) fn keep(self) -> Result<()> {
        let Self { at_ms, traffic } = self;
        storage::set(BEFORE, format!("1{at_ms} {} {}", traffic.received, traffic.sent))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.strip_prefix('1')?.split(' ').map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Self { at_ms: next()?, traffic: Traffic { received: next()?, sent: next()? } })
    }
}

/// How much of a disk is used, in percent.
pub(crate) fn used_share(disk: &system::Disk) -> f64 {
    share(disk.total_bytes.saturating_sub(disk.available_bytes), disk.total_bytes)
}

/// A part of a whole, in percent; nothing of nothing is nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// Without disks of no size, and of those that are one file system (as it is in containers) the first.
fn each_once(mut disks: Vec<system::Disk>) -> Vec<system::Disk> {
    disks.retain(|disk| disk.total_bytes > 0);
    disks.sort_by(|one, other| one.mount.cmp(&other.mount));
    let mut seen: Vec<(u64, u64)> = Vec::new();
    disks.retain(|disk| {
        let size = (disk.total_bytes, disk.available_bytes);
        let new = !seen.contains(&size);
        seen.push(size);
        new
    });
    disks
}

/// The loopback counts nothing, and what containers send counts once, where it leaves the machine. Where
/// nothing is left, as in a network of one's own, all but the loopback count.
fn outside(networks: &[system::Network]) -> Traffic {
    let inner = ["veth", "docker", "br-", "virbr", "tun", "tap", "cni", "flannel", "cali"];
    let external = |network: &&system::Network| {
        network.name != "lo" && !inner.iter().any(|prefix| network.name.starts_with(prefix))
    };
    let mut counted: Vec<&system::Network> = networks.iter().filter(external).collect();
    if counted.is_empty() {
        counted = networks.iter().filter(|network| network.name != "lo").collect();
    }
    let sum = |of: fn(&system::Network) -> u64| {
        counted.iter().map(|network| of(network)).fold(0, u64::saturating_add)
    };
    Traffic {
        received: sum(|network| network.received_bytes),
        sent: sum(|network| network.sent_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(name: &str, received_bytes: u64) -> system::Network {
        system::Network { name: name.to_owned(), received_bytes, sent_bytes: 1 }
    }

    fn machine(received: u64) -> Machine {
        Machine {
            cpu: Err(Missing::Silent),
            memory: Err(Missing::NotGranted),
            disks: Ok(Vec::new()),
            traffic: Ok(Traffic { received, sent: 0 }),
            load: Err(Missing::Silent),
        }
    }

    #[test]
    fn traffic_is_counted_where_it_leaves() {
        let all =
            [network("lo", 100), network("eth0", 10), network("veth1", 5), network("docker0", 5)];
        assert_eq!(outside(&all), Traffic { received: 10, sent: 1 });
        assert_eq!(outside(&[network("lo", 1), network("veth1", 5)]).received, 5);
        assert_eq!(outside(&[]).received, 0);
        assert_eq!(outside(&[network("a", u64::MAX), network("b", 5)]).received, u64::MAX);
    }

    #[test]
    fn a_rate_is_a_difference() {
        let before =
            |at_ms, received| Some(Before { at_ms, traffic: Traffic { received, sent: 0 } });
        let rate = machine(7_000).rate(before(1_000, 1_000), 3_000);
        assert_eq!(rate.map(|rate| rate.received), Some(3_000));
        assert_eq!(machine(7_000).rate(None, 3_000), None);
        assert_eq!(machine(7_000).rate(before(2_500, 0), 3_000), None, "too close");
        assert_eq!(machine(7_000).rate(before(9_000, 0), 3_000), None, "the clock went back");
        assert_eq!(machine(7).rate(before(1_000, 1_000), 3_000), None, "the machine was restarted");
        assert!(machine(u64::MAX).rate(before(0, 0), 1_000).is_some(), "as much as can be");
    }

    #[test]
    fn disks_of_one_file_system_count_once() {
        let disk = |mount: &str, total_bytes, available_bytes| system::Disk {
            mount: mount.to_owned(),
            total_bytes,
            available_bytes,
        };
        let disks = each_once(vec![
            disk("/etc/x", 10, 5),
            disk("/", 10, 5),
            disk("/data", 20, 5),
            disk("/z", 0, 0),
        ]);
        let mounts: Vec<&str> = disks.iter().map(|disk| disk.mount.as_str()).collect();
        assert_eq!(mounts, ["/", "/data"]);
    }

    #[test]
    fn counters_come_back() {
        let text = "11700000000000 12 34";
        let before =
            Before { at_ms: 1_700_000_000_000, traffic: Traffic { received: 12, sent: 34 } };
        assert_eq!(Before::parse(text), Some(before));
        for broken in ["", "2", "1", "1x y z", "11 2"] {
            assert_eq!(Before::parse(broken), None, "{broken}");
        }
    }
}
