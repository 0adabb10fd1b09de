//! Running a workflow. n8n's public API has no call for it; what starts one from outside is its Webhook node.

use std::time::Duration;

use serde_json::Value;
use umbrasil_sdk::HostError;
use umbrasil_sdk::http::{Request, Response};
use umbrasil_sdk::prelude::*;

use crate::flows::{self, TITLE};
use crate::n8n::{self, N8n, Node, Workflow};
use crate::trouble::Trouble;
use crate::wording::short;

const WEBHOOK: &str = "n8n-nodes-base.webhook";
/// What a Webhook node may listen for.
const METHODS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];
/// A webhook may answer when its workflow has ended, so it gets what the event has to spare.
const PATIENCE: Duration = Duration::from_secs(15);
/// Characters of a webhook's answer that are shown.
const SHOWN: usize = 300;

/// How to call a workflow.
#[derive(Debug, PartialEq, Eq)]
struct Webhook {
    method: String,
    /// As it is set, without slashes around it.
    path: String,
}

/// The button `Run`.
pub(crate) fn run(call: &Call) -> Result<Reply> {
    let made = N8n::configured().and_then(|n8n| of(call, &n8n, call.arg(0)?));
    flows::told(made)
}

/// Calls the workflow's webhook. The owner confirms the call; the host sees to that.
pub(crate) fn of(call: &Call, n8n: &N8n, id: &str) -> Result<Reply, Trouble> {
    let (workflow, latest) = n8n.workflow(id)?;
    let above = |html: Html| flows::page_of(call, &workflow, latest.as_ref(), html.text("\n\n"));
    let webhook = match webhook(&workflow) {
        Ok(webhook) => webhook,
        Err(reason) => return Ok(above(Html::new().text("⚠️ ").text(reason))),
    };
    if !workflow.active {
        let text = "⚠️ It is off, so nothing listens to its webhook. Activate it, then run it.";
        return Ok(above(Html::from(text)));
    }
    let url = n8n.webhook_url(&in_url(&webhook.path));
    // Without a body, so that the owner is asked about nothing but the call.
    let request = Request::new(&webhook.method, url).timeout(PATIENCE);
    let html = match request.send() {
        Ok(response) if response.is_success() => {
            let said = n8n::complaint(&response).unwrap_or_else(|| short(&response.text(), SHOWN));
            let html = started(&workflow);
            if said.is_empty() { html } else { html.text("\nIt answered: ").code(said) }
        }
        Ok(response) => Html::new().text("⚠️ ").text(refused(&response)),
        // The question may have got there: to say more would be a guess.
        Err(HostError::Unknown(_) | HostError::Timeout) => Html::from(
            "⏳ Called, but its webhook did not answer in time. It may be running: see Executions.",
        ),
        // It was called: only what it said is lost.
        Err(HostError::TooLarge(_)) => {
            started(&workflow).text("\nIts answer is too large to show.")
        }
        Err(HostError::Denied(text) | HostError::Unavailable(text)) if is_redirect(&text) => {
            started(&workflow).text("\nIt answered with a redirect, which the bot does not follow.")
        }
        Err(error) => return Err(n8n::unanswered(error)),
    };
    // Shown as it was before: how the run went is a tap on `Executions` away.
    Ok(above(html))
}

/// What the workflow's page says of its webhook.
pub(crate) fn summary(workflow: &Workflow) -> String {
    match webhook(workflow) {
        Ok(webhook) => format!("{} /{}", webhook.method, short(&webhook.path, 40)),
        Err(_) if nodes(workflow).next().is_some() => "cannot be called".to_owned(),
        Err(_) => "none".to_owned(),
    }
}

/// The first webhook that can be called, or why none can.
fn webhook(workflow: &Workflow) -> Result<Webhook, &'static str> {
    let mut reason = "It has no Webhook node, and n8n runs workflows from outside only by one. Add a Webhook \
                      node as a trigger in n8n, connect it to the first node, and save.";
    for node in nodes(workflow) {
        match callable(node) {
            Ok(webhook) => return Ok(webhook),
            Err(why) => reason = why,
        }
    }
    Err(reason)
}

fn nodes(workflow: &Workflow) -> impl Iterator<Item = &Node> {
    workflow.nodes.iter().filter(|node| node.kind == WEBHOOK)
}

