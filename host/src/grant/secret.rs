//! `secret NAME as header HEADER "FORMAT" to HOST`: where the host may put a secret in.

use std::fmt;
use std::str::FromStr;

use super::{Malformed, is_name};

/// One secret, for one host, at one place of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretScope {
    pub(crate) name: String,
    pub(crate) placement: Placement,
    /// `HOST`, or `HOST:PORT` where the port is not the scheme's own.
    pub(crate) host: String,
}

/// Where in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Placement {
    /// `{}` in the format stands for the secret.
    Header {
        name: String,
        format: String,
    },
    Query {
        name: String,
    },
}

impl SecretScope {
    pub(crate) fn new(name: &str, placement: Placement, host: &str) -> Result<Self, Malformed> {
        if !is_name(name) {
            return Err(Malformed(format!("`{}` is no name of a secret", name.escape_debug())));
        }
        if let Placement::Header { name, format } = &placement {
            if !is_name(name) {
                return Err(Malformed(format!("`{}` is no header", name.escape_debug())));
            }
            if format.matches("{}").count() != 1 || format.contains(['"', '\r', '\n']) {
                return Err(Malformed::new("the format must hold `{}` once, as in `Bearer {}`"));
            }
        }
        let sound = !host.is_empty()
            && !host.contains(['*', '/', '@', ' '])
            && url::Url::parse(&format!("https://{host}")).is_ok_and(|url| url.has_host());
        if !sound {
            return Err(Malformed(format!(
                "`{}` is no host such as api.example.org",
                host.escape_debug()
            )));
        }
        Ok(Self { name: name.to_owned(), placement, host: host.to_ascii_lowercase() })
    }

    pub(crate) fn covers(&self, name: &str, host: &str) -> bool {
        self.name == name && self.host == host.to_ascii_lowercase()
    }
}

impl fmt::Display for SecretScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, placement, host } = self;
        match placement {
            Placement::Header { name: header, format } => {
                write!(f, "{name} as header {header} \"{format}\" to {host}")
            }
            Placement::Query { name: parameter } => {
                write!(f, "{name} as query {parameter} to {host}")
            }
        }
    }
}

impl FromStr for SecretScope {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let usage = || {
            Malformed::new(
                "write `secret NAME as header HEADER \"FORMAT\" to HOST`, or `… as query NAME to HOST`",
            )
        };
        let (name, rest) = text.split_once(" as ").ok_or_else(usage)?;
        let (place, host) = rest.rsplit_once(" to ").ok_or_else(usage)?;
        let (kind, place) = place.trim().split_once(' ').ok_or_else(usage)?;
        let placement = match kind {
            "header" => {
                let (header, format) = place.trim().split_once(' ').ok_or_else(usage)?;
                let format =
                    format.trim().strip_prefix('"').and_then(|format| format.strip_suffix('"'));
                Placement::Header {
                    name: header.to_owned(),
                    format: format.ok_or_else(usage)?.to_owned(),
                }
            }
            "query" => Placement::Query { name: place.trim().to_owned() },
            _ => return Err(usage()),
        };
        Self::new(name.trim(), placement, host.trim())
    }
}
