//! Workflows of n8n: the list, the page of one, and the switch.

use umbrasil_sdk::prelude::*;

use crate::n8n::{Execution, N8n, Workflow};
use crate::page::{Meant, Page, meant};
use crate::trouble::{Trouble, or_told, unseen};
use crate::wording::{ago, read_time, short, stamp};
use crate::{run, runs};

/// Workflows on a page.
const ON_A_PAGE: usize = 8;
/// Characters of a name on a button, and in a text.
const LABEL: usize = 30;
pub(crate) const TITLE: usize = 80;

/// `/n8n`, `/n8n run NAME` and so on.
pub(crate) fn command(call: &Call) -> Result<Reply> {
    let verb = call.get(0).unwrap_or_default();
    let name = call.rest(1);
    let action = match verb.to_ascii_lowercase().as_str() {
        "" => return list(call),
        "errors" => return told(runs::of(call, name)),
        "run" => "run",
        "on" => "on",
        "off" => "off",
        _ => return told(find_and(call, call.text(), "flow")),
    };
    if name.is_empty() {
        return Err(call.wrong("Which workflow?"));
    }
    told(find_and(call, name, action))
}

/// `/workflows [NAME]`
pub(crate) fn workflows(call: &Call) -> Result<Reply> {
    match call.text() {
        "" => told(draw_list(None)),
        name => told(find_and(call, name, "flow")),
    }
}

/// The list, at the page of the button.
pub(crate) fn list(call: &Call) -> Result<Reply> {
    let page = call.get(0);
    told(draw_list(page))
}

/// The page of one workflow.
pub(crate) fn show(call: &Call) -> Result<Reply> {
    told(draw(call, call.arg(0)?, ""))
}

pub(crate) fn switch_on(call: &Call) -> Result<Reply> {
    told(switch(call, call.arg(0)?, true))
}

pub(crate) fn switch_off(call: &Call) -> Result<Reply> {
    told(switch(call, call.arg(0)?, false))
}

/// Any page about n8n, or why there is none.
pub(crate) fn told(made: Result<Reply, Trouble>) -> Result<Reply> {
    let buttons = [Button::new("Workflows", "flows"), Button::new("Back", "home")];
    or_told(made, "🏭 <b>n8n</b>", buttons)
}

/// The id of the one workflow with this name; or a reply that offers what may be meant, as buttons that do
/// `action` with it.
pub(crate) fn find(n8n: &N8n, name: &str, action: &str) -> Result<Result<String, Reply>, Trouble> {
    let (all, _) = n8n.workflows()?;
    if let Some(known) = all.iter().find(|one| one.id.to_string() == name) {
        return Ok(Ok(known.id.to_string()));
    }
    let offered = match meant(&all, name, |one| &one.name) {
        Meant::One(one) => return Ok(Ok(one.id.to_string())),
        Meant::None => {
            let html =
                Html::from("🏭 No workflow has “").text(short(name, TITLE)).text("” in its name.");
            let buttons = [Button::new("Workflows", "flows"), Button::new("Back", "home")];
            return Ok(Err(Reply::html(html).row(buttons)));
        }
        Meant::Several(offered) => offered,
    };
    let mut html = Html::from("🏭 Which workflow do you mean?");
    if offered.len() > ON_A_PAGE {
        html = html.text(format_args!(" {} fit; these are the first.", offered.len()));
    }
    let buttons = offered.into_iter().take(ON_A_PAGE).map(|one| [button(one, action)]);
    Ok(Err(buttons.fold(Reply::html(html), Reply::row)))
}

fn find_and(call: &Call, name: &str, action: &str) -> Result<Reply, Trouble> {
    let n8n = N8n::configured()?;
    match (find(&n8n, name, action)?, action) {
        (Err(offer), _) => Ok(offer),
        (Ok(id), "run") => run::of(call, &n8n, &id),
        (Ok(id), "on") => switch(call, &id, true),
        (Ok(id), "off") => switch(call, &id, false),
        (Ok(id), _) => draw(call, &id, ""),
    }
}

