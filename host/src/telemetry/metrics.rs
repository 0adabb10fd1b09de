//! The numbers: what `/metrics` serves and `/status` sums up.
//!
//! Labels are bounded: modules are named by the catalog, everything else by this file.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Every number that the host keeps.
pub struct Metrics {
    registry: Registry,
    started: Instant,
    updates: Family<Outcome, Counter>,
    events: Family<Event, Counter>,
    denials: Family<Denial, Counter>,
    reloads: Family<Reload, Counter>,
    sends: Family<Sent, Counter>,
    stages: Family<StageLabel, Histogram>,
    /// Messages that wait for Telegram.
    pub outbox_depth: Gauge,
    /// Updates that wait for their turn.
    pub inbox_depth: Gauge,
    /// Whether the last getUpdates went well.
    pub polling: Gauge,
    failed: Counter,
    answered: Counter,
    answer_micros: AtomicU64,
    slowest_micros: AtomicU64,
}

/// What became of an update at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Gate {
    Accepted,
    Duplicate,
    Stranger,
    Ignored,
    Malformed,
}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Ending {
    Ok,
    Usage,
    Unavailable,
    Internal,
    Trap,
    Cpu,
    Deadline,
    Memory,
    Busy,
    Conflict,
    Storage,
    Cancelled,
    /// An owner has to agree first.
    Asked,
    /// It went on asking for what it is not granted.
    Denied,
}

/// The parts of an event's way that are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Stage {
    Queue,
    Instantiate,
    Execute,
    Commit,
    Send,
}

/// What a module was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Refusal {
    Import,
    /// A call that was not granted, or against the policy.
    Call,
    Setting,
    Quota,
    HostCalls,
    LogFlood,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: Gate,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Event {
    module: String,
    ending: Ending,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Denial {
    module: String,
    kind: Refusal,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reload {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Sent {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabel {
    stage: Stage,
}

/// A few totals for `/status`.
#[derive(Debug, Clone, Copy)]
pub struct Totals {
    pub uptime: Duration,
    pub updates: u64,
    pub refused: u64,
    pub errors: u64,
    /// Mean time from the receipt of an update to its committed answer.
    pub mean_answer: Duration,
    pub slowest_answer: Duration,
}

/// Seconds: from the cost of an instance to the longest deadline.
const BUCKETS: [f64; 15] = [
    0.00002, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0,
    10.0, 30.0,
];

impl Ending {
    /// Whether the module or the host is at fault, rather than the user or the world.
    #[must_use]
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::Ok | Self::Usage | Self::Unavailable | Self::Cancelled | Self::Asked)
    }
}

impl Ending {
    /// Whether the module is at fault, so that it is paused if that goes on.
    #[must_use]
    pub fn is_fault_of_module(self) -> bool {
        matches!(
            self,
            Self::Internal | Self::Trap | Self::Cpu | Self::Deadline | Self::Memory | Self::Denied
        )
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("umbrasil");
        let metrics = Self {
            started: Instant::now(),
            updates: Family::default(),
            events: Family::default(),
            denials: Family::default(),
            reloads: Family::default(),
            sends: Family::default(),
            stages: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            outbox_depth: Gauge::default(),
            inbox_depth: Gauge::default(),
            polling: Gauge::default(),
            failed: Counter::default(),
            answered: Counter::default(),
            answer_micros: AtomicU64::new(0),
            slowest_micros: AtomicU64::new(0),
            registry: Registry::default(),
        };
        registry.register(
            "updates",
            "Updates by what the gate made of them",
            metrics.updates.clone(),
        );
        registry.register("events", "Events by module and ending", metrics.events.clone());
        registry.register("denials", "What modules were refused", metrics.denials.clone());
        registry.register("reloads", "Module loads by outcome", metrics.reloads.clone());
        registry.register(
            "sends",
            "Bot API calls that send or edit, by outcome",
            metrics.sends.clone(),
        );
        registry.register(
            "outbox_depth",
            "Messages that wait for Telegram",
            metrics.outbox_depth.clone(),
        );
        registry.register(
            "inbox_depth",
            "Updates that wait for their turn",
            metrics.inbox_depth.clone(),
        );
        registry.register("polling", "1 while getUpdates goes well", metrics.polling.clone());
        registry.register(
            "failed",
            "Events that ended by a fault of the module or the host",
            metrics.failed.clone(),
        );
        registry.register("answered", "Events whose answer is durable", metrics.answered.clone());
        registry.register_with_unit(
            "stage",
            "Time spent in each stage",
            Unit::Seconds,
            metrics.stages.clone(),
        );
        Self { registry, ..metrics }
    }
}

impl Metrics {
    pub fn gate(&self, outcome: Gate) {
        self.updates.get_or_create(&Outcome { outcome }).inc();
    }

    pub fn event(&self, module: &str, ending: Ending) {
        self.events.get_or_create(&Event { module: module.to_owned(), ending }).inc();
        if ending.is_failure() {
            self.failed.inc();
        }
    }

    pub fn denied(&self, module: &str, kind: Refusal) {
        self.denials.get_or_create(&Denial { module: module.to_owned(), kind }).inc();
    }

    pub fn reload(&self, outcome: &'static str) {
        self.reloads.get_or_create(&Reload { outcome }).inc();
    }

    pub fn sent(&self, outcome: &'static str) {
        self.sends.get_or_create(&Sent { outcome }).inc();
    }

    pub fn time(&self, stage: Stage, duration: Duration) {
        self.stages.get_or_create(&StageLabel { stage }).observe(duration.as_secs_f64());
    }

    /// Counts one answered event for `/status`.
    pub fn answered(&self, took: Duration) {
        use std::sync::atomic::Ordering::Relaxed;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.answered.inc();
        self.answer_micros.fetch_add(micros, Relaxed);
        self.slowest_micros.fetch_max(micros, Relaxed);
    }

    #[must_use]
    pub fn totals(&self) -> Totals {
        use std::sync::atomic::Ordering::Relaxed;
        let count = |outcome| self.updates.get_or_create(&Outcome { outcome }).get();
        Totals {
            uptime: self.started.elapsed(),
            updates: count(Gate::Accepted),
            refused: count(Gate::Stranger),
            errors: self.failed.get(),
            mean_answer: Duration::from_micros(
                self.answer_micros.load(Relaxed) / self.answered.get().max(1),
            ),
            slowest_answer: Duration::from_micros(self.slowest_micros.load(Relaxed)),
        }
    }

    /// The text that Prometheus scrapes.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
