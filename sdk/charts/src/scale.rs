//! Amounts on an axis: round steps, and numbers short enough to stand beside them.

/// Beyond it an amount is drawn as if it were this much. Keeps all that is computed with amounts finite.
const MOST: f64 = 1e18;
/// What has a name of its own, the greatest first.
const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
/// Units that take such a name as a prefix: "1.2 MB/s".
const PREFIXED: [&str; 6] = ["B", "B/s", "bit", "bit/s", "Hz", "W"];

/// `value` if it is a number, not larger than what can be drawn.
pub(crate) fn amount(value: f64) -> Option<f64> {
    value.is_finite().then(|| value.clamp(-MOST, MOST))
}

/// What an axis shows, and how far its marks are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) step: f64,
}

impl Axis {
    /// From `low` to `high` and on to the next round numbers, with about `marks` steps.
    pub(crate) fn around(low: f64, high: f64, marks: u32) -> Self {
        let axis = Self::within(low, high, marks);
        let whole = |value: f64| value / axis.step;
        // Just missing a round number because of the last bit must not add a step.
        let low = (whole(axis.low) + 1e-9).floor() * axis.step;
        let high = (whole(axis.high) - 1e-9).ceil() * axis.step;
        Self { low, high, step: axis.step }
    }

    /// Exactly from `low` to `high`, with about `marks` steps. Takes them in any order; where they are one, makes room around them.
    pub(crate) fn within(low: f64, high: f64, marks: u32) -> Self {
        let (low, high) = (low.min(high), low.max(high));
        // Below it the marks would not differ in what a float can hold.
        let least = low.abs().max(high.abs()) * 1e-6;
        let (low, high) = if high - low > least.max(f64::MIN_POSITIVE * 1e9) {
            (low, high)
        } else if low == 0.0 {
            (0.0, 1.0)
        } else {
            let (a, b) = (low - low.abs() / 2.0, high + high.abs() / 2.0);
            (a.min(b), a.max(b))
        };
        Self { low, high, step: step((high - low) / f64::from(marks.max(1))) }
    }

    /// The marks, from the lowest.
    pub(crate) fn marks(&self) -> Vec<f64> {
        let first = (self.low / self.step - 1e-6).ceil();
        let marks = (0..24).map(|index| (first + f64::from(index)) * self.step);
        let marks = marks.take_while(|mark| *mark <= self.high + self.step * 1e-6);
        // No `-0`, no `1e-17`.
        marks.map(|mark| if mark.abs() < self.step / 1e6 { 0.0 } else { mark }).collect()
    }

    /// How far up `value` is: 0 at the lower end, 1 at the upper one, never beyond.
    pub(crate) fn part(&self, value: f64) -> f32 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) as f32
    }

    /// A mark as people read it, with as many decimals as tell it from the next one.
    pub(crate) fn label(&self, mark: f64, unit: &str) -> String {
        let (size, name) = size(mark);
        let decimals = decimals(self.step / size);
        written(trimmed(mark / size, decimals), name, unit)
    }
}

/// The round number (1, 2 or 5, and zeros) that is not below `raw`.
pub(crate) fn step(raw: f64) -> f64 {
    let zeros = 10_f64.powi(raw.log10().floor() as i32);
    let digit = raw / zeros;
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| digit <= round * (1.0 + 1e-9));
    round.unwrap_or(10.0) * zeros
}

/// `value` in a few characters: 7, 31.4, 999, 1.2k, 125k, 3.4M.
pub(crate) fn compact(value: f64, unit: &str) -> String {
    let (mut size, mut name) = size(value);
    // 999,960 is 1M and not 1000k; 999.7 is 1k.
    if (value.abs() / size).round() >= 1000.0
        && let Some((next, called)) = UNITS.iter().rev().find(|(next, _)| *next > size)
    {
        (size, name) = (*next, *called);
    }
    let scaled = value / size;
    let decimals = match (name, scaled.abs()) {
        (_, scaled) if scaled >= 100.0 => 0,
        ("", scaled) if scaled < 0.1 => 3,
        ("", scaled) if scaled < 10.0 => 2,
        _ => 1,
    };
    written(trimmed(scaled, decimals), name, unit)
}

fn size(value: f64) -> (f64, &'static str) {
    let found = UNITS.into_iter().find(|(size, _)| value.abs() >= size * (1.0 - 1e-9));
    found.unwrap_or((1.0, ""))
}

fn decimals(step: f64) -> usize {
    (-(step.log10() + 1e-9).floor()).clamp(0.0, 6.0) as usize
}

fn trimmed(value: f64, decimals: usize) -> String {
    if value.abs() >= 1e5 {
        return format!("{value:.0e}").replace('-', "−");
    }
    let mut text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    if text == "-0" { "0".to_owned() } else { text.replace('-', "−") }
}

