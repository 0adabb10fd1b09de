//! The people's door, `/chat/…`: what the page and the tests use. JSON in and out, errors in the Bot API's shape.
//!
//! | request | body or query | answer |
//! |---|---|---|
//! | `GET /chat/people` | | `{bot: {id, first_name, username}, people: [{id, first_name, username, role, last_message_id}]}` |
//! | `GET /chat/history` | `?person=ID[&limit=N]` | `{messages: [Message]}`, oldest first, the Bot API's form |
//! | `POST /chat/message` | `{person, text, reply_to?}` | `{message}` |
//! | `POST /chat/edit` | `{person, message_id, text}` | `{message}` |
//! | `POST /chat/press` | `{person, message_id, data}` | `{query_id}` |
//! | `POST /chat/upload` | multipart: `person`, `file`, `caption`?, `kind`? (`photo`, `document`, `voice`), `duration`? | `{message}` |
//! | `POST /chat/update` | any update; `update_id` is filled in | `{update_id}` |
//! | `POST /chat/fault` | `{method, error_code, description, retry_after?, times?}` | `{}`: the next calls of the method fail so |
//! | `GET /chat/commands` | `?person=ID` | `{commands: [{command, description}]}` |
//! | `GET /chat/calls` | `?since=N` | `{calls: [{number, method, params, status, error?, at, micros}], last}` |
//! | `GET /chat/file/ID` | `[?download]` | the bytes |
//! | `GET /chat/events` | `[?person=ID]` | server-sent events, see below |
//!
//! Events, all with `chat_id` but the last three: `message` and `edit` `{message}`, `delete` `{message_id}`, `action` `{action}`,
//! `draft` `{draft_id, text, entities}`, `answer` `{message_id, query_id, text, show_alert, url}`, `commands` (ask again),
//! `failed` `{method, error}` (a call of the bot was refused),
//! `reload` (too slow, something was missed: read the history again).

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::files::FileKind;
use super::image;
use super::methods;
use super::params::Params;
use super::state::{Fault, Shared};

/// The largest JSON body.
const MAX_BODY: usize = 1024 * 1024;

type Server = State<Arc<Shared>>;
type Answer = Result<Json<Value>, ApiError>;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/chat/people", get(people))
        .route("/chat/history", get(history))
        .route("/chat/message", post(message))
        .route("/chat/edit", post(edit))
        .route("/chat/press", post(press))
        .route("/chat/upload", post(upload))
        .route("/chat/update", post(update))
        .route("/chat/fault", post(fault))
        .route("/chat/commands", get(commands))
        .route("/chat/calls", get(calls))
        .route("/chat/file/{id}", get(file))
        .route("/chat/events", get(events))
}

#[derive(Deserialize)]
struct Whose {
    person: i64,
    limit: Option<usize>,
}

async fn people(State(shared): Server) -> Json<Value> {
    let mut state = shared.lock();
    let mut people = Vec::new();
    for person in state.people.clone() {
        let last = state
            .conversation(person.id)
            .ok()
            .and_then(|chat| chat.messages.back())
            .map(|m| m.message_id);
        people.push(json!({
            "id": person.id,
            "first_name": person.first_name,
            "username": person.username,
            "role": person.role,
            "last_message_id": last,
        }));
    }
    let bot = json!({ "id": state.bot.id, "first_name": state.bot.first_name, "username": state.bot.username });
    Json(json!({ "bot": bot, "people": people }))
}

async fn history(State(shared): Server, Query(whose): Query<Whose>) -> Answer {
    let mut state = shared.lock();
    let messages = &state.conversation(whose.person)?.messages;
    let skipped = messages.len().saturating_sub(whose.limit.unwrap_or(usize::MAX));
    Ok(Json(json!({ "messages": messages.iter().skip(skipped).collect::<Vec<_>>() })))
}

async fn message(State(shared): Server, request: Request) -> Answer {
    #[derive(Deserialize)]
    struct Body {
        person: i64,
        text: String,
        reply_to: Option<i64>,
    }
    let body: Body = read_json(request).await?;
    let message = shared.lock().receive_text(body.person, &body.text, body.reply_to)?;
    Ok(Json(json!({ "message": message })))
}

