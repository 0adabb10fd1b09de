//! The menu of the module, and forgetting a conversation.

use umbrasil_sdk::prelude::*;

use crate::history::History;
use crate::provider::{Choice, NOBODY, Wish};
use crate::usage;

/// Who would answer, what is remembered, and what today has cost.
pub(crate) fn home(call: &Call) -> Result<Reply> {
    let choices = Choice::in_order(Wish::of(call)?.as_ref())?;
    let Some(first) = choices.first() else {
        return Ok(with_buttons(Html::new().text("🤖 ").bold("AI").line().text(NOBODY)));
    };
    let (remembered, today) =
        (History::of(call)?.len(), usage::total(&usage::since(call.user().id, call.at().date())?));
    let mut html = Html::new().text("🤖 ").bold("AI").line();
    html = html.text(first.provider.title()).text(" · ").code(&first.model);
    let others: Vec<&str> = choices.iter().skip(1).map(|choice| choice.provider.title()).collect();
    if !others.is_empty() {
        html = html.text(format_args!("\nIf it fails: {}", others.join(", ")));
    }
    html = html.text(match remembered {
        0 => "\nContext: empty".to_owned(),
        1 => "\nContext: 1 question".to_owned(),
        count => format!("\nContext: {count} questions"),
    });
    html = html.text("\nToday: ").text(usage::money(today.cost));
    if let Some(budget) = usage::budget()? {
        html = html.text(" of ").text(usage::money(budget));
    }
    Ok(with_buttons(html))
}

fn with_buttons(html: Html) -> Reply {
    Reply::html(html)
        .row([Button::new("💬 Ask", "ask"), Button::new("🧹 Clear context", "clear")])
        .row([Button::new("🧠 Model", "models"), Button::new("📊 Usage", "usage")])
        .replace()
}

/// Forgets the conversation.
pub(crate) fn clear(call: &Call) -> Result<Reply> {
    let text = if History::clear(call)? {
        "🧹 The conversation is forgotten."
    } else {
        "🧹 There was nothing to forget."
    };
    Ok(Reply::text(text).row([Button::new("💬 Ask", "ask"), Button::new("🤖 AI", "home")]))
}
