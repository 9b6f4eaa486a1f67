//! The steps of a transformer as SQL: an expression per plain number, and per one-hot column the place of the one that is 1.

use super::sql;
use crate::data::Kind;
use crate::features::{Input, Step, Transformer};

/// The column with the target mean of a row, of one of the columns that have such.
pub(super) fn mean_name(column: usize, output: usize) -> String {
    format!("__mean{column}_{output}")
}

/// The features of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Design {
    /// `(n_dense)`: expressions of plain numbers, which come first.
    pub dense: Vec<String>,
    /// One-hot columns, in order.
    pub ones: Vec<Ones>,
    /// All features.
    pub n_features: usize,
}

/// A one-hot column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ones {
    /// The expression of the place among its features, from 0.
    pub place: String,
    /// Its first feature.
    pub at: usize,
    /// Its features.
    pub width: usize,
}

impl Design {
    /// The steps as SQL; or why one cannot be written so. No step may leave a gap. `meant` are columns of which the rows have the target
    /// means that are learned from; others have those that serving has.
    pub fn of(transformer: &Transformer, meant: &[String]) -> Result<Design, String> {
        Design::written(transformer, meant, |column| {
            Err(format!("column `{column}` keeps its gaps"))
        })
    }

    /// The same, with `NULL` where a step leaves a gap.
    pub fn with_gaps(transformer: &Transformer, meant: &[String]) -> Result<Design, String> {
        let gap = |_: &str| Ok("cast(NULL AS DOUBLE)".to_string());
        Design::written(transformer, meant, gap)
    }

