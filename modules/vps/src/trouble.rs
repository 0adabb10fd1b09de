//! Why a server gave no answer, and what its owner does about it.
//!
//! The host says in a sentence what went wrong. Here that sentence gets a sign, and the next step where there
//! is one; a sentence that nobody knows here is shown as it is.

use umbrasil_sdk::HostError;
use umbrasil_sdk::prelude::*;

use crate::text;

/// Why there is nothing to show.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// To be shown in the place of the view, with its buttons: pressing "Refresh" may help.
    Shown {
        sign: &'static str,
        /// A sentence.
        what: String,
        /// What to do about it.
        next: Html,
    },
    /// The event ends here: the owner is asked first, or the module is at fault.
    Ends(Error),
}

/// A part of the host's sentence, the sign, and what to do. The first that is found counts.
const KNOWN: [(&str, &str, &str); 11] = [
    (
        "has CHANGED",
        "🚨",
        "Do not go on before you know why. If the server really has a new key, the one who runs the bot forgets the old one: ",
    ),
    (
        "is not known yet",
        "🔑",
        "The owner trusts it with the button in their own chat with the bot (compare the fingerprint first). Then press Refresh.",
    ),
    (
        "does not accept the bot's key",
        "🔐",
        "Then press Refresh. The user and the key are VPS_USERNAME and VPS_PRIVATE_KEY, or `user` and `key` in umbrasil.toml.",
    ),
    ("refuses connections", "🔌", "Check that sshd runs there, and that the port is right."),
    (
        "name that cannot be resolved",
        "🔎",
        "Check VPS_HOST, or `host` in umbrasil.toml, for a typing error.",
    ),
    (
        "did not answer within",
        "⏳",
        "Check that the server is up, and that no firewall is in the way.",
    ),
    ("does not answer", "⏳", "Check that the server is up, and that no firewall is in the way."),
    ("cannot be reached", "🔌", "Check that the server is up, and the network between."),
    ("is busy with other commands", "⏳", "Wait a little, then press Refresh."),
    ("has no usable key here", "🔐", "Check VPS_PRIVATE_KEY, or `key` in umbrasil.toml."),
    ("there is no target", "🤷", "Press Servers to see which there are."),
];

impl Trouble {
    /// Something else than the host's own reasons.
    pub(crate) fn new(sign: &'static str, what: impl Into<String>, next: impl Into<Html>) -> Self {
        Self::Shown { sign, what: what.into(), next: next.into() }
    }

    /// Why this command did not run on this server.
    pub(crate) fn of(error: HostError, server: &str) -> Self {
        match error {
            HostError::Unavailable(what) => {
                let known = KNOWN.iter().find(|(part, _, _)| what.contains(part));
                let (sign, next) = known.map_or(("🔴", ""), |&(_, sign, next)| (sign, next));
                let mut next = Html::new().text(next);
                if sign == "🚨" {
                    next = next.code(format_args!("umbrasil host-key forget {server}"));
                }
                Self::new(sign, sentence(&what), next)
            }
            HostError::Unknown(what) => Self::new(
                "❓",
                format!("Nobody knows how it ended. {}", sentence(&what)),
                "It may have run, or still be running: look before you run it again.",
            ),
            HostError::Denied(what) => match granting(&what) {
                Some(line) => {
                    let next = Html::from("To allow it: ")
                        .code(format_args!("umbrasil grant allow vps {}", quoted(line)))
                        .text("\nWhat was revoked comes back with /grants vps, too.");
                    let what = format!("Not granted: {}", text::short(line, 300));
                    Self::new("🚫", what, next)
                }
                None => Self::new("🚫", format!("Not permitted: {}", sentence(&what)), ""),
            },
            HostError::Timeout => Self::new("⏳", "There was no answer in time.", ""),
            other => Self::Ends(other.into()),
        }
    }

    /// In one short line, for a list in which the server's name is in front.
    pub(crate) fn brief(&self, server: &str) -> Result<String> {
        match self {
            Self::Ends(error) => Err(error.clone()),
            Self::Shown { sign, what, .. } => {
                let what = match *sign {
                    "🚨" => "host key CHANGED: press for more",
                    "🔑" => "host key not trusted yet",
                    "🔐" => "does not let the bot log in",
                    "🚫" => "reading it is not granted",
                    _ => what.as_str(),
                };
                let what = what.strip_prefix(server).unwrap_or(what).trim_start();
                Ok(format!("{sign} {}", text::short(what.trim_end_matches('.'), 80)))
            }
        }
    }

    pub(crate) fn into_html(self) -> Result<Html> {
        match self {
            Self::Ends(error) => Err(error),
            Self::Shown { sign, what, next } => {
                let html = Html::new().text(sign).text(" ").text(what);
                let gap = if next.as_str().is_empty() { "" } else { "\n\n" };
                Ok(html.text(gap).push(next))
            }
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Ends(error)
    }
}

/// With a capital in front and a full stop behind; the name of a server stays as it is written.
fn sentence(what: &str) -> String {
    let what = text::one_line(what);
    let what = what.strip_prefix("the ").map_or_else(|| what.clone(), |rest| format!("The {rest}"));
    if what.ends_with(['.', '?', '!']) { what } else { format!("{what}.") }
}

/// The line that the host says is to be granted.
fn granting(what: &str) -> Option<&str> {
    what.strip_prefix("grant `")?.rsplit_once('`').map(|(line, _)| line)
}

/// As a shell on the bot's machine reads it back.
fn quoted(line: &str) -> String {
    shell_words::quote(line).into_owned()
}
