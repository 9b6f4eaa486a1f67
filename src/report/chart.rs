//! What the plots share: the frame with its axes, the legend, series colours, and the words for "nothing to draw".
//!
//! Titles and legends are above the frame, so that they never lie on the data.

use super::canvas::{Align, Canvas, Colour, GRID, INK, MUTED, PAPER};
use super::lettering::{LABEL, SMALL, TITLE, shorten};

/// Size of most plots in pixels.
pub(super) const WIDTH: i32 = 640;
pub(super) const HEIGHT: i32 = 480;

/// Most series one plot draws.
pub(super) const MOST_SERIES: usize = 6;

/// Space between the edge of the sheet and what is drawn.
const EDGE: i32 = 14;
/// Height of the title line and of one legend line.
const TITLE_HEIGHT: i32 = 44;
const LEGEND_LINE: i32 = 20;

/// Series colours of Okabe and Ito, which people with any colour vision can tell apart.
const SERIES: [Colour; MOST_SERIES] = [
    (0x00, 0x72, 0xb2),
    (0xd5, 0x5e, 0x00),
    (0x00, 0x9e, 0x73),
    (0xcc, 0x79, 0xa7),
    (0xe6, 0x9f, 0x00),
    (0x56, 0xb4, 0xe9),
];

/// The colour of the challenger and of what speaks for it.
pub(super) const FIRST: Colour = SERIES[0];
/// The colour of the champion and of what speaks against.
pub(super) const SECOND: Colour = SERIES[1];

/// How a series is drawn: colour, and dashes for all but the first, so that colour is never the only difference.
pub(super) fn series_style(index: usize) -> (Colour, Option<f64>) {
    let dash = [
        None,
        Some(9.0),
        Some(3.0),
        Some(15.0),
        Some(6.0),
        Some(12.0),
    ];
    (SERIES[index % MOST_SERIES], dash[index % MOST_SERIES])
}

/// The rectangle that data is drawn in, with the ranges of its axes.
pub(super) struct Frame {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
    pub x: (f64, f64),
    pub y: (f64, f64),
}

impl Frame {
    /// Where a point of the data lies on the sheet.
    pub fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let across = (x - self.x.0) / (self.x.1 - self.x.0);
        let up = (y - self.y.0) / (self.y.1 - self.y.0);
        (
            f64::from(self.left) + across * f64::from(self.right - self.left),
            f64::from(self.bottom) - up * f64::from(self.bottom - self.top),
        )
    }

    /// The same, rounded to a pixel.
    pub fn pixel(&self, point: (f64, f64)) -> (i32, i32) {
        let (x, y) = self.at(point);
        (x.round() as i32, y.round() as i32)
    }
}

/// One entry of a legend.
pub(super) struct LegendEntry {
    pub text: String,
    pub colour: Colour,
    pub dash: Option<f64>,
}

/// Writes the title and returns the first row below it.
pub(super) fn title(canvas: &mut Canvas, text: &str) -> i32 {
    let text = shorten(text, TITLE, canvas.width - 2 * EDGE);
    canvas.text(
        &text,
        (canvas.width / 2, TITLE_HEIGHT / 2),
        Align::Centre,
        TITLE,
        INK,
    );
    TITLE_HEIGHT
}

/// Writes a legend from row `top` down, in one column per entry as long as they fit; returns the first row below it.
pub(super) fn legend(canvas: &mut Canvas, top: i32, entries: &[LegendEntry]) -> i32 {
    let columns = if entries.len() < 2 { 1 } else { 2 };
    let width = (canvas.width - 5 * EDGE) / columns;
    for (index, entry) in entries.iter().enumerate() {
        let (column, line) = (index as i32 % columns, index as i32 / columns);
        let (x, y) = (
            4 * EDGE + column * width,
            top + line * LEGEND_LINE + LEGEND_LINE / 2,
        );
        let stroke = [
            (f64::from(x), f64::from(y)),
            (f64::from(x + 30), f64::from(y)),
        ];
        canvas.line(&stroke, 2.4, entry.dash, entry.colour);
        canvas.text(
            &shorten(&entry.text, SMALL, width - 48),
            (x + 38, y),
            Align::Left,
            SMALL,
            INK,
        );
    }
    let lines = (entries.len() as i32 + columns - 1) / columns;
    top + lines * LEGEND_LINE + EDGE / 2
}

