//! How questions come in: typed with a command, as `ai: …`, in a conversation, or once more.

use umbrasil_sdk::prelude::*;

use crate::provider::{Choice, NOBODY, Wish};
use crate::session::{self, Question};
use crate::talk;
use crate::usage::Used;

/// Letters of the mark that ties a button to its question.
const MARK: usize = 12;

/// `/ai QUESTION`
pub(crate) fn command(call: &Call) -> Result<Reply> {
    ask(call, call.text(), talk::is_open(call)?)
}

/// `ai: QUESTION`
pub(crate) fn typed(call: &Call) -> Result<Reply> {
    let Some(text) = call.get(0).map(str::trim).filter(|text| !text.is_empty()) else {
        return Err(Error::usage("Usage: ai: QUESTION\nExample: ai: how long do eggs boil?"));
    };
    ask(call, text, talk::is_open(call)?)
}

/// The next question of a conversation.
pub(crate) fn follow(call: &Call) -> Result<Reply> {
    ask(call, call.text(), true)
}

/// Opens a conversation.
pub(crate) fn begin(call: &Call) -> Result<Reply> {
    if Choice::in_order(Wish::of(call)?.as_ref())?.is_empty() {
        return Err(Error::usage(NOBODY));
    }
    talk::keep_open(call)?;
    let html = Html::new().text("💬 ").bold("What would you like to know?").line().text(
        "Write it, or send a picture or a voice message. I keep listening until you press End or use a command; /ai goes on after it.",
    );
    Ok(Reply::html(html).row([Button::new("⏹ End", "end")]))
}

/// Ends a conversation; it is remembered.
pub(crate) fn end(call: &Call) -> Result<Reply> {
    talk::close(call)?;
    Ok(Reply::text("⏹ The conversation has ended. I remember it until you clear it.").row([
        Button::new("💬 Go on", "ask"),
        Button::new("🧹 Clear context", "clear"),
        Button::new("🤖 AI", "home"),
    ]))
}

/// Asks a question again that had no answer, or half of one.
pub(crate) fn retry(call: &Call) -> Result<Reply> {
    let kept = storage::get_text(&key(call))?.unwrap_or_default();
    let mut parts = kept.splitn(3, '\n');
    let (mark, goes_on, text) = (parts.next(), parts.next(), parts.next());
    let Some(text) = text.filter(|_| mark == call.get(0)) else {
        chat::toast("That question is no longer kept. Please write it again.")?;
        return Ok(Reply::none());
    };
    ask(call, text, goes_on == Some("goes on"))
}

/// A button that asks this, within the conversation if `goes_on`.
pub(crate) fn retry_button(call: &Call, label: &str, text: &str, goes_on: bool) -> Result<Button> {
    let id = call.event_id();
    let mark = id.get(id.len().saturating_sub(MARK)..).unwrap_or(id);
    let goes_on = if goes_on { "goes on" } else { "" };
    storage::set(&key(call), format!("{mark}\n{goes_on}\n{text}"))?;
    Ok(Button::new(label, "retry").arg(mark))
}

fn ask(call: &Call, text: &str, goes_on: bool) -> Result<Reply> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::usage("Write a question, such as: how long do eggs boil?"));
    }
    let question = Question { text: text.to_owned(), goes_on, ..Question::default() };
    session::answer(call, &question, Used::default())
}

fn key(call: &Call) -> String {
    format!("{}/retry", call.user().id)
}
