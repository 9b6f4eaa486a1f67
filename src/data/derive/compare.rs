//! Comparisons and truth values. A comparison with a missing value is missing, `AND`, `OR` and `NOT`
//! follow SQL's three values.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::tree::{Operator, Test};
use super::values::{Type, Values, map, zip};
use crate::data::parse_time;

/// Two columns in one type.
enum Pair<'a> {
    Booleans(Vec<Option<bool>>, Vec<Option<bool>>),
    Whole(Vec<Option<i64>>, Vec<Option<i64>>),
    Numbers(Vec<Option<f64>>, Vec<Option<f64>>),
    Texts(Vec<Option<Cow<'a, str>>>, Vec<Option<Cow<'a, str>>>),
    Nothing(usize),
}

fn pair<'a>(left: Values<'a>, right: Values<'a>, sign: &str) -> Result<Pair<'a>, String> {
    let (one, other) = (left.kind(), right.kind());
    let rejected = || {
        let hint = match (one, other) {
            (Type::Text, it) | (it, Type::Text) if it.is_numeric() => {
                "; CAST(x AS DOUBLE) makes a number of a text, CAST(x AS VARCHAR) a text of a number"
            }
            (Type::Time | Type::Date, it) | (it, Type::Time | Type::Date) if it.is_numeric() => {
                "; EXTRACT(EPOCH FROM x) makes seconds of a time"
            }
            _ => "",
        };
        Err(format!(
            "`{sign}` does not compare {} with {}{hint}",
            one.words(),
            other.words()
        ))
    };
    let whole = |left: Vec<Option<i64>>, right: Vec<Option<i64>>| Ok(Pair::Whole(left, right));
    match (left, right) {
        (Values::Nothing(n), Values::Nothing(_)) => Ok(Pair::Nothing(n)),
        (Values::Boolean(left), Values::Boolean(right)) => Ok(Pair::Booleans(left, right)),
        (Values::Span(left), Values::Span(right)) => whole(left, right),
        (Values::Text(left), Values::Text(right)) => Ok(Pair::Texts(left, right)),
        (Values::Text(texts), times @ (Values::Time(_) | Values::Date(_))) => {
            whole(read(&texts), times.times().unwrap_or_default())
        }
        (times @ (Values::Time(_) | Values::Date(_)), Values::Text(texts)) => {
            whole(times.times().unwrap_or_default(), read(&texts))
        }
        (left, right) => match one.common(other) {
            Some(Type::Boolean) => match (left.booleans(), right.booleans()) {
                (Some(left), Some(right)) => Ok(Pair::Booleans(left, right)),
                _ => rejected(),
            },
            Some(Type::Integer) => match (left.integers(), right.integers()) {
                (Some(left), Some(right)) => whole(left, right),
                _ => rejected(),
            },
            Some(Type::Number) => match (left.numbers(), right.numbers()) {
                (Some(left), Some(right)) => Ok(Pair::Numbers(left, right)),
                _ => rejected(),
            },
            Some(Type::Time | Type::Date) => match (left.times(), right.times()) {
                (Some(left), Some(right)) => whole(left, right),
                _ => rejected(),
            },
            Some(Type::Span) => match (left, right) {
                (Values::Span(cells), it) => whole(cells, vec![None; it.len()]),
                (it, Values::Span(cells)) => whole(vec![None; it.len()], cells),
                _ => rejected(),
            },
            Some(Type::Text) => match (left.texts(), right.texts()) {
                (Some(left), Some(right)) => Ok(Pair::Texts(left, right)),
                _ => rejected(),
            },
            _ => rejected(),
        },
    }
}

/// Texts as times; what is none is missing.
fn read(texts: &[Option<Cow<'_, str>>]) -> Vec<Option<i64>> {
    let read = |text: &Option<Cow<'_, str>>| parse_time(text.as_deref()?);
    texts.iter().map(read).collect()
}

/// Numbers in order, NaN behind all others and equal to itself.
fn order(left: f64, right: f64) -> Ordering {
    match (left.is_nan(), right.is_nan()) {
        (false, false) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
        (left, right) => left.cmp(&right),
    }
}

fn is_so(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Equal | Operator::Same => order.is_eq(),
        Operator::Unequal | Operator::Distinct => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// A comparison.
///
/// # Errors
/// When the two cannot be compared.
pub fn compare<'a>(
    left: Values<'a>,
    operator: Operator,
    right: Values<'a>,
) -> Result<Values<'static>, String> {
    if matches!(operator, Operator::Same | Operator::Distinct) {
        let (left_missing, right_missing) = (left.missing(), right.missing());
        let found = compare(
            left,
            if operator == Operator::Same {
                Operator::Equal
            } else {
                Operator::Unequal
            },
            right,
        )?;
        let found = found.booleans().unwrap_or_default();
        let rows = found
            .into_iter()
            .zip(left_missing.into_iter().zip(right_missing));
        let same = |(found, (left, right)): (Option<bool>, (bool, bool))| {
            // Where one is missing, both are the same if the other is, too.
            found.unwrap_or((left == right) == (operator == Operator::Same))
        };
        return Ok(Values::Boolean(rows.map(|row| Some(same(row))).collect()));
    }
    let found = |order: Ordering| Some(is_so(operator, order));
    Ok(Values::Boolean(match pair(left, right, operator.sign())? {
        Pair::Nothing(n) => vec![None; n],
        Pair::Booleans(left, right) => zip(left, right, |l, r| found(l.cmp(&r))),
        Pair::Whole(left, right) => zip(left, right, |l, r| found(l.cmp(&r))),
        Pair::Numbers(left, right) => zip(left, right, |l, r| found(order(l, r))),
        Pair::Texts(left, right) => zip(left, right, |l, r| found(l.cmp(&r))),
    }))
}

