//! Who caused a call, and what that means for it.

use crate::grant::Effect;

/// What made a module do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(crate) enum Origin {
    /// An owner's own command, button or text.
    Owner,
    /// Another user's.
    User,
    /// Another module, such as one that lets an AI model choose.
    Model,
    /// A schedule.
    Schedule,
}

/// What happens with a call that is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    /// An owner is asked, with the exact call.
    Ask,
    Deny,
}

/// A verdict for each origin and effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy([[Verdict; 3]; 4]);

impl Default for Policy {
    fn default() -> Self {
        use Verdict::{Allow, Ask, Deny};
        Self([[Allow, Allow, Ask], [Allow, Allow, Ask], [Allow, Ask, Ask], [Allow, Allow, Deny]])
    }
}

impl Origin {
    pub(crate) const ALL: [Self; 4] = [Self::Owner, Self::User, Self::Model, Self::Schedule];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::User => "user",
            Self::Model => "model",
            Self::Schedule => "schedule",
        }
    }
}

impl Verdict {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Allow, Self::Ask, Self::Deny].into_iter().find(|verdict| verdict.word() == word)
    }
}

impl Policy {
    pub(crate) fn verdict(&self, origin: Origin, effect: Effect) -> Verdict {
        let verdict = self.0.get(origin as usize).and_then(|row| row.get(effect as usize));
        // There is one for each; what is not decided would be forbidden.
        verdict.copied().unwrap_or(Verdict::Deny)
    }

    pub(crate) fn set(&mut self, origin: Origin, effect: Effect, verdict: Verdict) {
        let slot = self.0.get_mut(origin as usize).and_then(|row| row.get_mut(effect as usize));
        if let Some(slot) = slot {
            *slot = verdict;
        }
    }
}
