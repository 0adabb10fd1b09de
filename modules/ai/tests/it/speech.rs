//! How providers answer: bodies of server-sent events, as their documentation has them.

use serde_json::{Value, json};
use umbrasil_sdk::http::Response;
use umbrasil_sdk::testing::Host;

pub(crate) const OPENAI: &str = "POST https://api.openai.com/v1/chat/completions";
pub(crate) const CLAUDE: &str = "POST https://api.anthropic.com/v1/messages";
pub(crate) const OPENROUTER: &str = "POST https://openrouter.ai/api/v1/chat/completions";

/// A host whose owner has these keys.
pub(crate) fn host(secrets: &[&str]) -> Host {
    secrets.iter().fold(Host::new(umbrasil_ai::module()), |host, secret| host.secret(secret))
}

fn events(data: &[Value], end: &str) -> String {
    let lines: Vec<String> = data.iter().map(|data| format!("data: {data}\n\n")).collect();
    format!("{}{end}", lines.concat())
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], "usage": null,
    })
}

/// An OpenAI answer in pieces of a few letters.
pub(crate) fn openai(text: &str, input: u64, output: u64) -> Response {
    let mut data = vec![chunk(&json!({"role": "assistant", "content": ""}), None)];
    let letters: Vec<char> = text.chars().collect();
    data.extend(
        letters
            .chunks(7)
            .map(|part| chunk(&json!({"content": part.iter().collect::<String>()}), None)),
    );
    data.push(chunk(&json!({}), Some("stop")));
    data.push(json!({"id": "x", "choices": [], "usage": {
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
    }}));
    Response::new(200, events(&data, "data: [DONE]\n\n"))
}

/// OpenAI calls of tools: names with arguments, which arrive in pieces.
pub(crate) fn openai_calls(calls: &[(&str, &str)]) -> Response {
    let mut data = vec![chunk(&json!({"role": "assistant", "content": null}), None)];
    for (index, (name, arguments)) in calls.iter().enumerate() {
        data.push(chunk(
            &json!({"tool_calls": [{
                "index": index, "id": format!("call_{index}"), "type": "function",
                "function": {"name": name, "arguments": ""},
            }]}),
            None,
        ));
        let letters: Vec<char> = arguments.chars().collect();
        data.extend(letters.chunks(5).map(|part| {
            let part: String = part.iter().collect();
            chunk(&json!({"tool_calls": [{"index": index, "function": {"arguments": part}}]}), None)
        }));
    }
    data.push(chunk(&json!({}), Some("tool_calls")));
    data.push(json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10}}));
    Response::new(200, events(&data, "data: [DONE]\n\n"))
}

/// A Claude answer: a thought, then text in pieces, then maybe calls of tools.
pub(crate) fn claude(text: &str, calls: &[(&str, &str)]) -> Response {
    let mut data = vec![
        json!({"type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "claude",
            "stop_reason": null, "usage": {"input_tokens": 200, "output_tokens": 1},
        }}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
        json!({"type": "ping"}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2ln"}}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
    ];
    let letters: Vec<char> = text.chars().collect();
    data.extend(letters.chunks(7).map(|part| {
        let part: String = part.iter().collect();
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": part}})
    }));
    data.push(json!({"type": "content_block_stop", "index": 1}));
    for (index, (name, arguments)) in calls.iter().enumerate() {
        let index = index + 2;
        data.push(json!({"type": "content_block_start", "index": index, "content_block": {
            "type": "tool_use", "id": format!("toolu_{index}"), "name": name, "input": {},
        }}));
        let (one, other) = arguments.split_at(arguments.len() / 2);
        for part in ["", one, other] {
            data.push(json!({"type": "content_block_delta", "index": index, "delta": {
                "type": "input_json_delta", "partial_json": part,
            }}));
        }
        data.push(json!({"type": "content_block_stop", "index": index}));
    }
    let reason = if calls.is_empty() { "end_turn" } else { "tool_use" };
    data.push(json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 20}}));
    data.push(json!({"type": "message_stop"}));
    let lines = data
        .iter()
        .map(|data| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap()));
    Response::new(200, lines.collect::<String>())
}

/// The body of the last request, or of one before.
pub(crate) fn asked(host: &Host, from_last: usize) -> Value {
    let request = host.requests().iter().rev().nth(from_last).expect("so many requests");
    serde_json::from_slice(&request.body).unwrap()
}
