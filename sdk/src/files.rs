//! The file that the user sent with this event: a photo, a document or a voice message.
//!
//! A module that takes files declares them with [`Module::file`](crate::Module::file), and asks to read them
//! in its `module.toml`:
//!
//! ```toml
//! [files]
//! reason = "reads receipts"
//! ```
//!
//! What is known of a file before it is read is in [`Call::file`](crate::Call::file); it comes from the
//! sender and may be wrong. The host fetches the file at the first call, at most 20 MiB, and keeps it for the
//! event.
//!
//! ```
//! use umbrasil_sdk::prelude::*;
//! use umbrasil_sdk::testing::Host;
//!
//! fn lines(call: &Call) -> Result<Reply> {
//!     let text = String::from_utf8(files::read()?).map_err(|_| call.wrong("That is no text."))?;
//!     Ok(Reply::text(format!("{} lines", text.lines().count())))
//! }
//!
//! let module = Module::new("Lines").file(Media::Document, lines);
//! let mut host = Host::new(module).files(b"a\nb\n");
//! assert_eq!(host.file(Media::Document, "list.txt", "").unwrap().text(), "2 lines");
//! ```

use crate::host::files as host;
use crate::{HostError, Result};

/// The most that one call to the host gives.
const PART: u32 = 1 << 20;

/// The whole file.
///
/// # Errors
///
/// Fails if the permission is missing, if the event brought no file, if the file is larger than 20 MiB, or if
/// Telegram does not give it away.
pub fn read() -> Result<Vec<u8>> {
    read_up_to(u64::MAX)
}

/// The whole file, if it has at most `limit` bytes.
///
/// # Errors
///
/// As [`read`]; and a larger file is refused after `limit` bytes.
pub fn read_up_to(limit: u64) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    loop {
        let part = read_part(content.len() as u64, PART)?;
        if part.is_empty() {
            return Ok(content);
        }
        content.extend_from_slice(&part);
        if content.len() as u64 > limit {
            return Err(HostError::TooLarge(limit).into());
        }
    }
}

/// At most `length` bytes from `offset` on, and at most 1 MiB; empty behind the end.
///
/// # Errors
///
/// As [`read`].
pub fn read_part(offset: u64, length: u32) -> Result<Vec<u8>> {
    Ok(host::read(offset, length)?)
}
