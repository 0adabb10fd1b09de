//! The log: one record a line, on standard error, without secrets.
//!
//! Redaction happens in the writer, after formatting, so that no field, error chain or library can get
//! a secret past it; `redact` knows the secrets.

use std::io::{self, Write as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::recent::Keep;
use super::redact::redact;
use crate::config::{Log, LogFormat};

/// Starts the log for this process. Later calls do nothing.
pub fn start(log: Log) {
    // Libraries speak up only about trouble; what they say in detail repeats headers and URLs.
    let level = log.level.as_str().to_ascii_lowercase();
    let filter = EnvFilter::new(format!("warn,umbrasil={level},module={level}"));
    let layer = tracing_subscriber::fmt::layer().with_writer(Redacted).with_ansi(false);
    let layer = match log.format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => {
            let json = layer.json().flatten_event(true);
            json.with_current_span(false).with_span_list(false).boxed()
        }
    };
    // The filter is for both: what the log does not show is not kept either.
    let started = tracing_subscriber::registry().with(filter).with(layer).with(Keep).try_init();
    if started.is_err() {
        tracing::debug!("the log was already started");
    }
    // What a fault of the host prints goes through the log as well, and so does not show a secret.
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map(ToString::to_string);
        let text = fault.payload_as_str().unwrap_or("no text");
        tracing::error!(place, text, "the host has panicked");
    }));
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
