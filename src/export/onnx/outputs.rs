//! From margins to what is answered: link, threshold, label.

use super::graph::{Graph, int};
use super::proto::element_type::{DOUBLE, INT64, STRING};
use crate::bundle::Bundle;
use crate::data::Kind;
use crate::predictors::{Calibrator, Link};

/// Declares the outputs of a model with these margins, `(rows, outputs)`; returns their names.
pub fn answers(graph: &mut Graph, bundle: &Bundle, margins: &str) -> Vec<String> {
    let mut answered = linked(graph, bundle, margins);
    if let Some(after) = bundle.after() {
        answered = calibrated(graph, after, &answered);
    }
    if bundle.classes.is_empty() {
        let number = graph.flat(&answered);
        let what = "the predicted number";
        return vec![graph.output("prediction", &number, DOUBLE, None, what)];
    }
    let (probabilities, index) = if bundle.is_binary() {
        two(graph, &answered, bundle.threshold)
    } else {
        let settings = vec![int("axis", 1), int("keepdims", 0)];
        let index = graph.op("ArgMax", &[&answered], settings);
        (answered, index)
    };
    let names = whole_classes(bundle);
    let (classes, element) = match &names {
        Some(numbers) => (graph.whole(&[numbers.len()], numbers), INT64),
        None => (graph.texts(&bundle.classes), STRING),
    };
    let label = graph.op("Gather", &[&classes, &index], Vec::new());
    vec![
        graph.output("label", &label, element, None, "the predicted class"),
        graph.output(
            "probabilities",
            &probabilities,
            DOUBLE,
            Some(bundle.classes.len()),
            "the probability of each class, in the order of `classes`",
        ),
    ]
}

/// The classes as whole numbers, where the target's column holds such.
pub fn whole_classes(bundle: &Bundle) -> Option<Vec<i64>> {
    let target = bundle.profile.iter().find(|it| it.name == bundle.target)?;
    let numbers = bundle.classes.iter().map(|class| class.parse().ok());
    (target.kind == Kind::Integer).then(|| numbers.collect())?
}

/// Probabilities of both classes, and which one is predicted: the positive one where `p >= threshold`.
fn two(graph: &mut Graph, positive: &str, threshold: f64) -> (String, String) {
    let one = graph.numbers(&[1, 1], &[1.0]);
    let negative = graph.op("Sub", &[&one, positive], Vec::new());
    let both = graph.concat(&[negative, positive.to_string()]);
    let threshold = graph.numbers(&[1, 1], &[threshold]);
    let is_positive = graph.op("GreaterOrEqual", &[positive, &threshold], Vec::new());
    let index = graph.cast(&is_positive, INT64);
    let index = graph.flat(&index);
    (both, index)
}

/// P(positive) after a calibration, `(rows, 1)`.
fn calibrated(graph: &mut Graph, calibrator: &Calibrator, p: &str) -> String {
    match calibrator {
        // The score of what is not log odds is the probability itself.
        Calibrator::Platt { slope, intercept } => {
            let slope = graph.numbers(&[1, 1], &[*slope]);
            let intercept = graph.numbers(&[1, 1], &[*intercept]);
            let scaled = graph.op("Mul", &[p, &slope], Vec::new());
            let margin = graph.op("Add", &[&scaled, &intercept], Vec::new());
            graph.op("Sigmoid", &[&margin], Vec::new())
        }
        // The first value, and of each piece of the curve as much of its rise as the probability has gone.
        Calibrator::Isotonic(curve) => {
            let pieces = || curve.at.windows(2).zip(curve.value.windows(2));
            let n = curve.at.len() - 1;
            let widths: Vec<f64> = pieces().map(|(at, _)| at[1] - at[0]).collect();
            let slopes: Vec<f64> = pieces()
                .map(|(at, value)| (value[1] - value[0]) / (at[1] - at[0]))
                .collect();
            let first = graph.numbers(&[1, 1], &curve.value[..1]);
            if n == 0 {
                let zero = graph.numbers(&[1, 1], &[0.0]);
                let nothing = graph.op("Mul", &[p, &zero], Vec::new());
                return graph.op("Add", &[&nothing, &first], Vec::new());
            }
            let begins = graph.numbers(&[1, n], &curve.at[..n]);
            let widths = graph.numbers(&[1, n], &widths);
            let slopes = graph.numbers(&[n, 1], &slopes);
            let zero = graph.numbers(&[1, 1], &[0.0]);
            let gone = graph.op("Sub", &[p, &begins], Vec::new());
            let gone = graph.op("Max", &[&gone, &zero], Vec::new());
            let gone = graph.op("Min", &[&gone, &widths], Vec::new());
            let risen = graph.op("MatMul", &[&gone, &slopes], Vec::new());
            graph.op("Add", &[&risen, &first], Vec::new())
        }
    }
}

/// The link's function of the margins.
fn linked(graph: &mut Graph, bundle: &Bundle, margins: &str) -> String {
    match bundle.predictor.link() {
        Link::Identity => margins.to_string(),
        Link::Logistic => graph.op("Sigmoid", &[margins], Vec::new()),
        Link::Softmax => graph.op("Softmax", &[margins], vec![int("axis", 1)]),
        Link::OneVsRest => {
            let each = graph.op("Sigmoid", &[margins], Vec::new());
            let axes = graph.whole(&[1], &[1]);
            let sum = graph.op("ReduceSum", &[&each, &axes], vec![int("keepdims", 1)]);
            let none = graph.numbers(&[1, 1], &[0.0]);
            let alike = graph.numbers(&[1, 1], &[1.0 / bundle.classes.len() as f64]);
            let some = graph.op("Greater", &[&sum, &none], Vec::new());
            let shares = graph.op("Div", &[&each, &sum], Vec::new());
            graph.op("Where", &[&some, &shares, &alike], Vec::new())
        }
    }
}
