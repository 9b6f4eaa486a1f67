//! Choosing among values, row by row.

use super::cast;
use super::compare::compare;
use super::tree::Operator;
use super::values::{Type, Values};

/// The first value whose condition is true, row by row; `values` has one more than there are conditions, what else.
///
/// # Errors
/// When a condition is not a truth value, or the values have no common type.
pub fn choose<'a>(
    conditions: Vec<Values<'a>>,
    values: Vec<Values<'a>>,
) -> Result<Values<'a>, String> {
    let n_rows = values.first().map_or(0, Values::len);
    let mut choice = vec![conditions.len(); n_rows];
    for (at, condition) in conditions.into_iter().enumerate().rev() {
        let kind = condition.kind();
        let truths = condition.booleans().ok_or_else(|| {
            format!(
                "a condition is a truth value such as `x > 0`, not {}",
                kind.words()
            )
        })?;
        for (choice, truth) in choice.iter_mut().zip(truths) {
            if truth == Some(true) {
                *choice = at;
            }
        }
    }
    pick(&choice, values, "CASE")
}

/// The first value that is not missing.
///
/// # Errors
/// When they have no common type.
pub fn first_present(values: Vec<Values<'_>>) -> Result<Values<'_>, String> {
    let n_rows = values.first().map_or(0, Values::len);
    let mut choice = vec![values.len().saturating_sub(1); n_rows];
    for (at, values) in values.iter().enumerate().rev() {
        for (choice, is_missing) in choice.iter_mut().zip(values.missing()) {
            if !is_missing {
                *choice = at;
            }
        }
    }
    pick(&choice, values, "COALESCE")
}

fn pick<'a>(choice: &[usize], values: Vec<Values<'a>>, name: &str) -> Result<Values<'a>, String> {
    let values = in_common(values, name)?;
    fn of<T: Default>(choice: &[usize], mut columns: Vec<Vec<Option<T>>>) -> Vec<Option<T>> {
        let take = |(row, &at): (usize, &usize)| columns[at][row].take();
        choice.iter().enumerate().map(take).collect()
    }
    macro_rules! picked {
        ($variant:ident) => {
            Values::$variant(of(
                choice,
                values
                    .into_iter()
                    .map(|it| match it {
                        Values::$variant(cells) => cells,
                        other => vec![None; other.len()],
                    })
                    .collect(),
            ))
        };
    }
    Ok(match values.first().map_or(Type::Nothing, Values::kind) {
        Type::Nothing => Values::Nothing(choice.len()),
        Type::Boolean => picked!(Boolean),
        Type::Integer => picked!(Integer),
        Type::Number => picked!(Number),
        Type::Text => picked!(Text),
        Type::Time => picked!(Time),
        Type::Date => picked!(Date),
        Type::Span => picked!(Span),
    })
}

/// All columns in the type that they have in common.
fn in_common<'a>(values: Vec<Values<'a>>, name: &str) -> Result<Vec<Values<'a>>, String> {
    let mut common = Type::Nothing;
    for one in &values {
        common = common.common(one.kind()).ok_or_else(|| {
            format!(
                "the values of `{name}` are {} and {}, which have nothing in common; CAST one",
                common.words(),
                one.kind().words()
            )
        })?;
    }
    let as_common = |it: Values<'a>| cast::to_type(it, common);
    Ok(values.into_iter().map(as_common).collect())
}

/// The largest value of each row, or the smallest; missing ones are passed over.
///
/// # Errors
/// When they have no common type.
pub fn extreme(values: Vec<Values<'_>>, largest: bool) -> Result<Values<'_>, String> {
    let name = if largest { "GREATEST" } else { "LEAST" };
    let kinds: Vec<Type> = values.iter().map(Values::kind).collect();
    let has = |wanted: fn(&Type) -> bool| kinds.iter().any(wanted);
    if has(|it| *it == Type::Text) && has(|it| !matches!(it, Type::Text | Type::Nothing)) {
        return Err(format!("`{name}` does not compare texts with other values"));
    }
    let mut left = in_common(values, name)?.into_iter();
    let Some(mut best) = left.next() else {
        return Err(format!("`{name}` takes 1 or more arguments"));
    };
    for next in left {
        let wanted = if largest {
            Operator::GreaterOrEqual
        } else {
            Operator::LessOrEqual
        };
        let better = compare(best.borrowed(), wanted, next.borrowed())?;
        let keeps = better.booleans().unwrap_or_default();
        let missing = best.missing().into_iter().zip(next.missing());
        let choice: Vec<usize> = keeps
            .into_iter()
            .zip(missing)
            .map(|(keeps, (best_missing, next_missing))| {
                usize::from(!next_missing && (best_missing || keeps == Some(false)))
            })
            .collect();
        best = pick(&choice, vec![best, next], name)?;
    }
    Ok(best)
}
