//! The latest records of the log: what the host says, and what modules have logged.
//!
//! The host keeps 2,000 records at most, since it started, and of the level that its operator chose; secrets
//! in them are masked. Each source is a permission of its own. To log something yourself, see
//! [`log`](crate::log).
//!
//! ```
//! use umbrasil_sdk::prelude::*;
//! use umbrasil_sdk::testing::Host;
//!
//! fn worst(_: &Call) -> Result<Reply> {
//!     let query = logs::Query { least: logs::Level::Error, limit: 1, ..logs::Query::default() };
//!     let entries = logs::read(&query)?;
//!     Ok(Reply::text(entries.first().map_or("All is well.", |entry| &entry.text)))
//! }
//!
//! let entry = logs::Entry {
//!     number: 7,
//!     unix_ms: 1_795_348_800_000,
//!     level: logs::Level::Error,
//!     module: None,
//!     text: "the disk is full".to_owned(),
//! };
//! let module = Module::new("Worst").command("worst", "The last error", worst);
//! assert_eq!(Host::new(module).logs([entry]).command("/worst").unwrap().text(), "the disk is full");
//! ```

use crate::HostError;
use crate::host::logs as host;

pub use crate::bindings::umbrasil::module::logs::{Entry, Level, Query, Source};

/// The latest 20 records of the host that are worth knowing: of the level `info` and above.
impl Default for Query {
    fn default() -> Self {
        Self {
            source: Source::Host,
            least: Level::Info,
            module: None,
            filter: String::new(),
            before: None,
            limit: 20,
        }
    }
}

/// What was logged, the newest first. For the next page, ask again `before` the number of the last entry.
///
/// # Errors
///
/// [`HostError::Denied`] if the source is not granted: `[logs] read = ["host", "modules"]`.
pub fn read(query: &Query) -> Result<Vec<Entry>, HostError> {
    host::read(query)
}
