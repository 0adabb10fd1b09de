//! The picture: its title, its cards, its size.

use crate::canvas::{Align, Canvas};
use crate::encode;
use crate::panel::{self, MARGIN, NOTHING, Panel, WIDTH};
use crate::text::{Fonts, Style};
use crate::tone::{MUTED, PAPER, TEXT};

/// Chat apps scale taller pictures down until nothing can be read.
const TALLEST: f32 = 2400.0;
/// From a card to the next one.
const GAP: f32 = 22.0;
/// Bars in a panel, at most and, where the picture would become too tall, at least.
const ROWS: [usize; 2] = [20, 3];

/// Why there is no picture. Its text is for the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// The panels are too many for one picture: make two.
    #[error("the picture would be {height} pixels tall, 2400 are allowed")]
    TooTall {
        /// Pixels that all panels would need, with three bars in each that has bars.
        height: u32,
    },
    /// The font, the memory or the encoder: nothing that other data would change.
    #[error("the picture could not be drawn: {0}")]
    Drawing(String),
}

impl From<ChartError> for String {
    fn from(error: ChartError) -> Self {
        error.to_string()
    }
}

/// A picture in the making: a title over panels, from top to bottom.
#[derive(Debug, Clone)]
#[must_use = "nothing is drawn before `render`"]
pub struct Picture {
    title: String,
    subtitle: String,
    panels: Vec<Panel>,
}

impl Picture {
    /// A picture under `title`, one line.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), subtitle: String::new(), panels: Vec::new() }
    }

    /// A small grey line under the title: a currency, a period.
    pub fn subtitle(mut self, subtitle: impl Into<String>) -> Self {
        self.subtitle = subtitle.into();
        self
    }

    /// Adds a card under those before it.
    pub fn panel(mut self, panel: impl Into<Panel>) -> Self {
        self.panels.push(panel.into());
        self
    }

    /// The picture as a PNG file, 1,080 pixels wide, at most 2,400 tall and as a rule well under 100 KB large.
    ///
    /// Where all bars would make it too tall, panels of bars show fewer of them.
    ///
    /// # Errors
    ///
    /// [`ChartError::TooTall`] if there are too many panels: four of columns or lines always fit.
    pub fn render(&self) -> Result<Vec<u8>, ChartError> {
        let fonts = Fonts::new().map_err(|error| ChartError::Drawing(error.to_string()))?;
        let mut rows = ROWS[0];
        while rows > ROWS[1] && self.height(&fonts, rows) > TALLEST {
            rows -= 1;
        }
        let height = self.height(&fonts, rows).ceil();
        if height > TALLEST {
            return Err(ChartError::TooTall { height: height as u32 });
        }
        let canvas = Canvas::new(&fonts, WIDTH as u32, height as u32, PAPER);
        let mut canvas = canvas.ok_or_else(|| ChartError::Drawing("no canvas".to_owned()))?;
        self.draw(&mut canvas, rows);
        encode::png(&canvas.into_pixmap()).map_err(|error| ChartError::Drawing(error.to_string()))
    }

    fn height(&self, fonts: &Fonts, rows: usize) -> f32 {
        let cards: f32 = self.panels.iter().map(|panel| panel.height(fonts, rows) + GAP).sum();
        let cards = if self.panels.is_empty() { NOTHING } else { cards - GAP };
        self.header() + cards + MARGIN
    }

    fn header(&self) -> f32 {
        match (self.title.trim().is_empty(), self.subtitle.trim().is_empty()) {
            (true, true) => MARGIN,
            (false, true) => 114.0,
            (true, false) => 86.0,
            (false, false) => 156.0,
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, rows: usize) {
        let left = MARGIN + 8.0;
        let width = WIDTH - 2.0 * left;
        let title = Style::semibold(46.0, TEXT);
        canvas.text(&self.title, title, (left, 78.0), Align::Left, width);
        let subtitle = Style::regular(30.0, MUTED);
        let baseline = self.header() - 30.0;
        canvas.text(&self.subtitle, subtitle, (left, baseline), Align::Left, width);
        let mut top = self.header();
        for panel in &self.panels {
            let height = panel.height(canvas.fonts, rows);
            panel.draw(canvas, top, height, rows);
            top += height + GAP;
        }
        if self.panels.is_empty() {
            panel::nothing(canvas, top);
        }
    }
}
