//! The colours: what a caller may choose, and what the cards are made of.

/// The colour of a series or a bar.
///
/// `Good` and `Bad` mean something; `First` to `Fifth` only tell things apart, also for colour-blind people. Take them in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Income, success: green.
    Good,
    /// Expenses, failures: red.
    Bad,
    /// Blue.
    First,
    /// Orange.
    Second,
    /// Sky blue.
    Third,
    /// Plum.
    Fourth,
    /// Slate.
    Fifth,
}

impl Tone {
    /// The exact colour in the picture, as red, green and blue.
    #[must_use]
    pub const fn rgb(self) -> [u8; 3] {
        match self {
            Self::Good => [0x12, 0xa5, 0x82],
            Self::Bad => [0xe0, 0x4f, 0x4f],
            Self::First => [0x2f, 0x6b, 0xe0],
            Self::Second => [0xf0, 0x95, 0x0c],
            Self::Third => [0x5c, 0xbd, 0xee],
            Self::Fourth => [0xa8, 0x3f, 0x8f],
            Self::Fifth => [0x4a, 0x55, 0x68],
        }
    }
}

/// An opaque colour: red, green, blue.
pub(crate) type Ink = [u8; 3];

/// Behind the cards.
pub(crate) const PAPER: Ink = [0xf1, 0xf3, 0xf6];
pub(crate) const CARD: Ink = [0xff, 0xff, 0xff];
/// Around the cards, so that they stand off on a bad screen too.
pub(crate) const EDGE: Ink = [0xe3, 0xe6, 0xeb];
pub(crate) const GRID: Ink = [0xe6, 0xe9, 0xee];
/// The line that amounts stand on.
pub(crate) const BASE: Ink = [0xb9, 0xc0, 0xca];
/// What a bar could fill.
pub(crate) const TRACK: Ink = [0xee, 0xf0, 0xf4];
pub(crate) const TEXT: Ink = [0x1b, 0x20, 0x29];
pub(crate) const MUTED: Ink = [0x6a, 0x73, 0x80];
