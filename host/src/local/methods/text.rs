//! The text of a call: parse mode or given entities, trimmed, counted, refused when it is too long.

use super::super::entities::{Entity, Formatted};
use super::super::error::ApiError;
use super::super::html;
use super::super::params::Params;

pub(super) const MAX_TEXT: usize = 4_096;
pub(super) const MAX_CAPTION: usize = 1_024;

/// Reads a text field and its entities; an absent field is an empty text.
pub(super) fn read(
    params: &Params,
    field: &str,
    entities_field: &str,
) -> Result<Formatted, ApiError> {
    let source = params.text(field).unwrap_or_default();
    let given: Option<Vec<Entity>> = params.object(entities_field).map_err(|_| {
        ApiError::bad_request(
            "can't parse message entities: field must be an Array of MessageEntity",
        )
    })?;
    let parse_mode = params.text("parse_mode").unwrap_or_default().to_ascii_lowercase();
    let formatted = match (parse_mode.as_str(), given) {
        ("" | "none", None) => Formatted::plain(&source),
        ("" | "none", Some(entities)) => Formatted { text: source, entities },
        ("html", _) => html::parse(&source)
            .map_err(|why| ApiError::bad_request(format!("can't parse entities: {why}")))?,
        _ => {
            return Err(ApiError::bad_request(
                "unsupported parse_mode: the local server reads parse_mode HTML only",
            ));
        }
    };
    Ok(formatted.normalise())
}
