//! What an owner looks at in the logs: source, level, text, and how far back. Kept for each user, because a
//! filter does not fit into a button.

use serde::{Deserialize, Serialize};
use umbrasil_sdk::HostError;
use umbrasil_sdk::docker;
use umbrasil_sdk::logs::{self, Level};
use umbrasil_sdk::prelude::*;

use crate::state;

/// Lines on a page.
pub(crate) const LINES: usize = 15;
/// Lines of a container that can be had.
const OF_CONTAINER: u32 = 200;
/// Pages that one can go back through.
const PAGES: usize = 200;

/// Where lines come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    #[default]
    Host,
    Modules,
    Container(String),
}

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct View {
    pub(crate) source: Source,
    /// 0 for debug to 3 for error.
    pub(crate) least: u8,
    pub(crate) filter: String,
    /// Where each page after the newest begins: for logs the number that its entries are before, for a
    /// container how many lines are newer.
    pub(crate) pages: Vec<u64>,
}

/// A line as it is shown.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) unix_ms: u64,
    /// One letter: D, I, W or E.
    pub(crate) level: char,
    pub(crate) text: String,
}

/// A page, oldest line first, and where the older ones begin.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    pub(crate) lines: Vec<Line>,
    pub(crate) older: Option<u64>,
}

impl View {
    /// What this user looked at last.
    pub(crate) fn read(call: &Call) -> Result<Self> {
        Ok(state::read(&key(call))?.unwrap_or_else(|| Self::of(Source::Host)))
    }

    /// The newest of a source, from info on.
    pub(crate) fn of(source: Source) -> Self {
        Self { source, least: 1, ..Self::default() }
    }

    pub(crate) fn keep(&self, call: &Call) -> Result<()> {
        state::keep(&key(call), self)
    }

    /// Goes to where older ones begin, or to where somebody already is.
    pub(crate) fn older(&mut self, begin: u64) {
        if self.pages.last() != Some(&begin) && self.pages.len() < PAGES {
            self.pages.push(begin);
        }
    }

    /// The line that an owner grants for it.
    pub(crate) fn permission(&self) -> String {
        match &self.source {
            Source::Host => "logs host".to_owned(),
            Source::Modules => "logs modules".to_owned(),
            Source::Container(name) => format!("docker logs {name}"),
        }
    }

    pub(crate) fn level_name(&self) -> &'static str {
        match self.least {
            0 => "debug",
            1 => "info",
            2 => "warn",
            _ => "error",
        }
    }

    /// The lines to show.
    pub(crate) fn lines(&self) -> Result<Shown, HostError> {
        match &self.source {
            Source::Host => self.logged(logs::Source::Host),
            Source::Modules => self.logged(logs::Source::Modules),
            Source::Container(name) => self.written(name),
        }
    }

    fn logged(&self, source: logs::Source) -> Result<Shown, HostError> {
        let least = match self.least {
            0 => Level::Debug,
            1 => Level::Info,
            2 => Level::Warn,
            _ => Level::Error,
        };
        let filter = self.filter.clone();
        // One more says whether there are older ones.
        let limit = u32::try_from(LINES + 1).unwrap_or(u32::MAX);
        let before = self.pages.last().copied();
        let query = logs::Query { source, least, module: None, filter, before, limit };
        let mut entries = logs::read(&query)?;
        let more = entries.len() > LINES;
        entries.truncate(LINES);
        let older = entries.last().filter(|_| more).map(|entry| entry.number);
        let line = |entry: logs::Entry| Line {
            unix_ms: entry.unix_ms,
            level: match entry.level {
                Level::Debug => 'D',
                Level::Info => 'I',
                Level::Warn => 'W',
                Level::Error => 'E',
            },
            text: match entry.module {
                Some(module) => format!("{module}: {}", entry.text),
                None => entry.text,
            },
        };
        Ok(Shown { lines: entries.into_iter().rev().map(line).collect(), older })
    }

    fn written(&self, name: &str) -> Result<Shown, HostError> {
        let lines = docker::logs_with(name, OF_CONTAINER, &self.filter)?;
        let newer =
            self.pages.last().copied().and_then(|newer| usize::try_from(newer).ok()).unwrap_or(0);
        let end = lines.len().saturating_sub(newer);
        let begin = end.saturating_sub(LINES);
        let older = (begin > 0).then_some((lines.len() - begin) as u64);
        let line = |line: docker::LogLine| Line {
            unix_ms: line.unix_ms,
            level: if line.stderr { 'E' } else { ' ' },
            text: line.text,
        };
        let lines = lines.into_iter().skip(begin).take(end - begin).map(line).collect();
        Ok(Shown { lines, older })
    }
}

fn key(call: &Call) -> String {
    format!("{}/logs", call.user().id)
}
