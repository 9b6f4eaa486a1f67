//! Lines over steps as SVG, without a font or an image file: for replays, not for a version's report.

use std::fmt::Write as _;

/// A line: its name, and a value per step or none.
pub type Line<'a> = (&'a str, Vec<Option<f64>>);

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 160.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Colours that are told apart by people who see few of them.
const COLOURS: [&str; 6] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
];
/// Dashes, so that no line is told by its colour alone.
const DASHES: [&str; 6] = ["none", "8 4", "2 3", "10 3 2 3", "5 5", "1 2"];

/// Draws lines over steps; a step without a value breaks a line.
pub fn lines_svg(title: &str, steps: &[String], lines: &[Line<'_>]) -> String {
    let values = lines.iter().flat_map(|(_, values)| values.iter().flatten());
    let finite: Vec<f64> = values.copied().filter(|value| value.is_finite()).collect();
    let low = finite.iter().copied().fold(f64::INFINITY, f64::min);
    let high = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = match (low.is_finite(), high - low) {
        (false, _) => (0.0, 1.0),
        (true, spread) if spread > 0.0 => (low - 0.05 * spread, high + 0.05 * spread),
        (true, _) => (low - 0.5, high + 0.5),
    };
    let last = steps.len().saturating_sub(1).max(1) as f64;
    let x = |at: usize| LEFT + (WIDTH - LEFT - RIGHT) * at as f64 / last;
    let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>{0}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n<text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{0}</text>\n",
        escaped(title)
    );
    // Writing to a text cannot fail.
    for part in 0..=4 {
        let value = low + (high - low) * f64::from(part) / 4.0;
        let (at, right) = (y(value), WIDTH - RIGHT);
        let _ = writeln!(
            out,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.3}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    let each = steps.len().div_ceil(6).max(1);
    for (at, step) in steps.iter().enumerate().step_by(each) {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x(at),
            HEIGHT - BOTTOM + 20.0,
            escaped(step)
        );
    }
    for (nth, (name, values)) in lines.iter().enumerate() {
        let (colour, dash) = (COLOURS[nth % COLOURS.len()], DASHES[nth % DASHES.len()]);
        let mut path = String::new();
        let mut is_drawn = false;
        for (at, value) in values.iter().enumerate() {
            let Some(value) = value.filter(|value| value.is_finite()) else {
                is_drawn = false;
                continue;
            };
            let word = if is_drawn { 'L' } else { 'M' };
            let _ = write!(path, "{word}{:.1} {:.1} ", x(at), y(value));
            is_drawn = true;
        }
        let at = TOP + 18.0 * nth as f64;
        let _ = writeln!(
            out,
            "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>\n<line x1=\"{:.1}\" y1=\"{at}\" x2=\"{:.1}\" y2=\"{at}\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            path.trim_end(),
            WIDTH - RIGHT + 12.0,
            WIDTH - RIGHT + 42.0,
            WIDTH - RIGHT + 48.0,
            at + 4.0,
            escaped(name)
        );
    }
    out += "</svg>\n";
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_breaks_a_line_and_names_are_escaped() {
        let steps = ["a", "b", "c"].map(str::to_string);
        let lines = [("x < y", vec![Some(0.5), None, Some(0.7)])];
        let svg = lines_svg("F1 & more", &steps, &lines);
        assert_eq!(svg.matches('M').count(), 2, "{svg}");
        assert!(svg.contains("x &lt; y") && svg.contains("F1 &amp; more"));
        // Nothing to draw, and one value alone, are no division by zero.
        for values in [vec![], vec![Some(0.5)], vec![Some(f64::NAN)]] {
            let svg = lines_svg("t", &steps[..values.len()], &[("a", values)]);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
