//! The settings that modules may ask for: checked here, because a wrong one must stop the start and be named.

use std::collections::BTreeMap;

use super::ConfigError;
use super::source::Source;
use crate::grant::services;

/// The settings that modules may ask for.
const SETTINGS: &[&str] = &[
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "CLAUDE_BASE_URL",
    "CLAUDE_MODEL",
    "OPENROUTER_MODEL",
    "AI_DAILY_BUDGET",
    "AI_SYSTEM_PROMPT",
    "N8N_BASE_URL",
    "CPU_THRESHOLD",
    "MEMORY_THRESHOLD",
    "DISK_THRESHOLD",
    "RATES_BASE_URL",
];
/// Percent at which an alert begins.
const THRESHOLDS: [&str; 3] = ["CPU_THRESHOLD", "MEMORY_THRESHOLD", "DISK_THRESHOLD"];

pub(super) fn settings(source: &Source) -> Result<BTreeMap<String, String>, ConfigError> {
    let currency = source.get("DEFAULT_CURRENCY").unwrap_or("EUR").to_ascii_uppercase();
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(ConfigError::new(
            "DEFAULT_CURRENCY",
            "must be a three-letter ISO 4217 code such as EUR",
        ));
    }
    for name in ["OPENAI_BASE_URL", "CLAUDE_BASE_URL", "N8N_BASE_URL", "RATES_BASE_URL"] {
        let url: Option<url::Url> =
            source.parse(name, "a URL such as https://api.example.org/v1")?;
        let sound = |url: &url::Url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty()
        };
        if !url.as_ref().is_none_or(sound) {
            return Err(ConfigError::new(name, "must be an http or https URL without a user"));
        }
    }
    budget(source)?;
    for name in THRESHOLDS {
        let percent: Option<u8> = source.parse(name, "a whole number of percent, 0 to 100")?;
        if percent.is_some_and(|percent| percent > 100) {
            return Err(ConfigError::new(name, "must be 0 to 100 percent; 100 means no alert"));
        }
    }
    let set = |name: &&str| Some(((*name).to_owned(), source.get(name)?.to_owned()));
    let mut settings: BTreeMap<String, String> = SETTINGS.iter().filter_map(set).collect();
    settings.insert("DEFAULT_CURRENCY".to_owned(), currency);
    let list = services::normalised(source.get(services::SETTING).unwrap_or_default())
        .map_err(|error| ConfigError::new(services::SETTING, error.to_string()))?;
    if !list.is_empty() {
        settings.insert(services::SETTING.to_owned(), list);
    }
    Ok(settings)
}

fn budget(source: &Source) -> Result<(), ConfigError> {
    let Some(budget) = source.get("AI_DAILY_BUDGET") else { return Ok(()) };
    let (whole, part) = budget.split_once('.').unwrap_or((budget, "0"));
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole, 9) || !digits(part, 6) {
        let reason = "must be US dollars for each user and day, such as 1.50; 0 means no limit";
        return Err(ConfigError::new("AI_DAILY_BUDGET", reason));
    }
    Ok(())
}
