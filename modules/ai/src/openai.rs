//! OpenAI's chat completions, which OpenRouter and most servers of one's own speak as well.

use serde_json::{Value, json};

use crate::message::{Message, Prompt, Spent, Tokens, ToolCall, Turn, put};
use crate::provider::Choice;
use crate::sse::{Events, Patience};
use crate::trouble::Trouble;

/// Calls in one turn, and bytes of an answer: more is nonsense.
const CALLS: usize = 16;
const BYTES: usize = 128 << 10;

/// Asks, and reads the answer as it arrives.
pub(crate) fn ask(
    choice: &Choice,
    prompt: &Prompt<'_>,
    patience: &Patience,
    on_text: &mut dyn FnMut(&str),
) -> Result<Turn, Trouble> {
    let request = choice.post("/chat/completions").json(body(&choice.model, prompt).to_string());
    let mut events = Events::open(request, patience)?;
    let mut answer = Answer::default();
    while let Some(data) = events.next()? {
        if data.trim() == "[DONE]" {
            answer.is_over = true;
            break;
        }
        let chunk: Value = serde_json::from_str(&data).map_err(|_| Trouble::Unreadable)?;
        if answer.read(&chunk)? {
            events.begun();
            let text = spoken(&answer.text, false);
            if !text.is_empty() {
                on_text(text);
            }
        }
    }
    answer.into_turn()
}

