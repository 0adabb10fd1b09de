//! The models that are known by name, with what they cost.
//!
//! Prices are those of the providers' own lists on 2026-11-20, in US dollars per million tokens. A model
//! that is not here works as well; what it costs is unknown then, unless the provider says it. So that a budget
//! holds all the same, it counts as the dearest that is known of its provider.

use crate::message::Tokens;
use crate::provider::Provider;

/// A model by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) provider: Provider,
    pub(crate) name: &'static str,
    /// In micro-dollars per million tokens.
    input: u64,
    output: u64,
    /// How many tokens of earlier conversation it is sent.
    history: u64,
}

/// Tokens of earlier conversation for a model that is not known.
const HISTORY: u64 = 8_000;
/// Of voice that is transcribed, in micro-dollars a second: $0.006 a minute.
const SECOND: u64 = 100;

/// The first of each provider is the one that answers unless somebody chooses.
pub(crate) const MODELS: [Model; 15] = [
    model(Provider::OpenAi, "gpt-5.4-mini", 750_000, 4_500_000, 8_000),
    model(Provider::OpenAi, "gpt-5.4-nano", 200_000, 1_250_000, 8_000),
    model(Provider::OpenAi, "gpt-5.4", 2_500_000, 15_000_000, 16_000),
    model(Provider::OpenAi, "gpt-5.5", 5_000_000, 30_000_000, 16_000),
    model(Provider::OpenAi, "gpt-5-mini", 250_000, 2_000_000, 8_000),
    model(Provider::OpenAi, "gpt-4.1-mini", 400_000, 1_600_000, 8_000),
    model(Provider::OpenAi, "gpt-4o-mini", 150_000, 600_000, 8_000),
    model(Provider::Claude, "claude-sonnet-5-5", 2_000_000, 10_000_000, 16_000),
    model(Provider::Claude, "claude-opus-5-5", 4_000_000, 20_000_000, 16_000),
    model(Provider::Claude, "claude-sonnet-5", 2_000_000, 10_000_000, 16_000),
    model(Provider::Claude, "claude-sonnet-4-6", 3_000_000, 15_000_000, 16_000),
    model(Provider::Claude, "claude-haiku-4-5", 1_000_000, 5_000_000, 8_000),
    model(Provider::OpenRouter, "openai/gpt-5.4-mini", 750_000, 4_500_000, 8_000),
    model(Provider::OpenRouter, "openai/gpt-5.4-nano", 200_000, 1_250_000, 8_000),
    model(Provider::OpenRouter, "anthropic/claude-haiku-4.5", 1_000_000, 5_000_000, 8_000),
];

const fn model(
    provider: Provider,
    name: &'static str,
    input: u64,
    output: u64,
    history: u64,
) -> Model {
    Model { provider, name, input, output, history }
}

/// The known model of this name; a date behind it, as in `gpt-5.4-mini-2026-03-17`, does not matter.
pub(crate) fn known(name: &str) -> Option<&'static Model> {
    let exact = MODELS.iter().find(|model| model.name == name);
    let dated = |model: &&Model| {
        let date = name.strip_prefix(model.name).and_then(|rest| rest.strip_prefix('-'));
        date.is_some_and(|date| {
            let digits = date.bytes().filter(u8::is_ascii_digit).count();
            digits == 8 && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        })
    };
    exact.or_else(|| MODELS.iter().find(dated))
}

/// What tokens of a model cost, in micro-dollars; none if nobody knows.
pub(crate) fn cost(model: &str, tokens: Tokens) -> Option<u64> {
    let known = known(model)?;
    let input = tokens.input.saturating_mul(known.input);
    let sum = input.saturating_add(tokens.output.saturating_mul(known.output));
    Some(sum.div_ceil(1_000_000))
}

/// What tokens of an unknown model cost at most, as far as the provider's known models tell.
pub(crate) fn dearest(provider: Provider, tokens: Tokens) -> Option<u64> {
    let models = MODELS.iter().filter(|model| model.provider == provider);
    models.filter_map(|model| cost(model.name, tokens)).max()
}

/// What it costs to transcribe so many seconds, in micro-dollars.
pub(crate) fn voice(seconds: u64) -> u64 {
    seconds.saturating_mul(SECOND)
}

/// How many tokens of earlier conversation a model is sent.
pub(crate) fn history(model: &str) -> u64 {
    known(model).map_or(HISTORY, |model| model.history)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_and_rounded_up() {
        let tokens = |input, output| Tokens { input, output };
        assert_eq!(cost("gpt-5.4-mini", tokens(1_000_000, 0)), Some(750_000));
        assert_eq!(cost("gpt-5.4-mini", tokens(1, 0)), Some(1));
        assert_eq!(cost("gpt-5.4-mini-2026-03-17", tokens(1_200, 340)), Some(2_430));
        assert_eq!(cost("gpt-5.4-mini-preview", tokens(1, 1)), None);
        assert_eq!(cost("llama", tokens(1, 1)), None);
        assert_eq!(dearest(Provider::OpenAi, tokens(1_000_000, 1_000_000)), Some(35_000_000));
        assert_eq!(cost("gpt-5.4", tokens(u64::MAX, 1)), Some(u64::MAX.div_ceil(1_000_000)));
    }
}
