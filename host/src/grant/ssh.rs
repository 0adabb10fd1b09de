//! `ssh TARGET: WORDS`: which commands may run where. A word is itself, or a typed parameter `{NAME:KIND}`.

use std::fmt;
use std::str::FromStr;

use super::{Malformed, is_name};

/// One command template on one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SshScope {
    /// An alias, or `*` for every configured target.
    target: String,
    template: Vec<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Literal(String),
    Parameter { name: String, kind: Kind },
}

/// What a parameter may be. None of them can begin with `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A systemd unit, such as `nginx.service` or `getty@tty1`.
    UnitName,
    /// A container, such as `web-1`.
    ContainerName,
    /// A host name or an address.
    HostName,
    /// Digits.
    Number,
    /// An absolute path without `..`.
    Path,
    /// Letters, digits and `._-`.
    Word,
}

/// A command that is about to run: what is compared is what is quoted and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SshCall {
    pub(crate) target: String,
    pub(crate) command: Vec<String>,
}

const KINDS: [(&str, Kind); 6] = [
    ("unit-name", Kind::UnitName),
    ("container-name", Kind::ContainerName),
    ("host-name", Kind::HostName),
    ("number", Kind::Number),
    ("path", Kind::Path),
    ("word", Kind::Word),
];

impl SshScope {
    pub(crate) fn covers(&self, call: &SshCall) -> bool {
        self.names(&call.target)
            && self.template.len() == call.command.len()
            && self.template.iter().zip(&call.command).all(|(word, given)| word.allows(given))
    }

    /// Whether some command may run on the target.
    pub(crate) fn names(&self, target: &str) -> bool {
        self.target == "*" || self.target == target
    }

    pub(crate) fn includes(&self, other: &Self) -> bool {
        let word = |(own, other): (&Word, &Word)| match other {
            Word::Literal(text) => own.allows(text),
            Word::Parameter { kind, .. } => {
                matches!(own, Word::Parameter { kind: own, .. } if own == kind)
            }
        };
        (self.target == "*" || self.target == other.target)
            && self.template.len() == other.template.len()
            && self.template.iter().zip(&other.template).all(word)
    }
}

impl Word {
    fn allows(&self, given: &str) -> bool {
        match self {
            Self::Literal(text) => text == given,
            Self::Parameter { kind, .. } => kind.allows(given),
        }
    }
}

impl Kind {
    fn allows(self, given: &str) -> bool {
        let plain = |more: &str| {
            given
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || more.as_bytes().contains(&byte))
        };
        if given.is_empty() || given.len() > 255 || given.starts_with('-') {
            return false;
        }
        match self {
            Self::UnitName => plain("._-@:"),
            Self::ContainerName => super::is_container_name(given),
            Self::HostName => plain(".-:"),
            Self::Number => given.len() <= 18 && given.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Path => {
                given.starts_with('/')
                    && plain("._-/@+")
                    && !given.split('/').any(|segment| segment == "..")
            }
            Self::Word => plain("._-"),
        }
    }
}

impl fmt::Display for SshScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.target)?;
        for word in &self.template {
            match word {
                Word::Literal(text) => write!(f, " {}", shell_words::quote(text))?,
                Word::Parameter { name, kind } => {
                    let word =
                        KINDS.iter().find(|(_, own)| own == kind).map_or("", |(word, _)| word);
                    write!(f, " {{{name}:{word}}}")?;
                }
            }
        }
        Ok(())
    }
}

impl FromStr for SshScope {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (target, words) = parts(text)?;
        if target != "*" && !is_name(target) {
            return Err(Malformed(format!("`{}` is no alias of a target", target.escape_debug())));
        }
        let template = words.into_iter().map(word).collect::<Result<Vec<_>, _>>()?;
        if !matches!(template.first(), Some(Word::Literal(_))) {
            return Err(Malformed::new("a command begins with the name of a program"));
        }
        Ok(Self { target: target.to_owned(), template })
    }
}

fn parts(text: &str) -> Result<(&str, Vec<String>), Malformed> {
    let (target, command) = text.split_once(':').ok_or_else(|| {
        Malformed::new(
            "write `ssh TARGET: COMMAND`, such as `ssh web1: systemctl status {unit:unit-name}`",
        )
    })?;
    let words = shell_words::split(command)
        .map_err(|error| Malformed(format!("the command cannot be taken apart: {error}")))?;
    if words.is_empty() {
        return Err(Malformed::new("the command is missing behind the target"));
    }
    Ok((target.trim(), words))
}

fn word(text: String) -> Result<Word, Malformed> {
    let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        if text.contains(['{', '}', '*', '?', '$', '`', ';', '|', '&', '<', '>', '\n', '\0']) {
            return Err(Malformed(format!(
                "`{}`: a word is plain, or a parameter such as {{unit:unit-name}}",
                text.escape_debug()
            )));
        }
        return Ok(Word::Literal(text));
    };
    let (name, kind) = inner.split_once(':').unwrap_or((inner, "word"));
    let kind = KINDS.iter().find(|(word, _)| *word == kind).map(|(_, kind)| *kind);
    match kind {
        Some(kind) if is_name(name) => Ok(Word::Parameter { name: name.to_owned(), kind }),
        _ => {
            let kinds: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
            Err(Malformed(format!(
                "`{{{}}}` must be {{NAME:KIND}}, KIND one of {}",
                inner.escape_debug(),
                kinds.join(", ")
            )))
        }
    }
}

impl fmt::Display for SshCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.target, shell_words::join(&self.command))
    }
}

impl FromStr for SshCall {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (target, command) = parts(text)?;
        Ok(Self { target: target.to_owned(), command })
    }
}
