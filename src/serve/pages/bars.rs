//! Two histograms in the same bins, one behind the other, as inline SVG.

use maud::{Markup, html};

use super::kit::percent;
use crate::overview::short;

/// A bin: what is in it, and its share of both sides in 0..=1.
pub struct Bar {
    /// What is in it.
    pub label: String,
    /// Share of what is compared with.
    pub reference: f64,
    /// Share of what is compared.
    pub window: f64,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 62.0;

/// Both sides beside each other, bin by bin. `names` are those of the reference and of what is compared.
pub fn bars(title: &str, names: [&str; 2], unit: &str, bars: &[Bar]) -> Markup {
    let most = bars
        .iter()
        .flat_map(|bar| [bar.reference, bar.window])
        .fold(0.0f64, f64::max);
    if most <= 0.0 {
        return html! { p class="soft" { "There is nothing to draw yet." } };
    }
    let step = (WIDTH - LEFT) / bars.len() as f64;
    let tall = |share: f64| (HEIGHT - TOP - BOTTOM) * share / (most * 1.05);
    let floor = HEIGHT - BOTTOM;
    let at = |place: usize| LEFT + step * place as f64;
    let every = (bars.len() as f64 / 12.0).ceil().max(1.0) as usize;
    html! {
        p class="legend" {
            span { span class="key ref" {} " " (names[0]) }
            span { span class="key fill" {} " " (names[1]) }
        }
        figure class="chart" tabindex="0" aria-label=(title) {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(format!("{title}: {}", said(bars, names))) {
                title { (title) }
                text x="4" y="14" { "share of rows" }
                @for share in [0.5, 1.0].map(|part| most * part) {
                    line class="grid" x1=(LEFT) x2=(WIDTH) y1=(n(floor - tall(share))) y2=(n(floor - tall(share))) {}
                    text x=(LEFT - 5.0) y=(n(floor - tall(share) + 4.0)) text-anchor="end" { (percent(share)) }
                }
                @for (place, bar) in bars.iter().enumerate() {
                    g {
                        title { (words(bar, names)) }
                        rect class="ref" x=(n(at(place) + step * 0.1)) width=(n(step * 0.38)) y=(n(floor - tall(bar.reference))) height=(n(tall(bar.reference))) {}
                        rect class="fill" x=(n(at(place) + step * 0.5)) width=(n(step * 0.38)) y=(n(floor - tall(bar.window))) height=(n(tall(bar.window))) {}
                    }
                    @if place.is_multiple_of(every) {
                        @let (x, y) = (at(place) + step * 0.5, floor + 14.0);
                        text x=(n(x)) y=(n(y)) text-anchor="end" transform={ "rotate(-30 " (n(x)) " " (n(y)) ")" } { (cut(&bar.label)) }
                    }
                }
                line class="axis" x1=(LEFT) x2=(WIDTH) y1=(n(floor)) y2=(n(floor)) {}
                text x=(WIDTH) y=(HEIGHT - 4.0) text-anchor="end" { (unit) }
            }
        }
    }
}

/// An edge of a bin in as few digits as tell it from the others.
pub fn edge(value: f64) -> String {
    let text = short(value);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text
    }
}

/// A label that fits below its bar.
fn cut(label: &str) -> String {
    const MOST: usize = 14;
    match label.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &label[..at]),
        None => label.to_string(),
    }
}

fn words(bar: &Bar, names: [&str; 2]) -> String {
    format!(
        "{}: {} of {}, {} of {}",
        bar.label,
        percent(bar.reference),
        names[0],
        percent(bar.window),
        names[1]
    )
}

fn said(bars: &[Bar], names: [&str; 2]) -> String {
    let all = bars.iter().map(|bar| words(bar, names));
    all.collect::<Vec<_>>().join("; ")
}

/// A coordinate with one digit behind the point.
fn n(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_drawn_and_said() {
        let bar = |label: &str, reference: f64, window: f64| Bar {
            label: label.to_string(),
            reference,
            window,
        };
        let drawn = bars(
            "ages",
            ["training", "requests"],
            "years",
            &[bar("0 to 9", 0.5, 0.25), bar("<new>", 0.0, 0.75)],
        )
        .into_string();
        let said = "aria-label=\"ages: 0 to 9: 50 % of training, 25 % of requests; &lt;new&gt;: 0 % of training, 75 % of requests\"";
        assert!(drawn.contains(said), "{drawn}");
        assert!(!drawn.contains("NaN"), "{drawn}");
        let none = bars("ages", ["a", "b"], "", &[bar("x", 0.0, 0.0)]).into_string();
        assert!(none.contains("nothing to draw"), "{none}");
        assert_eq!(
            [edge(0.05), edge(15.0), edge(1200.0)],
            ["0.05", "15", "1200"]
        );
        assert_eq!(cut("ein sehr langer Name"), "ein sehr lange…");
    }
}
