//! Labelled amounts, one a row: where the money went, how full each disk is.

use crate::canvas::{Align, Canvas};
use crate::panel::{INSIDE, LEFT, RIGHT};
use crate::scale::amount;
use crate::text::Style;
use crate::tone::{MUTED, TEXT, TRACK, Tone};

const ROW: f32 = 56.0;
const SIZE: f32 = 30.0;
const THICK: f32 = 30.0;
const ROUND: f32 = 8.0;
const GAP: f32 = 20.0;
/// Even the smallest amount is seen.
const SHORTEST: f32 = 6.0;

/// Horizontal bars, one under the other in the order in which they were added. At most 20 are shown: sum up the rest.
#[derive(Debug, Clone)]
#[must_use = "put it into a picture: `picture.panel(bars)`"]
pub struct Bars {
    title: String,
    tone: Tone,
    full: Option<f64>,
    bars: Vec<Bar>,
}

#[derive(Debug, Clone)]
struct Bar {
    label: String,
    value: f64,
    text: String,
    tone: Option<Tone>,
}

impl Bars {
    /// Bars under `title`, blue, the longest one across the card.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), tone: Tone::First, full: None, bars: Vec::new() }
    }

    /// A bar as long as `value` is large, with `label` before and `text` behind it. What is below zero or no number has no length.
    pub fn bar(mut self, label: impl Into<String>, value: f64, text: impl Into<String>) -> Self {
        self.bars.push(Bar { label: label.into(), value, text: text.into(), tone: None });
        self
    }

    /// Like [`bar`](Self::bar), in a colour of its own: the disk that is nearly full.
    pub fn toned_bar(
        mut self,
        label: impl Into<String>,
        value: f64,
        text: impl Into<String>,
        tone: Tone,
    ) -> Self {
        self.bars.push(Bar { label: label.into(), value, text: text.into(), tone: Some(tone) });
        self
    }

    /// The colour of all bars that have none of their own.
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// The value of a bar across the whole card, 100 for percentages; the part that is not filled is shown in grey.
    pub fn full(mut self, value: f64) -> Self {
        self.full = amount(value).filter(|value| *value > 0.0);
        self
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    pub(crate) fn height(&self, rows: usize) -> f32 {
        let lines = self.bars.len().min(rows) + usize::from(self.bars.len() > rows);
        ROW * lines as f32 + 4.0
    }

    pub(crate) fn draw(&self, canvas: &mut Canvas<'_>, top: f32, rows: usize) {
        let fonts = canvas.fonts;
        let shown = self.bars.get(..rows).unwrap_or(&self.bars);
        let style = (Style::regular(SIZE, TEXT), Style::semibold(SIZE, TEXT));
        let lines: Vec<_> = shown
            .iter()
            .map(|bar| {
                let label = fonts.line(&bar.label, style.0, INSIDE * 0.34);
                (bar, label, fonts.line(&bar.text, style.1, INSIDE * 0.32))
            })
            .collect();
        let widest = |widths: &mut dyn Iterator<Item = f32>| match widths.fold(0.0, f32::max) {
            0.0 => 0.0,
            widest => widest + GAP,
        };
        let left = LEFT + widest(&mut lines.iter().map(|(_, label, _)| label.width)).round();
        let right = RIGHT - widest(&mut lines.iter().map(|(_, _, text)| text.width)).round();
        let largest = shown.iter().filter_map(|bar| amount(bar.value)).fold(0.0, f64::max);
        let full = self.full.unwrap_or(largest);
        let mut middle = top + ROW / 2.0;
        for (bar, label, text) in &lines {
            let baseline = middle + 0.36 * SIZE;
            canvas.line(label, (LEFT, baseline), Align::Left);
            canvas.line(text, (RIGHT, baseline), Align::Right);
            let track = [left, middle - THICK / 2.0, right - left, THICK];
            if self.full.is_some() {
                canvas.rounded(track, ROUND, ROUND, TRACK);
            }
            let value = amount(bar.value).unwrap_or(0.0);
            if value > 0.0 {
                let part = (value / full).clamp(0.0, 1.0) as f32;
                let length = ((right - left) * part).max(SHORTEST);
                let [x, y, _, height] = track;
                let tone = bar.tone.unwrap_or(self.tone);
                canvas.rounded([x, y, length, height], ROUND, ROUND, tone.rgb());
            }
            middle += ROW;
        }
        if self.bars.len() > shown.len() {
            let text = format!("and {} more", self.bars.len() - shown.len());
            let baseline = middle + 0.36 * SIZE;
            canvas.text(&text, Style::regular(SIZE, MUTED), (LEFT, baseline), Align::Left, INSIDE);
        }
    }
}
