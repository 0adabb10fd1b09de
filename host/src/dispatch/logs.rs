//! `/logs`: the latest records of the log, for owners, page by page.

use std::fmt::Write as _;

use chrono_tz::Tz;

use super::Dispatch;
use crate::native::Answer;
use crate::outgoing::Keyboard;
use crate::reply::escape;
use crate::router::{DATA_BYTES, host_button_with};
use crate::telemetry::recent::{self, Query, Record, Source};

/// Records of one page.
const RECORDS: usize = 15;
/// Characters that are shown of one record, as Telegram counts them: 15 of them stay below what a message holds.
const SHOWN: usize = 180;

/// What is asked for, as it is written and as buttons say it: `[host|MODULE] [<NUMBER] [TEXT]`.
#[derive(Debug, PartialEq, Eq)]
struct Wanted<'a> {
    who: Who<'a>,
    /// Only records with smaller numbers. Buttons say it; nobody has to.
    before: Option<u64>,
    text: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
enum Who<'a> {
    All,
    Host,
    Module(&'a str),
}

impl Dispatch {
    pub(super) fn logs(&self, rest: &str) -> Answer {
        let catalog = self.catalog.load();
        let wanted = Wanted::new(rest, |name| {
            catalog.module(name).is_some() || self.book.permissions(name).is_some()
        });
        // One more says whether there is another page.
        let mut found = recent::read(&wanted.query(RECORDS + 1));
        let is_more = found.len() > RECORDS;
        found.truncate(RECORDS);
        wanted.page(&found, is_more, self.time_zone)
    }
}

impl<'a> Wanted<'a> {
    /// A first word that is nobody's name belongs to the text.
    fn new(rest: &'a str, is_module: impl Fn(&str) -> bool) -> Self {
        let (who, rest) = match word(rest) {
            ("*", rest) => (Who::All, rest),
            ("host", rest) => (Who::Host, rest),
            (name, rest) if is_module(name) => (Who::Module(name), rest),
            _ => (Who::All, rest.trim()),
        };
        let (first, behind) = word(rest);
        match first.strip_prefix('<').and_then(|number| number.parse().ok()) {
            Some(number) => Self { who, before: Some(number), text: behind },
            None => Self { who, before: None, text: rest },
        }
    }

    fn query(&self, limit: usize) -> Query<'a> {
        let (source, module) = match self.who {
            Who::All => (None, None),
            Who::Host => (Some(Source::Host), None),
            // What it says, and what the host says about it.
            Who::Module(name) => (None, Some(name)),
        };
        let (filter, before) = (self.text, self.before);
        Query { source, least: tracing::Level::DEBUG, module, filter, before, limit }
    }

    fn page(&self, found: &[Record], is_more: bool, zone: Tz) -> Answer {
        let mut html = "📜 <b>Logs</b>".to_owned();
        match self.who {
            Who::All => {}
            Who::Host => html.push_str(" of the host"),
            Who::Module(name) => line(&mut html, format_args!(" of {}", escape(name))),
        }
        if !self.text.is_empty() {
            line(&mut html, format_args!(" with “{}”", escape(&shortened(self.text))));
        }
        line(&mut html, format_args!(" ({zone})\n"));
        if found.is_empty() {
            html.push_str(match self.before {
                Some(_) => "There is nothing older.",
                None => "Nothing was logged since the start, or it is gone.",
            });
        } else {
            let records: Vec<String> = found.iter().map(|record| shown(record, zone)).collect();
            line(&mut html, format_args!("<pre>{}</pre>", escape(&records.join("\n"))));
        }
        let mut buttons = Vec::new();
        if let Some(last) = found.last().filter(|_| is_more) {
            buttons.extend(self.button("⬅️ Older", Some(last.number)));
        }
        let label = if self.before.is_some() { "⏫ Newest" } else { "🔄 Refresh" };
        buttons.extend(self.button(label, None));
        let mut keyboard: Keyboard = vec![buttons];
        keyboard.retain(|row| !row.is_empty());
        if keyboard.is_empty() {
            html.push_str("\nWith a shorter text there are buttons to go on.");
        }
        Answer { html, keyboard }
    }

    /// None if the text is too long for a button.
    fn button(&self, label: &str, before: Option<u64>) -> Option<crate::outgoing::Button> {
        let mut rest = match self.who {
            Who::All => "*".to_owned(),
            Who::Host => "host".to_owned(),
            Who::Module(name) => name.to_owned(),
        };
        if let Some(number) = before {
            line(&mut rest, format_args!(" <{number}"));
        }
        if !self.text.is_empty() {
            line(&mut rest, format_args!(" {}", self.text));
        }
        let button = host_button_with(label, "logs", &rest);
        (button.data.len() <= DATA_BYTES).then_some(button)
    }
}

