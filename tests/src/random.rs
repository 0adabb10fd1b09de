//! Random numbers that a failed test can be run again with.

use std::ops::Range;

/// `SplitMix64`.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Takes the seed from `UMBRASIL_TEST_SEED` or the clock, and prints it: the output of a failed test is
    /// shown.
    #[allow(
        clippy::print_stderr,
        clippy::disallowed_methods,
        reason = "a test that fails says why"
    )]
    pub fn seeded() -> Self {
        let given = std::env::var("UMBRASIL_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
        let seed = given.unwrap_or_else(|| u64::try_from(now).unwrap());
        eprintln!("UMBRASIL_TEST_SEED={seed}");
        Self(seed)
    }

    /// A number in `range`.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        range.start + (mixed ^ (mixed >> 31)) % (range.end - range.start)
    }
}
