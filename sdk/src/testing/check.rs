//! What a real host would refuse or repair, found early and with the reason.

use std::collections::BTreeSet;

use regex::Regex;

use crate::Module;
use crate::bindings::exports::umbrasil::module::handler as wit;
use crate::module::Kind;

/// Telegram gives a button 64 bytes. What is over this is left to the module's name.
const BUTTON_BYTES: usize = 48;

/// The tags of Telegram's HTML subset.
const TAGS: [&str; 15] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "code",
    "pre",
    "a",
    "blockquote",
    "tg-spoiler",
    "span",
];

/// Checks what a module says about itself; gives its patterns, ready to match.
pub(crate) fn declaration(module: &Module) -> Result<Vec<(&'static str, Regex)>, String> {
    if module.misplaced {
        return Err("an argument or an example stands where no command is before it".into());
    }
    let name = Regex::new("^[a-z][a-z0-9_]{0,31}$").map_err(|error| error.to_string())?;
    let mut seen = BTreeSet::new();
    let mut patterns = Vec::new();
    for route in &module.routes {
        let kind = match &route.kind {
            Kind::Command(command) => {
                if command.summary.is_empty() || command.summary.chars().count() > 256 {
                    return Err(format!(
                        "/{} needs a summary of at most 256 characters",
                        route.name
                    ));
                }
                let required: Vec<bool> = command.arguments.iter().map(|a| a.required).collect();
                if !required.is_sorted_by(|before, after| before >= after) {
                    return Err(format!(
                        "/{} needs an argument after one that is optional",
                        route.name
                    ));
                }
                "command"
            }
            Kind::Tick => "schedule",
            Kind::File(..) => "file",
            Kind::Action => "action",
            Kind::Answer => "answer",
            Kind::Pattern { regex } => {
                let regex = Regex::new(regex).map_err(|error| error.to_string())?;
                patterns.push((route.name, regex));
                "pattern"
            }
        };
        if !name.is_match(route.name) {
            return Err(format!("the {kind} `{}` needs a name such as `add_entry`", route.name));
        }
        if !seen.insert((kind, route.name)) {
            return Err(format!("the {kind} `{}` is declared twice", route.name));
        }
    }
    match module.menu {
        Some((_, action)) if !seen.contains(&("action", action)) => {
            Err(format!("the menu calls the action `{action}`, which nothing answers"))
        }
        _ => Ok(patterns),
    }
}

/// Checks that every button has an answer and fits.
pub(crate) fn keyboard(module: &Module, reply: &wit::Reply) -> Result<(), String> {
    for button in reply.keyboard.iter().flatten() {
        let wit::Button { label, action, args } = button;
        if label.trim().is_empty() {
            return Err(format!("a button for `{action}` has no label"));
        }
        let known = |name: &str, kind: &Kind| matches!(kind, Kind::Action) && name == action;
        if !module.routes.iter().any(|route| known(route.name, &route.kind)) {
            return Err(format!("the button `{label}` calls `{action}`, which nothing answers"));
        }
        let bytes = action.len() + args.iter().map(|arg| arg.len() + 1).sum::<usize>();
        if bytes > BUTTON_BYTES {
            return Err(format!("the button `{label}` carries {bytes} bytes, over {BUTTON_BYTES}"));
        }
    }
    Ok(())
}

/// Checks that a question has an answer.
pub(crate) fn answer(module: &Module, name: &str) -> Result<(), String> {
    let known = |kind: &Kind| matches!(kind, Kind::Answer);
    if module.routes.iter().any(|route| known(&route.kind) && route.name == name) {
        Ok(())
    } else {
        Err(format!("the module expects `{name}`, which nothing answers"))
    }
}

/// Checks that Telegram will read the markup: known tags, well nested, and no `<` or `&` in between.
pub(crate) fn html(html: &str) -> Result<(), String> {
    let mut open = Vec::new();
    for (index, part) in html.split('<').enumerate() {
        let text = if index == 0 {
            part
        } else {
            let (tag, text) = part.split_once('>').ok_or("a `<` that is no tag")?;
            if let Some(closing) = tag.strip_prefix('/') {
                if open.pop() != Some(closing) {
                    return Err(format!("</{closing}> closes nothing"));
                }
            } else {
                let name = tag.split_whitespace().next().unwrap_or_default();
                if !TAGS.contains(&name) {
                    return Err(format!("the tag <{tag}>, which Telegram doesn't know"));
                }
                open.push(name);
            }
            text
        };
        for after in text.split('&').skip(1) {
            let entity = after.split_once(';').map_or("", |(entity, _)| entity);
            if !["amp", "lt", "gt", "quot"].contains(&entity) && !entity.starts_with('#') {
                return Err("a `&` that is no entity".into());
            }
        }
    }
    match open.pop() {
        Some(tag) => Err(format!("<{tag}> is never closed")),
        None => Ok(()),
    }
}
