//! A white sheet of pixels: smooth lines, discs, bars and text, and the PNG they become.
//!
//! Shapes go through plotters' bitmap backend; what it would draw with stairs (thick lines, discs) is given to it as
//! pixels with their coverage. It must not know what a plot shows.

use std::collections::HashMap;

use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::{Color, RGBAColor};

use super::error::Error;
use super::lettering::{Glyph, load_font, rasterise, step};
use super::png;

/// Red, green, blue.
pub(super) type Colour = (u8, u8, u8);

/// Text and axis lines.
pub(super) const INK: Colour = (0x1b, 0x26, 0x33);
/// Labels that matter less.
pub(super) const MUTED: Colour = (0x55, 0x62, 0x70);
/// Grid lines.
pub(super) const GRID: Colour = (0xe2, 0xe6, 0xea);
/// The sheet.
pub(super) const PAPER: Colour = (0xff, 0xff, 0xff);

/// Longest side of a sheet, a bound that keeps any input drawable.
const LONGEST_SIDE: i32 = 4000;

/// Where a text lies relative to its point. Across its direction it is always centred on the point.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Align {
    /// The point is the left end.
    Left,
    /// The point is the middle.
    Centre,
    /// The point is the right end.
    Right,
    /// Read from bottom to top; the point is the middle.
    UpCentre,
    /// Read from bottom to top; the point is the end, at the top.
    UpEnd,
}

/// A sheet being drawn on. The first thing that goes wrong is kept and comes out of [`Canvas::into_png`].
pub(super) struct Canvas {
    pub width: i32,
    pub height: i32,
    pixels: Vec<u8>,
    glyphs: HashMap<(char, u32), Glyph>,
    /// How many sixteenths of each pixel the line being drawn covers; zero between lines.
    cover: Vec<u8>,
    failure: Option<Error>,
}

impl Canvas {
    /// Takes a white sheet.
    pub fn new(width: i32, height: i32) -> Canvas {
        let (width, height) = (width.clamp(1, LONGEST_SIDE), height.clamp(1, LONGEST_SIDE));
        let area = width.unsigned_abs() as usize * height.unsigned_abs() as usize;
        Canvas {
            width,
            height,
            pixels: vec![0xff; area * 3],
            glyphs: HashMap::new(),
            cover: Vec::new(),
            failure: load_font().err(),
        }
    }

    /// Compresses the sheet.
    ///
    /// # Errors
    /// The first failure of any drawing on it, or of the encoder.
    pub fn into_png(self) -> Result<Vec<u8>, Error> {
        match self.failure {
            Some(failure) => Err(failure),
            None => png::encode(
                self.width.unsigned_abs(),
                self.height.unsigned_abs(),
                &self.pixels,
            ),
        }
    }

    /// Fills `[x0, x1) × [y0, y1)`.
    pub fn rect(&mut self, (x0, y0): (i32, i32), (x1, y1): (i32, i32), colour: Colour) {
        if x0 < x1 && y0 < y1 {
            let style = RGBAColor(colour.0, colour.1, colour.2, 1.0).filled();
            self.draw(|sheet| sheet.draw_rect((x0, y0), (x1, y1), &style, true));
        }
    }

    /// Draws a line of one pixel along a row or a column.
    pub fn hairline(&mut self, (x0, y0): (i32, i32), (x1, y1): (i32, i32), colour: Colour) {
        self.rect(
            (x0.min(x1), y0.min(y1)),
            (x0.max(x1) + 1, y0.max(y1) + 1),
            colour,
        );
    }

    /// Draws a smooth line through points; with `dash` in pieces of that many pixels and gaps of two thirds of it.
    pub fn line(&mut self, points: &[(f64, f64)], width: f64, dash: Option<f64>, colour: Colour) {
        let mut walked = 0.0;
        for pair in points.windows(2) {
            let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            let length = dx.hypot(dy);
            if !length.is_finite() || length > 2.0 * f64::from(LONGEST_SIDE) {
                continue;
            }
            let pieces = (length / dash.map_or(24.0, |dash| dash / 3.0))
                .ceil()
                .max(1.0) as usize;
            let at = |piece: usize| {
                let part = piece as f64 / pieces as f64;
                (pair[0].0 + dx * part, pair[0].1 + dy * part)
            };
            for piece in 0..pieces {
                let middle = walked + length * (piece as f64 + 0.5) / pieces as f64;
                if dash.is_none_or(|dash| middle % (dash * 5.0 / 3.0) < dash) {
                    self.cover_segment(at(piece), at(piece + 1), width / 2.0);
                }
            }
            walked += length;
        }
        self.ink_covered(points, width, colour);
    }

    /// Fills a disc.
    pub fn disc(&mut self, centre: (f64, f64), radius: f64, colour: Colour) {
        self.cover_segment(centre, centre, radius);
        self.ink_covered(&[centre], radius * 2.0, colour);
    }

