//! `umbrasil:module/log`: the module's own lines, which can never look like the host's.

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::log as wit;
use crate::telemetry::logging::escaped;
use crate::telemetry::metrics::Refusal;

/// Bytes that one event may log.
pub(crate) const EVENT_BYTES: usize = 64 << 10;
/// Lines that one event may log.
const EVENT_LINES: usize = 200;

/// The lines of one event.
pub(crate) struct Lines {
    pub(crate) module: std::sync::Arc<str>,
    pub(crate) event: std::sync::Arc<str>,
    left: usize,
    left_bytes: usize,
    truncated: bool,
}

impl Lines {
    pub(crate) fn new(module: std::sync::Arc<str>, event: std::sync::Arc<str>) -> Self {
        Self { module, event, left: EVENT_LINES, left_bytes: EVENT_BYTES, truncated: false }
    }

    /// Writes one record, if there is room; says whether there was.
    pub(crate) fn write(&mut self, level: wit::Level, text: &str) -> bool {
        let text = escaped(text);
        let (module, event) = (&*self.module, &*self.event);
        if self.left == 0 || text.len() > self.left_bytes {
            if !self.truncated {
                self.truncated = true;
                tracing::warn!(target: "module", module, event, "log truncated: this event wrote too much");
            }
            return false;
        }
        self.left -= 1;
        self.left_bytes -= text.len();
        match level {
            wit::Level::Debug => tracing::debug!(target: "module", module, event, "{text}"),
            wit::Level::Info => tracing::info!(target: "module", module, event, "{text}"),
            wit::Level::Warn => tracing::warn!(target: "module", module, event, "{text}"),
            wit::Level::Error => tracing::error!(target: "module", module, event, "{text}"),
        }
        true
    }
}

impl wit::Host for Scoped<'_, Lines> {
    fn log(&mut self, level: wit::Level, text: String) -> wasmtime::Result<()> {
        self.meter.call().map_err(Error::from)?;
        if !self.own.write(level, &text) {
            self.meter.refuse(Refusal::LogFlood);
        }
        Ok(())
    }
}
