//! What kind of picture bytes are, and how large it is: read from the header, so that a small file that
//! unfolds to gigabytes is refused before anything decodes it.

/// Pixels of the largest picture: what fits the memory of the child.
const PIXELS: u64 = 40_000_000;
/// Of one side.
const SIDE: u32 = 20_000;

/// Why a picture is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("it is no PNG, JPEG, WebP or TIFF that can be read")]
    Unknown,
    #[error(
        "it has {0} × {1} pixels; at most {mega} million, and {SIDE} on a side, can be read",
        mega = PIXELS / 1_000_000
    )]
    TooLarge(u32, u32),
    #[error("it has several pages; send them one by one")]
    Pages,
}

/// Width and height of a picture that may be decoded.
pub(super) fn measure(bytes: &[u8]) -> Result<(u32, u32), Unfit> {
    let size = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        png(bytes)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        jpeg(bytes)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        webp(bytes)
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        return tiff(bytes).and_then(fit);
    } else {
        None
    };
    size.ok_or(Unfit::Unknown).and_then(fit)
}

fn fit((width, height): (u32, u32)) -> Result<(u32, u32), Unfit> {
    if width == 0 || height == 0 {
        return Err(Unfit::Unknown);
    }
    let large = width > SIDE || height > SIDE || u64::from(width) * u64::from(height) > PIXELS;
    if large { Err(Unfit::TooLarge(width, height)) } else { Ok((width, height)) }
}

fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    (bytes.get(12..16)? == b"IHDR").then_some(())?;
    Some((number(bytes, 16, 4, true)?, number(bytes, 20, 4, true)?))
}

/// The first frame header; what comes in other segments, such as a preview, is skipped by its length.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        // A marker may be preceded by any number of fill bytes.
        (bytes.get(at)? == &0xff).then_some(())?;
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some((number(bytes, at + 7, 2, true)?, number(bytes, at + 5, 2, true)?));
            }
            // The picture's data, or its end, before it said how large it is.
            0xd9 | 0xda => return None,
            _ => at += 2 + number(bytes, at + 2, 2, true).filter(|length| *length >= 2)? as usize,
        }
    }
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => {
            (bytes.get(23..26)? == [0x9d, 0x01, 0x2a]).then_some(())?;
            let side = |at| Some(number(bytes, at, 2, false)? & 0x3fff);
            Some((side(26)?, side(28)?))
        }
        b"VP8L" => {
            (bytes.get(20)? == &0x2f).then_some(())?;
            let bits = number(bytes, 21, 4, false)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => {
            // A moving picture has many frames of that size.
            (bytes.get(20)? & 0x02 == 0).then_some(())?;
            Some((number(bytes, 24, 3, false)? + 1, number(bytes, 27, 3, false)? + 1))
        }
        _ => None,
    }
}

/// The one directory of a TIFF: every further one would be another picture to decode.
fn tiff(bytes: &[u8]) -> Result<(u32, u32), Unfit> {
    let big = bytes.starts_with(b"MM");
    let read = |at: usize, size| number(bytes, at, size, big).ok_or(Unfit::Unknown);
    let directory = read(4, 4)? as usize;
    let entries = read(directory, 2)? as usize;
    let (mut width, mut height) = (0, 0);
    for entry in 0..entries {
        let at = directory + 2 + 12 * entry;
        let (tag, kind) = (read(at, 2)?, read(at + 2, 2)?);
        // Other directories within this one: previews, or more pages.
        if tag == 330 {
            return Err(Unfit::Pages);
        }
        let value = match (tag, kind) {
            (256 | 257, 3) => read(at + 8, 2)?,
            (256 | 257, 4) => read(at + 8, 4)?,
            _ => continue,
        };
        if tag == 256 {
            width = value;
        } else {
            height = value;
        }
    }
    if read(directory + 2 + 12 * entries, 4)? != 0 {
        return Err(Unfit::Pages);
    }
    Ok((width, height))
}

/// An unsigned number of `size` bytes.
fn number(bytes: &[u8], at: usize, size: usize, big: bool) -> Option<u32> {
    let digits = bytes.get(at..at.checked_add(size)?)?;
    let push = |sum: u32, digit: &u8| sum << 8 | u32::from(*digit);
    Some(if big { digits.iter().fold(0, push) } else { digits.iter().rev().fold(0, push) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    fn tiff(tags: &[(u16, u16, u32)], next: u32) -> Vec<u8> {
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend(u16::try_from(tags.len()).unwrap().to_le_bytes());
        for (tag, kind, value) in tags {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(next.to_le_bytes());
        bytes
    }

    #[test]
    fn sizes_are_read_from_headers() {
        assert_eq!(measure(&png(640, 480)), Ok((640, 480)));
        // A preview in front, fill bytes, then the real frame: 20 × 30.
        let jpeg = b"\xff\xd8\xff\xe1\0\x06\xff\xc0\0\0\xff\xff\xc0\0\x11\x08\0\x1e\0\x14";
        assert_eq!(measure(jpeg), Ok((20, 30)));
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x10\0\x20\0";
        assert_eq!(measure(lossy), Ok((16, 32)));
        let lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x0f\xc0\x07\0";
        assert_eq!(measure(lossless), Ok((16, 32)));
        let extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x0f\0\0\x1f\0\0";
        assert_eq!(measure(extended), Ok((16, 32)));
        assert_eq!(measure(&tiff(&[(256, 3, 16), (257, 4, 32)], 0)), Ok((16, 32)));
    }

    #[test]
    fn bombs_and_pages_are_refused_unopened() {
        for (width, height) in [(40_000, 40_000), (20_001, 1), (6_400, 6_251), (u32::MAX, u32::MAX)]
        {
            assert_eq!(measure(&png(width, height)), Err(Unfit::TooLarge(width, height)));
        }
        assert_eq!(measure(&tiff(&[(256, 3, 16), (257, 3, 16)], 8)), Err(Unfit::Pages));
        assert_eq!(measure(&tiff(&[(330, 4, 8), (256, 3, 9), (257, 3, 9)], 0)), Err(Unfit::Pages));
        let moving = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\x02\0\0\0\x0f\0\0\x1f\0\0";
        assert_eq!(measure(moving), Err(Unfit::Unknown));
    }

    #[test]
    fn what_is_no_picture_is_no_picture() {
        let whole = png(16, 16);
        for length in 0..whole.len() {
            assert_eq!(measure(&whole[..length]), Err(Unfit::Unknown), "{length}");
        }
        let others: [&[u8]; 8] = [
            b"%PDF-1.7",
            b"GIF89a\x10\0\x10\0",
            b"\xff\xd8\xff\xd9",
            b"\xff\xd8\xff\xe0\0\x01",
            b"\xff\xd8\xff\xff\xff",
            b"II*\0\xff\xff\xff\xff",
            b"MM\0*\0\0\0\x08\xff\xff",
            b"RIFF\0\0\0\0WEBP",
        ];
        for bytes in others {
            assert_eq!(measure(bytes), Err(Unfit::Unknown), "{bytes:?}");
        }
        assert_eq!(measure(&png(0, 16)), Err(Unfit::Unknown));
    }
}
