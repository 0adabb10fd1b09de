//! The latest records of the log, kept in memory so that owners and modules that were granted it can read them.
//!
//! They pass the same filter as the log and the same redaction, once more when they are read: what has become
//! a secret since is none of them any more. There is one ring for the process, as there is one log.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::logging::escaped;
use super::redact::{redact, redacted};

/// Records that are kept.
const RECORDS: usize = 2_000;
/// Bytes of all records together.
const BYTES: usize = 1 << 20;
/// Bytes of one record's text.
const TEXT: usize = 4 << 10;
/// About what a record takes beside its texts.
const RECORD: usize = 128;
/// The target of what modules log.
const MODULE: &str = "module";

static PROCESS: Mutex<Ring> = Mutex::new(Ring::new());

/// Who has logged something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    Host,
    Modules,
}

/// One record, as the log shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// From 1 at the start of the process; it grows from record to record.
    pub(crate) number: u64,
    pub(crate) at_ms: i64,
    pub(crate) source: Source,
    pub(crate) level: Level,
    /// The module that logged it, or that it is about.
    pub(crate) module: Option<String>,
    pub(crate) text: String,
}

/// Which records are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<'a> {
    /// None for all of them.
    pub(crate) source: Option<Source>,
    pub(crate) least: Level,
    pub(crate) module: Option<&'a str>,
    /// A part of the text, in upper or lower case.
    pub(crate) filter: &'a str,
    /// Only smaller numbers.
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
}

/// Puts every record into the ring.
pub(super) struct Keep;

struct Ring {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
    last: u64,
}

/// The records of this process, the newest first.
pub(crate) fn read(query: &Query<'_>) -> Vec<Record> {
    let records: Vec<Arc<Record>> = {
        let ring = PROCESS.lock().unwrap_or_else(PoisonError::into_inner);
        ring.records.iter().rev().cloned().collect()
    };
    // Searched without the lock: nobody who logs waits for that.
    query.select(&records)
}

impl Source {
    pub(crate) const ALL: [(&'static str, Self); 2] =
        [("host", Self::Host), ("modules", Self::Modules)];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Modules => "modules",
        }
    }
}

impl Query<'_> {
    fn select(&self, records: &[Arc<Record>]) -> Vec<Record> {
        let filter = self.filter.to_lowercase();
        let matches = |record: &&Arc<Record>| {
            self.before.is_none_or(|before| record.number < before)
                // What is more severe is less.
                && record.level <= self.least
                && self.source.is_none_or(|source| source == record.source)
                && self.module.is_none_or(|module| record.module.as_deref() == Some(module))
                && (filter.is_empty() || record.text.to_lowercase().contains(&filter))
        };
        let shown = |record: &Arc<Record>| {
            let Record { number, at_ms, source, level, module, text } = &**record;
            let text = redacted(text.clone());
            let (number, at_ms, source, level) = (*number, *at_ms, *source, *level);
            Record { number, at_ms, source, level, module: module.clone(), text }
        };
        records.iter().filter(matches).take(self.limit).map(shown).collect()
    }
}

impl Ring {
    const fn new() -> Self {
        Self { records: VecDeque::new(), bytes: 0, last: 0 }
    }

    fn push(&mut self, mut record: Record) {
        self.last += 1;
        record.number = self.last;
        self.bytes += record.size();
        self.records.push_back(Arc::new(record));
        while self.records.len() > RECORDS || self.bytes > BYTES {
            let Some(oldest) = self.records.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }
}

impl Record {
    fn size(&self) -> usize {
        RECORD + self.text.len() + self.module.as_ref().map_or(0, String::len)
    }
}

impl<S: Subscriber> Layer<S> for Keep {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let source = if metadata.target() == MODULE { Source::Modules } else { Source::Host };
        let mut fields = Fields { source, text: String::new(), more: String::new(), module: None };
        event.record(&mut fields);
        let Fields { mut text, more, module, .. } = fields;
        text.push_str(&more);
        // The secret first, as a whole: neither an escape nor a cut may hide that it is one.
        let text = cut(escaped(&redact(&text)));
        let module = module.map(|module| cut(escaped(&redact(&module))));
        // Nobody reads anything finer.
        let level = (*metadata.level()).min(Level::DEBUG);
        let at_ms = chrono::Utc::now().timestamp_millis();
        let record = Record { number: 0, at_ms, source, level, module, text };
        PROCESS.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

/// Collects what a record says.
struct Fields {
    source: Source,
    text: String,
    /// ` key=value`, again and again.
    more: String,
    module: Option<String>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        // Writing to a `String` cannot fail.
        match field.name() {
            "message" => self.text.write_fmt(value).unwrap_or_default(),
            "module" => self.module = Some(value.to_string()),
            // An event's number says nothing to who reads a module's lines; the log itself has it.
            "event" if self.source == Source::Modules => {}
            // Where a library's record comes from, if it came another way.
            name if name.starts_with("log.") => {}
            name => write!(self.more, " {name}={value}").unwrap_or_default(),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let plain = matches!(field.name(), "message" | "module");
        if plain || (!value.is_empty() && !value.contains([' ', '"', '='])) {
            self.add(field, format_args!("{value}"));
        } else {
            self.add(field, format_args!("{value:?}"));
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut chain = value.to_string();
        let mut source = value.source();
        while let Some(error) = source {
            write!(chain, ": {error}").unwrap_or_default();
            source = error.source();
        }
        self.record_str(field, &chain);
    }
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT {
        text.truncate(text.floor_char_boundary(TEXT - '…'.len_utf8()));
        text.push('…');
    }
    // What it grew to on the way is not kept.
    text.shrink_to_fit();
    text
}

#[cfg(test)]
mod tests;