/// The body of the request.
fn body(model: &str, prompt: &Prompt<'_>) -> Value {
    let mut messages = vec![json!({"role": "system", "content": prompt.system})];
    for (index, message) in prompt.messages.iter().enumerate() {
        let picture = prompt.picture.filter(|(at, _)| *at == index).map(|(_, picture)| picture);
        match (message, picture) {
            (Message::User(text), None) => {
                messages.push(json!({"role": "user", "content": text}));
            }
            (Message::User(text), Some(picture)) => {
                let url = format!("data:{};base64,{}", picture.mime, picture.base64);
                messages.push(json!({"role": "user", "content": [
                    {"type": "text", "text": text},
                    {"type": "image_url", "image_url": {"url": url}},
                ]}));
            }
            (Message::Assistant { text, calls, .. }, _) => {
                let mut said = json!({"role": "assistant", "content": text});
                if !calls.is_empty() {
                    let call = |call: &ToolCall| {
                        json!({"id": call.id, "type": "function", "function": {
                            "name": call.name, "arguments": call.arguments,
                        }})
                    };
                    put(&mut said, "tool_calls", calls.iter().map(call).collect());
                    if text.is_empty() {
                        put(&mut said, "content", Value::Null);
                    }
                }
                messages.push(said);
            }
            (Message::Results(results), _) => {
                messages.extend(results.iter().map(|result| {
                    json!({"role": "tool", "tool_call_id": result.id, "content": result.text})
                }));
            }
        }
    }
    let mut body = json!({
        "model": model,
        "messages": messages,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if !prompt.tools.is_empty() {
        let tools = prompt.tools.iter().map(|tool| {
            json!({"type": "function", "function": {
                "name": tool.name, "description": tool.description, "parameters": tool.parameters,
            }})
        });
        put(&mut body, "tools", tools.collect());
    }
    body
}

/// An answer as far as it has arrived.
#[derive(Default)]
struct Answer {
    text: String,
    /// With the index that the provider gives them.
    calls: Vec<(u64, ToolCall)>,
    spent: Spent,
    finished: Option<String>,
    is_over: bool,
}

impl Answer {
    /// Takes in a chunk; says whether there was anything of an answer in it.
    fn read(&mut self, chunk: &Value) -> Result<bool, Trouble> {
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            return Err(trouble(error));
        }
        if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
            let count = |name: &str| usage.get(name).and_then(Value::as_u64);
            if let (Some(input), Some(output)) =
                (count("prompt_tokens"), count("completion_tokens"))
            {
                self.spent.tokens = Some(Tokens { input, output });
            }
            // OpenRouter says what it took, in dollars.
            self.spent.cost = usage.get("cost").and_then(Value::as_f64).and_then(micros);
        }
        let Some(choice) = chunk.pointer("/choices/0") else { return Ok(false) };
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
            self.finished = Some(reason.to_owned());
        }
        let Some(delta) = choice.get("delta") else { return Ok(false) };
        let piece =
            |name: &str| delta.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        // What it thinks is not shown, but who thinks aloud has begun.
        let mut has_more = piece("reasoning").or_else(|| piece("reasoning_content")).is_some();
        for text in piece("content").into_iter().chain(piece("refusal")) {
            if self.text.len() + text.len() > BYTES {
                return Err(Trouble::CutOff);
            }
            self.text.push_str(text);
            has_more = true;
        }
        for piece in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.take(piece)?;
            has_more = true;
        }
        Ok(has_more)
    }

    /// Takes in a piece of a call: the name comes with the first, the arguments bit by bit.
    fn take(&mut self, piece: &Value) -> Result<(), Trouble> {
        let text = |pointer: &str| piece.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let (id, name, arguments) =
            (text("/id"), text("/function/name"), text("/function/arguments"));
        // Some servers leave the index out: a new id then means a new call.
        let index = piece.get("index").and_then(Value::as_u64);
        let index = index.unwrap_or_else(|| {
            let last =
                self.calls.last().map(|(index, call)| (*index, call.id != id && !id.is_empty()));
            last.map_or(0, |(index, is_new)| index + u64::from(is_new))
        });
        // Some servers give all of them the same index: there, too, a new id means a new call.
        let is_same = |(known, call): &(u64, ToolCall)| {
            *known == index && (id.is_empty() || call.id.is_empty() || call.id == id)
        };
        let at = if let Some(at) = self.calls.iter().rposition(is_same) {
            at
        } else {
            if self.calls.len() == CALLS {
                return Err(Trouble::Unreadable);
            }
            let (id, name, arguments) = (String::new(), String::new(), String::new());
            self.calls.push((index, ToolCall { id, name, arguments }));
            self.calls.len() - 1
        };
        let Some((_, call)) = self.calls.get_mut(at) else { return Err(Trouble::Unreadable) };
        if call.arguments.len() + arguments.len() > BYTES {
            return Err(Trouble::Unreadable);
        }
        if call.id.is_empty() {
            id.clone_into(&mut call.id);
        }
        call.name.push_str(name);
        call.arguments.push_str(arguments);
        Ok(())
    }

    fn into_turn(self) -> Result<Turn, Trouble> {
        // Some servers end without the mark, but none without saying why they stopped.
        if !self.is_over && self.finished.is_none() {
            return Err(Trouble::CutOff);
        }
        let is_full = self.finished.as_deref() == Some("length");
        let calls = self.calls.into_iter().map(|(_, call)| call).collect();
        let text = spoken(&self.text, true).to_owned();
        let turn = Turn { text, calls, opaque: Vec::new(), spent: self.spent, is_full };
        if turn.is_empty() && self.finished.as_deref() == Some("content_filter") {
            return Err(Trouble::Declined);
        }
        Ok(turn)
    }
}

/// The answer without what some models think before it, between `<think>` and `</think>`. As long as it is not
/// whole, a text that may become that mark is none.
fn spoken(text: &str, is_whole: bool) -> &str {
    let begun = text.trim_start();
    if !is_whole && "<think>".starts_with(begun) {
        return "";
    }
    match begun.strip_prefix("<think>") {
        None => text,
        Some(thought) => thought.split_once("</think>").map_or("", |(_, said)| said.trim_start()),
    }
}

/// An error that comes within an answer: its type as a word, or its code as a status.
fn trouble(error: &Value) -> Trouble {
    let word = |name: &str| error.get(name).and_then(Value::as_str);
    let code = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    match code {
        Some(401 | 403) => Trouble::KeyRefused(401),
        Some(code @ (400 | 402 | 404)) => Trouble::Refused(code),
        Some(429) => Trouble::TooMany(None),
        Some(code @ 500..) => Trouble::Broken(code),
        _ => Trouble::of_error(word("code").or_else(|| word("type")).unwrap_or("")),
    }
}

/// Dollars as micro-dollars, rounded up.
fn micros(dollars: f64) -> Option<u64> {
    let micros = (dollars * 1e6).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    (0.0..1e12).contains(&micros).then_some(micros as u64)
}
