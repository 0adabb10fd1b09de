//! What the daemon says, as the interface has it: shortened, and without what may be private.

use bollard::models::{
    ContainerBlkioStatEntry, ContainerCpuStats, ContainerInspectResponse, ContainerStatsResponse,
    ContainerSummary, PortSummary,
};

use crate::bindings::umbrasil::module::docker as wit;
use crate::grant::is_container_name;

/// Containers in one list; ports, variables, mounts and networks of one container.
const CONTAINERS: usize = 500;
const ITEMS: usize = 100;
/// Characters of a text that others choose, such as the name of an image.
const TEXT: usize = 256;

/// A container that `list` may show, with what decides whether it does.
pub(super) struct Listed {
    pub(super) labels: Vec<(String, String)>,
    pub(super) shown: wit::Container,
}

/// The containers that can be named, in the order of their names.
pub(super) fn listed(summaries: Vec<ContainerSummary>) -> Vec<Listed> {
    let mut listed: Vec<Listed> = summaries.into_iter().filter_map(one).collect();
    listed.sort_by(|one, other| one.shown.name.cmp(&other.shown.name));
    listed.truncate(CONTAINERS);
    listed
}

fn one(summary: ContainerSummary) -> Option<Listed> {
    // A container that others are linked to has more names, each below that of another.
    let names = summary.names.unwrap_or_default();
    let mut names = names.iter().map(|name| name.strip_prefix('/').unwrap_or(name));
    let name = names.find(|name| is_container_name(name))?.to_owned();
    let status = cut(&summary.status.unwrap_or_default());
    let health = summary.health.and_then(|health| health.status).map(|status| status.to_string());
    let health = health.unwrap_or_else(|| health_in(&status).to_owned());
    let shown = wit::Container {
        id: short(&summary.id?),
        name,
        image: cut(&summary.image.unwrap_or_default()),
        state: summary.state.map(|state| state.to_string()).unwrap_or_default(),
        health: if health == "none" { String::new() } else { health },
        status,
        created: summary.created.and_then(|at| u64::try_from(at).ok()).unwrap_or(0),
        ports: ports(summary.ports.unwrap_or_default()),
    };
    Some(Listed { labels: summary.labels.unwrap_or_default().into_iter().collect(), shown })
}

/// Older daemons tell a container's health in words only: `Up 3 hours (healthy)`.
fn health_in(status: &str) -> &'static str {
    if status.ends_with("(healthy)") {
        "healthy"
    } else if status.ends_with("(unhealthy)") {
        "unhealthy"
    } else if status.ends_with("(health: starting)") {
        "starting"
    } else {
        ""
    }
}

fn ports(summaries: Vec<PortSummary>) -> Vec<wit::Port> {
    let port = |port: PortSummary| {
        let protocol = port.typ.map(|kind| kind.to_string()).unwrap_or_default();
        (port.private_port, protocol, port.public_port)
    };
    let mut ports: Vec<_> = summaries.into_iter().map(port).collect();
    ports.sort();
    // Once for each address that it is published at.
    ports.dedup();
    ports.truncate(ITEMS);
    let port = |(inside, protocol, outside)| wit::Port { inside, outside, protocol };
    ports.into_iter().map(port).collect()
}

pub(super) fn details(container: wit::Container, found: ContainerInspectResponse) -> wit::Details {
    let state = found.state.unwrap_or_default();
    let config = found.config.unwrap_or_default();
    let policy = found.host_config.and_then(|config| config.restart_policy);
    let policy = policy.and_then(|policy| policy.name).map(|name| name.to_string());
    let variable = |entry: String| {
        let name = entry.split_once('=').map_or(entry.as_str(), |(name, _)| name);
        cut(name)
    };
    let environment = config.env.unwrap_or_default().into_iter().map(variable);
    let mounts = found.mounts.unwrap_or_default().into_iter();
    let mounts = mounts.filter_map(|mount| mount.destination).map(|path| cut(&path));
    let networks = found.network_settings.and_then(|settings| settings.networks);
    let networks = networks.unwrap_or_default().into_keys().map(|name| cut(&name));
    wit::Details {
        container,
        started: seconds(state.started_at.as_deref()),
        finished: seconds(state.finished_at.as_deref()),
        exit_code: state.exit_code.unwrap_or(0),
        out_of_memory: state.oom_killed.unwrap_or(false),
        restarts: found.restart_count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0),
        restart_policy: policy.filter(|name| !name.is_empty()).unwrap_or_else(|| "no".to_owned()),
        environment: sorted(environment),
        mounts: sorted(mounts),
        networks: sorted(networks),
    }
}

