//! Choosing the model that answers.

use umbrasil_sdk::prelude::*;

use crate::price::{self, Model};
use crate::provider::{Choice, NOBODY, Provider, Wish};

/// Models of each provider that are offered as buttons.
const OFFERED: usize = 3;
/// Bytes that a button may carry beside its action.
const BUTTON: usize = 40;

/// `/model [NAME]`
pub(crate) fn model(call: &Call) -> Result<Reply> {
    let text = call.text().trim();
    if text.is_empty() {
        return menu(call);
    }
    choose(call, text).map_err(|error| match error.kind() {
        umbrasil_sdk::ErrorKind::Usage => call.wrong(error.text()),
        _ => error,
    })?;
    menu(call)
}

/// A button with the name of a model.
pub(crate) fn pick(call: &Call) -> Result<Reply> {
    choose(call, call.arg(0)?)?;
    chat::toast("Chosen.")?;
    menu(call)
}

/// Who answers now, and who else could.
pub(crate) fn menu(call: &Call) -> Result<Reply> {
    let wish = Wish::of(call)?;
    let choices = Choice::in_order(wish.as_ref())?;
    let Some(first) = choices.first() else { return Err(Error::usage(NOBODY)) };
    let is_here = wish.as_ref().is_none_or(|wish| wish.provider == first.provider);
    let mut html =
        Html::new().text("🧠 ").bold(first.provider.title()).text(" · ").code(&first.model);
    html = html.text(if wish.is_none() { "\nThe usual choice." } else { "\nYour choice." });
    if let Some(wish) = wish.as_ref().filter(|_| !is_here) {
        html = html.text(format_args!(
            "\n{} is not set up now, so another one answers.",
            wish.provider.title()
        ));
    }
    if price::known(&first.model).is_none() {
        html = html.text("\nWhat it costs is not known here.");
        // OpenRouter says with each answer what it took.
        if !first.is_own && first.provider != Provider::OpenRouter {
            html = html.text(" It counts as the dearest one.");
        }
    }
    html = html.text("\n\nOr write ").code("/model NAME").text(" with any other model.");
    let mut reply = Reply::html(html);
    for choice in &choices {
        let provider = choice.provider;
        let offered = |model: &&Model| model.provider == provider && model.name.len() <= BUTTON;
        let known = price::MODELS.iter().filter(offered).map(|model| model.name);
        // A server that speaks like OpenAI has models of its own.
        let is_maker = !(choice.is_own && provider == Provider::OpenAi);
        let known = known.filter(|_| is_maker);
        let own = Some(choice.model.as_str()).filter(|name| name.len() <= BUTTON);
        let mut names: Vec<&str> = own.into_iter().collect();
        names.extend(known);
        let mut seen: Vec<&str> = Vec::new();
        for name in names {
            if !seen.contains(&name) && seen.len() < OFFERED {
                seen.push(name);
            }
        }
        for name in seen {
            let is_first = provider == first.provider && name == first.model;
            let mark = if is_first { "✅ " } else { "" };
            let label = format!("{mark}{} · {name}", provider.title());
            let argument = match Wish::meant(name, &choices) {
                Some(Wish { provider: same, .. }) if same == provider => name.to_owned(),
                _ => format!("{}:{name}", provider.word()),
            };
            if argument.len() <= BUTTON {
                reply = reply.row([Button::new(label, "pick").arg(argument)]);
            }
        }
    }
    Ok(reply
        .row([Button::new("↩️ Usual", "pick").arg("auto"), Button::new("🤖 AI", "home")])
        .replace())
}

fn choose(call: &Call, text: &str) -> Result<()> {
    if ["auto", "default", "usual"].iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return Wish::keep(None, call);
    }
    let choices = Choice::all()?;
    let Some(wish) = Wish::meant(text, &choices) else {
        return Err(Error::usage(format!("“{text}” cannot be the name of a model.")));
    };
    if !choices.iter().any(|choice| choice.provider == wish.provider) {
        return Err(Error::usage(format!(
            "{} is not set up. Set {} first: the owner writes /secret set {} and the key.",
            wish.provider.title(),
            wish.provider.secret(),
            wish.provider.secret(),
        )));
    }
    Wish::keep(Some(&wish), call)
}

/// So that the order of the providers and of the table is one.
const _: () = assert!(matches!(price::MODELS, [Model { provider: Provider::OpenAi, .. }, ..]));