fn callable(node: &Node) -> Result<Webhook, &'static str> {
    if node.disabled {
        return Err("Its Webhook node is disabled. Enable it in n8n.");
    }
    let parameters = &node.parameters;
    if parameters.authentication.as_str().is_some_and(|kind| kind != "none") {
        return Err(
            "Its Webhook node asks for authentication, which the bot has none for. Set the node's \
                    authentication to None, or run it in n8n.",
        );
    }
    let method = match &parameters.http_method {
        Value::Array(several) => several.first().and_then(Value::as_str),
        method => Some(method.as_str().unwrap_or("GET")),
    };
    let method = method.filter(|method| METHODS.contains(method));
    // A node that was never given a path listens at its own id.
    let path = parameters.path.as_str().filter(|path| !path.trim_matches('/').is_empty());
    let path = path.or(node.webhook_id.as_deref()).unwrap_or_default().trim_matches('/');
    let segments = || path.split('/');
    if path.starts_with('=') || segments().any(|segment| segment.starts_with(':')) {
        return Err(
            "The path of its Webhook node has a parameter, which the bot cannot fill in. Give the node \
                    a fixed path.",
        );
    }
    let sound = segments().all(|segment| !matches!(segment, "" | "." | ".."));
    match method {
        Some(method) if sound && path.len() <= 512 => {
            Ok(Webhook { method: method.to_owned(), path: path.to_owned() })
        }
        _ => Err("The path or the method of its Webhook node makes no sense. Look at it in n8n."),
    }
}

fn in_url(path: &str) -> String {
    path.split('/').map(n8n::encoded).collect::<Vec<_>>().join("/")
}

fn started(workflow: &Workflow) -> Html {
    Html::new().text("▶️ Started: ").bold(short(&workflow.name, TITLE))
}

/// Whether the host says that an answer sends elsewhere: to where nothing is granted, or to nowhere.
fn is_redirect(text: &str) -> bool {
    text.starts_with("the answer is a redirect") || text.contains(" redirects ")
}

fn refused(response: &Response) -> String {
    let said =
        n8n::complaint(response).map_or_else(String::new, |text| format!(" n8n says: {text}"));
    match response.status() {
        401 | 403 => format!("Its webhook refused the call (HTTP {}).{said}", response.status()),
        404 => format!(
            "n8n does not listen to this webhook. Switch the workflow off and on again; then it is registered.{said}"
        ),
        status => {
            format!("Its webhook answered with an error (HTTP {status}): see Executions.{said}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(node: &str) -> Result<Webhook, &'static str> {
        callable(&serde_json::from_str(node).unwrap())
    }

    #[test]
    fn a_webhook_is_called_as_its_node_says() {
        let of = |rest: &str| found(&format!(r#"{{"type": "{WEBHOOK}", {rest}}}"#));
        let webhook =
            |method: &str, path: &str| Ok(Webhook { method: method.into(), path: path.into() });
        assert_eq!(of(r#""parameters": {"path": "a/b"}"#), webhook("GET", "a/b"));
        assert_eq!(
            of(r#""parameters": {"path": "/a/", "httpMethod": "POST"}"#),
            webhook("POST", "a")
        );
        assert_eq!(
            of(
                r#""parameters": {"path": "a", "httpMethod": ["PUT", "GET"], "multipleMethods": true}"#
            ),
            webhook("PUT", "a")
        );
        assert_eq!(of(r#""parameters": {}, "webhookId": "id-1""#), webhook("GET", "id-1"));
        for (rest, reason) in [
            (r#""parameters": {"path": "a"}, "disabled": true"#, "is disabled"),
            (
                r#""parameters": {"path": "a", "authentication": "headerAuth"}"#,
                "asks for authentication",
            ),
            (r#""parameters": {"path": "user/:id"}"#, "has a parameter"),
            (r#""parameters": {"path": "={{ $json.x }}"}"#, "has a parameter"),
            (r#""parameters": {"path": "a/../../api"}"#, "makes no sense"),
            (r#""parameters": {"path": "a", "httpMethod": "BREW"}"#, "makes no sense"),
            (r#""parameters": {}"#, "makes no sense"),
        ] {
            assert!(of(rest).unwrap_err().contains(reason), "{rest}");
        }
        assert_eq!(in_url("a b/ü?x=<&>#y"), "a%20b/%C3%BC%3Fx%3D%3C%26%3E%23y");
    }
}
