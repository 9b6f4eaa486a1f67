//! A linear predictor in ONNX: the margins are a sum of one term per block of features.

use super::block::{Block, Blocks};
use super::graph::Graph;
use super::proto::element_type::{DOUBLE, FLOAT};
use crate::predictors::Linear;

/// The margins, `(rows, outputs)`.
pub fn margins(graph: &mut Graph, linear: &Linear, blocks: &Blocks) -> String {
    let outputs = linear.n_outputs();
    let mut terms = vec![graph.numbers(&[1, outputs], &linear.bias)];
    for (first, block) in blocks {
        terms.push(match block {
            Block::Numbers {
                value,
                width,
                is_single,
            } => {
                let weights = weights(graph, linear, *first, *width);
                if *is_single {
                    let weights = graph.cast(&weights, FLOAT);
                    let term = graph.op("MatMul", &[value, &weights], Vec::new());
                    graph.cast(&term, DOUBLE)
                } else {
                    graph.op("MatMul", &[value, &weights], Vec::new())
                }
            }
            // The row of the one feature that is 1: no wide matrix, however many categories.
            Block::Place { value, width } => {
                let weights = weights(graph, linear, *first, *width);
                graph.op("Gather", &[&weights, value], Vec::new())
            }
        });
    }
    let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
    graph.op("Sum", &terms, Vec::new())
}

/// Weights of a stretch of features, `(width, outputs)`.
fn weights(graph: &mut Graph, linear: &Linear, first: usize, width: usize) -> String {
    let outputs = linear.n_outputs();
    let mut values = Vec::with_capacity(width * outputs);
    for feature in first..first + width {
        values.extend((0..outputs).map(|output| linear.weights_of(output)[feature]));
    }
    graph.numbers(&[width, outputs], &values)
}
