//! What is shown of an answer while it arrives.

use umbrasil_sdk::prelude::*;

use crate::{answer, markdown};

/// Bytes that must have come before the text is shown again; fewer where a line has ended.
const STEP: usize = 40;
const LINE: usize = 12;
/// Of a long answer only the end is shown until it is whole: a message has 4,096 characters.
const LONGEST: usize = 3_000;

/// The message that changes while the answer arrives.
#[derive(Default)]
pub(crate) struct Shown {
    /// How much of the text was shown last.
    length: usize,
    /// What stands above it.
    head: Html,
}

impl Shown {
    /// Begins a turn, of which nothing is shown yet.
    pub(crate) fn begin(&mut self, head: Html) {
        *self = Self { length: 0, head };
    }

    /// Shows what stands above the answer, before there is one.
    pub(crate) fn head(&self) {
        show(self.head.clone().text("…"));
    }

    /// Takes the whole text so far; shows it if enough has come since.
    pub(crate) fn text(&mut self, text: &str) {
        let new = text.get(self.length..).unwrap_or(text);
        // Longer answers are shown in longer steps: each step converts all of it.
        let is_enough = new.len() >= STEP.max(text.len() / 20)
            || new.len() >= LINE && new.ends_with('\n')
            || self.length == 0 && new.len() >= LINE;
        if !is_enough {
            return;
        }
        self.length = text.len();
        let html = self.head.clone();
        let html = match end(text) {
            None => html.push(answer::body(text)),
            Some((open, end)) => html.text("…\n").push(answer::body(&(open + end))),
        };
        show(html.text(" ▍"));
    }
}

/// The end of a text that is too long to be shown whole, from the beginning of a line on if there is one, and
/// what opens the block of code in which it begins.
fn end(text: &str) -> Option<(String, &str)> {
    let from = text.len().checked_sub(LONGEST).filter(|from| *from > 0)?;
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at))?;
    let line = text.get(from..)?.find('\n').map_or(from, |at| from + at + 1);
    // A long last line is worth more than its beginning.
    let from = if line < text.len() { line } else { from };
    let (before, end) = text.split_at_checked(from)?;
    let open = markdown::open_block(before).map_or_else(String::new, |line| format!("{line}\n"));
    Some((open, end))
}

/// What cannot be shown now is shown with the answer.
fn show(html: Html) {
    if let Err(error) = chat::progress(html) {
        log::debug(format!("not shown: {}", error.text()));
    }
}
