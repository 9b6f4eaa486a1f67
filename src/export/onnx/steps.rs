//! Columns to features in ONNX: one match over [`Step`]; what cannot be said is an error that names the column.

use super::graph::{Graph, int, ints, strings};
use super::proto::element_type::{DOUBLE, FLOAT, STRING};
use crate::export::Error;
use crate::features::{Input, Step, Transformer};

/// What a column, or a run of them, becomes in the graph.
pub enum Block {
    /// `(rows, width)` 64-bit numbers.
    Numbers {
        /// The value.
        value: String,
        /// Number of features.
        width: usize,
    },
    /// `(rows)` whole numbers: which one of `width` features is 1.
    Place {
        /// The value.
        value: String,
        /// Number of features.
        width: usize,
    },
}

/// Blocks in the order of the features, each with the first feature it holds.
pub type Blocks = Vec<(usize, Block)>;

/// Declares an input per column and computes the features of all of them. `bounded` keeps scaled numbers within ±1e30, where
/// products with weights cannot become NaN; trees compare them as they are.
///
/// # Errors
/// Names the column that has no ONNX form.
pub fn blocks(
    graph: &mut Graph,
    transformer: &Transformer,
    bounded: bool,
) -> Result<Blocks, Error> {
    let mut blocks = Vec::new();
    let mut feature = 0;
    let mut inputs = transformer.inputs.as_slice();
    while let Some(input) = inputs.first() {
        if input.name.is_empty() {
            return Err(Error::Unsayable {
                column: String::new(),
                why: "a column without a name cannot be an input of ONNX".to_string(),
            });
        }
        // Numbers that stand side by side are scaled together: one operation, however many columns.
        let run: Vec<Scaled<'_>> = inputs.iter().map_while(scaled).collect();
        let taken = run.len().max(1);
        let block = match run.is_empty() {
            false => scale(graph, &run, bounded),
            true => block_of(graph, input)?,
        };
        blocks.push((feature, block));
        feature += inputs[..taken].iter().map(Input::width).sum::<usize>();
        inputs = &inputs[taken..];
    }
    Ok(blocks)
}

/// A step that is `(x - centre) / scale` and nothing else.
struct Scaled<'a> {
    column: &'a str,
    centre: f64,
    scale: f64,
    /// The feature of a missing number.
    missing: f64,
}

fn scaled(input: &Input) -> Option<Scaled<'_>> {
    let column = input.name.as_str();
    match input.step {
        Step::Scale { mean, scale } => Some(Scaled {
            column,
            centre: mean,
            scale,
            missing: 0.0,
        }),
        Step::OneHot { .. } => None,
    }
}

/// The block of a step that stands alone.
fn block_of(graph: &mut Graph, input: &Input) -> Result<Block, Error> {
    match &input.step {
        Step::Scale { .. } => match scaled(input) {
            Some(step) => Ok(scale(graph, &[step], false)),
            None => Err(unsayable(input, "its step is of another kind")),
        },
        Step::OneHot { categories } => Ok(place(graph, input, categories)),
    }
}

fn unsayable(input: &Input, why: &str) -> Error {
    Error::Unsayable {
        column: input.name.clone(),
        why: why.to_string(),
    }
}

/// Columns of numbers, scaled: `(x/2 - centre/2) · 2/scale`, as the scorer has it, since no two finite numbers overflow then.
fn scale(graph: &mut Graph, run: &[Scaled<'_>], bounded: bool) -> Block {
    for step in run {
        let what = "a number; NaN where it is missing";
        graph.input(step.column, DOUBLE, what);
    }
    let width = run.len();
    let columns: Vec<String> = run.iter().map(|step| step.column.to_string()).collect();
    let given = graph.concat(&columns);
    let row = |graph: &mut Graph, of: &dyn Fn(&Scaled<'_>) -> f64| {
        let values: Vec<f64> = run.iter().map(of).collect();
        graph.numbers(&[1, width], &values)
    };
    // Infinite numbers count as missing, too: a number minus itself is NaN for both.
    let nothing = graph.op("Sub", &[&given, &given], Vec::new());
    let is_missing = graph.op("IsNaN", &[&nothing], Vec::new());
    let half = graph.numbers(&[1], &[0.5]);
    let half_centre = row(graph, &|step| step.centre / 2.0);
    let per_scale = row(graph, &|step| {
        (2.0 * (1.0 / step.scale).min(f64::MAX)).min(f64::MAX)
    });
    let missing = row(graph, &|step| step.missing);
    let halves = graph.op("Mul", &[&given, &half], Vec::new());
    let distance = graph.op("Sub", &[&halves, &half_centre], Vec::new());
    let mut value = graph.op("Mul", &[&distance, &per_scale], Vec::new());
    if bounded {
        let (low, high) = (graph.numbers(&[], &[-1e30]), graph.numbers(&[], &[1e30]));
        value = graph.op("Clip", &[&value, &low, &high], Vec::new());
    }
    let value = graph.op("Where", &[&is_missing, &missing, &value], Vec::new());
    Block::Numbers { value, width }
}

/// The place of a text among its categories; then comes missing, the empty text, then other.
fn place(graph: &mut Graph, input: &Input, categories: &[String]) -> Block {
    graph.input(&input.name, STRING, "a text; empty where it is missing");
    let n = categories.len() as i64;
    let mut keys: Vec<&str> = categories.iter().map(String::as_str).collect();
    let mut values: Vec<i64> = (0..n).collect();
    if !keys.contains(&"") {
        keys.push("");
        values.push(n);
    }
    let column = graph.flat(&input.name);
    let value = graph.ml(
        "LabelEncoder",
        &[&column],
        vec![
            strings("keys_strings", &keys),
            ints("values_int64s", values),
            int("default_int64", n + 1),
        ],
    );
    Block::Place {
        value,
        width: categories.len() + 2,
    }
}

/// All features side by side as trees read them: 64-bit numbers that went through 32 bits.
pub fn side_by_side(graph: &mut Graph, blocks: &Blocks) -> String {
    let mut parts = Vec::new();
    for (_, block) in blocks {
        parts.push(match block {
            Block::Numbers { value, .. } => graph.cast(value, FLOAT),
            Block::Place { value, width } => {
                let depth = graph.whole(&[1], &[*width as i64]);
                let off_and_on = graph.singles(&[2], &[0.0, 1.0]);
                let axis = vec![int("axis", -1)];
                graph.op("OneHot", &[value, &depth, &off_and_on], axis)
            }
        });
    }
    let features = graph.concat(&parts);
    graph.cast(&features, DOUBLE)
}
