//! Permissions as lines of text: what a manifest wants, what an owner grants, and what one call asks for.
//!
//! A [`Scope`] is one permission, a [`Call`] is one thing that a module is about to do. Both have one
//! canonical line, which is what is stored, compared, shown and typed. Nothing here decides: `permission`
//! does, by asking whether a scope covers a call.

mod docker;
mod http;
mod logs;
mod schedule;
mod secret;
pub(crate) mod services;
mod ssh;
pub(crate) mod table;

use std::fmt;
use std::str::FromStr;

use crate::telemetry::recent::Source;

pub(crate) use self::docker::{Container, DockerScope, Verb, is_container_name};
pub(crate) use self::http::{HttpCall, HttpScope, Place};
pub(crate) use self::schedule::{ScheduleScope, When, duration};
pub(crate) use self::secret::{Placement, SecretScope};
pub(crate) use self::ssh::{SshCall, SshScope};
pub(crate) use self::table::{STORAGE, Want, Wants, host_of, tables};

/// What a call does to the world, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Effect {
    /// Changes nothing, may be repeated.
    Read,
    /// Changes something, is noted before and after, and never repeated by the host.
    Change,
    /// Needs a confirming tap, by default.
    Dangerous,
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// How calls of this scope are to be taken, if not as they usually are.
    pub(crate) effect: Option<Effect>,
    pub(crate) what: What,
}

/// What a permission is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Http(HttpScope),
    Secret(SecretScope),
    Ssh(SshScope),
    Docker(DockerScope),
    System(Part),
    /// Records of the log.
    Logs(Source),
    Files,
    Ocr,
    Schedule(ScheduleScope),
    /// A setting by its name.
    Config(String),
    /// A command (or `*`) of another module.
    Module {
        module: String,
        command: String,
    },
    /// More storage than everybody has.
    Storage {
        keys: u64,
        bytes: u64,
    },
}

/// A kind of number of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    Cpu,
    Memory,
    Disk,
    Network,
    Load,
    Uptime,
    Processes,
}

/// One thing that a module is about to do, in the form in which it will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    Http(HttpCall),
    /// The use of a secret in a request to a host (`HOST` or `HOST:PORT`, as a URL has it).
    Secret {
        name: String,
        host: String,
    },
    Ssh(SshCall),
    Docker {
        verb: Verb,
        container: Option<Container>,
    },
    System(Part),
    Logs(Source),
    Files,
    Ocr,
    Config(String),
    Module {
        module: String,
        command: String,
        text: String,
        /// Whether the callee declares that the command changes something.
        changes: bool,
    },
}

/// A line that is no permission, or no call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub(crate) String);

impl Malformed {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Effect {
    const ALL: [(&'static str, Self); 3] =
        [("read", Self::Read), ("change", Self::Change), ("dangerous", Self::Dangerous)];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Dangerous => "dangerous",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, effect)| effect)
    }
}

impl Part {
    pub(crate) const ALL: [(&'static str, Self); 7] = [
        ("cpu", Self::Cpu),
        ("memory", Self::Memory),
        ("disk", Self::Disk),
        ("network", Self::Network),
        ("load", Self::Load),
        ("uptime", Self::Uptime),
        ("processes", Self::Processes),
    ];

    pub(crate) fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, part)| *part == self).map_or("", |(word, _)| word)
    }
}

impl FromStr for Part {
    type Err = Malformed;

    fn from_str(word: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == word);
        found.map(|(_, part)| part).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.into_iter().map(|(name, _)| name).collect();
            Malformed::new(format!("`{word}` is none of {}", names.join(", ")))
        })
    }
}

/// The words that a permission begins with, behind what it does.
pub(crate) const KINDS: [&str; 12] = [
    "http", "secret", "ssh", "docker", "system", "files", "ocr", "schedule", "config", "module",
    "storage", "logs",
];

