//! Constants of a graph as numbers or texts.

use crate::export::onnx::proto::{TensorProto, element_type};

/// What the elements of a value are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// 32-bit numbers.
    Single,
    /// 64-bit numbers.
    Double,
    /// Whole numbers.
    Whole,
    /// Truth values.
    Truth,
    /// Texts.
    Text,
}

impl Element {
    /// The element that a number of ONNX stands for; `None` for one that no model here has.
    pub fn of(data_type: i32) -> Option<Element> {
        Some(match data_type {
            element_type::FLOAT => Element::Single,
            element_type::DOUBLE => Element::Double,
            element_type::INT64 | element_type::INT32 => Element::Whole,
            element_type::BOOL => Element::Truth,
            element_type::STRING => Element::Text,
            _ => return None,
        })
    }

    /// In words, for a sentence about cells.
    pub fn words(self) -> &'static str {
        match self {
            Element::Single => "32-bit numbers",
            Element::Double => "64-bit numbers",
            Element::Whole => "whole numbers",
            Element::Truth => "truth values",
            Element::Text => "texts",
        }
    }
}

/// A constant: row-major, numbers or texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its shape; none for one number.
    pub dims: Vec<usize>,
    /// What it holds.
    pub element: Element,
    /// Its numbers; truth values are 0 and 1.
    pub numbers: Vec<f64>,
    /// Its texts.
    pub texts: Vec<String>,
}

impl Tensor {
    /// A list of numbers.
    pub fn list(element: Element, numbers: Vec<f64>) -> Tensor {
        Tensor {
            dims: vec![numbers.len()],
            element,
            numbers,
            texts: Vec::new(),
        }
    }

    /// A list of texts.
    pub fn of_texts(texts: Vec<String>) -> Tensor {
        Tensor {
            dims: vec![texts.len()],
            element: Element::Text,
            numbers: Vec::new(),
            texts,
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.numbers.len() + self.texts.len()
    }

    /// The elements as labels: texts, or whole numbers as they are spelled.
    pub fn labels(&self) -> Option<Vec<String>> {
        match self.element {
            Element::Text => Some(self.texts.clone()),
            Element::Whole => Some(self.numbers.iter().map(|it| format!("{it}")).collect()),
            _ => None,
        }
    }

    /// The constant as it stands in the file.
    ///
    /// # Errors
    /// In words, when its kind is not known here, or it is shorter than its shape says.
    pub fn read(from: &TensorProto) -> Result<Tensor, String> {
        if from.data_location != 0 {
            return Err(
                "its numbers stand in another file; save the model in one file".to_string(),
            );
        }
        let kind = Element::of(from.data_type).or(match from.data_type {
            element_type::UINT8 => Some(Element::Whole),
            _ => None,
        });
        let Some(element) = kind else {
            return Err(format!(
                "its elements are of type {}, which is none of float, double, int32, int64, bool and string",
                from.data_type
            ));
        };
        let dims: Option<Vec<usize>> = from.dims.iter().map(|&it| it.try_into().ok()).collect();
        let dims = dims.ok_or("a size is negative")?;
        let n = dims.iter().try_fold(1_usize, |n, &it| n.checked_mul(it));
        let mut tensor = Tensor {
            dims,
            element,
            numbers: Vec::new(),
            texts: Vec::new(),
        };
        if element == Element::Text {
            let texts = from.string_data.iter().cloned();
            let texts: Result<Vec<String>, _> = texts.map(String::from_utf8).collect();
            tensor.texts = texts.map_err(|_| "a text is not UTF-8")?;
        } else {
            tensor.numbers = numbers(from)?;
        }
        if n != Some(tensor.len()) {
            return Err(format!(
                "its shape asks for {} elements and it has {}",
                n.map_or("too many".to_string(), |n| n.to_string()),
                tensor.len()
            ));
        }
        Ok(tensor)
    }
}

/// Numbers that both a 64-bit number and a whole number can be.
const MOST_WHOLE: i64 = 1 << 53;

fn numbers(from: &TensorProto) -> Result<Vec<f64>, String> {
    let raw = from.raw_data.as_slice();
    let whole = |number: i64| match number {
        number if (-MOST_WHOLE..=MOST_WHOLE).contains(&number) => Ok(number as f64),
        _ => Err("a whole number is beyond 2^53".to_string()),
    };
    let width = match from.data_type {
        element_type::FLOAT | element_type::INT32 => 4,
        element_type::DOUBLE | element_type::INT64 => 8,
        _ => 1,
    };
    if !raw.len().is_multiple_of(width) {
        return Err("its bytes are cut off".to_string());
    }
    let parts = raw.chunks_exact(width);
    Ok(match from.data_type {
        element_type::FLOAT if raw.is_empty() => {
            from.float_data.iter().map(|&it| f64::from(it)).collect()
        }
        element_type::FLOAT => parts
            .map(|it| f64::from(f32::from_le_bytes(it.try_into().unwrap_or_default())))
            .collect(),
        element_type::DOUBLE if raw.is_empty() => from.double_data.clone(),
        element_type::DOUBLE => parts
            .map(|it| f64::from_le_bytes(it.try_into().unwrap_or_default()))
            .collect(),
        element_type::INT64 if raw.is_empty() => from
            .int64_data
            .iter()
            .map(|&it| whole(it))
            .collect::<Result<_, _>>()?,
        element_type::INT64 => parts
            .map(|it| whole(i64::from_le_bytes(it.try_into().unwrap_or_default())))
            .collect::<Result<_, _>>()?,
        element_type::INT32 if !raw.is_empty() => parts
            .map(|it| f64::from(i32::from_le_bytes(it.try_into().unwrap_or_default())))
            .collect(),
        _ if raw.is_empty() => from.int32_data.iter().map(|&it| f64::from(it)).collect(),
        _ => raw.iter().map(|&it| f64::from(it)).collect(),
    })
}
