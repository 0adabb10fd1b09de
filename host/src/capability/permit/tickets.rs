//! What owners have agreed to for one event, and what they have to be asked about.
//!
//! A ticket is the hash of a request, and good for one call. The event runs from its beginning once an owner has
//! agreed: so whoever asks keeps track of which tickets led there.

use super::Subject;
use crate::grant::Call;

/// The tickets of one event.
pub(crate) struct Tickets {
    open: Vec<String>,
    /// The calls that wait for an owner.
    asked: Vec<Asked>,
    /// The tickets that were used for commands of other modules.
    used_inside: Vec<String>,
    /// Those of them whose commands gave an answer.
    kept_inside: Vec<String>,
}

/// A call that an owner has to agree to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// SHA-256 of the canonical request.
    pub(crate) hash: String,
    /// What the owner reads: complete, with everything unusual escaped.
    pub(crate) shown: String,
    /// Commands of other modules that an owner has agreed to on the way here. They are drafts until the event
    /// is committed, so they may be made again; what reaches outside never is.
    pub(crate) behind: Vec<String>,
}

/// What there was before a call of several parts.
pub(crate) struct Before {
    open: Vec<String>,
    asked: usize,
}

impl Tickets {
    pub(super) fn new(open: Vec<String>) -> Self {
        let (asked, used_inside, kept_inside) = (Vec::new(), Vec::new(), Vec::new());
        Self { open, asked, used_inside, kept_inside }
    }

    /// The requests that an owner has agreed to and that were not made yet.
    pub(crate) fn open(&self) -> &[String] {
        &self.open
    }

    pub(crate) fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Uses a ticket up; says whether there was one. `inside` is a command of another module.
    pub(super) fn spend(&mut self, hash: &str, inside: bool) -> bool {
        let Some(at) = self.open.iter().position(|ticket| ticket == hash) else { return false };
        let ticket = self.open.swap_remove(at);
        if inside {
            self.used_inside.push(ticket);
        }
        true
    }

    /// Has an owner asked about a call.
    pub(super) fn ask(&mut self, mut asked: Asked) {
        asked.behind.extend_from_slice(&self.used_inside);
        if !self.asked.iter().any(|known| known.hash == asked.hash) {
            self.asked.push(asked);
        }
    }

    /// Takes over what became of the tickets in a module that was called, and what that one asks for.
    pub(crate) fn take_over(&mut self, open: Vec<String>, asked: Vec<Asked>) {
        self.open = open;
        for asked in asked {
            self.ask(asked);
        }
    }

    /// How many tickets were used for commands of other modules.
    pub(crate) fn used_inside(&self) -> usize {
        self.used_inside.len()
    }

    /// Notes that a command gave an answer: the tickets that were used since `before` led to something.
    pub(crate) fn keep_inside(&mut self, before: usize) {
        self.kept_inside.extend_from_slice(self.used_inside.get(before..).unwrap_or_default());
    }

    /// What there is before a call of several parts: see [`Tickets::postpone`].
    pub(crate) fn before_several(&self) -> Before {
        Before { open: self.open.clone(), asked: self.asked.len() }
    }

    /// Takes back what a call of several parts has used, because one of them waits for an owner and so none is
    /// made: all of it is needed again when the event runs again. The parts are asked about one after the other.
    pub(crate) fn postpone(&mut self, before: Before) {
        let mut used = before.open.clone();
        for left in &self.open {
            if let Some(at) = used.iter().position(|ticket| ticket == left) {
                used.swap_remove(at);
            }
        }
        self.asked.truncate(before.asked + 1);
        for asked in self.asked.iter_mut().skip(before.asked) {
            asked.behind.extend_from_slice(&used);
        }
        self.open = before.open;
    }

    /// What waits for an owner when the event is kept. What called commands did is kept with it and not to be
    /// done again; those that could not end need what was agreed to on the way to them once more.
    pub(crate) fn into_asked_of_kept(self) -> Vec<Asked> {
        let Self { mut asked, kept_inside, .. } = self;
        for asked in &mut asked {
            asked.behind.retain(|ticket| !kept_inside.contains(ticket));
        }
        asked
    }
}

impl Asked {
    /// What an owner reads and agrees to. The hash binds it to the component that asks.
    pub(super) fn new(subject: &Subject, call: &Call, detail: &str) -> Self {
        let line = match call {
            Call::Http(http) => format!("http {} {}", http.method, http.url),
            Call::Module { module, command, text, .. } if text.is_empty() => {
                format!("/{command} (of {module})")
            }
            Call::Module { module, command, text, .. } => {
                format!("/{command} {text} (of {module})")
            }
            call => call.to_string(),
        };
        let canonical = format!("{}\n{}\n{line}\n{detail}", subject.module, subject.hash);
        let escaped = crate::telemetry::logging::escaped;
        let shown = if detail.is_empty() {
            escaped(&line)
        } else {
            format!("{}\n{}", escaped(&line), escaped(detail))
        };
        Self { hash: crate::grant::hash(canonical.as_bytes()), shown, behind: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::Origin;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let subject = Subject {
            event: "e".into(),
            module: "ai".into(),
            hash: "h".into(),
            actor: "owner 111".into(),
            origin: Origin::Model,
        };
        for (text, shown) in
            [("", "/budget (of finance)"), ("food 300", "/budget food 300 (of finance)")]
        {
            let call = Call::Module {
                module: "finance".to_owned(),
                command: "budget".to_owned(),
                text: text.to_owned(),
                changes: true,
            };
            assert_eq!(Asked::new(&subject, &call, "").shown, shown);
        }
    }
}
