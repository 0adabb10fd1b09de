//! What is kept of a stream of output: its beginning and its end, whatever its length.

/// The beginning and the end of what a command wrote.
#[derive(Debug)]
pub(super) struct Kept {
    /// Bytes of each of the two parts.
    part: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
    total: u64,
}

impl Kept {
    /// Keeps at most `limit` bytes, half of them from the beginning.
    pub(super) fn new(limit: usize) -> Self {
        Self { part: limit / 2, head: Vec::new(), tail: Vec::new(), total: 0 }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.total = self.total.saturating_add(bytes.len() as u64);
        let room = self.part.saturating_sub(self.head.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(room);
        self.head.extend_from_slice(head);
        // Only the last part of what comes at once can be of use.
        let rest = rest.get(rest.len().saturating_sub(self.part)..).unwrap_or_default();
        self.tail.extend_from_slice(rest);
        // Not at each push: moving the whole tail for every packet would be slow.
        if self.tail.len() > 2 * self.part {
            self.tail.drain(..self.tail.len() - self.part);
        }
    }

    /// Bytes that came, kept or not.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The text, and whether something in the middle was left out.
    pub(super) fn into_text(mut self) -> (String, bool) {
        let surplus = self.tail.len().saturating_sub(self.part);
        self.tail.drain(..surplus);
        let kept = self.head.len() + self.tail.len();
        let missing = self.total.saturating_sub(kept as u64);
        if missing == 0 {
            // A character may lie across the two.
            self.head.append(&mut self.tail);
            let text = String::from_utf8_lossy(&self.head);
            if text.len() <= 2 * self.part {
                return (text.into_owned(), false);
            }
            // Replacing what is no text made it longer.
            let (head, tail) = (first(&text, self.part), last(&text, self.part));
            return (format!("{head}{tail}"), true);
        }
        let head = String::from_utf8_lossy(&self.head);
        let tail = String::from_utf8_lossy(&self.tail);
        let gap = format!("\n[… {missing} bytes left out …]\n");
        let room = self.part.saturating_sub(gap.len());
        (format!("{}{gap}{}", first(&head, self.part), last(&tail, room)), true)
    }
}

/// As many whole characters from the beginning as fit.
fn first(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// As many whole characters from the end as fit.
fn last(text: &str, bytes: usize) -> &str {
    text.get(text.ceil_char_boundary(text.len().saturating_sub(bytes))..).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::Kept;

    fn kept(limit: usize, pieces: &[&[u8]]) -> (String, bool) {
        let mut kept = Kept::new(limit);
        for piece in pieces {
            kept.push(piece);
        }
        kept.into_text()
    }

    #[test]
    fn what_fits_is_whole() {
        assert_eq!(kept(8, &[b"abc", b"defgh"]), ("abcdefgh".to_owned(), false));
        assert_eq!(kept(8, &[b"abc\xc3", b"\xa9d"]), ("abc\u{e9}d".to_owned(), false));
        assert_eq!(kept(8, &[]), (String::new(), false));
    }

    #[test]
    fn of_more_the_beginning_and_the_end_are_kept() {
        let middle = vec![b'-'; 10_000];
        let (text, cut) = kept(128, &[b"first", &middle, &middle, b"last"]);
        assert!(cut && text.starts_with("first---") && text.ends_with("---last"), "{text}");
        assert!(text.contains("[… 19881 bytes left out …]") && text.len() <= 128, "{text}");
        let one_by_one: Vec<&[u8]> = vec![b"x"; 1_000];
        assert_eq!(kept(128, &one_by_one).0.len(), 128);
    }

    #[test]
    fn what_is_no_text_is_replaced_and_stays_within_the_limit() {
        let (text, cut) = kept(100, &[&[0xff; 100]]);
        assert!(cut && text.len() <= 100 && text.starts_with('\u{fffd}'), "{text}");
        let (text, cut) = kept(100, &[&vec![0xff; 100_000]]);
        assert!(cut && text.len() <= 100, "{text}");
    }
}
