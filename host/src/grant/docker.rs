//! `docker VERB CONTAINERS`: what may be done to which containers.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::{Effect, Malformed};

/// One verb for some containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DockerScope {
    verb: Verb,
    containers: Pattern,
}

/// All that the host ever asks the daemon for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    List,
    Inspect,
    Logs,
    Stats,
    Start,
    Stop,
    Restart,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    All,
    /// A name, in which `*` stands for anything.
    Name(String),
    Label {
        key: String,
        value: Option<String>,
    },
}

/// A container as a call names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Container {
    pub(crate) name: String,
    /// None if the daemon was not asked: then no label matches.
    pub(crate) labels: Option<BTreeMap<String, String>>,
}

const VERBS: [(&str, Verb); 7] = [
    ("list", Verb::List),
    ("inspect", Verb::Inspect),
    ("logs", Verb::Logs),
    ("stats", Verb::Stats),
    ("start", Verb::Start),
    ("stop", Verb::Stop),
    ("restart", Verb::Restart),
];

/// Whether Docker could have given a container this name. Nothing else gets near a URL.
pub(crate) fn is_container_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

impl Verb {
    pub(crate) fn word(self) -> &'static str {
        VERBS.into_iter().find(|(_, verb)| *verb == self).map_or("", |(word, _)| word)
    }

    pub(crate) fn effect(self) -> Effect {
        match self {
            Self::List | Self::Inspect | Self::Logs | Self::Stats => Effect::Read,
            Self::Start => Effect::Change,
            Self::Stop | Self::Restart => Effect::Dangerous,
        }
    }
}

impl FromStr for Verb {
    type Err = Malformed;

    fn from_str(word: &str) -> Result<Self, Malformed> {
        let found = VERBS.into_iter().find(|(name, _)| *name == word);
        found.map(|(_, verb)| verb).ok_or_else(|| {
            let words: Vec<&str> = VERBS.into_iter().map(|(word, _)| word).collect();
            Malformed(format!("`{}` is none of {}", word.escape_debug(), words.join(", ")))
        })
    }
}

impl Container {
    pub(crate) fn parse(name: &str) -> Result<Self, Malformed> {
        if !is_container_name(name) {
            let shown: String = name.chars().take(40).collect();
            return Err(Malformed(format!("`{}` is no name of a container", shown.escape_debug())));
        }
        Ok(Self { name: name.to_owned(), labels: None })
    }
}

impl DockerScope {
    /// Without a container: whether there is one at all for which the verb is granted.
    pub(crate) fn covers(&self, verb: Verb, container: Option<&Container>) -> bool {
        self.verb == verb && container.is_none_or(|container| self.containers.matches(container))
    }

    /// Whether the labels of containers matter for this verb.
    pub(crate) fn asks_for_labels(&self, verb: Verb) -> bool {
        self.verb == verb && matches!(self.containers, Pattern::Label { .. })
    }

    pub(crate) fn includes(&self, other: &Self) -> bool {
        self.verb == other.verb
            && match (&self.containers, &other.containers) {
                (Pattern::All, _) => true,
                (Pattern::Name(own), Pattern::Name(other)) => own == other || glob(own, other),
                (own, other) => own == other,
            }
    }
}

impl Pattern {
    fn matches(&self, container: &Container) -> bool {
        match self {
            Self::All => true,
            Self::Name(pattern) => glob(pattern, &container.name),
            Self::Label { key, value } => {
                let label = container.labels.as_ref().and_then(|labels| labels.get(key));
                label.is_some_and(|label| value.as_ref().is_none_or(|value| value == label))
            }
        }
    }
}

/// Each part between stars is taken where it comes first, and the last one at the end: that finds a match
/// if there is one, and never goes back.
fn glob(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut tail) = name.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match tail.split_once(part) {
            Some((_, after)) => tail = after,
            None => return false,
        }
    }
    tail.ends_with(last)
}

impl fmt::Display for DockerScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.verb.word())?;
        match &self.containers {
            Pattern::All => f.write_str("*"),
            Pattern::Name(name) => f.write_str(name),
            Pattern::Label { key, value: Some(value) } => write!(f, "label:{key}={value}"),
            Pattern::Label { key, value: None } => write!(f, "label:{key}"),
        }
    }
}

impl FromStr for DockerScope {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (verb, pattern) = text.split_once(' ').ok_or_else(|| {
            Malformed::new("write `docker VERB CONTAINER`, such as `docker restart web`")
        })?;
        let (verb, pattern) = (verb.parse()?, pattern.trim());
        let containers = if pattern == "*" {
            Pattern::All
        } else if let Some(label) = pattern.strip_prefix("label:") {
            let (key, value) = match label.split_once('=') {
                Some((key, value)) => (key, Some(value.to_owned())),
                None => (label, None),
            };
            if key.is_empty()
                || label.len() > 256
                || !label.bytes().all(|byte| byte.is_ascii_graphic())
            {
                return Err(Malformed::new("a label is written `label:KEY` or `label:KEY=VALUE`"));
            }
            Pattern::Label { key: key.to_owned(), value }
        } else {
            if pattern.matches('*').count() > 4 || !is_container_name(&pattern.replace('*', "x")) {
                return Err(Malformed(format!(
                    "`{}` is no name of a container, and no pattern such as `web-*`",
                    pattern.escape_debug()
                )));
            }
            Pattern::Name(pattern.to_owned())
        };
        Ok(Self { verb, containers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, expected) in [
            ("web", "web", true),
            ("web", "web1", false),
            ("web*", "web", true),
            ("web-*", "web-1", true),
            ("web-*", "my-web-1", false),
            ("*-db", "app-db", true),
            ("*-db", "app-db-2", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*a*b*", "xbxaxb", true),
            ("*a*b*", "bxa", false),
            ("**", "x", true),
            ("a*b*b", "ab", false),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn only_names_that_docker_could_give_are_names() {
        for name in ["a", "web-1", "n8n", "my_app.v2", "0", &"x".repeat(128)] {
            assert!(is_container_name(name), "{name}");
        }
        for name in [
            "",
            "-a",
            ".",
            "..",
            "_a",
            "a/b",
            "../volumes/prune?x=",
            "web?force=true&v=true#",
            "a/exec",
            "..%2f",
            "a%2fb",
            "web#",
            "web\n",
            "web\0",
            " web",
            "wéb",
            "w\u{435}b",
            &"x".repeat(129),
        ] {
            assert!(!is_container_name(name), "{name:?}");
            assert!(Container::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_label_counts_for_its_verb_and_only_when_it_was_looked_up() {
        let scope: DockerScope = "logs label:umbrasil.manage".parse().unwrap();
        assert!(scope.asks_for_labels(Verb::Logs) && !scope.asks_for_labels(Verb::Stop));
        let with = |labels: &[(&str, &str)]| Container {
            name: "web".to_owned(),
            labels: Some(
                labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
            ),
        };
        assert!(scope.covers(Verb::Logs, Some(&with(&[("umbrasil.manage", "")]))));
        assert!(!scope.covers(Verb::Stop, Some(&with(&[("umbrasil.manage", "")]))));
        assert!(!scope.covers(Verb::Logs, Some(&with(&[("umbrasil", "manage")]))));
        assert!(!scope.covers(Verb::Logs, Some(&Container::parse("web").unwrap())));
        assert!(scope.covers(Verb::Logs, None), "for some container");
        let named: DockerScope = "logs web".parse().unwrap();
        assert!(!named.asks_for_labels(Verb::Logs));
    }
}
