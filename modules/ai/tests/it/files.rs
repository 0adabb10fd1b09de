//! Pictures and voice messages.

use umbrasil_sdk::Media;
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::error;

use crate::speech::{CLAUDE, OPENAI, asked, claude, host, openai};

const VOICE: &str = "POST https://api.openai.com/v1/audio/transcriptions";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0picture";

#[test]
fn a_picture_is_looked_at() {
    let mut host = host(&["OPENAI_API_KEY", "CLAUDE_API_KEY"]).files(JPEG);
    host.web(OPENAI, Ok(openai("A cat.", 1, 1))).web(CLAUDE, Ok(claude("A dog.", &[])));
    assert_eq!(host.file(Media::Photo, "", "ai: what animal?").unwrap().text(), "A cat.");
    let content = asked(&host, 0)["messages"][1]["content"].clone();
    assert_eq!(content[0]["text"], "what animal?");
    assert_eq!(content[1]["image_url"]["url"], "data:image/jpeg;base64,/9j/4HBpY3R1cmU=");
    host.command("/model claude").unwrap();
    assert_eq!(host.file(Media::Photo, "", "/ai").unwrap().text(), "A dog.");
    let messages = asked(&host, 0)["messages"].clone();
    assert_eq!(
        messages[0]["content"][0]["text"], "[with a picture] what animal?",
        "without the picture"
    );
    assert_eq!(messages[2]["content"][0]["source"]["media_type"], "image/jpeg");
    assert_eq!(messages[2]["content"][1]["text"], "What is in this picture?");
}

#[test]
fn what_is_no_picture_is_told() {
    let mut host = host(&["OPENAI_API_KEY"]).files(b"<svg/>");
    assert!(error(host.file(Media::Photo, "", "")).text().starts_with("I can look at JPEG"));
    let mut large = self::host(&["OPENAI_API_KEY"]).files([JPEG, &vec![0; 6 << 20]].concat());
    assert_eq!(
        error(large.file(Media::Photo, "", "")).text(),
        "This picture is too large: at most 5 MB."
    );
    assert!(host.requests().is_empty() && large.requests().is_empty());
}

#[test]
fn a_voice_message_is_heard_shown_and_answered() {
    let mut host = host(&["OPENAI_API_KEY"]).files(b"OggS\r\n--voice");
    let heard =
        r#"{"text": " How long do <eggs> boil? ", "usage": {"type": "duration", "seconds": 3.2}}"#;
    host.web(VOICE, Ok(Response::new(200, heard))).web(OPENAI, Ok(openai("Seven.", 1, 1)));
    let answer = host.file(Media::Voice, "", "").unwrap();
    assert_eq!(answer.text(), "🎙 How long do <eggs> boil?\n\nSeven.");
    let body = String::from_utf8_lossy(&host.requests()[0].body).into_owned();
    assert!(body.contains("name=\"model\"\r\n\r\nwhisper-1\r\n"), "{body}");
    assert!(
        body.contains(
            "filename=\"voice.ogg\"\r\nContent-Type: audio/ogg\r\n\r\nOggS\r\n--voice\r\n--"
        ),
        "{body}"
    );
    assert!(host.command("/usage").unwrap().text().contains("whisper-1                 $0.0004"));
}

#[test]
fn what_cannot_be_heard_is_told() {
    let mut deaf = host(&["CLAUDE_API_KEY"]).files(b"OggS");
    assert!(
        error(deaf.file(Media::Voice, "", ""))
            .text()
            .starts_with("Voice messages need OPENAI_API_KEY")
    );
    for (response, text) in [
        (
            Response::new(200, "{\"text\": \"\"}"),
            "🎙 I heard nothing in it. Please try again, or write.",
        ),
        (
            Response::new(404, ""),
            "This server does not turn speech into text. Please write your question.",
        ),
        (
            Response::new(200, "no"),
            "I could not listen to that: the answer was unreadable. Please write, or try again.",
        ),
        (
            Response::new(500, ""),
            "I could not listen to that: a fault at the provider (500). Please write, or try again.",
        ),
    ] {
        let mut host = host(&["OPENAI_API_KEY"]).files(b"OggS");
        host.web(VOICE, Ok(response));
        let said = host.file(Media::Voice, "", "");
        assert_eq!(said.map_or_else(|error| error.text().to_owned(), |said| said.text()), text);
    }
}
