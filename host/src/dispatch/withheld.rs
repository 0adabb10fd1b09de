//! Values that were taken out of messages before these were kept: in memory only, until their command runs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;

/// Values that wait at once; the oldest is given up, and its author told to send it again.
const MOST: usize = 64;

#[derive(Default)]
pub(crate) struct Withheld(Mutex<VecDeque<(i64, SecretString)>>);

impl Withheld {
    /// Keeps the value of an update.
    pub(crate) fn put(&self, update: i64, value: SecretString) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        values.retain(|(of, _)| *of != update);
        values.push_back((update, value));
        if values.len() > MOST {
            values.pop_front();
        }
    }

    /// Gives the value of an update, once.
    pub(super) fn take(&self, update: i64) -> Option<SecretString> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = values.iter().position(|(of, _)| *of == update)?;
        values.remove(at).map(|(_, value)| value)
    }
}
