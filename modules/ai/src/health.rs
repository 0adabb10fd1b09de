//! Which providers have failed lately: who fails again and again is left alone for a while.
//!
//! Kept for each user, not for all together: questions of two users then never wait for each other, and never
//! overtake each other's records. A provider that is down costs each of them three failures.

use umbrasil_sdk::prelude::*;

use crate::provider::Provider;
use crate::trouble::Trouble;

/// So many failures within this time, in milliseconds, and it rests so long after the last of them. Then one
/// question tries it: it fails and rests again, or succeeds and is well.
const FAILURES: usize = 3;
const WITHIN: u64 = 5 * 60_000;
const REST: u64 = 2 * 60_000;

/// The failures of all providers, as one user has seen them.
#[derive(Debug)]
pub(crate) struct Health {
    user: i64,
    now: u64,
    /// When each provider has failed, oldest first, in milliseconds since 1970.
    failures: [Vec<u64>; 3],
    is_changed: bool,
}

impl Health {
    pub(crate) fn of(call: &Call) -> Result<Self> {
        let user = call.user().id;
        let kept = storage::get_many(Provider::ALL.map(|provider| key(user, provider)))?;
        let read = |bytes: Option<Vec<u8>>| {
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
            text.split(' ').filter_map(|moment| moment.parse().ok()).collect()
        };
        Ok(Self { user, now: call.at().unix_ms, failures: kept.map(read), is_changed: false })
    }

    /// Why the provider is not to be asked now, if so.
    pub(crate) fn rests(&mut self, provider: Provider) -> Option<Trouble> {
        let now = self.now;
        let failures = self.failures(provider);
        let (last, first) = (*failures.last()?, failures.len().checked_sub(FAILURES)?);
        let is_dense = last.saturating_sub(*failures.get(first)?) <= WITHIN;
        let end = last.saturating_add(REST);
        (is_dense && now < end).then(|| Trouble::Resting((end - now).div_ceil(1_000)))
    }

    /// Notes how a provider has fared.
    pub(crate) fn note(&mut self, provider: Provider, trouble: Option<&Trouble>) {
        let now = self.now;
        let failures = self.failures(provider);
        match trouble {
            None if failures.is_empty() => return,
            None => failures.clear(),
            Some(trouble) if !trouble.is_sickness() => return,
            Some(_) => {
                failures.push(now);
                let over = failures.len().saturating_sub(FAILURES);
                failures.drain(..over);
            }
        }
        self.is_changed = true;
    }

    pub(crate) fn keep(&self) -> Result<()> {
        if !self.is_changed {
            return Ok(());
        }
        for (provider, failures) in Provider::ALL.into_iter().zip(&self.failures) {
            let key = key(self.user, provider);
            if failures.is_empty() {
                storage::delete(&key)?;
            } else {
                let moments: Vec<String> = failures.iter().map(ToString::to_string).collect();
                storage::set(&key, moments.join(" "))?;
            }
        }
        Ok(())
    }

    fn failures(&mut self, provider: Provider) -> &mut Vec<u64> {
        let [openai, claude, openrouter] = &mut self.failures;
        match provider {
            Provider::OpenAi => openai,
            Provider::Claude => claude,
            Provider::OpenRouter => openrouter,
        }
    }
}

fn key(user: i64, provider: Provider) -> String {
    format!("{user}/failures/{}", provider.word())
}
