//! Cells of one column and one type, and what the types have in common.

use std::borrow::Cow;
use std::ops::Range;

use crate::data::parse_time;

/// The cells of a column, all of one type; a missing one is `None`. Times and days are microseconds since 1970 UTC, spans of
/// time microseconds.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum Values<'a> {
    /// Nothing but missing cells, so many of them.
    Nothing(usize),
    Boolean(Vec<Option<bool>>),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Text(Vec<Option<Cow<'a, str>>>),
    Time(Vec<Option<i64>>),
    Date(Vec<Option<i64>>),
    Span(Vec<Option<i64>>),
}

/// What [`Values`] hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum Type {
    Nothing,
    Boolean,
    Integer,
    Number,
    Text,
    Time,
    Date,
    Span,
}

impl Type {
    /// In words, for messages.
    pub fn words(self) -> &'static str {
        match self {
            Type::Nothing => "nothing (`NULL`)",
            Type::Boolean => "a boolean",
            Type::Integer => "a whole number",
            Type::Number => "a number",
            Type::Text => "a text",
            Type::Time => "a time",
            Type::Date => "a date",
            Type::Span => "a span of time",
        }
    }

    /// Whether it counts as a number: numbers, whole ones, and booleans as 0 and 1.
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::Boolean | Type::Integer | Type::Number)
    }

    /// The common type of both, if there is one. Spans of time among numbers are seconds.
    pub fn common(self, other: Type) -> Option<Type> {
        Some(match (self, other) {
            (one, other) if one == other => one,
            (Type::Nothing, it) | (it, Type::Nothing) => it,
            (Type::Text, _) | (_, Type::Text) => Type::Text,
            (Type::Time | Type::Date, Type::Time | Type::Date) => Type::Time,
            (Type::Time | Type::Date, _) | (_, Type::Time | Type::Date) => return None,
            (Type::Number | Type::Span, _) | (_, Type::Number | Type::Span) => Type::Number,
            _ => Type::Integer,
        })
    }
}

/// Each present cell through a function.
pub fn map<A, B>(cells: Vec<Option<A>>, f: impl Fn(A) -> Option<B>) -> Vec<Option<B>> {
    cells.into_iter().map(|cell| f(cell?)).collect()
}

/// Pairs of cells through a function, missing where one is.
pub fn zip<A, B, C>(
    left: Vec<Option<A>>,
    right: Vec<Option<B>>,
    f: impl Fn(A, B) -> Option<C>,
) -> Vec<Option<C>> {
    let pairs = left.into_iter().zip(right);
    pairs.map(|(left, right)| f(left?, right?)).collect()
}

impl<'a> Values<'a> {
    /// What they are.
    pub fn kind(&self) -> Type {
        match self {
            Values::Nothing(_) => Type::Nothing,
            Values::Boolean(_) => Type::Boolean,
            Values::Integer(_) => Type::Integer,
            Values::Number(_) => Type::Number,
            Values::Text(_) => Type::Text,
            Values::Time(_) => Type::Time,
            Values::Date(_) => Type::Date,
            Values::Span(_) => Type::Span,
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Values::Nothing(n) => *n,
            Values::Boolean(cells) => cells.len(),
            Values::Number(cells) => cells.len(),
            Values::Text(cells) => cells.len(),
            Values::Integer(cells)
            | Values::Time(cells)
            | Values::Date(cells)
            | Values::Span(cells) => cells.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same cells, their texts borrowed.
    pub fn borrowed(&self) -> Values<'_> {
        self.rows(0..self.len())
    }

    /// The cells of some rows, their texts borrowed.
    pub fn rows(&self, rows: Range<usize>) -> Values<'_> {
        match self {
            Values::Nothing(_) => Values::Nothing(rows.len()),
            Values::Boolean(cells) => Values::Boolean(cells[rows].to_vec()),
            Values::Integer(cells) => Values::Integer(cells[rows].to_vec()),
            Values::Number(cells) => Values::Number(cells[rows].to_vec()),
            Values::Text(cells) => Values::Text(
                cells[rows]
                    .iter()
                    .map(|cell| cell.as_deref().map(Cow::Borrowed))
                    .collect(),
            ),
            Values::Time(cells) => Values::Time(cells[rows].to_vec()),
            Values::Date(cells) => Values::Date(cells[rows].to_vec()),
            Values::Span(cells) => Values::Span(cells[rows].to_vec()),
        }
    }

