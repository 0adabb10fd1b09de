//! Executions: how the runs of a workflow went, and why some failed.

use umbrasil_sdk::prelude::*;

use crate::flows::{self, TITLE};
use crate::n8n::{Execution, Failure, N8n, Status};
use crate::page::Page;
use crate::trouble::Trouble;
use crate::wording::{ago, short, stamp};

/// Executions on a page; those with their reasons take more room.
const ON_A_PAGE: usize = 10;
const REASONS: usize = 5;
/// Characters of a reason.
const SHOWN: usize = 300;

/// The executions of the button's workflow, at its page.
pub(crate) fn list(call: &Call) -> Result<Reply> {
    flows::told(draw(call, call.arg(0)?, call.get(1)))
}

/// What failed, at the page of the button; of one workflow if it names one.
pub(crate) fn errors(call: &Call) -> Result<Reply> {
    let made = N8n::configured().and_then(|n8n| reasons(call, &n8n, call.get(1), call.get(0)));
    flows::told(made)
}

/// `/n8n_errors [NAME]`
pub(crate) fn failed(call: &Call) -> Result<Reply> {
    flows::told(of(call, call.text()))
}

/// What failed of the workflow of this name, or of all if it is empty.
pub(crate) fn of(call: &Call, name: &str) -> Result<Reply, Trouble> {
    let n8n = N8n::configured()?;
    if name.is_empty() {
        return reasons(call, &n8n, None, None);
    }
    match flows::find(&n8n, name, "runs")? {
        Ok(id) => reasons(call, &n8n, Some(&id), None),
        Err(offer) => Ok(offer),
    }
}

fn draw(call: &Call, id: &str, page: Option<&str>) -> Result<Reply, Trouble> {
    let n8n = N8n::configured()?;
    let (workflow, _) = n8n.workflow(id)?;
    let all = n8n.executions(Some(id), None)?;
    let page = Page::new(&all, page, ON_A_PAGE);
    let mut html = Html::new().text("🕓 ").bold(short(&workflow.name, TITLE)).text("\nExecutions");
    if all.is_empty() {
        html = html.text("\n\nNone yet, or n8n does not keep them.");
    } else {
        html = html.text(page.caption()).text("\n");
    }
    for one in page.items {
        html = html.text(format_args!("\n{} ", one.status().sign())).text(line(call, one));
    }
    let to = |label: &str, number: usize| Button::new(label, "runs").arg(id).arg(number);
    let mut reply = Reply::html(html);
    let turns = page.turns(to);
    if !turns.is_empty() {
        reply = reply.row(turns);
    }
    Ok(reply.row([
        Button::new("Errors", "errors").arg(0).arg(id),
        to("Refresh", page.number),
        Button::new("Back", "flow").arg(id),
    ]))
}

/// Such as `succeeded 3 min ago · 1.2 s · webhook`.
fn line(call: &Call, one: &Execution) -> String {
    let mut line = one.status().word().to_owned();
    if let Some(at) = one.started() {
        line.extend([" ", &ago(call.at(), at)]);
    }
    // Before it has ended, it hasn't taken any time.
    if let Some(ms) =
        one.took().filter(|_| !matches!(one.status(), Status::Running | Status::Waiting))
    {
        let took = match ms {
            0..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
            _ => format!("{} min", ms / 60_000),
        };
        line.extend([" · ", &took]);
    }
    if !one.mode.is_empty() {
        line.extend([" · ", &short(&one.mode, 20)]);
    }
    line
}

fn reasons(
    call: &Call,
    n8n: &N8n,
    workflow: Option<&str>,
    page: Option<&str>,
) -> Result<Reply, Trouble> {
    let all = n8n.executions(workflow, Some("error"))?;
    let page = Page::new(&all, page, REASONS);
    let mut html = Html::from("🔴 <b>Failed executions</b>").text(page.caption());
    if all.is_empty() {
        html = Html::from("✅ Nothing has failed lately, as far as n8n keeps it.");
    }
    for (one, failure) in page.items.iter().zip(n8n.failures(page.items)) {
        html = html.text("\n\n").push(reason(call, one, failure)?);
    }
    let to = |label: &str, number: usize| {
        let button = Button::new(label, "errors").arg(number);
        workflow.map_or_else(|| button.clone(), |id| button.clone().arg(id))
    };
    let mut reply = Reply::html(html);
    let turns = page.turns(to);
    if !turns.is_empty() {
        reply = reply.row(turns);
    }
    let back = match workflow {
        Some(id) => Button::new("Back", "flow").arg(id),
        None => Button::new("Back", "flows"),
    };
    Ok(reply.row([to("Refresh", page.number), back]))
}

fn reason(
    call: &Call,
    one: &Execution,
    failure: Result<Failure, Trouble>,
) -> Result<Html, Trouble> {
    let (failure, unread) = match failure {
        Ok(failure) => (failure, None),
        Err(Trouble::Told(why)) => (Failure::default(), Some(why)),
        Err(passed) => return Err(passed),
    };
    let id = || one.workflow_id.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
    let name =
        failure.workflow.map_or_else(|| format!("Workflow {}", id()), |name| short(&name, TITLE));
    let mut html = Html::new().bold(name);
    if let Some(at) = one.started() {
        html = html.text(format_args!("\n{} ({})", stamp(call.at(), at), ago(call.at(), at)));
    }
    if let Some(node) = failure.node {
        html = html.text("\nat ").italic(short(&node, TITLE));
    }
    Ok(match (failure.message, unread) {
        (Some(message), _) => html.line().code(short(&message, SHOWN)),
        (None, Some(why)) => html.text("\n⚠️ ").text(why),
        (None, None) => html.text("\nn8n does not say why."),
    })
}
