//! That amounts are as long, high and where they should be.

use umbrasil_charts::{Bars, ChartError, Columns, Lines, Picture, Tone};

use crate::seen::{CARD, PAPER, see, see_panel};

const BLUE: [u8; 3] = Tone::First.rgb();
/// 23 November 2026, 22:30 UTC.
const NOW: i64 = 1_795_473_000;

fn near(a: usize, b: usize, by: usize) -> bool {
    a.abs_diff(b) <= by
}

#[test]
fn columns_are_as_high_as_their_values() {
    let seen = see_panel(
        Columns::new("Months")
            .series("Income", Tone::Good)
            .series("Expenses", Tone::Bad)
            .column("Jun", [1000.0, 250.0]),
    );
    // Below the dots of the legend, in the middle of each column.
    let good = seen.bounds(Tone::Good.rgb()).unwrap();
    let bad = seen.bounds(Tone::Bad.rgb()).unwrap();
    assert_eq!(good.bottom, bad.bottom);
    let top = |colour: [u8; 3], right: usize| {
        let mut y = good.bottom;
        while seen.at(right - 20, y) == colour {
            y -= 1;
        }
        good.bottom - y
    };
    let (income, expenses) = (top(Tone::Good.rgb(), good.right), top(Tone::Bad.rgb(), bad.right));
    assert!(near(income, 280, 3), "{income}");
    assert!(near(expenses, 70, 3), "{expenses}");
    assert!(good.right < bad.right);
}

#[test]
fn of_many_columns_the_last_are_shown() {
    let mut columns = Columns::new("Days");
    for day in 0..100 {
        let value = if day < 40 { 9.0 } else { 1.0 };
        columns = columns.column(day.to_string(), [value]);
    }
    let seen = see_panel(columns);
    let bounds = seen.bounds(BLUE).unwrap();
    assert!(bounds.height() > 270, "the columns of 9 are not part of the scale: {bounds:?}");
    assert_eq!(seen.pieces(BLUE, bounds.bottom - 5), 60);
}

#[test]
fn bars_are_as_long_as_their_values() {
    let seen = see_panel(
        Bars::new("")
            .bar("a", 900.0, "900.00")
            .toned_bar("b", 300.0, "300.00", Tone::Second)
            .toned_bar("c", 0.0, "0.00", Tone::Third)
            .toned_bar("d", 0.001, "0.00", Tone::Fourth),
    );
    let longest = seen.bounds(BLUE).unwrap();
    let third = seen.bounds(Tone::Second.rgb()).unwrap();
    assert!(near(longest.width(), 3 * third.width(), 3), "{longest:?} {third:?}");
    assert_eq!(longest.left, third.left);
    assert!(near(third.top - longest.top, 56, 1), "{longest:?} {third:?}");
    assert_eq!(seen.bounds(Tone::Third.rgb()), None);
    assert!(seen.bounds(Tone::Fourth.rgb()).is_some(), "the smallest amount is seen");
    assert!(longest.width() > 600, "{longest:?}");
}

#[test]
fn bars_of_a_whole_leave_the_rest_grey() {
    let seen = see_panel(Bars::new("Disks").full(100.0).bar("/", 25.0, "25%"));
    let (bar, track) = (seen.bounds(BLUE).unwrap(), seen.bounds([0xee, 0xf0, 0xf4]).unwrap());
    let whole = track.right - bar.left + 1;
    assert!(near(4 * bar.width(), whole, 8), "{bar:?} {track:?}");
    let over = see_panel(Bars::new("Disks").full(100.0).bar("/", 250.0, "250%"));
    assert!(near(over.bounds(BLUE).unwrap().width(), whole, 20));
}

#[test]
fn more_bars_than_fit_are_counted() {
    let bars = |count: u32| {
        (0..count).fold(Bars::new("Bars"), |bars, index| bars.bar(index.to_string(), 5.0, "5"))
    };
    let rows = |count: u32, panels: u32| {
        let picture = (0..panels).fold(Picture::new("x"), |picture, _| picture.panel(bars(count)));
        let seen = see(&picture);
        let middle = seen.bounds(BLUE).unwrap();
        let x = usize::midpoint(middle.left, middle.right);
        (1..seen.height).filter(|y| seen.at(x, *y) == BLUE && seen.at(x, y - 1) != BLUE).count()
    };
    assert_eq!(rows(12, 1), 12);
    assert_eq!(rows(20, 1), 20);
    assert_eq!(rows(200, 1), 20);
    assert_eq!(rows(12, 2), 24);
    assert_eq!(rows(20, 2) % 2, 0);
    assert!((30..40).contains(&rows(20, 2)), "{}", rows(20, 2));
    let taller = see_panel(bars(21)).height - see_panel(bars(20)).height;
    assert!(near(taller, 56, 1), "{taller}");
}

#[test]
fn lines_go_where_their_values_are() {
    let line = |value: f64| {
        let points = (0..100).map(move |index| (NOW + index * 60, value));
        let lines = Lines::new("").unit("%").range(0.0, 100.0).series("cpu", Tone::First, points);
        let seen = see_panel(lines);
        // Right of the legend, left of the dot at the end.
        seen.within(BLUE, 400, 900).unwrap()
    };
    let (low, middle, high) = (line(0.0), line(50.0), line(100.0));
    assert!(middle.height() <= 5, "{middle:?}");
    assert!(near(low.top - high.top, 300, 2), "{low:?} {high:?}");
    assert!(near(middle.top - high.top, 150, 2), "{middle:?} {high:?}");
    assert_eq!(line(-7.0), low);
    assert_eq!(line(1e9), high);
}

