//! The last lines of a container, put together from what the daemon sends.
//!
//! Each piece that it sends begins with a time. A long line comes in several pieces, of which only the last
//! ends with a line feed; the pieces of both streams mix.

use std::collections::VecDeque;

use crate::bindings::umbrasil::module::docker::LogLine;

/// Lines that can be had at once, and that a filter looks at.
pub(super) const LINES: usize = 200;
/// Text that can be had at once, in bytes.
const TEXT: usize = 256 << 10;
/// What is kept of one line, in bytes.
const LINE: usize = 16 << 10;

/// Collects lines, and forgets the oldest when there are too many.
pub(super) struct Tail {
    filter: String,
    limit: usize,
    lines: VecDeque<LogLine>,
    bytes: usize,
    /// The lines of the two streams that have not ended yet.
    open: [Option<Open>; 2],
}

struct Open {
    unix_ms: u64,
    text: Vec<u8>,
}

impl Tail {
    pub(super) fn new(limit: usize, filter: String) -> Self {
        Self { filter, limit, lines: VecDeque::new(), bytes: 0, open: [None, None] }
    }

    /// Takes what came of one stream.
    pub(super) fn add(&mut self, stderr: bool, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ended) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            let (unix_ms, text) = timed(text);
            let [out, err] = &mut self.open;
            let slot = if stderr { err } else { out };
            let open = slot.get_or_insert(Open { unix_ms, text: Vec::new() });
            let room = LINE.saturating_sub(open.text.len());
            open.text.extend_from_slice(text.get(..room).unwrap_or(text));
            if ended && let Some(open) = slot.take() {
                self.push(stderr, &open);
            }
        }
    }

    /// The lines, oldest first.
    pub(super) fn finish(mut self) -> Vec<LogLine> {
        let [out, err] = std::mem::take(&mut self.open);
        for (stderr, open) in [(false, out), (true, err)] {
            if let Some(open) = open {
                self.push(stderr, &open);
            }
        }
        self.lines.into()
    }

    fn push(&mut self, stderr: bool, open: &Open) {
        let text = String::from_utf8_lossy(open.text.strip_suffix(b"\r").unwrap_or(&open.text));
        if !text.contains(&self.filter) {
            return;
        }
        self.bytes += text.len();
        let line = LogLine { stderr, unix_ms: open.unix_ms, text: text.into_owned() };
        self.lines.push_back(line);
        while self.lines.len() > self.limit || self.bytes > TEXT {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.bytes = self.bytes.saturating_sub(oldest.text.len());
        }
    }
}

/// Takes the time off the beginning of a piece; 0 if there is none.
fn timed(piece: &[u8]) -> (u64, &[u8]) {
    let time = piece.iter().take(40).position(|byte| *byte == b' ').and_then(|at| {
        let time = std::str::from_utf8(piece.get(..at)?).ok()?;
        let time = chrono::DateTime::parse_from_rfc3339(time).ok()?;
        Some((u64::try_from(time.timestamp_millis()).unwrap_or(0), piece.get(at + 1..)?))
    });
    time.unwrap_or((0, piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: &str = "2026-11-22T12:00:00.123456789Z";

    fn tail(limit: usize, filter: &str, pieces: &[(bool, &str)]) -> Vec<LogLine> {
        let mut tail = Tail::new(limit, filter.to_owned());
        for (stderr, piece) in pieces {
            tail.add(*stderr, format!("{TIME} {piece}").as_bytes());
        }
        tail.finish()
    }

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn lines_have_their_stream_and_time() {
        let lines = tail(9, "", &[(false, "out\n"), (true, "err\r\n"), (false, "")]);
        assert_eq!(texts(&lines), ["out", "err", ""]);
        assert!(!lines[0].stderr && lines[1].stderr);
        assert_eq!(lines[0].unix_ms, 1_795_348_800_123);
    }

    #[test]
    fn pieces_of_mixed_streams_become_whole_lines() {
        let pieces = [
            (false, "a"),
            (true, "x"),
            (false, "b"),
            (true, "y\n"),
            (false, "c\n"),
            (false, "open"),
        ];
        assert_eq!(texts(&tail(9, "", &pieces)), ["xy", "abc", "open"]);
    }

    #[test]
    fn a_letter_may_be_cut_in_two() {
        let mut tail = Tail::new(9, String::new());
        tail.add(false, &[TIME.as_bytes(), b" caf\xc3"].concat());
        tail.add(false, &[TIME.as_bytes(), b" \xa9\xff\n"].concat());
        assert_eq!(texts(&tail.finish()), ["café\u{fffd}"]);
    }

    #[test]
    fn control_characters_stay_text() {
        assert_eq!(texts(&tail(9, "", &[(false, "\x1b[31mred\0\x07\n")])), ["\x1b[31mred\0\x07"]);
    }

    #[test]
    fn a_filter_is_a_plain_part_of_the_line() {
        let pieces = [(false, "a.b\n"), (false, "axb\n"), (true, "xa.bx\n")];
        assert_eq!(texts(&tail(9, "a.b", &pieces)), ["a.b", "xa.bx"]);
        assert_eq!(texts(&tail(1, "a.b", &pieces)), ["xa.bx"], "the last ones");
    }

    #[test]
    fn a_flood_keeps_its_end() {
        let long = format!("{}\n", "x".repeat(LINE * 2));
        let lines = tail(LINES, "", &vec![(false, long.as_str()); 100]);
        assert_eq!(lines.len(), TEXT / LINE);
        assert!(lines.iter().all(|line| line.text.len() == LINE));
        let numbers: Vec<String> = (0..1_000).map(|number| format!("{number}\n")).collect();
        let pieces: Vec<(bool, &str)> = numbers.iter().map(|line| (false, line.as_str())).collect();
        let lines = tail(LINES, "", &pieces);
        assert_eq!((lines.len(), lines[0].text.as_str()), (200, "800"));
    }

    #[test]
    fn what_has_no_time_has_none() {
        let mut tail = Tail::new(9, String::new());
        tail.add(false, b"no time here\n\n \n");
        let lines = tail.finish();
        assert_eq!(texts(&lines), ["no time here", "", " "]);
        assert!(lines.iter().all(|line| line.unix_ms == 0));
    }
}
