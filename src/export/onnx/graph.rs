//! Building a graph: operations on named values, with constants beside them.

use std::collections::HashSet;

use super::proto::{
    AttributeProto, DimensionProto, DimensionValue, GraphProto, NodeProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, attribute_type, element_type,
};

/// The set of operators for classical models.
pub const ML: &str = "ai.onnx.ml";
/// onnxruntime's own set of operators.
pub const MICROSOFT: &str = "com.microsoft";

/// A graph under construction. Names that it makes up never meet a column's.
pub struct Graph {
    proto: GraphProto,
    taken: HashSet<String>,
    made: usize,
}

impl Graph {
    /// A graph without anything; `columns` are names that only inputs have.
    pub fn new(columns: &[&str]) -> Self {
        Graph {
            proto: GraphProto {
                name: "unseat".to_string(),
                ..GraphProto::default()
            },
            taken: columns.iter().map(|name| name.to_string()).collect(),
            made: 0,
        }
    }

    /// The finished graph.
    pub fn finish(self) -> GraphProto {
        self.proto
    }

    /// A name of its own for a value.
    fn fresh(&mut self, what: &str) -> String {
        loop {
            let name = format!("{what}_{}", self.made);
            self.made += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }

    /// A column as the request gives it: `(rows, 1)`.
    pub fn input(&mut self, column: &str, element: i32, what: &str) {
        let value = value_info(column, element, &[None, Some(1)], what);
        self.proto.input.push(value);
    }

    /// Answers with a value under a name; a name that a column has gets an underscore behind it. Returns that name.
    pub fn output(
        &mut self,
        name: &str,
        value: &str,
        element: i32,
        width: Option<usize>,
        what: &str,
    ) -> String {
        let mut name = name.to_string();
        while !self.taken.insert(name.clone()) {
            name.push('_');
        }
        let shape: Vec<Option<usize>> = std::iter::once(None).chain(width.map(Some)).collect();
        self.proto.node.push(NodeProto {
            input: vec![value.to_string()],
            output: vec![name.clone()],
            name: format!("answer {name}"),
            op_type: "Identity".to_string(),
            ..NodeProto::default()
        });
        let value = value_info(&name, element, &shape, what);
        self.proto.output.push(value);
        name
    }

    /// An operation of ONNX's own set; returns the value it makes.
    pub fn op(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        self.node("", op, inputs, attributes)
    }

    /// An operation of the set for classical models.
    pub fn ml(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        self.node(ML, op, inputs, attributes)
    }

    /// An operation of onnxruntime's own set.
    pub fn microsoft(
        &mut self,
        op: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        self.node(MICROSOFT, op, inputs, attributes)
    }

    /// Whether an operation of a set is in it.
    pub fn uses(&self, domain: &str) -> bool {
        self.proto.node.iter().any(|node| node.domain == domain)
    }

    fn node(
        &mut self,
        domain: &str,
        op: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) -> String {
        let output = self.fresh(&op.to_lowercase());
        self.proto.node.push(NodeProto {
            input: inputs.iter().map(|name| name.to_string()).collect(),
            output: vec![output.clone()],
            name: output.clone(),
            op_type: op.to_string(),
            attribute,
            domain: domain.to_string(),
        });
        output
    }

    /// Values side by side along the columns; one alone is itself.
    pub fn concat(&mut self, parts: &[String]) -> String {
        match parts {
            [only] => only.clone(),
            _ => {
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                self.op("Concat", &parts, vec![int("axis", 1)])
            }
        }
    }

    /// A value with another element type.
    pub fn cast(&mut self, value: &str, element: i32) -> String {
        self.op("Cast", &[value], vec![int("to", i64::from(element))])
    }

    /// `(rows, 1)` as `(rows)`.
    pub fn flat(&mut self, value: &str) -> String {
        let shape = self.whole(&[1], &[-1]);
        self.op("Reshape", &[value, &shape], Vec::new())
    }

    /// A constant of 64-bit numbers.
    pub fn numbers(&mut self, dims: &[usize], values: &[f64]) -> String {
        self.constant(doubles(dims, values))
    }

    /// A constant of 32-bit numbers.
    pub fn singles(&mut self, dims: &[usize], values: &[f32]) -> String {
        let raw = values.iter().flat_map(|it| it.to_le_bytes()).collect();
        self.constant(tensor(dims, element_type::FLOAT, raw))
    }

    /// A constant of whole numbers.
    pub fn whole(&mut self, dims: &[usize], values: &[i64]) -> String {
        let raw = values.iter().flat_map(|it| it.to_le_bytes()).collect();
        self.constant(tensor(dims, element_type::INT64, raw))
    }

    /// A constant list of texts.
    pub fn texts(&mut self, values: &[String]) -> String {
        let mut texts = tensor(&[values.len()], element_type::STRING, Vec::new());
        texts.string_data = values.iter().map(|it| it.clone().into_bytes()).collect();
        self.constant(texts)
    }

    fn constant(&mut self, mut tensor: TensorProto) -> String {
        let name = self.fresh("constant");
        tensor.name.clone_from(&name);
        self.proto.initializer.push(tensor);
        name
    }
}

/// A tensor of 64-bit numbers.
pub fn doubles(dims: &[usize], values: &[f64]) -> TensorProto {
    let raw = values.iter().flat_map(|it| it.to_le_bytes()).collect();
    tensor(dims, element_type::DOUBLE, raw)
}

/// A tensor of bytes.
pub fn bytes(values: Vec<u8>) -> TensorProto {
    tensor(&[values.len()], element_type::UINT8, values)
}

fn tensor(dims: &[usize], data_type: i32, raw_data: Vec<u8>) -> TensorProto {
    TensorProto {
        dims: dims.iter().map(|&size| size as i64).collect(),
        data_type,
        raw_data,
        ..TensorProto::default()
    }
}

/// A setting that is a whole number.
pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto {
        i,
        ..attribute(name, attribute_type::INT)
    }
}

/// A setting that is a text.
pub fn string(name: &str, text: &str) -> AttributeProto {
    AttributeProto {
        s: text.as_bytes().to_vec(),
        ..attribute(name, attribute_type::STRING)
    }
}

/// A setting that is a list of whole numbers.
pub fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto {
        ints,
        ..attribute(name, attribute_type::INTS)
    }
}

/// A setting that is a list of texts.
pub fn strings<T: AsRef<str>>(name: &str, texts: &[T]) -> AttributeProto {
    let bytes = |text: &T| text.as_ref().as_bytes().to_vec();
    AttributeProto {
        strings: texts.iter().map(bytes).collect(),
        ..attribute(name, attribute_type::STRINGS)
    }
}

/// A setting that is a constant.
pub fn constant(name: &str, tensor: TensorProto) -> AttributeProto {
    AttributeProto {
        t: Some(tensor),
        ..attribute(name, attribute_type::TENSOR)
    }
}

fn attribute(name: &str, r#type: i32) -> AttributeProto {
    AttributeProto {
        name: name.to_string(),
        r#type,
        ..AttributeProto::default()
    }
}

fn value_info(name: &str, elem_type: i32, shape: &[Option<usize>], what: &str) -> ValueInfoProto {
    let size = |size: &Option<usize>| DimensionProto {
        value: Some(match size {
            Some(size) => DimensionValue::Value(*size as i64),
            None => DimensionValue::Parameter("rows".to_string()),
        }),
    };
    ValueInfoProto {
        name: name.to_string(),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type,
                shape: Some(TensorShapeProto {
                    dim: shape.iter().map(size).collect(),
                }),
            }),
        }),
        doc_string: what.to_string(),
    }
}
