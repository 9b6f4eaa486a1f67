//! Operators: values in, values out. What is not here is refused by name.

mod arithmetic;
mod call;
mod chances;
mod encode;
mod models;
mod shape;

use self::call::Call;
use super::error::Error;
use super::node::Node;
use super::value::{Context, Value};
use crate::export::onnx::proto::NodeProto;

/// What is known, in the order in which a message names it.
const KNOWN: &str = "LinearClassifier, LinearRegressor, TreeEnsembleClassifier, TreeEnsembleRegressor, TreeEnsemble, Scaler, Imputer, \
    OneHotEncoder, LabelEncoder, Normalizer (L1, of probabilities), FeatureVectorizer, ArrayFeatureExtractor, ZipMap, Abs (of probabilities), Add, ArgMax, Cast, \
    Clip, Concat, Constant, Div, Flatten, Gather, Gemm, Greater, GreaterOrEqual, Identity, IsNaN, MatMul, Mul, OneHot, ReduceSum, \
    Reshape, Sigmoid, Softmax, Squeeze, Sub, Sum, Unsqueeze, Where";

/// What the node makes, in the order of its outputs.
///
/// # Errors
/// [`Error::Node`] where the operator, a setting or a shape has no form here.
pub fn run(
    proto: &NodeProto,
    args: Vec<Option<&Value>>,
    context: &Context,
) -> Result<Vec<Value>, Error> {
    let call = Call {
        node: Node::new(proto),
        args,
        context,
    };
    let domain = match proto.domain.as_str() {
        "ai.onnx" => "",
        domain => domain,
    };
    let made = match (domain, proto.op_type.as_str()) {
        ("", "Identity" | "Dropout") => vec![call.value(0)?.clone()],
        ("", "Constant") => vec![shape::constant(&call)?],
        ("", "Cast") => vec![shape::cast(&call)?],
        ("", "Concat") => vec![shape::concat(&call)?],
        ("", "Reshape") => vec![shape::reshape(&call)?],
        ("", "Flatten") => vec![shape::flatten(&call)?],
        ("", "Squeeze" | "Unsqueeze") => vec![shape::squeeze(&call)?],
        ("", "Gather") => vec![shape::gather(&call)?],
        ("", "Add" | "Sub" | "Mul" | "Div" | "Sum") => vec![arithmetic::elementwise(&call)?],
        ("", "MatMul") => vec![arithmetic::product(&call)?],
        ("", "Gemm") => vec![arithmetic::gemm(&call)?],
        ("", "Clip") => vec![arithmetic::clip(&call)?],
        ("", "IsNaN") => vec![arithmetic::is_nan(&call)?],
        ("", "Where") => vec![arithmetic::either(&call)?],
        ("", "Sigmoid") => vec![chances::sigmoid(&call)?],
        ("", "Softmax") => vec![chances::softmax(&call)?],
        ("", "Abs") => vec![chances::absolute(&call)?],
        ("", "ReduceSum") => vec![chances::total(&call)?],
        ("", "ArgMax") => vec![chances::largest(&call)?],
        ("", "Greater" | "GreaterOrEqual") => vec![chances::compared(&call)?],
        ("", "OneHot") => vec![encode::places(&call)?],
        ("ai.onnx.ml", "ArrayFeatureExtractor") => vec![shape::extract(&call)?],
        ("ai.onnx.ml", "FeatureVectorizer") => vec![shape::vectorize(&call)?],
        ("ai.onnx.ml", "Scaler") => vec![encode::scale(&call)?],
        ("ai.onnx.ml", "Imputer") => vec![encode::impute(&call)?],
        ("ai.onnx.ml", "OneHotEncoder") => vec![encode::one_hot(&call)?],
        ("ai.onnx.ml", "LabelEncoder") => vec![encode::labels(&call)?],
        ("ai.onnx.ml", "Normalizer") => vec![chances::shares(&call)?],
        ("ai.onnx.ml", "LinearClassifier") => models::linear_classifier(&call)?,
        ("ai.onnx.ml", "LinearRegressor") => vec![models::linear_regressor(&call)?],
        ("ai.onnx.ml", "TreeEnsembleClassifier") => models::tree_classifier(&call)?,
        ("ai.onnx.ml", "TreeEnsembleRegressor") => vec![models::tree_regressor(&call)?],
        ("ai.onnx.ml", "TreeEnsemble") => vec![models::tree_ensemble(&call)?],
        ("ai.onnx.ml", "ZipMap") => vec![models::zip_map(&call)?],
        _ => {
            return Err(call.node.refuse(format!(
                "the operator is not known here; these are: {KNOWN}"
            )));
        }
    };
    call.node.all_read()?;
    Ok(made)
}
