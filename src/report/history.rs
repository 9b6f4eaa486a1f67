//! The score of every version with its interval, and which of them is the champion.

use super::HistoryPoint;
use super::canvas::{Align, Canvas, GRID, MUTED, PAPER};
use super::chart::{self, FIRST, Frame, HEIGHT, LegendEntry, SECOND, WIDTH};
use super::error::Error;
use super::lettering::{SMALL, text_width};
use crate::evaluate::Metric;

/// Most versions that are drawn; the newest ones are.
const MOST_VERSIONS: usize = 40;

/// Draws the metric by version. Versions scored on the same rows are joined by a line; others must not be compared.
///
/// # Errors
/// When the font or the encoder fails.
pub fn history_png(history: &[HistoryPoint], metric: Metric) -> Result<Vec<u8>, Error> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let shown = &history[history.len().saturating_sub(MOST_VERSIONS)..];
    let name = super::words::metric_name(metric);
    let title = match history.len() - shown.len() {
        0 => format!("{name} by version"),
        _ => format!("{name} of the newest {MOST_VERSIONS} versions"),
    };
    let top = chart::title(&mut canvas, &title);
    let entry = |text: &str, colour| LegendEntry {
        text: text.to_owned(),
        colour,
        dash: None,
    };
    let names = [
        entry("same test rows are joined", FIRST),
        entry("champion now (ring)", SECOND),
    ];
    let top = chart::legend(&mut canvas, top, &names);
    let frame = draw_axes(&mut canvas, top, shown, name);
    draw_joins(&mut canvas, &frame, shown);
    let mut drawn = false;
    for (index, point) in shown.iter().enumerate() {
        drawn |= draw_point(&mut canvas, &frame, index, point);
    }
    if !drawn {
        chart::nothing(
            &mut canvas,
            &frame,
            "not defined on these rows: no version has a score",
        );
    }
    canvas.into_png()
}

fn draw_axes(canvas: &mut Canvas, top: i32, shown: &[HistoryPoint], name: &str) -> Frame {
    let frame = Frame {
        left: 82,
        top: top + 6,
        right: canvas.width - 28,
        bottom: canvas.height - 58,
        x: (-0.5, shown.len().max(1) as f64 - 0.5),
        y: value_range(shown),
    };
    let (ticks, decimals) = chart::round_ticks(frame.y.0, frame.y.1);
    for tick in ticks {
        let (_, y) = frame.pixel((0.0, tick));
        canvas.hairline((frame.left, y), (frame.right, y), GRID);
        let label = if tick.abs() < 1e6 {
            format!("{tick:.decimals$}")
        } else {
            format!("{tick:.0e}")
        };
        canvas.text(&label, (frame.left - 8, y), Align::Right, SMALL, MUTED);
    }
    chart::outline(canvas, &frame);
    label_versions(canvas, &frame, shown);
    chart::axis_names(canvas, &frame, "version", name);
    frame
}

/// The range of all values and intervals with some air; within 0–1 where all values are.
fn value_range(shown: &[HistoryPoint]) -> (f64, f64) {
    let values = shown
        .iter()
        .flat_map(|point| [point.value, point.low, point.high])
        .flatten();
    let finite: Vec<f64> = values
        .filter(|value| value.is_finite() && value.abs() < 1e12)
        .collect();
    if finite.is_empty() {
        return (0.0, 1.0);
    }
    let low = finite.iter().copied().fold(f64::MAX, f64::min);
    let high = finite.iter().copied().fold(f64::MIN, f64::max);
    let air = ((high - low) * 0.12).max(0.02).max(high.abs() * 1e-6);
    let (wide_low, wide_high) = (low - air, high + air);
    (
        if low >= 0.0 {
            wide_low.max(0.0)
        } else {
            wide_low
        },
        if high <= 1.0 {
            wide_high.min(1.0)
        } else {
            wide_high
        },
    )
}

/// Writes as many version numbers as fit, always the newest.
fn label_versions(canvas: &mut Canvas, frame: &Frame, shown: &[HistoryPoint]) {
    let widest = shown
        .iter()
        .map(|point| text_width(&point.version.to_string(), SMALL))
        .max()
        .unwrap_or(0)
        + 10;
    let room = (frame.right - frame.left) / shown.len().max(1) as i32;
    let every = (widest / room.max(1) + 1).max(1) as usize;
    for (index, point) in shown.iter().enumerate().rev().step_by(every) {
        let (x, _) = frame.pixel((index as f64, frame.y.0));
        canvas.text(
            &point.version.to_string(),
            (x, frame.bottom + 14),
            Align::Centre,
            SMALL,
            MUTED,
        );
    }
}

/// Joins neighbours that were scored on the same rows.
fn draw_joins(canvas: &mut Canvas, frame: &Frame, shown: &[HistoryPoint]) {
    for (index, pair) in shown.windows(2).enumerate() {
        let same_rows = !pair[0].rows_hash.is_empty() && pair[0].rows_hash == pair[1].rows_hash;
        if let (true, Some(from), Some(to)) = (same_rows, pair[0].value, pair[1].value) {
            let line = chart::drawable(frame, &[(index as f64, from), (index as f64 + 1.0, to)]);
            canvas.line(&line, 1.6, None, FIRST);
        }
    }
}

/// Draws one version; false when it has no value that can be drawn.
fn draw_point(canvas: &mut Canvas, frame: &Frame, index: usize, point: &HistoryPoint) -> bool {
    let colour = if point.champion_now { SECOND } else { FIRST };
    let x = index as f64;
    if let (Some(low), Some(high)) = (point.low, point.high) {
        for pair in chart::drawable(frame, &[(x, low), (x, high)]).windows(2) {
            canvas.line(pair, 1.6, None, colour);
            for end in pair {
                canvas.line(
                    &[(end.0 - 5.0, end.1), (end.0 + 5.0, end.1)],
                    1.6,
                    None,
                    colour,
                );
            }
        }
    }
    let at = chart::drawable(frame, &[(x, point.value.unwrap_or(f64::NAN))]);
    let Some(&centre) = at.first() else {
        return false;
    };
    let radius = if point.champion_now { 7.0 } else { 4.5 };
    canvas.disc(centre, radius + 1.5, PAPER);
    canvas.disc(centre, radius, colour);
    if point.champion_now {
        // A ring, so that colour is not the only mark.
        canvas.disc(centre, 3.0, PAPER);
    }
    true
}
