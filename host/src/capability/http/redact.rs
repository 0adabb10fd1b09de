//! Finds the values of secrets in what passes, as they are and in the usual encodings.
//!
//! It looks twice: for any secret in what a module wrote, before something is put in; and for those that
//! were put in, in what comes back. A far side that means to can always disguise a value: this is for the
//! ones that repeat what they were sent.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

/// Shorter values are not searched for: every other text would hold them.
const SHORTEST: usize = 8;
const MASK: &[u8] = b"[redacted]";

/// Searches for the forms of some secrets, upper or lower case.
pub(super) struct Scanner {
    automaton: AhoCorasick,
    /// What is searched for, and whose it is.
    forms: Vec<(Vec<u8>, usize)>,
    names: Vec<String>,
    longest: usize,
}

/// Takes secrets out of what arrives piece by piece.
#[derive(Default)]
pub(super) struct Redactor {
    scanner: Option<Arc<Scanner>>,
    /// The end of what has arrived, if a secret may begin there.
    held: Vec<u8>,
    /// The names of what was found.
    pub(super) found: BTreeSet<String>,
}

impl Scanner {
    /// None if there is nothing to search for.
    pub(super) fn new<'a>(
        secrets: impl IntoIterator<Item = (&'a str, &'a SecretString)>,
    ) -> Option<Self> {
        let (mut forms, mut names) = (Vec::new(), Vec::new());
        for (name, value) in secrets {
            let value = value.expose_secret();
            if value.len() < SHORTEST {
                continue;
            }
            for form in forms_of(value) {
                forms.push((form, names.len()));
            }
            names.push(name.to_owned());
        }
        let longest = forms.iter().map(|(form, _)| form.len()).max()?;
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(forms.iter().map(|(form, _)| form));
        match automaton {
            Ok(automaton) => Some(Self { automaton, forms, names, longest }),
            Err(error) => {
                // Only more than four thousand million states can do this.
                tracing::error!(%error, "the secrets are too large to be searched for");
                None
            }
        }
    }

    /// Whether any of the secrets is in there.
    pub(super) fn finds(&self, bytes: &[u8]) -> bool {
        self.automaton.is_match(bytes)
    }

    /// How many bytes at the end may be the beginning of a secret.
    fn beginning(&self, bytes: &[u8]) -> usize {
        let longest = bytes.len().min(self.longest.saturating_sub(1));
        let begins = |length: &usize| {
            let end = bytes.get(bytes.len() - length..).unwrap_or_default();
            self.forms.iter().any(|(form, _)| {
                form.len() > *length
                    && form.get(..*length).is_some_and(|start| start.eq_ignore_ascii_case(end))
            })
        };
        (1..=longest).rev().find(begins).unwrap_or(0)
    }
}

impl Redactor {
    pub(super) fn new(scanner: Option<Arc<Scanner>>) -> Self {
        Self { scanner, ..Self::default() }
    }

    /// Takes what has arrived, gives what may be passed on.
    pub(super) fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.pass(piece, false)
    }

    /// Gives what is left when nothing more arrives.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.pass(&[], true)
    }

    /// A whole text on its own, such as a header.
    pub(super) fn whole(&mut self, bytes: &[u8]) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        let clean = self.pass(bytes, true);
        self.held = held;
        clean
    }

    fn pass(&mut self, piece: &[u8], is_last: bool) -> Vec<u8> {
        let Some(scanner) = self.scanner.clone() else { return piece.to_vec() };
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(piece);
        let (mut clean, mut done) = (Vec::with_capacity(bytes.len()), 0);
        for found in scanner.automaton.find_iter(&bytes) {
            clean.extend_from_slice(bytes.get(done..found.start()).unwrap_or_default());
            clean.extend_from_slice(MASK);
            done = found.end();
            let owner = scanner.forms.get(found.pattern().as_usize()).map(|(_, owner)| *owner);
            if let Some(name) = owner.and_then(|owner| scanner.names.get(owner)) {
                self.found.insert(name.clone());
            }
        }
        let rest = bytes.get(done..).unwrap_or_default();
        let held = if is_last { 0 } else { scanner.beginning(rest) };
        let (passes, held) = rest.split_at(rest.len() - held);
        clean.extend_from_slice(passes);
        self.held = held.to_vec();
        clean
    }
}

