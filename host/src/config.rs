//! What the operator has set: the only reader of the environment.
//!
//! Each setting has one name. The environment wins; `umbrasil.toml` says the same in lower case
//! (`default_currency = "EUR"`). A wrong value is an error that names the setting, and the host does
//! not start: a bot that guesses what its owner meant is worse than one that asks.

mod docker;
mod nested;
mod settings;
mod source;
mod ssh;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use secrecy::SecretString;
use tracing::Level;

pub(crate) use self::docker::DockerHost;
use self::source::Source;
pub(crate) use self::ssh::{SshTarget, host_key, is_sound};
use crate::permission::{Policy, Standing};
use crate::secret::{self, KEY_SHORTEST};
use crate::telemetry::redact;

/// Everything that the operator may set, checked.
#[derive(Debug, Clone)]
pub struct Config {
    pub telegram: Telegram,
    /// Who may talk to the bot. Never empty.
    pub allowed: BTreeSet<i64>,
    /// Who may operate it, as listed, each once. Never empty, a part of `allowed`.
    pub owners: Vec<i64>,
    pub data_dir: PathBuf,
    pub modules_dir: PathBuf,
    /// Where `/healthz`, `/readyz` and `/metrics` are served.
    pub bind: IpAddr,
    pub port: Port,
    pub time_zone: chrono_tz::Tz,
    pub log: Log,
    /// Features that `ENABLE_…` switches off, by module name.
    pub disabled: BTreeSet<String>,
    /// Settings that modules may ask for by name. None of them is a secret.
    pub settings: BTreeMap<String, String>,
    /// What the owner's file grants to modules.
    pub(crate) modules: BTreeMap<String, Standing>,
    pub(crate) policy: Policy,
    /// The DNS server for modules' requests, instead of the system's.
    pub resolver: Option<std::net::SocketAddr>,
    /// A PEM file with more certificate authorities for modules' requests.
    pub extra_ca: Option<PathBuf>,
    /// Where the Docker daemon is.
    pub(crate) docker_host: DockerHost,
    /// The servers that `ssh` reaches, by alias.
    pub(crate) targets: Vec<SshTarget>,
    /// What secrets are encrypted with.
    pub secret_key: Option<SecretString>,
    /// Secrets from the environment, by name.
    pub secrets: BTreeMap<String, SecretString>,
}

/// Which Bot API the host talks to.
#[derive(Debug, Clone)]
pub enum Telegram {
    /// The server inside this process, with a chat page on this port.
    Local { chat_port: Port },
    /// A Bot API server somewhere else, usually Telegram's.
    Remote {
        token: SecretString,
        api_url: url::Url,
        /// No outgoing rate limits: for load tests against a loopback address.
        unthrottled: bool,
    },
}

/// A TCP port to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// This one (0: any free one), or the start fails.
    Exactly(u16),
    /// This one if it is free, else any.
    Preferably(u16),
}

/// How the host writes its log.
#[derive(Debug, Clone, Copy)]
pub struct Log {
    pub level: Level,
    pub format: LogFormat,
}

/// One record a line either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// A setting that the host cannot start with. Its value is never shown: it may be a secret.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct ConfigError {
    pub setting: String,
    pub reason: String,
}

/// The modules that come with the binary; each has an `ENABLE_…` switch.
const FEATURES: [&str; 5] = ["finance", "business", "monitoring", "ai", "vps"];

/// The secrets that may come from the environment.
const SECRETS: [&str; 5] =
    ["OPENAI_API_KEY", "CLAUDE_API_KEY", "OPENROUTER_API_KEY", "N8N_API_KEY", "VPS_PRIVATE_KEY"];
/// Who lives in local mode when nobody else is named: the owner and a user.
pub(crate) const LOCAL_PEOPLE: [i64; 2] = [1001, 1002];

impl Config {
    /// Reads the environment and, if there is one, `umbrasil.toml`.
    ///
    /// From then on, nothing that this process logs or sends shows what is secret among them.
    pub fn load() -> Result<Self, ConfigError> {
        let config = Self::from_source(&Source::of_process()?)?;
        let token = match &config.telegram {
            Telegram::Remote { token, .. } => Some(token.clone()),
            Telegram::Local { .. } => None,
        };
        let secrets = config.secrets.values().cloned();
        redact::add_fixed(secrets.chain(token).chain(config.secret_key.clone()));
        Ok(config)
    }

