//! Methods that put something new into a chat.

use serde_json::{Value, json};

use super::super::entities::Formatted;
use super::super::error::ApiError;
use super::super::files::{FileKind, StoredFile};
use super::super::image;
use super::super::markup;
use super::super::message::{Content, Document, Message, PhotoSize, Voice};
use super::super::params::Params;
use super::super::state::State;
use super::{chat_id, text};

const MAX_PHOTO: usize = 10 * 1024 * 1024;
const MAX_DOCUMENT: usize = 50 * 1024 * 1024;

/// Telegram refuses pictures whose sides add up to more, or that are longer than twenty times their width.
const MAX_PHOTO_SIDES: u32 = 10_000;
const MAX_PHOTO_RATIO: u32 = 20;

const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

pub(super) fn message(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let chat = chat_id(params)?;
    state.conversation(chat)?;
    let Formatted { text, entities } = checked_text(params)?;
    send(state, params, chat, Content { text: Some(text), entities, ..Content::default() })
}

pub(super) fn photo(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let chat = chat_id(params)?;
    state.conversation(chat)?;
    let caption = caption(params)?;
    let file = file(state, params, "photo", FileKind::Photo)?;
    let size = photo_size(&file)?;
    send(
        state,
        params,
        chat,
        with_caption(Content { photo: vec![size], ..Content::default() }, caption),
    )
}

pub(super) fn document(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let chat = chat_id(params)?;
    state.conversation(chat)?;
    let caption = caption(params)?;
    let file = file(state, params, "document", FileKind::Document)?;
    let document = Some(Document::of(&file));
    send(state, params, chat, with_caption(Content { document, ..Content::default() }, caption))
}

pub(super) fn voice(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let chat = chat_id(params)?;
    state.conversation(chat)?;
    let caption = caption(params)?;
    let file = file(state, params, "voice", FileKind::Voice)?;
    let duration =
        params.integer("duration").and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0);
    let voice = Some(Voice::of(&file, duration));
    send(state, params, chat, with_caption(Content { voice, ..Content::default() }, caption))
}

pub(super) fn chat_action(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let chat = chat_id(params)?;
    state.conversation(chat)?;
    let action = params.text("action").unwrap_or_default();
    if !ACTIONS.contains(&action.as_str()) {
        return Err(ApiError::bad_request("wrong parameter action in request"));
    }
    state.events.send(Some(chat), "action", || json!({ "chat_id": chat, "action": action }));
    Ok(Value::Bool(true))
}

/// `sendMessageDraft`: a preview that the page shows for half a minute and no history keeps.
pub(super) fn draft(state: &mut State, params: &Params) -> Result<Value, ApiError> {
    let chat = chat_id(params)?;
    if state.conversation(chat)?.chat.kind != "private" {
        return Err(ApiError::bad_request("TEXTDRAFT_PEER_INVALID"));
    }
    let draft_id = params.integer("draft_id").filter(|id| *id != 0);
    let draft_id = draft_id.ok_or_else(|| ApiError::bad_request("draft_id must be non-zero"))?;
    let formatted = text::read(params, "text", "entities")?;
    if formatted.utf16_len() > text::MAX_TEXT {
        return Err(ApiError::bad_request("message is too long"));
    }
    state.events.send(Some(chat), "draft", || {
        json!({ "chat_id": chat, "draft_id": draft_id, "text": formatted.text, "entities": formatted.entities })
    });
    Ok(Value::Bool(true))
}

fn checked_text(params: &Params) -> Result<Formatted, ApiError> {
    let formatted = text::read(params, "text", "entities")?;
    match formatted.utf16_len() {
        0 => Err(ApiError::bad_request("message text is empty")),
        1..=text::MAX_TEXT => Ok(formatted),
        _ => Err(ApiError::bad_request("message is too long")),
    }
}

fn caption(params: &Params) -> Result<Formatted, ApiError> {
    let caption = text::read(params, "caption", "caption_entities")?;
    if caption.utf16_len() > text::MAX_CAPTION {
        return Err(ApiError::bad_request("message caption is too long"));
    }
    Ok(caption)
}

pub(in crate::local) fn with_caption(content: Content, caption: Formatted) -> Content {
    if caption.text.is_empty() {
        return content;
    }
    Content { caption: Some(caption.text), caption_entities: caption.entities, ..content }
}

