//! Measurements over time: a line for each series, washed down to the ground, broken where nothing was measured.

use crate::canvas::{Align, Canvas};
use crate::legend::Legend;
use crate::plot::{BELOW, Plot};
use crate::scale::{Axis, amount, compact};
use crate::text::{Fonts, Style};
use crate::time::{EARLIEST, LATEST, marks};
use crate::tone::{CARD, MUTED, Tone};

const PLOT: f32 = 300.0;
const HEAD: f32 = 26.0;
const MOST_SERIES: usize = 5;
const MOST_LIMITS: usize = 4;
/// Pixels in which a line may turn only once up and down.
const COARSE: f32 = 2.0;
const THICK: f32 = 4.0;
/// More than this many usual distances between two measurements are a gap.
const GAP: i64 = 3;

/// Lines over time.
///
/// At most 5 series, each of a few thousand points in any order: what falls into the same pixels keeps its highest and lowest values.
/// A line breaks where measurements are missing for more than three times their usual distance.
#[derive(Debug, Clone)]
#[must_use = "put it into a picture: `picture.panel(lines)`"]
pub struct Lines {
    title: String,
    unit: String,
    range: Option<(f64, f64)>,
    offset: i64,
    series: Vec<Series>,
    limits: Vec<(String, f64)>,
}

#[derive(Debug, Clone)]
struct Series {
    name: String,
    tone: Tone,
    /// By time, of numbers only.
    points: Vec<(i64, f64)>,
}

impl Lines {
    /// Lines under `title`.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            unit: String::new(),
            range: None,
            offset: 0,
            series: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// What is measured, behind the numbers: `%`, `ms`, `°C`. Of `B`, `B/s`, `bit`, `bit/s`, `Hz` and `W` thousands are written as
    /// kB, MB, GB.
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// The axis goes exactly from `low` to `high`; values beyond are drawn at its ends. Without it, the axis goes around the data.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = amount(low).zip(amount(high)).filter(|(low, high)| low < high);
        self
    }

    /// Adds a line through `points`: unix seconds in UTC, and values. What is no number, and times outside of the years 1 to 9999, are
    /// left out.
    pub fn series(
        mut self,
        name: impl Into<String>,
        tone: Tone,
        points: impl IntoIterator<Item = (i64, f64)>,
    ) -> Self {
        let points = points.into_iter().filter(|(time, _)| (EARLIEST..=LATEST).contains(time));
        let points = points.filter_map(|(time, value)| Some((time, amount(value)?)));
        let mut points: Vec<_> = points.collect();
        points.sort_by_key(|(time, _)| *time);
        self.series.push(Series { name: name.into(), tone, points });
        self
    }

    /// A dashed line across, with `name` on it: the value from which on something is wrong. At most 4.
    pub fn limit(mut self, name: impl Into<String>, value: f64) -> Self {
        if let Some(value) = amount(value) {
            self.limits.push((name.into(), value));
        }
        self
    }

    /// Seconds that the local time is ahead of UTC, for the labels: 7200 in Athens in winter. At most a day.
    pub fn offset_seconds(mut self, seconds: impl Into<i64>) -> Self {
        self.offset = seconds.into().clamp(-86_400, 86_400);
        self
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shown().all(|series| series.points.is_empty())
    }

    pub(crate) fn height(&self, fonts: &Fonts) -> f32 {
        self.legend(fonts).height() + HEAD + PLOT + BELOW
    }

    pub(crate) fn draw(&self, canvas: &mut Canvas<'_>, top: f32) {
        let top = self.legend(canvas.fonts).draw(canvas, top) + HEAD;
        let plot = Plot::draw(canvas, self.axis(), &self.unit, top, top + PLOT);
        let time = Time::of(self.shown(), &plot);
        let times = marks(time.from, time.to, self.offset, 6);
        let labels: Vec<_> =
            times.iter().map(|(at, label)| (time.x(*at), label.as_str())).collect();
        plot.below(canvas, &labels, 220.0, false);

        let drawn: Vec<_> = self
            .shown()
            .map(|series| (series.tone.rgb(), runs(&series.points, &time, &plot)))
            .collect();
        let alpha = match drawn.len() {
            1 => 0.13,
            2 => 0.08,
            _ => 0.0,
        };
        let floor = plot.y(0.0);
        for (ink, runs) in drawn.iter().filter(|_| alpha > 0.0) {
            for run in runs {
                canvas.wash(run, floor, *ink, alpha);
            }
        }
        for (name, value) in self.limits.iter().take(MOST_LIMITS) {
            limit(canvas, &plot, name, *value);
        }
        for (ink, runs) in &drawn {
            for run in runs {
                match run.as_slice() {
                    [(x, y)] => canvas.dot(*x, *y, 1.3 * THICK, *ink),
                    run => canvas.polyline(run, THICK, *ink),
                }
            }
        }
        for (ink, runs) in &drawn {
            if let Some((x, y)) = runs.last().and_then(|run| run.last()) {
                canvas.dot(*x, *y, 10.0, CARD);
                canvas.dot(*x, *y, 7.0, *ink);
            }
        }
    }

    fn shown(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().take(MOST_SERIES)
    }

    fn axis(&self) -> Axis {
        if let Some((low, high)) = self.range {
            return Axis::within(low, high, 4);
        }
        let points = self.shown().flat_map(|series| &series.points).map(|(_, value)| *value);
        let limits = self.limits.iter().take(MOST_LIMITS).map(|(_, value)| *value);
        let (low, high) = points
            .chain(limits)
            .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        // From zero, unless that would press all lines into a narrow band far from it.
        if low >= 0.0 && low < 0.7 * high {
            return Axis::around(0.0, high, 4);
        }
        if high <= 0.0 && high > 0.7 * low {
            return Axis::around(low, 0.0, 4);
        }
        Axis::around(low, high, 4)
    }

    /// Names and last values. A single line that is called like the panel needs no name.
    fn legend(&self, fonts: &Fonts) -> Legend {
        let alone = self.series.len() == 1;
        Legend::new(
            fonts,
            self.shown().map(|series| {
                let same = series.name.trim().eq_ignore_ascii_case(self.title.trim());
                let name = if alone && same { "now" } else { &series.name };
                let last = series.points.last();
                let value = last.map(|(_, value)| compact(*value, &self.unit));
                (series.tone.rgb(), name, value.unwrap_or_default())
            }),
        )
    }
}

