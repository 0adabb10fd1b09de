//! What a handler does besides replying, and that a failed one does nothing.

use super::host;
use umbrasil_sdk::prelude::*;
use umbrasil_sdk::testing::{Host, error};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn everything(call: &Call) -> Result<Reply> {
    storage::set("key", "value")?;
    chat::typing()?;
    chat::toast("A toast")?;
    chat::expect("more", ["x"])?;
    chat::photo(PNG, "A <b>picture</b>")?;
    chat::document("a.txt", b"text", Html::new().text("A & b"))?;
    log::debug("one");
    log::error(format_args!("{}", 2));
    if call.get(0) == Some("fail") {
        return Err(Error::internal("on purpose"));
    }
    Ok([Reply::text("first"), Reply::text("second").row([Button::new("Again", "do")])]
        .into_iter()
        .collect())
}

fn module() -> Module {
    Module::new("Test")
        .command("do", "Does it", everything)
        .action("do", |call| everything(call).map(Reply::replace))
        .answer("more", |call| Ok(Reply::text(call.text())))
}

#[test]
fn all_of_it_is_seen() {
    let mut host = Host::new(module());
    let outcome = host.command("/do").unwrap();
    assert_eq!(outcome.to_string(), "first\n\nsecond\n[Again]");
    assert_eq!(outcome.text(), "first\n\nsecond");
    assert!(outcome.toasts.is_empty(), "nothing was pressed");
    assert_eq!(
        (outcome.photos[0].content.as_slice(), outcome.photos[0].caption.as_str()),
        (PNG, "A <b>picture</b>")
    );
    assert_eq!(
        (outcome.documents[0].name.as_str(), outcome.documents[0].caption.as_str()),
        ("a.txt", "A &amp; b")
    );
    assert_eq!(outcome.logs, ["debug: one", "error: 2"]);
    assert_eq!(outcome.expected, Some(("more".to_owned(), vec!["x".to_owned()])));
    assert_eq!((outcome.typing, outcome.calls), (1, 8));

    let pressed = host.press("Again").unwrap();
    assert_eq!(pressed.toasts, ["A toast"]);
    assert_eq!(pressed.to_string(), "first\n\n(edited) second\n[Again]\n(A toast)");
    let screen: Vec<&str> = host.screen().iter().map(|message| message.text.as_str()).collect();
    assert_eq!(screen, ["first", "second", "first"], "the second one was edited in its place");
}

#[test]
fn a_failed_handler_does_nothing() {
    let mut host = Host::new(module());
    assert_eq!(error(host.command("/do fail")).text(), "on purpose");
    assert_eq!(host.stored("key"), None);
    assert!(host.screen().is_empty() && !host.hears("an answer"));
}

#[test]
fn what_is_too_much_is_refused() {
    let cases: [(umbrasil_sdk::Handler, &str); 5] = [
        (
            |_| chat::toast(&"x".repeat(201)).map(|()| Reply::none()),
            "the host refused: a toast has",
        ),
        (|_| chat::photo(b"GIF", "").map(|()| Reply::none()), "the host refused: a picture is"),
        (
            |_| chat::photo(PNG, Html::new().text("x".repeat(1_025))).map(|()| Reply::none()),
            "the host refused: a caption has",
        ),
        (
            |_| chat::document("", b"", "").map(|()| Reply::none()),
            "the host refused: a document needs",
        ),
        (
            |_| chat::document("a", &vec![0; (2 << 20) + 1], "").map(|()| Reply::none()),
            "That is too large: the limit is 2097152.",
        ),
    ];
    for (handler, reason) in cases {
        let error = error(host(handler).command("/do"));
        assert!(error.text().starts_with(reason), "{error}");
    }
}

#[test]
fn settings_have_defaults() {
    let handler: umbrasil_sdk::Handler =
        |_| Ok(Reply::text(format!("{:?} {}", config::get("A")?, config::get_or("A", "default")?)));
    assert_eq!(host(handler).command("/do").unwrap().text(), "None default");
    assert_eq!(host(handler).config("A", "").command("/do").unwrap().text(), "Some(\"\") default");
    assert_eq!(host(handler).config("A", "b").command("/do").unwrap().text(), "Some(\"b\") b");
}
