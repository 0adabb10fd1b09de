//! The log: one record a line, on standard error, without secrets.
//!
//! Redaction happens in the writer, after formatting, so that no field, error chain or library can get
//! a secret past it; `redact` knows the secrets.

use std::io::{self, Write as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::redact::redact;
use crate::config::{Log, LogFormat};

/// Starts the log for this process. Later calls do nothing.
pub fn start(log: Log) {
    // Libraries speak up only about trouble; what they say in detail repeats headers and URLs.
    let level = log.level.as_str().to_ascii_lowercase();
    let filter = EnvFilter::new(format!("warn,umbrasil={level},module={level}"));
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(Redacted).with_ansi(false);
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init(),
    };
    if started.is_err() {
        tracing::debug!("the log was already started");
    }
}

/// Shows control characters, line breaks and direction marks as escapes, so that a text stays in its record.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let hidden = character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if hidden { out.extend(character.escape_default()) } else { out.push(character) }
    }
    out
}

struct Redacted;

/// Collects one record, and writes it when it is complete.
struct Record {
    bytes: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Redacted {
    type Writer = Record;

    fn make_writer(&'a self) -> Record {
        Record { bytes: Vec::with_capacity(256) }
    }
}

impl io::Write for Record {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.bytes);
        let text = redact(&text);
        // A closed standard error must not take the bot down, and there is nowhere left to say so.
        drop(io::stderr().write_all(text.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_record() {
        assert_eq!(
            escaped("a\n2026 INFO\u{1b}[31m\u{202e}b"),
            "a\\n2026 INFO\\u{1b}[31m\\u{202e}b"
        );
        assert_eq!(escaped("grüße 🎉"), "grüße 🎉");
    }
}
