//! What people read: the answer with what was used for it, or why there is none.

use umbrasil_sdk::prelude::*;

use crate::markdown;
use crate::provider::{Choice, Provider};
use crate::trouble::Trouble;

/// Commands that are named above an answer; more are counted.
const NAMED: usize = 6;

/// What stands above an answer: what was heard, and the commands that were run for it.
pub(crate) fn head(heard: Option<&str>, used: &[String]) -> Html {
    let mut html = Html::new();
    if let Some(heard) = heard {
        html = html.text("🎙 ").italic(heard).line();
    }
    let mut lines: Vec<(&String, usize)> = Vec::new();
    for line in used {
        match lines.iter_mut().find(|(known, _)| *known == line) {
            Some((_, count)) => *count += 1,
            None => lines.push((line, 1)),
        }
    }
    for (line, count) in lines.iter().take(NAMED) {
        html = html.text("🔧 ").text(line);
        html = if *count > 1 { html.text(format_args!(" ×{count}")).line() } else { html.line() };
    }
    if lines.len() > NAMED {
        html = html.text(format_args!("🔧 and {} more", lines.len() - NAMED)).line();
    }
    if heard.is_some() || !used.is_empty() { html.line() } else { html }
}

/// The text of a model.
pub(crate) fn body(text: &str) -> Html {
    markdown::html(text.trim())
}

/// Which provider stood in for which.
pub(crate) fn passed(html: Html, by: &Choice, passed: &[(Provider, Trouble)]) -> Html {
    let Some((first, trouble)) = passed.first() else { return html };
    let note = format!("↪️ {} answered. {}: {trouble}.", by.provider.title(), first.title());
    html.text("\n\n").italic(note)
}

/// Nobody could answer.
pub(crate) fn nobody(passed: &[(Provider, Trouble)]) -> Html {
    let mut html = Html::new().text("⚠️ ").bold("AI services temporarily unavailable");
    for (provider, trouble) in passed {
        html = html.line().text(provider.title()).text(": ").text(trouble);
    }
    html
}

/// The buttons below an answer: within a conversation that goes on, or below a single answer.
pub(crate) fn buttons(reply: Reply, goes_on: bool) -> Reply {
    if goes_on {
        reply.row([Button::new("⏹ End", "end")])
    } else {
        reply.row([Button::new("💬 Go on", "ask"), Button::new("🧹 Clear context", "clear")])
    }
}