async fn edit(State(shared): Server, request: Request) -> Answer {
    #[derive(Deserialize)]
    struct Body {
        person: i64,
        message_id: i64,
        text: String,
    }
    let body: Body = read_json(request).await?;
    let message = shared.lock().receive_edit(body.person, body.message_id, &body.text)?;
    Ok(Json(json!({ "message": message })))
}

async fn press(State(shared): Server, request: Request) -> Answer {
    #[derive(Deserialize)]
    struct Body {
        person: i64,
        message_id: i64,
        data: String,
    }
    let body: Body = read_json(request).await?;
    let query = shared.lock().receive_press(body.person, body.message_id, &body.data)?;
    Ok(Json(json!({ "query_id": query })))
}

async fn upload(State(shared): Server, request: Request) -> Answer {
    let params = Params::read(request).await?;
    let person =
        params.integer("person").ok_or_else(|| ApiError::bad_request("person is missing"))?;
    let file = params.upload("file").ok_or_else(|| ApiError::bad_request("file is missing"))?;
    let picture = image::recognise(&file.bytes);
    let kind = match params.text("kind").as_deref() {
        Some("photo") if picture.is_none() => {
            return Err(ApiError::bad_request("IMAGE_PROCESS_FAILED"));
        }
        Some("photo") => FileKind::Photo,
        Some("document") => FileKind::Document,
        Some("voice") => FileKind::Voice,
        Some(_) => return Err(ApiError::bad_request("kind must be photo, document or voice")),
        None if picture.is_some() => FileKind::Photo,
        None => FileKind::Document,
    };
    let caption = params.text("caption").unwrap_or_default();
    let seconds =
        params.integer("duration").and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(1);
    let message = shared.lock().receive_file(person, kind, file, &caption, seconds)?;
    Ok(Json(json!({ "message": message })))
}

async fn update(State(shared): Server, request: Request) -> Answer {
    let update: Map<String, Value> = read_json(request).await?;
    Ok(Json(json!({ "update_id": shared.lock().inject(update) })))
}

async fn fault(State(shared): Server, request: Request) -> Answer {
    let fault: Fault = read_json(request).await?;
    if !(400..600).contains(&fault.error_code) {
        return Err(ApiError::bad_request("error_code must be 400 to 599"));
    }
    shared.lock().faults.push(fault);
    Ok(Json(json!({})))
}

async fn commands(State(shared): Server, Query(whose): Query<Whose>) -> Json<Value> {
    Json(json!({ "commands": methods::seen_by(&shared.lock(), whose.person) }))
}

async fn calls(State(shared): Server, Query(query): Query<Map<String, Value>>) -> Json<Value> {
    let since = query
        .get("since")
        .and_then(Value::as_str)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0);
    let state = shared.lock();
    Json(
        json!({ "calls": state.calls.since(since).collect::<Vec<_>>(), "last": state.calls.last() }),
    )
}

async fn file(
    State(shared): Server,
    Path(id): Path<String>,
    Query(query): Query<Map<String, Value>>,
) -> Result<Response, ApiError> {
    let file = shared.lock().files.by_id(&id).cloned().ok_or_else(ApiError::not_found)?;
    // Only what a browser draws or plays is shown in place; the rest must never run as a page of ours.
    let picture = image::recognise(&file.bytes).map(|picture| picture.mime);
    let inline = picture.or(file.path.starts_with("voice/").then_some("audio/ogg"));
    let kind = inline.unwrap_or("application/octet-stream");
    let disposition =
        if inline.is_some() && !query.contains_key("download") { "inline" } else { "attachment" };
    let name: String = file
        .name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\%".contains(c) { c } else { '_' })
        .collect();
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_DISPOSITION, format!("{disposition}; filename=\"{name}\"")),
        (CACHE_CONTROL, "private, max-age=86400, immutable".to_owned()),
    ];
    Ok((headers, file.bytes).into_response())
}

async fn events(State(shared): Server, Query(query): Query<Map<String, Value>>) -> Response {
    let person = query.get("person").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let state = shared.lock();
    state.events.stream(person, shared.stop.clone())
}

async fn read_json<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    let body = axum::body::to_bytes(request.into_body(), MAX_BODY)
        .await
        .map_err(|_| ApiError::too_large())?;
    serde_json::from_slice(&body)
        .map_err(|error| ApiError::bad_request(format!("can't parse the body: {error}")))
}
