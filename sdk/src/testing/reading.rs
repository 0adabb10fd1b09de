//! Files and the text in pictures, as a test has set them.
//!
//! What a test has not set is denied, as a host does it that was not asked for the permission.

use super::imports::{at_most, counted, invalid, running};
use crate::bindings::umbrasil::module::types::Error;

/// What a user sends, and what is read in pictures.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) text: Option<String>,
    /// Whether the event that runs has brought a file.
    pub(crate) sent: bool,
}

fn denied<T>(capability: &str) -> Result<T, Error> {
    Err(Error::Denied(format!("grant `{capability}`; in a test, `Host::{capability}` does")))
}

fn is_sent() -> Result<(), Error> {
    if running(|now| now.world.reading.sent) {
        Ok(())
    } else {
        invalid("this event brought no file")
    }
}

pub(crate) mod files {
    use super::{Error, counted, denied, is_sent, running};

    pub(crate) fn read(offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        counted();
        let Some(content) = running(|now| now.world.reading.content.clone()) else {
            return denied("files");
        };
        is_sent()?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX);
        let length = length.min(1 << 20) as usize;
        Ok(content.into_iter().skip(from).take(length).collect())
    }
}

pub(crate) mod ocr {
    use super::{Error, at_most, counted, denied, invalid, is_sent, running};

    pub(crate) fn read_file(languages: &str) -> Result<String, Error> {
        counted();
        check(languages)?;
        let text = text()?;
        is_sent()?;
        Ok(text)
    }

    pub(crate) fn read_image(image: &[u8], languages: &str) -> Result<String, Error> {
        counted();
        at_most(1_900 << 10, image.len())?;
        check(languages)?;
        let text = text()?;
        let starts: [&[u8]; 5] = [b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"MM\0*"];
        if !starts.iter().any(|start| image.starts_with(start)) {
            return invalid("the picture: it is no PNG, JPEG, WebP or TIFF that can be read");
        }
        Ok(text)
    }

    fn text() -> Result<String, Error> {
        running(|now| now.world.reading.text.clone()).map_or_else(|| denied("ocr"), Ok)
    }

    fn check(languages: &str) -> Result<(), Error> {
        let code = |code: &str| {
            (3..=12).contains(&code.len())
                && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let sound = languages.is_empty()
            || (languages.split('+').count() <= 3 && languages.split('+').all(code));
        if sound { Ok(()) } else { invalid(format!("`{languages}` is no list of languages")) }
    }
}
