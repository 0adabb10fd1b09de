//! That the tones differ, for people who see red, green or blue like something else too.

use umbrasil_charts::Tone;

/// What dichromats see of linear red, green and blue, after Machado, Oliveira and Fernandes (2009); and the colours as they are.
const SIGHTS: [(&str, [[f64; 3]; 3]); 4] = [
    ("all", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("no red", [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    ("no green", [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    ("no blue", [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
];
const TO_XYZ: [[f64; 3]; 3] =
    [[0.4339, 0.3762, 0.1899], [0.2127, 0.7152, 0.0722], [0.0178, 0.1095, 0.8729]];

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

/// CIELAB, white at 1.
fn lab(sight: [[f64; 3]; 3], colour: [u8; 3]) -> [f64; 3] {
    let linear = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    let seen = times(sight, linear).map(|part| part.clamp(0.0, 1.0));
    let [x, y, z] = times(TO_XYZ, seen)
        .map(|part| if part > 0.008_856 { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn far(sight: [[f64; 3]; 3], a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (lab(sight, a), lab(sight, b));
    a.into_iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn tones_are_told_apart_by_everyone() {
    let tones = [Tone::First, Tone::Second, Tone::Third, Tone::Fourth, Tone::Fifth];
    for (name, sight) in SIGHTS {
        let judged = far(sight, Tone::Good.rgb(), Tone::Bad.rgb());
        assert!(judged > 25.0, "good and bad, {name}: {judged}");
        for (index, a) in tones.iter().enumerate() {
            let card = far(sight, a.rgb(), [255, 255, 255]);
            assert!(card > 25.0, "{a:?} on a card, {name}: {card}");
            for b in &tones[index + 1..] {
                let apart = far(sight, a.rgb(), b.rgb());
                assert!(apart > 22.0, "{a:?} and {b:?}, {name}: {apart}");
            }
        }
    }
}
