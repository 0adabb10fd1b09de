//! An n8n as its public API shows it: keys, pages, workflows that are switched, executions, and webhooks that
//! only active workflows listen to. What it answers follows n8n's own API, word for word where people read it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::base64;
use crate::web::{Arrival, Sink, Step, reply};

/// The most that n8n lists at once.
const MOST: usize = 250;

/// A running n8n.
pub struct N8n {
    sink: Sink,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    key: String,
    workflows: Vec<Value>,
    /// With their data, newest first.
    executions: Vec<Value>,
    /// Where each page that was promised begins.
    cursors: BTreeMap<String, (usize, usize)>,
    /// Method, path and body of the webhooks that were heard.
    heard: Vec<(String, String, String)>,
    /// What everything is answered with instead: status, type and body.
    instead: Option<(u16, String, String)>,
}

impl N8n {
    /// Starts one that knows this key.
    pub async fn start(key: &str) -> Self {
        let state = Arc::new(Mutex::new(State { key: key.to_owned(), ..State::default() }));
        let shared = Arc::clone(&state);
        let sink = Sink::new(move |arrival| {
            let (status, kind, body) = shared.lock().unwrap().answer(arrival);
            let headers = format!("content-type: {kind}\r\n");
            vec![Step::Send(reply(status, &headers, body.as_bytes()))]
        });
        Self { sink: sink.await, state }
    }

    /// What `N8N_BASE_URL` is for it.
    pub fn url(&self) -> String {
        self.sink.url()
    }

    /// Adds a workflow with these nodes, and gives its id.
    pub fn workflow(&self, name: &str, active: bool, nodes: &Value) -> String {
        let mut state = self.state.lock().unwrap();
        let id = format!("wf{:014}", state.workflows.len());
        state.workflows.push(json!({
            "updatedAt": "2026-11-20T09:30:00.000Z", "createdAt": "2026-11-01T08:00:00.000Z", "id": id,
            "name": name, "active": active, "isArchived": false, "nodes": nodes, "connections": {},
            "settings": {"executionOrder": "v1"}, "staticData": null, "meta": null, "pinData": {},
            "versionId": "f5a3", "triggerCount": 1, "tags": [{"id": "tag1", "name": "prod"}],
        }));
        id
    }

    /// Adds an execution as the newest; with an error it has failed in this node.
    pub fn execution(&self, workflow: &str, error: Option<(&str, &str)>) -> String {
        let mut state = self.state.lock().unwrap();
        let id = (1_000 + state.executions.len()).to_string();
        let name = state.workflow(workflow).map(|found| found["name"].clone());
        let mut outcome = json!({"runData": {}, "lastNodeExecuted": "Webhook"});
        if let Some((node, message)) = error {
            outcome["lastNodeExecuted"] = json!(node);
            outcome["error"] =
                json!({"name": "NodeApiError", "message": message, "node": {"name": node}});
        }
        let execution = json!({
            "id": id, "finished": error.is_none(), "mode": "webhook", "retryOf": null,
            "retrySuccessId": null, "status": if error.is_some() { "error" } else { "success" },
            "createdAt": "2026-11-20T10:00:00.000Z", "startedAt": "2026-11-20T10:00:00.000Z",
            "stoppedAt": "2026-11-20T10:00:01.500Z", "deletedAt": null, "workflowId": workflow,
            "waitTill": null, "customData": {}, "workflowData": {"id": workflow, "name": name},
            "data": {"startData": {}, "resultData": outcome, "executionData": {}},
        });
        state.executions.insert(0, execution);
        id
    }

    /// A Webhook node.
    pub fn webhook(method: &str, path: &str) -> Value {
        json!({
            "parameters": {"httpMethod": method, "path": path, "options": {}}, "id": "n1",
            "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": [0, 0], "name": "Webhook",
            "webhookId": "2f1d",
        })
    }

    pub fn is_active(&self, id: &str) -> bool {
        self.state.lock().unwrap().workflow(id).unwrap()["active"] == true
    }

