//! Pictures that are looked at, and voice messages that are listened to.

use base64::Engine as _;
use serde_json::Value;
use umbrasil_sdk::HostError;
use umbrasil_sdk::prelude::*;

use crate::message::{Picture, Spent, Tokens};
use crate::price;
use crate::provider::{Choice, Provider, unreachable};
use crate::session::{self, Question};
use crate::talk;
use crate::trouble::Trouble;
use crate::usage::{Sums, Used};

/// What providers take of a picture, and what a request holds of a voice message, in bytes.
const PICTURE: u64 = 5 << 20;
const VOICE: u64 = 7 << 20;
/// The model that listens; servers of one's own know it by this name, too.
const LISTENER: &str = "whisper-1";
const BOUNDARY: &str = "umbrasil-voice-7d1f0c5e9b3a";

/// A photo: its caption is the question.
pub(crate) fn photo(call: &Call) -> Result<Reply> {
    let content = read(call, PICTURE, "picture")?;
    let Some(mime) = mime(&content) else {
        return Err(Error::usage("I can look at JPEG, PNG, GIF and WebP pictures only."));
    };
    let base64 = base64::engine::general_purpose::STANDARD.encode(&content);
    let text = match caption(call.text()) {
        "" => "What is in this picture?",
        caption => caption,
    };
    let picture = Some(Picture { mime, base64 });
    let (text, goes_on) = (text.to_owned(), talk::is_open(call)?);
    let question = Question { text, picture, goes_on, ..Question::default() };
    session::answer(call, &question, Used::default())
}

/// A voice message: what is said in it is the question.
pub(crate) fn voice(call: &Call) -> Result<Reply> {
    let goes_on = talk::is_open(call)?;
    if let Some((text, is_spoken)) = session::waited(call)? {
        let question = Question { text, is_spoken, goes_on, ..Question::default() };
        return session::answer(call, &question, Used::default());
    }
    let choices = Choice::all()?;
    let Some(choice) = choices.iter().find(|choice| choice.provider == Provider::OpenAi) else {
        return Err(Error::usage(
            "Voice messages need OPENAI_API_KEY: the owner writes /secret set OPENAI_API_KEY and the key. Until then, please write.",
        ));
    };
    if let Some(text) = crate::usage::exhausted(call)? {
        return Ok(Reply::text(format_args!("💸 {text}")));
    }
    chat::typing()?;
    let content = read(call, VOICE, "voice message")?;
    let (text, seconds) = listen(choice, &content).map_err(|trouble| match trouble {
        Trouble::Refused(404 | 405) => Error::unavailable(
            "This server does not turn speech into text. Please write your question.",
        ),
        trouble => Error::unavailable(format!(
            "I could not listen to that: {trouble}. Please write, or try again."
        )),
    })?;
    let mut used = Used::default();
    let cost = seconds.map(price::voice);
    let spent = Spent { tokens: Some(Tokens::default()), cost };
    used.note(LISTENER, Sums::of(LISTENER, None, spent, Tokens::default()));
    if text.is_empty() {
        used.keep(call)?;
        return Ok(Reply::text("🎙 I heard nothing in it. Please try again, or write."));
    }
    // A caption says what to do with what was said.
    let text = match caption(call.text()) {
        "" => text,
        caption => format!("{caption}\n\n{text}"),
    };
    let question = Question { text, is_spoken: true, goes_on, ..Question::default() };
    session::answer(call, &question, used)
}

/// The file, if it is not too large.
fn read(call: &Call, limit: u64, what: &str) -> Result<Vec<u8>> {
    let too_large =
        || Error::usage(format!("This {what} is too large: at most {} MB.", limit >> 20));
    if call.file().is_some_and(|file| file.size > limit) {
        return Err(too_large());
    }
    let content = files::read_up_to(limit)?;
    if content.is_empty() {
        Err(Error::usage(format!("This {what} is empty.")))
    } else {
        Ok(content)
    }
}

/// What a caption says beside whom it is for.
fn caption(text: &str) -> &str {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let word = word.split('@').next().unwrap_or(word).to_ascii_lowercase();
    if ["ai", "ai:", "ai,", "/ai"].contains(&word.as_str()) { rest.trim() } else { text }
}

/// What kind of picture it is, by its first bytes: what its sender says may be wrong.
fn mime(content: &[u8]) -> Option<&'static str> {
    match content {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// What is said in a recording, and how many seconds that took, if the provider says so.
fn listen(choice: &Choice, content: &[u8]) -> Result<(String, Option<u64>), Trouble> {
    let mut body = Vec::with_capacity(content.len() + 1_024);
    let part = |body: &mut Vec<u8>, head: &str, content: &[u8]| {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").bytes(),
        );
        body.extend(content);
        body.extend(b"\r\n");
    };
    part(&mut body, "name=\"model\"", LISTENER.as_bytes());
    part(&mut body, "name=\"response_format\"", b"json");
    part(&mut body, "name=\"file\"; filename=\"voice.ogg\"\r\nContent-Type: audio/ogg", content);
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let answer =
        choice.post("/audio/transcriptions").header("Content-Type", kind).body(body).send();
    let answer = answer.map_err(|error| match error {
        HostError::Pending(text) => Trouble::Waits(text),
        error => unreachable(error),
    })?;
    if !answer.is_success() {
        return Err(match answer.status() {
            status @ (401 | 403) => Trouble::KeyRefused(status),
            429 => Trouble::TooMany(None),
            status @ 500.. => Trouble::Broken(status),
            status => Trouble::Refused(status),
        });
    }
    let heard: Value = serde_json::from_slice(answer.body()).map_err(|_| Trouble::Unreadable)?;
    let text = heard.get("text").and_then(Value::as_str).ok_or(Trouble::Unreadable)?;
    let seconds = heard.pointer("/usage/seconds").and_then(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    let seconds =
        seconds.filter(|seconds| (0.0..1e6).contains(seconds)).map(|seconds| seconds.ceil() as u64);
    Ok((text.trim().to_owned(), seconds))
}
