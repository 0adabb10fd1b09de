//! A picture as its reader gets it.

use umbrasil_charts::{Panel, Picture};

pub(crate) const PAPER: [u8; 3] = [0xf1, 0xf3, 0xf6];
pub(crate) const CARD: [u8; 3] = [0xff, 0xff, 0xff];

pub(crate) struct Seen {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pixels: Vec<[u8; 3]>,
}

/// Where a colour is: the first and last column and row that have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) top: usize,
    pub(crate) bottom: usize,
}

impl Bounds {
    pub(crate) fn width(&self) -> usize {
        self.right - self.left + 1
    }

    pub(crate) fn height(&self) -> usize {
        self.bottom - self.top + 1
    }
}

/// Draws `picture`, decodes it with what every reader has, and checks what holds for all of them.
pub(crate) fn see(picture: &Picture) -> Seen {
    let png = picture.render().unwrap();
    assert!(png.len() <= 150 * 1024, "{} bytes", png.len());
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    let seen = Seen {
        width: info.width as usize,
        height: info.height as usize,
        pixels: bytes.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(),
    };
    assert_eq!(seen.width, 1080);
    assert!(seen.height <= 2400, "{}", seen.height);
    // Nothing reaches the edges: no text and no shape leaves the picture.
    for y in 0..seen.height {
        for x in (0..26).chain(1054..1080) {
            assert_eq!(seen.at(x, y), PAPER, "{x} {y}");
        }
    }
    seen
}

pub(crate) fn see_panel(panel: impl Into<Panel>) -> Seen {
    see(&Picture::new("").panel(panel))
}

impl Seen {
    pub(crate) fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.pixels[y * self.width + x]
    }

    pub(crate) fn count(&self, colour: [u8; 3]) -> usize {
        self.pixels.iter().filter(|pixel| **pixel == colour).count()
    }

    /// Where `colour` is among the columns from `left` to `right`.
    pub(crate) fn within(&self, colour: [u8; 3], left: usize, right: usize) -> Option<Bounds> {
        let mut bounds: Option<Bounds> = None;
        for y in 0..self.height {
            for x in left..right {
                if self.at(x, y) == colour {
                    let old = bounds.unwrap_or(Bounds { left: x, right: x, top: y, bottom: y });
                    bounds = Some(Bounds {
                        left: old.left.min(x),
                        right: old.right.max(x),
                        top: old.top,
                        bottom: y,
                    });
                }
            }
        }
        bounds
    }

    pub(crate) fn bounds(&self, colour: [u8; 3]) -> Option<Bounds> {
        self.within(colour, 0, self.width)
    }

    /// How many pieces of `colour` the row `y` has.
    pub(crate) fn pieces(&self, colour: [u8; 3], y: usize) -> usize {
        let row: Vec<bool> = (0..self.width).map(|x| self.at(x, y) == colour).collect();
        row.windows(2).filter(|pair| !pair[0] && pair[1]).count()
    }
}
