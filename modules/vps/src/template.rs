//! A granted command with holes in it: `systemctl restart {unit:unit-name}`.

use umbrasil_sdk::ssh::{Effect, Template};

/// A part of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    Literal(String),
    Hole {
        name: String,
        /// One of those in `umbrasil.example.toml`, such as `unit-name`.
        kind: String,
    },
}

/// The words of a template. None if they cannot be told apart.
pub(crate) fn words(text: &str) -> Option<Vec<Word>> {
    let words = shell_words::split(text).ok()?;
    let word = |word: String| match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
        Some(hole) => {
            let (name, kind) = hole.split_once(':').unwrap_or((hole, "word"));
            Word::Hole { name: name.to_owned(), kind: kind.to_owned() }
        }
        None => Word::Literal(word),
    };
    Some(words.into_iter().map(word).collect())
}

/// The holes, in their order.
pub(crate) fn holes(words: &[Word]) -> Vec<(&str, &str)> {
    words
        .iter()
        .filter_map(|word| match word {
            Word::Hole { name, kind } => Some((name.as_str(), kind.as_str())),
            Word::Literal(_) => None,
        })
        .collect()
}

/// The command that comes of it, with these values in the holes; none unless there is one for each.
pub(crate) fn filled(words: &[Word], values: &[String]) -> Option<Vec<String>> {
    let mut values = values.iter();
    let command: Option<Vec<String>> = words
        .iter()
        .map(|word| match word {
            Word::Literal(text) => Some(text.clone()),
            Word::Hole { .. } => values.next().cloned(),
        })
        .collect();
    command.filter(|_| values.next().is_none())
}

/// What a value of this kind looks like: for questions.
pub(crate) fn example(kind: &str) -> &'static str {
    match kind {
        "unit-name" => "a unit, such as nginx.service",
        "container-name" => "a container, such as web-1",
        "host-name" => "a host or an address, such as example.org",
        "number" => "a number, such as 10",
        "path" => "a path, such as /var/log/syslog",
        _ => "one word of letters, digits and ._-",
    }
}

/// Whether a value may be of this kind. The host decides; this is so that people are told before.
pub(crate) fn fits(kind: &str, value: &str) -> bool {
    let of = |more: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let sound = !value.is_empty() && value.len() <= 255 && !value.starts_with('-');
    sound
        && match kind {
            "unit-name" => of("._-@:"),
            "container-name" => of("._-"),
            "host-name" => of(".-:"),
            "number" => value.len() <= 18 && value.bytes().all(|byte| byte.is_ascii_digit()),
            "path" => {
                value.starts_with('/') && of("._-/@+") && value.split('/').all(|part| part != "..")
            }
            _ => of("._-") && value.bytes().any(|byte| byte != b'.'),
        }
}

/// How grave a command is.
pub(crate) fn sign(template: &Template) -> &'static str {
    match template.effect {
        Effect::Read => "👁",
        Effect::Change => "✏️",
        Effect::Dangerous => "⚠️",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_taken_apart_and_filled() {
        let parsed =
            words("docker compose -f '/srv/my app.yml' restart {name:container-name} {n}").unwrap();
        assert_eq!(holes(&parsed), [("name", "container-name"), ("n", "word")]);
        let values = ["web".to_owned(), "two".to_owned()];
        let command = filled(&parsed, &values).unwrap();
        assert_eq!(
            command,
            ["docker", "compose", "-f", "/srv/my app.yml", "restart", "web", "two"]
        );
        assert_eq!(filled(&parsed, &values[..1]), None);
        assert_eq!(filled(&words("uptime").unwrap(), &values), None);
        assert_eq!(words("echo 'open"), None);
    }

    #[test]
    fn values_are_looked_at_before_they_are_sent() {
        for (kind, good, bad) in [
            ("unit-name", "getty@tty1.service", "a;b"),
            ("container-name", "web-1", "a/b"),
            ("host-name", "2001:db8::1", "a b"),
            ("number", "10", "-1"),
            ("path", "/var/log/x", "/var/../x"),
            ("word", "v1.2", ".."),
            ("new-kind", "a", "<b>"),
        ] {
            assert!(fits(kind, good), "{kind} {good}");
            assert!(!fits(kind, bad) && !fits(kind, ""), "{kind} {bad}");
        }
    }
}