fn limit(canvas: &mut Canvas<'_>, plot: &Plot, name: &str, value: f64) {
    let y = plot.y(value).round();
    canvas.dashed(plot.left, plot.right, y, 3.0, MUTED);
    let label = canvas.fonts.line(name, Style::regular(26.0, MUTED), 400.0);
    if label.width > 0.0 {
        // Below the line if there is no room above it.
        let baseline = if y - 40.0 < plot.top - HEAD { y + 32.0 } else { y - 12.0 };
        let left = plot.left + 8.0;
        canvas.rounded([left, baseline - 25.0, label.width + 16.0, 32.0], 6.0, 6.0, CARD);
        canvas.line(&label, (left + 8.0, baseline), Align::Left);
    }
}

/// What the plot is wide.
struct Time {
    from: i64,
    to: i64,
    left: f32,
    right: f32,
}

impl Time {
    fn of<'a>(series: impl Iterator<Item = &'a Series>, plot: &Plot) -> Self {
        let times = series.flat_map(|series| &series.points).map(|(time, _)| *time);
        let (from, to) =
            times.fold((i64::MAX, i64::MIN), |(from, to), time| (from.min(time), to.max(time)));
        // One moment stands in the middle of an hour.
        let (from, to) = if from < to { (from, to) } else { (from - 1800, to + 1800) };
        Self { from, to, left: plot.left + 6.0, right: plot.right - 10.0 }
    }

    fn x(&self, time: i64) -> f32 {
        let part = (time - self.from) as f64 / (self.to - self.from) as f64;
        self.left + (self.right - self.left) * part as f32
    }
}

/// The line in its pieces, in pixels.
fn runs(points: &[(i64, f64)], time: &Time, plot: &Plot) -> Vec<Vec<(f32, f32)>> {
    let mut distances: Vec<i64> =
        points.windows(2).map(distance).filter(|&long| long > 0).collect();
    distances.sort_unstable();
    let usual = distances.get(distances.len() / 2).copied().unwrap_or(0);
    let pieces = points.chunk_by(|a, b| b.0 - a.0 <= usual.saturating_mul(GAP));
    pieces
        .map(|piece| {
            let pixels: Vec<_> =
                piece.iter().map(|(at, value)| (time.x(*at), plot.y(*value))).collect();
            pixels.chunk_by(|a, b| column(*a) == column(*b)).flat_map(thinned).collect()
        })
        .collect()
}

fn distance(pair: &[(i64, f64)]) -> i64 {
    match pair {
        [a, b] => b.0 - a.0,
        _ => 0,
    }
}

fn column((x, _): (f32, f32)) -> i32 {
    (x / COARSE) as i32
}

/// Of points in the same pixels: the first, the highest and lowest as they come, the last.
fn thinned(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    if points.len() <= 4 {
        return points.to_vec();
    }
    let by_height = |a: &(usize, &(f32, f32)), b: &(usize, &(f32, f32))| a.1.1.total_cmp(&b.1.1);
    let index = |found: Option<(usize, &(f32, f32))>| found.map_or(0, |(index, _)| index);
    let mut kept = [
        0,
        index(points.iter().enumerate().min_by(by_height)),
        index(points.iter().enumerate().max_by(by_height)),
        points.len() - 1,
    ];
    kept.sort_unstable();
    kept.into_iter().filter_map(|index| points.get(index).copied()).collect()
}