    /// Method, path and body of the webhooks that were called and listened to.
    pub fn heard(&self) -> Vec<(String, String, String)> {
        self.state.lock().unwrap().heard.clone()
    }

    /// Answers everything with this from now on.
    pub fn answer_instead(&self, status: u16, kind: &str, body: &str) {
        let instead = (status, kind.to_owned(), body.to_owned());
        self.state.lock().unwrap().instead = Some(instead);
    }

    /// Makes the key another one.
    pub fn rotate(&self, key: &str) {
        key.clone_into(&mut self.state.lock().unwrap().key);
    }

    /// Method and target of all that has arrived.
    pub fn arrivals(&self) -> Vec<String> {
        let line = |arrival: Arrival| format!("{} {}", arrival.method, arrival.target);
        self.sink.arrivals().into_iter().map(line).collect()
    }

    /// What came with the key where it has no business.
    pub fn strayed_keys(&self) -> usize {
        let strayed = |arrival: &&Arrival| {
            !arrival.target.starts_with("/api/v1/") && arrival.header("x-n8n-api-key").is_some()
        };
        self.sink.arrivals().iter().filter(strayed).count()
    }
}

impl State {
    fn workflow(&self, id: &str) -> Option<&Value> {
        self.workflows.iter().find(|one| one["id"] == id)
    }

    fn answer(&mut self, arrival: &Arrival) -> (u16, String, String) {
        if let Some(instead) = &self.instead {
            return instead.clone();
        }
        let (status, value) = self.route(arrival);
        (status, "application/json; charset=utf-8".to_owned(), value.to_string())
    }

    fn route(&mut self, arrival: &Arrival) -> (u16, Value) {
        let (path, query) = arrival.target.split_once('?').unwrap_or((&arrival.target, ""));
        if let Some(path) = path.strip_prefix("/webhook/") {
            return self.hear(arrival, path);
        }
        let Some(path) = path.strip_prefix("/api/v1/") else {
            return (404, json!({"code": 404, "message": "not found"}));
        };
        match arrival.header("x-n8n-api-key") {
            None => return (401, json!({"message": "'X-N8N-API-KEY' header required"})),
            Some(key) if key != self.key => return (401, json!({"message": "unauthorized"})),
            Some(_) => {}
        }
        let query = match parameters(path, query) {
            Ok(query) => query,
            Err(message) => return (400, json!({"message": message})),
        };
        let segments: Vec<&str> = path.split('/').collect();
        match (arrival.method.as_str(), segments.as_slice()) {
            ("GET", ["workflows"]) => {
                let bare = |one: &Value| {
                    let mut one = one.clone();
                    if query.get("excludePinnedData").is_some_and(|value| value == "true") {
                        one.as_object_mut().unwrap().remove("pinData");
                    }
                    one
                };
                let all: Vec<Value> = self.workflows.iter().map(bare).collect();
                self.page(&all, &query)
            }
            ("GET", ["workflows", id]) => found(self.workflow(id).cloned()),
            ("POST", ["workflows", id, verb @ ("activate" | "deactivate")]) => {
                let activates = *verb == "activate";
                // The version to publish is read from the body.
                if activates && serde_json::from_slice::<Value>(&arrival.body).is_err() {
                    return (
                        500,
                        json!({"message": "Cannot destructure 'req.body' as it is undefined."}),
                    );
                }
                let workflow = self.workflows.iter_mut().find(|one| one["id"] == *id);
                let Some(workflow) = workflow else { return found(None) };
                if activates && workflow["nodes"].as_array().unwrap().is_empty() {
                    let message = "Workflow cannot be activated because it has no trigger node. At least \
                                   one trigger, webhook, or polling node is required.";
                    return (400, json!({"message": message}));
                }
                workflow["active"] = json!(activates);
                (200, workflow.clone())
            }
            ("GET", ["executions"]) => {
                let fits = |one: &&Value| {
                    ["status", "workflowId"].iter().all(|name| {
                        query.get(*name).is_none_or(|value| one[*name] == value.as_str())
                    })
                };
                let listed = self.executions.iter().filter(fits);
                let all: Vec<Value> = listed.map(|one| shown(one, &query)).collect();
                self.page(&all, &query)
            }
            ("GET", ["executions", id]) => {
                let execution = self.executions.iter().find(|one| one["id"] == *id);
                found(execution.map(|one| shown(one, &query)))
            }
            _ => (405, json!({"message": format!("{} method not allowed", arrival.method)})),
        }
    }

