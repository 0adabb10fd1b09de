//! A host in memory, so that whole conversations run under `cargo test`.
//!
//! It does what the real one promises: all calls of one event are one transaction, a failed handler keeps
//! and sends nothing, limits hold, buttons and questions find their handlers, patterns are matched. It is
//! stricter in one way: what a real host would only refuse or repair (a button that nothing answers,
//! broken markup, a button with too much in it) makes the test panic with the reason.
//!
//! ```
//! use umbrasil_sdk::prelude::*;
//! use umbrasil_sdk::testing::Host;
//!
//! fn module() -> Module {
//!     Module::new("Counter").command("count", "Counts", count).action("count", count)
//! }
//!
//! fn count(call: &Call) -> Result<Reply> {
//!     let sum = storage::increment(&format!("{}/count", call.user().id), 1)?;
//!     Ok(Reply::text(sum).row([Button::new("More", "count")]).replace())
//! }
//!
//! let mut host = Host::new(module());
//! host.user(111).command("/count").unwrap();
//! assert_eq!(host.press("More").unwrap().to_string(), "(edited) 2\n[More]");
//! assert_eq!(host.user(222).command("/count").unwrap().text(), "1");
//! assert_eq!(host.stored("111/count"), Some(&b"2"[..]));
//! ```

#![allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test ends with a panic that says what is wrong; nothing here runs in a component"
)]

pub(crate) mod docker;
pub(crate) mod imports;
pub(crate) mod logs;
pub(crate) mod modules;
pub(crate) mod reading;
pub(crate) mod ssh;
pub(crate) mod system;
pub(crate) mod web;

mod check;
mod outcome;
mod world;

use std::collections::BTreeMap;

use regex::Regex;

pub use self::docker::Container;
pub use self::outcome::{Message, Outcome, Sent};
pub use self::system::Machine;
pub use self::web::Requested;
use self::world::World;
use crate::bindings::exports::umbrasil::module::handler as wit;
use crate::http::Response;
use crate::{Error, HostError, Media, Module, Result};

/// When a test begins unless it says otherwise: 2026-11-22T12:00Z, a Sunday.
const NOON: u64 = 1_795_348_800_000;

/// A host for one module, with a private chat for every user.
#[derive(Debug)]
pub struct Host {
    module: Module,
    patterns: Vec<(&'static str, Regex)>,
    world: World,
    chats: BTreeMap<i64, Chat>,
    user: wit::User,
    at: wit::Moment,
    events: u64,
    last: Option<(wit::Event, Option<usize>)>,
}

/// What one user sees, and what the module waits for.
#[derive(Debug, Default)]
struct Chat {
    screen: Vec<Message>,
    expected: Option<(String, Vec<String>)>,
}

impl Host {
    /// Starts a host with an empty storage, and the user 111, who owns the bot.
    ///
    /// Panics if the declaration of the module makes no sense, and says why.
    #[must_use]
    pub fn new(module: Module) -> Self {
        let patterns = check::declaration(&module).unwrap_or_else(|reason| panic!("{reason}"));
        Self {
            module,
            patterns,
            world: World::default(),
            chats: BTreeMap::new(),
            user: wit::User { id: 111, name: "Ada".into(), language: "en".into(), owner: true },
            at: wit::Moment { unix_ms: NOON, offset_seconds: 0 },
            events: 0,
            last: None,
        }
    }