impl Scope {
    /// The word that the permission begins with.
    #[cfg(test)]
    pub(crate) fn kind(&self) -> &'static str {
        match self.what {
            What::Secret(_) => "secret",
            What::Module { .. } => "module",
            _ => self.capability(),
        }
    }

    pub(crate) fn new(what: What) -> Self {
        Self { effect: None, what }
    }

    /// The interface of `umbrasil:module` that this permission is for; none for what has no interface.
    pub(crate) fn capability(&self) -> &'static str {
        match self.what {
            What::Http(_) | What::Secret(_) => "http",
            What::Ssh(_) => "ssh",
            What::Docker(_) => "docker",
            What::System(_) => "system",
            What::Logs(_) => "logs",
            What::Files => "files",
            What::Ocr => "ocr",
            What::Config(_) => "config",
            What::Module { .. } => "modules",
            What::Storage { .. } => "storage",
            What::Schedule(_) => "schedule",
        }
    }

    /// Whether the call is within this permission.
    pub(crate) fn covers(&self, call: &Call) -> bool {
        match (&self.what, call) {
            (What::Http(scope), Call::Http(call)) => scope.covers(call),
            (What::Secret(scope), Call::Secret { name, host }) => scope.covers(name, host),
            (What::Ssh(scope), Call::Ssh(call)) => scope.covers(call),
            (What::Docker(scope), Call::Docker { verb, container }) => {
                scope.covers(*verb, container.as_ref())
            }
            (What::System(part), Call::System(asked)) => part == asked,
            (What::Logs(source), Call::Logs(asked)) => source == asked,
            (What::Files, Call::Files) | (What::Ocr, Call::Ocr) => true,
            (What::Config(name), Call::Config(asked)) => name == asked,
            (What::Module { module, command }, Call::Module { module: of, command: asked, .. }) => {
                module == of && (command == "*" || command == asked)
            }
            _ => false,
        }
    }

    /// Whether this asks for a call by leaving it to the owner to name it, which covers nothing.
    pub(crate) fn leaves_open(&self, call: &Call) -> bool {
        match (&self.what, call) {
            (What::Ssh(scope), Call::Ssh(call)) => scope.is_open() && scope.names(&call.target),
            _ => false,
        }
    }

    /// Whether this leaves it to the owner to grant the other one by name.
    pub(crate) fn asks_for(&self, granted: &Self) -> bool {
        match (&self.what, &granted.what) {
            (What::Ssh(own), What::Ssh(granted)) => own.asks_for(granted),
            _ => false,
        }
    }

    /// Whether every call of `other` is certainly within this permission.
    pub(crate) fn includes(&self, other: &Self) -> bool {
        if self.effect.is_some() && self.effect != other.effect {
            return false;
        }
        match (&self.what, &other.what) {
            (What::Http(own), What::Http(other)) => own.includes(other),
            (What::Ssh(own), What::Ssh(other)) => own.includes(other),
            (What::Docker(own), What::Docker(other)) => own.includes(other),
            (What::Module { module, command }, What::Module { module: of, command: asked }) => {
                module == of && (command == "*" || command == asked)
            }
            (What::Storage { keys, bytes }, What::Storage { keys: k, bytes: b }) => {
                keys >= k && bytes >= b
            }
            (own, other) => own == other,
        }
    }
}

impl Scope {
    /// Whether the two have something in common, as far as that is easy to tell.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let (own, other) = (Self::new(self.what.clone()), Self::new(other.what.clone()));
        own.includes(&other) || other.includes(&own) || own.asks_for(&other) || other.asks_for(&own)
    }
}

impl Call {
    /// The interface that the call is made through.
    pub(crate) fn capability(&self) -> &'static str {
        match self {
            Self::Http(_) | Self::Secret { .. } => "http",
            Self::Ssh(_) => "ssh",
            Self::Docker { .. } => "docker",
            Self::System(_) => "system",
            Self::Logs(_) => "logs",
            Self::Files => "files",
            Self::Ocr => "ocr",
            Self::Config(_) => "config",
            Self::Module { .. } => "modules",
        }
    }

    /// What the call does, unless a permission says otherwise.
    pub(crate) fn effect(&self) -> Effect {
        match self {
            Self::Http(call) => call.effect(),
            Self::Ssh(_) | Self::Module { changes: true, .. } => Effect::Change,
            Self::Docker { verb, .. } => verb.effect(),
            Self::Secret { .. }
            | Self::System(_)
            | Self::Logs(_)
            | Self::Files
            | Self::Ocr
            | Self::Config(_)
            | Self::Module { .. } => Effect::Read,
        }
    }

    /// Whether there is a permission that would allow the call. Words of a command may hold what no permission
    /// can, such as what means something to a shell.
    pub(crate) fn is_grantable(&self) -> bool {
        !matches!(self, Self::Ssh(_))
            || self.remedy().parse::<Scope>().is_ok_and(|scope| scope.covers(self))
    }

    /// The narrowest permission that would allow the call: what a denial tells to grant.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Http(call) => format!("http {} {}", call.method, call.shown_url()),
            Self::Secret { name, host } => format!("secret {name} … to {host}"),
            Self::Module { module, command, .. } => format!("module {module} {command}"),
            Self::Docker { verb, container: None } => format!("docker {} *", verb.word()),
            call => call.to_string(),
        }
    }
}

/// The line for records and messages: without a query, a body, or anything else that may be private.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(call) => write!(f, "http {call}"),
            Self::Secret { name, host } => write!(f, "secret {name} to {host}"),
            Self::Ssh(call) => write!(f, "ssh {call}"),
            Self::Docker { verb, container: Some(container) } => {
                write!(f, "docker {} {}", verb.word(), container.name)
            }
            Self::Docker { verb, container: None } => write!(f, "docker {}", verb.word()),
            Self::System(part) => write!(f, "system {}", part.word()),
            Self::Logs(source) => write!(f, "logs {}", source.word()),
            Self::Files => f.write_str("files"),
            Self::Ocr => f.write_str("ocr"),
            Self::Config(name) => write!(f, "config {name}"),
            Self::Module { module, command, .. } => write!(f, "module {module} {command}"),
        }
    }
}

