//! Anthropic's messages.

use serde_json::{Value, json};

use crate::message::{Message, Prompt, Spent, Tokens, ToolCall, Turn, put};
use crate::provider::Choice;
use crate::sse::{Events, Patience};
use crate::trouble::Trouble;

/// The version of the interface that this file speaks.
const VERSION: &str = "2023-06-01";
/// The longest answer, in tokens, with what the model thinks before.
const ANSWER: u64 = 8_192;
/// Blocks of one answer, and bytes of one: more is nonsense.
const BLOCKS: u64 = 64;
const BYTES: usize = 128 << 10;

/// Asks, and reads the answer as it arrives.
pub(crate) fn ask(
    choice: &Choice,
    prompt: &Prompt<'_>,
    patience: &Patience,
    on_text: &mut dyn FnMut(&str),
) -> Result<Turn, Trouble> {
    let body = body(&choice.model, prompt).to_string();
    let request = choice.post("/v1/messages").header("anthropic-version", VERSION).json(body);
    let mut events = Events::open(request, patience)?;
    let mut answer = Answer::default();
    let mut shown = 0;
    while let Some(data) = events.next()? {
        let event: Value = serde_json::from_str(&data).map_err(|_| Trouble::Unreadable)?;
        if answer.read(&event)? {
            events.begun();
        }
        let text = answer.text();
        if text.len() > shown {
            shown = text.len();
            on_text(&text);
        }
        if answer.is_over {
            break;
        }
    }
    answer.into_turn()
}

/// The body of the request.
fn body(model: &str, prompt: &Prompt<'_>) -> Value {
    let mut messages = Vec::new();
    for (index, message) in prompt.messages.iter().enumerate() {
        let picture = prompt.picture.filter(|(at, _)| *at == index).map(|(_, picture)| picture);
        let (role, content): (&str, Vec<Value>) = match message {
            Message::User(text) => {
                let picture = picture.map(|picture| {
                    json!({"type": "image", "source": {
                        "type": "base64", "media_type": picture.mime, "data": picture.base64,
                    }})
                });
                let text = json!({"type": "text", "text": text});
                ("user", picture.into_iter().chain([text]).collect())
            }
            Message::Assistant { text, calls, opaque } => {
                // Blocks without text are refused.
                let text = (!text.trim().is_empty())
                    .then(|| json!({"type": "text", "text": text.trim_end()}));
                let call = |call: &ToolCall| {
                    let input: Value = serde_json::from_str(&call.arguments).unwrap_or(Value::Null);
                    let input = if input.is_object() { input } else { json!({}) };
                    json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input})
                };
                let calls = calls.iter().map(call);
                ("assistant", opaque.iter().cloned().chain(text).chain(calls).collect())
            }
            Message::Results(results) => {
                let result = results.iter().map(|result| {
                    json!({
                        "type": "tool_result", "tool_use_id": result.id, "content": result.text,
                        "is_error": result.failed,
                    })
                });
                ("user", result.collect())
            }
        };
        if !content.is_empty() {
            messages.push(json!({"role": role, "content": content}));
        }
    }
    let mut body = json!({
        "model": model,
        "max_tokens": ANSWER,
        "system": prompt.system,
        "messages": messages,
        "stream": true,
    });
    if !prompt.tools.is_empty() {
        let tools = prompt.tools.iter().map(|tool| {
            json!({
                "name": tool.name, "description": tool.description, "input_schema": tool.parameters,
            })
        });
        put(&mut body, "tools", tools.collect());
    }
    body
}

/// A block of an answer as far as it has arrived.
enum Block {
    Text(String),
    Call(ToolCall),
    /// What the model thinks, sealed: it wants it back while it uses tools.
    Opaque(Value),
}

/// An answer as far as it has arrived.
#[derive(Default)]
struct Answer {
    /// With their indices.
    blocks: Vec<(u64, Block)>,
    input: Option<u64>,
    output: Option<u64>,
    stopped: Option<String>,
    is_over: bool,
}

