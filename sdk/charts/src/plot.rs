//! The field that columns and lines stand in: its grid, and the labels left of it and below.

use crate::canvas::{Align, Canvas};
use crate::panel::{LEFT, RIGHT};
use crate::scale::Axis;
use crate::text::Style;
use crate::tone::{BASE, GRID, MUTED};

/// Pixels an em of the labels.
pub(crate) const SIZE: f32 = 28.0;
/// What the labels below need.
pub(crate) const BELOW: f32 = 48.0;
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

    /// Labels below, each at its `x`, as many as have room: where two would meet, every second, third … one stays, the last one
    /// always if `last`.
    pub(crate) fn below(
        &self,
        canvas: &mut Canvas<'_>,
        labels: &[(f32, &str)],
        most: f32,
        last: bool,
    ) {
        let style = Style::regular(SIZE, MUTED);
        let lines: Vec<_> =
            labels.iter().map(|(x, text)| (*x, canvas.fonts.line(text, style, most))).collect();
        let count = lines.len();
        let shift = |every: usize| if last { count.saturating_sub(1) % every } else { 0 };
        let kept = |every: usize| lines.iter().skip(shift(every)).step_by(every);
        let placed = |every: usize| {
            kept(every).map(|(x, line)| {
                let half = line.width / 2.0;
                (
                    x.clamp(
                        LEFT.max(self.left - 40.0) + half,
                        (self.right - half).max(LEFT + half),
                    ),
                    line,
                )
            })
        };
        let fits = |every: &usize| {
            let mut end = f32::MIN;
            placed(*every).all(|(x, line)| {
                let free = x - line.width / 2.0 >= end + NEAR;
                end = x + line.width / 2.0;
                free || line.width == 0.0
            })
        };
        let Some(every) = (1..=count).find(fits) else { return };
        for (x, line) in placed(every) {
            canvas.line(line, (x, self.bottom + BELOW - 12.0), Align::Centre);
        }
    }
}