    /// Sets a setting.
    #[must_use]
    pub fn config(mut self, name: &str, value: &str) -> Self {
        self.world.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets what is in the files that the user sends, and lets the module read them.
    #[must_use]
    pub fn files(mut self, content: impl AsRef<[u8]>) -> Self {
        self.world.reading.content = Some(content.as_ref().to_vec());
        self
    }

    /// Sets what is read in pictures, and lets the module ask for it.
    #[must_use]
    pub fn ocr(mut self, text: &str) -> Self {
        self.world.reading.text = Some(text.to_owned());
        self
    }

    /// Starts at this moment, in milliseconds since 1970.
    #[must_use]
    pub fn at(mut self, unix_ms: u64) -> Self {
        self.at.unix_ms = unix_ms;
        self
    }

    /// Puts the host into a time zone, in seconds ahead of UTC.
    #[must_use]
    pub fn offset(mut self, seconds: i32) -> Self {
        self.at.offset_seconds = seconds;
        self
    }

    /// Lets the clock go on.
    pub fn wait(&mut self, seconds: u64) -> &mut Self {
        self.at.unix_ms += 1_000 * seconds;
        self
    }

    /// Has events handled so many seconds after they happened, as when the owner is asked before.
    pub fn late(&mut self, seconds: u64) -> &mut Self {
        self.world.late_ms = 1_000 * seconds;
        self
    }

    /// Hands the keyboard to this user, for all that follows. Only 111 owns the bot.
    pub fn user(&mut self, id: i64) -> &mut Self {
        self.user.id = id;
        self.user.owner = id == 111;
        self
    }

    /// Sends a command with its slash.
    pub fn command(&mut self, text: &str) -> Result<Outcome> {
        let body = text.strip_prefix('/').unwrap_or_else(|| panic!("`{text}` is no command"));
        let (name, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        let args = rest.split_whitespace().map(str::to_owned).collect();
        let call = wit::Call { name: name.to_owned(), args, text: rest.trim().to_owned() };
        self.send(wit::Input::Command(call), None)
    }

    /// Lets another module call a command, given with its slash. One that says that it reads only is held to
    /// it: the storage refuses its writes.
    pub fn called(&mut self, text: &str) -> Result<Outcome> {
        let name = text.trim_start_matches('/').split_whitespace().next().unwrap_or_default();
        self.world.read_only = self.module.reads_only_command(name);
        let outcome = self.command(text);
        self.world.read_only = false;
        outcome
    }

    /// Writes a text that is no command: the answer if the module asked for one, else what the first
    /// matching pattern stands for. Panics if neither takes it.
    pub fn say(&mut self, text: &str) -> Result<Outcome> {
        let input = if let Some((name, args)) = self.chat().expected.clone() {
            wit::Input::Answer(wit::Call { name, args, text: text.to_owned() })
        } else {
            let found = self.patterns.iter().find_map(|(name, regex)| {
                let groups = regex.captures(text)?;
                let group = |group: Option<regex::Match<'_>>| {
                    group.map_or_else(String::new, |group| group.as_str().to_owned())
                };
                Some((*name, groups.iter().skip(1).map(group).collect()))
            });
            let (name, args) = found.unwrap_or_else(|| panic!("the module leaves `{text}` alone"));
            wit::Input::Pattern(wit::Call { name: name.to_owned(), args, text: text.to_owned() })
        };
        self.send(input, None)
    }

    /// Whether a text would reach the module, as an answer or by a pattern.
    #[must_use]
    pub fn hears(&self, text: &str) -> bool {
        let expected = self.chats.get(&self.user.id).is_some_and(|chat| chat.expected.is_some());
        expected || self.patterns.iter().any(|(_, regex)| regex.is_match(text))
    }

    /// Presses the button with this label in the newest message that has one. Panics if none has.
    pub fn press(&mut self, label: &str) -> Result<Outcome> {
        let screen = &self.chat().screen;
        let at = screen.iter().rposition(|message| message.button(label).is_some());
        let at =
            at.unwrap_or_else(|| panic!("no button `{label}` in:\n{}", outcome::text_of(screen)));
        self.press_in(at, label)
    }

    /// Presses the button with this label in the message at `index` of the [screen](Self::screen).
    pub fn press_in(&mut self, index: usize, label: &str) -> Result<Outcome> {
        let button = self.chat().screen.get(index).and_then(|message| message.button(label));
        let button =
            button.unwrap_or_else(|| panic!("no button `{label}` in message {index}")).clone();
        let call = wit::Call { name: button.action, args: button.args, text: String::new() };
        self.send(wit::Input::Action(call), Some(index))
    }

    /// Sends a file of this kind, with this name and caption. What is in it says [`Host::files`].
    pub fn file(&mut self, media: Media, name: &str, caption: &str) -> Result<Outcome> {
        let mime = match media {
            Media::Photo => "image/jpeg",
            Media::Document => "application/octet-stream",
            Media::Voice => "audio/ogg",
        };
        let file = wit::File {
            media: media.into_wit(),
            name: name.to_owned(),
            mime: mime.to_owned(),
            size: self.world.reading.content.as_ref().map_or(0, Vec::len) as u64,
            caption: caption.to_owned(),
        };
        self.send(wit::Input::File(file), None)
    }

    /// Lets the schedule of this name be due.
    pub fn tick(&mut self, name: &str) -> Result<Outcome> {
        let call = wit::Call { name: name.to_owned(), args: Vec::new(), text: String::new() };
        self.send(wit::Input::Tick(call), None)
    }

    /// Calls an action as a button would that is no longer, or never was, on the screen.
    pub fn action(&mut self, name: &str, args: &[&str]) -> Result<Outcome> {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        let call = wit::Call { name: name.to_owned(), args, text: String::new() };
        self.send(wit::Input::Action(call), None)
    }

    /// Delivers the last event once more, with the same id, as after a crash.
    pub fn redeliver(&mut self) -> Result<Outcome> {
        let (event, pressed) = self.last.clone().unwrap_or_else(|| panic!("nothing happened yet"));
        self.deliver(event, pressed)
    }

    /// What the user sees now: all messages, as they were last edited.
    #[must_use]
    pub fn screen(&self) -> &[Message] {
        self.chats.get(&self.user.id).map_or(&[], |chat| &chat.screen)
    }

    /// The value of a key in the storage.
    #[must_use]
    pub fn stored(&self, key: &str) -> Option<&[u8]> {
        self.world.kept.get(key).map(Vec::as_slice)
    }

    /// All keys in the storage, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.world.kept.keys().map(String::as_str)
    }

