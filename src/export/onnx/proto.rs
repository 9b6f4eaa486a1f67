//! The messages of an ONNX file, as far as they are written here and read by `import`: field numbers are those of
//! `onnx.proto3` (ONNX 1.16).

use prost::Message;

/// A whole file.
#[derive(Clone, PartialEq, Message)]
pub struct ModelProto {
    /// Version of the file format.
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    /// Program that wrote it.
    #[prost(string, tag = "2")]
    pub producer_name: String,
    /// Its version.
    #[prost(string, tag = "3")]
    pub producer_version: String,
    /// Number of the model's version.
    #[prost(int64, tag = "5")]
    pub model_version: i64,
    /// What it is, for people.
    #[prost(string, tag = "6")]
    pub doc_string: String,
    /// The computation.
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
    /// The sets of operators it is written in.
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSetIdProto>,
    /// Anything else, as name and value.
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<StringStringEntryProto>,
}

impl ModelProto {
    /// The file that these bytes are; `None` where they are none.
    pub fn read(bytes: &[u8]) -> Option<ModelProto> {
        ModelProto::decode(bytes).ok()
    }
}

/// A set of operators.
#[derive(Clone, PartialEq, Message)]
pub struct OperatorSetIdProto {
    /// Empty for ONNX's own, `ai.onnx.ml` for the classical models.
    #[prost(string, tag = "1")]
    pub domain: String,
    /// Its version.
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// A name and a value.
#[derive(Clone, PartialEq, Message)]
pub struct StringStringEntryProto {
    /// The name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// Nodes from inputs to outputs.
#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
    /// In an order in which they can be computed.
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    /// Its name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Constants.
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    /// What is given.
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    /// What is answered.
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
}

/// One operation.
#[derive(Clone, PartialEq, Message)]
pub struct NodeProto {
    /// Names of the values it reads.
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    /// Names of the values it makes.
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    /// Its own name.
    #[prost(string, tag = "3")]
    pub name: String,
    /// The operator.
    #[prost(string, tag = "4")]
    pub op_type: String,
    /// Its settings.
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
    /// The set of operators it is of.
    #[prost(string, tag = "7")]
    pub domain: String,
}

/// One setting of a node.
#[derive(Clone, PartialEq, Message)]
pub struct AttributeProto {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Of [`attribute_type::FLOAT`].
    #[prost(float, tag = "2")]
    pub f: f32,
    /// Of [`attribute_type::INT`].
    #[prost(int64, tag = "3")]
    pub i: i64,
    /// Of [`attribute_type::STRING`].
    #[prost(bytes = "vec", tag = "4")]
    pub s: Vec<u8>,
    /// Of [`attribute_type::TENSOR`].
    #[prost(message, optional, tag = "5")]
    pub t: Option<TensorProto>,
    /// Of [`attribute_type::FLOATS`].
    #[prost(float, repeated, tag = "7")]
    pub floats: Vec<f32>,
    /// Of [`attribute_type::INTS`].
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    /// Of [`attribute_type::STRINGS`].
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub strings: Vec<Vec<u8>>,
    /// Which of them it is.
    #[prost(int32, tag = "20")]
    pub r#type: i32,
}

/// Which field of an [`AttributeProto`] holds.
pub mod attribute_type {
    /// `f`
    pub const FLOAT: i32 = 1;
    /// `i`
    pub const INT: i32 = 2;
    /// `s`
    pub const STRING: i32 = 3;
    /// `t`
    pub const TENSOR: i32 = 4;
    /// `floats`
    pub const FLOATS: i32 = 6;
    /// `ints`
    pub const INTS: i32 = 7;
    /// `strings`
    pub const STRINGS: i32 = 8;
}

/// A constant.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    /// Its shape.
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    /// One of [`element_type`].
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    /// 32-bit numbers, where they do not stand in `raw_data`; other programs write them so.
    #[prost(float, repeated, tag = "4")]
    pub float_data: Vec<f32>,
    /// 32-bit and smaller whole numbers, and truth values, likewise.
    #[prost(int32, repeated, tag = "5")]
    pub int32_data: Vec<i32>,
    /// Texts, row-major.
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub string_data: Vec<Vec<u8>>,
    /// 64-bit whole numbers, where they do not stand in `raw_data`.
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    /// Its name.
    #[prost(string, tag = "8")]
    pub name: String,
    /// Numbers, row-major, little-endian.
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
    /// 64-bit numbers, where they do not stand in `raw_data`.
    #[prost(double, repeated, tag = "10")]
    pub double_data: Vec<f64>,
    /// 1 where the numbers stand in another file.
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

/// What a tensor holds.
pub mod element_type {
    /// 32-bit numbers.
    pub const FLOAT: i32 = 1;
    /// Bytes.
    pub const UINT8: i32 = 2;
    /// 32-bit whole numbers.
    pub const INT32: i32 = 6;
    /// Truth values.
    pub const BOOL: i32 = 9;
    /// 64-bit whole numbers.
    pub const INT64: i32 = 7;
    /// Texts.
    pub const STRING: i32 = 8;
    /// 64-bit numbers.
    pub const DOUBLE: i32 = 11;
}

/// An input or output.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfoProto {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What it holds.
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<TypeProto>,
    /// What it is, for people.
    #[prost(string, tag = "3")]
    pub doc_string: String,
}

/// What a value holds.
#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
    /// A tensor; nothing else is used here.
    #[prost(message, optional, tag = "1")]
    pub tensor_type: Option<TensorTypeProto>,
}

/// A tensor's elements and shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorTypeProto {
    /// One of [`element_type`].
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    /// Its shape.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
}

/// A shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    /// Its sizes.
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<DimensionProto>,
}

/// One size: known, or only by name.
#[derive(Clone, PartialEq, Message)]
pub struct DimensionProto {
    /// One of both.
    #[prost(oneof = "DimensionValue", tags = "1, 2")]
    pub value: Option<DimensionValue>,
}

/// A size.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum DimensionValue {
    /// Known.
    #[prost(int64, tag = "1")]
    Value(i64),
    /// By name, such as `rows`.
    #[prost(string, tag = "2")]
    Parameter(String),
}
