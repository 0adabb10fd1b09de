//! What waits for an owner's tap.
//!
//! A prompt carries an unguessable nonce that only the host knows and only the chat of its one approver gets
//! to see. What is approved is kept with it, word for word: the tap says yes to that, once, within five
//! minutes. Modules cannot make such buttons (theirs begin with their name) nor such texts (the mark is taken
//! out of theirs).

use std::time::Duration;

use base64::Engine as _;
use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::database::{Approval, NewMessage};
use crate::grant::hash;
use crate::outgoing::{Keyboard, Outgoing};
use crate::permission::{Asks, Origin};
use crate::reply::{MARK, escape};
use crate::router::{host_button_with, take_button};

/// How long an owner has.
pub(crate) const LIFE: Duration = Duration::from_mins(5);
/// Questions of one module that may wait at once.
pub(crate) const PENDING: usize = 3;

/// Whose questions are not those of a module; no module can have this name.
const HOST: &str = "host";

/// What is done when the owner agrees.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Payload {
    /// The event is handled again, with one call allowed.
    Call(Box<Resume>),
    /// A component is loaded with what it asks for.
    Load { hash: String },
    /// The key of a server is recorded.
    HostKey { target: String, address: String, key: String },
    /// A file is handed to the module whose name comes with the tap. The cause names none yet.
    File(Box<Cause>),
}

/// An event that stopped at a call which needs an owner.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Resume {
    pub(crate) cause: Cause,
    /// SHA-256 of the canonical request.
    pub(crate) ticket: String,
    /// Likewise, of the commands of other modules on the way there that an owner has agreed to before.
    #[serde(default)]
    pub(crate) behind: Vec<String>,
    /// What the owner reads.
    pub(crate) shown: String,
}

/// A question to an owner: what is kept, and what is sent.
pub(crate) struct Prompt {
    pub(crate) approval: Approval,
    pub(crate) messages: Vec<NewMessage>,
}

/// Asks an owner to agree to one call.
pub(crate) fn call(resume: Resume, approver: i64, now_ms: i64) -> Prompt {
    let Resume { cause: Cause { module, actor, origin, .. }, shown, .. } = &resume;
    let of = match origin {
        Origin::Owner => String::new(),
        _ => format!("\nFor: {}", escape(actor)),
    };
    let html = format!(
        "{MARK} <b>Confirm</b>\n<b>{}</b> wants to do exactly this:\n<pre>{}</pre>{of}\nYou have five minutes. Nothing is done unless you confirm.",
        escape(module),
        escape(shown),
    );
    let labels = [("✅ Confirm", "approve"), ("✖️ Deny", "deny")];
    let (module, request) = (module.clone(), resume.ticket.clone());
    prompt(
        "call",
        module,
        request,
        &Payload::Call(Box::new(resume)),
        approver,
        now_ms,
        &html,
        &labels,
    )
}

/// Asks an owner to agree to what a component asks for.
pub(crate) fn load(asks: &Asks, serving: Option<&str>, approver: i64, now_ms: i64) -> Prompt {
    let Asks { module, version, hash: component, plus, minus, kept } = asks;
    let mut html = format!(
        "{MARK} <b>Permissions</b>\nModule <b>{}</b> {} (<code>{}</code>) asks for:\n",
        escape(module),
        escape(version),
        component.get(..12).unwrap_or_default(),
    );
    for want in plus {
        html.extend(["➕ <code>", &escape(&want.scope.to_string()), "</code>"]);
        if !want.reason.is_empty() {
            html.extend([" (", &escape(&want.reason), ")"]);
        }
        html.push('\n');
    }
    for scope in minus {
        html.extend(["➖ <code>", &escape(&scope.to_string()), "</code> no longer\n"]);
    }
    if plus.is_empty() && minus.is_empty() {
        html.push_str("nothing new: these are other bytes than those that you agreed to.\n");
    }
    if !kept.is_empty() {
        html.extend(["It keeps ", &kept.len().to_string(), " that it has.\n"]);
    }
    match serving {
        Some(version) => {
            html.extend(["Until you decide, version ", &escape(version), " goes on serving."]);
        }
        None => html.push_str("Until you decide, it does not run."),
    }
    let lines: Vec<String> = plus.iter().map(|want| want.scope.to_string()).collect();
    let request = hash(format!("{module}\n{component}\n{}", lines.join("\n")).as_bytes());
    let labels = [("✅ Allow", "approve"), ("1️⃣ Allow once", "once"), ("✖️ Deny", "deny")];
    let payload = Payload::Load { hash: component.clone() };
    prompt("load", module.to_string(), request, &payload, approver, now_ms, &html, &labels)
}

