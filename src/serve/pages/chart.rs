//! Charts as inline SVG: no script, sharp at any density, with a title, units, and a text alternative.

use maud::{Markup, html};

use crate::overview::short;

/// A value with its interval at one place of the x axis.
pub struct Point {
    /// Name below the axis.
    pub label: String,
    /// All of it in a sentence.
    pub says: String,
    /// The value; nothing where there is none.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// Style of the dot.
    pub class: &'static str,
    /// Whether a ring is drawn around it.
    pub is_ringed: bool,
    /// Whether a line leads to it from the point before: both are by the same test rows.
    pub is_joined: bool,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 40.0;

/// Values with intervals from left to right; nothing where no point has a value.
pub fn points(title: &str, y: &str, x: &str, points: &[Point]) -> Markup {
    let Some((low, high)) = range(points) else {
        return html! { p class="soft" { "There is nothing to draw yet." } };
    };
    let step = (WIDTH - LEFT - RIGHT) / points.len() as f64;
    let at = |place: usize| LEFT + step * (place as f64 + 0.5);
    let up = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low);
    let every = (points.len() as f64 / 10.0).ceil().max(1.0) as usize;
    let pairs = points.windows(2).enumerate();
    html! {
        figure class="chart fit" {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(format!("{title}: {}", said(points))) {
                title { (title) }
                text x="4" y="14" { (y) }
                @for tick in ticks(low, high) {
                    line class="grid" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(n(up(tick))) y2=(n(up(tick))) {}
                    text x=(LEFT - 6.0) y=(n(up(tick) + 4.0)) text-anchor="end" { (short(tick)) }
                }
                line class="axis" x1=(LEFT) x2=(WIDTH - RIGHT) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM) {}
                @for (place, pair) in pairs {
                    @if let (Some(from), Some(to), true) = (pair[0].value, pair[1].value, pair[1].is_joined) {
                        line class="path" x1=(n(at(place))) y1=(n(up(from))) x2=(n(at(place + 1))) y2=(n(up(to))) {}
                    }
                }
                @for (place, point) in points.iter().enumerate() {
                    g {
                        title { (point.says) }
                        @if let Some((from, to)) = point.interval {
                            line class="bar" x1=(n(at(place))) x2=(n(at(place))) y1=(n(up(from))) y2=(n(up(to))) {}
                        }
                        @if let Some(value) = point.value {
                            circle class={ "dot " (point.class) } cx=(n(at(place))) cy=(n(up(value))) r="4.5" {}
                            @if point.is_ringed { circle class="ring" cx=(n(at(place))) cy=(n(up(value))) r="8" {} }
                        }
                    }
                    @if (points.len() - 1 - place).is_multiple_of(every) {
                        text x=(n(at(place))) y=(HEIGHT - BOTTOM + 16.0) text-anchor="middle" { (point.label) }
                    }
                }
                text x=(n((WIDTH + LEFT) / 2.0)) y=(HEIGHT - 6.0) text-anchor="middle" { (x) }
            }
        }
    }
}

/// All points in words, the newest few where there are many.
fn said(points: &[Point]) -> String {
    let told = points
        .iter()
        .rev()
        .take(10)
        .map(|point| point.says.as_str());
    told.collect::<Vec<_>>().join("; ")
}

/// Lowest and highest of what is drawn, with a margin.
fn range(points: &[Point]) -> Option<(f64, f64)> {
    let ends = points.iter().flat_map(|point| {
        let interval = point.interval.map(|(low, high)| [low, high]);
        point
            .value
            .into_iter()
            .chain(interval.into_iter().flatten())
    });
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in ends.filter(|value| value.is_finite()) {
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        return None;
    }
    let margin = match high - low {
        0.0 => high.abs().max(1.0) * 0.05,
        spread => spread * 0.08,
    };
    Some((low - margin, high + margin))
}

/// Round values between two ends, about four of them.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 4.0;
    let size = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * size);
    let step = steps
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let mut at = (low / step).ceil() * step;
    let mut ticks = Vec::new();
    while at <= high && ticks.len() < 12 {
        ticks.push(at);
        at += step;
    }
    ticks
}

/// A coordinate with one digit behind the point.
fn n(value: f64) -> String {
    format!("{value:.1}")
}

/// A difference with its interval against 0 and the region around 0 that counts as none.
pub fn difference(delta: f64, interval: Option<(f64, f64)>, rope: f64, says: &str) -> Markup {
    let (low, high) = interval.unwrap_or((delta, delta));
    let reach = [low, high, delta, rope * 2.0]
        .iter()
        .fold(0.0f64, |most, value| most.max(value.abs()))
        * 1.15;
    let at = |value: f64| 10.0 + (WIDTH - 20.0) * (value + reach) / (2.0 * reach);
    html! {
        figure class="chart free" {
            svg viewBox={ "0 0 " (WIDTH) " 64" } role="img" aria-label=(says) {
                title { (says) }
                rect class="rope" x=(n(at(-rope))) width=(n(at(rope) - at(-rope))) y="8" height="32" {}
                line class="zero" x1=(n(at(0.0))) x2=(n(at(0.0))) y1="4" y2="44" {}
                line class="axis" x1="10" x2=(WIDTH - 10.0) y1="24" y2="24" {}
                @if interval.is_some() { line class="bar" x1=(n(at(low))) x2=(n(at(high))) y1="24" y2="24" {} }
                circle class="dot" cx=(n(at(delta))) cy="24" r="5.5" {}
                text x=(n(at(0.0))) y="58" text-anchor="middle" { "0" }
                text x="10" y="58" { "worse" }
                text x=(WIDTH - 10.0) y="58" text-anchor="end" { "better" }
            }
        }
    }
}