impl Answer {
    /// Takes in an event; says whether there was anything of an answer in it. What is not known is skipped,
    /// as the documentation wants it.
    fn read(&mut self, event: &Value) -> Result<bool, Trouble> {
        let count = |pointer: &str| event.pointer(pointer).and_then(Value::as_u64);
        match event.get("type").and_then(Value::as_str) {
            Some("message_start") => {
                let cached = ["cache_creation_input_tokens", "cache_read_input_tokens"];
                let cached =
                    cached.iter().filter_map(|name| count(&format!("/message/usage/{name}")));
                let cached: u64 = cached.sum();
                self.input = count("/message/usage/input_tokens").map(|input| input + cached);
                self.output = count("/message/usage/output_tokens");
                Ok(false)
            }
            Some("content_block_start") => {
                self.begin(event)?;
                Ok(true)
            }
            Some("content_block_delta") => {
                self.extend(event)?;
                Ok(true)
            }
            Some("message_delta") => {
                self.output = count("/usage/output_tokens").or(self.output);
                let reason = event.pointer("/delta/stop_reason").and_then(Value::as_str);
                self.stopped = reason.map(str::to_owned).or(self.stopped.take());
                Ok(false)
            }
            Some("message_stop") => {
                self.is_over = true;
                Ok(false)
            }
            Some("error") => {
                let kind = event.pointer("/error/type").and_then(Value::as_str);
                Err(Trouble::of_error(kind.unwrap_or("")))
            }
            Some(_) => Ok(false),
            None => Err(Trouble::Unreadable),
        }
    }

    fn begin(&mut self, event: &Value) -> Result<(), Trouble> {
        let index = event.get("index").and_then(Value::as_u64).filter(|index| *index < BLOCKS);
        let (Some(index), Some(block)) = (index, event.get("content_block")) else {
            return Err(Trouble::Unreadable);
        };
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let block = match text("type").as_str() {
            "text" => Block::Text(text("text")),
            "tool_use" => {
                let (id, name, arguments) = (text("id"), text("name"), String::new());
                Block::Call(ToolCall { id, name, arguments })
            }
            _ => Block::Opaque(block.clone()),
        };
        self.blocks.push((index, block));
        Ok(())
    }

    fn extend(&mut self, event: &Value) -> Result<(), Trouble> {
        let index = event.get("index").and_then(Value::as_u64);
        let block = self.blocks.iter_mut().find(|(known, _)| Some(*known) == index);
        let (Some((_, block)), Some(delta)) = (block, event.get("delta")) else {
            return Err(Trouble::Unreadable);
        };
        let text = |name: &str| delta.get(name).and_then(Value::as_str).unwrap_or("");
        match (text("type"), block) {
            ("text_delta", Block::Text(known)) => push(known, text("text")),
            ("input_json_delta", Block::Call(call)) => {
                push(&mut call.arguments, text("partial_json"))
            }
            (kind @ ("thinking_delta" | "signature_delta"), Block::Opaque(block)) => {
                let name = kind.trim_end_matches("_delta");
                let known = block.get(name).and_then(Value::as_str).unwrap_or("");
                let mut whole = known.to_owned();
                push(&mut whole, text(name))?;
                put(block, name, whole.into());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn text(&self) -> String {
        let texts = self.blocks.iter().filter_map(|(_, block)| match block {
            Block::Text(text) => Some(text.as_str()),
            Block::Call(_) | Block::Opaque(_) => None,
        });
        texts.collect()
    }

    fn into_turn(self) -> Result<Turn, Trouble> {
        if !self.is_over {
            return Err(Trouble::CutOff);
        }
        let tokens = self.input.zip(self.output).map(|(input, output)| Tokens { input, output });
        let mut turn = Turn {
            text: self.text(),
            spent: Spent { tokens, cost: None },
            is_full: self.stopped.as_deref() == Some("max_tokens"),
            ..Turn::default()
        };
        for (_, block) in self.blocks {
            match block {
                Block::Text(_) => {}
                Block::Call(call) => turn.calls.push(call),
                Block::Opaque(block) => turn.opaque.push(block),
            }
        }
        // Of an answer that is cut by its length, the last call may be half of one.
        if turn.is_full {
            turn.calls.clear();
        }
        if turn.is_empty() && self.stopped.as_deref() == Some("refusal") {
            return Err(Trouble::Declined);
        }
        Ok(turn)
    }
}

fn push(text: &mut String, more: &str) -> Result<(), Trouble> {
    if text.len() + more.len() > BYTES {
        return Err(Trouble::CutOff);
    }
    text.push_str(more);
    Ok(())
}
