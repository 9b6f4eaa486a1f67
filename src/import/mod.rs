//! A model of another program, as ONNX, to a transformer and a predictor of ours: no second run-time, but the graph read as what
//! it does to each column.
//!
//! In: the bytes of the file, and the columns and classes of the project. Out: plain steps and plain numbers, or why the graph
//! has no such form, by the name of the node. It must not know files, versions or the registry.

mod answers;
mod cell;
mod columns;
mod ensemble;
mod error;
mod given;
mod inputs;
mod linear;
mod node;
mod number;
mod ops;
mod reach;
mod route;
mod tensor;
mod trees;
mod value;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

pub use self::error::Error;
pub use self::given::{Given, Imported, Task};
pub use self::reach::weigh;
pub use self::route::Doubtful;
pub use self::value::Column;

use self::cell::Cell;
use self::value::{Context, Value};
use crate::export::onnx::proto::{GraphProto, ModelProto, ValueInfoProto};
use crate::features::{Prepare, Transformer};
use crate::predictors::{Link, Predictor, Trees};

/// The newest sets of operators whose meaning is known here.
const NEWEST: [(&str, i64); 2] = [("", 25), ("ai.onnx.ml", 5)];

/// Reads an ONNX file as a model of the project.
///
/// # Errors
/// Says which node, input, column or class has no form here.
pub fn onnx(bytes: &[u8], given: &Given<'_>) -> Result<Imported, Error> {
    let model = decoded(bytes)?;
    let operators = operators(&model)?;
    let graph = model.graph.as_ref();
    let graph = graph.ok_or_else(|| Error::NotOnnx("it has no graph".to_string()))?;
    let inputs = inputs::inputs(&declared(graph), given)?;
    let context = Context {
        columns: inputs.columns,
        notes: RefCell::default(),
    };
    if inputs.by_place {
        let names: Vec<String> = context
            .columns
            .iter()
            .map(|it| format!("`{}`", it.name))
            .collect();
        context.note(format!(
            "the file names no columns; they are taken in the order of the data set: {}",
            names.join(", ")
        ));
    }
    let outputs = evaluated(graph, inputs.values, &context)?;
    let said = answers::said(&outputs, given)?;
    let columns = &context.columns;
    let mut unfilled = BTreeSet::new();
    let mut doubtful = Vec::new();
    let is_trees = matches!(said.margins.first(), Some(Cell::Trees(_)));
    let (inputs, predictor) = if is_trees {
        let mut made = trees::trees(&said.margins, said.link, columns)?;
        if said.link == Link::Identity && matches!(given.task, Task::Classes { .. }) {
            as_shares(&mut made.trees)?;
        }
        doubtful = made.doubtful;
        (made.inputs, Predictor::Trees(made.trees))
    } else {
        if said.link == Link::Identity && matches!(given.task, Task::Classes { .. }) {
            return Err(Error::Outputs(
                "its outputs are no probabilities".to_string(),
            ));
        }
        let made = linear::linear(&said.margins, said.link, columns)?;
        unfilled = made.unfilled;
        (made.inputs, Predictor::Linear(made.linear))
    };
    if inputs.is_empty() {
        return Err(Error::Outputs(
            "it reads no column: its answer is the same for every row".to_string(),
        ));
    }
    let reads = inputs.iter().map(|input| input.name.clone()).collect();
    Ok(Imported {
        transformer: Transformer {
            prepare: Prepare::default(),
            inputs,
        },
        predictor,
        threshold: said.threshold,
        reads,
        unfilled,
        doubtful,
        operator: main_operator(graph),
        producer: format!("{} {}", model.producer_name, model.producer_version)
            .trim()
            .to_string(),
        operators,
        notes: context.notes.into_inner(),
    })
}

fn decoded(bytes: &[u8]) -> Result<ModelProto, Error> {
    let refuse = |why: &str| Error::NotOnnx(why.to_string());
    if bytes.is_empty() {
        return Err(refuse("it is empty"));
    }
    let model = ModelProto::read(bytes).ok_or_else(|| {
        refuse(
            "its bytes are no ONNX, or end too early; it may be another kind of file, or cut off",
        )
    })?;
    if model.graph.is_none() || model.ir_version <= 0 {
        return Err(refuse(
            "it has no graph, or no version of the format; it may be another kind of file",
        ));
    }
    Ok(model)
}