/// The first word, and what is behind it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

/// A record on two lines, as narrow as a phone.
fn shown(Record { at_ms, level, module, text, .. }: &Record, zone: Tz) -> String {
    let at = chrono::DateTime::from_timestamp_millis(*at_ms).unwrap_or_default();
    let at = at.with_timezone(&zone);
    let module = module.as_deref().unwrap_or("host");
    format!("{} {level} {module}\n  {}", at.format("%m-%d %H:%M:%S"), shortened(text))
}

fn shortened(text: &str) -> String {
    let mut left = SHOWN;
    let too_much = |character: char| {
        let rest = left.checked_sub(character.len_utf16());
        left = rest.unwrap_or(0);
        rest.is_none()
    };
    let Some(at) = text.find(too_much) else { return text.to_owned() };
    format!("{}…", text.get(..at).unwrap_or_default())
}

/// Writing to a `String` cannot fail.
fn line(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(rest: &str) -> Wanted<'_> {
        Wanted::new(rest, |name| name == "finance")
    }

    fn record(number: u64, text: &str) -> Record {
        let (level, module) = (tracing::Level::WARN, Some("finance".to_owned()));
        let (source, text) = (Source::Modules, text.to_owned());
        Record { number, at_ms: 1_795_348_800_000, source, level, module, text }
    }

    #[test]
    fn a_name_and_a_text_are_told_apart() {
        for (rest, who, before, text) in [
            ("", Who::All, None, ""),
            ("host", Who::Host, None, ""),
            ("finance", Who::Module("finance"), None, ""),
            ("finance  no  rate", Who::Module("finance"), None, "no  rate"),
            ("no rate", Who::All, None, "no rate"),
            ("* host", Who::All, None, "host"),
            ("* <42", Who::All, Some(42), ""),
            ("host <42 finance", Who::Host, Some(42), "finance"),
            ("<b>", Who::All, None, "<b>"),
        ] {
            assert_eq!(wanted(rest), Wanted { who, before, text }, "{rest}");
        }
    }

    #[test]
    fn what_a_button_says_is_what_was_asked() {
        for rest in ["", "host", "finance a:b%3A", "* host", "no rate", "finance <7 x"] {
            let asked = wanted(rest);
            let button = asked.button("Older", Some(18_446_744_073_709_551_615)).unwrap();
            let back = button.data.strip_prefix("h:logs:").unwrap();
            let back = back.replace("%3A", ":").replace("%25", "%");
            let again = wanted(&back);
            assert_eq!((again.before, again.text), (Some(u64::MAX), asked.text), "{rest}");
            assert_eq!(again.who, asked.who);
        }
        let long = "x".repeat(60);
        let answer = wanted(&long).page(&[record(1, "y")], true, Tz::UTC);
        assert!(answer.keyboard.is_empty() && answer.html.contains("shorter text"));
    }

    #[test]
    fn times_are_those_of_where_the_owner_lives() {
        for (zone, time) in [(Tz::UTC, "11-22 12:00:00"), (Tz::Asia__Kathmandu, "11-22 17:45:00")] {
            let answer = wanted("").page(&[record(1, "y")], false, zone);
            assert!(
                answer.html.contains(time) && answer.html.contains(zone.name()),
                "{}",
                answer.html
            );
        }
    }

    /// A full page of the longest records, of characters that count double.
    #[test]
    fn a_page_is_one_message() {
        let text = "🎉".repeat(100) + &"<&>".repeat(100);
        let found: Vec<Record> = (0..15).map(|number| record(number, &text)).collect();
        let answer = wanted("").page(&found, true, Tz::Europe__Berlin);
        let visible = answer.html.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        assert!(visible.encode_utf16().count() <= 4_096, "{visible}");
        assert_eq!(answer.keyboard[0].len(), 2);
    }
}
