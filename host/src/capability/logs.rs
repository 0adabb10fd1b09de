//! `umbrasil:module/logs`: the latest records of the log, each source by its own permission.

use super::{Error, Scoped};
use crate::bindings::umbrasil::module::logs as wit;
use crate::grant::Call;
use crate::telemetry::recent::{self, Query, Record, Source};

/// Records that can be had at once.
const ENTRIES: usize = 200;

/// Nothing of its own: there is one log.
pub(crate) struct Logs;

impl wit::Host for Scoped<'_, Logs> {
    fn read(&mut self, query: wit::Query) -> Result<Vec<wit::Entry>, Error> {
        self.meter.call()?;
        let source = match query.source {
            wit::Source::Host => Source::Host,
            wit::Source::Modules => Source::Modules,
        };
        self.guard.authorise_quietly(&Call::Logs(source))?;
        let query = Query {
            source: Some(source),
            least: match query.least {
                wit::Level::Debug => tracing::Level::DEBUG,
                wit::Level::Info => tracing::Level::INFO,
                wit::Level::Warn => tracing::Level::WARN,
                wit::Level::Error => tracing::Level::ERROR,
            },
            module: query.module.as_deref(),
            filter: &query.filter,
            before: query.before,
            limit: usize::try_from(query.limit).unwrap_or(ENTRIES).min(ENTRIES),
        };
        Ok(recent::read(&query).into_iter().map(entry).collect())
    }
}

fn entry(Record { number, at_ms, level, module, text, .. }: Record) -> wit::Entry {
    let level = match level {
        tracing::Level::ERROR => wit::Level::Error,
        tracing::Level::WARN => wit::Level::Warn,
        tracing::Level::INFO => wit::Level::Info,
        _ => wit::Level::Debug,
    };
    wit::Entry { number, unix_ms: u64::try_from(at_ms).unwrap_or(0), level, module, text }
}
