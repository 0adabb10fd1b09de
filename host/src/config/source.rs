//! Where settings come from: the environment over `umbrasil.toml`.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use super::ConfigError;

/// The names that `umbrasil.toml` may use, beside its `[modules]` table.
const NAMES: [&str; 43] = [
    "TELEGRAM_BOT_TOKEN",
    "TELEGRAM_API_URL",
    "ALLOWED_USER_IDS",
    "OWNER_USER_IDS",
    "ENABLE_FINANCE",
    "ENABLE_BUSINESS",
    "ENABLE_MONITORING",
    "ENABLE_AI",
    "ENABLE_VPS",
    "DEFAULT_CURRENCY",
    "TZ",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "PORT",
    "DATABASE_URL",
    "SECRET_KEY",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "CLAUDE_API_KEY",
    "CLAUDE_BASE_URL",
    "CLAUDE_MODEL",
    "OPENROUTER_API_KEY",
    "N8N_BASE_URL",
    "N8N_API_KEY",
    "VPS_HOST",
    "VPS_PORT",
    "VPS_USERNAME",
    "VPS_PRIVATE_KEY",
    "VPS_HOST_KEY",
    "DOCKER_HOST",
    "CPU_THRESHOLD",
    "MEMORY_THRESHOLD",
    "DISK_THRESHOLD",
    "SERVICES",
    "UMBRASIL_BIND",
    "UMBRASIL_CHAT_PORT",
    "UMBRASIL_DATA_DIR",
    "UMBRASIL_EXTRA_CA",
    "UMBRASIL_INSECURE_DOCKER",
    "UMBRASIL_MODULES_DIR",
    "UMBRASIL_RESOLVER",
    "UMBRASIL_UNTHROTTLED",
];

/// The tables of the file that are no settings: see [`super::nested`].
const TABLES: [&str; 3] = ["modules", "policy", "ssh"];

/// Settings by their environment name.
pub(super) struct Source {
    values: BTreeMap<String, String>,
    /// The file as it is, for its tables.
    pub(super) text: String,
}

impl Source {
    /// The process's environment over the file that `UMBRASIL_CONFIG` names, or `umbrasil.toml`.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
    pub(super) fn of_process() -> Result<Self, ConfigError> {
        let named = std::env::var("UMBRASIL_CONFIG").ok().filter(|path| !path.is_empty());
        let path = named.as_deref().unwrap_or("umbrasil.toml");
        let text = match std::fs::read_to_string(Path::new(path)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
                String::new()
            }
            Err(error) => {
                let reason = format!("cannot read {path}: {error}");
                return Err(ConfigError::new("UMBRASIL_CONFIG", reason));
            }
        };
        let mut values = parse(&text)?;
        for name in NAMES {
            match std::env::var(name) {
                Ok(value) => drop(values.insert(name.to_owned(), value)),
                Err(std::env::VarError::NotPresent) => {}
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(ConfigError::new(name, "is not valid UTF-8"));
                }
            }
        }
        Ok(Self { values, text })
    }

    pub(super) fn of_vars<'a>(
        vars: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ConfigError> {
        let values: BTreeMap<_, _> =
            vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Self { values, text: String::new() })
    }

    /// The settings of a file alone.
    #[cfg(test)]
    pub(super) fn of_text(text: &str) -> Result<Self, ConfigError> {
        Ok(Self { values: parse(text)?, text: text.to_owned() })
    }

    /// The value as it was written, also when it is empty.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The value without blanks around it; an empty one counts as not set.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// A variable that the owner's file names, whatever it is called.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let known = self.values.get(name).cloned();
        known.or_else(|| std::env::var(name).ok()).filter(|value| !value.trim().is_empty())
    }

    pub(super) fn parse<T: FromStr>(
        &self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, ConfigError> {
        let parsed = self.get(name).map(str::parse::<T>).transpose();
        parsed.map_err(|_| ConfigError::new(name, format!("must be {expected}")))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ConfigError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "1" | "yes" | "on") => Ok(Some(true)),
            Some("false" | "0" | "no" | "off") => Ok(Some(false)),
            Some(_) => Err(ConfigError::new(name, "must be true or false")),
        }
    }
}

fn parse(text: &str) -> Result<BTreeMap<String, String>, ConfigError> {
    let broken = |reason: String| ConfigError::new("UMBRASIL_CONFIG", reason);
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| broken(error.to_string()))?;
    let mut values = BTreeMap::new();
    for (key, value) in table {
        if TABLES.contains(&key.as_str()) && value.is_table() {
            continue;
        }
        let name = key.to_ascii_uppercase();
        let name = match name.as_str() {
            "DATA_DIR" | "MODULES_DIR" | "BIND" | "CHAT_PORT" | "EXTRA_CA" | "RESOLVER"
            | "INSECURE_DOCKER" => {
                format!("UMBRASIL_{name}")
            }
            _ => name,
        };
        if !NAMES.contains(&name.as_str()) {
            return Err(broken(format!("there is no setting `{key}`")));
        }
        let value = plain(&value).ok_or_else(|| {
            ConfigError::new(name.clone(), "must be a text, a number, true, false or a list")
        })?;
        values.insert(name, value);
    }
    Ok(values)
}

fn plain(value: &toml::Value) -> Option<String> {
    Some(match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(flag) => flag.to_string(),
        toml::Value::Array(items) => items.iter().map(plain).collect::<Option<Vec<_>>>()?.join(","),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn the_file_says_the_same_in_lower_case() {
        let values = parse(
            "allowed_user_ids = [111, 222]\nport = 0\ndata_dir = \"/data\"\nenable_ai = false",
        )
        .unwrap();
        let values: Vec<_> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            values,
            ["ALLOWED_USER_IDS=111,222", "ENABLE_AI=false", "PORT=0", "UMBRASIL_DATA_DIR=/data"]
        );
    }

    #[test]
    fn the_example_is_sound() {
        let values = parse(include_str!("../../../umbrasil.example.toml")).unwrap();
        let vars = values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let config = crate::config::Config::from_vars(vars).unwrap();
        assert!(config.allowed.len() == 2 && config.owners.len() == 1);
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let error = parse("alowed_user_ids = [1]").unwrap_err();
        assert!(error.to_string().contains("`alowed_user_ids`"), "{error}");
    }
}
