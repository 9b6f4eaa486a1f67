//! What two keys make of the evidence, as one picture: how sure each source is of the gain, and what is left of it.

use std::fmt::Write as _;

use crate::evaluate::Metric;
use crate::gate::Policy;
use crate::gate::two_keys::{Judgement, Key, ROPE};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 520.0;
/// Where the axis begins and ends.
const LEFT: f64 = 250.0;
const RIGHT: f64 = 640.0;
const TOP: f64 = 78.0;
/// Height of a row, and of the bell in it.
const ROW: f64 = 84.0;
const BELL: f64 = 56.0;
/// Steps of the axis.
const STEPS: [f64; 7] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const GOOD: &str = "#0072b2";
const BAD: &str = "#d55e00";
const PLAIN: &str = "#8a8f98";

/// A bell curve on a row.
struct Row<'a> {
    what: [&'a str; 2],
    mean: f64,
    sd: f64,
    /// What stands on the right: two lines.
    says: [String; 2],
    /// The bound of a key, where it is one.
    bound: Option<f64>,
}

/// Draws a judgement as SVG: the labels alone, the opinion of the probabilities and its correction, and both keys. The same judgement
/// gives the same bytes.
pub fn judgement_svg(judgement: &Judgement, policy: &Policy, metric: Metric) -> String {
    let rows = rows(judgement, policy);
    let reach = rows
        .iter()
        .map(|row| row.mean.abs() + 2.6 * row.sd)
        .fold(3.0 * ROPE, f64::max);
    let x =
        |gain: f64| (LEFT + RIGHT) / 2.0 + (RIGHT - LEFT) / 2.0 * (gain / reach).clamp(-1.0, 1.0);
    let name = metric.title();
    let title = format!("How much better is the challenger, in {name}?");
    let bottom = TOP + ROW * rows.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n<title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n<text x=\"20\" y=\"28\" font-size=\"17\">{title}</text>\n"
    );
    // Writing to a text cannot fail.
    let _ = writeln!(
        out,
        "<rect x=\"{:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#eef0f2\"/>",
        x(-ROPE),
        x(ROPE) - x(-ROPE),
        bottom - TOP
    );
    let ends = [
        (LEFT, "start", BAD, "&#8592; truly worse"),
        (RIGHT, "end", GOOD, "truly better &#8594;"),
    ];
    for (at, anchor, colour, words) in ends {
        let _ = writeln!(
            out,
            "<text x=\"{at}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>",
            TOP - 14.0
        );
    }
    for (nth, row) in rows.iter().enumerate() {
        out += &drawn(row, TOP + ROW * (nth as f64 + 1.0), reach, &x);
    }
    let zero = x(0.0);
    let _ = writeln!(
        out,
        "<line x1=\"{zero:.1}\" y1=\"{TOP}\" x2=\"{zero:.1}\" y2=\"{bottom}\" stroke=\"#222\"/>"
    );
    let step = STEPS.into_iter().find(|step| reach / step < 3.0);
    let step = step.unwrap_or(1.0);
    let most = (reach / step).floor() as i32;
    for part in -most..=most {
        let gain = f64::from(part) * step;
        let label = match part {
            0 => "no difference".to_owned(),
            // Beside the middle one there is no room.
            -1 | 1 if (x(step) - x(0.0)) < 80.0 => continue,
            _ => format!("{gain:+.3}"),
        };
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\" font-size=\"12\">{label}</text>",
            x(gain),
            bottom + 20.0
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"20\" y=\"{:.1}\" fill=\"#444\">A bell shows where the true gain may lie: high is likely, wide is unsure. Orange: the challenger is worse.</text>\n<text x=\"20\" y=\"{:.1}\" fill=\"#444\">The grey band is a gain too small to matter, {ROPE} either way. The challenger goes in when both keys turn.</text>\n</svg>",
        bottom + 50.0,
        bottom + 70.0
    );
    out
}

