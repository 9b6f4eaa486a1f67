//! Operators: values in, values out. What is not here is refused by name.

mod arithmetic;
mod encode;
mod models;
mod shape;

use super::error::Error;
use super::node::Node;
use super::tensor::{Element, Tensor};
use super::value::{Context, Matrix, Value};
use crate::export::onnx::proto::NodeProto;

/// What is known, in the order in which a message names it.
const KNOWN: &str = "LinearClassifier, LinearRegressor, TreeEnsembleClassifier, TreeEnsembleRegressor, TreeEnsemble, Scaler, Imputer, \
    OneHotEncoder, LabelEncoder, Normalizer (L1, of probabilities), FeatureVectorizer, ArrayFeatureExtractor, ZipMap, Abs (of probabilities), Add, ArgMax, Cast, \
    Clip, Concat, Constant, Div, Flatten, Gather, Gemm, Greater, GreaterOrEqual, Identity, IsNaN, MatMul, Mul, OneHot, ReduceSum, \
    Reshape, Sigmoid, Softmax, Squeeze, Sub, Sum, Unsqueeze, Where";

/// An operator on its way.
pub struct Call<'a> {
    /// The node.
    pub node: Node<'a>,
    /// The values it reads; those that are left out are `None`.
    pub args: Vec<Option<&'a Value>>,
    /// What it may look up.
    pub context: &'a Context,
}

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
        ("", "Sigmoid") => vec![models::sigmoid(&call)?],
        ("", "Softmax") => vec![models::softmax(&call)?],
        ("", "Abs") => vec![models::absolute(&call)?],
        ("", "ReduceSum") => vec![models::total(&call)?],
        ("", "ArgMax") => vec![models::largest(&call)?],
        ("", "Greater" | "GreaterOrEqual") => vec![models::compared(&call)?],
        ("", "OneHot") => vec![encode::places(&call)?],
        ("ai.onnx.ml", "ArrayFeatureExtractor") => vec![shape::extract(&call)?],
        ("ai.onnx.ml", "FeatureVectorizer") => vec![shape::vectorize(&call)?],
        ("ai.onnx.ml", "Scaler") => vec![encode::scale(&call)?],
        ("ai.onnx.ml", "Imputer") => vec![encode::impute(&call)?],
        ("ai.onnx.ml", "OneHotEncoder") => vec![encode::one_hot(&call)?],
        ("ai.onnx.ml", "LabelEncoder") => vec![encode::labels(&call)?],
        ("ai.onnx.ml", "Normalizer") => vec![models::shares(&call)?],
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

impl<'a> Call<'a> {
    /// One of the values it reads.
    fn value(&self, at: usize) -> Result<&'a Value, Error> {
        let found = self.args.get(at).copied().flatten();
        found.ok_or_else(|| self.node.refuse(format!("it has no input {at} (from 0)")))
    }

    /// A value that is there and differs by row.
    fn matrix(&self, at: usize) -> Result<&'a Matrix, Error> {
        match self.value(at)? {
            Value::Matrix(matrix) => Ok(matrix),
            Value::Constant(_) => Err(self
                .node
                .refuse("it reads a constant where rows are expected")),
            _ => Err(self
                .node
                .refuse("what a classifier answers goes through it")),
        }
    }

    /// A value that is the same for every row.
    fn constant(&self, at: usize) -> Result<&'a Tensor, Error> {
        match self.value(at)? {
            Value::Constant(tensor) => Ok(tensor),
            _ => Err(self
                .node
                .refuse(format!("its input {at} (from 0) is no constant"))),
        }
    }

    /// A constant of whole numbers, where it is given.
    fn whole(&self, at: usize) -> Result<Option<Vec<i64>>, Error> {
        match self.args.get(at).copied().flatten() {
            None => Ok(None),
            Some(_) => Ok(Some(
                self.constant(at)?
                    .numbers
                    .iter()
                    .map(|&it| it as i64)
                    .collect(),
            )),
        }
    }

    /// One number per column: as many as there are, or the same one for all.
    fn per_column(&self, numbers: &[f64], width: usize, what: &str) -> Result<Vec<f64>, Error> {
        match numbers {
            [one] => Ok(vec![*one; width]),
            numbers if numbers.len() == width => Ok(numbers.to_vec()),
            numbers => Err(self.node.refuse(format!(
                "{what} has {} numbers for {width} columns",
                numbers.len()
            ))),
        }
    }

    /// The element that numbers are of after an operation on numbers of this one.
    fn rounded(element: Element) -> bool {
        element == Element::Single
    }
}
