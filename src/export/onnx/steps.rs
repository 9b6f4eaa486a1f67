//! Columns to features in ONNX, by what a step says of itself; what cannot be said is an error that names the column.

use super::block::{Block, Blocks, unsayable};
use super::graph::{Graph, int, ints, strings};
use super::proto::element_type::{BOOL, DOUBLE, FLOAT, INT32, STRING};
use super::words;
use crate::export::Error;
use crate::features::{Input, Step, Transformer, is_encoded_as_number};

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
            let why = "a column without a name cannot be an input of ONNX";
            return Err(unsayable(input, why));
        }
        // Numbers that stand side by side are scaled together: one operation, however many columns.
        let run: Vec<Scaled<'_>> = inputs.iter().map_while(scaled).collect();
        let (taken, block) = if run.is_empty() {
            (1, block_of(graph, input, bounded)?)
        } else {
            (run.len(), scale(graph, &run, bounded))
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
    per_scale: f64,
    /// The feature of a missing number.
    missing: f64,
}

/// The step of a column of numbers, with whether a second feature says that the number is missing.
fn number(input: &Input) -> Option<(Scaled<'_>, bool)> {
    let (centre, per_scale, missing, indicator) = input.step.number()?;
    let column = input.name.as_str();
    let scaled = Scaled {
        column,
        centre,
        per_scale,
        missing,
    };
    Some((scaled, indicator))
}

fn scaled(input: &Input) -> Option<Scaled<'_>> {
    let (scaled, indicator) = number(input)?;
    (!indicator).then_some(scaled)
}

/// The block of a step that stands alone.
fn block_of(graph: &mut Graph, input: &Input, bounded: bool) -> Result<Block, Error> {
    if let Some((step, _)) = number(input) {
        return Ok(told(graph, step, bounded));
    }
    if let Step::Text { blocks } = &input.step {
        graph.input(&input.name, STRING, "a text; empty where it is missing");
        return words::block(graph, input, blocks);
    }
    let categories = input.step.categories();
    let categories = categories.ok_or_else(|| unsayable(input, "its step has no such form"))?;
    let place = place(graph, input, categories)?;
    let Some(table) = input.step.table() else {
        let width = input.width();
        return Ok(Block::Place {
            value: place,
            width,
        });
    };
    let table = graph.numbers(&[categories.len() + 2, input.width()], &table);
    Ok(Block::Numbers {
        value: graph.op("Gather", &[&table, &place], Vec::new()),
        width: input.width(),
        is_single: false,
    })
}

/// Declares columns of numbers; returns them side by side, and where they are missing.
fn given(graph: &mut Graph, columns: &[&str]) -> (String, String) {
    for column in columns {
        graph.input(column, DOUBLE, "a number; NaN where it is missing");
    }
    let columns: Vec<String> = columns.iter().map(|column| column.to_string()).collect();
    let given = graph.concat(&columns);
    // Infinite numbers count as missing, too: a number minus itself is NaN for both.
    let nothing = graph.op("Sub", &[&given, &given], Vec::new());
    let is_missing = graph.op("IsNaN", &[&nothing], Vec::new());
    (given, is_missing)
}