/// `AND`, `OR`, `XOR`: of truth values by three-valued logic, of whole numbers bit by bit.
///
/// # Errors
/// When one is neither.
pub fn logic<'a>(
    left: Values<'a>,
    operator: Operator,
    right: Values<'a>,
) -> Result<Values<'a>, String> {
    let (one, other) = (left.kind(), right.kind());
    let is_truth = |it: Type| matches!(it, Type::Boolean | Type::Nothing);
    if is_truth(one) && is_truth(other) {
        let (Some(left), Some(right)) = (left.booleans(), right.booleans()) else {
            return Err("truth values are expected".to_string());
        };
        let rows = left.into_iter().zip(right);
        return Ok(Values::Boolean(match operator {
            Operator::And => rows.map(|(l, r)| and(l, r)).collect(),
            Operator::Or => rows.map(|(l, r)| or(l, r)).collect(),
            _ => rows.map(|(l, r)| Some(l? != r?)).collect(),
        }));
    }
    let (Some(left), Some(right)) = (left.integers(), right.integers()) else {
        return Err(format!(
            "`{}` needs truth values such as `x > 0`, not {} and {}",
            operator.sign(),
            one.words(),
            other.words()
        ));
    };
    Ok(Values::Integer(match operator {
        Operator::And => zip(left, right, |l, r| Some(l & r)),
        Operator::Or => zip(left, right, |l, r| Some(l | r)),
        _ => zip(left, right, |l, r| Some(l ^ r)),
    }))
}

fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// Truth values; a number is true when it is not 0.
fn truths(values: Values<'_>, what: &str) -> Result<Vec<Option<bool>>, String> {
    let kind = values.kind();
    match values {
        Values::Integer(cells) => Ok(map(cells, |it| Some(it != 0))),
        Values::Number(cells) => Ok(map(cells, |it| Some(it != 0.0))),
        values => values.booleans().ok_or_else(|| {
            format!(
                "{what} needs a truth value such as `x > 0`, not {}",
                kind.words()
            )
        }),
    }
}

/// `NOT x`.
///
/// # Errors
/// When it is not a truth value.
pub fn not(values: Values<'_>) -> Result<Values<'static>, String> {
    let cells = truths(values, "`NOT`")?;
    Ok(Values::Boolean(map(cells, |it| Some(!it))))
}

/// `x IS …`, never missing.
///
/// # Errors
/// When a truth value is required of something else.
pub fn is(values: Values<'_>, test: Test) -> Result<Values<'static>, String> {
    let asked = match test {
        Test::Missing => {
            let missing = values.missing();
            return Ok(Values::Boolean(missing.into_iter().map(Some).collect()));
        }
        Test::True => true,
        Test::False => false,
    };
    // A number is true when it is 1, as in `x = TRUE`.
    let kind = values.kind();
    let numbers = values
        .numbers()
        .filter(|_| kind.is_numeric() || kind == Type::Nothing);
    let numbers = numbers.ok_or_else(|| {
        format!(
            "`IS TRUE` needs a truth value such as `x > 0`, not {}",
            kind.words()
        )
    })?;
    let is_it = |it: Option<f64>| Some(it == Some(f64::from(asked)));
    Ok(Values::Boolean(numbers.into_iter().map(is_it).collect()))
}

/// One more value of `x IN (…)`: true where it is equal or one before it was, else missing where one is missing.
///
/// # Errors
/// When it cannot be compared.
pub fn or_equal(
    found: &mut [Option<bool>],
    values: &Values<'_>,
    one: Values<'_>,
) -> Result<(), String> {
    let equal = compare(values.borrowed(), Operator::Equal, one.borrowed())
        .map_err(|why| why.replacen("`=`", "`IN`", 1))?;
    let equal = equal.booleans().unwrap_or_default();
    for (found, equal) in found.iter_mut().zip(equal) {
        *found = or(*found, equal);
    }
    Ok(())
}

/// `x BETWEEN low AND high`.
///
/// # Errors
/// When one cannot be compared.
pub fn between<'a>(
    values: Values<'a>,
    low: Values<'a>,
    high: Values<'a>,
) -> Result<Values<'a>, String> {
    let named = |why: String| {
        why.replacen("`>=`", "`BETWEEN`", 1)
            .replacen("`<=`", "`BETWEEN`", 1)
    };
    let from =
        compare(values.borrowed(), Operator::GreaterOrEqual, low.borrowed()).map_err(named)?;
    let to = compare(values.borrowed(), Operator::LessOrEqual, high.borrowed()).map_err(named)?;
    logic(from, Operator::And, to)
}
