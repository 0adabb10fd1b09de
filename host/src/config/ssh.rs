//! The servers that modules may be granted commands on: `VPS_…` is the target `vps`, `[ssh.NAME]` any other.
//!
//! A target is checked whole before the host starts: address, user, private key, pinned host key. Nothing
//! that is wrong is ever shown, because the wrong line may hold the key itself.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, PrivateKey, PublicKey};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::ConfigError;
use super::source::Source;
use crate::grant::is_name;

/// How long a command may run, unless its target says otherwise.
const TIMEOUT: u64 = 60;
/// The longest that a target may say, in seconds.
const LONGEST_TIMEOUT: u64 = 300;
/// The largest file that can be a private key.
const KEY_FILE: u64 = 64 << 10;
/// The shortest RSA key, in bits, of us and of servers.
const RSA: u32 = 2_048;
/// The target that `VPS_…` stands for.
const VPS: &str = "vps";

/// A server by its alias. Its address, user and keys never leave the host.
#[derive(Debug, Clone)]
pub(crate) struct SshTarget {
    pub(crate) alias: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    /// The private key as its file has it.
    key: SecretString,
    /// The only host key that is accepted, if the owner has pinned one.
    pub(crate) host_key: Option<PublicKey>,
    /// How long a command may run.
    pub(crate) timeout: Duration,
}

/// `[ssh.NAME]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    host: String,
    #[serde(default = "ssh_port")]
    port: u16,
    user: String,
    /// The path of a private key.
    key: Option<PathBuf>,
    /// Or the environment variable that holds one, as base64 of such a file.
    key_env: Option<String>,
    host_key: Option<String>,
    /// Seconds.
    timeout: Option<u64>,
}

#[derive(Default, Deserialize)]
struct Tables {
    #[serde(default)]
    ssh: BTreeMap<String, Table>,
}

impl SshTarget {
    /// `HOST:PORT`, as an owner is shown it.
    pub(crate) fn address(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// The private key; none if it is none, which the start has made sure of.
    pub(crate) fn private_key(&self) -> Option<PrivateKey> {
        private_key(self.key.expose_secret()).ok()
    }
}

#[cfg(test)]
impl SshTarget {
    /// A target on loopback, whose host key nobody knows.
    pub(crate) fn of_test(alias: &str, port: u16, key: &PrivateKey) -> Self {
        let key = key.to_openssh(russh::keys::ssh_key::LineEnding::LF).unwrap();
        Self {
            alias: alias.to_owned(),
            host: "127.0.0.1".to_owned(),
            port,
            user: "nobody".to_owned(),
            key: key.as_str().to_owned().into(),
            host_key: None,
            timeout: Duration::from_secs(TIMEOUT),
        }
    }
}

pub(super) fn targets(source: &Source) -> Result<Vec<SshTarget>, ConfigError> {
    let tables: Tables = toml::from_str(&source.text)
        .map_err(|error| ConfigError::new("UMBRASIL_CONFIG", told(&error, &source.text)))?;
    let mut targets: Vec<SshTarget> = vps(source)?.into_iter().collect();
    for (alias, table) in tables.ssh {
        let setting = format!("[ssh.{alias}]");
        if targets.iter().any(|target| target.alias == alias) {
            let reason = "is the target that VPS_HOST configures, too; take another name";
            return Err(ConfigError::new(setting, reason));
        }
        let target = target(alias, table, source);
        targets.push(target.map_err(|reason| ConfigError::new(setting, reason))?);
    }
    Ok(targets)
}

fn target(alias: String, table: Table, source: &Source) -> Result<SshTarget, String> {
    let Table { host, port, user, key, key_env, host_key, timeout } = table;
    if !is_name(&alias) {
        return Err("a target's name has letters, digits, `-` and `_`".to_owned());
    }
    let key = match (key, key_env) {
        (Some(path), None) => of_file(&path).map_err(|reason| format!("`key` {reason}"))?,
        (None, Some(name)) => {
            let value = source
                .variable(&name)
                .ok_or("`key_env` names an environment variable that is not set")?;
            of_base64(&value).map_err(|reason| format!("the variable of `key_env` {reason}"))?
        }
        _ => return Err("needs either `key` (a path) or `key_env` (a variable)".to_owned()),
    };
    let timeout = timeout.unwrap_or(TIMEOUT);
    if !(1..=LONGEST_TIMEOUT).contains(&timeout) {
        return Err(format!("`timeout` must be 1 to {LONGEST_TIMEOUT} seconds"));
    }
    check_host(&host).map_err(|reason| format!("`host` {reason}"))?;
    check_user(&user).map_err(|reason| format!("`user` {reason}"))?;
    if port == 0 {
        return Err("`port` must be 1 to 65535".to_owned());
    }
    let host_key = host_key.as_deref().map(host_key_of).transpose();
    let host_key = host_key.map_err(|reason| format!("`host_key` {reason}"))?;
    Ok(SshTarget { alias, host, port, user, key, host_key, timeout: Duration::from_secs(timeout) })
}

/// The target of the environment.
fn vps(source: &Source) -> Result<Option<SshTarget>, ConfigError> {
    let Some(host) = source.get("VPS_HOST") else {
        if source.get("VPS_PRIVATE_KEY").is_some() {
            let reason = "is needed as well when VPS_PRIVATE_KEY is set";
            return Err(ConfigError::new("VPS_HOST", reason));
        }
        return Ok(None);
    };
    let needed = |name: &'static str| {
        let missing = || ConfigError::new(name, "is needed as well when VPS_HOST is set");
        source.get(name).ok_or_else(missing)
    };
    let of = |setting: &'static str| move |reason: &str| ConfigError::new(setting, reason);
    check_host(host).map_err(of("VPS_HOST"))?;
    let user = needed("VPS_USERNAME")?;
    check_user(user).map_err(of("VPS_USERNAME"))?;
    let key = of_base64(needed("VPS_PRIVATE_KEY")?).map_err(of("VPS_PRIVATE_KEY"))?;
    let port = source.parse::<std::num::NonZeroU16>("VPS_PORT", "a port, 1 to 65535")?;
    let host_key = source.get("VPS_HOST_KEY").map(host_key_of).transpose();
    Ok(Some(SshTarget {
        alias: VPS.to_owned(),
        host: host.to_owned(),
        port: port.map_or_else(ssh_port, std::num::NonZeroU16::get),
        user: user.to_owned(),
        key,
        host_key: host_key.map_err(of("VPS_HOST_KEY"))?,
        timeout: Duration::from_secs(TIMEOUT),
    }))
}