#[test]
fn lines_break_where_nothing_was_measured() {
    let drawn = |missing: std::ops::Range<i64>| {
        let points = (0..100).filter(|index| !missing.contains(index));
        let points = points.map(|index| (NOW + index * 60, 50.0)).rev();
        let lines = Lines::new("").range(0.0, 100.0).series("", Tone::First, points);
        let seen = see_panel(lines);
        let line = seen.within(BLUE, 400, 500).unwrap();
        seen.pieces(BLUE, line.top + 1)
    };
    let whole = drawn(0..0);
    assert_eq!(drawn(60..62), whole, "two missing ones are bridged");
    assert_eq!(drawn(60..70), whole + 1);
}

#[test]
fn a_single_measurement_is_a_dot() {
    let seen = see_panel(Lines::new("").series("", Tone::First, [(NOW, 5.0)]));
    let dot = seen.within(BLUE, 200, 1080).unwrap();
    assert!(near(dot.width(), 14, 3) && near(dot.height(), 14, 3), "{dot:?}");
}

#[test]
fn short_peaks_are_not_lost() {
    let mut points: Vec<(i64, f64)> = (0..20_000).map(|index| (NOW + index, 10.0)).collect();
    points[12_345].1 = 100.0;
    points[13_345].1 = 0.0;
    let lines = Lines::new("").range(0.0, 100.0).series("", Tone::First, points);
    let line = see_panel(lines).within(BLUE, 400, 900).unwrap();
    assert!(line.height() > 290, "{line:?}");
}

#[test]
fn limits_are_dashed() {
    let points = (0..100).map(|index| (NOW + index * 60, 20.0));
    let lines = Lines::new("").range(0.0, 100.0).series("", Tone::First, points);
    let muted = [0x6a, 0x73, 0x80];
    let without = see_panel(lines.clone());
    let seen = see_panel(lines.limit("", 80.0));
    let line = seen.within(BLUE, 400, 900).unwrap();
    let y = line.top + 2 - 180;
    let dashes =
        |seen: &crate::seen::Seen| (y - 3..y + 3).map(|y| seen.pieces(muted, y)).max().unwrap();
    assert!(dashes(&seen) > 30 && dashes(&without) < 5, "{} {}", dashes(&seen), dashes(&without));
}

#[test]
fn the_local_time_moves_the_labels_only() {
    let lines = || {
        let points = (0..100).map(|index| (NOW + index * 60, 20.0));
        Lines::new("CPU").series("cpu", Tone::First, points)
    };
    let [utc, athens] = [0, 7200].map(|offset| see_panel(lines().offset_seconds(offset)));
    assert_eq!(utc.bounds(BLUE), athens.bounds(BLUE));
    assert_eq!(utc.height, athens.height);
    let differ = |range: std::ops::Range<usize>| {
        range
            .flat_map(|y| (0..1080).map(move |x| (x, y)))
            .any(|(x, y)| utc.at(x, y) != athens.at(x, y))
    };
    let line = utc.within(BLUE, 400, 900).unwrap();
    assert!(!differ(0..line.bottom) && differ(line.bottom..utc.height));
}

#[test]
fn other_data_is_another_picture_and_the_same_the_same() {
    let picture = |value: f64, label: &str| {
        Picture::new("x")
            .panel(Bars::new("b").bar("a", 900.0, "900").bar(label, value, "5"))
            .render()
    };
    assert_eq!(picture(5.0, "b").unwrap(), picture(5.0, "b").unwrap());
    assert_ne!(picture(5.0, "b").unwrap(), picture(300.0, "b").unwrap());
    assert_ne!(picture(5.0, "b").unwrap(), picture(5.0, "c").unwrap());
}

#[test]
fn nothing_says_so() {
    let words = |picture: Picture| {
        let seen = see(&picture);
        let ink = seen.bounds([0x6a, 0x73, 0x80]).expect("the words");
        assert!(ink.width() > 120 && ink.left > 400 && ink.right < 680, "{ink:?}");
        (seen.count(CARD), seen.count(PAPER))
    };
    words(Picture::new(""));
    let panels: [umbrasil_charts::Panel; 4] = [
        Columns::new("").series("Income", Tone::Good).into(),
        Bars::new("").into(),
        Lines::new("").series("cpu", Tone::First, []).limit("l", 5.0).into(),
        Lines::new("").series("cpu", Tone::First, [(NOW, f64::NAN), (i64::MAX, 5.0)]).into(),
    ];
    for panel in panels {
        words(Picture::new("").panel(panel));
    }
}

#[test]
fn a_picture_too_tall_is_refused_with_its_height() {
    let columns = || Columns::new("t").series("a", Tone::First).column("x", [1.0]);
    let picture = |count: usize| {
        (0..count).fold(Picture::new("t").subtitle("s"), |picture, _| picture.panel(columns()))
    };
    see(&picture(4));
    let error = picture(5).render().unwrap_err();
    assert!(matches!(error, ChartError::TooTall { height } if height > 2400), "{error}");
    assert!(String::from(error).contains("pixels tall"));
}
