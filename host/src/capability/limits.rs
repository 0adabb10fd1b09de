//! What one event may use up: CPU, host calls, memory. The numbers are the defaults of the design.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use crate::telemetry::metrics::Refusal;

/// CPU time of an event, and of loading.
pub(crate) const EVENT_CPU: Duration = Duration::from_secs(2);
pub(crate) const LOAD_CPU: Duration = Duration::from_secs(1);
/// Wall time of an event that a schedule causes.
pub(crate) const SCHEDULE_WALL: Duration = Duration::from_mins(5);
pub(crate) const LOAD_WALL: Duration = Duration::from_secs(2);
/// Linear memory of a store, over all of its memories.
pub(crate) const MEMORY: usize = 64 << 20;
/// Table elements of a store, over all of its tables.
pub(crate) const TABLE_ELEMENTS: usize = 20_000;
/// Resource handles that a store may hold.
pub(crate) const HANDLES: usize = 1_000;
/// What one call may copy over the boundary, in bytes of the host.
pub(crate) const BOUNDARY: usize = 2 << 20;
/// Cheap host calls an event.
const CALLS: u32 = 10_000;

/// Why an event was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Limit {
    #[error("took more than its CPU time")]
    Cpu,
    #[error("made more than {CALLS} host calls")]
    Calls,
    #[error("went on asking for what it is not granted")]
    Denials,
}

/// Counts what an event uses.
#[derive(Debug)]
pub(crate) struct Meter {
    calls_left: u32,
    cpu_left: Duration,
    memory: usize,
    table_elements: usize,
    /// Whether memory was asked for and refused: what follows is most likely an abort.
    pub(crate) out_of_memory: bool,
    /// What the event was refused, each kind once.
    pub(crate) refused: Vec<Refusal>,
}

impl Meter {
    pub(crate) fn new(cpu: Duration) -> Self {
        Self {
            calls_left: CALLS,
            cpu_left: cpu,
            memory: 0,
            table_elements: 0,
            out_of_memory: false,
            refused: Vec::new(),
        }
    }

    /// For `describe`, which must not depend on the host.
    pub(crate) fn without_calls(cpu: Duration) -> Self {
        Self { calls_left: 0, ..Self::new(cpu) }
    }

    /// Pays for one host call.
    pub(crate) fn call(&mut self) -> wasmtime::Result<()> {
        let Some(left) = self.calls_left.checked_sub(1) else {
            self.refuse(Refusal::HostCalls);
            return Err(wasmtime::Error::new(Limit::Calls));
        };
        self.calls_left = left;
        Ok(())
    }

    /// Notes that something was refused.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        if !self.refused.contains(&refusal) {
            self.refused.push(refusal);
        }
    }

    /// Pays for one tick on the CPU.
    pub(crate) fn tick(&mut self, tick: Duration) -> wasmtime::Result<()> {
        self.cpu_left =
            self.cpu_left.checked_sub(tick).ok_or_else(|| wasmtime::Error::new(Limit::Cpu))?;
        Ok(())
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self.memory.saturating_add(desired.saturating_sub(current));
        let allowed = sum <= MEMORY;
        if allowed {
            self.memory = sum;
        } else {
            self.out_of_memory = true;
        }
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.out_of_memory = true;
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let sum = self.table_elements.saturating_add(desired.saturating_sub(current));
        let allowed = sum <= TABLE_ELEMENTS;
        if allowed {
            self.table_elements = sum;
        }
        Ok(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_limited_by_the_sum_over_all_memories() {
        let mut meter = Meter::new(EVENT_CPU);
        assert!(meter.memory_growing(0, MEMORY / 2, None).unwrap());
        assert!(
            meter.memory_growing(0, MEMORY / 2, None).unwrap(),
            "a second memory of the same store"
        );
        assert!(!meter.memory_growing(0, 1, None).unwrap());
        assert!(meter.out_of_memory);
    }

    #[test]
    fn calls_and_ticks_run_out() {
        let mut meter = Meter::new(Duration::from_millis(2));
        let tick = Duration::from_millis(1);
        assert!(meter.tick(tick).is_ok() && meter.tick(tick).is_ok());
        assert_eq!(meter.tick(tick).unwrap_err().downcast_ref(), Some(&Limit::Cpu));
        assert!((0..CALLS).all(|_| meter.call().is_ok()));
        assert_eq!(meter.call().unwrap_err().downcast_ref(), Some(&Limit::Calls));
    }
}
