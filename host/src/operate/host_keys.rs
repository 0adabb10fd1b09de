//! The keys of servers: what is recorded, and forgetting one when a server really has a new key.

use super::{Operate, Refused, table, time};
use crate::audit::Record;

impl Operate {
    /// The recorded keys, as a table.
    pub(super) async fn list_host_keys(&self) -> Result<String, Refused> {
        let keys = self.database.host_keys().await?;
        if keys.is_empty() {
            return Ok(
                "No host key is recorded. An owner is asked when a command first runs on a server."
                    .to_owned(),
            );
        }
        let mut rows =
            vec![["TARGET", "ADDRESS", "TYPE", "SINCE", "BY"].map(str::to_owned).to_vec()];
        rows.extend(keys.into_iter().map(|key| {
            let kind = key.key.split(' ').next().unwrap_or("").to_owned();
            vec![key.target, key.address, kind, time(key.since_ms), key.by]
        }));
        Ok(table(&rows))
    }

    /// Forgets the key of a target, so that an owner is asked about the one that it shows next.
    pub(super) async fn forget_host_key(&self, target: &str, by: &str) -> Result<String, Refused> {
        let forgotten = match self.ssh.get() {
            Some(ssh) => {
                ssh.forget(target).await.map_err(|error| Refused::Failed(error.to_string()))?
            }
            None => self.database.forget_host_key(target).await?,
        };
        if !forgotten {
            return Err(Refused::Failed(format!(
                "no key is recorded for {target:?}; `umbrasil host-key list` shows those that are. A key in the settings stays until it is changed there"
            )));
        }
        let target_line = format!("host key of {target}");
        self.audit.record(&Record::of_person(by, "ssh", &target_line, "forget"));
        Ok(format!(
            "The key of {target} is forgotten. An owner is asked about the next one that it shows."
        ))
    }
}
