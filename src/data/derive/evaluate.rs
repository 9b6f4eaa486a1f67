//! An expression on a batch of rows, column by column. On no rows it is the check of its types: every value has a type of its
//! own, whether it has cells or not.

use std::borrow::Cow;
use std::ops::Range;

use super::depth::on_enough_stack;
use super::functions::Function;
use super::tree::{Literal, Operator, Tree};
use super::values::{Type, Values};
use super::{arithmetic, cast, choose, compare, texts, times};
use crate::data::parse_time;
use crate::text::{nearest, short};

/// Columns of the same rows, by name.
#[derive(Debug, Default)]
pub struct Batch<'a> {
    n_rows: usize,
    columns: Vec<(String, Values<'a>)>,
}

impl<'a> Batch<'a> {
    /// Rows without columns.
    pub fn new(n_rows: usize) -> Self {
        Batch {
            n_rows,
            columns: Vec::new(),
        }
    }

    /// Adds a column of as many cells as there are rows, or replaces the one of that name.
    pub fn put(&mut self, name: &str, values: Values<'a>) {
        match self.columns.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = values,
            None => self.columns.push((name.to_string(), values)),
        }
    }

    /// A column.
    pub fn get(&self, name: &str) -> Option<&Values<'a>> {
        let mut columns = self.columns.iter();
        columns.find(|(known, _)| known == name).map(|(_, it)| it)
    }

    /// A column, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Values<'a>> {
        let mut columns = self.columns.iter_mut();
        columns.find(|(known, _)| known == name).map(|(_, it)| it)
    }

    /// Some of the rows, of the columns that are named.
    pub fn rows(&self, rows: Range<usize>, names: &[String]) -> Batch<'_> {
        let named = self.columns.iter().filter(|(name, _)| names.contains(name));
        Batch {
            n_rows: rows.len(),
            columns: named
                .map(|(name, values)| (name.clone(), values.rows(rows.clone())))
                .collect(),
        }
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Computes an expression.
    ///
    /// # Errors
    /// A column that is not there, or an operator or function on a type that it does not work on, in words.
    pub fn evaluate<'s>(&'s self, tree: &'s Tree) -> Result<Values<'s>, String> {
        on_enough_stack(|| self.node(tree))
    }

    fn node<'s>(&'s self, tree: &'s Tree) -> Result<Values<'s>, String> {
        match tree {
            Tree::Column(name) => match self.get(name) {
                Some(values) => Ok(values.borrowed()),
                None => Err(unknown(
                    name,
                    self.columns.iter().map(|(name, _)| name.as_str()),
                )),
            },
            Tree::Literal(literal) => self.literal(literal),
            Tree::Chain(first, links) => self.chain(first, links),
            Tree::Negative(inner) => arithmetic::negative(self.evaluate(inner)?),
            Tree::Not(inner) => compare::not(self.evaluate(inner)?),
            Tree::Is(inner, test) => compare::is(self.evaluate(inner)?, *test),
            Tree::In(inner, list) => {
                let values = self.evaluate(inner)?;
                let mut found = vec![Some(false); values.len()];
                for one in list {
                    can_be_time(values.kind(), one)?;
                    compare::or_equal(&mut found, &values, self.evaluate(one)?)?;
                }
                Ok(Values::Boolean(found))
            }
            Tree::Between(parts) => {
                let [values, low, high] = &**parts;
                let values = self.evaluate(values)?;
                can_be_time(values.kind(), low)?;
                can_be_time(values.kind(), high)?;
                compare::between(values, self.evaluate(low)?, self.evaluate(high)?)
            }
            Tree::Matches(inner, pattern) => texts::matches(self.evaluate(inner)?, pattern),
            Tree::MatchesOwn(parts) => {
                let [text, pattern] = &**parts;
                texts::matches_own(self.evaluate(text)?, self.evaluate(pattern)?)
            }
            Tree::Case(operand, branches, otherwise) => {
                let operand = match operand.as_deref() {
                    Some(tree) => Some((self.evaluate(tree)?, tree)),
                    None => None,
                };
                let (mut conditions, mut results) = (Vec::new(), Vec::new());
                for (condition, result) in branches {
                    let values = self.evaluate(condition)?;
                    conditions.push(match &operand {
                        None => values,
                        Some((with, tree)) => {
                            let left = (with.borrowed(), *tree);
                            compared(left, Operator::Equal, (values, condition))?.owned()
                        }
                    });
                    results.push(self.evaluate(result)?);
                }
                results.push(self.evaluate(otherwise)?);
                choose::choose(conditions, results)
            }
            Tree::Cast(inner, target) => cast::cast(self.evaluate(inner)?, *target),
            Tree::Extract(part, inner) => times::extract(*part, self.evaluate(inner)?),
            Tree::Format(inner, format) => times::formatted(self.evaluate(inner)?, format),
            Tree::Call(function, arguments) => self.call(*function, arguments),
        }
    }

    fn literal<'s>(&'s self, literal: &'s Literal) -> Result<Values<'s>, String> {
        let n = self.n_rows;
        Ok(match literal {
            Literal::Null => Values::Nothing(n),
            Literal::Boolean(flag) => Values::Boolean(vec![Some(*flag); n]),
            Literal::Integer(number) => Values::Integer(vec![Some(*number); n]),
            Literal::Number(number) => Values::Number(vec![Some(*number); n]),
            Literal::Text(text) => Values::Text(vec![Some(Cow::Borrowed(text)); n]),
            Literal::Date(day) => Values::Date(vec![Some(*day); n]),
            Literal::Interval(..) => Values::Span(vec![Some(times::fixed(literal)?); n]),
        })
    }

    fn chain<'s>(
        &'s self,
        first: &'s Tree,
        links: &'s [(Operator, Tree)],
    ) -> Result<Values<'s>, String> {
        let mut left = self.evaluate(first)?;
        for (operator, right) in links {
            left = match (operator, right) {
                (
                    Operator::Plus | Operator::Minus,
                    Tree::Literal(Literal::Interval(months, micros)),
                ) => times::with_interval(left, *operator, *months, *micros)?,
                _ => {
                    let evaluated = self.evaluate(right)?;
                    if operator.compares() {
                        compared((left, first), *operator, (evaluated, right))?
                    } else {
                        between(left, *operator, evaluated)?
                    }
                }
            };
        }
        Ok(left)
    }

    fn call<'s>(&'s self, function: Function, arguments: &'s [Tree]) -> Result<Values<'s>, String> {
        use Function::*;
        let digits = match arguments.get(1) {
            Some(Tree::Literal(Literal::Integer(number))) => Some(*number),
            _ => None,
        };
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.evaluate(argument)?);
        }
        let mut take = || {
            if values.is_empty() {
                Values::Nothing(self.n_rows)
            } else {
                values.remove(0)
            }
        };
        match function {
            Pi => Ok(Values::Number(vec![
                Some(std::f64::consts::PI);
                self.n_rows
            ])),
            Abs | Acos | Asin | Atan | Cbrt | Ceil | Cos | Degrees | Exp | Floor | Ln | Log10
            | Log1p | Log2 | Radians | Sign | Sin | Sqrt | Tan => {
                arithmetic::of_one(function, take())
            }
            Atan2 | Log => {
                let left = take();
                arithmetic::of_two(function, left, take())
            }
            Pow => match (take(), digits.and_then(|it| u32::try_from(it).ok())) {
                (Values::Integer(cells), Some(exponent)) => {
                    Ok(arithmetic::whole_power(cells, exponent))
                }
                (left, _) => arithmetic::of_two(function, left, take()),
            },
            Round | Trunc => arithmetic::rounded(function, take(), digits.unwrap_or(0)),
            Coalesce | IfNull => choose::first_present(values),
            Greatest => choose::extreme(values, true),
            Least => choose::extreme(values, false),
            NullIf => {
                let (left, right) = (take(), take());
                let equal = compare::compare(left.borrowed(), Operator::Equal, right.borrowed())
                    .map_err(|why| why.replacen("`=`", "`NULLIF`", 1))?;
                choose::choose(vec![equal], vec![Values::Nothing(self.n_rows), left])
            }
            Concat => texts::joined(values, "", "`CONCAT`"),
            ConcatWith => match &arguments[0] {
                Tree::Literal(Literal::Text(between)) => {
                    values.remove(0);
                    texts::joined(values, between, "`CONCAT_WS`")
                }
                _ => Err("what `CONCAT_WS` puts between texts must be in quotes".to_string()),
            },
            EndsWith | Left | Length | Lower | Ltrim | Position | Replace | Reverse | Right
            | Rtrim | SplitPart | StartsWith | Strpos | Substr | Trim | Upper => {
                texts::call(function, values)
            }
            // Other nodes of the tree.
            DatePart | Div | If | Mod | RegexpLike | Strftime => {
                Err(format!("`{}` is not allowed here", function.name()))
            }
        }
    }
}

