//! `+ - * / // %` and functions of numbers. Whole numbers stay whole where both sides are; what does not fit 64 bits, and a
//! whole number divided by zero, is missing. Numbers follow IEEE 754, whose infinities and NaN count as missing at the end.

use super::functions::Function;
use super::times;
use super::tree::Operator;
use super::values::{Type, Values, map, zip};
use super::whole::floor_div;

/// Two operands and what is between them.
///
/// # Errors
/// When the operator does not work on their types.
pub fn arithmetic<'a>(
    left: Values<'a>,
    operator: Operator,
    right: Values<'a>,
) -> Result<Values<'a>, String> {
    let (one, other) = (left.kind(), right.kind());
    if (one, other, operator) == (Type::Text, Type::Text, Operator::Plus) {
        return joined(left, right);
    }
    if one == Type::Nothing && other == Type::Nothing {
        return Ok(left);
    }
    let is_number = |it: Type| it.is_numeric() || it == Type::Nothing;
    if !is_number(one) || !is_number(other) {
        if one == Type::Text || other == Type::Text {
            let hint = match operator {
                Operator::Plus => "; `||` joins texts, CAST(x AS DOUBLE) makes a number of one",
                _ => "; CAST(x AS DOUBLE) makes a number of a text",
            };
            let (one, other) = (one.words(), other.words());
            return Err(format!(
                "`{}` does not work on {one} and {other}{hint}",
                operator.sign()
            ));
        }
        return times::arithmetic(left, operator, right);
    }
    let whole = one != Type::Number && other != Type::Number;
    if whole && operator != Operator::Divide {
        let (Some(left), Some(right)) = (left.integers(), right.integers()) else {
            return Err("whole numbers are expected".to_string());
        };
        return Ok(Values::Integer(match operator {
            Operator::Plus => zip(left, right, i64::checked_add),
            Operator::Minus => zip(left, right, i64::checked_sub),
            Operator::Times => zip(left, right, i64::checked_mul),
            Operator::DivideDown => zip(left, right, floor_div),
            _ => zip(left, right, |left, right| {
                let rest = left.checked_rem(right)?;
                Some(if rest != 0 && (rest < 0) != (right < 0) {
                    rest + right
                } else {
                    rest
                })
            }),
        }));
    }
    let (Some(left), Some(right)) = (left.numbers(), right.numbers()) else {
        return Err("numbers are expected".to_string());
    };
    Ok(match operator {
        Operator::Plus => Values::Number(zip(left, right, |l, r| Some(l + r))),
        Operator::Minus => Values::Number(zip(left, right, |l, r| Some(l - r))),
        Operator::Times => Values::Number(zip(left, right, |l, r| Some(l * r))),
        Operator::Divide => Values::Number(zip(left, right, |l, r| Some(l / r))),
        Operator::DivideDown => Values::Integer(zip(left, right, |l, r| {
            whole_of((l / r).floor(), i64::MIN, i64::MAX)
        })),
        _ => Values::Number(zip(left, right, |l, r| Some(l - r * (l / r).floor()))),
    })
}

/// A number without its fraction, where it lies between two bounds.
pub fn whole_of(number: f64, least: i64, most: i64) -> Option<i64> {
    let whole = number.trunc();
    // The bounds of `i64` are no `f64`s: -2^63 is one, 2^63 lies outside.
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole);
    let whole = fits.then_some(whole as i64)?;
    (least..=most).contains(&whole).then_some(whole)
}

fn joined<'a>(left: Values<'a>, right: Values<'a>) -> Result<Values<'a>, String> {
    let (Some(left), Some(right)) = (left.texts(), right.texts()) else {
        return Err("texts are expected".to_string());
    };
    Ok(Values::Text(zip(left, right, |l, r| {
        Some(format!("{l}{r}").into())
    })))
}

