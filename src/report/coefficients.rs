//! Bars to the right and to the left of zero: the largest weights of a linear model, and permutation importance.

use super::canvas::{Align, Canvas, GRID, INK, MUTED};
use super::chart::{self, FIRST, Frame, LegendEntry, SECOND, WIDTH};
use super::error::Error;
use super::lettering::{SMALL, shorten, text_width};
use super::words::metric_name;
use super::{Coefficient, Importance};
use crate::evaluate::Metric;

/// Most bars that are drawn.
const MOST_BARS: usize = 20;

/// Height of one bar's line and widest name.
const LINE: i32 = 22;
const NAME: i32 = 220;

/// What stands around the bars.
struct Words {
    /// Above all of them.
    title: &'static str,
    /// What they are, where not all are shown.
    things: &'static str,
    /// What a bar to the right and one to the left mean.
    sides: [&'static str; 2],
    /// Below them.
    axis: String,
    /// In place of them.
    none: &'static str,
}

/// Draws the 20 weights that are largest without their sign, largest first.
///
/// # Errors
/// When the font or the encoder fails.
pub fn coefficients_png(coefficients: &[Coefficient]) -> Result<Vec<u8>, Error> {
    let words = Words {
        title: "Weights, one standard deviation each",
        things: "weights that are not 0",
        sides: ["positive coefficient", "negative coefficient"],
        axis: "change of the score per standard deviation".to_owned(),
        none: "not defined: this model has no weights",
    };
    bars_png(coefficients, &words)
}

/// Draws the 20 columns that are worth most, the fall of the metric when their cells are shuffled.
///
/// # Errors
/// When the font or the encoder fails.
pub fn importance_png(importance: Option<&Importance>, metric: Metric) -> Result<Vec<u8>, Error> {
    let words = Words {
        title: "Permutation importance of the columns",
        things: "columns",
        sides: ["worse without it", "better without it"],
        axis: format!(
            "fall of {} when the column is permuted",
            metric_name(metric)
        ),
        none: "not defined: it was not measured",
    };
    let columns = importance.map_or(&[][..], |it| &it.columns);
    let bar = |(column, mean, _): &(String, Option<f64>, Option<f64>)| Coefficient {
        feature: column.clone(),
        weight: mean.unwrap_or(f64::NAN),
        ..Coefficient::default()
    };
    let bars: Vec<Coefficient> = columns.iter().map(bar).collect();
    bars_png(&bars, &words)
}

fn bars_png(coefficients: &[Coefficient], words: &Words) -> Result<Vec<u8>, Error> {
    let (bars, left_out) = largest(coefficients);
    let height = 137 + LINE * bars.len().max(8) as i32;
    let mut canvas = Canvas::new(WIDTH, height);
    let title = match left_out {
        0 => words.title.to_owned(),
        _ => format!(
            "The {} largest of {} {}",
            bars.len(),
            bars.len() + left_out,
            words.things
        ),
    };
    let top = chart::title(&mut canvas, &title);
    let entry = |text: &str, colour| LegendEntry {
        text: text.to_owned(),
        colour,
        dash: None,
    };
    let top = chart::legend(
        &mut canvas,
        top,
        &[entry(words.sides[0], FIRST), entry(words.sides[1], SECOND)],
    );
    let names: Vec<String> = bars
        .iter()
        .map(|bar| shorten(&name(bar), SMALL, NAME))
        .collect();
    let widest = names
        .iter()
        .map(|name| text_width(name, SMALL))
        .max()
        .unwrap_or(0);
    let most = bars.iter().map(|bar| bar.weight.abs()).fold(0.0, f64::max);
    let frame = frame(&canvas, top, widest, most, &bars);
    if !bars.is_empty() {
        draw_axis(&mut canvas, &frame, most, &words.axis);
    }
    for (index, bar) in bars.iter().enumerate() {
        let y = frame.top + LINE * index as i32 + LINE / 2;
        canvas.text(&names[index], (widest + 16, y), Align::Right, SMALL, INK);
        draw_bar(
            &mut canvas,
            &frame,
            y,
            bar.weight,
            bar.weight / most.max(f64::MIN_POSITIVE),
        );
    }
    if bars.is_empty() {
        chart::nothing(&mut canvas, &frame, words.none);
    }
    canvas.into_png()
}

/// The finite weights, largest first, and how many of them are not shown.
fn largest(coefficients: &[Coefficient]) -> (Vec<&Coefficient>, usize) {
    let mut finite: Vec<&Coefficient> = coefficients
        .iter()
        .filter(|one| one.weight.is_finite())
        .collect();
    finite.sort_by(|a, b| {
        b.weight
            .abs()
            .total_cmp(&a.weight.abs())
            .then_with(|| a.feature.cmp(&b.feature))
    });
    let left_out = finite.len().saturating_sub(MOST_BARS);
    finite.truncate(MOST_BARS);
    (finite, left_out)
}

fn name(bar: &Coefficient) -> String {
    match &bar.class {
        Some(class) => format!("{} → {}", bar.feature, shorten(class, SMALL, NAME / 3)),
        None => bar.feature.clone(),
    }
}

/// The frame in which the largest bar reaches one end; without bars of one sign, zero is at that side.
fn frame(canvas: &Canvas, top: i32, widest: i32, most: f64, bars: &[&Coefficient]) -> Frame {
    let most = if most > 0.0 { most } else { 1.0 };
    let reach = |sign: f64| {
        bars.iter()
            .map(|bar| bar.weight * sign / most)
            .fold(0.0, f64::max)
    };
    // In units of the largest bar, so that weights near the end of the number range still draw.
    let (low, high) = if bars.is_empty() {
        (1.0, 1.0)
    } else {
        (reach(-1.0), reach(1.0))
    };
    let (low, high) = if low + high > 0.0 {
        (low, high)
    } else {
        (1.0, 1.0)
    };
    let values = bars
        .iter()
        .map(|bar| text_width(&super::words::short_number(bar.weight), SMALL));
    let room = values.max().unwrap_or(0) + 14;
    let side = |any: bool| if any { room } else { 6 };
    let (below, above) = (
        bars.iter().any(|bar| bar.weight < 0.0),
        bars.iter().any(|bar| bar.weight >= 0.0),
    );
    Frame {
        left: widest + 26 + side(below),
        top: top + 4,
        right: canvas.width - 14 - side(above),
        bottom: canvas.height - 58,
        x: (-low, high),
        y: (0.0, 1.0),
    }
}

fn draw_axis(canvas: &mut Canvas, frame: &Frame, most: f64, title: &str) {
    let (ticks, _) = chart::round_ticks(frame.x.0 * most, frame.x.1 * most);
    let label_room = (frame.right - frame.left) / ticks.len().max(1) as i32;
    for tick in ticks {
        let (x, _) = frame.pixel((tick / most, 0.0));
        canvas.hairline((x, frame.top), (x, frame.bottom), GRID);
        let label = shorten(&super::words::short_number(tick), SMALL, label_room - 4);
        canvas.text(&label, (x, frame.bottom + 14), Align::Centre, SMALL, MUTED);
    }
    let (zero, _) = frame.pixel((0.0, 0.0));
    canvas.hairline((zero, frame.top), (zero, frame.bottom), MUTED);
    let middle = (canvas.width / 2, canvas.height - 18);
    canvas.text(title, middle, Align::Centre, super::lettering::LABEL, INK);
}

/// Draws one bar; `units` is its weight in units of the largest.
fn draw_bar(canvas: &mut Canvas, frame: &Frame, y: i32, weight: f64, units: f64) {
    let (zero, _) = frame.pixel((0.0, 0.0));
    let (end, _) = frame.pixel((units, 0.0));
    let text = super::words::short_number(weight);
    let colour = if weight >= 0.0 { FIRST } else { SECOND };
    canvas.rect((zero.min(end), y - 7), (zero.max(end) + 1, y + 7), colour);
    if weight >= 0.0 {
        canvas.text(&text, (end + 6, y), Align::Left, SMALL, MUTED);
    } else {
        canvas.text(&text, (end - 6, y), Align::Right, SMALL, MUTED);
    }
}
