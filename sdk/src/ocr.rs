//! Text in pictures, read on the host's machine by tesseract.
//!
//! ```toml
//! [ocr]
//! reason = "reads receipts"
//! ```
//!
//! Pictures are PNG, JPEG, WebP or TIFF with at most 40 million pixels. `languages` are up to three codes
//! such as `eng` or `eng+deu`; empty for those that the host has. A picture is read as one
//! block of lines, so a price at the right stands behind what it belongs to. The text is as good as the
//! picture: check what you make of it, and let the user confirm.
//!
//! ```
//! use umbrasil_sdk::prelude::*;
//! use umbrasil_sdk::testing::Host;
//!
//! fn receipt(_: &Call) -> Result<Reply> {
//!     let text = ocr::read_file("")?;
//!     let total = text.lines().find_map(|line| line.strip_prefix("TOTAL "));
//!     Ok(Reply::text(total.unwrap_or("I cannot find the total.")))
//! }
//!
//! let module = Module::new("Receipts").file(Media::Photo, receipt);
//! let mut host = Host::new(module).ocr("Bread 3.50\nTOTAL 12.50 EUR");
//! assert_eq!(host.file(Media::Photo, "", "").unwrap().text(), "12.50 EUR");
//! ```

use crate::Result;
use crate::host::ocr as host;

/// The text of the picture that the user sent with this event, a photo or a document.
///
/// # Errors
///
/// Fails if the permission is missing, if the event brought no file or none that can be read, if other
/// pictures are in front for 10 s, after 20 s, or if the host has no tesseract or not these languages.
pub fn read_file(languages: &str) -> Result<String> {
    Ok(host::read_file(languages)?)
}

/// The text of a picture of at most 1,900 KiB.
///
/// # Errors
///
/// As [`read_file`].
pub fn read_image(image: &[u8], languages: &str) -> Result<String> {
    Ok(host::read_image(image, languages)?)
}
