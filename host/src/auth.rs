//! Who may speak: the one gate that every update passes before anything looks at what it says.

use std::collections::BTreeSet;
use std::sync::Arc;

/// The owner's list, by numeric id: the only identity that nobody can take over.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    allowed: Arc<BTreeSet<i64>>,
    /// In their order: the first is asked and told where there can be only one.
    owners: Arc<[i64]>,
}

/// Where an update says that it comes from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Origin {
    pub(crate) sender: Option<i64>,
    pub(crate) chat: Option<i64>,
    pub(crate) private: bool,
    pub(crate) bot: bool,
    /// Sent in the name of a chat or channel.
    pub(crate) on_behalf: bool,
}

impl Gate {
    pub(crate) fn new(allowed: BTreeSet<i64>, owners: Vec<i64>) -> Self {
        Self { allowed: Arc::new(allowed), owners: owners.into() }
    }

    /// Whether this origin may speak: a listed person, as themselves, in their private chat.
    pub(crate) fn admits(&self, origin: Origin) -> bool {
        let Origin { sender: Some(sender), chat, private, bot, on_behalf } = origin else {
            return false;
        };
        private && !bot && !on_behalf && chat == Some(sender) && self.is_allowed(sender)
    }

    pub(crate) fn is_allowed(&self, user: i64) -> bool {
        self.allowed.contains(&user)
    }

    pub(crate) fn is_owner(&self, user: i64) -> bool {
        self.owners.contains(&user) && self.is_allowed(user)
    }

    pub(crate) fn owners(&self) -> impl Iterator<Item = i64> {
        self.owners.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_listed_person_in_their_own_private_chat_passes() {
        let gate = Gate::new(BTreeSet::from([111, 222]), vec![111]);
        let good =
            Origin { sender: Some(111), chat: Some(111), private: true, ..Origin::default() };
        assert!(gate.admits(good));
        let refused = [
            Origin::default(),
            Origin { sender: None, ..good },
            Origin { sender: Some(999), chat: Some(999), ..good },
            Origin { sender: Some(999), ..good },
            Origin { chat: Some(-100), private: false, ..good },
            Origin { chat: Some(222), ..good },
            Origin { chat: None, ..good },
            Origin { private: false, ..good },
            Origin { bot: true, ..good },
            Origin { on_behalf: true, ..good },
        ];
        for origin in refused {
            assert!(!gate.admits(origin), "{origin:?}");
        }
        assert!(gate.is_owner(111) && !gate.is_owner(222));
    }
}
