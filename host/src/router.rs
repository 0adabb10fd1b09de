//! From what came in to who answers it.

use crate::bindings::exports::umbrasil::module::handler::{self as wit, Call, Input};
use crate::database::Dialog;
use crate::incoming::{Content, Media, Upload};
use crate::module::Module;
use crate::module::catalog::{Catalog, HOST_COMMANDS};
use crate::outgoing::Button;
use std::sync::Arc;

/// Who answers.
pub(crate) enum Route {
    Host {
        command: String,
        rest: String,
    },
    Module {
        module: Arc<Module>,
        input: Input,
    },
    /// One of several modules that take the file: whoever sent it says which.
    OneOf {
        modules: Vec<Arc<Module>>,
        input: Input,
    },
    /// Nobody; the text says what to do instead.
    Nobody(String),
}

/// What only buttons of the host can say.
pub(crate) const HOST_TAPS: [&str; 7] =
    ["approve", "once", "deny", "pause", "resume", "review", "take"];

/// Telegram's limit for what a button carries, in bytes.
pub(crate) const DATA_BYTES: usize = 64;

/// Finds who answers. `dialog` is the open question of the chat, if there is one.
pub(crate) fn route(catalog: &Catalog, content: &Content, dialog: Option<&Dialog>) -> Route {
    match content {
        Content::Text(text) => match command(text) {
            Some((name, rest)) => route_command(catalog, name, rest),
            None => route_text(catalog, text, dialog),
        },
        Content::Button { data, .. } => route_button(catalog, data),
        Content::Forwarded => Route::Nobody(
            "I don't act on forwarded messages. Write it yourself if you mean it.".to_owned(),
        ),
        Content::File(upload) => route_file(catalog, upload, dialog),
        Content::Media(kind) => nobody_takes(kind),
    }
}

/// `/name@bot rest` as name and rest.
fn command(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start().strip_prefix('/')?;
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = word.split('@').next().unwrap_or(word).to_ascii_lowercase();
    let sound =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    sound.then(|| (name, rest.trim()))
}

fn route_command(catalog: &Catalog, name: String, rest: &str) -> Route {
    if let Some((module, _)) = catalog.of_command(&name) {
        let args = rest.split_whitespace().map(str::to_owned).collect();
        let call = Call { name, args, text: rest.to_owned() };
        return Route::Module { module: Arc::clone(module), input: Input::Command(call) };
    }
    if HOST_COMMANDS.contains(&name.as_str()) && !HOST_TAPS.contains(&name.as_str()) {
        return Route::Host { command: name, rest: rest.to_owned() };
    }
    Route::Nobody(format!("I don't know /{name}. /help lists what I can do."))
}

fn route_text(catalog: &Catalog, text: &str, dialog: Option<&Dialog>) -> Route {
    if let Some(Dialog { module, name, args, .. }) = dialog
        && let Some(module) = catalog.module(module)
    {
        let call = Call { name: name.clone(), args: args.clone(), text: text.to_owned() };
        return Route::Module { module: Arc::clone(module), input: Input::Answer(call) };
    }
    for module in catalog.modules() {
        for (name, pattern) in &module.patterns {
            let Some(captures) = pattern.captures(text) else { continue };
            let group = |group: Option<regex::Match<'_>>| {
                group.map_or_else(String::new, |group| group.as_str().to_owned())
            };
            let args = captures.iter().skip(1).map(group).collect();
            let call = Call { name: name.clone(), args, text: text.to_owned() };
            return Route::Module { module: Arc::clone(module), input: Input::Pattern(call) };
        }
    }
    Route::Nobody(
        "I don't know what to do with that. /menu shows where to start, /help lists all commands."
            .to_owned(),
    )
}

/// A file goes to the one module that takes such files. Of several it goes to that which the caption begins
/// with (its name, or one of its commands), or else to that whose question is open in the chat, or else to
/// the one that is meant for files with, or without, a caption. If that leaves several, whoever sent it is asked.
/// One that is named but takes other files only does not get it, and nobody else does.
fn route_file(catalog: &Catalog, upload: &Upload, dialog: Option<&Dialog>) -> Route {
    let Upload { media, name, mime, size, caption, .. } = upload;
    let media = match media {
        Media::Photo => wit::Media::Photo,
        Media::Document => wit::Media::Document,
        Media::Voice => wit::Media::Voice,
    };
    let way = |module: &Module| {
        module
            .descriptor
            .files
            .iter()
            .find(|takes| takes.media == media)
            .map(|takes| takes.captions)
    };
    let takes = |module: &&Arc<Module>| way(module).is_some();
    let meant = |module: &Arc<Module>| match way(module) {
        Some(wit::Captions::Captioned) => !caption.trim().is_empty(),
        Some(wit::Captions::Bare) => caption.trim().is_empty(),
        Some(wit::Captions::Any) | None => true,
    };
    let of_command = command(caption).and_then(|(name, _)| Some(catalog.of_command(&name)?.0));
    let of_name = || {
        let word = caption.split_whitespace().next().unwrap_or("");
        catalog.module(&word.trim_end_matches([':', ',']).to_ascii_lowercase())
    };
    let of_dialog = || dialog.and_then(|dialog| catalog.module(&dialog.module));
    let named = of_command.or_else(of_name).filter(|module| !module.descriptor.files.is_empty());
    if let Some(module) = named.filter(|module| !takes(module))
        && catalog.modules().any(|module| takes(&module))
    {
        return takes_others(module, upload.media);
    }
    let named = named.filter(takes).or_else(|| of_dialog().filter(takes));
    let mut modules: Vec<Arc<Module>> = match named {
        Some(module) => vec![Arc::clone(module)],
        None => catalog.modules().filter(takes).cloned().collect(),
    };
    if modules.len() > 1 && modules.iter().any(meant) {
        modules.retain(meant);
    }
    let (name, mime, caption) = (name.clone(), mime.clone(), caption.clone());
    let input = Input::File(wit::File { media, name, mime, size: *size, caption });
    if modules.len() > 1 {
        return Route::OneOf { modules, input };
    }
    match modules.pop() {
        Some(module) => Route::Module { module, input },
        None => nobody_takes(upload.media.word()),
    }
}

