//! Takes secrets out of messages before anything is kept. Pure.
//!
//! Whoever writes `/secret set NAME value` means the host, once: the value must not reach the inbox, from
//! where a crash, a backup or a module could have it. What is kept is the command without it.

use std::borrow::Cow;

use secrecy::SecretString;
use serde_json::Value;

use crate::incoming::{Content, Incoming, WITHHELD};
use crate::secret;

/// A command, and what was taken out of it.
#[derive(Debug)]
struct Split {
    kept: String,
    /// None if what was taken out is no value of a secret.
    value: Option<SecretString>,
}

/// What was taken out of a message.
pub(super) struct Taken(pub(super) Option<SecretString>);

/// Takes a secret out of what came in. None: there was none.
pub(super) fn take(incoming: &mut Incoming) -> Option<Taken> {
    let Content::Text(text) = &mut incoming.content else { return None };
    let Split { kept, value } = split(text)?;
    *text = kept;
    Some(Taken(value))
}

/// The body of an update as it may be kept: without secrets wherever a text is one, also as a caption, in
/// a quotation or in what is answered to.
pub(super) fn body(raw: &str) -> Cow<'_, str> {
    // Everything else is kept as it came, without a second look.
    if !raw.as_bytes().windows(6).any(|window| window.eq_ignore_ascii_case(b"secret")) {
        return Cow::Borrowed(raw);
    }
    let Ok(mut update) = serde_json::from_str::<Value>(raw) else { return Cow::Borrowed(raw) };
    if clean(&mut update) { Cow::Owned(update.to_string()) } else { Cow::Borrowed(raw) }
}

/// Cleans all texts; says whether there was one to clean. As deep as serde_json reads, which is not deep.
fn clean(value: &mut Value) -> bool {
    match value {
        Value::String(text) => match split(text) {
            Some(Split { kept, .. }) => {
                *text = kept;
                true
            }
            None => false,
        },
        Value::Array(items) => items.iter_mut().fold(false, |found, item| clean(item) || found),
        Value::Object(fields) => {
            fields.values_mut().fold(false, |found, field| clean(field) || found)
        }
        _ => false,
    }
}

fn split(text: &str) -> Option<Split> {
    let (command, rest) = word(text);
    let command = command.strip_prefix('/')?.split('@').next()?;
    if !command.eq_ignore_ascii_case("secret") || rest.is_empty() {
        return None;
    }
    let (verb, rest) = word(rest);
    let (name, rest) = word(rest);
    let without = |kept: String| Some(Split { kept, value: None });
    match verb.to_ascii_lowercase().as_str() {
        "set" if secret::is_name(name) && !rest.is_empty() => {
            let kept = format!("/secret set {name} {WITHHELD}");
            Some(Split { kept, value: Some(rest.into()) })
        }
        "list" if name.is_empty() => None,
        "set" | "remove" if secret::is_name(name) && rest.is_empty() => None,
        // Perhaps a value without a name, or the two the other way round.
        "set" | "remove" if !name.is_empty() => without(format!("/secret {verb} {WITHHELD}")),
        "set" | "remove" => None,
        _ => without(format!("/secret {WITHHELD}")),
    }
}

/// The first word, and what follows it without the blanks between and at the end.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn taken(text: &str) -> Option<(String, Option<String>)> {
        let Split { kept, value } = split(text)?;
        Some((kept, value.map(|value| value.expose_secret().to_owned())))
    }

    #[test]
    fn a_value_is_taken_out_however_it_is_written() {
        for text in [
            "/secret set API_KEY s3cret value",
            "/secret@umbrasil_bot set API_KEY s3cret value",
            "  /SECRET  SET  API_KEY\n s3cret value\n",
            "/secret\u{a0}set\nAPI_KEY\ts3cret value",
        ] {
            let kept = "/secret set API_KEY [withheld]".to_owned();
            assert_eq!(taken(text), Some((kept, Some("s3cret value".to_owned()))), "{text}");
        }
    }

    #[test]
    fn what_may_be_a_value_in_the_wrong_place_is_not_kept() {
        for text in [
            "/secret set s3cret",
            "/secret set s3cret API_KEY",
            "/secret s3cret",
            "/secret add X s3cret",
            "/secret remove s3cret",
            "/secret list s3cret",
            "/secret remove X s3cret",
        ] {
            let (kept, value) = taken(text).unwrap_or_else(|| panic!("{text}"));
            assert!(!kept.contains("s3cret") && value.is_none(), "{text}: {kept}");
        }
        for text in [
            "/secret",
            "/secret list",
            "/secret set",
            "/secret remove API_KEY",
            "/secret set API_KEY",
            "/secrets set A b",
            "secret set A b",
            "/start",
        ] {
            assert_eq!(taken(text), None, "{text}");
        }
    }

    #[test]
    fn a_body_is_kept_without_it() {
        let raw = r#"{"update_id":1,"message":{"text":"\/secret set API_KEY s3cret","caption":"\/Secret set K\u0045Y s3cret","reply_to_message":{"text":"\/secret set A_B s3cret"},"entities":[{"type":"bot_command"}]}}"#;
        let kept = body(raw);
        assert!(!kept.contains("s3cret"), "{kept}");
        assert!(kept.contains("\"update_id\":1") && kept.contains("bot_command"), "{kept}");
        let other = r#"{"update_id":1,"message":{"text":"the secret of life"}}"#;
        assert!(matches!(body(other), Cow::Borrowed(kept) if kept == other));
    }
}