/// `-x`.
///
/// # Errors
/// When it is not a number.
pub fn negative(values: Values<'_>) -> Result<Values<'_>, String> {
    Ok(match values {
        Values::Number(cells) => Values::Number(map(cells, |it| Some(-it))),
        Values::Span(cells) => Values::Span(map(cells, i64::checked_neg)),
        values => {
            let kind = values.kind();
            let cells = values.integers();
            let cells = cells.ok_or_else(|| format!("`-` does not work on {}", kind.words()))?;
            Values::Integer(map(cells, i64::checked_neg))
        }
    })
}

/// A function of one number.
///
/// # Errors
/// When it is not a number.
pub fn of_one(function: Function, values: Values<'_>) -> Result<Values<'_>, String> {
    let kind = values.kind();
    let keeps = matches!(
        function,
        Function::Abs | Function::Ceil | Function::Floor | Function::Sign
    );
    let values = match values {
        Values::Integer(cells) if keeps => {
            return Ok(Values::Integer(match function {
                Function::Abs => map(cells, i64::checked_abs),
                Function::Sign => map(cells, |it| Some(it.signum())),
                _ => cells,
            }));
        }
        Values::Span(cells) if function == Function::Abs => {
            return Ok(Values::Span(map(cells, i64::checked_abs)));
        }
        values => values,
    };
    let cells = numbers(function, kind, values)?;
    let ln = |base: f64| move |it: f64| it.log(base);
    let through = |f: &dyn Fn(f64) -> f64| Values::Number(map(cells.clone(), |it| Some(f(it))));
    Ok(match function {
        Function::Abs => through(&f64::abs),
        Function::Acos => through(&f64::acos),
        Function::Asin => through(&f64::asin),
        Function::Atan => through(&f64::atan),
        Function::Cbrt => through(&f64::cbrt),
        Function::Ceil => through(&f64::ceil),
        Function::Cos => through(&f64::cos),
        Function::Degrees => through(&f64::to_degrees),
        Function::Exp => through(&f64::exp),
        Function::Floor => through(&f64::floor),
        Function::Ln => through(&ln(std::f64::consts::E)),
        Function::Log10 => through(&ln(10.0)),
        Function::Log1p => through(&f64::ln_1p),
        Function::Log2 => through(&ln(2.0)),
        Function::Radians => through(&f64::to_radians),
        Function::Sign => through(&|it| match it {
            it if it > 0.0 => 1.0,
            it if it < 0.0 => -1.0,
            it => it,
        }),
        Function::Sin => through(&f64::sin),
        Function::Sqrt => through(&f64::sqrt),
        Function::Tan => through(&f64::tan),
        function => {
            return Err(format!(
                "`{}` is not a function of a number",
                function.name()
            ));
        }
    })
}

fn numbers(function: Function, kind: Type, values: Values<'_>) -> Result<Vec<Option<f64>>, String> {
    let cells = match kind {
        Type::Span => None,
        _ => values.numbers(),
    };
    cells.ok_or_else(|| {
        format!(
            "`{}` needs a number, not {}; CAST(x AS DOUBLE) makes one of a text",
            function.name(),
            kind.words()
        )
    })
}

/// `ATAN2(y, x)` and `LOG(x, base)`.
///
/// # Errors
/// When one is not a number.
pub fn of_two<'a>(
    function: Function,
    left: Values<'a>,
    right: Values<'a>,
) -> Result<Values<'a>, String> {
    let (one, other) = (left.kind(), right.kind());
    let left = numbers(function, one, left)?;
    let right = numbers(function, other, right)?;
    Ok(Values::Number(match function {
        Function::Atan2 => zip(left, right, |y: f64, x| Some(y.atan2(x))),
        Function::Log => zip(left, right, |it: f64, base| Some(it.log(base))),
        _ => zip(left, right, |base: f64, exponent| Some(base.powf(exponent))),
    }))
}

/// A whole number to a fixed power, which is whole.
pub fn whole_power(cells: Vec<Option<i64>>, exponent: u32) -> Values<'static> {
    Values::Integer(map(cells, |it| it.checked_pow(exponent)))
}

/// Rounded to so many digits, half to even; or cut off there.
///
/// # Errors
/// When it is not a number.
pub fn rounded(function: Function, values: Values<'_>, digits: i64) -> Result<Values<'_>, String> {
    // More digits than the smallest number has.
    const MOST: i64 = 300;
    let kind = values.kind();
    if let Values::Integer(_) | Values::Nothing(_) = values {
        return Ok(values);
    }
    let cells = match kind {
        Type::Number => numbers(function, kind, values)?,
        kind => {
            return Err(format!(
                "`{}` needs a number, not {}",
                function.name(),
                kind.words()
            ));
        }
    };
    let cut: fn(f64) -> f64 = match function {
        Function::Round => f64::round_ties_even,
        _ => f64::trunc,
    };
    let factor = 10_f64.powi(digits.min(MOST) as i32);
    Ok(Values::Number(map(cells, |it| {
        let cut = match digits {
            0 => cut(it),
            _ => cut(it * factor) / factor,
        };
        Some(if digits == 0 || cut.is_finite() {
            cut
        } else {
            it
        })
    })))
}
