//! What owners are told about the keys of servers.

use super::Dispatch;
use crate::approval::{self, Prompt};
use crate::capability::ssh::HostKeyNotice;
use crate::database::Commit;
use crate::reply::{MARK, escape};

impl Dispatch {
    /// Asks the first owner about a key that nobody has seen before; warns all of them of one that changed.
    pub(crate) async fn host_key_shown(&self, notice: HostKeyNotice) {
        match notice {
            HostKeyNotice::Unknown { target, address, key_type, fingerprint, key } => {
                let Some(owner) = self.gate.owners().next() else { return };
                let shown = approval::ShownKey { target, address, key_type, fingerprint, key };
                let now = chrono::Utc::now().timestamp_millis();
                let Prompt { approval, messages } = approval::host_key(shown, owner, now);
                self.post(Commit { messages, approvals: vec![approval], ..Commit::default() })
                    .await;
            }
            HostKeyNotice::Changed {
                target,
                address,
                recorded_type,
                recorded_fingerprint,
                offered_type,
                offered_fingerprint,
            } => {
                self.tell_owners(&format!(
                    "{MARK} 🚨 <b>The host key of {} has CHANGED</b>\n<code>{}</code> shows {} <code>{}</code>, but {} <code>{}</code> is recorded. Somebody may be in between: nothing was sent, and nothing is, until this is cleared up. If the server really has a new key: <code>umbrasil host-key forget {}</code>.",
                    escape(&target),
                    escape(&address),
                    escape(&offered_type),
                    escape(&offered_fingerprint),
                    escape(&recorded_type),
                    escape(&recorded_fingerprint),
                    escape(&target),
                ))
                .await;
            }
        }
    }
}
