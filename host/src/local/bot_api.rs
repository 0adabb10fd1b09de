//! The Bot API's door: `/bot<token>/<method>` in any case, and the download of files. It checks the token, reads the
//! parameters, calls the method, writes the call log.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;

use super::calls::Call;
use super::error::ApiError;
use super::params::Params;
use super::state::{Shared, unix_time};
use super::{methods, updates};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/bot{token}/{method}", any(call))
        .route("/file/bot{token}/{*path}", get(download))
        .fallback(|| async { ApiError::not_found() })
}

#[derive(Serialize)]
struct Answer<T> {
    ok: bool,
    result: T,
}

fn answer<T: Serialize>(result: Result<T, ApiError>) -> Response {
    result.map_or_else(ApiError::into_response, |result| {
        Json(Answer { ok: true, result }).into_response()
    })
}

async fn call(
    State(shared): State<Arc<Shared>>,
    Path((token, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    if token != shared.lock().token {
        return ApiError::unauthorized().into_response();
    }
    let begin = Instant::now();
    let name = name.to_ascii_lowercase();
    let shown = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let params = match Params::read(request).await {
        Ok(params) => params,
        Err(error) => return error.into_response(),
    };
    if name == "getupdates" {
        let fault = shared.lock().take_fault(&name);
        return match fault {
            Some(error) => error.into_response(),
            None => answer(updates::poll(&shared, &params).await),
        };
    }
    let mut state = shared.lock();
    let result = match (state.take_fault(&name), methods::find(&name)) {
        (Some(fault), _) => Err(fault),
        (None, Some(method)) => method(&mut state, &params),
        (None, None) => Err(ApiError::not_found()),
    };
    let error = result.as_ref().err();
    if let Some(error) = error {
        state.events.send(
            None,
            "failed",
            || json!({ "method": shown, "error": error.description }),
        );
    }
    state.calls.push(Call {
        number: 0,
        method: shown,
        params: params.describe(),
        status: error.map_or(200, |error| error.code),
        error: error.map(|error| error.description.clone()),
        at: u64::try_from(unix_time().as_millis()).unwrap_or(u64::MAX),
        micros: u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX),
    });
    drop(state);
    answer(result)
}

async fn download(
    State(shared): State<Arc<Shared>>,
    Path((token, path)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let state = shared.lock();
    if token != state.token {
        return Err(ApiError::unauthorized());
    }
    let file = state.files.by_path(&path).ok_or_else(ApiError::not_found)?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], file.bytes.clone()).into_response())
}