    /// Puts a value into the storage: what an older version left, or something broken.
    pub fn store(&mut self, key: &str, value: impl AsRef<[u8]>) -> &mut Self {
        self.world.kept.insert(key.to_owned(), value.as_ref().to_vec());
        self
    }

    /// Answers a request from now on; `line` is its method and its whole URL. Answers for the same line
    /// follow each other, and the last one stays. What has no answer is denied, as without a grant.
    pub fn web(&mut self, line: &str, answer: Result<Response, HostError>) -> &mut Self {
        let answers = self.world.web.answers.entry(line.to_owned()).or_default();
        answers.push_back(answer.map(|response| response.0));
        self
    }

    /// Says that a secret is granted to the module and has a value.
    #[must_use]
    pub fn secret(mut self, name: &str) -> Self {
        self.world.web.secrets.insert(name.to_owned());
        self
    }

    /// The requests that the module has made so far, answered or not.
    #[must_use]
    pub fn requests(&self) -> &[Requested] {
        &self.world.web.requests
    }

    fn chat(&mut self) -> &mut Chat {
        self.chats.entry(self.user.id).or_default()
    }

    fn send(&mut self, input: wit::Input, pressed: Option<usize>) -> Result<Outcome> {
        self.events += 1;
        let id = format!("test-{}", self.events);
        let event = wit::Event { id, user: self.user.clone(), at: self.at, input };
        self.last = Some((event.clone(), pressed));
        self.deliver(event, pressed)
    }

    fn deliver(&mut self, event: wit::Event, pressed: Option<usize>) -> Result<Outcome> {
        let user = event.user.id;
        self.world.reading.sent = matches!(event.input, wit::Input::File(_));
        self.world.clock_ms = event.at.unix_ms + self.world.late_ms;
        // The world lies with the thread while the handler runs, so that plain functions reach it.
        imports::enter(std::mem::take(&mut self.world));
        let result = self.module.answer_event(event);
        let (world, effects) = imports::leave(result.is_ok());
        self.world = world;
        let replies = result?.into_wit();

        for text in replies.iter().map(|reply| &reply.html).chain(effects.captions()) {
            check::html(text).unwrap_or_else(|reason| panic!("{reason} in:\n{text}"));
        }
        for reply in &replies {
            check::keyboard(&self.module, reply).unwrap_or_else(|reason| panic!("{reason}"));
        }
        if let Some((name, _)) = &effects.expected {
            check::answer(&self.module, name).unwrap_or_else(|reason| panic!("{reason}"));
        }

        let outcome = Outcome::new(replies, effects, pressed.is_some());
        let chat = self.chats.entry(user).or_default();
        for message in &outcome.replies {
            match pressed.filter(|_| message.replaced).and_then(|at| chat.screen.get_mut(at)) {
                Some(shown) => shown.clone_from(message),
                None => chat.screen.push(message.clone()),
            }
        }
        // An open question ends with the event, unless it failed: then nothing of it is kept, that neither.
        chat.expected.clone_from(&outcome.expected);
        Ok(outcome)
    }
}

/// The error of an event that should have failed.
///
/// ```
/// # use umbrasil_sdk::{prelude::*, testing};
/// # let module = Module::new("M").command("add", "Adds", |_| Ok(Reply::none())).argument("N", "a number");
/// let mut host = testing::Host::new(module);
/// assert_eq!(testing::error(host.command("/add")).text(), "Usage: /add N");
/// ```
#[must_use]
pub fn error(result: Result<Outcome>) -> Error {
    match result {
        Ok(outcome) => panic!("this should have failed:\n{outcome}"),
        Err(error) => error,
    }
}
