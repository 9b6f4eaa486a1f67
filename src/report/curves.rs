//! ROC, precision-recall and calibration curves of challenger and champion.

use super::canvas::{Canvas, MUTED, PAPER};
use super::chart::{self, Frame, HEIGHT, LegendEntry, MOST_SERIES, WIDTH, series_style};
use super::error::Error;
use super::{Calibration, Curve};

const UNDEFINED: &str = "not defined on these rows";

/// Draws ROC curves over the diagonal of chance.
///
/// # Errors
/// When the font or the encoder fails.
pub fn roc_png(curves: &[Curve]) -> Result<Vec<u8>, Error> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let guessing = LegendEntry {
        text: "chance (area 0.500)".to_owned(),
        colour: MUTED,
        dash: Some(5.0),
    };
    let top = head(
        &mut canvas,
        "ROC curve",
        curve_legend(curves),
        Some(guessing),
    );
    let frame = chart::unit_axes(
        &mut canvas,
        top,
        "false positive rate",
        "true positive rate (recall)",
    );
    let diagonal = [frame.at((0.0, 0.0)), frame.at((1.0, 1.0))];
    canvas.line(&diagonal, 1.4, Some(5.0), MUTED);
    draw_curves(&mut canvas, &frame, curves);
    canvas.into_png()
}

/// Draws precision-recall curves over the share of positive rows, the precision of calling every row positive.
///
/// # Errors
/// When the font or the encoder fails.
pub fn precision_recall_png(curves: &[Curve], prevalence: Option<f64>) -> Result<Vec<u8>, Error> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let prevalence = prevalence.filter(|share| (0.0..=1.0).contains(share));
    let base = prevalence.map(|share| LegendEntry {
        text: format!("prevalence ({share:.3})"),
        colour: MUTED,
        dash: Some(5.0),
    });
    let top = head(
        &mut canvas,
        "Precision and recall",
        curve_legend(curves),
        base,
    );
    let frame = chart::unit_axes(&mut canvas, top, "recall", "precision");
    if let Some(share) = prevalence {
        canvas.line(
            &[frame.at((0.0, share)), frame.at((1.0, share))],
            1.4,
            Some(5.0),
            MUTED,
        );
    }
    draw_curves(&mut canvas, &frame, curves);
    canvas.into_png()
}

/// Draws how often the predicted came true; the larger a dot, the more rows are behind it.
///
/// # Errors
/// When the font or the encoder fails.
pub fn calibration_png(curves: &[Calibration]) -> Result<Vec<u8>, Error> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let names = curves.iter().map(|curve| curve.name.clone()).collect();
    let perfect = LegendEntry {
        text: "perfectly calibrated".to_owned(),
        colour: MUTED,
        dash: Some(5.0),
    };
    let top = head(
        &mut canvas,
        "Calibration (dot size: rows)",
        names,
        Some(perfect),
    );
    let frame = chart::unit_axes(
        &mut canvas,
        top,
        "mean predicted probability",
        "observed share",
    );
    canvas.line(
        &[frame.at((0.0, 0.0)), frame.at((1.0, 1.0))],
        1.4,
        Some(5.0),
        MUTED,
    );
    let mut drawn = false;
    for (index, curve) in curves.iter().take(MOST_SERIES).enumerate().rev() {
        drawn |= draw_calibration(&mut canvas, &frame, curve, index);
    }
    if !drawn {
        chart::nothing(&mut canvas, &frame, UNDEFINED);
    }
    canvas.into_png()
}

/// Title and legend; says how many series are left out.
pub(super) fn head(
    canvas: &mut Canvas,
    title: &str,
    names: Vec<String>,
    base: Option<LegendEntry>,
) -> i32 {
    let left_out = names.len().saturating_sub(MOST_SERIES);
    let title = match left_out {
        0 => title.to_owned(),
        more => format!("{title} (first {MOST_SERIES}, {more} more not drawn)"),
    };
    let top = chart::title(canvas, &title);
    let series = names
        .into_iter()
        .take(MOST_SERIES)
        .enumerate()
        .map(|(index, text)| {
            let (colour, dash) = series_style(index);
            LegendEntry { text, colour, dash }
        });
    let entries: Vec<LegendEntry> = series.chain(base).collect();
    chart::legend(canvas, top, &entries)
}

fn curve_legend(curves: &[Curve]) -> Vec<String> {
    let text = |curve: &Curve| match curve.area.filter(|area| area.is_finite()) {
        Some(area) => format!("{} (area {area:.3})", chart_name(&curve.name)),
        None => curve.name.clone(),
    };
    curves.iter().map(text).collect()
}

/// A name with room left for its area.
fn chart_name(name: &str) -> String {
    super::lettering::shorten(name, super::lettering::SMALL, 137)
}

/// Draws the champion first, so that the challenger lies on top.
fn draw_curves(canvas: &mut Canvas, frame: &Frame, curves: &[Curve]) {
    let mut drawn = false;
    for (index, curve) in curves.iter().take(MOST_SERIES).enumerate().rev() {
        let points = chart::drawable(frame, &curve.points);
        let (colour, dash) = series_style(index);
        if let [only] = points[..] {
            canvas.disc(only, 4.0, colour);
        }
        canvas.line(&points, 2.4, dash, colour);
        drawn |= !points.is_empty();
    }
    if !drawn {
        chart::nothing(canvas, frame, UNDEFINED);
    }
}

/// Draws one calibration curve; false when it has no point.
fn draw_calibration(canvas: &mut Canvas, frame: &Frame, curve: &Calibration, index: usize) -> bool {
    let (colour, dash) = series_style(index);
    let is_share = |value: f64| (0.0..=1.0).contains(&value);
    let bins = curve
        .points
        .iter()
        .filter(|bin| is_share(bin.0) && is_share(bin.1));
    let bins: Vec<((f64, f64), u64)> = bins.map(|bin| (frame.at((bin.0, bin.1)), bin.2)).collect();
    let most = bins.iter().map(|bin| bin.1).max().unwrap_or(0).max(1) as f64;
    let line: Vec<(f64, f64)> = bins.iter().map(|bin| bin.0).collect();
    canvas.line(&line, 1.8, dash, colour);
    for (centre, rows) in &bins {
        // The area of a dot grows with its rows.
        let radius = 3.0 + 5.0 * (*rows as f64 / most).sqrt();
        canvas.disc(*centre, radius + 1.0, PAPER);
        canvas.disc(*centre, radius, colour);
    }
    !bins.is_empty()
}