fn rows<'a>(judgement: &Judgement, policy: &Policy) -> Vec<Row<'a>> {
    let (all, trusted) = (&judgement.all, &judgement.trusted);
    let over = match judgement.unlabelled_rows {
        0 => "over the test rows".to_owned(),
        rows => format!("over {rows} rows without labels"),
    };
    let key = |what, key: &Key, bound: f64| Row {
        what,
        mean: key.gain,
        sd: key.gain_sd,
        says: [
            format!("{} sure that it is better;", percent(key.probability)),
            format!(
                "{} required: {}",
                percent(bound),
                if key.probability >= bound {
                    "turns"
                } else {
                    "does not turn"
                }
            ),
        ],
        bound: Some(bound),
    };
    vec![
        Row {
            what: ["The labels alone", "what the test rows say"],
            mean: judgement.labels,
            sd: judgement.labels_se,
            says: [
                format!("{:+.3} ± {:.3}", judgement.labels, judgement.labels_se),
                "assumes nothing, and is unsure".to_owned(),
            ],
            bound: None,
        },
        Row {
            what: [
                "Both models' probabilities",
                "opinion, calibrated on the labels",
            ],
            mean: trusted.opinion,
            sd: trusted.opinion_se,
            says: [
                format!("{:+.3} ± {:.3}", trusted.opinion, trusted.opinion_se),
                over,
            ],
            bound: None,
        },
        key(
            ["Second key", "opinion, corrected by the test rows"],
            trusted,
            policy.second_key,
        ),
        key(
            ["First key", "the same with all other evidence"],
            all,
            policy.first_key,
        ),
    ]
}

/// One row, standing on `base`.
fn drawn(row: &Row<'_>, base: f64, reach: f64, x: &dyn Fn(f64) -> f64) -> String {
    let height = |gain: f64| {
        let z = (gain - row.mean) / row.sd.max(1e-9);
        BELL * (-0.5 * z * z).exp()
    };
    let area = |from: f64, to: f64, fill: &str| {
        const STEPS: u32 = 60;
        let mut path = format!("M{:.1} {base:.1}", x(from));
        for step in 0..=STEPS {
            let gain = from + (to - from) * f64::from(step) / f64::from(STEPS);
            let _ = write!(path, " L{:.1} {:.1}", x(gain), base - height(gain));
        }
        format!(
            "<path d=\"{path} L{:.1} {base:.1} Z\" fill=\"{fill}\" fill-opacity=\"0.75\"/>\n",
            x(to)
        )
    };
    let mut out = String::new();
    match row.bound {
        Some(_) => {
            out += &area(-reach, 0.0, BAD);
            out += &area(0.0, reach, GOOD);
        }
        None => out += &area(-reach, reach, PLAIN),
    }
    let [name, how] = row.what;
    let [first, second] = &row.says;
    let _ = writeln!(
        out,
        "<line x1=\"{LEFT}\" y1=\"{base:.1}\" x2=\"{RIGHT}\" y2=\"{base:.1}\" stroke=\"#bbb\"/>\n<text x=\"20\" y=\"{:.1}\" font-weight=\"bold\">{name}</text>\n<text x=\"20\" y=\"{:.1}\" fill=\"#444\" font-size=\"12\">{how}</text>\n<text x=\"{:.1}\" y=\"{:.1}\" font-weight=\"bold\">{first}</text>\n<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#444\" font-size=\"12\">{second}</text>",
        base - 28.0,
        base - 10.0,
        RIGHT + 14.0,
        base - 28.0,
        RIGHT + 14.0,
        base - 10.0
    );
    out
}

fn percent(share: f64) -> String {
    format!("{:.0} %", (share * 100.0).floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement() -> Judgement {
        let text = include_str!("../../tests/docs/judgement.json");
        serde_json::from_str(text).expect("a judgement")
    }

    #[test]
    fn every_key_is_there_with_its_bound_and_whether_it_turns() {
        let policy = Policy::default();
        let svg = judgement_svg(&judgement(), &policy, Metric::F1);
        for words in [
            "First key",
            "Second key",
            "95 % sure",
            "over 5000 rows without labels",
            "+0.007 ± 0.011",
        ] {
            assert!(svg.contains(words), "{words} is missing: {svg}");
        }
        assert_eq!(svg.matches(": turns").count(), 2);
        let strict = Policy {
            first_key: 0.99,
            ..policy
        };
        let svg = judgement_svg(&judgement(), &strict, Metric::F1);
        assert!(svg.contains("99 % required: does not turn"), "{svg}");
    }

    #[test]
    fn certainty_and_nothing_are_drawn_without_a_number_that_is_none() {
        let mut sure = judgement();
        (sure.all.gain_sd, sure.trusted.gain_sd) = (0.0, 0.0);
        (sure.labels, sure.labels_se) = (0.0, 0.0);
        let svg = judgement_svg(&sure, &Policy::default(), Metric::F1);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