/// Docker's year 1 means never.
fn seconds(time: Option<&str>) -> u64 {
    let time = time.and_then(|time| chrono::DateTime::parse_from_rfc3339(time).ok());
    time.and_then(|time| u64::try_from(time.timestamp()).ok()).unwrap_or(0)
}

pub(super) fn usage(stats: &ContainerStatsResponse) -> wit::Usage {
    let memory = stats.memory_stats.as_ref();
    let networks = || stats.networks.iter().flat_map(std::collections::HashMap::values);
    let blocks = stats.blkio_stats.as_ref();
    let blocks = blocks.and_then(|blocks| blocks.io_service_bytes_recursive.as_deref());
    let moved = |word: &str| {
        let of_kind = |entry: &&ContainerBlkioStatEntry| {
            entry.op.as_ref().is_some_and(|op| op.eq_ignore_ascii_case(word))
        };
        sum(blocks.unwrap_or_default().iter().filter(of_kind).map(|entry| entry.value))
    };
    // A cache that the kernel takes back when it needs to is not counted, as `docker stats` has it.
    let cache = memory.and_then(|memory| memory.stats.as_ref()).and_then(|stats| {
        stats.get("total_inactive_file").or_else(|| stats.get("inactive_file")).copied()
    });
    let used = memory.and_then(|memory| memory.usage).unwrap_or(0);
    wit::Usage {
        cpu_percent: cpu(stats.cpu_stats.as_ref(), stats.precpu_stats.as_ref()),
        memory_bytes: used.saturating_sub(cache.unwrap_or(0)),
        memory_limit_bytes: memory.and_then(|memory| memory.limit).unwrap_or(0),
        network_received_bytes: sum(networks().map(|network| network.rx_bytes)),
        network_sent_bytes: sum(networks().map(|network| network.tx_bytes)),
        disk_read_bytes: moved("read"),
        disk_written_bytes: moved("write"),
        processes: stats.pids_stats.as_ref().and_then(|pids| pids.current).unwrap_or(0),
    }
}

/// The container's part of what the whole machine did between two samples, in percent of one core.
#[expect(clippy::cast_precision_loss, reason = "a percentage")]
fn cpu(now: Option<&ContainerCpuStats>, before: Option<&ContainerCpuStats>) -> f64 {
    let used = |stats: &ContainerCpuStats| Some(stats.cpu_usage.as_ref()?.total_usage? as f64);
    let whole = |stats: &ContainerCpuStats| Some(stats.system_cpu_usage? as f64);
    let percent = || {
        let (now, before) = (now?, before?);
        let (used, whole) = (used(now)? - used(before)?, whole(now)? - whole(before)?);
        let each = now.cpu_usage.as_ref().and_then(|usage| usage.percpu_usage.as_ref());
        let cores = now.online_cpus.filter(|cores| *cores > 0).map(f64::from);
        let cores = cores.or_else(|| each.map(|each| each.len() as f64)).unwrap_or(1.0);
        (used > 0.0 && whole > 0.0).then(|| (used / whole * cores * 100.0).min(cores * 100.0))
    };
    percent().unwrap_or(0.0)
}

fn sum(numbers: impl Iterator<Item = Option<u64>>) -> u64 {
    numbers.flatten().fold(0, u64::saturating_add)
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts.dedup();
    texts.truncate(ITEMS);
    texts
}

fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT).collect()
}

#[cfg(test)]
mod tests;
