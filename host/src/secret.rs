//! Secrets: values that modules may have used for them, and never see.
//!
//! They come from the environment and from the database, where they are sealed with a key that is not in
//! the data directory. The environment wins, as it does for settings. What is set or removed takes effect
//! on the next use, and is known to the redaction before anybody can use it.

mod key;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use secrecy::{ExposeSecret as _, SecretString};

use self::key::Key;
pub(crate) use self::key::{KEY_SHORTEST, hmac};
use crate::database::{CommitError, Database, Seal, SealedSecret};
use crate::telemetry::redact;

/// Bytes of a value: shorter ones could not be kept out of other texts.
pub(crate) const SHORTEST: usize = redact::SHORTEST;
pub(crate) const LONGEST: usize = 16 << 10;
/// Secrets in the database at most.
const MOST: usize = 200;
/// The note in the database that tells a wrong key from the right one: salt and check value.
const NOTE: &str = "secret.key";

/// All secrets of the host.
pub(crate) struct Secrets {
    database: Database,
    key: Option<Key>,
    environment: BTreeMap<String, SecretString>,
    kept: Mutex<BTreeMap<String, Kept>>,
    current: ArcSwap<BTreeMap<String, SecretString>>,
    /// Held while one is changed, so that memory and database change in the same order.
    changing: tokio::sync::Mutex<()>,
    /// Whether the key was used here for the first time.
    first_use: bool,
}

struct Kept {
    value: SecretString,
    since_ms: i64,
}

/// A secret as it is listed: never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// When it was set; none if it comes from the environment.
    pub(crate) since_ms: Option<i64>,
    /// Whether one of the same name is in the database, and the environment's is used.
    pub(crate) shadows: bool,
}

