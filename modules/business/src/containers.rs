//! Containers: the list, and which of them somebody means.

use umbrasil_sdk::docker::Container;
use umbrasil_sdk::prelude::*;

use crate::page::{Meant, Page, meant};
use crate::trouble::{Trouble, or_told};
use crate::wording::short;
use crate::{container, logs};

/// Containers on a page.
const ON_A_PAGE: usize = 8;
/// Bytes of what a button says about a container; a longer name is told by its id.
const NAME_ON_BUTTON: usize = 20;
/// Bytes of a filter, which the buttons of the list carry.
const FILTER: usize = 24;
const TITLE: &str = "🐳 <b>Containers</b>";

/// `/docker`, `/docker restart NAME` and so on.
pub(crate) fn command(call: &Call) -> Result<Reply> {
    let verb = call.get(0).unwrap_or_default().to_ascii_lowercase();
    if !matches!(verb.as_str(), "logs" | "start" | "stop" | "restart") {
        return containers(call);
    }
    let Some(name) = call.get(1) else { return Err(call.wrong("Which container?")) };
    told(match verb.as_str() {
        "logs" => logs::of(call, name, call.rest(2)),
        verb => find_and(name, verb, |one| container::change(call, one, verb)),
    })
}

/// `/containers [NAME]`
pub(crate) fn containers(call: &Call) -> Result<Reply> {
    let filter = call.text();
    if filter.len() > FILTER {
        // No button could carry it, but the name of one container may well be longer.
        return told(find_and(filter, "container", |one| container::draw(call, &one.name, "")));
    }
    told(docker::list().map_err(Trouble::from).and_then(|all| {
        if let Some(one) = all.iter().find(|one| one.name == filter) {
            return container::draw(call, &one.name, "");
        }
        draw(all, filter, None)
    }))
}

/// The list, at the page and with the filter of the button.
pub(crate) fn list(call: &Call) -> Result<Reply> {
    let filter = call.get(1).unwrap_or_default();
    told(docker::list().map_err(Trouble::from).and_then(|all| draw(all, filter, call.get(0))))
}

/// Any page about containers, or why there is none.
pub(crate) fn told(made: Result<Reply, Trouble>) -> Result<Reply> {
    let buttons = [Button::new("Containers", "containers"), Button::new("Back", "home")];
    or_told(made, TITLE, buttons)
}

/// Does something with the container of this name, or offers what may be meant as buttons for `action`.
pub(crate) fn find_and(
    name: &str,
    action: &str,
    then: impl FnOnce(&Container) -> Result<Reply, Trouble>,
) -> Result<Reply, Trouble> {
    let all = docker::list()?;
    match meant(&all, name, |one| &one.name) {
        Meant::One(one) => then(one),
        Meant::None => {
            let html =
                Html::from("🐳 No container has “").text(short(name, 80)).text("” in its name.");
            let buttons = [Button::new("Containers", "containers"), Button::new("Back", "home")];
            Ok(Reply::html(html).row(buttons))
        }
        Meant::Several(offered) => {
            let mut html = Html::from("🐳 Which container do you mean?");
            if offered.len() > ON_A_PAGE {
                html = html.text(format_args!(" {} fit; these are the first.", offered.len()));
            }
            let buttons = offered.into_iter().take(ON_A_PAGE).map(|one| [button(one, action)]);
            Ok(buttons.fold(Reply::html(html), Reply::row))
        }
    }
}

/// What a button carries for a container: its name, or `#` and its id if the name is too long for that. No
/// name begins with `#`.
pub(crate) fn reference(container: &Container) -> String {
    if container.name.len() <= NAME_ON_BUTTON {
        container.name.clone()
    } else {
        format!("#{}", container.id)
    }
}

/// The name of what a button is about. Docker is asked by names only, so an id is looked up.
pub(crate) fn name_of(reference: &str) -> Result<String, Trouble> {
    let Some(id) = reference.strip_prefix('#') else { return Ok(reference.to_owned()) };
    let found = docker::list()?.into_iter().find(|one| one.id == id);
    found.map(|one| one.name).ok_or_else(|| {
        Trouble::told("This container is gone, or was made anew. Look for it in the list.")
    })
}

fn draw(mut all: Vec<Container>, filter: &str, page: Option<&str>) -> Result<Reply, Trouble> {
    let small = filter.to_lowercase();
    let total = all.len();
    all.retain(|one| {
        one.name.to_lowercase().contains(&small) || one.image.to_lowercase().contains(&small)
    });
    all.sort_by_cached_key(|one| (rank(one), one.name.clone()));
    let page = Page::new(&all, page, ON_A_PAGE);
    let to = |label: &str, number: usize| {
        let button = Button::new(label, "containers").arg(number);
        if filter.is_empty() { button } else { button.arg(filter) }
    };
    let running = all.iter().filter(|one| one.state == "running").count();
    let mut html = Html::from(TITLE);
    html = match (total, all.len(), filter) {
        (0, _, _) => html.text("\n\nThere are none, or none that the bot may see."),
        (_, 0, _) => html.text("\n\nNone has “").text(filter).text("” in its name or image."),
        (_, found, "") => {
            html.text(format_args!("\n{running} of {found} running{}\n", page.caption()))
        }
        (_, found, _) => html
            .text(format_args!("\n{found} with “"))
            .text(filter)
            .text(format_args!("”, {running} running{}\n", page.caption())),
    };
    for one in page.items {
        html = html
            .text(format_args!("\n{} ", sign(one)))
            .bold(short(&one.name, 40))
            .text(" · ")
            .text(short(&one.status, 40));
    }
    let buttons: Vec<Button> = page.items.iter().map(|one| button(one, "container")).collect();
    let mut reply = Reply::html(html);
    for pair in buttons.chunks(2) {
        reply = reply.row(pair.to_vec());
    }
    let turns = page.turns(to);
    if !turns.is_empty() {
        reply = reply.row(turns);
    }
    let mut last = vec![to("Refresh", page.number)];
    if !filter.is_empty() {
        last.push(Button::new("All", "containers"));
    }
    last.push(Button::new("Back", "home"));
    Ok(reply.row(last))
}

fn button(container: &Container, action: &str) -> Button {
    Button::new(format!("{} {}", sign(container), short(&container.name, 24)), action)
        .arg(reference(container))
}

/// Green runs well, red has ended, yellow is in between.
pub(crate) fn sign(container: &Container) -> &'static str {
    match (container.state.as_str(), container.health.as_str()) {
        ("running", "unhealthy" | "starting") | ("restarting" | "paused" | "removing", _) => "🟡",
        ("running", _) => "🟢",
        ("created", _) => "⚪",
        _ => "🔴",
    }
}

/// What runs comes first, what has ended last.
fn rank(container: &Container) -> u8 {
    match container.state.as_str() {
        "running" => 0,
        "restarting" | "paused" => 1,
        _ => 2,
    }
}
