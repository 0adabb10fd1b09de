//! The sheet that panels draw on: shapes by tiny-skia, letters by `ab_glyph`. Nothing falls off its edges.

use ab_glyph::{Font as _, GlyphId, Point, point};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash,
    Transform,
};

use crate::text::{Fonts, Line, Shape, Style};
use crate::tone::Ink;

/// Shades of a letter's edge. Few, so that a picture has few colours; more could not be seen.
const SHADES: f32 = 16.0;
/// Four of these make a circle: how far its handles are, in radii.
const ROUND: f32 = 0.552_285;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

pub(crate) struct Canvas<'a> {
    pub(crate) fonts: &'a Fonts,
    pixmap: Pixmap,
}

impl<'a> Canvas<'a> {
    /// Nothing if there is no such size.
    pub(crate) fn new(fonts: &'a Fonts, width: u32, height: u32, paper: Ink) -> Option<Self> {
        let mut pixmap = Pixmap::new(width, height)?;
        pixmap.fill(colour(paper, 1.0));
        Some(Self { fonts, pixmap })
    }

    pub(crate) fn into_pixmap(self) -> Pixmap {
        self.pixmap
    }

    pub(crate) fn rect(&mut self, left: f32, top: f32, width: f32, height: f32, ink: Ink) {
        if let Some(rect) = Rect::from_xywh(left, top, width, height) {
            self.pixmap.fill_rect(rect, &paint(ink, 1.0), Transform::identity(), None);
        }
    }

    /// `top_round` and `bottom_round` are the radii of the corners, at most half of what is there.
    pub(crate) fn rounded(&mut self, rect: [f32; 4], top_round: f32, bottom_round: f32, ink: Ink) {
        let [left, top, width, height] = rect;
        let (right, bottom) = (left + width, top + height);
        let most = (width / 2.0).min(if bottom_round > 0.0 { height / 2.0 } else { height });
        let (a, b) = (top_round.min(most), bottom_round.min(most));
        let (ak, bk) = (a * (1.0 - ROUND), b * (1.0 - ROUND));
        let mut path = PathBuilder::new();
        path.move_to(left, top + a);
        path.cubic_to(left, top + ak, left + ak, top, left + a, top);
        path.line_to(right - a, top);
        path.cubic_to(right - ak, top, right, top + ak, right, top + a);
        path.line_to(right, bottom - b);
        path.cubic_to(right, bottom - bk, right - bk, bottom, right - b, bottom);
        path.line_to(left + b, bottom);
        path.cubic_to(left + bk, bottom, left, bottom - bk, left, bottom - b);
        path.close();
        self.fill(path.finish(), ink, 1.0);
    }

    pub(crate) fn dot(&mut self, x: f32, y: f32, radius: f32, ink: Ink) {
        self.fill(PathBuilder::from_circle(x, y, radius), ink, 1.0);
    }

    /// A line through `points`, in order.
    pub(crate) fn polyline(&mut self, points: &[(f32, f32)], width: f32, ink: Ink) {
        // Round joins cost much, and between points a pixel or two apart they are never seen.
        let join = if points.len() > 250 { LineJoin::Bevel } else { LineJoin::Round };
        let stroke =
            Stroke { width, line_cap: LineCap::Round, line_join: join, ..Stroke::default() };
        if let Some(path) = through(points).finish() {
            self.pixmap.stroke_path(&path, &paint(ink, 1.0), &stroke, Transform::identity(), None);
        }
    }

    pub(crate) fn dashed(&mut self, left: f32, right: f32, y: f32, width: f32, ink: Ink) {
        let stroke =
            Stroke { width, dash: StrokeDash::new(vec![12.0, 9.0], 0.0), ..Stroke::default() };
        if let Some(path) = through(&[(left, y), (right, y)]).finish() {
            self.pixmap.stroke_path(&path, &paint(ink, 1.0), &stroke, Transform::identity(), None);
        }
    }