/// Why a secret cannot be used or kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error(
        "is not set, and what is kept in this data directory is sealed with one; set the one that it was started with before. Nothing was changed"
    )]
    NoKey,
    #[error(
        "is not the key that this data directory is sealed with; set the one that it was started with before. Nothing was changed"
    )]
    WrongKey,
    #[error("the sealed secret {0} was damaged or changed; restore a backup of the data directory")]
    Damaged(String),
    #[error(
        "SECRET_KEY is not set, so that nothing can be sealed: set it to at least {KEY_SHORTEST} random characters, keep a copy of it elsewhere, and start again"
    )]
    Unsealable,
    #[error("a secret's name is 1 to 64 characters of A-Z, 0-9 and _, and begins with a letter")]
    Name,
    #[error("a secret has {SHORTEST} to {LONGEST} bytes; this value has {0}")]
    Length(usize),
    #[error("there are {MOST} secrets already; remove one first")]
    TooMany,
    #[error("there is no secret {0}; `umbrasil secret list` and /secret list show them")]
    Absent(String),
    #[error("{0} comes from the environment; remove it there")]
    Environment(String),
    #[error("the secret could not be kept: {0}")]
    Database(#[from] CommitError),
    #[error("cannot make a key: {0}")]
    Crypto(&'static str),
}

impl Secrets {
    /// Reads what is kept. Fails without a trace in the database if the key is not the right one.
    pub(crate) async fn open(
        database: Database,
        secret_key: Option<&SecretString>,
        environment: BTreeMap<String, SecretString>,
    ) -> Result<Self, SecretError> {
        let note = database.recall(NOTE).await?;
        let sealed = database.sealed_secrets().await?;
        let first_use = note.is_none() && secret_key.is_some();
        let key = match (secret_key, note) {
            (None, None) if sealed.is_empty() => None,
            (None, _) => return Err(SecretError::NoKey),
            // Whoever has removed the note cannot have the next key taken for the right one.
            (Some(_), None) if !sealed.is_empty() => return Err(SecretError::WrongKey),
            (Some(secret_key), Some(note)) => {
                Some(Key::from_note(secret_key, &note).await?.ok_or(SecretError::WrongKey)?)
            }
            (Some(secret_key), None) => {
                let (key, note) = Key::create(secret_key).await?;
                database.remember(NOTE, &note).await?;
                Some(key)
            }
        };
        let mut kept = BTreeMap::new();
        for SealedSecret { name, nonce, sealed, since_ms } in sealed {
            let opened = key.as_ref().and_then(|key| key.open(&name, &nonce, &sealed));
            let value = opened.ok_or_else(|| SecretError::Damaged(name.clone()))?;
            kept.insert(name, Kept { value, since_ms });
        }
        let secrets = Self {
            database,
            key,
            environment,
            kept: Mutex::new(kept),
            current: ArcSwap::default(),
            changing: tokio::sync::Mutex::default(),
            first_use,
        };
        secrets.publish();
        Ok(secrets)
    }

    /// The present value of a secret.
    pub(crate) fn value(&self, name: &str) -> Option<SecretString> {
        self.current.load().get(name).cloned()
    }

    /// All present values, for whoever looks for them in what goes out or comes in.
    pub(crate) fn all_values(&self) -> Vec<SecretString> {
        self.current.load().values().cloned().collect()
    }

    /// What the audit is sealed with.
    pub(crate) fn seal(&self) -> Seal {
        self.key.as_ref().map_or_else(Seal::open, Key::seal)
    }

    /// Whether SECRET_KEY was used in this data directory for the first time.
    pub(crate) fn is_first_use(&self) -> bool {
        self.first_use
    }

    /// Keeps a secret, in place of an earlier one of this name. Says whether there was one.
    pub(crate) async fn set(&self, name: &str, value: SecretString) -> Result<bool, SecretError> {
        if !is_name(name) {
            return Err(SecretError::Name);
        }
        let length = value.expose_secret().len();
        if !is_length(length) {
            return Err(SecretError::Length(length));
        }
        let key = self.key.as_ref().ok_or(SecretError::Unsealable)?;
        let changing = self.changing.lock().await;
        let (known, count) = self.with_kept(|kept| (kept.contains_key(name), kept.len()));
        if !known && count >= MOST {
            return Err(SecretError::TooMany);
        }
        let since_ms = chrono::Utc::now().timestamp_millis();
        let (nonce, sealed) = key.close(name, &value)?;
        let row = SealedSecret { name: name.to_owned(), nonce, sealed, since_ms };
        self.database.keep_secret(row).await?;
        self.with_kept(|kept| kept.insert(name.to_owned(), Kept { value, since_ms }));
        self.publish();
        drop(changing);
        Ok(known)
    }

    /// Forgets a secret that is kept.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), SecretError> {
        let changing = self.changing.lock().await;
        if !self.with_kept(|kept| kept.contains_key(name)) {
            let shown: String = name.chars().take(64).collect();
            return Err(match self.environment.contains_key(name) {
                true => SecretError::Environment(shown),
                false => SecretError::Absent(shown),
            });
        }
        self.database.forget_secret(name).await?;
        self.with_kept(|kept| kept.remove(name));
        self.publish();
        drop(changing);
        Ok(())
    }

    /// The names of all secrets, in order.
    pub(crate) fn list(&self) -> Vec<Listed> {
        self.with_kept(|kept| {
            let of_environment = self.environment.keys().map(|name| Listed {
                name: name.clone(),
                since_ms: None,
                shadows: kept.contains_key(name),
            });
            let of_database = kept.iter().filter(|(name, _)| !self.environment.contains_key(*name));
            let of_database = of_database.map(|(name, kept)| Listed {
                name: name.clone(),
                since_ms: Some(kept.since_ms),
                shadows: false,
            });
            let mut listed: Vec<Listed> = of_environment.chain(of_database).collect();
            listed.sort_by(|one, other| one.name.cmp(&other.name));
            listed
        })
    }

    /// Makes the present values those that are used, after the redaction knows them.
    fn publish(&self) {
        let (mut current, all) = self.with_kept(|kept| {
            let values = kept.iter().map(|(name, kept)| (name.clone(), kept.value.clone()));
            let all = kept.values().map(|kept| kept.value.clone());
            (values.collect::<BTreeMap<_, _>>(), all.collect::<Vec<_>>())
        });
        current.extend(self.environment.clone());
        redact::set_kept(all.into_iter().chain(self.environment.values().cloned()).collect());
        self.current.store(Arc::new(current));
    }

    fn with_kept<T>(&self, with: impl FnOnce(&mut BTreeMap<String, Kept>) -> T) -> T {
        with(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `^[A-Z][A-Z0-9_]{0,63}$`
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a value of so many bytes can be a secret.
pub(crate) fn is_length(bytes: usize) -> bool {
    (SHORTEST..=LONGEST).contains(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_environment_variables() {
        for name in ["A", "OPENAI_API_KEY", "K2", &"A".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a", "1A", "_A", "A-B", "A B", "Ä", "A\n", &"A".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn short_and_long_values_are_no_secrets() {
        assert!(!is_length(7) && is_length(8) && is_length(16 << 10) && !is_length((16 << 10) + 1));
    }
}