    /// Adds the cells of later rows; what is of another type there counts as missing.
    pub fn append(&mut self, later: Values<'a>) {
        let n = later.len();
        macro_rules! joined {
            ($($variant:ident),+) => {
                match (self, later) {
                    (Values::Nothing(own), _) => *own += n,
                    $((Values::$variant(own), Values::$variant(mut cells)) => own.append(&mut cells),)+
                    $((Values::$variant(own), _) => own.resize(own.len() + n, None),)+
                }
            };
        }
        joined!(Boolean, Integer, Number, Text, Time, Date, Span);
    }

    /// The same cells, their texts their own.
    pub fn owned(self) -> Values<'static> {
        match self {
            Values::Nothing(n) => Values::Nothing(n),
            Values::Boolean(cells) => Values::Boolean(cells),
            Values::Integer(cells) => Values::Integer(cells),
            Values::Number(cells) => Values::Number(cells),
            Values::Text(cells) => Values::Text(map(cells, |it| Some(Cow::Owned(it.into_owned())))),
            Values::Time(cells) => Values::Time(cells),
            Values::Date(cells) => Values::Date(cells),
            Values::Span(cells) => Values::Span(cells),
        }
    }

    /// As times, however a data set holds them: texts as `parse_time` reads them, numbers as seconds since 1970; what is none is
    /// missing.
    pub fn as_times(&self) -> Values<'static> {
        let from_seconds = |seconds: f64| {
            let micros = (seconds * 1e6).round();
            (micros.abs() < 9.2e18).then_some(micros as i64)
        };
        Values::Time(match self {
            Values::Text(cells) => cells.iter().map(|it| parse_time(it.as_deref()?)).collect(),
            Values::Integer(cells) => {
                let micros = |seconds: i64| seconds.checked_mul(1_000_000);
                cells.iter().map(|it| micros((*it)?)).collect()
            }
            Values::Number(cells) => cells.iter().map(|it| from_seconds((*it)?)).collect(),
            Values::Time(cells) => cells.clone(),
            other => vec![None; other.len()],
        })
    }

    /// Which cells are missing.
    pub fn missing(&self) -> Vec<bool> {
        fn of<T>(cells: &[Option<T>]) -> Vec<bool> {
            cells.iter().map(Option::is_none).collect()
        }
        match self {
            Values::Nothing(n) => vec![true; *n],
            Values::Boolean(cells) => of(cells),
            Values::Number(cells) => of(cells),
            Values::Text(cells) => of(cells),
            Values::Integer(cells)
            | Values::Time(cells)
            | Values::Date(cells)
            | Values::Span(cells) => of(cells),
        }
    }

    /// As numbers; `None` where the type is none. Spans of time are seconds.
    pub fn numbers(self) -> Option<Vec<Option<f64>>> {
        Some(match self {
            Values::Nothing(n) => vec![None; n],
            Values::Boolean(cells) => map(cells, |flag| Some(f64::from(flag))),
            Values::Integer(cells) => map(cells, |number| Some(number as f64)),
            Values::Number(cells) => cells,
            Values::Span(cells) => map(cells, |micros| Some(micros as f64 / 1e6)),
            _ => return None,
        })
    }

    /// As whole numbers; `None` where the type is not one of them.
    pub fn integers(self) -> Option<Vec<Option<i64>>> {
        Some(match self {
            Values::Nothing(n) => vec![None; n],
            Values::Boolean(cells) => map(cells, |flag| Some(i64::from(flag))),
            Values::Integer(cells) => cells,
            _ => return None,
        })
    }

    /// As truth values; `None` where the type is another.
    pub fn booleans(self) -> Option<Vec<Option<bool>>> {
        match self {
            Values::Nothing(n) => Some(vec![None; n]),
            Values::Boolean(cells) => Some(cells),
            _ => None,
        }
    }

    /// As texts; `None` where the type is another.
    pub fn texts(self) -> Option<Vec<Option<Cow<'a, str>>>> {
        match self {
            Values::Nothing(n) => Some(vec![None; n]),
            Values::Text(cells) => Some(cells),
            _ => None,
        }
    }

    /// As times, a day as its midnight; `None` where the type is another.
    pub fn times(self) -> Option<Vec<Option<i64>>> {
        match self {
            Values::Nothing(n) => Some(vec![None; n]),
            Values::Time(cells) | Values::Date(cells) => Some(cells),
            _ => None,
        }
    }
}
