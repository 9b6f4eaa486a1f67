//! The graph as a reader sees it. Whether onnxruntime answers the same is tested in `tests/export/`.

use std::collections::HashSet;

use prost::Message;
use serde_json::{Value, json};

use super::graph::ML;
use super::proto::{AttributeProto, ModelProto, NodeProto};
use super::{model, onnx};
use crate::bundle::Bundle;
use crate::export::About;
use crate::model_types::VersionNumber;

/// A bundle with columns `x`, `y` (numbers) and `t` (a text), written down as its file has it.
fn bundle(classes: &[&str], predictor: Value) -> Bundle {
    let written = json!({
        "target": "target", "classes": classes, "prior": vec![0.5; classes.len()], "metric": "f1", "threshold": 0.25,
        "transformer": {"inputs": [
            {"name": "x", "kind": "number", "step": {"scale": {"mean": 3.0, "scale": 2.0}}},
            {"name": "y", "kind": "integer", "step": {"scale": {"mean": -1.0, "scale": 4.0}}},
            {"name": "t", "kind": "text", "step": {"one_hot": {"categories": ["a", "b"]}}},
        ]},
        "predictor": predictor, "dropped": [], "learner": {}, "seed": 1,
        "data": {"rows_hash": "", "config_hash": "", "train_rows": 1, "validation_rows": 0},
        "profile": [], "golden": {"rows": []},
    });
    serde_json::from_value(written).expect("is a bundle")
}

fn linear() -> Bundle {
    let weights = [0.5, -1.5, 1.0, 2.0, 3.0, 4.0];
    bundle(
        &["no", "yes"],
        json!({"kind": "linear", "link": "logistic", "bias": [0.75], "weights": weights}),
    )
}

/// Two trees: a split on `y` (missing goes left) above a split on `t=b`, and a leaf alone.
fn trees(classes: &[&str], output: Value, base: Value, link: &str, values: Value) -> Bundle {
    bundle(
        classes,
        json!({
            "kind": "trees", "link": link, "base": base, "output": output, "roots": [0, 5],
            "feature": [1, 4294967295_u32, 3, 4294967295_u32, 4294967295_u32, 4294967295_u32],
            "threshold": [0.5, 0.0, 0.5, 0.0, 0.0, 0.0], "left": [1, 0, 3, 1, 2, 3],
            "missing_left": [true, false, false, false, false, false],
            "cover": [9.0, 4.0, 5.0, 3.0, 2.0, 9.0], "values": values, "gain": [0.0, 2.0, 0.0, 1.0, 0.0, 0.0],
        }),
    )
}

fn about() -> About<'static> {
    About {
        model: "m",
        version: Some(VersionNumber::new(7)),
        program: "0.0.0",
    }
}

fn exported(bundle: &Bundle) -> ModelProto {
    let bytes = onnx(bundle, &about()).expect("can be said");
    let decoded = ModelProto::decode(bytes.as_slice()).expect("is protobuf");
    assert_eq!(decoded, model(bundle, &about()).expect("can be said"));
    assert_reads_only_what_is_there(&decoded);
    decoded
}

/// Every value is made once, before it is read.
fn assert_reads_only_what_is_there(model: &ModelProto) {
    let graph = model.graph.as_ref().expect("a graph");
    let inputs = graph.input.iter().map(|it| &it.name);
    let given = inputs.chain(graph.initializer.iter().map(|it| &it.name));
    let mut known: HashSet<&String> = HashSet::new();
    for name in given {
        assert!(known.insert(name), "`{name}` twice");
    }
    for node in &graph.node {
        for read in &node.input {
            assert!(known.contains(read), "{} reads `{read}`", node.op_type);
        }
        for made in &node.output {
            assert!(known.insert(made), "`{made}` twice");
        }
    }
    for output in &graph.output {
        assert!(known.contains(&output.name), "{}", output.name);
    }
}

fn ops(model: &ModelProto) -> Vec<&str> {
    let graph = model.graph.as_ref().expect("a graph");
    graph.node.iter().map(|it| it.op_type.as_str()).collect()
}

fn node<'a>(model: &'a ModelProto, op: &str) -> &'a NodeProto {
    let graph = model.graph.as_ref().expect("a graph");
    let found = graph.node.iter().find(|it| it.op_type == op);
    found.unwrap_or_else(|| panic!("no {op} among {:?}", ops(model)))
}

fn setting<'a>(node: &'a NodeProto, name: &str) -> &'a AttributeProto {
    let found = node.attribute.iter().find(|it| it.name == name);
    found.unwrap_or_else(|| panic!("{} has no {name}", node.op_type))
}

/// The numbers of a constant.
fn numbers(raw: &[u8]) -> Vec<f64> {
    let eight = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    raw.chunks(8).map(eight).collect()
}