/// Reads a call as `policy explain` is given it.
impl FromStr for Call {
    type Err = Malformed;

    fn from_str(line: &str) -> Result<Self, Malformed> {
        let line = line.trim();
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        Ok(match (kind, rest) {
            ("http", rest) => Self::Http(rest.parse()?),
            ("ssh", rest) => Self::Ssh(rest.parse()?),
            ("docker", rest) => {
                let (verb, name) = rest.split_once(' ').unwrap_or((rest, ""));
                let container = (!name.is_empty()).then(|| Container::parse(name)).transpose()?;
                Self::Docker { verb: verb.parse()?, container }
            }
            ("secret", rest) => {
                let (name, host) = rest
                    .split_once(" to ")
                    .ok_or_else(|| Malformed::new("write `secret NAME to HOST`"))?;
                Self::Secret { name: name.trim().to_owned(), host: host.trim().to_owned() }
            }
            ("system", part) => Self::System(part.parse()?),
            ("logs", source) => Self::Logs(source.parse()?),
            ("files", "") => Self::Files,
            ("ocr", "") => Self::Ocr,
            ("config", name) if !name.is_empty() => Self::Config(name.to_owned()),
            ("module", rest) => {
                let mut words = rest.splitn(3, ' ');
                let (Some(module), Some(command)) = (words.next(), words.next()) else {
                    return Err(Malformed::new("write `module NAME COMMAND`"));
                };
                Self::Module {
                    module: module.to_owned(),
                    command: command.trim_start_matches('/').to_owned(),
                    text: words.next().unwrap_or("").to_owned(),
                    changes: true,
                }
            }
            _ => return Err(unknown(line)),
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(effect) = self.effect {
            write!(f, "{} ", effect.word())?;
        }
        match &self.what {
            What::Http(scope) => write!(f, "http {scope}"),
            What::Secret(scope) => write!(f, "secret {scope}"),
            What::Ssh(scope) => write!(f, "ssh {scope}"),
            What::Docker(scope) => write!(f, "docker {scope}"),
            What::System(part) => write!(f, "system {}", part.word()),
            What::Logs(source) => write!(f, "logs {}", source.word()),
            What::Files => f.write_str("files"),
            What::Ocr => f.write_str("ocr"),
            What::Schedule(scope) => write!(f, "schedule {scope}"),
            What::Config(name) => write!(f, "config {name}"),
            What::Module { module, command } => write!(f, "module {module} {command}"),
            What::Storage { keys, bytes } => write!(f, "storage {keys} keys {bytes} bytes"),
        }
    }
}

impl FromStr for Scope {
    type Err = Malformed;

    fn from_str(line: &str) -> Result<Self, Malformed> {
        let line = line.trim();
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (effect, line) = match Effect::from_word(first) {
            Some(effect) => (Some(effect), rest.trim()),
            None => (None, line),
        };
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let what = match (kind, rest) {
            ("http", rest) => What::Http(rest.parse()?),
            ("secret", rest) => What::Secret(rest.parse()?),
            ("ssh", rest) => What::Ssh(rest.parse()?),
            ("docker", rest) => What::Docker(rest.parse()?),
            ("system", part) => What::System(part.parse()?),
            ("logs", source) => What::Logs(source.parse()?),
            ("files", "") => What::Files,
            ("ocr", "") => What::Ocr,
            ("schedule", rest) => What::Schedule(rest.parse()?),
            ("config", name) if is_name(name) => What::Config(name.to_owned()),
            ("module", rest) => {
                let (module, command) = rest
                    .split_once(' ')
                    .ok_or_else(|| Malformed::new("write `module NAME COMMAND`, or `*` for all"))?;
                let command = command.trim().trim_start_matches('/');
                if !is_name(module) || !(command == "*" || is_name(command)) {
                    return Err(Malformed::new("write `module NAME COMMAND`, or `*` for all"));
                }
                What::Module { module: module.to_owned(), command: command.to_owned() }
            }
            ("storage", rest) => storage(rest)?,
            _ => return Err(unknown(line)),
        };
        Ok(Self { effect, what })
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    use std::fmt::Write as _;
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a `String` cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

fn storage(rest: &str) -> Result<What, Malformed> {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let numbers = match words.as_slice() {
        [keys, "keys", bytes, "bytes"] => keys.parse().ok().zip(bytes.parse().ok()),
        _ => None,
    };
    let (keys, bytes) = numbers.ok_or_else(|| Malformed::new("write `storage N keys N bytes`"))?;
    Ok(What::Storage { keys, bytes })
}

pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn unknown(line: &str) -> Malformed {
    let shown: String = line.chars().take(60).collect();
    Malformed(format!(
        "`{}` is no permission; one begins with one of {}",
        shown.escape_debug(),
        KINDS.join(", ")
    ))
}

#[cfg(test)]
mod tests;
