//! A few series side by side, upright: income and expenses of each month.

use crate::canvas::{Align, Canvas};
use crate::legend::Legend;
use crate::plot::{BELOW, Plot};
use crate::scale::{Axis, amount, compact};
use crate::text::{Fonts, Style};
use crate::tone::{TEXT, Tone};

const PLOT: f32 = 280.0;
/// Above the plot, where the amounts of the highest columns stand.
const HEAD: f32 = 38.0;
const MOST_SERIES: usize = 5;
/// More would be thinner than what lies between them.
const MOST_COLUMNS: usize = 60;
const WIDEST: f32 = 84.0;
const GAP: f32 = 5.0;
const ROUND: f32 = 9.0;
const AMOUNT: f32 = 25.0;

/// Groups of upright columns, one group for each label, one column in it for each series.
///
/// At most 5 series; of more than 60 groups the last ones are shown.
#[derive(Debug, Clone)]
#[must_use = "put it into a picture: `picture.panel(columns)`"]
pub struct Columns {
    title: String,
    unit: String,
    series: Vec<(String, Tone)>,
    columns: Vec<(String, Vec<f64>)>,
}

impl Columns {
    /// Columns under `title`.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), unit: String::new(), series: Vec::new(), columns: Vec::new() }
    }

    /// What amounts are counted in, behind the numbers of the axis: `%`, `ms`.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Adds a series. Without one, all columns are blue and have no legend.
    pub fn series(mut self, name: impl Into<String>, tone: Tone) -> Self {
        self.series.push((name.into(), tone));
        self
    }

    /// Adds a group under `label`, with one value for each series, in their order, not below zero. What is missing, below zero or no
    /// number has no height.
    pub fn column(
        mut self,
        label: impl Into<String>,
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        self.columns.push((label.into(), values.into_iter().take(MOST_SERIES).collect()));
        self
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    pub(crate) fn height(&self, fonts: &Fonts) -> f32 {
        self.legend(fonts).height() + HEAD + PLOT + BELOW
    }

    pub(crate) fn draw(&self, canvas: &mut Canvas<'_>, top: f32) {
        let top = self.legend(canvas.fonts).draw(canvas, top);
        let columns = self.columns.get(self.columns.len().saturating_sub(MOST_COLUMNS)..);
        let columns = columns.unwrap_or_default();
        let tones = self.tones();
        let value = |value: &f64| amount(*value).unwrap_or(0.0).max(0.0);
        let values = columns.iter().flat_map(|(_, values)| values.iter().take(tones.len()));
        let axis = Axis::around(0.0, values.map(value).fold(0.0, f64::max), 4);
        let plot = Plot::draw(canvas, axis, &self.unit, top + HEAD, top + HEAD + PLOT);

        let slot = (plot.right - plot.left) / columns.len() as f32;
        let series = tones.len() as f32;
        let gap = if slot > 40.0 { GAP } else { 1.0 };
        let width = ((slot * 0.74 - gap * (series - 1.0)) / series).clamp(1.0, WIDEST);
        let group = width * series + gap * (series - 1.0);
        let numbered = columns.iter().flat_map(|(_, values)| values).all(|number| {
            self.number(canvas.fonts, value(number)).width <= (width + gap).min(slot / series)
        });
        for (index, (_, values)) in columns.iter().enumerate() {
            let start = plot.left + slot * (index as f32 + 0.5) - group / 2.0;
            for (index, (number, tone)) in values.iter().zip(&tones).enumerate() {
                let number = value(number);
                let left = start + (width + gap) * index as f32;
                if number > 0.0 {
                    let y = plot.y(number).min(plot.bottom - 3.0);
                    let rect = [left, y, width, plot.bottom - y];
                    canvas.rounded(rect, ROUND.min(width / 3.0), 0.0, tone.rgb());
                    if numbered {
                        let line = self.number(canvas.fonts, number);
                        canvas.line(&line, (left + width / 2.0, y - 9.0), Align::Centre);
                    }
                }
            }
        }
        let middles = (0..).map(|index: u16| plot.left + slot * (f32::from(index) + 0.5));
        let labels = middles.zip(columns.iter().map(|(label, _)| label.as_str()));
        let labels: Vec<_> = labels.collect();
        plot.below(canvas, &labels, (slot * 3.0).clamp(100.0, 220.0), true);
    }

    /// The amount that stands on a column, if all of them have room.
    fn number(&self, fonts: &Fonts, value: f64) -> crate::text::Line {
        fonts.line(&compact(value, ""), Style::semibold(AMOUNT, TEXT), f32::MAX)
    }

    fn tones(&self) -> Vec<Tone> {
        if self.series.is_empty() {
            return vec![Tone::First];
        }
        self.series.iter().take(MOST_SERIES).map(|(_, tone)| *tone).collect()
    }

    fn legend(&self, fonts: &Fonts) -> Legend {
        let series = self.series.iter().take(MOST_SERIES);
        Legend::new(fonts, series.map(|(name, tone)| (tone.rgb(), name.as_str(), String::new())))
    }
}