    /// Reads settings from `vars` alone, as if they were the environment.
    pub fn from_vars<'a>(
        vars: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ConfigError> {
        Self::from_source(&Source::of_vars(vars)?)
    }

    fn from_source(source: &Source) -> Result<Self, ConfigError> {
        let telegram = telegram(source)?;
        let (allowed, owners) = people(source, &telegram)?;
        let data_dir = PathBuf::from(source.get("UMBRASIL_DATA_DIR").unwrap_or("data"));
        let modules_dir = source
            .get("UMBRASIL_MODULES_DIR")
            .map_or_else(|| data_dir.join("modules"), PathBuf::from);
        if source.get("DATABASE_URL").is_some() {
            let reason = "this version keeps its data in the embedded SQLite file only; unset it";
            return Err(ConfigError::new("DATABASE_URL", reason));
        }
        let settings = settings::settings(source)?;
        let tables = nested::tables_of(source, &settings)?;
        for (name, standing) in &tables.modules {
            let mut users = standing.users.iter().flatten();
            if let Some(stray) = users.find(|user| !allowed.contains(user)) {
                let reason = format!("[modules.{name}]: users: {stray} is not in ALLOWED_USER_IDS");
                return Err(ConfigError::new("UMBRASIL_CONFIG", reason));
            }
        }
        let mut disabled = disabled(source)?;
        disabled.extend(tables.disabled);
        Ok(Self {
            port: port(source, "PORT", &telegram, 8080)?,
            telegram,
            allowed,
            owners,
            data_dir,
            modules_dir,
            bind: source
                .parse("UMBRASIL_BIND", "an IP address such as 127.0.0.1 or 0.0.0.0")?
                .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            time_zone: source
                .parse("TZ", "a time zone such as Europe/Zurich")?
                .unwrap_or(chrono_tz::UTC),
            log: Log { level: level(source)?, format: format(source)? },
            disabled,
            settings,
            modules: tables.modules,
            policy: tables.policy,
            resolver: source
                .parse("UMBRASIL_RESOLVER", "the address of a DNS server, such as 10.0.0.53:53")?,
            extra_ca: source.get("UMBRASIL_EXTRA_CA").map(PathBuf::from),
            docker_host: docker::host(source)?,
            targets: ssh::targets(source)?,
            secret_key: secret_key(source)?,
            secrets: secrets(source)?,
        })
    }
}

impl ConfigError {
    fn new(setting: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { setting: setting.into(), reason: reason.into() }
    }
}

fn telegram(source: &Source) -> Result<Telegram, ConfigError> {
    let token = source.get("TELEGRAM_BOT_TOKEN");
    let api_url = source.get("TELEGRAM_API_URL");
    let Some(token) = token else {
        if api_url.is_some() {
            let reason = "is needed as well when TELEGRAM_API_URL is set";
            return Err(ConfigError::new("TELEGRAM_BOT_TOKEN", reason));
        }
        let chat_port = match source.parse::<u16>("UMBRASIL_CHAT_PORT", "a port, 0 to 65535")? {
            Some(port) => Port::Exactly(port),
            None => Port::Preferably(8480),
        };
        return Ok(Telegram::Local { chat_port });
    };
    let well_formed = token.split_once(':').is_some_and(|(id, key)| {
        !id.is_empty()
            && id.bytes().all(|byte| byte.is_ascii_digit())
            && !key.is_empty()
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    });
    if !well_formed {
        let reason = "is not a bot token; @BotFather gives one that looks like 123456:ABC-DEF…";
        return Err(ConfigError::new("TELEGRAM_BOT_TOKEN", reason));
    }
    let api_url: url::Url = source
        .parse("TELEGRAM_API_URL", "a URL such as https://api.telegram.org")?
        .unwrap_or_else(telegram_org);
    if !matches!(api_url.scheme(), "http" | "https") || !api_url.has_host() {
        return Err(ConfigError::new(
            "TELEGRAM_API_URL",
            "must be an http or https URL with a host",
        ));
    }
    let unthrottled = source.flag("UMBRASIL_UNTHROTTLED")?.unwrap_or(false);
    if unthrottled && !is_loopback(&api_url) {
        let reason = "is for load tests: TELEGRAM_API_URL must be a loopback address such as http://127.0.0.1:9400";
        return Err(ConfigError::new("UMBRASIL_UNTHROTTLED", reason));
    }
    Ok(Telegram::Remote { token: token.to_owned().into(), api_url, unthrottled })
}

