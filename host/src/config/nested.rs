//! The tables of `umbrasil.toml`: what the owner grants to modules, and the policy.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::ConfigError;
use super::source::Source;
use crate::grant::{Effect, Malformed, duration, tables};
use crate::permission::{Origin, Policy, Standing, Verdict};

tables! {
    /// `[modules.NAME]`.
    struct ModuleTable {
        enabled: Option<bool>,
        updates: Option<bool>,
        sha256: Option<String>,
        failures: Option<u32>,
        deadline: Option<String>,
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
            deadline: deadline(table.deadline.as_deref())
                .map_err(|error| broken(format!("[modules.{name}]: {error}")))?,
            users: table.users,
        };
        modules.insert(name, standing);
    }
    Ok(Tables { modules, policy: policy(&nested.policy).map_err(broken)?, disabled })
}

/// From a second to what schedules have.
fn deadline(text: Option<&str>) -> Result<Option<Duration>, Malformed> {
    let Some(text) = text else { return Ok(None) };
    let deadline = duration(text)?;
    if !(Duration::from_secs(1)..=Duration::from_mins(5)).contains(&deadline) {
        return Err(Malformed::new("`deadline` is between 1s and 300s"));
    }
    Ok(Some(deadline))
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

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../umbrasil.example.toml");

    fn tables(text: &str) -> Result<Tables, ConfigError> {
        tables_of(&Source::of_text(text)?, &BTreeMap::new())
    }

    /// Every grant that the example makes is explained there by its line, and the reverse.
    #[test]
    fn the_example_explains_every_kind_of_grant() {
        let tables = tables(EXAMPLE).unwrap();
        let example = &tables.modules["example"];
        let granted: Vec<String> = example.grants.iter().map(ToString::to_string).collect();
        let explained: Vec<&str> =
            EXAMPLE.lines().filter_map(|line| line.strip_prefix("#   ")).collect();
        assert!(explained.len() >= 18, "{explained:?}");
        for line in &explained {
            let scope: crate::grant::Scope =
                line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(scope.to_string(), *line);
            let exists = granted.iter().any(|granted| {
                granted == line
                    || granted.strip_suffix(" request 2097152 response 8388608") == Some(line)
            });
            assert!(exists, "{line} is not among {granted:#?}");
        }
        for kind in crate::grant::KINDS {
            assert!(example.grants.iter().any(|scope| scope.kind() == kind), "{kind}");
        }
        assert_eq!(tables.policy, Policy::default(), "the example shows the defaults");
    }

    #[test]
    fn mistakes_are_told_by_their_line_or_table() {
        for (text, word) in [
            ("[modules.x]\nenable = true", "enable"),
            ("[modules.x]\n[[modules.x.http]]\nurl = 7", "line 3"),
            ("[[modules.x.http]]\nurl = \"https://*/\"", "[modules.x]"),
            ("[modules.x]\ndeadline = \"1d\"", "between 1s and 300s"),
            ("[policy]\nstranger = { read = \"allow\" }", "stranger"),
            ("[policy]\nowner = { read = \"perhaps\" }", "perhaps"),
            ("[policy]\nowner = { delete = \"ask\" }", "delete"),
        ] {
            let error = tables(text).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