    /// The steps as SQL; `gap` is what a column's gap is written as, or why it cannot be.
    fn written(
        transformer: &Transformer,
        meant: &[String],
        gap: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Design, String> {
        let prepare = &transformer.prepare;
        if let Some(dates) = prepare.dates.first() {
            return Err(format!("column `{}` becomes parts of a time", dates.column));
        }
        if let Some(derived) = prepare.derived.first() {
            return Err(format!("column `{}` is computed", derived.name));
        }
        let mut design = Design {
            dense: Vec::new(),
            ones: Vec::new(),
            n_features: transformer.n_features(),
        };
        let mut at = 0;
        for input in &transformer.inputs {
            let fill = prepare.fills.iter().find(|fill| fill.column == input.name);
            let fill = fill.map(|fill| fill.text.as_str());
            match &input.step {
                step @ (Step::Scale { .. } | Step::Number { .. }) => {
                    let (mean, per, missing, indicator) =
                        step.number().unwrap_or((0.0, 1.0, 0.0, false));
                    let cell = number(&input.name, input.kind);
                    let is_missing = format!("{} IS NULL", sql::name(&input.name));
                    let missing = if missing.is_finite() {
                        sql::number(missing)
                    } else {
                        gap(&input.name)?
                    };
                    design.dense.push(format!(
                        "CASE WHEN {is_missing} THEN {missing} ELSE ({cell} - {}) * {} END",
                        sql::number(mean),
                        sql::number(per)
                    ));
                    if indicator {
                        let flag = format!("CASE WHEN {is_missing} THEN 1e0 ELSE 0e0 END");
                        design.dense.push(flag);
                    }
                }
                step @ Step::Ordinal { categories, .. } => {
                    let table = step.table().unwrap_or_default();
                    let values = table.iter().map(|&value| {
                        if value.is_finite() {
                            Ok(sql::number(value))
                        } else {
                            gap(&input.name)
                        }
                    });
                    let values: Vec<String> = values.collect::<Result<_, String>>()?;
                    let of = |place: usize| values[place].clone();
                    design.dense.push(cases(input, categories, fill, of)?);
                }
                Step::OneHot { categories } => design.ones.push(Ones {
                    place: cases(input, categories, fill, |place| place.to_string())?,
                    at,
                    width: input.width(),
                }),
                step @ Step::TargetMean { categories, .. } => {
                    let column = meant.iter().position(|name| *name == input.name);
                    let (table, width) = (step.table().unwrap_or_default(), step.width());
                    for output in 0..width {
                        let of = |place: usize| sql::number(table[place * width + output]);
                        design.dense.push(match column {
                            Some(column) => mean_name(column, output),
                            None => cases(input, categories, fill, of)?,
                        });
                    }
                }
                Step::Text { .. } => {
                    return Err(format!(
                        "column `{}` becomes n-grams of its texts",
                        input.name
                    ));
                }
            }
            at += input.width();
        }
        Ok(design)
    }
}

/// A cell as a double; a truth value is 0 or 1.
pub(super) fn number(column: &str, kind: Kind) -> String {
    let name = sql::name(column);
    match kind {
        Kind::Boolean => format!("CASE WHEN {name} THEN 1e0 ELSE 0e0 END"),
        _ => format!("cast({name} AS DOUBLE)"),
    }
}

/// A cell as what labels are compared by: a text without blanks around it, or a number.
pub(super) fn label(column: &str, kind: Kind) -> String {
    match kind {
        Kind::Text => sql::trimmed(&sql::name(column)),
        kind => number(column, kind),
    }
}

/// A label as the other side of such a comparison; `None` for one that no cell can be.
pub(super) fn label_literal(label: &str, kind: Kind) -> Option<String> {
    match kind {
        Kind::Text => Some(sql::text(label)),
        kind => label_number(label, kind).map(sql::number),
    }
}

/// A label of a column that holds no texts as a number; `None` for one that no cell can be.
pub(super) fn label_number(label: &str, kind: Kind) -> Option<f64> {
    match (kind, label) {
        (Kind::Boolean, "true") => Some(1.0),
        (Kind::Boolean, "false") => Some(0.0),
        (_, label) => label.parse().ok(),
    }
}

/// What each place of a column of categories becomes: those that are known, then missing, then other.
fn cases(
    input: &Input,
    categories: &[String],
    fill: Option<&str>,
    of: impl Fn(usize) -> String,
) -> Result<String, String> {
    let n = categories.len();
    let place = |label: &str| categories.iter().position(|it| it == label);
    let missing = fill.map_or(n, |fill| place(fill.trim()).unwrap_or(n + 1));
    let mut written = format!(
        "CASE WHEN {} IS NULL THEN {}",
        sql::name(&input.name),
        of(missing)
    );
    let cell = label(&input.name, input.kind);
    let mut known = Vec::with_capacity(n);
    for (place, category) in categories.iter().enumerate() {
        let literal = label_literal(category, input.kind);
        let literal =
            literal.ok_or_else(|| format!("a category of `{}` is not a number", input.name))?;
        known.push(format!(" WHEN {literal} THEN {}", of(place)));
    }
    if known.is_empty() {
        written += &format!(" ELSE {}", of(n + 1));
    } else {
        written += &format!(" ELSE CASE {cell}{} ELSE {} END", known.concat(), of(n + 1));
    }
    Ok(written + " END")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Prepare;

    fn input(name: &str, kind: Kind, step: Step) -> Input {
        Input {
            name: name.to_string(),
            kind,
            step,
        }
    }

    #[test]
    fn steps_are_expressions_in_the_order_of_the_features() {
        let categories = vec!["a".to_string(), "it's".to_string()];
        let transformer = Transformer {
            prepare: Prepare::default(),
            inputs: vec![
                input(
                    "x",
                    Kind::Number,
                    Step::Scale {
                        mean: 1.5,
                        scale: 2.0,
                    },
                ),
                input("k", Kind::Text, Step::OneHot { categories }),
            ],
        };
        let design = Design::of(&transformer, &[]).expect("a design");
        assert_eq!(
            design.dense,
            ["CASE WHEN `x` IS NULL THEN 0e0 ELSE (cast(`x` AS DOUBLE) - 1.5e0) * 5e-1 END"]
        );
        assert_eq!(
            (design.ones[0].at, design.ones[0].width, design.n_features),
            (1, 4, 5)
        );
        let place = &design.ones[0].place;
        assert!(
            place.starts_with("CASE WHEN `k` IS NULL THEN 2 ELSE CASE "),
            "{place}"
        );
        assert!(
            place.ends_with(r" WHEN 'a' THEN 0 WHEN 'it\'s' THEN 1 ELSE 3 END END"),
            "{place}"
        );
    }

    #[test]
    fn labels_of_numbers_and_flags_are_compared_as_numbers() {
        assert_eq!(label_literal("1", Kind::Integer).as_deref(), Some("1e0"));
        assert_eq!(label_literal("true", Kind::Boolean).as_deref(), Some("1e0"));
        assert_eq!(label_literal("x", Kind::Integer), None);
    }
}
