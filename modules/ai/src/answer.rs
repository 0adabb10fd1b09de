//! What people read: the answer with what was used for it, or why there is none.

use umbrasil_sdk::prelude::*;

use crate::markdown;
use crate::message::ToolResult;
use crate::provider::{Choice, Provider};
use crate::tools;
use crate::trouble::Trouble;

/// Commands that are named above an answer; more are counted.
const NAMED: usize = 6;
/// Letters of a result where it stands for an answer.
const RESULT: usize = 1_000;

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

/// What commands gave, where no model says it.
pub(crate) fn results(results: &[ToolResult]) -> Html {
    results.iter().enumerate().fold(Html::new(), |html, (index, result)| {
        let text = tools::given(&result.text).trim();
        let html = if index > 0 { html.text("\n\n") } else { html };
        let html = if result.failed { html.text("⚠️ ") } else { html };
        match text.char_indices().nth(RESULT) {
            None => html.text(text),
            Some((at, _)) => html.text(text.get(..at).unwrap_or(text)).text("…"),
        }
    })
}

/// Which provider stood in for which.
pub(crate) fn passed(html: Html, by: &Choice, passed: &[(Provider, Trouble)]) -> Html {
    let Some((first, trouble)) = passed.first() else { return html };
    let note = format!("↪️ {} answered. {}: {trouble}.", by.provider.title(), first.title());
    html.text("\n\n").italic(note)
}

/// The model answered that it does not want to.
pub(crate) fn declined(by: &Choice) -> Html {
    let html =
        Html::new().text(format_args!("🙅 {} does not want to answer that.", by.provider.title()));
    html.line().text("Ask in other words, or choose another one with /model.")
}

/// Nobody could answer.
pub(crate) fn nobody(passed: &[(Provider, Trouble)]) -> Html {
    let mut html = Html::new().text("⚠️ ").bold("AI services temporarily unavailable");
    for (provider, trouble) in passed {
        html = html.line().text(provider.title()).text(": ").text(trouble);
    }
    if passed.iter().any(|(_, trouble)| trouble.may_be_length()) {
        html = html.text("\n\n💡 If the conversation is long, /clear may help.");
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
