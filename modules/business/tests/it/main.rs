//! Whole conversations with the business module, as people have them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod containers;
mod flows;
mod runs;
mod servers;
mod trouble;

use serde_json::{Value, json};
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::{Host, Outcome};

const BASE: &str = "http://n8n.test:5678";
const LIST: &str = "workflows?limit=100&excludePinnedData=true";

/// A host whose owner has set n8n up.
fn host() -> Host {
    // With a slash at the end, as many people write it.
    Host::new(umbrasil_business::module()).config("N8N_BASE_URL", &format!("{BASE}/"))
}

/// A host without anything.
fn bare() -> Host {
    Host::new(umbrasil_business::module())
}

/// What a command shows, buttons included.
fn shown(host: &mut Host, command: &str) -> String {
    host.command(command).unwrap().to_string()
}

/// What a command that fails says.
fn refused(host: &mut Host, command: &str) -> String {
    umbrasil_sdk::testing::error(host.command(command)).to_string()
}

fn answer(host: &mut Host, method: &str, path: &str, value: &Value) {
    status(host, method, path, 200, value);
}

fn status(host: &mut Host, method: &str, path: &str, status: u16, value: &Value) {
    let response = Response::new(status, value.to_string())
        .with_header("content-type", "application/json; charset=utf-8");
    host.web(&format!("{method} {BASE}/api/v1/{path}"), Ok(response));
}

/// A workflow as n8n's API has it, with a Webhook node.
fn flow(id: &str, name: &str, active: bool) -> Value {
    let webhook = json!({
        "parameters": {"httpMethod": "POST", "path": format!("hook-{id}"), "options": {}},
        "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": [0, 0],
        "id": "6a2c", "name": "Webhook", "webhookId": "d7ab",
    });
    let code = json!({
        "parameters": {"jsCode": "return [];", "path": ["not", "a", "text"]},
        "type": "n8n-nodes-base.code", "typeVersion": 2, "position": [200, 0], "id": "7b", "name": "Code",
    });
    json!({
        "id": id, "name": name, "active": active, "isArchived": false, "createdAt": "2026-11-01T08:00:00.000Z",
        "updatedAt": "2026-11-20T09:30:00.000Z", "nodes": [webhook, code], "connections": {},
        "settings": {"executionOrder": "v1"}, "staticData": null, "meta": null, "versionId": "v",
        "triggerCount": 1, "tags": [{"id": "t1", "name": "prod", "createdAt": "x"}, {"id": "t2", "name": "daily"}],
    })
}

/// An execution as n8n's API has it, half an hour before noon of the tests.
fn execution(id: u32, workflow: &str, status: &str) -> Value {
    json!({
        "id": id.to_string(), "finished": status == "success", "mode": "webhook", "retryOf": null,
        "retrySuccessId": null, "status": status, "createdAt": "2026-11-22T11:30:00.000Z",
        "startedAt": "2026-11-22T11:30:00.000Z", "stoppedAt": "2026-11-22T11:30:01.250Z",
        "workflowId": workflow, "waitTill": null,
    })
}

/// Lists these workflows, and has a page for each of them.
fn with_flows(flows: &[Value]) -> Host {
    let mut host = host();
    answer(&mut host, "GET", LIST, &json!({"data": flows, "nextCursor": null}));
    for flow in flows {
        let id = flow["id"].as_str().unwrap();
        answer(&mut host, "GET", &format!("workflows/{id}?excludePinnedData=true"), flow);
        let latest = json!({"data": [execution(7, id, "success")], "nextCursor": "x"});
        answer(&mut host, "GET", &format!("executions?workflowId={id}&limit=1"), &latest);
    }
    host
}

/// What was sent to n8n so far, without what only looks.
fn acts(host: &Host) -> Vec<String> {
    let lines = host.requests().iter().map(|request| request.line.replace(BASE, ""));
    lines.filter(|line| !line.contains(" /api/v1/") || !line.starts_with("GET ")).collect()
}

/// No line of a block is wider than a telephone.
fn fits(outcome: &Outcome) {
    for message in &outcome.replies {
        let blocks = message.html.split("<pre>").skip(1);
        for line in
            blocks.flat_map(|block| block.split("</pre>").next().unwrap_or_default().lines())
        {
            assert!(line.chars().count() <= 34, "{line}");
        }
        assert!(message.text.encode_utf16().count() <= 4_096, "{}", message.text);
    }
}