#[test]
fn a_linear_model_has_an_input_per_column_and_two_outputs() {
    let model = exported(&linear());
    let graph = model.graph.as_ref().expect("a graph");
    let inputs: Vec<&str> = graph.input.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(inputs, ["x", "y", "t"]);
    let outputs: Vec<&str> = graph.output.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(outputs, ["label", "probabilities"]);
    assert_eq!((model.ir_version, model.model_version), (8, 7));
    let encoder = node(&model, "LabelEncoder");
    assert_eq!(encoder.domain, ML);
    let keys: Vec<&[u8]> = setting(encoder, "keys_strings")
        .strings
        .iter()
        .map(Vec::as_slice)
        .collect();
    assert_eq!(keys, [b"a".as_slice(), b"b", b""]);
    assert_eq!(setting(encoder, "values_int64s").ints, [0, 1, 2]);
    assert_eq!(setting(encoder, "default_int64").i, 3);
    // The numbers' weights go through one product, the text's through a table.
    let constants: Vec<Vec<f64>> = graph
        .initializer
        .iter()
        .map(|it| numbers(&it.raw_data))
        .collect();
    for wanted in [vec![0.5, -1.5], vec![1.0, 2.0, 3.0, 4.0], vec![0.75]] {
        assert!(constants.contains(&wanted), "{wanted:?} in {constants:?}");
    }
    let metadata: Vec<(&str, &str)> = model
        .metadata_props
        .iter()
        .map(|it| (it.key.as_str(), it.value.as_str()))
        .collect();
    assert!(
        metadata.contains(&("unseat.threshold", "0.25")),
        "{metadata:?}"
    );
    assert!(metadata.contains(&("unseat.classes", r#"["no","yes"]"#)));
}

#[test]
fn trees_keep_inner_nodes_and_leaves_apart_and_fold_lone_leaves_into_the_base() {
    let values = json!([1.0, 2.0, 4.0, 8.0]);
    let bundle = trees(
        &["no", "yes"],
        json!([0, 0]),
        json!([0.5]),
        "logistic",
        values,
    );
    let model = exported(&bundle);
    let found = node(&model, "TreeEnsemble");
    let ints = |name: &str| setting(found, name).ints.clone();
    assert_eq!(ints("tree_roots"), [0]);
    assert_eq!(ints("nodes_featureids"), [1, 3]);
    assert_eq!(ints("nodes_truenodeids"), [0, 1]);
    assert_eq!(ints("nodes_trueleafs"), [1, 1]);
    assert_eq!(ints("nodes_falsenodeids"), [1, 2]);
    assert_eq!(ints("nodes_falseleafs"), [0, 1]);
    assert_eq!(ints("nodes_missing_value_tracks_true"), [1, 0]);
    let weights = setting(found, "leaf_weights").t.as_ref().expect("a tensor");
    assert_eq!(numbers(&weights.raw_data), [1.0, 2.0, 4.0]);
    let graph = model.graph.as_ref().expect("a graph");
    let is_base = |raw: &[u8]| numbers(raw) == [8.5];
    assert!(graph.initializer.iter().any(|it| is_base(&it.raw_data)));
    assert_eq!((model.ir_version, model.opset_import[1].version), (10, 5));
}

#[test]
fn trees_with_a_value_per_class_are_written_once_each() {
    let values = json!([0.5, 0.25, 0.25, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let base = json!([0.0, 0.0, 0.0]);
    let bundle = trees(&["a", "b", "c"], json!([]), base, "identity", values);
    let model = exported(&bundle);
    let found = node(&model, "TreeEnsembleRegressor");
    assert_eq!(setting(found, "nodes_nodeids").ints, [0, 1, 2, 3, 4]);
    assert_eq!(
        setting(found, "target_ids").ints,
        [0, 1, 2, 0, 1, 2, 0, 1, 2]
    );
    assert_eq!(
        setting(found, "target_nodeids").ints,
        [1, 1, 1, 3, 3, 3, 4, 4, 4]
    );
    assert_eq!(model.opset_import[1].version, 3);
    assert!(ops(&model).contains(&"ArgMax"));
}

#[test]
fn a_number_is_one_output() {
    let weights = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let bundle = bundle(
        &[],
        json!({"kind": "linear", "link": "identity", "bias": [2.0], "weights": weights}),
    );
    let model = exported(&bundle);
    let graph = model.graph.as_ref().expect("a graph");
    let outputs: Vec<&str> = graph.output.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(outputs, ["prediction"]);
}

#[test]
fn names_of_columns_never_meet_those_of_the_graph() {
    let mut bundle = linear();
    bundle.transformer.inputs[0].name = "label".to_string();
    bundle.transformer.inputs[1].name = "constant_0".to_string();
    let model = exported(&bundle);
    let outputs = model
        .metadata_props
        .iter()
        .find(|it| it.key == "unseat.outputs");
    assert_eq!(
        outputs.map(|it| it.value.as_str()),
        Some(r#"["label_","probabilities"]"#)
    );
    bundle.transformer.inputs[0].name = String::new();
    let error = onnx(&bundle, &about()).expect_err("cannot be said");
    assert!(error.to_string().contains("without a name"), "{error}");
}

#[test]
fn the_same_bundle_gives_the_same_bytes() {
    let once = onnx(&linear(), &about()).expect("can be said");
    assert_eq!(once, onnx(&linear(), &about()).expect("can be said"));
}
