//! Draws one of everything into a folder, to be looked at: `cargo run --release --example gallery -- FOLDER`.

#![allow(clippy::print_stdout, reason = "it is for people at a terminal")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use umbrasil_charts::{Bars, Columns, Lines, Picture, Tone};

/// 23 November 2026, 22:30 UTC.
const NOW: i64 = 1_795_473_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&folder)?;
    for (name, picture) in [
        ("month", month()),
        ("machine", machine()),
        ("days", days()),
        ("five", five()),
        ("little", little()),
        ("odd", odd()),
        ("tall", tall()),
        ("empty", Picture::new("December 2026").subtitle("EUR")),
    ] {
        let start = Instant::now();
        let png = picture.render()?;
        println!("{name}: {:?}, {} KB", start.elapsed(), png.len() / 1024);
        std::fs::write(folder.join(format!("{name}.png")), png)?;
    }
    Ok(())
}

fn month() -> Picture {
    let months = [
        ("Jun", 2500.0, 1200.0),
        ("Jul", 2500.0, 900.5),
        ("Aug", 3120.0, 2210.0),
        ("Sep", 2500.0, 1850.0),
        ("Oct", 2500.0, 2740.0),
        ("Nov", 2650.0, 1312.4),
    ];
    let columns =
        Columns::new("Last 6 months").series("Income", Tone::Good).series("Expenses", Tone::Bad);
    let columns = months.into_iter().fold(columns, |columns, (label, income, expenses)| {
        columns.column(label, [income, expenses])
    });
    Picture::new("November 2026").subtitle("EUR").panel(columns).panel(
        Bars::new("Expenses by category")
            .tone(Tone::Bad)
            .bar("rent", 900.0, "900.00")
            .bar("food", 312.4, "312.40")
            .bar("transport", 71.0, "71.00")
            .bar("café & restaurants", 29.0, "29.00")
            .bar("4 others", 3.5, "3.50"),
    )
}

fn noise(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    f64::from((*seed >> 33) as u32) / f64::from(1_u32 << 31)
}

fn walk(seed: u64, count: i64, every: i64, around: f64, wide: f64) -> Vec<(i64, f64)> {
    let mut seed = seed;
    let mut at = around;
    (0..count)
        .map(|index| {
            at += (around - at) * 0.03 + (noise(&mut seed) - 0.5) * wide;
            (NOW - (count - index) * every, at.max(0.0))
        })
        .collect()
}

fn machine() -> Picture {
    let mut cpu = walk(3, 1440, 60, 35.0, 14.0);
    cpu.drain(600..760);
    Picture::new("raven")
        .subtitle("Last 24 hours")
        .panel(
            Lines::new("CPU")
                .unit("%")
                .range(0.0, 100.0)
                .series("cpu", Tone::First, cpu)
                .limit("threshold 80%", 80.0)
                .offset_seconds(7200),
        )
        .panel(
            Lines::new("Network")
                .unit("B/s")
                .series("received", Tone::First, walk(5, 288, 300, 3.1e6, 9e5))
                .series("sent", Tone::Second, walk(8, 288, 300, 1.1e6, 4e5))
                .offset_seconds(7200),
        )
        .panel(
            Bars::new("Disks")
                .full(100.0)
                .bar("/", 43.0, "43% of 80 GB")
                .toned_bar("/var/lib/docker", 91.0, "91% of 200 GB", Tone::Bad)
                .bar("/boot", 12.0, "12% of 512 MB"),
        )
}

fn days() -> Picture {
    let mut seed = 5;
    let mut columns = Columns::new("Each day").series("Expenses", Tone::Bad);
    for day in 1..=30 {
        columns = columns.column(format!("{day} Nov"), [(noise(&mut seed) * 90.0 - 20.0).max(0.0)]);
    }
    let mut year = Columns::new("Net worth");
    for label in ["Q1", "Q2", "Q3", "Q4"] {
        year = year.column(label, [1e5 + noise(&mut seed) * 3e5]);
    }
    let weeks = walk(9, 90, 86_400, 78.0, 0.8);
    let (year, weeks) =
        (year, Lines::new("Weight").unit("kg").series("weight", Tone::Fourth, weeks));
    Picture::new("Everything of this autumn, day by day, and more than fits")
        .panel(columns)
        .panel(year)
        .panel(weeks)
}

fn five() -> Picture {
    let tones = [Tone::First, Tone::Second, Tone::Third, Tone::Fourth, Tone::Fifth];
    let names = ["raven", "owl", "kestrel", "woodpecker", "a server with quite a long name"];
    let mut lines = Lines::new("Latency of 5 servers").unit("ms").limit("slow", 350.0);
    let mut columns = Columns::new("Requests").unit("requests");
    for ((tone, name), index) in tones.into_iter().zip(names).zip(1_u32..) {
        let points = walk(u64::from(index), 2000, 30, f64::from(index) * 60.0, 30.0);
        lines = lines.series(name, tone, points);
        columns = columns.series(name, tone);
    }
    for label in ["Mon", "Tue", "Wed"] {
        columns = columns.column(label, [12e3, 22e3, 31e3, 27e3, 19e3]);
    }
    Picture::new("Servers").panel(lines).panel(columns)
}

fn little() -> Picture {
    Picture::new("Little data")
        .panel(Lines::new("One sample").series("one sample", Tone::Good, [(NOW, 5.0)]))
        .panel(Lines::new("All equal").unit("°C").series(
            "t",
            Tone::Second,
            walk(1, 50, 3, 21.0, 0.0),
        ))
        .panel(Lines::new("Nothing").series("none", Tone::First, []))
        .panel(
            Columns::new("All zero")
                .series("x", Tone::First)
                .column("Mon", [0.0])
                .column("Tue", [0.0]),
        )
        .panel(Bars::new("One bar").bar("rent", 900.0, "900.00"))
}

fn odd() -> Picture {
    Picture::new("🦉 食費 <b>odd</b> & \u{202e}strange\n texts")
        .subtitle("long ".repeat(2000))
        .panel(
            Bars::new("🍔🍟")
                .bar("🍔 burgers", 3.0, "€3.00")
                .bar("食費と住居費", 2.0, "¥2,000")
                .bar(
                    "a very long label that nobody would ever write",
                    1.0,
                    "and a value just as long, longer than this",
                )
                .bar("🦊", -5.0, "−5.00")
                .bar("Продукты", f64::NAN, "NaN")
                .bar("Ενοίκιο", f64::INFINITY, "∞")
                .bar("", 1e-9, ""),
        )
        .panel(
            Columns::new("Huge & negative")
                .series("a", Tone::First)
                .series("b", Tone::Second)
                .column("a label far longer than its column", [1e300, -4.0])
                .column("another label far longer than its column", [3e17, 4e17])
                .column("b", []),
        )
        .panel(Lines::new("Below zero").unit("widgets per fortnight").series(
            "s",
            Tone::Bad,
            (0..200).map(|i| (NOW + i * 86_400 * 9, 40.0 * (f64::from(i as i32) / 15.0).sin())),
        ))
}

fn tall() -> Picture {
    let bars = |title: &str| {
        (1..=30).fold(Bars::new(title), |bars, index| {
            bars.bar(format!("category {index}"), f64::from(40 - index), format!("{index}.00"))
        })
    };
    Picture::new("Too many bars").panel(bars("First")).panel(bars("Second"))
}