fn ssh_port() -> u16 {
    22
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let name = host.bytes().all(plain) && host.bytes().next().is_some_and(|byte| byte != b'-');
    if host.len() <= 253 && (name || host.parse::<std::net::IpAddr>().is_ok()) {
        return Ok(());
    }
    Err("must be a host name or an IP address, without user and port")
}

fn check_user(user: &str) -> Result<(), &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if (1..=64).contains(&user.len()) && user.bytes().all(plain) && !user.starts_with('-') {
        return Ok(());
    }
    Err("must be the name of a user there")
}

/// A key file that only its owner can read.
fn of_file(path: &Path) -> Result<SecretString, &'static str> {
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "names a file that is not there",
        _ => "names a file that cannot be opened",
    })?;
    let metadata = file.metadata().map_err(|_| "names a file that cannot be opened")?;
    if !metadata.is_file() {
        return Err("must name a file");
    }
    if metadata.mode() & 0o077 != 0 {
        return Err("names a file that others than its owner can read: run `chmod 600` on it");
    }
    if metadata.len() > KEY_FILE {
        return Err("names a file that is too large to be a private key");
    }
    let mut text = Zeroizing::new(String::new());
    let read = file.take(KEY_FILE).read_to_string(&mut text);
    read.map_err(|_| "names a file that is no private key")?;
    checked(&text)
}

/// Such a file as base64, with or without line breaks.
fn of_base64(value: &str) -> Result<SecretString, &'static str> {
    const WRONG: &str = "must be a private key in base64, as `base64 -w0 FILE` prints it";
    let packed: Zeroizing<String> =
        Zeroizing::new(value.chars().filter(|character| !character.is_whitespace()).collect());
    let bytes = base64::engine::general_purpose::STANDARD.decode(packed.as_bytes());
    let bytes = Zeroizing::new(bytes.map_err(|_| WRONG)?);
    checked(std::str::from_utf8(&bytes).map_err(|_| WRONG)?)
}

fn checked(text: &str) -> Result<SecretString, &'static str> {
    private_key(text).map(|_| text.to_owned().into())
}

fn private_key(text: &str) -> Result<PrivateKey, &'static str> {
    use russh::keys::Error;

    let key = match russh::keys::decode_secret_key(text, None) {
        Ok(key) => key,
        Err(Error::KeyIsEncrypted) => return Err(PASSPHRASE),
        Err(_) if text.contains("ENCRYPTED") => return Err(PASSPHRASE),
        Err(_) => return Err("holds no private key in a format of OpenSSH"),
    };
    match key.key_data() {
        KeypairData::Ed25519(_) | KeypairData::Ecdsa(_) => Ok(key),
        KeypairData::Rsa(rsa) if rsa.key_size() >= RSA => Ok(key),
        KeypairData::Rsa(_) => Err(
            "holds an RSA key of less than 2048 bits; make a new one with `ssh-keygen -t ed25519`",
        ),
        _ => Err(
            "holds a kind of key that cannot be used here; make one with `ssh-keygen -t ed25519`",
        ),
    }
}

const PASSPHRASE: &str = "holds a key with a passphrase, which nobody could type here; make a key of the bot's own, without one";

/// A host key as `ssh-keyscan` and `/etc/ssh/*.pub` have it, without the host before it.
fn host_key_of(line: &str) -> Result<PublicKey, &'static str> {
    host_key(line).ok_or("must be a host key such as `ssh-ed25519 AAAA…`, as /etc/ssh/ssh_host_ed25519_key.pub on the server has it")
}

/// Reads the public key of a server; none if it is none, or too weak.
pub(crate) fn host_key(line: &str) -> Option<PublicKey> {
    let mut key = PublicKey::from_openssh(line.trim()).ok()?;
    key.set_comment("");
    is_sound(&key).then_some(key)
}

/// Whether a server may prove itself with such a key.
pub(crate) fn is_sound(key: &PublicKey) -> bool {
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => true,
        Algorithm::Rsa { .. } => {
            matches!(key.key_data(), KeyData::Rsa(rsa) if rsa.key_size() >= RSA)
        }
        _ => false,
    }
}

/// What is wrong with the file: the line and the table, never what stands there.
fn told(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count();
    let upto = text.lines().take(line + 1);
    let table = upto.filter(|line| line.starts_with('[')).last().unwrap_or_default().trim();
    let message = error.message();
    let message = match message.split_once(", expected ") {
        Some((first, expected)) if first.starts_with("invalid") => {
            format!("a value of the wrong kind, expected {expected}")
        }
        _ => message.to_owned(),
    };
    format!("line {}, {table}: {message}", line + 1)
}

#[cfg(test)]
mod tests;
