//! What is shown of an answer while it arrives.

use umbrasil_sdk::prelude::*;

use crate::answer;

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
        let from = text.len().saturating_sub(LONGEST);
        let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let mut html = self.head.clone();
        if from > 0 {
            html = html.text("…\n");
        }
        show(html.push(answer::body(text.get(from..).unwrap_or(text))).text(" ▍"));
    }
}

/// What cannot be shown now is shown with the answer.
fn show(html: Html) {
    if let Err(error) = chat::progress(html) {
        log::debug(format!("not shown: {}", error.text()));
    }
}