    /// A part of a list, and where the next begins.
    fn page(&mut self, all: &[Value], query: &BTreeMap<String, String>) -> (u16, Value) {
        let limit = query.get("limit").map_or(100, |limit| limit.parse().unwrap_or(usize::MAX));
        if limit > MOST {
            return (400, json!({"message": format!("request/query/limit must be <= {MOST}")}));
        }
        let (from, limit) = match query.get("cursor").map(|cursor| self.cursors.get(cursor)) {
            None => (0, limit),
            Some(Some(&kept)) => kept,
            Some(None) => return (400, json!({"message": "An invalid cursor was provided"})),
        };
        let to = (from + limit).min(all.len());
        let next = (to < all.len()).then(|| {
            let cursor = base64(json!({"limit": limit, "offset": to}).to_string().as_bytes());
            self.cursors.insert(cursor.clone(), (to, limit));
            cursor
        });
        (200, json!({"data": all[from.min(to)..to], "nextCursor": next}))
    }

    fn hear(&mut self, arrival: &Arrival, path: &str) -> (u16, Value) {
        let path = decoded(path);
        let listens = |one: &&Value| {
            one["active"] == true
                && one["nodes"].as_array().unwrap().iter().any(|node| {
                    node["parameters"]["path"] == path.as_str()
                        && node["parameters"]["httpMethod"] == arrival.method.as_str()
                })
        };
        if self.workflows.iter().any(|one| listens(&one)) {
            let body = String::from_utf8_lossy(&arrival.body).into_owned();
            self.heard.push((arrival.method.clone(), path, body));
            return (200, json!({"message": "Workflow was started"}));
        }
        let message =
            format!("The requested webhook \"{} {path}\" is not registered.", arrival.method);
        let hint = "The workflow must be active for a production URL to run successfully.";
        (404, json!({"code": 404, "message": message, "hint": hint}))
    }
}

/// An execution, with its data only for whoever asks for it.
fn shown(execution: &Value, query: &BTreeMap<String, String>) -> Value {
    let mut execution = execution.clone();
    if query.get("includeData").is_none_or(|value| value != "true") {
        let fields = execution.as_object_mut().unwrap();
        for field in ["data", "workflowData", "customData"] {
            fields.remove(field);
        }
    }
    execution
}

fn found(value: Option<Value>) -> (u16, Value) {
    value.map_or_else(|| (404, json!({"message": "Not Found"})), |value| (200, value))
}

/// The parameters of a query; n8n refuses those that it doesn't know.
fn parameters(path: &str, query: &str) -> Result<BTreeMap<String, String>, String> {
    let known: &[&str] = match path.split('/').collect::<Vec<_>>().as_slice() {
        ["workflows"] => {
            &["active", "tags", "name", "projectId", "excludePinnedData", "limit", "cursor"]
        }
        ["workflows", _] => &["excludePinnedData"],
        ["executions"] => &["includeData", "status", "workflowId", "projectId", "limit", "cursor"],
        ["executions", _] => &["includeData"],
        _ => &[],
    };
    let mut parameters = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !known.contains(&name) {
            return Err(format!("Unknown query parameter '{name}'"));
        }
        parameters.insert(name.to_owned(), decoded(value));
    }
    Ok(parameters)
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            let digits = std::str::from_utf8(&digits).unwrap().to_owned();
            bytes.push(u8::from_str_radix(&digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
