//! A bundle as an ONNX model: one input per column, in 64-bit numbers all the way, so that onnxruntime answers what the
//! scorer does. `docs/export.md` says what is in the file.

mod block;
mod graph;
mod linear;
mod outputs;
pub mod proto;
mod steps;
mod trees;
mod words;

#[cfg(test)]
mod tests;

use prost::Message;

use self::graph::{Graph, MICROSOFT, ML};
use self::proto::{ModelProto, OperatorSetIdProto, StringStringEntryProto};
use super::{About, Error};
use crate::bundle::Bundle;
use crate::predictors::Predictor;

/// Protobuf cannot hold more.
const MOST_BYTES: usize = i32::MAX as usize;

/// The bytes of the `.onnx` file; the same bundle gives the same bytes.
///
/// # Errors
/// Names the column that has no ONNX form, or says that the model is too large.
pub fn onnx(bundle: &Bundle, about: &About<'_>) -> Result<Vec<u8>, Error> {
    let model = model(bundle, about)?;
    match model.encoded_len() {
        length if length > MOST_BYTES => Err(Error::TooLarge),
        _ => Ok(model.encode_to_vec()),
    }
}

/// The model as a message.
///
/// # Errors
/// Names the column that has no ONNX form.
pub fn model(bundle: &Bundle, about: &About<'_>) -> Result<ModelProto, Error> {
    let columns = bundle.transformer.inputs.iter();
    let columns: Vec<&str> = columns.map(|input| input.name.as_str()).collect();
    let mut graph = Graph::new(&columns);
    let (margins, versions) = match &bundle.predictor {
        Predictor::Linear(linear) => {
            let blocks = steps::blocks(&mut graph, &bundle.transformer, true)?;
            (linear::margins(&mut graph, linear, &blocks), OLDER)
        }
        Predictor::Trees(trees) => {
            let blocks = steps::blocks(&mut graph, &bundle.transformer, false)?;
            let features = steps::side_by_side(&mut graph, &blocks);
            let versions = if trees::is_newer(trees) { NEWER } else { OLDER };
            (trees::margins(&mut graph, trees, &features), versions)
        }
    };
    let outputs = outputs::answers(&mut graph, bundle, &margins);
    let set = |domain: &str, version: i64| OperatorSetIdProto {
        domain: domain.to_string(),
        version,
    };
    let mut sets = vec![set("", versions.own), set(ML, versions.classical)];
    if graph.uses(MICROSOFT) {
        sets.push(set(MICROSOFT, 1));
    }
    Ok(ModelProto {
        ir_version: versions.file,
        producer_name: "unseat".to_string(),
        producer_version: about.program.to_string(),
        model_version: about.version.unwrap_or_default().get(),
        doc_string: format!("predicts `{}`", bundle.target),
        graph: Some(graph.finish()),
        opset_import: sets,
        metadata_props: metadata(bundle, about, &outputs)?,
    })
}

/// Versions of the format that a model is written in: as old as its operators allow.
struct Versions {
    file: i64,
    own: i64,
    classical: i64,
}

const OLDER: Versions = Versions {
    file: 8,
    own: 18,
    classical: 3,
};
/// ONNX 1.16, onnxruntime 1.20.
const NEWER: Versions = Versions {
    file: 10,
    own: 21,
    classical: 5,
};

/// What the graph does not say.
fn metadata(
    bundle: &Bundle,
    about: &About<'_>,
    outputs: &[String],
) -> Result<Vec<StringStringEntryProto>, Error> {
    let mut entries = vec![
        ("unseat.model", about.model.to_string()),
        ("unseat.target", bundle.target.clone()),
        ("unseat.outputs", serde_json::to_string(outputs)?),
    ];
    if !bundle.classes.is_empty() {
        entries.push(("unseat.classes", serde_json::to_string(&bundle.classes)?));
    }
    if !bundle.transformer.prepare.is_empty() {
        let what = serde_json::to_string(&bundle.transformer.prepare)?;
        entries.push(("unseat.prepare", what));
    }
    if bundle.is_binary() {
        entries.push(("unseat.threshold", bundle.threshold.to_string()));
    }
    if let Some(flag) = &bundle.flag {
        entries.push(("unseat.flag", serde_json::to_string(flag)?));
    }
    let entry = |(key, value): (&str, String)| StringStringEntryProto {
        key: key.to_string(),
        value,
    };
    Ok(entries.into_iter().map(entry).collect())
}
