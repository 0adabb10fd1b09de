//! Pixels to PNG: one byte a pixel and a palette of 256 colours, which flat charts hardly fill. A quarter of the work, a third of the size.

use png::{BitDepth, ColorType, DeflateCompression, Encoder, EncodingError, Filter};
use tiny_skia::Pixmap;

/// Places in the table of colours, a power of two. Charts have a few hundred colours; those beyond are drawn in the nearest one.
const PLACES: usize = 1 << 14;
const PALETTE: usize = 256;
/// How hard to press: beyond it the time doubles and the picture stays.
const LEVEL: u8 = 4;

pub(crate) fn png(pixmap: &Pixmap) -> Result<Vec<u8>, EncodingError> {
    let mut colours = Colours::new();
    let mut last = None;
    let mut run = 0;
    for colour in pixels(pixmap) {
        if last == Some(colour) {
            run += 1;
            continue;
        }
        if let Some(last) = last {
            colours.count(last, run);
        }
        (last, run) = (Some(colour), 1);
    }
    if let Some(last) = last {
        colours.count(last, run);
    }
    let palette = colours.settle();

    let mut indices = Vec::with_capacity(pixmap.pixels().len());
    let mut last = (u32::MAX, 0);
    for colour in pixels(pixmap) {
        if colour != last.0 {
            last = (colour, colours.index(colour, &palette));
        }
        indices.push(last.1);
    }

    let mut bytes = Vec::with_capacity(64 * 1024);
    let mut encoder = Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette.iter().flat_map(|colour| rgb(*colour)).collect::<Vec<u8>>());
    encoder.set_deflate_compression(DeflateCompression::Level(LEVEL));
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indices)?;
    writer.finish()?;
    Ok(bytes)
}

fn pixels(pixmap: &Pixmap) -> impl Iterator<Item = u32> {
    pixmap.pixels().iter().map(|pixel| {
        u32::from(pixel.red()) << 16 | u32::from(pixel.green()) << 8 | u32::from(pixel.blue())
    })
}

fn rgb(colour: u32) -> [u8; 3] {
    let [_, red, green, blue] = colour.to_be_bytes();
    [red, green, blue]
}

#[derive(Clone, Copy)]
struct Place {
    colour: u32,
    pixels: u32,
    index: u8,
}

/// The colours of a picture, found by their hash. An own table, for speed and since its order must be the same in each run.
struct Colours {
    places: Vec<Option<Place>>,
    used: usize,
}

impl Colours {
    fn new() -> Self {
        Self { places: vec![None; PLACES], used: 0 }
    }

    /// Where `colour` is, or the free place where it would be. There always is one: the table is never filled.
    fn place(&mut self, colour: u32) -> Option<&mut Option<Place>> {
        let start = (colour.wrapping_mul(0x9e37_79b1) >> 16) as usize;
        let at = (0..PLACES).map(|step| (start + step) % PLACES).find(|at| {
            self.places
                .get(*at)
                .is_some_and(|place| place.is_none_or(|place| place.colour == colour))
        })?;
        self.places.get_mut(at)
    }

    fn count(&mut self, colour: u32, pixels: u32) {
        let full = self.used >= PLACES / 2;
        match self.place(colour) {
            Some(Some(place)) => place.pixels += pixels,
            Some(free) if !full => {
                *free = Some(Place { colour, pixels, index: 0 });
                self.used += 1;
            }
            _ => {}
        }
    }

    /// Chooses the palette: the colours that most pixels have. The others get the nearest of them.
    fn settle(&mut self) -> Vec<u32> {
        let mut found: Vec<(u32, u32)> =
            self.places.iter().flatten().map(|place| (place.pixels, place.colour)).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        let palette: Vec<u32> = found.iter().take(PALETTE).map(|(_, colour)| *colour).collect();
        for place in self.places.iter_mut().flatten() {
            place.index = nearest(place.colour, &palette);
        }
        palette
    }

    fn index(&mut self, colour: u32, palette: &[u32]) -> u8 {
        match self.place(colour) {
            Some(Some(place)) => place.index,
            _ => nearest(colour, palette),
        }
    }
}

fn nearest(colour: u32, palette: &[u32]) -> u8 {
    let far = |other: u32| -> u32 {
        let parts = rgb(colour).into_iter().zip(rgb(other));
        parts.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let best = palette.iter().enumerate().min_by_key(|(_, other)| far(**other));
    best.map_or(0, |(index, _)| index as u8)
}
