//! The size of a picture, read from its header, and what kind of file bytes are.

/// A picture's kind and size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) mime: &'static str,
    pub(super) extension: &'static str,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Recognises PNG, JPEG, GIF and WebP; None is "no picture that Telegram would take".
pub(super) fn recognise(bytes: &[u8]) -> Option<Picture> {
    let (mime, extension, (width, height)) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        ("image/png", "png", (big(bytes, 16, 4)?, big(bytes, 20, 4)?))
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        ("image/jpeg", "jpg", jpeg_size(bytes)?)
    } else if bytes.starts_with(b"GIF8") {
        ("image/gif", "gif", (little(bytes, 6, 2)?, little(bytes, 8, 2)?))
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        ("image/webp", "webp", webp_size(bytes)?)
    } else {
        return None;
    };
    (width > 0 && height > 0).then_some(Picture { mime, extension, width, height })
}

fn big(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at + length)?.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)))
}

fn little(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(
        bytes
            .get(at..at + length)?
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u32::from(byte)),
    )
}

/// Walks the segments of a JPEG to its frame header.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // A fill byte.
            0xff => at += 1,
            // Every start of frame, but not the three tables that share its range.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((big(bytes, at + 7, 2)?, big(bytes, at + 5, 2)?));
            }
            0x01 | 0xd0..=0xd7 => at += 2,
            _ => at += 2 + usize::try_from(big(bytes, at + 2, 2)?).ok()?,
        }
    }
}

fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => Some((little(bytes, 26, 2)? & 0x3fff, little(bytes, 28, 2)? & 0x3fff)),
        b"VP8L" => {
            let packed = little(bytes, 21, 4)?;
            Some(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((little(bytes, 24, 3)? + 1, little(bytes, 27, 3)? + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_come_from_the_header() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0";
        assert_eq!(
            recognise(png).map(|p| (p.mime, p.width, p.height)),
            Some(("image/png", 640, 480))
        );
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc4\0\x03x\xff\xc2\0\x11\x08\x00\x10\x00\x20";
        assert_eq!(
            recognise(jpeg).map(|p| (p.mime, p.width, p.height)),
            Some(("image/jpeg", 32, 16))
        );
        assert_eq!(recognise(b"GIF89a\x05\0\x06\0").map(|p| (p.width, p.height)), Some((5, 6)));
    }

    #[test]
    fn a_cut_header_is_no_picture() {
        assert_eq!(recognise(b"\x89PNG\r\n\x1a\n\0\0"), None);
        assert_eq!(recognise(b"\xff\xd8\xff\xe0\xff\xff"), None);
        assert_eq!(recognise(b"hello"), None);
    }
}
