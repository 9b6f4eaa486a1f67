//! Values of one type as those of another. What does not fit is missing and stops no other row.

use std::borrow::Cow;
use std::io::Write as _;

use super::arithmetic::whole_of;
use super::times;
use super::tree::Target;
use super::values::{Type, Values, map};

/// `CAST(x AS target)`.
///
/// # Errors
/// When nothing of the type can be cast to it.
pub fn cast(values: Values<'_>, target: Target) -> Result<Values<'_>, String> {
    let kind = values.kind();
    let rejected = || {
        let to = match target {
            Target::Integer(..) => "a whole number",
            Target::Number | Target::Real => "a number",
            Target::Boolean => "a boolean",
            Target::Text => "a text",
            Target::Date => "a date",
            Target::TimeOfDay => "a time of day",
        };
        Err(format!("{} cannot be cast to {to}", kind.words()))
    };
    if let Values::Nothing(n) = values {
        return Ok(match target {
            Target::Integer(..) => Values::Integer(vec![None; n]),
            Target::Number | Target::Real => Values::Number(vec![None; n]),
            Target::Boolean => Values::Boolean(vec![None; n]),
            Target::Date => Values::Date(vec![None; n]),
            Target::Text | Target::TimeOfDay => Values::Text(vec![None; n]),
        });
    }
    Ok(match target {
        Target::Integer(least, most) => {
            let bounded = |it: i64| (least..=most).contains(&it).then_some(it);
            Values::Integer(match values {
                Values::Boolean(cells) => map(cells, |it| Some(i64::from(it))),
                Values::Integer(cells) | Values::Time(cells) => map(cells, bounded),
                Values::Date(cells) => map(cells, |it| bounded(times::days(it))),
                Values::Text(cells) => map(cells, |it| bounded(it.parse().ok()?)),
                values => match values.numbers() {
                    Some(cells) => map(cells, |it| whole_of(it, least, most)),
                    None => return rejected(),
                },
            })
        }
        Target::Number | Target::Real => {
            let cells = match values {
                Values::Text(cells) => map(cells, |it| it.parse().ok()),
                Values::Time(cells) => map(cells, |it| Some(it as f64)),
                Values::Date(cells) => map(cells, |it| Some(times::days(it) as f64)),
                values => match values.numbers() {
                    Some(cells) => cells,
                    None => return rejected(),
                },
            };
            Values::Number(match target {
                Target::Real => map(cells, |it| Some(f64::from(it as f32))),
                _ => cells,
            })
        }
        Target::Boolean => Values::Boolean(match values {
            Values::Boolean(cells) => cells,
            Values::Integer(cells) => map(cells, |it| Some(it != 0)),
            Values::Number(cells) => map(cells, |it| Some(it != 0.0)),
            Values::Text(cells) => map(cells, |it| match it {
                it if it.eq_ignore_ascii_case("true") => Some(true),
                it if it.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            }),
            _ => return rejected(),
        }),
        Target::Text if kind == Type::Span => return rejected(),
        Target::Text => to_type(values, Type::Text),
        Target::Date => Values::Date(match values {
            Values::Time(cells) | Values::Date(cells) => map(cells, |it| Some(times::midnight(it))),
            Values::Text(cells) => map(cells, |it| times::day_of(&it)),
            _ => return rejected(),
        }),
        Target::TimeOfDay => match values.times() {
            Some(cells) => times::time_of_day(cells),
            None => return rejected(),
        },
    })
}

/// Values as those of a type that they have in common with others, see [`Type::common`].
pub fn to_type(values: Values<'_>, to: Type) -> Values<'_> {
    let n = values.len();
    match (values, to) {
        (values, to) if values.kind() == to => values,
        (Values::Nothing(n), to) => match to {
            Type::Nothing => Values::Nothing(n),
            Type::Boolean => Values::Boolean(vec![None; n]),
            Type::Integer => Values::Integer(vec![None; n]),
            Type::Number => Values::Number(vec![None; n]),
            Type::Text => Values::Text(vec![None; n]),
            Type::Time => Values::Time(vec![None; n]),
            Type::Date => Values::Date(vec![None; n]),
            Type::Span => Values::Span(vec![None; n]),
        },
        (values, Type::Integer) => Values::Integer(values.integers().unwrap_or(vec![None; n])),
        (values, Type::Number) => Values::Number(values.numbers().unwrap_or(vec![None; n])),
        (values, Type::Time) => Values::Time(values.times().unwrap_or(vec![None; n])),
        (values, Type::Text) => Values::Text(texts(values)),
        (values, _) => values,
    }
}

/// Cells as texts: numbers with a point, times to the microsecond, spans of time in seconds.
pub fn texts(values: Values<'_>) -> Vec<Option<Cow<'_, str>>> {
    match values {
        Values::Nothing(n) => vec![None; n],
        Values::Text(cells) => cells,
        Values::Boolean(cells) => map(cells, |it| {
            Some(Cow::Borrowed(if it { "true" } else { "false" }))
        }),
        Values::Integer(cells) => map(cells, |it| Some(it.to_string().into())),
        Values::Number(cells) => map(cells, |it| Some(number_text(it).into())),
        Values::Time(cells) => map(cells, |it| times::time_text(it).map(Into::into)),
        Values::Date(cells) => map(cells, |it| times::day_text(it).map(Into::into)),
        Values::Span(cells) => map(cells, |it| Some(number_text(it as f64 / 1e6).into())),
    }
}

/// `1.5`, `2.0`, `1e-6`, `1e+16`: the shortest digits that give the number back.
pub fn number_text(number: f64) -> String {
    let mut text = Vec::new();
    write_number(&mut text, number);
    String::from_utf8(text).unwrap_or_default()
}

/// The same, behind what is there.
pub fn write_number(text: &mut Vec<u8>, number: f64) {
    let size = number.abs();
    let start = text.len();
    let is_written = if number.is_nan() {
        write!(text, "NaN")
    } else if number.is_infinite() {
        write!(text, "{}", if number > 0.0 { "inf" } else { "-inf" })
    } else if size != 0.0 && !(1e-5..1e16).contains(&size) {
        let exponent = format!("{number:e}");
        match exponent.split_once('e') {
            Some((digits, power)) if !power.starts_with('-') => write!(text, "{digits}e+{power}"),
            _ => write!(text, "{exponent}"),
        }
    } else {
        write!(text, "{number}")
    };
    let is_whole = is_written.is_ok() && size < 1e16 && !text[start..].contains(&b'.');
    if is_whole && (size == 0.0 || size >= 1e-5) {
        text.extend_from_slice(b".0");
    }
}