fn send(
    state: &mut State,
    params: &Params,
    chat: i64,
    content: Content,
) -> Result<Value, ApiError> {
    let markup = markup::read(params)?;
    let reply_to = reply_target(state, params, chat)?;
    let bot = state.bot.clone();
    state.post(chat, bot, content, markup, reply_to).map(|message| message.to_json())
}

/// The message that this one answers; `reply_parameters`, or the field that it replaced.
fn reply_target(
    state: &mut State,
    params: &Params,
    chat: i64,
) -> Result<Option<Message>, ApiError> {
    let parameters: Option<Value> = params
        .object("reply_parameters")
        .map_err(|_| ApiError::bad_request("can't parse reply parameters JSON object"))?;
    let field = |name| parameters.as_ref().and_then(|p| p.get(name));
    let id = field("message_id")
        .and_then(Value::as_i64)
        .or_else(|| params.integer("reply_to_message_id"));
    let Some(id) = id else { return Ok(None) };
    let optional = field("allow_sending_without_reply").and_then(Value::as_bool).unwrap_or(false)
        || params.flag("allow_sending_without_reply");
    let conversation = state.conversation(chat)?;
    match conversation.message(id).cloned() {
        Some(message) => Ok(Some(message)),
        None if optional || conversation.knows_foreign(id) => Ok(None),
        None => Err(ApiError::bad_request("message to be replied not found")),
    }
}

/// The file of a call: uploaded with it, or one that the server has.
fn file(
    state: &mut State,
    params: &Params,
    field: &str,
    kind: FileKind,
) -> Result<StoredFile, ApiError> {
    if let Some(upload) = params.upload(field) {
        let size = upload.bytes.len();
        if size == 0 {
            return Err(ApiError::bad_request("file must be non-empty"));
        }
        if size > MAX_DOCUMENT {
            return Err(ApiError::too_large());
        }
        if kind == FileKind::Photo {
            check_photo(&upload.bytes)?;
        }
        let nonce = state.nonce();
        return Ok(state.files.insert(kind, upload, nonce));
    }
    let absent = || ApiError::bad_request(format!("there is no {field} in the request"));
    let id = params.text(field).filter(|id| !id.is_empty()).ok_or_else(absent)?;
    if id.starts_with("attach://") {
        return Err(absent());
    }
    if id.starts_with("http://") || id.starts_with("https://") {
        return Err(ApiError::bad_request("failed to get HTTP URL content"));
    }
    let unknown = || ApiError::bad_request("wrong file identifier/HTTP URL specified");
    state.files.by_id(&id).cloned().ok_or_else(unknown)
}

fn check_photo(bytes: &[u8]) -> Result<(), ApiError> {
    if bytes.len() > MAX_PHOTO {
        return Err(ApiError::bad_request(format!(
            "file of size {} bytes is too big for a photo",
            bytes.len()
        )));
    }
    let picture =
        image::recognise(bytes).ok_or_else(|| ApiError::bad_request("IMAGE_PROCESS_FAILED"))?;
    let (short, long) = (picture.width.min(picture.height), picture.width.max(picture.height));
    if short.saturating_add(long) > MAX_PHOTO_SIDES || long / MAX_PHOTO_RATIO > short {
        return Err(ApiError::bad_request("PHOTO_INVALID_DIMENSIONS"));
    }
    Ok(())
}

pub(in crate::local) fn photo_size(file: &StoredFile) -> Result<PhotoSize, ApiError> {
    let picture = image::recognise(&file.bytes)
        .ok_or_else(|| ApiError::bad_request("IMAGE_PROCESS_FAILED"))?;
    Ok(PhotoSize {
        file_id: file.id.clone(),
        file_unique_id: file.unique_id.clone(),
        width: picture.width,
        height: picture.height,
        file_size: file.bytes.len(),
    })
}

impl Document {
    pub(in crate::local) fn of(file: &StoredFile) -> Self {
        Self {
            file_id: file.id.clone(),
            file_unique_id: file.unique_id.clone(),
            file_name: file.name.clone(),
            mime_type: file.mime.clone(),
            file_size: file.bytes.len(),
        }
    }
}

impl Voice {
    pub(in crate::local) fn of(file: &StoredFile, duration: u32) -> Self {
        Self {
            file_id: file.id.clone(),
            file_unique_id: file.unique_id.clone(),
            duration,
            mime_type: file.mime.clone(),
            file_size: file.bytes.len(),
        }
    }
}
