//! Why a module runs: one event, on whose behalf, in a form that can be kept until an owner has decided.

use serde::{Deserialize, Serialize};

use crate::bindings::exports::umbrasil::module::handler as wit;
use crate::incoming::User;
use crate::permission::Origin;

/// One event for one module.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Cause {
    /// The same for every attempt at the event.
    pub(crate) event: String,
    pub(crate) at_ms: i64,
    /// Where the answer goes.
    pub(crate) chat_id: i64,
    pub(crate) user: User,
    pub(crate) input: Input,
    /// The message whose button was pressed.
    pub(crate) pressed: Option<i64>,
    /// The file that the user sent: its id at the Bot API.
    pub(crate) upload: Option<String>,
    pub(crate) module: String,
    /// SHA-256 of the component.
    pub(crate) hash: String,
    /// Such as `owner 111` or `schedule check`, for the record.
    pub(crate) actor: String,
    pub(crate) origin: Origin,
}

/// An input that can be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    kind: Kind,
    name: String,
    args: Vec<String>,
    text: String,
    file: Option<(Media, String, String, u64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Command,
    Action,
    Answer,
    Pattern,
    Tick,
    File,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Media {
    Photo,
    Document,
    Voice,
}

impl Input {
    pub(crate) fn of(input: &wit::Input) -> Self {
        let (kind, call) = match input {
            wit::Input::Command(call) => (Kind::Command, call.clone()),
            wit::Input::Action(call) => (Kind::Action, call.clone()),
            wit::Input::Answer(call) => (Kind::Answer, call.clone()),
            wit::Input::Pattern(call) => (Kind::Pattern, call.clone()),
            wit::Input::Tick(call) => (Kind::Tick, call.clone()),
            wit::Input::File(file) => {
                let media = match file.media {
                    wit::Media::Photo => Media::Photo,
                    wit::Media::Document => Media::Document,
                    wit::Media::Voice => Media::Voice,
                };
                let kept = (media, file.name.clone(), file.mime.clone(), file.size);
                let (name, args, text) = (String::new(), Vec::new(), file.caption.clone());
                return Self { kind: Kind::File, name, args, text, file: Some(kept) };
            }
            wit::Input::Other(name) => {
                let call = wit::Call { name: name.clone(), args: Vec::new(), text: String::new() };
                (Kind::Other, call)
            }
        };
        let wit::Call { name, args, text } = call;
        Self { kind, name, args, text, file: None }
    }

    pub(crate) fn into_wit(self) -> wit::Input {
        let Self { kind, name, args, text, file } = self;
        if let (Kind::File, Some((media, name, mime, size))) = (kind, file) {
            let media = match media {
                Media::Photo => wit::Media::Photo,
                Media::Document => wit::Media::Document,
                Media::Voice => wit::Media::Voice,
            };
            return wit::Input::File(wit::File { media, name, mime, size, caption: text });
        }
        let call = wit::Call { name, args, text };
        match kind {
            Kind::Command => wit::Input::Command(call),
            Kind::Action => wit::Input::Action(call),
            Kind::Answer => wit::Input::Answer(call),
            Kind::Pattern => wit::Input::Pattern(call),
            Kind::Tick => wit::Input::Tick(call),
            Kind::File | Kind::Other => wit::Input::Other(call.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_comes_back_as_it_was() {
        let call = || wit::Call {
            name: "restart".to_owned(),
            args: vec!["web".to_owned(), "a:b".to_owned()],
            text: "web a:b".to_owned(),
        };
        let file = wit::File {
            media: wit::Media::Photo,
            name: "x".to_owned(),
            mime: "image/png".to_owned(),
            size: 7,
            caption: "c".to_owned(),
        };
        for input in [
            wit::Input::Command(call()),
            wit::Input::Action(call()),
            wit::Input::Answer(call()),
            wit::Input::Pattern(call()),
            wit::Input::Tick(call()),
            wit::Input::File(file),
        ] {
            let kept = serde_json::to_string(&Input::of(&input)).unwrap();
            let back: Input = serde_json::from_str(&kept).unwrap();
            assert_eq!(format!("{:?}", back.into_wit()), format!("{input:?}"));
        }
    }
}