/// Draws the frame of a unit square with its axis names.
pub(super) fn unit_axes(canvas: &mut Canvas, top: i32, x_name: &str, y_name: &str) -> Frame {
    let frame = Frame {
        left: 74,
        top: top + 6,
        right: canvas.width - 2 * EDGE,
        bottom: canvas.height - 58,
        x: (0.0, 1.0),
        y: (0.0, 1.0),
    };
    for tenth in (0..=10).step_by(2) {
        let value = f64::from(tenth) / 10.0;
        let label = format!("{value:.1}");
        let (x, y) = frame.pixel((value, value));
        canvas.hairline((x, frame.top), (x, frame.bottom), GRID);
        canvas.hairline((frame.left, y), (frame.right, y), GRID);
        canvas.text(&label, (x, frame.bottom + 14), Align::Centre, SMALL, MUTED);
        canvas.text(&label, (frame.left - 8, y), Align::Right, SMALL, MUTED);
    }
    outline(canvas, &frame);
    axis_names(canvas, &frame, x_name, y_name);
    frame
}

/// Draws the left and the lower side of the frame.
pub(super) fn outline(canvas: &mut Canvas, frame: &Frame) {
    canvas.hairline((frame.left, frame.top), (frame.left, frame.bottom), MUTED);
    canvas.hairline(
        (frame.left, frame.bottom),
        (frame.right, frame.bottom),
        MUTED,
    );
}

/// Writes the names of both axes at the edges of the sheet.
pub(super) fn axis_names(canvas: &mut Canvas, frame: &Frame, x_name: &str, y_name: &str) {
    let (width, height) = (frame.right - frame.left, frame.bottom - frame.top);
    let x = ((frame.left + frame.right) / 2, canvas.height - EDGE - 4);
    let y = (EDGE + 4, (frame.top + frame.bottom) / 2);
    canvas.text(&shorten(x_name, LABEL, width), x, Align::Centre, LABEL, INK);
    canvas.text(
        &shorten(y_name, LABEL, height),
        y,
        Align::UpCentre,
        LABEL,
        INK,
    );
}

/// Says in the middle of the frame why there is nothing to see.
pub(super) fn nothing(canvas: &mut Canvas, frame: &Frame, why: &str) {
    let middle = (
        (frame.left + frame.right) / 2,
        (frame.top + frame.bottom) / 2,
    );
    let text = shorten(why, LABEL, frame.right - frame.left - 2 * EDGE);
    let half = super::lettering::text_width(&text, LABEL) / 2 + 8;
    canvas.rect(
        (middle.0 - half, middle.1 - 14),
        (middle.0 + half, middle.1 + 14),
        PAPER,
    );
    canvas.text(&text, middle, Align::Centre, LABEL, MUTED);
}

/// The points of a series that can be drawn, on the sheet and without those that fall on their forerunner.
pub(super) fn drawable(frame: &Frame, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut drawn: Vec<(f64, f64)> = Vec::new();
    let inside =
        |value: f64, range: (f64, f64)| value.is_finite() && (range.0..=range.1).contains(&value);
    for &point in points
        .iter()
        .filter(|point| inside(point.0, frame.x) && inside(point.1, frame.y))
    {
        let at = frame.at(point);
        match drawn.last() {
            Some(last) if (last.0 - at.0).hypot(last.1 - at.1) < 0.4 => {}
            _ => drawn.push(at),
        }
    }
    drawn
}

/// Round numbers from `low` to `high`, about four of them, and how many decimals they need.
pub(super) fn round_ticks(low: f64, high: f64) -> (Vec<f64>, usize) {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return (Vec::new(), 0);
    }
    let power = 10f64.powf((span / 4.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|step| span / step <= 5.0);
    let step = step.unwrap_or(power * 10.0);
    let first = (low / step).ceil() as i64;
    let ticks = (first..first.saturating_add(12)).map(|n| n as f64 * step);
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    (
        ticks
            .take_while(|&tick| tick <= high + step * 1e-9)
            .collect(),
        decimals,
    )
}
