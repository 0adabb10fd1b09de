//! Secrets, as owners set, list and remove them.

use secrecy::SecretString;

use super::{Operate, Refused, table, time};
use crate::audit::Record;
use crate::secret::{Listed, SecretError};

/// What the host needs before it can read what is kept.
const SETTINGS: [&str; 3] = ["TELEGRAM_BOT_TOKEN", "SECRET_KEY", "VPS_PRIVATE_KEY"];

impl Operate {
    /// Keeps a secret, with effect on the next use.
    pub(crate) async fn set_secret(
        &self,
        name: &str,
        value: SecretString,
        by: &str,
    ) -> Result<String, Refused> {
        if SETTINGS.contains(&name) {
            let text = format!("{name} is a setting of the host itself: set it in the environment");
            return Err(Refused::Failed(text));
        }
        let replaced = self.secrets.set(name, value).await.map_err(refused)?;
        let decision = if replaced { "replace" } else { "set" };
        self.audit.record(&Record::of_person(by, "secret", name, decision));
        let mut text = format!("Secret {name} is {}.", if replaced { "replaced" } else { "kept" });
        if self.secrets.list().iter().any(|listed| listed.name == name && listed.shadows) {
            text.push_str(" The environment has one of this name too, and that is used until you remove it there.");
        }
        Ok(text)
    }

    /// Forgets a secret, with effect on the next use.
    pub(crate) async fn remove_secret(&self, name: &str, by: &str) -> Result<String, Refused> {
        self.secrets.remove(name).await.map_err(refused)?;
        self.audit.record(&Record::of_person(by, "secret", name, "remove"));
        Ok(format!("Secret {name} is removed."))
    }

    /// The names of all secrets, since when, and where from.
    pub(crate) fn list_secrets(&self) -> String {
        let listed = self.secrets.list();
        if listed.is_empty() {
            return "There are no secrets.".to_owned();
        }
        let row = |listed: &Listed| {
            let since = listed.since_ms.map_or_else(|| "-".to_owned(), time);
            let from = match (listed.since_ms, listed.shadows) {
                (Some(_), _) => "database",
                (None, false) => "environment",
                (None, true) => "environment (used instead of the one in the database)",
            };
            vec![listed.name.clone(), since, from.to_owned()]
        };
        let head = ["NAME", "SINCE (UTC)", "FROM"].map(str::to_owned).to_vec();
        let rows: Vec<_> = std::iter::once(head).chain(listed.iter().map(row)).collect();
        table(&rows)
    }

    /// Puts on record that somebody tried what only owners may.
    pub(crate) fn not_an_owner(&self, by: &str, capability: &str, target: &str) {
        let reason = "not an owner".to_owned();
        let record = Record { reason, ..Record::of_person(by, capability, target, "deny") };
        self.audit.record(&record);
    }
}

fn refused(error: SecretError) -> Refused {
    match error {
        SecretError::Name | SecretError::Length(_) => Refused::usage(error),
        error => Refused::Failed(error.to_string()),
    }
}
