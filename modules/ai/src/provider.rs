//! Who can answer: which providers are set up, where they are, and which of their models is meant.

use umbrasil_sdk::http::Request;
use umbrasil_sdk::prelude::*;
use umbrasil_sdk::{HostError, http};

use crate::message::{Prompt, Turn};
use crate::price;
use crate::sse::Patience;
use crate::trouble::Trouble;
use crate::{claude, openai};

/// What is said while nobody is set up.
pub(crate) const NOBODY: &str = "No AI provider is set up.\nSet OPENAI_API_KEY, CLAUDE_API_KEY or OPENROUTER_API_KEY: the owner writes /secret set OPENAI_API_KEY and the key here, or runs `umbrasil secret set OPENAI_API_KEY`.";

/// A company that answers, or a server that speaks like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Provider {
    OpenAi,
    Claude,
    OpenRouter,
}

/// A provider that is set up, with the model that it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) provider: Provider,
    pub(crate) model: String,
    /// Without a slash at its end.
    base: String,
    /// Whether there is a key: a server of one's own may need none.
    has_key: bool,
    /// Whether it is not the company itself but a server that speaks like it.
    pub(crate) is_own: bool,
}

impl Provider {
    /// In the order in which they are tried.
    pub(crate) const ALL: [Self; 3] = [Self::OpenAi, Self::Claude, Self::OpenRouter];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::OpenAi => "OpenAI",
            Self::Claude => "Claude",
            Self::OpenRouter => "OpenRouter",
        }
    }

    /// As people and keys write it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Claude => "claude",
            Self::OpenRouter => "openrouter",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.word().eq_ignore_ascii_case(word))
    }

    pub(crate) fn secret(self) -> &'static str {
        match self {
            Self::OpenAi => "OPENAI_API_KEY",
            Self::Claude => "CLAUDE_API_KEY",
            Self::OpenRouter => "OPENROUTER_API_KEY",
        }
    }

    /// Where it is, unless it cannot be elsewhere: the setting, and what holds without it.
    fn base(self) -> (Option<&'static str>, &'static str) {
        match self {
            Self::OpenAi => (Some("OPENAI_BASE_URL"), "https://api.openai.com/v1"),
            Self::Claude => (Some("CLAUDE_BASE_URL"), "https://api.anthropic.com"),
            Self::OpenRouter => (None, "https://openrouter.ai/api/v1"),
        }
    }

    /// Whether this is an address of the company.
    fn is_at(self, base: &str) -> bool {
        let host = base.split_once("://").map_or(base, |(_, rest)| rest);
        let host = host.split(['/', ':']).next().unwrap_or(host);
        let domain = match self {
            Self::OpenAi => "openai.com",
            Self::Claude => "anthropic.com",
            Self::OpenRouter => "openrouter.ai",
        };
        host.strip_suffix(domain).is_some_and(|part| part.is_empty() || part.ends_with('.'))
    }

    /// The model that is asked unless somebody chooses.
    fn model(self) -> Result<String> {
        let setting = match self {
            Self::OpenAi => "OPENAI_MODEL",
            Self::Claude => "CLAUDE_MODEL",
            Self::OpenRouter => "OPENROUTER_MODEL",
        };
        let first = price::MODELS.iter().find(|model| model.provider == self);
        config::get_or(setting, first.map_or("", |model| model.name))
    }
}

impl Choice {
    /// The providers that are set up, in the order in which they are tried.
    pub(crate) fn all() -> Result<Vec<Self>> {
        let secrets = http::secrets()?;
        let mut choices = Vec::new();
        for provider in Provider::ALL {
            let (setting, usual) = provider.base();
            let own = match setting {
                Some(setting) => config::get(setting)?.filter(|base| !base.is_empty()),
                None => None,
            };
            let has_key = secrets.iter().any(|name| name == provider.secret());
            // A server of one's own may let everybody in; OpenAI and the like do not.
            if !has_key && (own.is_none() || provider != Provider::OpenAi) {
                continue;
            }
            let base = own.unwrap_or_else(|| usual.to_owned());
            let base = base.trim_end_matches('/');
            // Claude's has no version at its end, but people write it as for the others.
            let base = match provider {
                Provider::Claude => base.strip_suffix("/v1").unwrap_or(base),
                Provider::OpenAi | Provider::OpenRouter => base,
            };
            let (base, is_own) = (base.to_owned(), !provider.is_at(base));
            choices.push(Self { provider, model: provider.model()?, base, has_key, is_own });
        }
        Ok(choices)
    }

    /// The same providers with the one that the user has chosen first, asked for that model if it is named.
    pub(crate) fn in_order(chosen: Option<&Wish>) -> Result<Vec<Self>> {
        let mut choices = Self::all()?;
        let Some(wish) = chosen else { return Ok(choices) };
        if let Some(at) = choices.iter().position(|choice| choice.provider == wish.provider) {
            let mut first = choices.remove(at);
            if let Some(model) = &wish.model {
                first.model.clone_from(model);
            }
            choices.insert(0, first);
        }
        Ok(choices)
    }

