//! The file of a message: which one of its forms, and what is said of it.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::incoming::{Media, Upload};

/// Characters of a name that are kept, and of a type.
const NAME: usize = 255;
const MIME: usize = 100;

/// Reads what Telegram says of a file. Of a photo, which comes in several sizes, the largest. None if it has
/// no id: then there is nothing to fetch.
pub(super) fn upload(raw: &RawValue, media: Media, caption: String) -> Option<Upload> {
    let value: Value = serde_json::from_str(raw.get()).ok()?;
    let file = match (media, &value) {
        (Media::Photo, Value::Array(sizes)) => {
            sizes.iter().filter(|size| id(size).is_some()).max_by_key(|size| pixels(size))?
        }
        (Media::Photo, _) => return None,
        (_, file) => file,
    };
    let text = |field: &str, most: usize| {
        let text = file.get(field).and_then(Value::as_str).unwrap_or_default();
        text.chars().filter(|character| !character.is_control()).take(most).collect::<String>()
    };
    let mime = match media {
        Media::Photo => "image/jpeg".to_owned(),
        Media::Document | Media::Voice => text("mime_type", MIME),
    };
    Some(Upload {
        id: id(file)?.to_owned(),
        media,
        name: text("file_name", NAME),
        mime,
        size: file.get("file_size").and_then(Value::as_u64).unwrap_or(0),
        caption,
    })
}

fn id(file: &Value) -> Option<&str> {
    file.get("file_id").and_then(Value::as_str).filter(|id| (1..=512).contains(&id.len()))
}

fn pixels(size: &Value) -> u64 {
    let side = |name| size.get(name).and_then(Value::as_u64).unwrap_or(0);
    side("width").saturating_mul(side("height"))
}
