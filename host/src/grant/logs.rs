//! `logs SOURCE`: whose records of the log may be read.

use std::str::FromStr;

use super::Malformed;
use crate::telemetry::recent::Source;

impl FromStr for Source {
    type Err = Malformed;

    fn from_str(word: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == word);
        found.map(|(_, source)| source).ok_or_else(|| {
            Malformed(format!("`{}` is neither host nor modules", word.escape_debug()))
        })
    }
}
