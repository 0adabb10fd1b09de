//! Text to shapes: which characters are drawn, how wide a line is, where it is cut.

use ab_glyph::{Font as _, FontRef, GlyphId, InvalidFont, PxScale, ScaleFont as _};

use crate::tone::Ink;

static REGULAR: &[u8] = include_bytes!("../fonts/inter-regular.otf");
static SEMIBOLD: &[u8] = include_bytes!("../fonts/inter-semibold.otf");

/// Longer texts never fit; reading them to the end would only cost time.
const MOST_SHAPES: usize = 300;
/// A box for a letter that the font lacks, in ems.
const BOX_ADVANCE: f32 = 0.66;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Semibold,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    /// Pixels an em.
    pub(crate) size: f32,
    pub(crate) ink: Ink,
}

impl Style {
    pub(crate) const fn regular(size: f32, ink: Ink) -> Self {
        Self { weight: Weight::Regular, size, ink }
    }

    pub(crate) const fn semibold(size: f32, ink: Ink) -> Self {
        Self { weight: Weight::Semibold, size, ink }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Glyph(GlyphId),
    /// A letter that the font lacks.
    Box,
    Space,
}

/// One line of text, measured.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) style: Style,
    pub(crate) width: f32,
    /// What is drawn, and how far right of the line's start.
    pub(crate) shapes: Vec<(Shape, f32)>,
}

pub(crate) struct Fonts {
    regular: FontRef<'static>,
    semibold: FontRef<'static>,
}

impl Fonts {
    pub(crate) fn new() -> Result<Self, InvalidFont> {
        Ok(Self {
            regular: FontRef::try_from_slice(REGULAR)?,
            semibold: FontRef::try_from_slice(SEMIBOLD)?,
        })
    }

    pub(crate) fn face(&self, weight: Weight) -> &FontRef<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Semibold => &self.semibold,
        }
    }

    /// What `ab_glyph` calls the scale: the height of a line, where we speak of ems.
    pub(crate) fn scale(&self, style: Style) -> PxScale {
        let face = self.face(style.weight);
        let em = face.units_per_em().unwrap_or(1000.0);
        PxScale::from(style.size * face.height_unscaled() / em)
    }

    /// One line of `text`, at most `most` pixels wide: what is longer ends in `…`.
    pub(crate) fn line(&self, text: &str, style: Style, most: f32) -> Line {
        let mut shapes = self.shapes(text, style.weight);
        let face = self.face(style.weight).as_scaled(self.scale(style));
        let advance = |shape: &Shape| match shape {
            Shape::Glyph(id) => face.h_advance(*id),
            Shape::Box => BOX_ADVANCE * style.size,
            Shape::Space => face.h_advance(face.glyph_id(' ')),
        };
        let mut width: f32 = shapes.iter().map(advance).sum();
        if width > most {
            let ellipsis = Shape::Glyph(face.glyph_id('…'));
            let room = most - advance(&ellipsis);
            while width > room || shapes.last() == Some(&Shape::Space) {
                let Some(last) = shapes.pop() else { break };
                width -= advance(&last);
            }
            if room >= 0.0 {
                shapes.push(ellipsis);
            }
        }
        let mut right = 0.0;
        let placed = shapes.into_iter().map(|shape| {
            let left = right;
            right += advance(&shape);
            (shape, left)
        });
        let shapes = placed.collect();
        Line { style, width: right, shapes }
    }

    /// Spaces of any kind become one; letters that the font lacks a box; emoji, marks and controls nothing, unless nothing else is left.
    fn shapes(&self, text: &str, weight: Weight) -> Vec<Shape> {
        let face = self.face(weight);
        let mut shapes = Vec::new();
        let mut dropped = false;
        for character in text.chars().take(20 * MOST_SHAPES) {
            let id = face.glyph_id(character);
            if character.is_whitespace() {
                if shapes.last().is_some_and(|last| *last != Shape::Space) {
                    shapes.push(Shape::Space);
                }
            } else if character == '\u{ad}' || character.is_control() {
                // A soft hyphen has a glyph, and is not meant to be seen.
            } else if id.0 != 0 {
                shapes.push(Shape::Glyph(id));
            } else if character.is_alphanumeric() {
                shapes.push(Shape::Box);
            } else {
                dropped = true;
            }
            if shapes.len() == MOST_SHAPES {
                break;
            }
        }
        if shapes.last() == Some(&Shape::Space) {
            shapes.pop();
        }
        if shapes.is_empty() && dropped {
            shapes.push(Shape::Box);
        }
        shapes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style::regular(30.0, [0, 0, 0]);

    #[test]
    fn lines_are_cut_where_they_end() {
        let fonts = Fonts::new().unwrap();
        let whole = fonts.line("groceries and more", STYLE, 1000.0);
        let cut = fonts.line("groceries and more", STYLE, 160.0);
        assert!(cut.width <= 160.0 && cut.width > 120.0, "{}", cut.width);
        assert!(whole.width > 200.0);
        let dots = fonts.line("…", STYLE, 100.0);
        assert_eq!(cut.shapes.last().unwrap().0, dots.shapes[0].0);
        assert!(fonts.line("groceries", STYLE, 3.0).shapes.is_empty());
        let long = "long ".repeat(2000);
        assert!(fonts.line(&long, STYLE, 500.0).width <= 500.0);
    }

    #[test]
    fn what_the_font_lacks_leaves_no_hole() {
        let fonts = Fonts::new().unwrap();
        let width = |text: &str| fonts.line(text, STYLE, 1000.0).width;
        assert!((width("🍔 food 👩‍👩‍👧") - width("food")).abs() < 0.01);
        assert!((width(" a \n\t b\u{a0}") - width("a b")).abs() < 0.01);
        assert!((width("e\u{301}\u{ad}x") - width("ex")).abs() < 0.01);
        assert_eq!(fonts.line("食費", STYLE, 1000.0).shapes.len(), 2);
        assert_eq!(fonts.line("🍔🍟", STYLE, 1000.0).shapes.len(), 1);
        assert!(fonts.line("", STYLE, 1000.0).shapes.is_empty());
        for text in ["Łódź €5 → Жук, Ωμέγα", "−½ ≈ ∞ ✓ №"] {
            let line = fonts.line(text, STYLE, 1000.0);
            assert!(line.shapes.iter().all(|(shape, _)| *shape != Shape::Box), "{text}");
        }
    }

    #[test]
    fn digits_are_of_one_width() {
        let fonts = Fonts::new().unwrap();
        let width = |text: &str| fonts.line(text, STYLE, 1000.0).width;
        assert!((width("1111.11") - width("8808.50")).abs() < 0.01);
    }
}
