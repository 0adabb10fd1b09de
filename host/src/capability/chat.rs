//! `umbrasil:module/chat`: what a module says beside its replies, to the chat of its event only.
//!
//! Nothing here talks to Telegram: it is gathered, and leaves with the commit.

use std::sync::{Arc, OnceLock};

use super::progress::Progress;
use super::{Error, Scoped};
use crate::bindings::umbrasil::module::chat as wit;

/// Photos and documents that one event may send.
const FILES: usize = 5;
/// Together: they pass through the database.
const FILE_BYTES: usize = 4 << 20;
/// Bytes of what is shown of an event that has not ended.
const PROGRESS: usize = 256 << 10;
/// Telegram's limit for the answer to a pressed button, in characters.
const TOAST: usize = 200;

/// What one event has said so far.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    pub(crate) toast: Option<String>,
    pub(crate) expectation: Option<Expectation>,
    pub(crate) files: Vec<File>,
    /// Where it goes that the module is busy.
    pub(crate) signs: Option<tokio::sync::mpsc::Sender<Sign>>,
    /// What the chat is shown meanwhile; none where nobody watches.
    pub(crate) progress: Option<Arc<OnceLock<Arc<Progress>>>>,
    pub(crate) id: i64,
    /// The names that `describe` declared for answers.
    pub(crate) answers: Arc<[String]>,
}

/// What is shown before the event has ended.
#[derive(Debug)]
pub(crate) enum Sign {
    /// In this chat.
    Typing(i64),
    /// From now on, until it ends.
    Progress(Arc<Progress>),
}

/// The question that the next text answers.
#[derive(Debug, Clone)]
pub(crate) struct Expectation {
    pub(crate) name: String,
    pub(crate) args: Vec<String>,
}

/// A photo or a document.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) kind: FileKind,
    pub(crate) content: Vec<u8>,
    pub(crate) caption: String,
}

#[derive(Debug)]
pub(crate) enum FileKind {
    Photo,
    Document { name: String },
}

impl Chat {
    /// Says whether there was room for it.
    fn sign(&self, sign: Sign) -> bool {
        let Some(signs) = &self.signs else { return false };
        let sent = signs.try_send(sign).is_ok();
        if !sent {
            tracing::debug!("too busy to show that a module is busy");
        }
        sent
    }
}

impl Scoped<'_, Chat> {
    fn file(&mut self, file: File) -> Result<(), Error> {
        self.meter.call()?;
        let sent: usize = self.own.files.iter().map(|file| file.content.len()).sum();
        if sent + file.content.len() > FILE_BYTES {
            return Err(Error::TooLarge(FILE_BYTES as u64));
        }
        if self.own.files.len() == FILES {
            return Err(Error::Invalid(format!("at most {FILES} files an event")));
        }
        if file.content.is_empty() {
            return Err(Error::Invalid("an empty file cannot be sent".to_owned()));
        }
        self.own.files.push(file);
        Ok(())
    }
}

impl wit::Host for Scoped<'_, Chat> {
    fn toast(&mut self, text: String) -> Result<(), Error> {
        self.meter.call()?;
        if text.chars().count() > TOAST {
            return Err(Error::TooLarge(TOAST as u64));
        }
        self.own.toast = Some(text);
        Ok(())
    }

    fn expect(&mut self, name: String, args: Vec<String>) -> Result<(), Error> {
        self.meter.call()?;
        if !self.own.answers.contains(&name) {
            return Err(Error::Invalid(format!(
                "`describe` declares no answer `{}`",
                name.escape_debug()
            )));
        }
        if args.iter().map(String::len).sum::<usize>() > 4096 {
            return Err(Error::TooLarge(4096));
        }
        self.own.expectation = Some(Expectation { name, args });
        Ok(())
    }

    fn photo(&mut self, image: Vec<u8>, caption: String) -> Result<(), Error> {
        let known =
            image.starts_with(b"\x89PNG\r\n\x1a\n") || image.starts_with(&[0xff, 0xd8, 0xff]);
        if !known {
            self.meter.call()?;
            return Err(Error::Invalid("a photo must be a PNG or a JPEG".to_owned()));
        }
        self.file(File { kind: FileKind::Photo, content: image, caption })
    }

    fn document(&mut self, name: String, content: Vec<u8>, caption: String) -> Result<(), Error> {
        let sound = !name.is_empty()
            && name.chars().count() <= 100
            && !name
                .chars()
                .any(|character| character.is_control() || matches!(character, '/' | '\\' | '"'));
        if !sound {
            self.meter.call()?;
            return Err(Error::Invalid(
                "a file name is 1 to 100 characters without slashes and quotes".to_owned(),
            ));
        }
        self.file(File { kind: FileKind::Document { name }, content, caption })
    }

    fn typing(&mut self) -> Result<(), Error> {
        self.meter.call()?;
        self.own.sign(Sign::Typing(self.own.id));
        Ok(())
    }

    fn progress(&mut self, html: String) -> Result<(), Error> {
        self.meter.call()?;
        let Some(shown) = &self.own.progress else { return Ok(()) };
        if html.trim().is_empty() {
            return Err(Error::Invalid("an empty text cannot be shown".to_owned()));
        }
        if html.len() > PROGRESS {
            return Err(Error::TooLarge(PROGRESS as u64));
        }
        if let Some(progress) = shown.get() {
            progress.show(html);
            return Ok(());
        }
        let progress = Arc::new(Progress::new(self.own.id, html));
        // What nobody takes care of is not waited for in the end.
        if self.own.sign(Sign::Progress(Arc::clone(&progress))) {
            shown.get_or_init(|| progress);
        }
        Ok(())
    }
}