fn draw_list(page: Option<&str>) -> Result<Reply, Trouble> {
    let (all, more) = N8n::configured()?.workflows()?;
    let back =
        [Button::new("Refresh", "flows").arg(page.unwrap_or("0")), Button::new("Back", "home")];
    if all.is_empty() {
        let html = Html::from(
            "🏭 <b>n8n</b>\n\nThere are no workflows yet, or none that the key may see.",
        );
        return Ok(Reply::html(html).row(back));
    }
    let page = Page::new(&all, page, ON_A_PAGE);
    let on = all.iter().filter(|one| one.active).count();
    let (total, beyond) = (all.len(), if more { "+" } else { "" });
    let plural = if total == 1 { "" } else { "s" };
    let mut html = Html::from("🏭 <b>n8n</b>")
        .text(format_args!("\n{total}{beyond} workflow{plural}, {on} on{}\n", page.caption()));
    let mut buttons = Vec::new();
    for one in page.items {
        html = html.text(format_args!("\n{} {}", sign(one), short(&one.name, TITLE)));
        buttons.push([button(one, "flow")]);
    }
    let mut reply = buttons.into_iter().fold(Reply::html(html), Reply::row);
    let turns = page.turns(|label, number| Button::new(label, "flows").arg(number));
    if !turns.is_empty() {
        reply = reply.row(turns);
    }
    Ok(reply.row([
        Button::new("Errors", "errors"),
        Button::new("Refresh", "flows").arg(page.number),
        Button::new("Back", "home"),
    ]))
}

/// The page of one workflow, below a line that says what was done.
pub(crate) fn draw(call: &Call, id: &str, done: &'static str) -> Result<Reply, Trouble> {
    let (workflow, latest) = N8n::configured()?.workflow(id)?;
    Ok(page_of(call, &workflow, latest.as_ref(), Html::from(done)))
}

/// The same of what is known already, below this.
pub(crate) fn page_of(
    call: &Call,
    workflow: &Workflow,
    latest: Option<&Execution>,
    above: Html,
) -> Reply {
    let id = &workflow.id;
    let mut html = above.text(sign(workflow)).text(" ").bold(short(&workflow.name, TITLE));
    let tags: Vec<String> = workflow.tags.iter().take(8).map(|tag| short(&tag.name, 24)).collect();
    if !tags.is_empty() {
        html = html.text("\n🏷 ").text(tags.join(", "));
    }
    let state = match (workflow.archived, workflow.active) {
        (true, _) => "archived",
        (false, true) => "on",
        (false, false) => "off",
    };
    let mut lines = vec![format!("State    {state}")];
    if let Some(latest) = latest {
        let when =
            latest.started().map_or_else(String::new, |at| format!(" {}", ago(call.at(), at)));
        lines.push(format!("Last run {}{when}", latest.status().word()));
    }
    if let Some(at) = workflow.updated_at.as_deref().and_then(read_time) {
        lines.push(format!("Changed  {}", stamp(call.at(), at / 1_000)));
    }
    lines.push(format!("Nodes    {}", workflow.nodes.len()));
    lines.push(format!("Webhook  {}", run::summary(workflow)));
    html = html.text("\n").pre(lines.join("\n"));
    let switch = if workflow.active {
        Button::new("Deactivate", "off").arg(id)
    } else {
        Button::new("Activate", "on").arg(id)
    };
    Reply::html(html)
        .row([switch, Button::new("Run", "run").arg(id)])
        .row([Button::new("Executions", "runs").arg(id), Button::new("Refresh", "flow").arg(id)])
        .row([Button::new("Back", "flows")])
}

fn switch(call: &Call, id: &str, on: bool) -> Result<Reply, Trouble> {
    N8n::configured()?.switch(id, on)?;
    let done = if on { "✅ Switched on.\n\n" } else { "✅ Switched off.\n\n" };
    match draw(call, id, done) {
        Err(Trouble::Told(why)) => {
            let again = Button::new("Refresh", "flow").arg(id);
            Ok(unseen(done, "Workflow", &why, [again, Button::new("Back", "flows")]))
        }
        seen => seen,
    }
}

fn button(workflow: &Workflow, action: &str) -> Button {
    Button::new(format!("{} {}", sign(workflow), short(&workflow.name, LABEL)), action)
        .arg(&workflow.id)
}

fn sign(workflow: &Workflow) -> &'static str {
    if workflow.active { "🟢" } else { "⚪" }
}
