//! The parameters of a call, whichever way they came: query, form, JSON or multipart. Telegram accepts numbers as text and
//! objects as JSON in a string, so the readers here do too.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::error::ApiError;

/// The largest body without files.
const SMALL_BODY: usize = 1024 * 1024;

/// The longest parameter that the call log keeps; no valid one is longer.
const MAX_SHOWN: usize = 64 * 1024;

/// A file that came with a call.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) mime: Option<String>,
    pub(super) bytes: Bytes,
}

#[derive(Debug, Default)]
pub(super) struct Params {
    fields: Map<String, Value>,
    files: HashMap<String, Upload>,
}

impl Params {
    pub(super) async fn read(request: Request) -> Result<Self, ApiError> {
        let mut params = Self::default();
        params.fields.extend(url_decoded(request.uri().query().unwrap_or_default()));
        let content_type = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let content_type =
            content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if content_type == "multipart/form-data" {
            let form = Multipart::from_request(request, &()).await;
            params
                .read_multipart(form.map_err(|error| ApiError::bad_request(error.body_text()))?)
                .await?;
            return Ok(params);
        }
        let body = axum::body::to_bytes(request.into_body(), SMALL_BODY)
            .await
            .map_err(|_| ApiError::too_large())?;
        if body.is_empty() {
            return Ok(params);
        }
        if content_type == "application/json" {
            let fields: Map<String, Value> = serde_json::from_slice(&body)
                .map_err(|_| ApiError::bad_request("request body must be a JSON object"))?;
            params.fields.extend(fields);
        } else {
            params.fields.extend(url_decoded(&String::from_utf8_lossy(&body)));
        }
        Ok(params)
    }

    async fn read_multipart(&mut self, mut form: Multipart) -> Result<(), ApiError> {
        let refuse = |error: axum::extract::multipart::MultipartError| {
            ApiError::new(error.status().as_u16(), error.body_text())
        };
        while let Some(part) = form.next_field().await.map_err(refuse)? {
            let Some(field) = part.name().map(str::to_owned) else { continue };
            let file_name = part.file_name().map(str::to_owned);
            let mime = part.content_type().map(str::to_owned);
            let bytes = part.bytes().await.map_err(refuse)?;
            match file_name {
                Some(name) => {
                    self.files.insert(field, Upload { name, mime, bytes });
                }
                None => {
                    self.fields.insert(field, String::from_utf8_lossy(&bytes).into_owned().into());
                }
            }
        }
        Ok(())
    }

    /// What the call log shows: all but the bytes of files.
    pub(super) fn describe(&self) -> Value {
        let mut shown = self.fields.clone();
        for (field, file) in &self.files {
            shown.insert(field.clone(), json!({ "file": file.name, "bytes": file.bytes.len() }));
        }
        for value in shown.values_mut() {
            // Objects that came in a string are easier to read as objects.
            if let Some(Ok(object @ (Value::Object(_) | Value::Array(_)))) =
                value.as_str().map(serde_json::from_str)
            {
                *value = object;
            }
            let length = value.as_str().map_or_else(|| value.to_string().len(), str::len);
            if length > MAX_SHOWN {
                *value = Value::String(format!("({length} bytes)"));
            }
        }
        Value::Object(shown)
    }

    /// A text; numbers and booleans are taken as text too.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.fields.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        match self.fields.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => {
                matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "1")
            }
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// An object or array, as itself or as JSON in a string; the error says that it is neither.
    pub(super) fn object<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<T>, serde_json::Error> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some),
            Some(value) => serde_json::from_value(value.clone()).map(Some),
        }
    }

    /// A file part with that name, or the one that the field attaches.
    pub(super) fn upload(&self, name: &str) -> Option<&Upload> {
        let attached =
            || self.files.get(self.fields.get(name)?.as_str()?.strip_prefix("attach://")?);
        self.files.get(name).or_else(attached)
    }
}

fn url_decoded(source: &str) -> impl Iterator<Item = (String, Value)> {
    source.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (percent_decoded(name), Value::String(percent_decoded(value)))
    })
}

pub(super) fn percent_decoded(source: &str) -> String {
    let mut bytes = Vec::with_capacity(source.len());
    let mut rest = source.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let hex =
            |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        match (first, after) {
            (b'%', [high, low, tail @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high * 16 + low);
                    rest = tail;
                }
                _ => bytes.push(first),
            },
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
