//! A language model on this machine: speaks as OpenAI and Anthropic document it, and says what a test wrote.
//!
//! It is as strict as they are: without the right key, or with messages that do not fit together, it refuses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::web::{Arrival, Sink, Step, reply};

/// The keys that it lets in.
pub const OPENAI_KEY: &str = "sk-test-openai-0123456789";
pub const CLAUDE_KEY: &str = "sk-ant-test-0123456789";

/// What it does when it is asked.
#[derive(Debug, Clone)]
pub enum Say {
    /// A text, in pieces with pauses of so many milliseconds.
    Text(String, u64),
    /// Calls of tools: names, and arguments as JSON.
    Calls(Vec<(&'static str, &'static str)>),
    /// Another status, with header lines that end with CR LF.
    Status(u16, &'static str),
    /// Breaks the connection after so much of an answer; before any, if it is empty.
    Cut(&'static str),
    /// An answer that is no JSON.
    BadJson,
    /// Headers, and nothing more.
    Silence,
    /// What was heard in a recording.
    Heard(&'static str),
}

/// A server that plays one provider.
pub struct Llm {
    sink: Sink,
    script: Arc<Mutex<VecDeque<Say>>>,
}

impl Llm {
    /// Starts it. It says what is written, one by one; the last for ever.
    pub async fn new(script: impl IntoIterator<Item = Say>) -> Self {
        let script = Arc::new(Mutex::new(script.into_iter().collect::<VecDeque<_>>()));
        let own = Arc::clone(&script);
        let sink = Sink::new(move |arrival| respond(arrival, &own)).await;
        Self { sink, script }
    }

    /// Says this from now on.
    pub fn say(&self, script: impl IntoIterator<Item = Say>) {
        *self.script.lock().unwrap() = script.into_iter().collect();
    }

    /// The settings of a host that uses it as OpenAI.
    pub fn openai(&self) -> [(&'static str, String); 2] {
        [
            ("OPENAI_BASE_URL", format!("{}/v1", self.sink.url())),
            ("OPENAI_API_KEY", OPENAI_KEY.to_owned()),
        ]
    }

    /// The settings of a host that uses it as Claude.
    pub fn claude(&self) -> [(&'static str, String); 2] {
        [("CLAUDE_BASE_URL", self.sink.url()), ("CLAUDE_API_KEY", CLAUDE_KEY.to_owned())]
    }

    /// What it was asked, as JSON; recordings as text.
    pub fn asked(&self) -> Vec<Value> {
        let body = |arrival: &Arrival| {
            let text = String::from_utf8_lossy(&arrival.body).into_owned();
            serde_json::from_slice(&arrival.body).unwrap_or(Value::String(text))
        };
        self.sink.arrivals().iter().map(body).collect()
    }
}

fn respond(arrival: &Arrival, script: &Mutex<VecDeque<Say>>) -> Vec<Step> {
    let is_claude = arrival.target == "/v1/messages";
    let refuse = |status: u16, text: &str| {
        let body = json!({"error": {"type": "invalid_request_error", "message": text}});
        vec![Step::Send(reply(status, "", body.to_string().as_bytes()))]
    };
    let (header, key) = if is_claude {
        ("x-api-key", CLAUDE_KEY.to_owned())
    } else {
        ("authorization", format!("Bearer {OPENAI_KEY}"))
    };
    if arrival.header(header) != Some(key.as_str()) {
        return refuse(401, "wrong key");
    }
    let wrong = match arrival.target.as_str() {
        "/v1/messages" => claude_objection(arrival),
        "/v1/chat/completions" => openai_objection(arrival),
        "/v1/audio/transcriptions" => None,
        _ => return refuse(404, "no such address"),
    };
    if let Some(wrong) = wrong {
        return refuse(400, &wrong);
    }
    let mut script = script.lock().unwrap();
    let say = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
    match say.expect("a script") {
        Say::Text(text, pause) => stream(&events(is_claude, &text, &[]), pause, true),
        Say::Calls(calls) => stream(&events(is_claude, "", &calls), 0, true),
        Say::Status(status, headers) => {
            vec![Step::Send(reply(status, headers, b"{\"error\":{\"message\":\"sk-test\"}}"))]
        }
        Say::Cut(text) => {
            let mut events = events(is_claude, text, &[]);
            // What tells the end is missing.
            events.truncate(events.len() - 3);
            stream(&events, 20, false)
        }
        Say::BadJson => stream(&["data: {\"choices\": [\n\n".to_owned()], 0, true),
        Say::Silence => vec![Step::Send(head()), Step::Hang],
        Say::Heard(text) => {
            let body = json!({"text": text, "usage": {"type": "duration", "seconds": 2}});
            let headers = "content-type: application/json\r\n";
            vec![Step::Send(reply(200, headers, body.to_string().as_bytes()))]
        }
    }
}

fn head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec()
}

/// Events as chunks, with pauses; whole, or broken off.
fn stream(events: &[String], pause: u64, is_whole: bool) -> Vec<Step> {
    let mut steps = vec![Step::Send(head())];
    for event in events {
        if pause > 0 {
            steps.push(Step::Wait(Duration::from_millis(pause)));
        }
        steps.push(Step::Send(format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()));
    }
    steps.push(if is_whole { Step::Send(b"0\r\n\r\n".to_vec()) } else { Step::Close });
    steps
}

/// A text in pieces of some ten letters.
fn pieces(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(10).map(|piece| piece.iter().collect()).collect()
}

fn events(is_claude: bool, text: &str, calls: &[(&str, &str)]) -> Vec<String> {
    if is_claude { claude(text, calls) } else { openai(text, calls) }
}

fn openai(text: &str, calls: &[(&str, &str)]) -> Vec<String> {
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        let chunk =
            json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice]});
        format!("data: {chunk}\n\n")
    };
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null)];
    events.extend(pieces(text).iter().map(|piece| chunk(json!({"content": piece}), Value::Null)));
    for (index, (name, arguments)) in calls.iter().enumerate() {
        let function = json!({"name": name, "arguments": ""});
        let id = format!("call_{}_{index}", arguments.len());
        let call = json!([{"index": index, "id": id, "type": "function", "function": function}]);
        events.push(chunk(json!({"tool_calls": call}), Value::Null));
        events.extend(pieces(arguments).iter().map(|piece| {
            let call = json!([{"index": index, "function": {"arguments": piece}}]);
            chunk(json!({"tool_calls": call}), Value::Null)
        }));
    }
    let reason = if calls.is_empty() { "stop" } else { "tool_calls" };
    events.push(chunk(json!({}), json!(reason)));
    let usage = json!({"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100});
    events
        .push(format!("data: {}\n\n", json!({"id": "chatcmpl-1", "choices": [], "usage": usage})));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn claude(text: &str, calls: &[(&str, &str)]) -> Vec<String> {
    let mut events = vec![json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "content": [], "stop_reason": null,
        "usage": {"input_tokens": 1000, "output_tokens": 1},
    }})];
    events.push(json!({"type": "ping"}));
    let mut index = 0;
    if !text.is_empty() || calls.is_empty() {
        let block = json!({"type": "text", "text": ""});
        events.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
        for piece in pieces(text) {
            let delta = json!({"type": "text_delta", "text": piece});
            events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
        index += 1;
    }
    for (name, arguments) in calls {
        let block =
            json!({"type": "tool_use", "id": format!("toolu_{index}"), "name": name, "input": {}});
        events.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
        for piece in pieces(arguments) {
            let delta = json!({"type": "input_json_delta", "partial_json": piece});
            events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
        index += 1;
    }
    let reason = if calls.is_empty() { "end_turn" } else { "tool_use" };
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 100}}));
    events.push(json!({"type": "message_stop"}));
    let line =
        |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    events.iter().map(line).collect()
}