/// Asks whoever sent a file which of these modules, by name and title, it is for.
pub(crate) fn file(cause: &Cause, modules: &[(String, String)], now_ms: i64) -> Prompt {
    let payload = Payload::File(Box::new(cause.clone()));
    let html = format!("{MARK} Who is this for?");
    let (name, request) = (HOST.to_owned(), hash(cause.event.as_bytes()));
    let mut prompt = prompt("file", name, request, &payload, cause.user.id, now_ms, &html, &[]);
    let nonce = &prompt.approval.nonce;
    let row = |(name, title): &(String, String)| vec![take_button(title, nonce, name)];
    let keyboard: Keyboard = modules.iter().map(row).collect();
    let messages = crate::reply::messages(&html, keyboard, None);
    let message = |message: Outgoing| message.into_message(cause.chat_id, None);
    prompt.messages = messages.into_iter().map(message).collect();
    prompt
}

#[expect(clippy::too_many_arguments, reason = "each is one field of the row or the message")]
fn prompt(
    kind: &str,
    module: String,
    request: String,
    payload: &Payload,
    approver: i64,
    now_ms: i64,
    html: &str,
    labels: &[(&str, &str)],
) -> Prompt {
    let (nonce, life) = match nonce() {
        Some(nonce) => (nonce, i64::try_from(LIFE.as_millis()).unwrap_or(0)),
        // What somebody could guess must not be approved: it has expired before it is sent.
        None => (String::new(), i64::MIN),
    };
    let buttons =
        labels.iter().map(|(label, verb)| host_button_with(*label, verb, &nonce)).collect();
    let keyboard: Keyboard = vec![buttons];
    let messages = crate::reply::messages(html, keyboard, None);
    let approval = Approval {
        nonce,
        kind: kind.to_owned(),
        module,
        approver,
        expires_ms: now_ms.saturating_add(life),
        request,
        // Strings and numbers always serialise.
        payload: serde_json::to_string(payload).unwrap_or_default(),
    };
    let message = |message: Outgoing| message.into_message(approver, None);
    Prompt { approval, messages: messages.into_iter().map(message).collect() }
}

/// The key of a server that nobody has seen before.
pub(crate) struct ShownKey {
    pub(crate) target: String,
    pub(crate) address: String,
    pub(crate) key_type: String,
    pub(crate) fingerprint: String,
    /// As `authorized_keys` has it.
    pub(crate) key: String,
}

/// Asks an owner to trust the key of a server that is not known yet.
pub(crate) fn host_key(shown: ShownKey, approver: i64, now_ms: i64) -> Prompt {
    let ShownKey { target, address, key_type, fingerprint, key } = shown;
    let html = format!(
        "{MARK} <b>Unknown server</b>\nThe target <b>{}</b> at <code>{}</code> shows a host key that nobody has seen before:\n{} <code>{}</code>\nNothing was sent to it. Compare with <code>ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub</code> on the server.",
        escape(&target),
        escape(&address),
        escape(&key_type),
        escape(&fingerprint),
    );
    let request = hash(format!("{target}\n{address}\n{key}").as_bytes());
    let payload = Payload::HostKey { target, address, key };
    let labels = [("🔑 Trust", "approve"), ("✖️ Deny", "deny")];
    prompt("host-key", "ssh".to_owned(), request, &payload, approver, now_ms, &html, &labels)
}

/// 128 random bits; none if the system has none to give.
fn nonce() -> Option<String> {
    let mut bytes = [0_u8; 16];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "the system gives no random numbers; nothing can be approved");
        return None;
    }
    Some(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_long_and_never_the_same() {
        let (one, other) = (nonce().unwrap(), nonce().unwrap());
        assert!(one.len() == 22 && one != other);
        assert!(format!("h:approve:{one}").len() <= 64);
    }
}
