//! What no caller should pass, and some will: it is drawn somehow, and never panics.

use umbrasil_charts::{Bars, Columns, Lines, Picture, Tone};

use crate::seen::see;

const VALUES: [f64; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-300,
    -1e-300,
    1e300,
    -1e300,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];
const TIMES: [i64; 8] =
    [0, 1, -1, i64::MAX, i64::MIN, 253_402_300_799, -62_135_596_800, 1_795_473_000];

fn texts() -> Vec<String> {
    let mut texts: Vec<String> =
        ["", " ", "\n\t\0", "🦉", "食費", "<b>&amp;</b>", "a\u{301}\u{202e}b", "עברית", "\u{ad}"]
            .map(str::to_owned)
            .to_vec();
    texts.push("W".repeat(10_000));
    texts.push("🦉".repeat(10_000));
    texts.push("long words ".repeat(1000));
    texts
}

#[test]
fn every_text_is_drawn_inside() {
    for text in texts() {
        let picture = Picture::new(&text)
            .subtitle(&text)
            .panel(Bars::new(&text).bar(&text, 5.0, &text).bar("b", 2.0, "2"))
            .panel(
                Columns::new(&text)
                    .unit(&text)
                    .series(&text, Tone::First)
                    .series(&text, Tone::Second)
                    .column(&text, [1.0, 2.0])
                    .column(&text, [3.0, 4.0]),
            )
            .panel(
                Lines::new(&text)
                    .unit(&text)
                    .series(&text, Tone::First, [(5, 1.0), (60, 2.0)])
                    .limit(&text, 1.5),
            );
        see(&picture);
    }
}

#[test]
fn every_number_is_drawn_inside() {
    for a in VALUES {
        for b in [-1.0, 7e17, f64::MAX, f64::NAN] {
            let points = TIMES.into_iter().zip([a, b].into_iter().cycle());
            let picture = Picture::new("Numbers")
                .panel(Bars::new("bars").full(b).bar("a", a, "a").bar("b", b, "b"))
                .panel(
                    Columns::new("columns")
                        .series("s", Tone::Good)
                        .column("a", [a, b])
                        .column("b", [b]),
                )
                .panel(
                    Lines::new("lines")
                        .range(a, b)
                        .series("l", Tone::Bad, points.clone())
                        .limit("x", b),
                )
                .panel(
                    Lines::new("free")
                        .series("l", Tone::Bad, points)
                        .limit("x", a)
                        .offset_seconds(i64::MIN),
                );
            see(&picture);
        }
    }
}

#[test]
fn every_pair_of_times_is_drawn_inside() {
    for a in TIMES {
        let lines = |b: i64, offset: i64| {
            let points = [(a, 1.0), (b, 2.0), (a, 3.0)];
            Lines::new("").series("s", Tone::First, points).offset_seconds(offset)
        };
        for pair in TIMES.chunks_exact(2) {
            let [b, c] = [pair[0], pair[1]];
            let picture = Picture::new("t").panel(lines(b, 0)).panel(lines(b, i64::MAX));
            see(&picture.panel(lines(c, 0)).panel(lines(c, i64::MIN)));
        }
    }
}

#[test]
fn too_much_of_everything_is_cut() {
    let mut columns = Columns::new("columns");
    let mut lines = Lines::new("lines");
    for series in 0..50_i32 {
        columns = columns.series(format!("series {series}"), Tone::Second);
        let points = (0..4000_i32).map(|at| (i64::from(at) * 30, f64::from(series + at % 7)));
        lines = lines.series(format!("series {series}"), Tone::Fourth, points);
        lines = lines.limit(format!("limit {series}"), f64::from(series));
    }
    for column in 0..1000 {
        columns = columns.column(format!("column {column}"), (0..50).map(f64::from));
    }
    let bars = (0..1000).fold(Bars::new("bars"), |bars, index| {
        bars.bar(format!("bar {index}"), f64::from(index), format!("{index}.00"))
    });
    see(&Picture::new("Much").panel(columns).panel(lines).panel(bars));
}
