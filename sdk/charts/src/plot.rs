//! The field that columns and lines stand in: its grid, and the labels left of it and below.

use crate::canvas::{Align, Canvas};
use crate::panel::{LEFT, RIGHT};
use crate::scale::Axis;
use crate::text::{Line, Style};
use crate::tone::{BASE, GRID, MUTED};

/// Pixels an em of the labels.
pub(crate) const SIZE: f32 = 28.0;
/// What the labels below need.
pub(crate) const BELOW: f32 = 52.0;
/// Labels wider than this lose their unit; then they are cut.
const WIDEST: f32 = 170.0;
const NEAR: f32 = 16.0;

/// Where amounts and times are on the sheet, in pixels.
pub(crate) struct Plot {
    pub(crate) axis: Axis,
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) top: f32,
    pub(crate) bottom: f32,
}

impl Plot {
    /// Draws the grid and the labels of `axis` between `top` and `bottom`. The plot begins right of the widest label.
    pub(crate) fn draw(
        canvas: &mut Canvas<'_>,
        axis: Axis,
        unit: &str,
        top: f32,
        bottom: f32,
    ) -> Self {
        let style = Style::regular(SIZE, MUTED);
        let marks = axis.marks();
        let lines = |unit: &str| {
            let line = |mark: &f64| canvas.fonts.line(&axis.label(*mark, unit), style, WIDEST);
            let whole = |mark: &f64| canvas.fonts.line(&axis.label(*mark, unit), style, f32::MAX);
            let widest = marks.iter().map(|mark| whole(mark).width).fold(0.0, f32::max);
            (marks.iter().map(line).collect::<Vec<_>>(), widest)
        };
        let (mut labels, mut widest) = lines(unit);
        if widest > WIDEST {
            (labels, widest) = lines("");
        }
        let left = (LEFT + widest.min(WIDEST) + NEAR).round();
        let plot = Self { axis, left, right: RIGHT, top, bottom };
        for (mark, label) in marks.iter().zip(&labels) {
            let y = plot.y(*mark).round();
            let ink = if *mark == 0.0 { BASE } else { GRID };
            canvas.rect(left, y - 1.0, plot.right - left, 2.0, ink);
            canvas.line(label, (left - NEAR, y + 0.36 * SIZE), Align::Right);
        }
        plot
    }

    pub(crate) fn y(&self, value: f64) -> f32 {
        self.bottom - (self.bottom - self.top) * self.axis.part(value)
    }

    /// Draws labels below, each under its `x`: all of them or, where two would meet, the last one and every second, third … before it.
    pub(crate) fn below(&self, canvas: &mut Canvas<'_>, labels: &[(f32, &str)], most: f32) {
        let lines = lines_of(canvas, labels, most);
        let Some(every) = (1..=lines.len()).find(|every| fits(&self.placed(&lines, *every))) else {
            return;
        };
        for (x, line) in self.placed(&lines, every) {
            canvas.line(line, (x, self.bottom + BELOW - 10.0), Align::Centre);
        }
    }

    /// Whether all `labels` can stand below.
    pub(crate) fn has_room(&self, canvas: &Canvas<'_>, labels: &[(f32, &str)], most: f32) -> bool {
        fits(&self.placed(&lines_of(canvas, labels, most), 1))
    }

    /// The last one of `lines` and each `every`th before it, with its middle: moved inwards where it would reach beyond the plot.
    fn placed<'a>(&self, lines: &'a [(f32, Line)], every: usize) -> Vec<(f32, &'a Line)> {
        let left = LEFT.max(self.left - 20.0);
        let first = lines.len().saturating_sub(1) % every;
        let kept = lines.iter().skip(first).step_by(every);
        kept.map(|(x, line)| {
            let half = line.width / 2.0;
            (x.min(self.right - half).max(left + half), line)
        })
        .collect()
    }
}

fn lines_of(canvas: &Canvas<'_>, labels: &[(f32, &str)], most: f32) -> Vec<(f32, Line)> {
    let style = Style::regular(SIZE, MUTED);
    labels.iter().map(|(x, text)| (*x, canvas.fonts.line(text, style, most))).collect()
}

fn fits(placed: &[(f32, &Line)]) -> bool {
    let mut end = f32::MIN;
    placed.iter().all(|(x, line)| {
        let free = x - line.width / 2.0 >= end + NEAR;
        end = x + line.width / 2.0;
        free
    })
}