/// The sets of operators with their versions, all of which must be known.
fn operators(model: &ModelProto) -> Result<Vec<(String, i64)>, Error> {
    let mut found = Vec::new();
    for set in &model.opset_import {
        let domain = match set.domain.as_str() {
            "ai.onnx" => "",
            domain => domain,
        };
        let newest = NEWEST.iter().find(|(known, _)| *known == domain);
        let name = if domain.is_empty() { "ai.onnx" } else { domain };
        if let Some((_, newest)) = newest
            && !(1..=*newest).contains(&set.version)
        {
            return Err(Error::Opset(format!(
                "version {} of {name} is not known here, {newest} and older are; export the model with an older target_opset",
                set.version
            )));
        }
        found.push((name.to_string(), set.version));
    }
    Ok(found)
}

/// The inputs that are given, which older files list together with constants.
fn declared(graph: &GraphProto) -> Vec<&ValueInfoProto> {
    let is_constant = |name: &str| graph.initializer.iter().any(|it| it.name == name);
    graph
        .input
        .iter()
        .filter(|input| !is_constant(&input.name))
        .collect()
}

/// What the outputs of the graph come to.
fn evaluated(
    graph: &GraphProto,
    inputs: Vec<(String, Value)>,
    context: &Context,
) -> Result<Vec<(String, Value)>, Error> {
    let mut values: HashMap<&str, Value> = HashMap::new();
    for tensor in &graph.initializer {
        let read = tensor::Tensor::read(tensor);
        let read =
            read.map_err(|why| Error::NotOnnx(format!("the constant `{}`: {why}", tensor.name)))?;
        values.insert(&tensor.name, Value::Constant(read));
    }
    for (input, (_, value)) in declared(graph).into_iter().zip(inputs) {
        values.insert(&input.name, value);
    }
    for proto in &graph.node {
        let missing = || node::Node::new(proto);
        let args = proto.input.iter().map(|name| match name.as_str() {
            // An input that is left out.
            "" => Ok(None),
            name => values.get(name).map(Some).ok_or_else(|| {
                missing().refuse(format!("it reads `{name}`, which nothing before it makes"))
            }),
        });
        let args = args.collect::<Result<Vec<Option<&Value>>, Error>>()?;
        let made = ops::run(proto, args, context)?;
        for (name, value) in proto.output.iter().zip(made) {
            values.insert(name, value);
        }
    }
    let outputs = graph.output.iter().map(|output| {
        let value = values.get(output.name.as_str()).cloned();
        let value = value
            .ok_or_else(|| Error::Outputs(format!("nothing makes its output `{}`", output.name)))?;
        Ok((output.name.clone(), value))
    });
    outputs.collect()
}

/// The operator that a reader would call the model.
fn main_operator(graph: &GraphProto) -> String {
    let is_model = |op: &str| op.starts_with("Linear") || op.starts_with("TreeEnsemble");
    let found = graph.node.iter().rev().find(|node| is_model(&node.op_type));
    found.map_or_else(|| "MatMul".to_string(), |node| node.op_type.clone())
}

/// Further above 1 than this are no shares that were rounded to 32 bits.
const ROUNDING: f64 = 1e-4;

/// Shares of classes in 32 bits can add up to a little more than 1: they are brought back below.
fn as_shares(trees: &mut Trees) -> Result<(), Error> {
    let bounds = trees::bounds(trees);
    let least = bounds.iter().fold(0.0_f64, |least, it| least.min(it.0));
    let most = bounds.iter().fold(1.0_f64, |most, it| most.max(it.1));
    if least < -ROUNDING || most > 1.0 + ROUNDING {
        return Err(Error::Outputs(format!(
            "its outputs are no probabilities: leaves add up to between {least} and {most}; export the model with probabilities (without raw_scores)"
        )));
    }
    let span = most - least;
    let outputs = trees.n_outputs();
    if least < 0.0 || most > 1.0 {
        // Rounded once more towards the inside.
        let scale = (1.0 - 1e-9) / span;
        let shift = -least * scale;
        trees.values.iter_mut().for_each(|it| *it *= scale);
        trees
            .base
            .iter_mut()
            .take(outputs)
            .for_each(|it| *it = *it * scale + shift);
    }
    Ok(())
}