/// Columns of numbers, scaled.
fn scale(graph: &mut Graph, run: &[Scaled<'_>], bounded: bool) -> Block {
    let columns: Vec<&str> = run.iter().map(|step| step.column).collect();
    let (given, is_missing) = given(graph, &columns);
    Block::Numbers {
        value: filled(graph, run, &given, &is_missing, bounded),
        width: run.len(),
        is_single: false,
    }
}

/// A column of numbers, scaled, and 1 where it is missing.
fn told(graph: &mut Graph, step: Scaled<'_>, bounded: bool) -> Block {
    let (given, is_missing) = given(graph, &[step.column]);
    let value = filled(graph, &[step], &given, &is_missing, bounded);
    let flag = graph.cast(&is_missing, DOUBLE);
    Block::Numbers {
        value: graph.concat(&[value, flag]),
        width: 2,
        is_single: false,
    }
}

/// `(x/2 - centre/2) · 2/scale`, as the scorer has it, since no two finite numbers overflow then.
fn filled(
    graph: &mut Graph,
    run: &[Scaled<'_>],
    given: &str,
    is_missing: &str,
    bounded: bool,
) -> String {
    let row = |graph: &mut Graph, of: &dyn Fn(&Scaled<'_>) -> f64| {
        let values: Vec<f64> = run.iter().map(of).collect();
        graph.numbers(&[1, run.len()], &values)
    };
    let half = graph.numbers(&[1], &[0.5]);
    let half_centre = row(graph, &|step| step.centre / 2.0);
    let per_half_scale = row(graph, &|step| (2.0 * step.per_scale).min(f64::MAX));
    let missing = row(graph, &|step| step.missing);
    let halves = graph.op("Mul", &[given, &half], Vec::new());
    let distance = graph.op("Sub", &[&halves, &half_centre], Vec::new());
    let mut value = graph.op("Mul", &[&distance, &per_half_scale], Vec::new());
    if bounded {
        let (low, high) = (graph.numbers(&[], &[-1e30]), graph.numbers(&[], &[1e30]));
        value = graph.op("Clip", &[&value, &low, &high], Vec::new());
    }
    graph.op("Where", &[is_missing, &missing, &value], Vec::new())
}

/// The place of a cell among the categories; then comes missing, then other. `(rows)` whole numbers.
fn place(graph: &mut Graph, input: &Input, categories: &[String]) -> Result<String, Error> {
    if is_encoded_as_number(input.kind) {
        place_of_number(graph, input, categories)
    } else {
        Ok(place_of_text(graph, input, categories))
    }
}

fn place_of_text(graph: &mut Graph, input: &Input, categories: &[String]) -> String {
    graph.input(&input.name, STRING, "a text; empty where it is missing");
    let n = categories.len() as i64;
    let mut keys: Vec<&str> = categories.iter().map(String::as_str).collect();
    let mut values: Vec<i64> = (0..n).collect();
    if !keys.contains(&"") {
        keys.push("");
        values.push(n);
    }
    let column = graph.flat(&input.name);
    let settings = vec![
        strings("keys_strings", &keys),
        ints("values_int64s", values),
        int("default_int64", n + 1),
    ];
    graph.ml("LabelEncoder", &[&column], settings)
}

/// Numbers are categories by their value: each is checked against all of them.
fn place_of_number(
    graph: &mut Graph,
    input: &Input,
    categories: &[String],
) -> Result<String, Error> {
    let n = categories.len();
    let values: Vec<f64> = categories
        .iter()
        .map(|name| name.parse().ok())
        .collect::<Option<_>>()
        .ok_or_else(|| unsayable(input, "a category of a column of numbers is not a number"))?;
    let (given, is_missing) = given(graph, &[&input.name]);
    let missing = graph.whole(&[1, 1], &[n as i64]);
    let other = graph.whole(&[1, 1], &[n as i64 + 1]);
    let known = match n {
        0 => other,
        _ => {
            let values = graph.numbers(&[1, n], &values);
            let is_it = graph.op("Equal", &[&given, &values], Vec::new());
            let ones = graph.cast(&is_it, INT32);
            let place = graph.op("ArgMax", &[&ones], vec![int("axis", 1)]);
            let axes = graph.whole(&[1], &[1]);
            let most = graph.op("ReduceMax", &[&ones, &axes], Vec::new());
            let is_known = graph.cast(&most, BOOL);
            graph.op("Where", &[&is_known, &place, &other], Vec::new())
        }
    };
    let place = graph.op("Where", &[&is_missing, &missing, &known], Vec::new());
    Ok(graph.flat(&place))
}

/// All features side by side as trees read them: 64-bit numbers that went through 32 bits.
pub fn side_by_side(graph: &mut Graph, blocks: &Blocks) -> String {
    let mut parts = Vec::new();
    for (_, block) in blocks {
        parts.push(match block {
            Block::Numbers {
                value,
                is_single: true,
                ..
            } => value.clone(),
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
