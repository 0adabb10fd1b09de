use serde_json::json;

use super::*;

#[expect(clippy::needless_pass_by_value, reason = "shorter calls")]
fn message(more: Value) -> Value {
    let mut message = json!({"message_id": 5, "date": 1_700_000_000, "text": "/start",
        "from": {"id": 111, "is_bot": false, "first_name": "O", "language_code": "en"},
        "chat": {"id": 111, "type": "private", "first_name": "O"}});
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"update_id": 7, "message": message})
}

fn content(update: &Value) -> Result<Content, Unusable> {
    Update::read(&update.to_string()).unwrap().into_incoming(0).map(|incoming| incoming.content)
}

#[test]
fn a_message_with_things_that_nobody_knows_yet_is_read_all_the_same() {
    let update = message(
        json!({"entities": [{"type": "date_time", "offset": 0, "length": 6, "x": []}], "new_field": {"a": 1}}),
    );
    assert_eq!(content(&update), Ok(Content::Text("/start".to_owned())));
}

#[test]
fn forwarded_text_is_never_a_command() {
    for field in [json!({"forward_origin": {"type": "user"}}), json!({"forward_date": 1})] {
        assert_eq!(content(&message(field)), Ok(Content::Forwarded));
    }
}

#[test]
fn where_it_comes_from_is_what_the_gate_asks() {
    let origin = |update: &Value| Update::read(&update.to_string()).unwrap().origin;
    assert!(origin(&message(json!({}))).private);
    assert!(!origin(&message(json!({"chat": {"id": -5, "type": "group"}}))).private);
    assert!(origin(&message(json!({"sender_chat": {"id": -5, "type": "channel"}}))).on_behalf);
    assert!(origin(&message(json!({"via_bot": {"id": 5}}))).bot);
    assert_eq!(
        origin(&json!({"update_id": 1, "inline_query": {"from": {"id": 111}}})).sender,
        None
    );
    let button = json!({"update_id": 1, "callback_query": {"id": "q", "from": {"id": 111}, "data": "x", "chat_instance": "1"}});
    assert_eq!(origin(&button).chat, None, "a button without its message comes from nowhere");
}

#[test]
fn what_cannot_be_read_can_still_be_confirmed() {
    let ids = [
        (r#"{"update_id": 9, "message": {"text": 5}}"#, Some(9)),
        (r#"{"update_id": "9", "message": null, "callback_query": {}}"#, Some(9)),
        (r#"{"update_id": 9, "message": {"#, Some(9)),
        (r#"{"update_id": 1e400}"#, Some(1)),
        (r"[]", None),
    ];
    for (raw, id) in ids {
        assert_eq!(Update::read(raw).unwrap_err(), (id, Unusable::Malformed), "{raw}");
    }
}

fn file(more: Value) -> Result<Content, Unusable> {
    let mut update = message(more);
    update["message"].as_object_mut().unwrap().remove("text");
    content(&update)
}

#[test]
fn of_a_photo_the_largest_size_is_taken() {
    let sizes = json!([
        {"file_id": "small", "width": 90, "height": 60, "file_size": 900},
        {"file_id": "large", "width": 1280, "height": 853, "file_size": 90_000},
        {"file_id": "middle", "width": 320, "height": 213},
        {"width": 9000, "height": 9000},
    ]);
    let Ok(Content::File(upload)) = file(json!({"photo": sizes, "caption": "lunch"})) else {
        panic!("no file")
    };
    assert_eq!((upload.id.as_str(), upload.media, upload.size), ("large", Media::Photo, 90_000));
    assert_eq!((upload.caption.as_str(), upload.mime.as_str()), ("lunch", "image/jpeg"));
}

#[test]
fn what_is_said_of_a_document_is_kept_within_bounds() {
    let long = "x".repeat(5_000);
    let document = json!({"file_id": "d", "file_name": format!("../../a\n{long}"), "mime_type": "text/csv",
        "file_size": -5});
    let Ok(Content::File(upload)) = file(json!({"document": document})) else { panic!("no file") };
    assert!(upload.name.starts_with("../../ax") && upload.name.len() == 255, "{}", upload.name);
    assert_eq!((upload.mime.as_str(), upload.size), ("text/csv", 0));
    let voice = file(json!({"voice": {"file_id": "v", "duration": 3, "mime_type": 7}}));
    assert!(
        matches!(voice, Ok(Content::File(upload)) if upload.media == Media::Voice && upload.mime.is_empty())
    );
}

#[test]
fn a_file_that_cannot_be_fetched_is_told_as_what_it_is() {
    for photo in [json!([]), json!({}), json!([{"width": 1}]), json!([{"file_id": ""}]), json!(7)] {
        assert_eq!(file(json!({ "photo": photo })), Ok(Content::Media("photo")), "{photo}");
    }
    assert_eq!(file(json!({"document": {"file_id": 7}})), Ok(Content::Media("document")));
    assert_eq!(file(json!({"photo": null, "sticker": {}})), Ok(Content::Media("sticker")));
    let forwarded = json!({"document": {"file_id": "d"}, "forward_origin": {"type": "user"}});
    assert_eq!(file(forwarded), Ok(Content::Forwarded));
}