/// What OpenAI would not take.
fn openai_objection(arrival: &Arrival) -> Option<String> {
    let body: Value = serde_json::from_slice(&arrival.body).ok()?;
    let messages = body["messages"].as_array()?;
    if !body["model"].is_string() || body["stream"] != true || messages.is_empty() {
        return Some("model, stream or messages".to_owned());
    }
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        let role = message["role"].as_str().unwrap_or("");
        match role {
            "tool" => {
                let id = message["tool_call_id"].as_str().unwrap_or("");
                let Some(at) = open.iter().position(|known| known == id) else {
                    return Some(format!("nobody called {id}"));
                };
                open.remove(at);
            }
            _ if !open.is_empty() => return Some(format!("no results of {open:?}")),
            "assistant" => {
                let calls = message["tool_calls"].as_array().cloned().unwrap_or_default();
                open = calls.iter().map(|call| call["id"].as_str().unwrap().to_owned()).collect();
            }
            "system" | "user" => {}
            _ => return Some(format!("the role {role}")),
        }
    }
    None
}

/// What Anthropic would not take.
fn claude_objection(arrival: &Arrival) -> Option<String> {
    if arrival.header("anthropic-version") != Some("2023-06-01") {
        return Some("anthropic-version".to_owned());
    }
    let body: Value = serde_json::from_slice(&arrival.body).ok()?;
    let messages = body["messages"].as_array()?;
    if !body["max_tokens"].is_u64() || !body["system"].is_string() || messages.is_empty() {
        return Some("max_tokens, system or messages".to_owned());
    }
    let mut open: Vec<String> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let expected = if index % 2 == 0 { "user" } else { "assistant" };
        if message["role"] != expected {
            return Some(format!("message {index} is not of the {expected}"));
        }
        let blocks = message["content"].as_array()?;
        let mut answered: Vec<String> = Vec::new();
        let mut called: Vec<String> = Vec::new();
        for block in blocks {
            match block["type"].as_str().unwrap_or("") {
                "text" if block["text"].as_str().is_none_or(str::is_empty) => {
                    return Some("text blocks must be non-empty".to_owned());
                }
                "tool_use" => called.push(block["id"].as_str()?.to_owned()),
                "tool_result" => answered.push(block["tool_use_id"].as_str()?.to_owned()),
                "text" | "image" | "thinking" => {}
                kind => return Some(format!("a block of type {kind}")),
            }
        }
        if answered != open {
            return Some(format!("results of {answered:?} for calls of {open:?}"));
        }
        open = called;
    }
    None
}