    /// Writes text.
    pub fn text(&mut self, text: &str, at: (i32, i32), align: Align, size: u32, colour: Colour) {
        let step = step(size);
        let width = (text.chars().count() as f64 * step).round() as i32;
        let start = match align {
            Align::Left => 0,
            Align::Centre | Align::UpCentre => -width / 2,
            Align::Right | Align::UpEnd => -width,
        };
        let upright = !matches!(align, Align::UpCentre | Align::UpEnd);
        for (index, character) in text.chars().enumerate() {
            let character = if character.is_control() {
                ' '
            } else {
                character
            };
            let x = start + (index as f64 * step).round() as i32;
            self.glyph(character, size, at, x, upright, colour);
        }
    }

    fn glyph(
        &mut self,
        character: char,
        size: u32,
        at: (i32, i32),
        x: i32,
        upright: bool,
        colour: Colour,
    ) {
        let glyph = self
            .glyphs
            .entry((character, size))
            .or_insert_with(|| rasterise(character, size));
        let mut sheet = sheet_over(&mut self.pixels, self.width, self.height);
        for &(dx, dy, alpha) in &glyph.pixels {
            let (right, down) = if upright {
                (x + dx, dy)
            } else {
                (dy, -(x + dx))
            };
            let ink = RGBAColor(colour.0, colour.1, colour.2, alpha).to_backend_color();
            if let Err(source) = sheet.draw_pixel((at.0 + right, at.1 + down), ink) {
                self.failure.get_or_insert(Error::Draw(Box::new(source)));
                return;
            }
        }
    }

    /// Notes how much of each pixel a round-ended segment covers.
    fn cover_segment(&mut self, from: (f64, f64), to: (f64, f64), radius: f64) {
        if self.cover.is_empty() {
            self.cover = vec![0; self.pixels.len() / 3];
        }
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let square = dx * dx + dy * dy;
        let (low, high) = self.bounds(&[from, to], radius);
        for y in low.1..high.1 {
            for x in low.0..high.0 {
                let (px, py) = (f64::from(x) + 0.5 - from.0, f64::from(y) + 0.5 - from.1);
                let along = if square > 0.0 {
                    ((px * dx + py * dy) / square).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let distance = (px - along * dx).hypot(py - along * dy);
                // Sixteen steps look smooth and compress better than two hundred.
                let sixteenths = ((radius + 0.5 - distance).clamp(0.0, 1.0) * 16.0).round() as u8;
                let cell = &mut self.cover[(y * self.width + x) as usize];
                *cell = (*cell).max(sixteenths);
            }
        }
    }

    /// Colours what is covered within the bounds of `points`, and forgets the coverage.
    fn ink_covered(&mut self, points: &[(f64, f64)], width: f64, colour: Colour) {
        if self.cover.is_empty() {
            return;
        }
        let (low, high) = self.bounds(points, width / 2.0);
        let mut sheet = sheet_over(&mut self.pixels, self.width, self.height);
        for y in low.1..high.1 {
            for x in low.0..high.0 {
                let sixteenths = std::mem::take(&mut self.cover[(y * self.width + x) as usize]);
                if sixteenths > 0 {
                    let alpha = f64::from(sixteenths) / 16.0;
                    let ink = RGBAColor(colour.0, colour.1, colour.2, alpha).to_backend_color();
                    if let Err(source) = sheet.draw_pixel((x, y), ink) {
                        self.failure.get_or_insert(Error::Draw(Box::new(source)));
                        return;
                    }
                }
            }
        }
    }

    /// The pixels within `margin` of finite points, clipped to the sheet: `(low, high)`, the high end excluded.
    fn bounds(&self, points: &[(f64, f64)], margin: f64) -> ((i32, i32), (i32, i32)) {
        let finite = points
            .iter()
            .filter(|point| point.0.is_finite() && point.1.is_finite());
        let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for &(x, y) in finite {
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        let clip = |value: f64, limit: i32| value.clamp(0.0, f64::from(limit)) as i32;
        let margin = margin + 1.0;
        (
            (
                clip((low.0 - margin).floor(), self.width),
                clip((low.1 - margin).floor(), self.height),
            ),
            (
                clip((high.0 + margin).ceil(), self.width),
                clip((high.1 + margin).ceil(), self.height),
            ),
        )
    }

    fn draw<E>(&mut self, with: impl FnOnce(&mut BitMapBackend<'_>) -> Result<(), E>)
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        if let Err(source) = with(&mut sheet_over(&mut self.pixels, self.width, self.height)) {
            self.failure.get_or_insert(Error::Draw(Box::new(source)));
        }
    }
}

fn sheet_over(pixels: &mut [u8], width: i32, height: i32) -> BitMapBackend<'_> {
    BitMapBackend::with_buffer(pixels, (width.unsigned_abs(), height.unsigned_abs()))
}
