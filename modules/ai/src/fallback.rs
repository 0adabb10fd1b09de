//! One turn of a model, from the first provider that gives one.
//!
//! Another provider is asked only as long as nobody has read a word: who has begun to read keeps what there
//! is, and decides whether to ask again.

use umbrasil_sdk::prelude::*;

use crate::health::Health;
use crate::message::{Message, Prompt, Turn};
use crate::provider::{Choice, Provider};
use crate::sse::Patience;
use crate::trouble::Trouble;

/// How a turn ended.
pub(crate) enum Ended {
    Whole {
        turn: Turn,
        by: Choice,
    },
    /// The answer broke off after this text.
    Cut {
        text: String,
        by: Choice,
        trouble: Trouble,
    },
    /// It does not want to answer; nobody else is asked for it.
    Declined {
        by: Choice,
    },
    Nobody,
}

/// Who answers a question, and who could not.
pub(crate) struct Fallback {
    /// In the order in which they are asked; who has answered comes first from then on.
    choices: Vec<Choice>,
    health: Health,
    patience: Patience,
    /// Who was asked for the same question before, and why that was no use.
    pub(crate) passed: Vec<(Provider, Trouble)>,
}

impl Fallback {
    pub(crate) fn new(choices: Vec<Choice>, health: Health, patience: Patience) -> Self {
        Self { choices, health, patience, passed: Vec::new() }
    }

    /// The model that is asked next.
    pub(crate) fn model(&self) -> &str {
        self.choices.first().map_or("", |choice| &choice.model)
    }

    /// Asks one provider after the other.
    pub(crate) fn ask(
        &mut self,
        prompt: &Prompt<'_>,
        on_text: &mut dyn FnMut(&str),
    ) -> Result<Ended> {
        while let Some(choice) = self.choices.first().cloned() {
            let provider = choice.provider;
            let trouble = match self.health.rests(provider) {
                Some(trouble) => trouble,
                None => match self.ask_one(&choice, prompt, on_text) {
                    Ok(turn) => {
                        self.health.note(provider, None);
                        return Ok(Ended::Whole { turn, by: choice });
                    }
                    // The host asks the owner; this event runs again then.
                    Err((_, trouble @ Trouble::Waits(_))) => {
                        return Err(Error::unavailable(trouble.to_string()));
                    }
                    Err((_, Trouble::Declined)) => return Ok(Ended::Declined { by: choice }),
                    Err((text, trouble)) => {
                        self.health.note(provider, Some(&trouble));
                        if !text.trim().is_empty() {
                            return Ok(Ended::Cut { text, by: choice, trouble });
                        }
                        trouble
                    }
                },
            };
            self.passed.push((provider, trouble));
            self.choices.remove(0);
        }
        Ok(Ended::Nobody)
    }

    /// Keeps who has failed.
    pub(crate) fn keep(&self) -> Result<()> {
        self.health.keep()
    }

    /// Asks one provider, and once more if it wants a moment. A failure comes with what was read before it.
    fn ask_one(
        &self,
        choice: &Choice,
        prompt: &Prompt<'_>,
        on_text: &mut dyn FnMut(&str),
    ) -> Result<Turn, (String, Trouble)> {
        let mut read = String::new();
        let mut listen = |text: &str| {
            text.clone_into(&mut read);
            on_text(text);
        };
        let mut turn = choice.ask(prompt, &self.patience, &mut listen);
        if let Err(trouble) = &turn
            && let Some(pause) = trouble.pause().filter(|pause| *pause < self.patience.left())
        {
            wait(pause);
            turn = choice.ask(prompt, &self.patience, &mut listen);
        }
        // Not every model knows tools; which do not is told by a refusal only.
        if let Err(trouble) = &turn
            && trouble.may_be_tools(choice.provider)
            && !prompt.tools.is_empty()
        {
            let system = format!("{}\nThere are no tools now.", prompt.system);
            let plain = Prompt { system: &system, tools: &[], ..*prompt };
            turn = choice.ask(&plain, &self.patience, &mut listen);
        }
        // After the results of commands there may be nothing left to say.
        let is_asked = !matches!(prompt.messages.last(), Some(Message::Results(_)));
        match turn {
            // An answer that says nothing is none.
            Ok(turn) if is_asked && turn.is_empty() && !turn.is_full => {
                Err((read, Trouble::Unreadable))
            }
            Ok(turn) => Ok(turn),
            Err(trouble) => Err((read, trouble)),
        }
    }
}

/// Nobody else waits for it: each event has an instance of its own.
#[expect(clippy::disallowed_methods, reason = "a sandbox has no other clock to wait with")]
fn wait(pause: std::time::Duration) {
    std::thread::sleep(pause);
}