/// The value itself, and how programs write it.
fn forms_of(value: &str) -> BTreeSet<Vec<u8>> {
    let bytes = value.as_bytes();
    let mut forms = BTreeSet::from([bytes.to_vec()]);
    for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        // Inside something longer, such as `user:SECRET`, it begins at one of three places.
        for offset in 0..3_usize {
            let mut padded = vec![0; offset];
            padded.extend_from_slice(bytes);
            let text = alphabet.encode(&padded);
            // What depends on the neighbours is not searched for.
            let from = (offset * 8).div_ceil(6);
            let to = padded.len() * 8 / 6;
            forms.extend(text.as_bytes().get(from..to).map(<[u8]>::to_vec));
        }
    }
    let each = |form: &dyn Fn(&mut String, char)| {
        let mut text = String::new();
        value.chars().for_each(|character| form(&mut text, character));
        text.into_bytes()
    };
    let hex = |text: &mut String, before: &str, byte: u8| {
        // Writing to a string cannot fail.
        write!(text, "{before}{byte:02x}").unwrap_or_default();
    };
    forms.insert(each(&|text, character| {
        character.to_string().bytes().for_each(|byte| hex(text, "", byte));
    }));
    let percent = |text: &mut String, character: char, plain: &str| {
        if character.is_ascii_alphanumeric() || plain.contains(character) {
            text.push(character);
        } else {
            character.to_string().bytes().for_each(|byte| hex(text, "%", byte));
        }
    };
    // As browsers, as `encodeURIComponent`, as strict libraries do it; then every single byte.
    for plain in ["-_.~", "-_.~!*'()", "-_.~!*'();:@&=+$,/?#[]", "-_.*"] {
        forms.insert(each(&|text, character| percent(text, character, plain)));
    }
    forms.insert(each(&|text, character| {
        character.to_string().bytes().for_each(|byte| hex(text, "%", byte));
    }));
    let form = forms.clone().into_iter().map(|form| replaced(&form, b"%20", b"+"));
    forms.extend(form.collect::<Vec<_>>());
    if let Ok(json) = serde_json::to_string(value) {
        let json = json.trim_matches('"');
        forms.insert(json.as_bytes().to_vec());
        forms.insert(json.replace('/', "\\/").into_bytes());
    }
    forms.insert(each(&|text, character| {
        if character.is_ascii_alphanumeric() {
            text.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(text, "\\u{unit:04x}").unwrap_or_default();
            }
        }
    }));
    forms.insert(each(&|text, character| match character {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        '"' => text.push_str("&quot;"),
        '\'' => text.push_str("&#39;"),
        character => text.push(character),
    }));
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, others)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*first);
            rest = others;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    const SECRET: &str = "sk-CANARY/7f+3=q \"é&x";

    fn redactor() -> Redactor {
        let secret = SecretString::from(SECRET);
        Redactor::new(Scanner::new([("KEY", &secret)]).map(Arc::new))
    }

    fn encodings() -> Vec<String> {
        let mut hex = String::new();
        SECRET.bytes().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
        let query: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        let mut path = url::Url::parse("https://x.org/").unwrap();
        path.query_pairs_mut().append_pair("k", SECRET);
        let mut all = vec![
            SECRET.to_owned(),
            SECRET.to_ascii_uppercase(),
            hex.to_uppercase(),
            hex,
            path.query().unwrap().to_owned(),
            query.replace('+', "%20"),
            query,
            serde_json::to_string(SECRET).unwrap(),
            serde_json::to_string(SECRET).unwrap().replace('/', "\\/"),
            SECRET.replace('&', "&amp;").replace('"', "&quot;"),
        ];
        for before in ["", "u", "us", "user:", "Bearer "] {
            for after in ["", "x", "xy", "\r\n"] {
                let text = format!("{before}{SECRET}{after}");
                all.extend([STANDARD.encode(&text), URL_SAFE.encode(&text)]);
                all.push(STANDARD_NO_PAD.encode(&text));
            }
        }
        all
    }

    #[test]
    fn every_usual_form_is_taken_out_of_a_whole_text() {
        for form in encodings() {
            let mut redactor = redactor();
            let clean = redactor.whole(format!("{{\"a\":\"{form}\"}}").as_bytes());
            let clean = String::from_utf8_lossy(&clean).into_owned();
            assert!(clean.contains("[redacted]"), "{form}: {clean}");
            assert!(!clean.to_lowercase().contains("canary"), "{clean}");
            assert_eq!(redactor.found, BTreeSet::from(["KEY".to_owned()]));
        }
    }

    #[test]
    fn no_cut_between_pieces_lets_a_secret_through() {
        for form in encodings() {
            let text = format!("before {form} after").into_bytes();
            let whole = redactor().whole(&text);
            for size in [1, 2, 3, 7, 16] {
                let mut redactor = redactor();
                let mut clean: Vec<u8> =
                    text.chunks(size).flat_map(|piece| redactor.push(piece)).collect();
                clean.extend(redactor.finish());
                let shown = String::from_utf8_lossy(&clean).into_owned();
                assert!(shown.contains("[redacted]"), "{form} in pieces of {size}: {shown}");
                // A short form that is found first may leave the padding behind, nothing else.
                assert!(clean.len() <= whole.len() + 2, "{shown}");
            }
        }
    }

    #[test]
    fn what_cannot_begin_a_secret_is_not_kept_waiting() {
        let mut redactor = redactor();
        assert_eq!(redactor.push(b"data: hello\n\n"), b"data: hello\n\n");
        assert_eq!(redactor.push(b"data: sk-CAN"), b"data: ");
        assert_eq!(redactor.push(b"DY\n"), b"sk-CANDY\n");
        assert!(redactor.found.is_empty());
        // Without secrets everything passes as it is.
        let mut none = Redactor::default();
        assert_eq!(none.push(SECRET.as_bytes()), SECRET.as_bytes());
    }

    #[test]
    fn silly_secrets_do_not_turn_everything_into_soup() {
        let (short, long) = (SecretString::from("a"), SecretString::from("longenough"));
        assert!(Scanner::new([("A", &short)]).is_none());
        let scanner = Scanner::new([("A", &short), ("B", &long)]).unwrap();
        assert!(!scanner.finds(b"an apple a day") && scanner.finds(b"?k=LongEnough"));
    }

    #[test]
    fn near_misses_cost_no_more_than_one_look() {
        let secret = SecretString::from("a".repeat(64) + "b");
        let scanner = Arc::new(Scanner::new([("KEY", &secret)]).unwrap());
        let mut redactor = Redactor::new(Some(scanner));
        let text = vec![b'a'; 10 << 20];
        let mut passed: usize = text.chunks(64 << 10).map(|piece| redactor.push(piece).len()).sum();
        passed += redactor.finish().len();
        assert_eq!(passed, text.len());
    }
}
