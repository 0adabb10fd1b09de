//! The last layer before anything is written or sent: known secrets are masked, in whatever form they come.
//!
//! There is one set of masks for the process, as there is one log: a redaction that had to be handed from
//! place to place would be missing at the one place where it counts. The secrets of the environment are
//! known from the start, those of the database once it is open, and later ones as soon as they are set.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// What is shown instead of a secret.
pub(crate) const MASK: &str = "[redacted]";
/// Shorter values are no secrets: masking them would make soup of every text.
pub(crate) const SHORTEST: usize = 8;
/// Lines of a longer value, such as a private key, are masked one by one if they have so many bytes.
const LINE: usize = 16;

static PROCESS: LazyLock<Process> = LazyLock::new(Process::default);

#[derive(Default)]
struct Process {
    known: Mutex<Known>,
    redactor: ArcSwap<Redactor>,
}

#[derive(Default)]
struct Known {
    /// Of the process: its token, its key, its environment.
    fixed: Vec<SecretString>,
    /// Of the database: they change while the host runs.
    kept: Vec<SecretString>,
}

/// Masks a set of secrets, in time linear in the text.
#[derive(Default)]
pub(crate) struct Redactor(Option<AhoCorasick>);

/// Masks the secrets of the process in `text`.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    PROCESS.redactor.load().redact(text)
}

/// Like [`redact`], for a text that is owned.
pub(crate) fn redacted(text: String) -> String {
    match redact(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(masked) => masked,
    }
}

/// Makes these values secrets of the process for as long as it runs.
pub(crate) fn add_fixed(secrets: impl IntoIterator<Item = SecretString>) {
    change(|known| known.fixed.extend(secrets));
}

/// Makes these values, and no others, the secrets that are kept.
pub(crate) fn set_kept(secrets: Vec<SecretString>) {
    change(|known| known.kept = secrets);
}

fn change(change: impl FnOnce(&mut Known)) {
    let mut known = PROCESS.known.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut known);
    let secrets = known.fixed.iter().chain(&known.kept);
    PROCESS.redactor.store(Redactor::new(secrets).into());
}

impl Redactor {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut forms = BTreeSet::new();
        for secret in secrets {
            add_forms(secret.expose_secret(), &mut forms);
        }
        if forms.is_empty() {
            return Self(None);
        }
        // The automaton holds them as well, for as long as they are secrets.
        // This kind of it grows with their length, and searches in linear time.
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(forms.iter().map(|form| form.as_bytes()))
            // Of gigabytes of secrets only, which nobody can set; the plainer automaton has no such limit.
            .or_else(|_| AhoCorasick::new(forms.iter().map(|form| form.as_bytes())));
        Self(built.ok())
    }

    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(automaton) = &self.0 else { return Cow::Borrowed(text) };
        let mut masked = String::new();
        let mut done = 0;
        for found in automaton.find_iter(text) {
            masked.push_str(text.get(done..found.start()).unwrap_or_default());
            masked.push_str(MASK);
            done = found.end();
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        masked.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(masked)
    }
}

/// The forms in which a value may turn up: as it is, and as others would write it.
fn add_forms(value: &str, forms: &mut BTreeSet<String>) {
    let value = value.trim();
    if value.len() < SHORTEST {
        return;
    }
    add_encoded(value, forms);
    add_lines(value, forms);
    // A token's second part is the secret one.
    if let Some((_, key)) = value.split_once(':').filter(|(id, _)| is_number(id))
        && key.len() >= 2 * SHORTEST
    {
        add_encoded(key, forms);
    }
    // Such as a private key, which is set in base64.
    let compact: Zeroizing<String> = Zeroizing::new(value.split_whitespace().collect());
    let decoded = STANDARD.decode(compact.as_bytes()).ok().map(Zeroizing::new);
    if let Some(text) = decoded.as_ref().and_then(|bytes| std::str::from_utf8(bytes).ok())
        && text.trim().len() >= LINE
    {
        forms.insert(text.trim().to_owned());
        add_lines(text, forms);
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn add_lines(value: &str, forms: &mut BTreeSet<String>) {
    let lines = value.lines().map(str::trim);
    for line in lines.filter(|line| line.len() >= LINE && !line.starts_with("-----")) {
        forms.insert(line.to_owned());
    }
}

fn add_encoded(value: &str, forms: &mut BTreeSet<String>) {
    let bytes = value.as_bytes();
    let mut add = |form: String| {
        if form.len() >= SHORTEST {
            forms.insert(form);
        }
    };
    add(value.to_owned());
    add(STANDARD.encode(bytes));
    add(URL_SAFE_NO_PAD.encode(bytes));
    for offset in 0..3 {
        add(inside_base64(bytes, offset, &STANDARD_NO_PAD));
        add(inside_base64(bytes, offset, &URL_SAFE_NO_PAD));
    }
    add(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    add(bytes.iter().map(|byte| format!("{byte:02X}")).collect());
    for plain in ["-_.~", "-_.~!$&'()*+,;=:@/?", "-_.*"] {
        add(percent(bytes, plain, false));
        add(percent(bytes, plain, true));
        add(percent(bytes, plain, false).replace("%20", "+"));
    }
    // As JSON, also by those who escape slashes or everything that is not ASCII.
    let json = serde_json::to_string(value).unwrap_or_default();
    let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default();
    add(json.to_owned());
    add(json.replace('/', "\\/"));
    add(ascii_json(value));
    // As Rust's Debug and the log write it, and as HTML does.
    add(value.escape_debug().to_string());
    add(value.escape_default().to_string());
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    add(html.replace('"', "&quot;").replace('\'', "&#39;"));
    add(html.replace('"', "&quot;"));
    add(html);
}

/// What is sure to be in the base64 of any text that holds `bytes` at a position of this remainder by three.
fn inside_base64(bytes: &[u8], offset: usize, engine: &impl base64::Engine) -> String {
    let padded: Zeroizing<Vec<u8>> =
        Zeroizing::new(std::iter::repeat_n(0, offset).chain(bytes.iter().copied()).collect());
    let encoded = Zeroizing::new(engine.encode(&*padded));
    // The first characters mix with what stands before, the last one with what follows.
    let (from, to) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
    encoded.get(from..to).unwrap_or_default().to_owned()
}

fn percent(bytes: &[u8], plain: &str, lower: bool) -> String {
    let encode = |byte: &u8| {
        if byte.is_ascii_alphanumeric() || plain.as_bytes().contains(byte) {
            char::from(*byte).to_string()
        } else if lower {
            format!("%{byte:02x}")
        } else {
            format!("%{byte:02X}")
        }
    };
    bytes.iter().map(encode).collect()
}

fn ascii_json(value: &str) -> String {
    let mut escaped = String::new();
    for character in value.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            ' '..='~' => escaped.push(character),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
