//! What the operator can see from outside: the log and the numbers.

pub mod logging;
pub mod metrics;
pub(crate) mod recent;
pub(crate) mod redact;

pub use self::metrics::Metrics;