fn takes_others(module: &Module, sent: Media) -> Route {
    let (title, sent_as) = (&module.descriptor.title, sent.word());
    let has_photos = module.descriptor.files.iter().any(|takes| takes.media == wit::Media::Photo);
    let hint = if sent == Media::Document && has_photos {
        " A picture can be sent as a photo instead."
    } else {
        ""
    };
    Route::Nobody(format!("{title} takes no {sent_as}.{hint}"))
}

fn nobody_takes(kind: &str) -> Route {
    Route::Nobody(format!("No module takes a {kind} yet. /help shows what I can do."))
}

fn route_button(catalog: &Catalog, data: &str) -> Route {
    let mut parts = data.split(':').map(unescaped);
    let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let args: Vec<String> = parts.collect();
    if owner == HOST
        && (HOST_COMMANDS.contains(&name.as_str()) || HOST_TAPS.contains(&name.as_str()))
    {
        return Route::Host { command: name, rest: args.join(" ") };
    }
    match catalog.module(&owner) {
        Some(module) if module.descriptor.actions.contains(&name) => {
            let input = Input::Action(Call { name, args, text: String::new() });
            Route::Module { module: Arc::clone(module), input }
        }
        _ => Route::Nobody(
            "That button is from an earlier version. /menu has the present ones.".to_owned(),
        ),
    }
}

/// Stands for the host where a module's name would be. Modules' names are longer.
const HOST: &str = "h";

/// A button that calls a command of the host with an argument.
pub(crate) fn host_button_with(label: impl Into<String>, command: &str, argument: &str) -> Button {
    Button { label: label.into(), data: format!("{HOST}:{command}:{}", escaped(argument)) }
}

/// A button that gives a file to a module.
pub(crate) fn take_button(label: &str, nonce: &str, module: &str) -> Button {
    Button { label: label.to_owned(), data: format!("{HOST}:take:{nonce}:{module}") }
}

/// A button that calls a command of the host.
pub(crate) fn host_button(label: impl Into<String>, command: &str) -> Button {
    Button { label: label.into(), data: format!("{HOST}:{command}") }
}

/// A button that calls an action of a module; none if it would carry more than Telegram lets it.
pub(crate) fn module_button(
    module: &str,
    label: &str,
    action: &str,
    args: &[String],
) -> Option<Button> {
    let mut data = format!("{module}:{}", escaped(action));
    for arg in args {
        data.push(':');
        data.push_str(&escaped(arg));
    }
    (data.len() <= DATA_BYTES && !label.trim().is_empty())
        .then(|| Button { label: label.to_owned(), data })
}

fn escaped(part: &str) -> String {
    part.replace('%', "%25").replace(':', "%3A")
}

fn unescaped(part: &str) -> String {
    part.replace("%3A", ":").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_with_bot_names_and_line_breaks() {
        assert_eq!(
            command("/Expense@umbra_bot 12.50\nfood"),
            Some(("expense".to_owned(), "12.50\nfood"))
        );
        assert_eq!(command("/start"), Some(("start".to_owned(), "")));
        for text in ["", "/", "hello /start", "/ü", "/../x", "//start"] {
            assert_eq!(command(text), None, "{text}");
        }
    }

    #[test]
    fn what_buttons_carry_comes_back_as_it_was() {
        for args in [
            vec![],
            vec!["a:b".to_owned(), "100%".to_owned()],
            vec!["%3A".to_owned()],
            vec![String::new()],
        ] {
            let button = module_button("finance", "x", "go", &args).unwrap();
            let back: Vec<String> = button.data.split(':').skip(2).map(unescaped).collect();
            assert_eq!(back, args);
        }
        assert!(module_button("finance", "x", "go", &["x".repeat(60)]).is_none());
    }
}