/// A small line over time with the range around it, for a cell of a table; oldest first.
pub fn spark(says: &str, values: &[Option<f64>], ranges: &[Option<(f64, f64)>]) -> Markup {
    let both = values.iter().flatten().copied();
    let ends = ranges
        .iter()
        .flatten()
        .flat_map(|(low, high)| [*low, *high]);
    let all: Vec<f64> = both.chain(ends).filter(|value| value.is_finite()).collect();
    let (low, high) = all
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
    if all.is_empty() {
        return html! { span class="soft" { "–" } };
    }
    let (low, spread) = match high - low {
        0.0 => (low, 1.0),
        spread => (low, spread),
    };
    let high = low + spread;
    let step = 120.0 / values.len().max(1) as f64;
    let at = |place: usize| 4.0 + step * (place as f64 + 0.5);
    let up = |value: f64| 4.0 + 24.0 * (high - value) / spread;
    html! {
        svg class="spark" viewBox="0 0 128 32" role="img" aria-label=(says) {
            title { (says) }
            @for (place, range) in ranges.iter().enumerate() {
                @if let Some((from, to)) = range {
                    line class="bar" x1=(n(at(place))) x2=(n(at(place))) y1=(n(up(*from))) y2=(n(up(*to))) {}
                }
            }
            @for (place, pair) in values.windows(2).enumerate() {
                @if let (Some(from), Some(to)) = (pair[0], pair[1]) {
                    line class="path" x1=(n(at(place))) y1=(n(up(from))) x2=(n(at(place + 1))) y2=(n(up(to))) {}
                }
            }
            @for (place, value) in values.iter().enumerate() {
                @if let Some(value) = value { circle class="dot" cx=(n(at(place))) cy=(n(up(*value))) r="2.5" {} }
            }
        }
    }
}

/// A share of a whole as a bar, 0 to 1.
pub fn share(says: &str, share: f64) -> Markup {
    let width = 120.0 * share.clamp(0.0, 1.0);
    html! {
        svg class="spark" viewBox="0 0 128 16" role="img" aria-label=(says) {
            title { (says) }
            rect class="track" x="4" y="4" width="120" height="8" rx="2" {}
            rect class="fill" x="4" y="4" width=(n(width)) height="8" rx="2" {}
        }
    }
}

/// A signed value as a bar to the left or right of the middle, with its deviation on both sides where one is known; `reach` is the
/// largest that is drawn.
pub fn signed(says: &str, value: f64, deviation: Option<f64>, reach: f64) -> Markup {
    let at = |value: f64| 64.0 + 58.0 * (value / reach.max(f64::MIN_POSITIVE)).clamp(-1.0, 1.0);
    let (x, width) = (at(value.min(0.0)), (at(value) - 64.0).abs());
    let error = deviation.map(|it| (at(value - it), at(value + it)));
    let class = if value < 0.0 { "neg" } else { "fill" };
    html! {
        svg class="spark" viewBox="0 0 128 16" role="img" aria-label=(says) {
            title { (says) }
            rect class=(class) x=(n(x)) y="4" width=(n(width)) height="8" {}
            line class="zero" x1="64" x2="64" y1="1" y2="15" {}
            @if let Some((from, to)) = error {
                line class="error" x1=(n(from)) x2=(n(to)) y1="8" y2="8" {}
                @for end in [from, to] { line class="error" x1=(n(end)) x2=(n(end)) y1="5.5" y2="10.5" {} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 1.0), [0.0, 0.5, 1.0]);
        let found = ticks(0.681, 0.742);
        assert!(
            found.iter().all(|tick| (0.681..=0.742).contains(tick)),
            "{found:?}"
        );
        assert!(found.len() >= 2, "{found:?}");
    }

    #[test]
    fn bars_are_on_their_side_of_zero_with_their_deviation() {
        let right = signed("s", 0.5, Some(0.25), 1.0).into_string();
        assert!(
            right.contains("class=\"fill\" x=\"64.0\" y=\"4\" width=\"29.0\""),
            "{right}"
        );
        assert!(right.contains("x1=\"78.5\" x2=\"107.5\""), "{right}");
        let left = signed("s", -2.0, None, 1.0).into_string();
        assert!(
            left.contains("class=\"neg\" x=\"6.0\" y=\"4\" width=\"58.0\""),
            "{left}"
        );
        assert!(!left.contains("error"), "{left}");
        assert!(
            !signed("s", 0.0, Some(0.0), 0.0)
                .into_string()
                .contains("NaN")
        );
    }

    #[test]
    fn nothing_to_draw_is_said_and_one_point_is_drawn() {
        let empty = points("t", "y", "x", &[]).into_string();
        assert!(empty.contains("nothing to draw"));
        let one = Point {
            label: "1".to_string(),
            says: "version 1: 0.5".to_string(),
            value: Some(0.5),
            interval: None,
            class: "promoted",
            is_ringed: true,
            is_joined: false,
        };
        let drawn = points("F1 by version", "F1", "version", &[one]).into_string();
        assert!(
            drawn.contains("aria-label=\"F1 by version: version 1: 0.5\""),
            "{drawn}"
        );
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        assert!(
            !spark("s", &[Some(2.0)], &[None])
                .into_string()
                .contains("NaN")
        );
        assert!(
            !difference(0.0, None, 0.005, "none")
                .into_string()
                .contains("NaN")
        );
    }
}
