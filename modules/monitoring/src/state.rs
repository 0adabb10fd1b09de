//! What the schedule remembers from one minute to the next: detectors, alerts, and what was said.

use serde::{Deserialize, Serialize};
use umbrasil_sdk::prelude::*;

use crate::alert::Alerts;
use crate::condition::{Detector, Subject};
use crate::notice::Notices;

const KEY: &str = "watch";
/// The version of the value, which is JSON behind it.
const VERSION: char = '1';

/// All of it, in one value. Times are seconds since 1970.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Watch {
    /// The last round.
    pub(crate) at: u64,
    /// The newest checks of services that were looked at.
    pub(crate) probed_at: u64,
    /// The number of the last message.
    pub(crate) message: u64,
    pub(crate) detectors: Vec<Detector>,
    pub(crate) alerts: Alerts,
    pub(crate) notices: Notices,
}

impl Watch {
    /// What was kept; the beginning if nothing was.
    pub(crate) fn read() -> Result<Self> {
        read(KEY).map(Option::unwrap_or_default)
    }

    pub(crate) fn keep(&self) -> Result<()> {
        keep(KEY, self)
    }

    pub(crate) fn detector(&self, subject: &Subject) -> Option<&Detector> {
        self.detectors.iter().find(|detector| detector.subject == *subject)
    }
}

/// Reads a value that [`keep`] wrote. One that is broken or of another version is as if there were none: it
/// is better to begin anew than to watch nothing for ever.
pub(crate) fn read<T: serde::de::DeserializeOwned>(key: &str) -> Result<Option<T>> {
    let Some(text) = storage::get_text(key)? else { return Ok(None) };
    let value = text.strip_prefix(VERSION).map(serde_json::from_str);
    if let Some(Ok(value)) = value {
        return Ok(Some(value));
    }
    log::warn(format_args!("`{key}` cannot be read, and begins anew"));
    Ok(None)
}

/// Keeps a value as JSON behind its version.
pub(crate) fn keep<T: Serialize>(key: &str, value: &T) -> Result<()> {
    let json = serde_json::to_string(value).map_err(Error::internal)?;
    storage::set(key, format!("{VERSION}{json}"))
}
