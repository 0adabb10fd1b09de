//! The tables of `umbrasil.toml`: what the owner grants to modules, and the policy.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ConfigError;
use super::source::Source;
use crate::grant::{Effect, tables};
use crate::permission::{Origin, Policy, Standing, Verdict};

tables! {
    /// `[modules.NAME]`.
    struct ModuleTable {
        enabled: Option<bool>,
        updates: Option<bool>,
        sha256: Option<String>,
        failures: Option<u32>,
        users: Option<Vec<i64>>,
    }
}

#[derive(Default, Deserialize)]
struct Nested {
    #[serde(default)]
    modules: BTreeMap<String, ModuleTable>,
    #[serde(default)]
    policy: BTreeMap<String, BTreeMap<String, String>>,
}

/// What the file says beside its settings.
pub(super) struct Tables {
    pub(super) modules: BTreeMap<String, Standing>,
    pub(super) policy: Policy,
    /// Modules that are switched off.
    pub(super) disabled: Vec<String>,
}

pub(super) fn tables_of(
    source: &Source,
    settings: &BTreeMap<String, String>,
) -> Result<Tables, ConfigError> {
    let broken = |reason: String| ConfigError::new("UMBRASIL_CONFIG", reason);
    let nested: Nested = toml::from_str(&source.text)
        .map_err(|error| broken(error.to_string().trim_end().to_owned()))?;
    let mut modules = BTreeMap::new();
    let mut disabled = Vec::new();
    for (name, table) in nested.modules {
        let wants = table.wants().expand(&|setting| settings.get(setting).cloned());
        let wants = wants.map_err(|error| broken(format!("[modules.{name}]: {error}")))?;
        if table.enabled == Some(false) {
            disabled.push(name.clone());
        }
        let standing = Standing {
            grants: wants.into_iter().map(|want| want.scope).collect(),
            updates: table.updates,
            sha256: table.sha256.map(|hash| hash.to_ascii_lowercase()),
            failures: table.failures,
            users: table.users,
        };
        modules.insert(name, standing);
    }
    Ok(Tables { modules, policy: policy(&nested.policy).map_err(broken)?, disabled })
}

fn policy(table: &BTreeMap<String, BTreeMap<String, String>>) -> Result<Policy, String> {
    let mut policy = Policy::default();
    for (origin, verdicts) in table {
        let known = Origin::ALL.into_iter().find(|known| known.word() == origin);
        let origin = known.ok_or_else(|| {
            format!("[policy]: `{origin}` is none of owner, user, model, schedule")
        })?;
        for (effect, verdict) in verdicts {
            let wrong = || {
                format!(
                    "[policy]: `{effect} = \"{verdict}\"` must be read, change or dangerous = \"allow\", \"ask\" or \"deny\""
                )
            };
            let effect = Effect::from_word(effect).ok_or_else(wrong)?;
            policy.set(origin, effect, Verdict::from_word(verdict).ok_or_else(wrong)?);
        }
    }
    Ok(policy)
}