    /// What lies between `points` and the line at `floor`, in a thin wash of `ink`.
    pub(crate) fn wash(&mut self, points: &[(f32, f32)], floor: f32, ink: Ink, alpha: f32) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let mut path = through(points);
        path.line_to(last.0, floor);
        path.line_to(first.0, floor);
        path.close();
        self.fill(path.finish(), ink, alpha);
    }

    /// Draws `text` in one line at most `most` pixels wide, and says how wide it became.
    pub(crate) fn text(
        &mut self,
        text: &str,
        style: Style,
        (x, baseline): (f32, f32),
        align: Align,
        most: f32,
    ) -> f32 {
        let line = self.fonts.line(text, style, most);
        self.line(&line, (x, baseline), align);
        line.width
    }

    pub(crate) fn line(&mut self, line: &Line, (x, baseline): (f32, f32), align: Align) {
        let left = match align {
            Align::Left => x,
            Align::Centre => x - line.width / 2.0,
            Align::Right => x - line.width,
        };
        for (shape, offset) in &line.shapes {
            let at = point(left + offset, baseline.round());
            match shape {
                Shape::Glyph(id) => self.glyph(*id, at, line.style),
                Shape::Box => self.missing(at, line.style),
                Shape::Space => {}
            }
        }
    }

    fn fill(&mut self, path: Option<Path>, ink: Ink, alpha: f32) {
        if let Some(path) = path {
            self.pixmap.fill_path(
                &path,
                &paint(ink, alpha),
                FillRule::Winding,
                Transform::identity(),
                None,
            );
        }
    }

    fn glyph(&mut self, id: GlyphId, at: Point, style: Style) {
        let scale = self.fonts.scale(style);
        let glyph = id.with_scale_and_position(scale, at);
        let Some(outline) = self.fonts.face(style.weight).outline_glyph(glyph) else { return };
        let (width, height) = (self.pixmap.width() as i32, self.pixmap.height() as i32);
        let (left, top) = (outline.px_bounds().min.x as i32, outline.px_bounds().min.y as i32);
        let pixels = self.pixmap.data_mut();
        outline.draw(|x, y, coverage| {
            let (x, y) = (left + x as i32, top + y as i32);
            let cover = (coverage.min(1.0) * SHADES).round() / SHADES;
            if cover <= 0.0 || !(0..width).contains(&x) || !(0..height).contains(&y) {
                return;
            }
            let start = 4 * (y * width + x) as usize;
            let Some(pixel) = pixels.get_mut(start..start + 3) else { return };
            for (under, over) in pixel.iter_mut().zip(style.ink) {
                let (below, above) = (f32::from(*under), f32::from(over));
                *under = (below + (above - below) * cover).round() as u8;
            }
        });
    }

    /// The box that stands for a letter which the font lacks.
    fn missing(&mut self, at: Point, style: Style) {
        let em = style.size;
        let [left, top] = [at.x + 0.09 * em, at.y - 0.7 * em];
        let path = PathBuilder::from_rect(match Rect::from_xywh(left, top, 0.48 * em, 0.68 * em) {
            Some(rect) => rect,
            None => return,
        });
        let stroke = Stroke { width: em / 16.0, ..Stroke::default() };
        let paint = paint(style.ink, 0.45);
        self.pixmap.stroke_path(&path, &paint, &stroke, Transform::identity(), None);
    }
}

fn through(points: &[(f32, f32)]) -> PathBuilder {
    let mut path = PathBuilder::with_capacity(points.len() + 4, points.len() + 4);
    let mut points = points.iter();
    if let Some(&(x, y)) = points.next() {
        path.move_to(x, y);
    }
    for &(x, y) in points {
        path.line_to(x, y);
    }
    path
}

fn colour([red, green, blue]: Ink, alpha: f32) -> Color {
    Color::from_rgba8(red, green, blue, (alpha * 255.0).round() as u8)
}

fn paint(ink: Ink, alpha: f32) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour(ink, alpha));
    paint
}