#[expect(clippy::expect_used, reason = "a constant that parses")]
fn telegram_org() -> url::Url {
    url::Url::parse("https://api.telegram.org").expect("a well-formed constant")
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn people(source: &Source, telegram: &Telegram) -> Result<(BTreeSet<i64>, Vec<i64>), ConfigError> {
    let listed = ids(source, "ALLOWED_USER_IDS")?;
    let allowed = match (listed, telegram) {
        (Some(listed), _) => listed,
        (None, Telegram::Local { .. }) => LOCAL_PEOPLE.to_vec(),
        (None, Telegram::Remote { .. }) => {
            let reason = "is not set, so that nobody could talk to the bot; list numeric Telegram ids, the owner first";
            return Err(ConfigError::new("ALLOWED_USER_IDS", reason));
        }
    };
    let owners = match ids(source, "OWNER_USER_IDS")? {
        Some(owners) => owners,
        None => allowed.iter().take(1).copied().collect(),
    };
    let allowed: BTreeSet<i64> = allowed.into_iter().collect();
    if let Some(stray) = owners.iter().find(|owner| !allowed.contains(owner)) {
        let reason = format!("{stray} is not in ALLOWED_USER_IDS; an owner must be allowed too");
        return Err(ConfigError::new("OWNER_USER_IDS", reason));
    }
    Ok((allowed, owners))
}

/// A list of numeric ids; a trailing comma and repetitions are fine, anything else is not.
fn ids(source: &Source, name: &str) -> Result<Option<Vec<i64>>, ConfigError> {
    let Some(value) = source.raw(name) else { return Ok(None) };
    let mut ids = Vec::new();
    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.parse::<i64>() {
            Ok(id) if id > 0 && ids.contains(&id) => {}
            Ok(id) if id > 0 => ids.push(id),
            _ if part.starts_with('@') || part.chars().any(char::is_alphabetic) => {
                let reason = "holds something that is not a numeric id; names can be taken over, ids cannot (@userinfobot tells yours)";
                return Err(ConfigError::new(name, reason));
            }
            _ => {
                return Err(ConfigError::new(
                    name,
                    "must hold positive numeric user ids, separated by commas",
                ));
            }
        }
    }
    if ids.is_empty() {
        return Err(ConfigError::new(
            name,
            "holds no id, so that nobody is allowed; list at least the owner's",
        ));
    }
    Ok(Some(ids))
}

/// Without a wish of the operator, local mode takes another port rather than not start.
fn port(
    source: &Source,
    name: &str,
    telegram: &Telegram,
    default: u16,
) -> Result<Port, ConfigError> {
    Ok(match (source.parse(name, "a port, 0 to 65535")?, telegram) {
        (Some(port), _) => Port::Exactly(port),
        (None, Telegram::Local { .. }) => Port::Preferably(default),
        (None, Telegram::Remote { .. }) => Port::Exactly(default),
    })
}

fn level(source: &Source) -> Result<Level, ConfigError> {
    Ok(match source.get("LOG_LEVEL").map(str::to_ascii_lowercase).as_deref() {
        None | Some("info") => Level::INFO,
        Some("error" | "critical") => Level::ERROR,
        Some("warn" | "warning") => Level::WARN,
        Some("debug") => Level::DEBUG,
        Some("trace") => Level::TRACE,
        Some(_) => {
            return Err(ConfigError::new("LOG_LEVEL", "must be error, warn, info, debug or trace"));
        }
    })
}

fn format(source: &Source) -> Result<LogFormat, ConfigError> {
    match source.get("LOG_FORMAT").map(str::to_ascii_lowercase).as_deref() {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(_) => Err(ConfigError::new("LOG_FORMAT", "must be text or json")),
    }
}

fn disabled(source: &Source) -> Result<BTreeSet<String>, ConfigError> {
    let mut disabled = BTreeSet::new();
    for feature in FEATURES {
        if source.flag(&format!("ENABLE_{}", feature.to_ascii_uppercase()))? == Some(false) {
            disabled.insert(feature.to_owned());
        }
    }
    Ok(disabled)
}

fn secret_key(source: &Source) -> Result<Option<SecretString>, ConfigError> {
    let Some(key) = source.get("SECRET_KEY") else { return Ok(None) };
    if key.chars().count() < KEY_SHORTEST {
        let reason = format!(
            "must have at least {KEY_SHORTEST} characters; `openssl rand -base64 32` makes a good one"
        );
        return Err(ConfigError::new("SECRET_KEY", reason));
    }
    Ok(Some(key.into()))
}

