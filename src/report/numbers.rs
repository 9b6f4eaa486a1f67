//! Predicted numbers against true ones, and what is left over, of challenger and champion.

use super::NumberPairs;
use super::canvas::{Align, Canvas, GRID, MUTED};
use super::chart::{self, Frame, HEIGHT, LegendEntry, WIDTH, series_style};
use super::error::Error;
use super::lettering::SMALL;
use super::words::short_number;

/// Most points of one series that are drawn, spread evenly over its rows.
const MOST_POINTS: usize = 700;
/// Room around the points, as a share of their range.
const ROOM: f64 = 0.04;

/// Draws true over predicted numbers with the diagonal on which a prediction is right. Both axes have the same range.
///
/// # Errors
/// When the font or the encoder fails.
pub fn predicted_true_png(series: &[NumberPairs]) -> Result<Vec<u8>, Error> {
    let points = |pairs: &NumberPairs| -> Vec<(f64, f64)> {
        let swapped = pairs.points.iter().map(|&(truth, answer)| (answer, truth));
        spread(swapped.filter(is_finite).collect())
    };
    let drawn: Vec<Vec<(f64, f64)>> = series.iter().map(points).collect();
    let both = drawn.iter().flatten().flat_map(|&(x, y)| [x, y]);
    let range = range(both);
    let right = LegendEntry {
        text: "y = x".to_owned(),
        colour: MUTED,
        dash: Some(5.0),
    };
    scatter(Scatter {
        title: "Predicted and true",
        names: ("predicted", "true"),
        series,
        drawn: &drawn,
        line: (right, (range.0, range.0), (range.1, range.1)),
        ranges: (range, range),
    })
}

/// Draws what is left over, true minus predicted, over the predicted numbers.
///
/// # Errors
/// When the font or the encoder fails.
pub fn residuals_png(series: &[NumberPairs]) -> Result<Vec<u8>, Error> {
    let points = |pairs: &NumberPairs| -> Vec<(f64, f64)> {
        let left_over = pairs.points.iter();
        let left_over = left_over.map(|&(truth, answer)| (answer, truth - answer));
        spread(left_over.filter(is_finite).collect())
    };
    let drawn: Vec<Vec<(f64, f64)>> = series.iter().map(points).collect();
    let across = range(drawn.iter().flatten().map(|point| point.0));
    let furthest = drawn.iter().flatten().map(|point| point.1.abs());
    let furthest = furthest.fold(0.0, f64::max);
    let none = LegendEntry {
        text: "zero residual".to_owned(),
        colour: MUTED,
        dash: Some(5.0),
    };
    scatter(Scatter {
        title: "Residuals",
        names: ("predicted", "true minus predicted"),
        series,
        drawn: &drawn,
        line: (none, (across.0, 0.0), (across.1, 0.0)),
        ranges: (across, range([-furthest, furthest].into_iter())),
    })
}

struct Scatter<'a> {
    title: &'a str,
    names: (&'a str, &'a str),
    series: &'a [NumberPairs],
    /// The points of each series.
    drawn: &'a [Vec<(f64, f64)>],
    /// What it is called and from where to where it goes.
    line: (LegendEntry, (f64, f64), (f64, f64)),
    ranges: ((f64, f64), (f64, f64)),
}

fn scatter(of: Scatter<'_>) -> Result<Vec<u8>, Error> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let (line, from, to) = of.line;
    let names = of.series.iter().enumerate().map(|(index, pairs)| {
        let mark = if index == 0 { "dots" } else { "crosses" };
        format!("{} ({mark})", pairs.name)
    });
    let names = names.collect();
    let style = (line.dash, line.colour);
    let top = super::curves::head(&mut canvas, of.title, names, Some(line));
    let (x, y) = of.ranges;
    let frame = axes(&mut canvas, top, (x, of.names.0), (y, of.names.1));
    // The champion first, so that the challenger lies on top.
    let series = of.drawn.iter().take(chart::MOST_SERIES).enumerate().rev();
    let mut is_empty = true;
    for (index, points) in series {
        let (colour, _) = series_style(index);
        for point in points {
            let at = frame.at(*point);
            is_empty = false;
            if index == 0 {
                canvas.disc(at, 2.4, colour);
            } else {
                // A cross, so that colour is not the only difference.
                for rise in [-3.0, 3.0] {
                    let ends = [(at.0 - 3.0, at.1 - rise), (at.0 + 3.0, at.1 + rise)];
                    canvas.line(&ends, 1.2, None, colour);
                }
            }
        }
    }
    canvas.line(&[frame.at(from), frame.at(to)], 1.6, style.0, style.1);
    if is_empty {
        chart::nothing(&mut canvas, &frame, "not defined on these rows");
    }
    canvas.into_png()
}

type Axis<'a> = ((f64, f64), &'a str);

fn axes(canvas: &mut Canvas, top: i32, x: Axis<'_>, y: Axis<'_>) -> Frame {
    let frame = Frame {
        left: 92,
        top: top + 6,
        right: canvas.width - 28,
        bottom: canvas.height - 58,
        x: x.0,
        y: y.0,
    };
    for (tick, label) in ticks(frame.x) {
        let (at, _) = frame.pixel((tick, frame.y.0));
        canvas.hairline((at, frame.top), (at, frame.bottom), GRID);
        canvas.text(&label, (at, frame.bottom + 14), Align::Centre, SMALL, MUTED);
    }
    for (tick, label) in ticks(frame.y) {
        let (_, at) = frame.pixel((frame.x.0, tick));
        canvas.hairline((frame.left, at), (frame.right, at), GRID);
        canvas.text(&label, (frame.left - 8, at), Align::Right, SMALL, MUTED);
    }
    chart::outline(canvas, &frame);
    chart::axis_names(canvas, &frame, x.1, y.1);
    frame
}

/// Round numbers of a range, and how they are written.
fn ticks(range: (f64, f64)) -> Vec<(f64, String)> {
    let (ticks, decimals) = chart::round_ticks(range.0, range.1);
    let written = |tick: f64| {
        if tick.abs() < 1e6 && decimals <= 4 {
            format!("{tick:.decimals$}")
        } else {
            short_number(tick)
        }
    };
    ticks
        .into_iter()
        .map(|tick| (tick, written(tick)))
        .collect()
}

/// From the smallest to the largest number with some room; 0 to 1 where there are none that can be drawn.
fn range(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = numbers.fold((f64::MAX, f64::MIN), |(low, high), number| {
        (low.min(number), high.max(number))
    });
    let span = high - low;
    if low > high || !span.is_finite() {
        return (0.0, 1.0);
    }
    let room = if span > 0.0 {
        span * ROOM
    } else {
        low.abs().max(1.0) * ROOM
    };
    (low - room, high + room)
}

fn is_finite(point: &(f64, f64)) -> bool {
    // Beyond it, differences are not numbers any more.
    const LARGEST: f64 = 1e300;
    point.0.abs() < LARGEST && point.1.abs() < LARGEST
}

fn spread(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let every = points.len().div_ceil(MOST_POINTS).max(1);
    points.into_iter().step_by(every).collect()
}
