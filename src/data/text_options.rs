//! How text files are written, where the settings say so.

use serde::{Deserialize, Serialize};

use super::encoding_name::Encoding;

/// The decimal mark of numbers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub enum Decimal {
    /// Found out.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// `1.5`.
    #[serde(rename = ".")]
    Point,
    /// `1,5`.
    #[serde(rename = ",")]
    Comma,
}

/// What groups the digits of numbers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema,
)]
pub enum Thousands {
    /// Found out.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Nothing does.
    #[serde(rename = "none")]
    None,
    /// `1.234.567`.
    #[serde(rename = ".")]
    Point,
    /// `1,234,567`.
    #[serde(rename = ",")]
    Comma,
    /// `1 234 567`, the space being any one, also a narrow or a no-break one.
    #[serde(rename = " ")]
    Space,
    /// `1'234'567`.
    #[serde(rename = "'")]
    Apostrophe,
}

/// How text files are written, where the settings say so; what they do not say is found out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextOptions {
    /// How bytes stand for characters.
    pub encoding: Option<Encoding>,
    /// What separates fields.
    pub delimiter: Option<u8>,
    /// What is before the fraction of a number.
    pub decimal: Decimal,
    /// What groups the digits of a number.
    pub thousands: Thousands,
    /// What is at a number as its currency; an empty text for nothing.
    pub currency: Option<String>,
    /// The line of the header, from 1; 0 where there is none.
    pub header_row: Option<u32>,
    /// What a line begins with that is passed over; an empty text for nothing.
    pub comment: Option<String>,
}