fn secrets(source: &Source) -> Result<BTreeMap<String, SecretString>, ConfigError> {
    let mut secrets = BTreeMap::new();
    for name in SECRETS {
        let Some(value) = source.get(name) else { continue };
        if !secret::is_length(value.len()) {
            let reason = format!(
                "must have {} to {} bytes: a shorter one could not be kept out of the log",
                secret::SHORTEST,
                secret::LONGEST
            );
            return Err(ConfigError::new(name, reason));
        }
        secrets.insert(name.to_owned(), value.into());
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REMOTE: [(&str, &str); 2] =
        [("TELEGRAM_BOT_TOKEN", "123456:ABC-def_1"), ("ALLOWED_USER_IDS", "111, 222,111,")];

    fn with<'a>(more: &[(&'a str, &'a str)]) -> Result<Config, ConfigError> {
        Config::from_vars(REMOTE.iter().chain(more).copied())
    }

    #[test]
    fn nothing_set_is_local_mode() {
        let config = Config::from_vars([]).unwrap();
        assert!(matches!(config.telegram, Telegram::Local { chat_port: Port::Preferably(8480) }));
        assert_eq!(config.owners, [1001]);
    }

    #[test]
    fn the_first_allowed_user_owns_the_bot() {
        let config = with(&[]).unwrap();
        assert_eq!(config.allowed, BTreeSet::from([111, 222]));
        assert_eq!(config.owners, [111]);
        assert_eq!(with(&[("OWNER_USER_IDS", "222")]).unwrap().owners, [222]);
        let both = with(&[("OWNER_USER_IDS", "222, 111, 222")]).unwrap().owners;
        assert_eq!(both, [222, 111], "the first one listed is the first");
    }

    #[test]
    fn a_wrong_value_names_its_setting_and_hides_itself() {
        let wrong = [
            ("TELEGRAM_BOT_TOKEN", "verysecret"),
            ("ALLOWED_USER_IDS", ""),
            ("ALLOWED_USER_IDS", ","),
            ("ALLOWED_USER_IDS", "*"),
            ("ALLOWED_USER_IDS", "abc"),
            ("ALLOWED_USER_IDS", "@owner"),
            ("ALLOWED_USER_IDS", "-5"),
            ("ALLOWED_USER_IDS", "0"),
            ("ALLOWED_USER_IDS", "1;2"),
            ("ALLOWED_USER_IDS", "99999999999999999999"),
            ("OWNER_USER_IDS", "333"),
            ("TELEGRAM_API_URL", "ftp://example.org"),
            ("TELEGRAM_API_URL", "nonsense"),
            ("PORT", "70000"),
            ("PORT", "http"),
            ("UMBRASIL_BIND", "everywhere"),
            ("TZ", "Mars/Olympus"),
            ("LOG_LEVEL", "loud"),
            ("LOG_FORMAT", "xml"),
            ("ENABLE_FINANCE", "perhaps"),
            ("DEFAULT_CURRENCY", "Euros"),
            ("DATABASE_URL", "postgres://localhost/x"),
            ("UMBRASIL_UNTHROTTLED", "1"),
            ("DOCKER_HOST", "tcp://10.0.0.5:2375"),
            ("UMBRASIL_INSECURE_DOCKER", "perhaps"),
            ("SERVICES", "shop=https://u:p@shop.example.org/"),
            ("CPU_THRESHOLD", "101"),
            ("DISK_THRESHOLD", "85%"),
        ];
        for (setting, value) in wrong {
            let error = with(&[(setting, value)]).map(|_| ()).expect_err(setting);
            assert_eq!(error.setting, setting, "{value}");
            assert!(value.len() < 6 || !error.to_string().contains(value), "{error}");
        }
    }

    #[test]
    fn the_load_test_switch_needs_a_loopback_server() {
        let url = ("TELEGRAM_API_URL", "http://127.0.0.1:9400");
        let config = with(&[url, ("UMBRASIL_UNTHROTTLED", "1")]).unwrap();
        assert!(matches!(config.telegram, Telegram::Remote { unthrottled: true, .. }));
    }

    #[test]
    fn a_token_alone_is_not_enough() {
        let error = Config::from_vars(REMOTE.into_iter().take(1)).expect_err("no allow-list");
        assert_eq!(error.setting, "ALLOWED_USER_IDS");
    }
}
