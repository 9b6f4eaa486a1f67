//! Letters: the font, how wide a text is, and how it is shortened.
//!
//! Text is set in Hack (MIT licence over the Bitstream Vera licence: free to use, embed and pass on). Every glyph of Hack
//! is equally wide, so the width of a text is its number of characters times one step. A character without a glyph
//! becomes the font's empty box.

use std::sync::OnceLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

use super::error::Error;

/// Size of a title, of an axis name and of a tick label, in pixels from the top to the bottom of the line.
/// Even numbers: plotters cuts half a size to a whole pixel, and letters would dance about the base line.
pub(super) const TITLE: u32 = 20;
pub(super) const LABEL: u32 = 16;
pub(super) const SMALL: u32 = 14;

/// The ink of one character, relative to the left of its step and to the middle of its capitals.
pub(super) struct Glyph {
    /// Column, row and share of ink.
    pub pixels: Vec<(i32, i32, f64)>,
}

/// Width of one character in pixels.
pub(super) fn step(size: u32) -> f64 {
    // Hack: 1233 units of advance in a line of 2384 units (1901 above and 483 below the base line).
    f64::from(size) * 1233.0 / 2384.0
}

/// Width of a text in pixels, rounded up.
pub(super) fn text_width(text: &str, size: u32) -> i32 {
    (text.chars().count() as f64 * step(size)).ceil() as i32
}

/// Shortens a text to a width with an ellipsis in it; both ends stay, since long names differ at either.
pub(super) fn shorten(text: &str, size: u32, width: i32) -> String {
    let room = ((f64::from(width.max(0)) / step(size)) as usize).max(1);
    // `nth` stops at the room, however long the text is.
    if text.chars().nth(room).is_none() {
        return text.to_owned();
    }
    let tail = (room - 1) / 3;
    let head: String = text.chars().take(room - 1 - tail).collect();
    let mut end: Vec<char> = text.chars().rev().take(tail).collect();
    end.reverse();
    format!("{head}…{}", end.into_iter().collect::<String>())
}

fn font(size: u32) -> FontDesc<'static> {
    FontDesc::new(
        FontFamily::Name("unseat"),
        f64::from(size),
        FontStyle::Normal,
    )
}

/// Makes the font known to plotters, once per process.
pub(super) fn load_font() -> Result<(), Error> {
    static LOADED: OnceLock<bool> = OnceLock::new();
    let load = || {
        register_font(
            "unseat",
            FontStyle::Normal,
            epaint_default_fonts::HACK_REGULAR,
        )
        .is_ok()
    };
    if *LOADED.get_or_init(load) {
        Ok(())
    } else {
        Err(Error::Font)
    }
}

/// Rasterises one character, centred in its step (plotters leaves out the space to the left of a glyph).
pub(super) fn rasterise(character: char, size: u32) -> Glyph {
    let mut pixels = Vec::new();
    let keep = |x: i32, y: i32, share: f32| -> Result<(), std::convert::Infallible> {
        if share > 0.02 {
            pixels.push((x, y, f64::from((share * 16.0).round().min(16.0) / 16.0)));
        }
        Ok(())
    };
    // A glyph that cannot be drawn leaves its step empty.
    if font(size)
        .draw(&character.to_string(), (0, 0), keep)
        .is_err()
    {
        pixels.clear();
    }
    let width = pixels.iter().map(|pixel| pixel.0 + 1).max().unwrap_or(0);
    let left = ((step(size) - f64::from(width)) / 2.0).round() as i32;
    // The base line is half a size below the origin; capitals are 0.61 of the size high.
    let up = (f64::from(size) * (0.5 - 0.61 / 2.0)).round() as i32;
    for pixel in &mut pixels {
        pixel.0 += left;
        pixel.1 -= up;
    }
    Glyph { pixels }
}