/// Says when a text in quotes is compared with a time and is none.
fn can_be_time(other: Type, tree: &Tree) -> Result<(), String> {
    match tree {
        Tree::Literal(Literal::Text(text))
            if matches!(other, Type::Time | Type::Date) && parse_time(text).is_none() =>
        {
            Err(format!(
                "it compares a time with '{}', which is not a time such as '2026-11-21 07:50'",
                short(text)
            ))
        }
        _ => Ok(()),
    }
}

/// A comparison of what two trees came to.
fn compared<'a>(
    (left, first): (Values<'a>, &Tree),
    operator: Operator,
    (right, second): (Values<'a>, &Tree),
) -> Result<Values<'a>, String> {
    can_be_time(left.kind(), second)?;
    can_be_time(right.kind(), first)?;
    compare::compare(left, operator, right)
}

fn between<'a>(
    left: Values<'a>,
    operator: Operator,
    right: Values<'a>,
) -> Result<Values<'a>, String> {
    match operator {
        Operator::Plus
        | Operator::Minus
        | Operator::Times
        | Operator::Divide
        | Operator::DivideDown
        | Operator::Modulo => arithmetic::arithmetic(left, operator, right),
        Operator::And | Operator::Or | Operator::Xor => compare::logic(left, operator, right),
        Operator::Join => texts::pairs(cast::texts(left), cast::texts(right)),
        _ => compare::compare(left, operator, right),
    }
}

/// What is said of a column that is not there.
pub fn unknown<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let hint = nearest(name, known, 0.5);
    let hint = hint.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
    format!("it reads `{}`, which is not a column{hint}", short(name))
}

/// Values as a cell of a data set holds them: times and days as texts, spans of time as seconds, what is not finite as missing.
pub fn as_kind(values: Values<'_>) -> Values<'_> {
    use super::values::map;
    match values {
        Values::Nothing(n) => Values::Text(vec![None; n]),
        Values::Number(cells) => Values::Number(map(cells, |it| it.is_finite().then_some(it))),
        Values::Time(cells) => Values::Text(map(cells, |it| times::time_cell(it).map(Into::into))),
        Values::Date(cells) => Values::Text(map(cells, |it| times::day_text(it).map(Into::into))),
        values if values.kind() == Type::Span => match values.numbers() {
            Some(seconds) => Values::Number(seconds),
            None => Values::Nothing(0),
        },
        values => values,
    }
}
