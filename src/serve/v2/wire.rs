//! An inference request as it comes over the wire: a JSON object, and behind it the bytes of the tensors that are given as
//! bytes (the binary tensor data extension).

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, IgnoredAny};
use serde_json::value::RawValue;

use crate::http::request::{Object, bad_json, without_mark};
use crate::serve::{Code, Problem, Request};

/// Says how many bytes of a body are its JSON object.
pub const JSON_LENGTH: &str = "inference-header-content-length";

/// The JSON object of a request. Parameters that mean nothing here are passed over, as the protocol wants it.
#[derive(Debug, serde::Deserialize)]
pub struct InferBody<'a> {
    /// The caller's own id of it, for the answer.
    #[serde(default)]
    pub id: Option<String>,
    /// Of the whole request.
    #[serde(default, deserialize_with = "object")]
    parameters: Option<Parameters>,
    /// The tensors.
    #[serde(default, borrow, deserialize_with = "objects")]
    pub inputs: Option<Vec<Tensor<'a>>>,
    /// Which outputs, and how; all of them, when none are named.
    #[serde(default, borrow, deserialize_with = "objects")]
    pub outputs: Option<Vec<Output<'a>>>,
}

#[derive(Debug, serde::Deserialize)]
struct Parameters {
    #[serde(default)]
    binary_data_output: Option<bool>,
}

/// An input.
#[derive(Debug, serde::Deserialize)]
pub struct Tensor<'a> {
    /// A column, or whatever name a matrix has.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// How long it is in each direction.
    pub shape: Vec<u64>,
    /// What its elements are.
    #[serde(borrow)]
    pub datatype: Cow<'a, str>,
    /// Its own parameters.
    #[serde(default, deserialize_with = "object")]
    pub parameters: Option<TensorParameters>,
    /// Its elements, when they are JSON.
    #[serde(default, borrow)]
    pub data: Option<&'a RawValue>,
}

/// Parameters of an input.
#[derive(Debug, serde::Deserialize)]
pub struct TensorParameters {
    #[serde(default)]
    binary_data_size: Option<u64>,
    #[serde(default)]
    shared_memory_region: Option<IgnoredAny>,
}

impl Tensor<'_> {
    /// Bytes it takes behind the JSON object, when its elements are there.
    pub fn binary_size(&self) -> Option<u64> {
        self.parameters.as_ref()?.binary_data_size
    }

    /// Whether its elements are said to lie in memory that both sides see.
    pub fn is_shared(&self) -> bool {
        let parameters = self.parameters.as_ref();
        parameters.is_some_and(|it| it.shared_memory_region.is_some())
    }
}

/// An output that is requested.
#[derive(Debug, serde::Deserialize)]
pub struct Output<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// How it is wanted.
    #[serde(default, deserialize_with = "object")]
    pub parameters: Option<OutputParameters>,
}

/// Parameters of an output.
#[derive(Debug, Default, serde::Deserialize)]
pub struct OutputParameters {
    /// As bytes, behind the JSON object.
    #[serde(default)]
    pub binary_data: Option<bool>,
    /// The likeliest this many classes instead of the numbers.
    #[serde(default)]
    pub classification: Option<u64>,
    #[serde(default)]
    shared_memory_region: Option<IgnoredAny>,
}

impl OutputParameters {
    /// Whether it is to be put into memory that both sides see.
    pub fn is_shared(&self) -> bool {
        self.shared_memory_region.is_some()
    }
}

impl<'a> InferBody<'a> {
    /// The JSON object of a body, and the bytes behind it.
    ///
    /// # Errors
    /// 400 with what is wrong, without what is there.
    pub fn read(request: &'a Request) -> Result<(Self, &'a [u8]), Problem> {
        let body: &[u8] = &request.body;
        if body.is_empty() {
            return Err(bad("the request has no body; send {\"inputs\": […]}"));
        }
        let length = match request.headers.get(JSON_LENGTH) {
            None => body.len(),
            Some(value) => {
                let length = value.to_str().ok().and_then(|text| text.parse().ok());
                length.filter(|&length| length <= body.len()).ok_or_else(|| {
                    bad("the header Inference-Header-Content-Length is not the number of bytes of the body that are JSON")
                })?
            }
        };
        let (json, rest) = body.split_at(length);
        let json = without_mark(json);
        if json
            .trim_ascii()
            .first()
            .is_some_and(|&first| first != b'{')
        {
            return Err(bad("the body is not a JSON object; send {\"inputs\": […]}"));
        }
        let asked = serde_json::from_slice(json).map_err(|error| bad_json(json, &error))?;
        Ok((asked, rest))
    }

    /// Whether outputs go behind the JSON object where they do not say so themselves.
    pub fn wants_bytes(&self) -> bool {
        let parameters = self.parameters.as_ref();
        parameters.is_some_and(|it| it.binary_data_output == Some(true))
    }
}

fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    reader: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(reader)?.map(|Object(it)| it))
}

fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    reader: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let all = Option::<Vec<Object<T>>>::deserialize(reader)?;
    Ok(all.map(|all| all.into_iter().map(|Object(it)| it).collect()))
}

/// A 400.
pub fn bad(message: impl Into<String>) -> Problem {
    Problem::new(Code::BadRequest, message)
}

/// Faults that are listed; the rest is counted.
const MOST_TOLD: usize = 20;

/// What is wrong with a request, for one message.
#[derive(Debug, Default)]
pub struct Faults {
    told: Vec<String>,
    n_more: usize,
}

impl Faults {
    /// Adds one.
    pub fn push(&mut self, fault: String) {
        if self.told.len() < MOST_TOLD {
            self.told.push(fault);
        } else {
            self.n_more += 1;
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// All of them; `None` where there are none.
    pub fn message(&self) -> Option<String> {
        let mut message = self.told.join("; ");
        if self.n_more > 0 {
            message += &format!("; and {} more", self.n_more);
        }
        (!self.is_empty()).then_some(message)
    }
}
