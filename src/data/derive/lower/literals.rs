//! What is in an expression as it is: values, parts of times, types.

use sqlparser::ast::{DataType, DateTimeField, Value};

use super::{Literal, Part, Target, nearest, times};
use crate::text::short;

/// A value, as it is written.
///
/// # Errors
/// Why it is none, in words.
pub(super) fn literal(value: Value) -> Result<Literal, String> {
    Ok(match value {
        Value::Null => Literal::Null,
        Value::Boolean(flag) => Literal::Boolean(flag),
        Value::SingleQuotedString(text) => Literal::Text(text),
        Value::Number(digits, false) => {
            if digits.contains(['.', 'e', 'E']) {
                Literal::Number(
                    digits
                        .parse()
                        .map_err(|_| format!("`{}` is not a number", short(&digits)))?,
                )
            } else {
                Literal::Integer(digits.parse().map_err(|_| {
                    let digits = short(&digits);
                    format!("`{digits}` is too large for a whole number; write it with a fraction")
                })?)
            }
        }
        other => {
            let words = short(&other.to_string());
            return Err(format!("`{words}` is not a value of expressions"));
        }
    })
}

/// A `DATE '2026-11-21'`.
///
/// # Errors
/// Why it is none, in words.
pub(super) fn date(value: &Value) -> Result<Literal, String> {
    let Value::SingleQuotedString(text) = value else {
        return Err("a `DATE` is followed by a day in quotes".to_string());
    };
    times::date_literal(text).map(Literal::Date)
}

/// A part of a time that `EXTRACT` names.
///
/// # Errors
/// Why it is none, in words.
pub(super) fn part(field: &DateTimeField) -> Result<Part, String> {
    match field {
        DateTimeField::Week(Some(_)) => {
            let field = short(&field.to_string());
            Err(format!("`EXTRACT` knows no part `{field}`"))
        }
        DateTimeField::Custom(name) => part_named(&name.value),
        field => part_named(&field.to_string()),
    }
}

/// A part of a time by its name, in quotes or not.
///
/// # Errors
/// Why it is none, in words.
pub(super) fn part_named(name: &str) -> Result<Part, String> {
    let quoted = name.trim_matches('\'');
    Part::named(quoted).ok_or_else(|| {
        let hint = nearest(&quoted.to_lowercase(), Part::names(), 0.5);
        let hint = hint.map_or(String::new(), |name| {
            format!("; did you mean `{}`?", name.to_uppercase())
        });
        format!("`{}` is not a part of a time{hint}", short(quoted))
    })
}

/// A type to cast to.
///
/// # Errors
/// Why it is none, in words.
pub(super) fn target(to: &DataType) -> Result<Target, String> {
    use DataType::*;
    let (i8s, i16s, i32s) = (
        Target::Integer(i8::MIN.into(), i8::MAX.into()),
        Target::Integer(i16::MIN.into(), i16::MAX.into()),
        Target::Integer(i32::MIN.into(), i32::MAX.into()),
    );
    let up_to = |most: i64| Target::Integer(0, most);
    Ok(match to {
        TinyInt(_) => i8s,
        Int16 | Int2(_) | SmallInt(_) => i16s,
        Int32 | Int4(_) | MediumInt(_) | Integer(_) | Int(_) => i32s,
        Int64 | Int8(_) | BigInt(_) => Target::Integer(i64::MIN, i64::MAX),
        UTinyInt | TinyIntUnsigned(_) => up_to(u8::MAX.into()),
        USmallInt | SmallIntUnsigned(_) | Int2Unsigned(_) | UInt16 => up_to(u16::MAX.into()),
        IntUnsigned(_) | Int4Unsigned(_) | MediumIntUnsigned(_) | UnsignedInteger | UInt32 => {
            up_to(u32::MAX.into())
        }
        UBigInt | BigIntUnsigned(_) | Int8Unsigned(_) | UInt64 | UInt8 => up_to(i64::MAX),
        Float4 | Real => Target::Real,
        Double(_) | DoublePrecision | Float8 | Float(_) => Target::Number,
        Boolean | Bool => Target::Boolean,
        Char(_) | CharVarying(_) | Character(_) | CharacterVarying(_) | Clob(_) | String(_)
        | Text | Uuid | Varchar(_) => Target::Text,
        Date => Target::Date,
        Time(..) => Target::TimeOfDay,
        other => {
            return Err(format!(
                "nothing can be cast to `{}`; INT, BIGINT, DOUBLE, BOOLEAN, VARCHAR, DATE and TIME can be cast to",
                short(&other.to_string())
            ));
        }
    })
}
