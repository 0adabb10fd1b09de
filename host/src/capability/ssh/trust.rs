//! Whose key a server must have, and who decides that. Any recorded key makes every other one a mismatch,
//! of another type too; without a recorded key nothing is sent, and an owner is asked.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use russh::keys::{HashAlg, PublicKey};
use tokio::sync::mpsc;

use super::dial::Refused;
use super::service::{Server, Service};
use crate::config::{SshTarget, host_key};
use crate::database::{Database, HostKey};

/// How long owners are not told the same again: as long as they have to answer.
const QUIET: Duration = Duration::from_mins(5);

/// What an owner must know of a server's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostKeyNotice {
    /// Nobody has seen this server before: an owner may trust its key, after comparing the fingerprint.
    Unknown {
        target: String,
        /// `HOST:PORT`.
        address: String,
        key_type: String,
        /// As `ssh-keygen -l` prints it: `SHA256:…`.
        fingerprint: String,
        /// As `authorized_keys` has it: what [`Service::trust`] takes.
        key: String,
    },
    /// The server has another key than before. There is nothing to be trusted here.
    Changed {
        target: String,
        address: String,
        recorded_type: String,
        recorded_fingerprint: String,
        /// Several, separated by commas, if the server has no key of the recorded type at all.
        offered_type: String,
        /// Empty in that case.
        offered_fingerprint: String,
    },
}

/// Why a key was not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TrustError {
    #[error("there is no target `{0}`")]
    NoTarget(String),
    #[error("{0} has another address by now; run a command there to be asked again")]
    Moved(String),
    #[error("{0} has a trusted host key already; forget that one first")]
    Known(String),
    #[error("this is no host key")]
    NoKey,
    #[error("the host key could not be stored")]
    NotStored,
}

/// The recorded keys, and the way to the owners.
#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) database: Database,
    pub(super) notices: mpsc::Sender<HostKeyNotice>,
}

impl Service {
    /// Records the key that an owner was asked about, if the target is still where it was and has none.
    pub(crate) async fn trust(
        &self,
        target: &str,
        address: &str,
        key: &str,
        by: &str,
    ) -> Result<(), TrustError> {
        let alias = || target.to_owned();
        let (Some(server), Some(ledger)) = (self.server(target), &self.ledger) else {
            return Err(TrustError::NoTarget(alias()));
        };
        if server.target.address() != address {
            return Err(TrustError::Moved(alias()));
        }
        if server.target.host_key.is_some() {
            return Err(TrustError::Known(alias()));
        }
        let key = host_key(key).and_then(|key| key.to_openssh().ok()).ok_or(TrustError::NoKey)?;
        let row = HostKey {
            target: alias(),
            address: address.to_owned(),
            key: key.trim().to_owned(),
            since_ms: chrono::Utc::now().timestamp_millis(),
            by: by.to_owned(),
        };
        match ledger.database.record_host_key(row).await {
            Ok(true) => {
                tracing::info!(server = target, by, "a host key is trusted");
                Ok(())
            }
            Ok(false) => Err(TrustError::Known(alias())),
            Err(error) => {
                tracing::error!(%error, "cannot store a host key");
                Err(TrustError::NotStored)
            }
        }
    }

    /// Has owners asked anew about the key of a target, the next time that it shows one: they refused this time.
    pub(crate) fn ask_again(&self, target: &str) {
        if let Some(server) = self.server(target) {
            *server.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// Forgets the recorded key of a target, and closes its session; says whether there was one. A key that
    /// is pinned in the settings stays.
    pub(crate) async fn forget(&self, target: &str) -> Result<bool, TrustError> {
        let (Some(server), Some(ledger)) = (self.server(target), &self.ledger) else {
            return Err(TrustError::NoTarget(target.to_owned()));
        };
        let forgotten = ledger.database.forget_host_key(target).await.map_err(|error| {
            tracing::error!(%error, "cannot forget a host key");
            TrustError::NotStored
        })?;
        server.close().await;
        Ok(forgotten)
    }
}

impl Ledger {
    /// The key that the target must have: the pinned one, or else the recorded one.
    pub(super) async fn recorded(
        &self,
        target: &SshTarget,
    ) -> Result<Option<PublicKey>, &'static str> {
        if let Some(pinned) = &target.host_key {
            return Ok(Some(pinned.clone()));
        }
        let row = self.database.host_key(&target.alias).await.map_err(|error| {
            tracing::error!(%error, "cannot read a host key");
            "has a host key on record that cannot be read"
        })?;
        let key = row.map(|row| host_key(&row.key).ok_or("has a damaged host key on record"));
        key.transpose()
    }

    /// What the module reads; what an owner must know is on its way then.
    pub(super) fn refused(
        &self,
        server: &Server,
        recorded: Option<&PublicKey>,
        refused: Refused,
    ) -> String {
        let (target, address) = (server.alias().to_owned(), server.target.address());
        let (text, notice) = match refused {
            Refused::Far(why) => return format!("{target} {why}"),
            Refused::Auth => {
                return format!(
                    "{target} does not accept the bot's key; an owner has to add it to authorized_keys there, and to check the user's name"
                );
            }
            Refused::Unknown(key) => {
                let text = format!(
                    "the host key of {target} is not known yet; an owner has been asked to trust it"
                );
                let (key_type, fingerprint) = (key.algorithm().to_string(), fingerprint(&key));
                let key = key.to_openssh().unwrap_or_default().trim().to_owned();
                (text, HostKeyNotice::Unknown { target, address, key_type, fingerprint, key })
            }
            Refused::Changed { offered, types } => {
                let text = format!(
                    "the host key of {target} has CHANGED: somebody may be between the bot and the server. Nothing was sent; an owner has to look into it"
                );
                let notice = HostKeyNotice::Changed {
                    target,
                    address,
                    recorded_type: recorded
                        .map_or_else(String::new, |key| key.algorithm().to_string()),
                    recorded_fingerprint: recorded.map_or_else(String::new, fingerprint),
                    offered_type: types,
                    offered_fingerprint: offered.as_ref().map_or_else(String::new, fingerprint),
                };
                (text, notice)
            }
        };
        self.tell(server, notice);
        text
    }

    fn tell(&self, server: &Server, notice: HostKeyNotice) {
        let what = match &notice {
            HostKeyNotice::Unknown { fingerprint, .. } => format!("unknown {fingerprint}"),
            HostKeyNotice::Changed { offered_type, offered_fingerprint, .. } => {
                format!("changed {offered_type} {offered_fingerprint}")
            }
        };
        let is_new = matches!(notice, HostKeyNotice::Unknown { .. });
        let why = if is_new { "is not known yet" } else { "is not the one on record" };
        tracing::warn!(server = server.alias(), key = what, "a server's host key {why}");
        let mut told = server.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_ref().is_some_and(|(last, at)| *last == what && at.elapsed() < QUIET) {
            return;
        }
        match self.notices.try_send(notice) {
            Ok(()) => *told = Some((what, Instant::now())),
            Err(error) => tracing::error!(%error, "cannot tell an owner about a host key"),
        }
    }
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}
