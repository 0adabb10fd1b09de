//! The one engine of the process, and the clock that lets no guest keep a thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};

use crate::capability::limits;

/// Instances of all modules that may live at once.
pub(super) const INSTANCES: u32 = 16;
/// Instances of modules that other modules call, beyond those.
pub(super) const NESTED: u32 = 4;
/// Slots of the pool beyond those, for modules that are being loaded.
const LOADING: u32 = 2;
/// How often a running guest lets others run.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// Where guests get their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A pool that is reserved once: this process runs guests.
    Run,
    /// Nothing is reserved: this process only compiles.
    Compile,
}

/// The engine and its clock.
pub(super) struct Clock {
    pub(super) engine: Engine,
    running: Arc<AtomicUsize>,
    ticker: std::thread::Thread,
}

/// Keeps the clock ticking while a guest runs.
pub(super) struct Running(Arc<AtomicUsize>);

/// The one configuration. What compiles and what runs must agree on it.
pub(super) fn engine(purpose: Use) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_shared_everything_threads(false)
        .wasm_memory64(false)
        .wasm_gc(false)
        .wasm_function_references(false)
        .wasm_exceptions(false)
        .wasm_stack_switching(false)
        .wasm_relaxed_simd(false)
        .wasm_multi_memory(false)
        .wasm_custom_page_sizes(false)
        .epoch_interruption(true)
        .cranelift_opt_level(OptLevel::Speed)
        .max_wasm_stack(256 << 10)
        .async_stack_size(512 << 10)
        .memory_init_cow(true)
        .wasm_backtrace_max_frames(None);
    if purpose == Use::Run {
        let slots = INSTANCES + NESTED + LOADING;
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(slots)
            .total_core_instances(4 * slots)
            .total_tables(2 * slots)
            .total_memories(slots)
            .total_stacks(slots)
            .max_core_instances_per_component(20)
            .max_memories_per_component(1)
            .max_memories_per_module(1)
            .max_tables_per_component(4)
            .table_elements(limits::TABLE_ELEMENTS)
            .max_memory_size(limits::MEMORY)
            .max_unused_warm_slots(slots)
            .linear_memory_keep_resident(1 << 20)
            .table_keep_resident(64 << 10)
            .pagemap_scan(Enabled::Auto);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    Engine::new(&config)
}

impl Clock {
    pub(super) fn start() -> wasmtime::Result<Self> {
        let engine = engine(Use::Run)?;
        let running = Arc::new(AtomicUsize::new(0));
        let (weak, busy) = (engine.weak(), Arc::clone(&running));
        // A thread of its own: no guest and no full runtime can hold it up.
        let ticker = std::thread::Builder::new().name("epochs".to_owned()).spawn(move || {
            loop {
                if busy.load(Ordering::Acquire) == 0 {
                    std::thread::park();
                } else {
                    #[expect(clippy::disallowed_methods, reason = "this thread does nothing else")]
                    std::thread::sleep(TICK);
                }
                let Some(engine) = weak.upgrade() else { break };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { engine, running, ticker: ticker.thread().clone() })
    }

    /// Makes the clock tick until the token is dropped. Wanted on every entry into a guest.
    pub(super) fn run(&self) -> Running {
        if self.running.fetch_add(1, Ordering::AcqRel) == 0 {
            self.ticker.unpark();
        }
        Running(Arc::clone(&self.running))
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.ticker.unpark();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    use super::*;

    #[test]
    fn what_the_child_compiles_this_process_can_run() {
        let hash = |purpose| {
            let mut hasher = DefaultHasher::new();
            engine(purpose).unwrap().precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(Use::Run), hash(Use::Compile));
    }
}