    /// Whose prices hold for a model that is not known; nobody's on a server of one's own.
    pub(crate) fn maker(&self) -> Option<Provider> {
        (!self.is_own).then_some(self.provider)
    }

    /// Asks the model, and tells `on_text` the whole text so far each time that more of it has arrived.
    pub(crate) fn ask(
        &self,
        prompt: &Prompt<'_>,
        patience: &Patience,
        on_text: &mut dyn FnMut(&str),
    ) -> Result<Turn, Trouble> {
        match self.provider {
            Provider::Claude => claude::ask(self, prompt, patience, on_text),
            Provider::OpenAi | Provider::OpenRouter => openai::ask(self, prompt, patience, on_text),
        }
    }

    /// A request to a path of the provider, with the key if there is one.
    pub(crate) fn post(&self, path: &str) -> Request {
        let request = Request::post(format!("{}{path}", self.base));
        if self.has_key { request.secret(self.provider.secret()) } else { request }
    }
}

/// What a user has chosen with `/model`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) provider: Provider,
    pub(crate) model: Option<String>,
}

impl Wish {
    /// What somebody means who writes or presses this, with what is set up: also `sonnet` alone, and the models
    /// of a server of one's own that have a slash in their names.
    pub(crate) fn meant(text: &str, choices: &[Choice]) -> Option<Self> {
        if ["sonnet", "opus", "haiku"].iter().any(|family| family.eq_ignore_ascii_case(text)) {
            let family = text.to_ascii_lowercase();
            let mut models =
                price::MODELS.iter().filter(|model| model.provider == Provider::Claude);
            let model = models.find(|model| model.name.contains(&family))?;
            return Some(Self { provider: model.provider, model: Some(model.name.to_owned()) });
        }
        let wish = Self::read(text)?;
        let has = |provider| choices.iter().find(|choice| choice.provider == provider);
        let is_explicit =
            text.split_once(':').is_some_and(|(word, _)| Provider::of_word(word).is_some());
        if wish.provider == Provider::OpenRouter
            && wish.model.is_some()
            && !is_explicit
            && has(Provider::OpenRouter).is_none()
            && has(Provider::OpenAi).is_some_and(|choice| choice.is_own)
        {
            return Some(Self { provider: Provider::OpenAi, ..wish });
        }
        Some(wish)
    }

    /// Reads `claude`, `claude:MODEL` or the name of a model alone.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if let Some(provider) = Provider::of_word(text) {
            return Some(Self { provider, model: None });
        }
        if let Some((word, model)) = text.split_once(':')
            && let Some(provider) = Provider::of_word(word)
        {
            return is_name(model).then(|| Self { provider, model: Some(model.to_owned()) });
        }
        if !is_name(text) {
            return None;
        }
        let provider = price::known(text).map(|model| model.provider);
        let provider = provider.unwrap_or(if text.contains('/') {
            Provider::OpenRouter
        } else if text.starts_with("claude") {
            Provider::Claude
        } else {
            Provider::OpenAi
        });
        Some(Self { provider, model: Some(text.to_owned()) })
    }

    /// The user's own wish.
    pub(crate) fn of(call: &Call) -> Result<Option<Self>> {
        Ok(storage::get_text(&Self::key(call))?.and_then(|text| Self::read(&text)))
    }

    pub(crate) fn keep(wish: Option<&Self>, call: &Call) -> Result<()> {
        match wish {
            Some(wish) => storage::set(&Self::key(call), wish.to_string()),
            None => storage::delete(&Self::key(call)),
        }
    }

    fn key(call: &Call) -> String {
        format!("{}/model", call.user().id)
    }
}

impl std::fmt::Display for Wish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.provider.word())?;
        self.model.iter().try_for_each(|model| write!(f, ":{model}"))
    }
}

/// Whether a text can be the name of a model.
fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte))
}

/// What a failed call to the host means for a question.
pub(crate) fn unreachable(error: HostError) -> Trouble {
    match error {
        // The owner wants to confirm completions: the event ends here, and runs again after the tap.
        HostError::Pending(text) => Trouble::Waits(text),
        HostError::Timeout => Trouble::Silent,
        HostError::Denied(text) => Trouble::NotPermitted(text),
        HostError::TooLarge(_) => Trouble::TooLarge,
        HostError::Unknown(_) => Trouble::Unreachable("no answer came".to_owned()),
        HostError::Unavailable(text) | HostError::Invalid(text) | HostError::Other(text) => {
            Trouble::Unreachable(text)
        }
        HostError::Conflict => Trouble::Unreachable("it is busy".to_owned()),
    }
}