fn written(number: String, name: &str, unit: &str) -> String {
    let giga = if name == "B" { "G" } else { name };
    match unit {
        "" => number + name,
        "%" | "‰" => number + name + unit,
        _ if unit.starts_with('°') => number + name + unit,
        _ if PREFIXED.contains(&unit) => number + " " + giga + unit,
        _ => number + name + " " + unit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (raw, round) in
            [(1.0, 1.0), (1.1, 2.0), (2.0, 2.0), (3.0, 5.0), (5.1, 10.0), (240.0, 500.0)]
        {
            assert!((step(raw) - round).abs() < 1e-9, "{raw}: {}", step(raw));
        }
        assert!((step(0.003) - 0.005).abs() < 1e-12);
    }

    #[test]
    fn an_axis_holds_its_data_between_round_marks() {
        let mut seed = 7_u64;
        let mut random = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f64::from((seed >> 33) as u32) / f64::from(1_u32 << 31)
        };
        for _ in 0..20_000 {
            let size = 10_f64.powf(random() * 30.0 - 12.0);
            let (a, b) = ((random() - 0.5) * size, (random() - 0.5) * size);
            let axis = Axis::around(a, b, 4);
            let marks = axis.marks();
            assert!(
                axis.low <= a.min(b) + size * 1e-6 && axis.high >= a.max(b) - size * 1e-6,
                "{a} {b} {axis:?}"
            );
            assert!((2..=8).contains(&marks.len()), "{a} {b} {axis:?} {marks:?}");
            assert!((0.0..=1.0).contains(&axis.part(a)));
            let labels: Vec<String> = marks.iter().map(|mark| axis.label(*mark, "")).collect();
            if axis.step > 1e-6 && axis.high < 1e15 {
                let mut different = labels.clone();
                different.dedup();
                assert_eq!(different, labels, "{a} {b} {axis:?}");
            }
        }
    }

    #[test]
    fn an_axis_of_one_value_has_room() {
        for value in [0.0, 5.0, -5.0, 1e18, -1e18, 1e-300, 0.1] {
            let axis = Axis::around(value, value, 4);
            assert!(axis.low < axis.high && axis.marks().len() >= 2, "{value} {axis:?}");
            assert!(axis.part(value).is_finite());
        }
    }

    #[test]
    fn marks_are_labelled_shortly() {
        let labels = |low, high, unit: &str| {
            let axis = Axis::around(low, high, 4);
            axis.marks().iter().map(|mark| axis.label(*mark, unit)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(0.0, 2500.0, ""), "0 1k 2k 3k");
        assert_eq!(labels(0.0, 2000.0, ""), "0 500 1k 1.5k 2k");
        assert_eq!(labels(0.0, 0.3, ""), "0 0.1 0.2 0.3");
        assert_eq!(labels(-40.0, 40.0, ""), "−40 −20 0 20 40");
        assert_eq!(labels(1000.0, 1003.0, ""), "1k 1.001k 1.002k 1.003k");
        assert_eq!(labels(0.0, 100.0, "%"), "0% 50% 100%");
        assert_eq!(labels(0.0, 4e9, "B"), "0 B 1 GB 2 GB 3 GB 4 GB");
        assert_eq!(labels(0.0, 4e9, ""), "0 1B 2B 3B 4B");
        assert_eq!(labels(0.0, 0.004, "ms"), "0 ms 0.001 ms 0.002 ms 0.003 ms 0.004 ms");
        assert_eq!(labels(0.0, 8e17, ""), "0 2e5T 4e5T 6e5T 8e5T");
    }

    #[test]
    fn amounts_are_compact() {
        let cases = [
            (0.0, "0"),
            (7.0, "7"),
            (3.14159, "3.14"),
            (31.41, "31.4"),
            (314.15, "314"),
            (999.4, "999"),
            (999.7, "1k"),
            (1234.0, "1.2k"),
            (12_345.0, "12.3k"),
            (125_499.0, "125k"),
            (999_960.0, "1M"),
            (3_400_000.0, "3.4M"),
            (-1500.0, "−1.5k"),
            (0.052, "0.052"),
            (-0.0001, "0"),
            (2e12, "2T"),
        ];
        for (value, text) in cases {
            assert_eq!(compact(value, ""), text, "{value}");
        }
        assert_eq!(compact(42.0, "%"), "42%");
        assert_eq!(compact(21.5, "°C"), "21.5°C");
        assert_eq!(compact(1500.0, "ms"), "1.5k ms");
        assert_eq!(compact(1500.0, "B/s"), "1.5 kB/s");
    }
}
