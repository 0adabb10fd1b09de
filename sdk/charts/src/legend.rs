//! Dots and names under a panel's title: which colour is what, and where it stands now.

use crate::canvas::{Align, Canvas};
use crate::panel::{INSIDE, LEFT};
use crate::text::{Fonts, Line, Style};
use crate::tone::{Ink, MUTED, TEXT};

const SIZE: f32 = 28.0;
const ROW: f32 = 42.0;
const DOT: f32 = 10.0;
/// From a dot to its name, and from an entry to the next one.
const NEAR: f32 = 12.0;
const FAR: f32 = 36.0;

struct Entry {
    ink: Ink,
    name: Line,
    value: Line,
}

impl Entry {
    fn width(&self) -> f32 {
        let value = if self.value.width > 0.0 { NEAR + self.value.width } else { 0.0 };
        2.0 * DOT + NEAR + self.name.width + value
    }
}

pub(crate) struct Legend {
    rows: Vec<Vec<Entry>>,
}

impl Legend {
    /// Of each series its colour, its name and, if there is one, its value.
    pub(crate) fn new<'a>(
        fonts: &Fonts,
        entries: impl IntoIterator<Item = (Ink, &'a str, String)>,
    ) -> Self {
        let mut rows: Vec<Vec<Entry>> = Vec::new();
        let mut right = INSIDE;
        for (ink, name, value) in entries {
            let name = fonts.line(name, Style::regular(SIZE, MUTED), INSIDE / 2.0);
            let value = fonts.line(&value, Style::semibold(SIZE, TEXT), INSIDE / 3.0);
            let entry = Entry { ink, name, value };
            let width = entry.width();
            match rows.last_mut() {
                Some(row) if right + FAR + width <= INSIDE => {
                    right += FAR + width;
                    row.push(entry);
                }
                _ => {
                    right = width;
                    rows.push(vec![entry]);
                }
            }
        }
        Self { rows }
    }

    pub(crate) fn height(&self) -> f32 {
        ROW * self.rows.len() as f32
    }

    /// Draws it under `top`, and says where it ends.
    pub(crate) fn draw(&self, canvas: &mut Canvas<'_>, top: f32) -> f32 {
        let mut baseline = top + 30.0;
        for row in &self.rows {
            let mut left = LEFT;
            for entry in row {
                canvas.dot(left + DOT, baseline - 0.36 * SIZE, DOT, entry.ink);
                let name = left + 2.0 * DOT + NEAR;
                canvas.line(&entry.name, (name, baseline), Align::Left);
                let value = name + entry.name.width + NEAR;
                canvas.line(&entry.value, (value, baseline), Align::Left);
                left += entry.width() + FAR;
            }
            baseline += ROW;
        }
        top + self.height()
    }
}
