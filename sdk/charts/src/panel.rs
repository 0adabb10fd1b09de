//! What a picture is made of: cards with a title, each with columns, bars or lines.

use crate::canvas::{Align, Canvas};
use crate::text::{Fonts, Style};
use crate::tone::{CARD, EDGE, MUTED, TEXT};
use crate::{Bars, Columns, Lines};

/// Pixels from the edge of the picture to a card.
pub(crate) const MARGIN: f32 = 28.0;
pub(crate) const WIDTH: f32 = 1080.0;
/// Where what is inside a card begins, ends, and how wide it is.
pub(crate) const LEFT: f32 = MARGIN + 36.0;
pub(crate) const RIGHT: f32 = WIDTH - LEFT;
pub(crate) const INSIDE: f32 = RIGHT - LEFT;

const ROUND: f32 = 26.0;
const PAD: f32 = 30.0;
const TITLE: f32 = 34.0;
const EMPTY: f32 = 110.0;

/// One card of a [`Picture`](crate::Picture). Made from a chart by itself: `picture.panel(Columns::new(…))`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Panel {
    /// A few series side by side.
    Columns(Columns),
    /// Labelled amounts, one a row.
    Bars(Bars),
    /// Measurements over time.
    Lines(Lines),
}

impl From<Columns> for Panel {
    fn from(columns: Columns) -> Self {
        Self::Columns(columns)
    }
}

impl From<Bars> for Panel {
    fn from(bars: Bars) -> Self {
        Self::Bars(bars)
    }
}

impl From<Lines> for Panel {
    fn from(lines: Lines) -> Self {
        Self::Lines(lines)
    }
}

impl Panel {
    /// Pixels from the top of the card to its end, if `Bars` show at most `rows` bars.
    pub(crate) fn height(&self, fonts: &Fonts, rows: usize) -> f32 {
        let body = if self.is_empty() {
            EMPTY
        } else {
            match self {
                Self::Columns(columns) => columns.height(fonts),
                Self::Bars(bars) => bars.height(rows),
                Self::Lines(lines) => lines.height(fonts),
            }
        };
        PAD + title_height(self.title()) + body + PAD
    }

    pub(crate) fn draw(&self, canvas: &mut Canvas<'_>, top: f32, height: f32, rows: usize) {
        card(canvas, top, height);
        let style = Style::semibold(TITLE, TEXT);
        let baseline = top + PAD + 27.0;
        canvas.text(self.title(), style, (LEFT, baseline), Align::Left, INSIDE);
        let top = top + PAD + title_height(self.title());
        if self.is_empty() {
            no_data(canvas, top);
            return;
        }
        match self {
            Self::Columns(columns) => columns.draw(canvas, top),
            Self::Bars(bars) => bars.draw(canvas, top, rows),
            Self::Lines(lines) => lines.draw(canvas, top),
        }
    }

    fn title(&self) -> &str {
        match self {
            Self::Columns(columns) => columns.title(),
            Self::Bars(bars) => bars.title(),
            Self::Lines(lines) => lines.title(),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Columns(columns) => columns.is_empty(),
            Self::Bars(bars) => bars.is_empty(),
            Self::Lines(lines) => lines.is_empty(),
        }
    }
}

/// What a picture without panels shows.
pub(crate) fn nothing(canvas: &mut Canvas<'_>, top: f32) {
    card(canvas, top, NOTHING);
    no_data(canvas, top + PAD);
}

pub(crate) const NOTHING: f32 = 2.0 * PAD + EMPTY;

fn no_data(canvas: &mut Canvas<'_>, top: f32) {
    let style = Style::regular(30.0, MUTED);
    canvas.text("No data yet", style, (WIDTH / 2.0, top + 66.0), Align::Centre, INSIDE);
}

fn card(canvas: &mut Canvas<'_>, top: f32, height: f32) {
    let width = WIDTH - 2.0 * MARGIN;
    canvas.rounded([MARGIN, top, width, height], ROUND, ROUND, EDGE);
    let inside = [MARGIN + 2.0, top + 2.0, width - 4.0, height - 4.0];
    canvas.rounded(inside, ROUND - 2.0, ROUND - 2.0, CARD);
}

fn title_height(title: &str) -> f32 {
    if title.trim().is_empty() { 0.0 } else { 50.0 }
}
