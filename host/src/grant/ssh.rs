//! `ssh TARGET: WORDS`: which commands may run where. A word is itself, or a typed parameter `{NAME:KIND}`.
//!
//! `ssh TARGET: {granted}` stands for no command: a module that asks for it may run there what is granted to
//! it by name, although its manifest could not know the names. To grant that line lets nothing run.

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
    Parameter {
        name: String,
        kind: Kind,
    },
    /// The only word of [`OPEN`].
    Granted,
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

/// What a module asks for that leaves the commands to its owner.
const OPEN: &str = "{granted}";

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

    /// Whether this leaves the commands to whoever grants them.
    pub(crate) fn is_open(&self) -> bool {
        self.template == [Word::Granted]
    }

    /// Whether this leaves it to the owner to grant the other one.
    pub(crate) fn asks_for(&self, granted: &Self) -> bool {
        let meets = granted.target == "*" || self.names(&granted.target);
        self.is_open() && !granted.is_open() && meets
    }

    /// The template alone, as `df -P` or `systemctl restart {unit:unit-name}`.
    pub(crate) fn command(&self) -> String {
        let words: Vec<String> = self.template.iter().map(ToString::to_string).collect();
        words.join(" ")
    }

    pub(crate) fn includes(&self, other: &Self) -> bool {
        let word = |(own, other): (&Word, &Word)| match other {
            Word::Literal(text) => own.allows(text),
            Word::Parameter { kind, .. } => {
                matches!(own, Word::Parameter { kind: own, .. } if own == kind)
            }
            Word::Granted => own == other,
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
            Self::Granted => false,
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
            // `..` is a place, and no word.
            Self::Word => plain("._-") && given.bytes().any(|byte| byte != b'.'),
        }
    }
}

impl fmt::Display for SshScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.target)?;
        self.template.iter().try_for_each(|word| write!(f, " {word}"))
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(&shell_words::quote(text)),
            Self::Parameter { name, kind } => {
                let word = KINDS.iter().find(|(_, own)| own == kind).map_or("", |(word, _)| word);
                write!(f, "{{{name}:{word}}}")
            }
            Self::Granted => f.write_str(OPEN),
        }
    }
}

impl FromStr for SshScope {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (target, words) = parts(text)?;
        if target != "*" && !is_name(target) {
            return Err(Malformed(format!("`{}` is no alias of a target", target.escape_debug())));
        }
        if words == [OPEN] {
            return Ok(Self { target: target.to_owned(), template: vec![Word::Granted] });
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
        if text.contains(['{', '}', '*', '?', '$', '`', ';', '|', '&', '<', '>'])
            || text.chars().any(char::is_control)
        {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(kind: &str, given: &str) -> bool {
        let scope: SshScope = format!("web1: run {{x:{kind}}}").parse().unwrap();
        let command = vec!["run".to_owned(), given.to_owned()];
        scope.covers(&SshCall { target: "web1".to_owned(), command })
    }

    #[test]
    fn a_parameter_is_of_its_kind() {
        for (kind, good, bad) in [
            ("unit-name", "getty@tty1.service", "nginx/service"),
            ("container-name", "web-1.blue", "../volumes"),
            ("host-name", "2001:db8::1", "host/../x"),
            ("number", "0042", "1e3"),
            ("path", "/var/log/nginx/access.log", "/var/log/../../etc/shadow"),
            ("path", "/home/user+a@b/x", "var/log"),
            ("path", "/a..b", "/.."),
            ("path", "/", "/a/.."),
            ("word", "release-1.2_3", ".."),
            ("word", "..x", "."),
        ] {
            assert!(allows(kind, good), "{kind} {good}");
            assert!(!allows(kind, bad), "{kind} {bad}");
        }
    }

    #[test]
    fn no_kind_lets_a_shell_or_an_option_through() {
        let long = "1".repeat(256);
        for nasty in [
            "",
            "-",
            "-x",
            "--x",
            "a b",
            "a\tb",
            "a\nb",
            "a;b",
            "a&b",
            "a|b",
            "$x",
            "$(x)",
            "`x`",
            "a'b",
            "a\"b",
            "a\\b",
            "a*",
            "a?",
            "[a]",
            "{a}",
            "~",
            "~root",
            "a>b",
            "a<b",
            "#a",
            "!a",
            "a=b",
            "%a",
            "(a)",
            "a\0",
            "a\u{2009}b",
            "\u{ff41}",
            "\u{202e}a",
            long.as_str(),
        ] {
            for (kind, _) in KINDS {
                assert!(!allows(kind, nasty), "{kind} {nasty:?}");
            }
        }
    }

    #[test]
    fn what_is_left_to_the_owner_lets_nothing_run() {
        let scope = |line: &str| line.parse::<SshScope>().unwrap();
        let open = scope("*: {granted}");
        assert_eq!(open.to_string(), "*: {granted}");
        for call in ["web1: {granted}", "web1: uptime", "*: uptime", "web1: granted"] {
            assert!(!open.covers(&call.parse().unwrap()), "{call}");
        }
        assert!(open.asks_for(&scope("web1: uptime")) && open.asks_for(&scope("*: uptime")));
        assert!(!open.asks_for(&open) && !scope("*: uptime").asks_for(&scope("web1: uptime")));
        let there = scope("web1: {granted}");
        assert!(there.asks_for(&scope("web1: uptime")) && there.asks_for(&scope("*: uptime")));
        assert!(!there.asks_for(&scope("web2: uptime")));
        assert!(open.includes(&there) && !there.includes(&open));
        assert!(!open.includes(&scope("web1: uptime")) && !scope("*: uptime").includes(&open));
        for line in ["*: {granted} x", "*: x {granted:any}", "*: {any}"] {
            assert!(line.parse::<SshScope>().is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_sent_is_what_was_compared() {
        let call = |words: &[&str]| SshCall {
            target: "web1".to_owned(),
            command: words.iter().map(|&word| word.to_owned()).collect(),
        };
        for words in [
            &["printf", "%s", "it's \"one\" word"][..],
            &["A=b", "x"],
            &["~root", "#x", "!x", "(x)"],
            &["a\\b", "", "'"],
        ] {
            let sent = shell_words::join(&call(words).command);
            assert_eq!(shell_words::split(&sent).unwrap(), words, "{sent}");
        }
        assert_eq!(shell_words::join(["A=b", "~"]), "'A=b' '~'", "neither set nor expanded");
    }

    #[test]
    fn a_template_is_of_plain_words() {
        for line in
            ["web1: echo 'a\tb'", "web1: echo \u{7f}", "web 1: uptime", "10.0.0.1: uptime", ":x"]
        {
            assert!(line.parse::<SshScope>().is_err(), "{line}");
        }
        let scope: SshScope = "web1: printf %s 'two words'".parse().unwrap();
        assert_eq!(scope.to_string(), "web1: printf '%s' 'two words'");
    }
}
