//! A node with typed settings. Every setting that stands in a node must be read: one that nobody reads is an error, since
//! it might change what the node does.

use std::cell::RefCell;
use std::collections::HashSet;

use super::error::Error;
use super::tensor::Tensor;
use crate::export::onnx::proto::{AttributeProto, NodeProto, attribute_type};

/// A node of the graph.
pub struct Node<'a> {
    proto: &'a NodeProto,
    read: RefCell<HashSet<&'a str>>,
}

impl<'a> Node<'a> {
    /// Of a message.
    pub fn new(proto: &'a NodeProto) -> Self {
        Node {
            proto,
            read: RefCell::default(),
        }
    }

    /// Its operator with the set, where that is not ONNX's own.
    pub fn op(&self) -> String {
        match self.proto.domain.as_str() {
            "" | "ai.onnx" => self.proto.op_type.clone(),
            domain => format!("{domain}.{}", self.proto.op_type),
        }
    }

    /// Its name; where it has none, that of what it makes.
    pub fn name(&self) -> &str {
        let made = self.proto.output.first();
        match self.proto.name.as_str() {
            "" => made.map_or("", String::as_str),
            name => name,
        }
    }

    /// The error that says why it has no form here.
    pub fn refuse(&self, why: impl Into<String>) -> Error {
        Error::Node {
            node: self.name().to_string(),
            op: self.op(),
            why: why.into(),
        }
    }

    fn setting(&self, name: &'a str, kind: i32) -> Result<Option<&'a AttributeProto>, Error> {
        self.read.borrow_mut().insert(name);
        let mut all = self.proto.attribute.iter();
        let found = all.find(|it| it.name == name);
        match found {
            // Writers of long ago left the kind out.
            Some(it) if it.r#type != kind && it.r#type != 0 => {
                Err(self.refuse(format!("its `{name}` is not of the kind that it should be")))
            }
            found => Ok(found),
        }
    }

    /// A whole number, or what it is where it is not given.
    pub fn int(&self, name: &'a str, usual: i64) -> Result<i64, Error> {
        let found = self.setting(name, attribute_type::INT)?;
        Ok(found.map_or(usual, |it| it.i))
    }

    /// A number.
    pub fn float(&self, name: &'a str, usual: f32) -> Result<f32, Error> {
        let found = self.setting(name, attribute_type::FLOAT)?;
        Ok(found.map_or(usual, |it| it.f))
    }

    /// A text.
    pub fn string(&self, name: &'a str, usual: &str) -> Result<String, Error> {
        let found = self.setting(name, attribute_type::STRING)?;
        Ok(found.map_or_else(|| usual.to_string(), |it| self.text(&it.s)))
    }

    /// Whole numbers; none where they are not given.
    pub fn ints(&self, name: &'a str) -> Result<&'a [i64], Error> {
        let found = self.setting(name, attribute_type::INTS)?;
        Ok(found.map_or(&[], |it| &it.ints))
    }

    /// 32-bit numbers; none where they are not given.
    pub fn floats(&self, name: &'a str) -> Result<&'a [f32], Error> {
        let found = self.setting(name, attribute_type::FLOATS)?;
        Ok(found.map_or(&[], |it| &it.floats))
    }

    /// Texts; none where they are not given.
    pub fn strings(&self, name: &'a str) -> Result<Vec<String>, Error> {
        let found = self.setting(name, attribute_type::STRINGS)?;
        let texts = found.map_or(&[][..], |it| &it.strings);
        Ok(texts.iter().map(|it| self.text(it)).collect())
    }

    /// A constant.
    pub fn tensor(&self, name: &'a str) -> Result<Option<Tensor>, Error> {
        let found = self.setting(name, attribute_type::TENSOR)?;
        let Some(tensor) = found.and_then(|it| it.t.as_ref()) else {
            return Ok(None);
        };
        let read = Tensor::read(tensor);
        read.map(Some)
            .map_err(|why| self.refuse(format!("its `{name}` cannot be read: {why}")))
    }

    /// Numbers as a list of 32-bit ones or as a constant with `_as_tensor` behind the name.
    pub fn numbers(&self, name: &'a str, as_tensor: &'a str) -> Result<Vec<f64>, Error> {
        let singles = self.floats(name)?;
        let tensor = self.tensor(as_tensor)?;
        match (singles, tensor) {
            (singles, None) => Ok(singles.iter().map(|&it| f64::from(it)).collect()),
            ([], Some(tensor)) => Ok(tensor.numbers),
            _ => Err(self.refuse(format!("it has both `{name}` and `{as_tensor}`"))),
        }
    }

    /// Nothing that stands in it may be left unread.
    ///
    /// # Errors
    /// Names the setting.
    pub fn all_read(&self) -> Result<(), Error> {
        let read = self.read.borrow();
        let mut all = self.proto.attribute.iter();
        match all.find(|it| !read.contains(it.name.as_str())) {
            Some(unknown) => {
                Err(self.refuse(format!("its setting `{}` is not known here", unknown.name)))
            }
            None => Ok(()),
        }
    }

    fn text(&self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }
}
