//! The closed set of what an expression can be. Nothing in it reaches another row, a table, a file or the clock.

use std::collections::HashSet;

use regex::Regex;

use super::functions::Function;

/// An expression over the columns of one row.
#[derive(Debug, Clone)]
pub enum Tree {
    /// A column, by name.
    Column(String),
    /// A value that is in the expression.
    Literal(Literal),
    /// `left op right op right …` from the left, however many: a chain is no deeper than its deepest part.
    Chain(Box<Tree>, Vec<(Operator, Tree)>),
    /// `-x`.
    Negative(Box<Tree>),
    /// `NOT x`.
    Not(Box<Tree>),
    /// `x IS …`, which is never missing.
    Is(Box<Tree>, Test),
    /// `x IN (…)`.
    In(Box<Tree>, Vec<Tree>),
    /// `x BETWEEN low AND high`.
    Between(Box<[Tree; 3]>),
    /// `x LIKE …`, `x ~ …`, `REGEXP_LIKE(x, '…')`: whether a pattern is found in a text.
    Matches(Box<Tree>, Regex),
    /// The same with a pattern that a row has.
    MatchesOwn(Box<[Tree; 2]>),
    /// `CASE x WHEN … THEN … ELSE … END`: what is compared with each condition, if anything is; conditions and results; what else.
    Case(Option<Box<Tree>>, Vec<(Tree, Tree)>, Box<Tree>),
    /// `CAST(x AS …)`.
    Cast(Box<Tree>, Target),
    /// `EXTRACT(part FROM x)`.
    Extract(Part, Box<Tree>),
    /// `STRFTIME(x, format)`.
    Format(Box<Tree>, String),
    /// A function of its arguments, whose number is checked.
    Call(Function, Vec<Tree>),
}

impl Tree {
    /// The trees that it is made of.
    fn parts(&self) -> Vec<&Tree> {
        match self {
            Tree::Column(_) | Tree::Literal(_) => Vec::new(),
            Tree::Negative(inner)
            | Tree::Not(inner)
            | Tree::Is(inner, _)
            | Tree::Matches(inner, _)
            | Tree::Cast(inner, _)
            | Tree::Extract(_, inner)
            | Tree::Format(inner, _) => vec![inner],
            Tree::Chain(first, links) => {
                let links = links.iter().map(|(_, it)| it);
                std::iter::once(&**first).chain(links).collect()
            }
            Tree::In(inner, list) => std::iter::once(&**inner).chain(list).collect(),
            Tree::Between(parts) => parts.iter().collect(),
            Tree::MatchesOwn(parts) => parts.iter().collect(),
            Tree::Case(operand, branches, otherwise) => {
                let branches = branches.iter().flat_map(|(it, result)| [it, result]);
                let operand = operand.as_deref().into_iter();
                operand.chain(branches).chain([&**otherwise]).collect()
            }
            Tree::Call(_, arguments) => arguments.iter().collect(),
        }
    }

    /// The columns that it reads, each once, in the order of the expression, and how many values it computes for a row.
    pub fn facts(&self) -> (Vec<String>, usize) {
        let (mut columns, mut size) = (Vec::new(), 0);
        let mut known = HashSet::new();
        let mut left = vec![self];
        while let Some(tree) = left.pop() {
            size += 1;
            if let Tree::Column(name) = tree
                && known.insert(name)
            {
                columns.push(name.clone());
            }
            left.extend(tree.parts().into_iter().rev());
        }
        (columns, size)
    }
}

/// A value that is in the expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Nothing.
    Null,
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// `1`.
    Integer(i64),
    /// `1.5`.
    Number(f64),
    /// `'text'`.
    Text(String),
    /// `DATE '2026-11-21'`, in microseconds since 1970.
    Date(i64),
    /// `INTERVAL '1 month 2 days'`: months and microseconds.
    Interval(i32, i64),
}

/// What is between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`, always with a fraction.
    Divide,
    /// `//`, `DIV(a, b)`: rounded down.
    DivideDown,
    /// `%`, `MOD(a, b)`: of the sign of the divisor.
    Modulo,
    /// `||`
    Join,
    /// `=`
    Equal,
    /// `<>`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<=>`, `IS NOT DISTINCT FROM`: missing equals missing.
    Same,
    /// `IS DISTINCT FROM`.
    Distinct,
    /// `AND`, `&`
    And,
    /// `OR`, `|`
    Or,
    /// `XOR`
    Xor,
}

impl Operator {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Operator::Plus => "+",
            Operator::Minus => "-",
            Operator::Times => "*",
            Operator::Divide => "/",
            Operator::DivideDown => "//",
            Operator::Modulo => "%",
            Operator::Join => "||",
            Operator::Equal => "=",
            Operator::Unequal => "<>",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Same => "IS NOT DISTINCT FROM",
            Operator::Distinct => "IS DISTINCT FROM",
            Operator::And => "AND",
            Operator::Or => "OR",
            Operator::Xor => "XOR",
        }
    }
}

impl Operator {
    /// Whether it says how two values compare.
    pub fn compares(self) -> bool {
        matches!(
            self,
            Operator::Equal
                | Operator::Unequal
                | Operator::Less
                | Operator::LessOrEqual
                | Operator::Greater
                | Operator::GreaterOrEqual
                | Operator::Same
                | Operator::Distinct
        )
    }
}

/// What `IS` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// `IS NULL`, `IS UNKNOWN`
    Missing,
    /// `IS TRUE`
    True,
    /// `IS FALSE`
    False,
}

/// What a value is cast to. What does not fit is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A whole number between two bounds, both inside.
    Integer(i64, i64),
    /// A number of 64 bits.
    Number,
    /// A number rounded to 32 bits.
    Real,
    /// A truth value.
    Boolean,
    /// A text.
    Text,
    /// A day.
    Date,
    /// The time of day, as a text `hh:mm:ss`.
    TimeOfDay,
}

/// A part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Millennium,
    Century,
    Decade,
    IsoYear,
    Year,
    Quarter,
    Month,
    Week,
    DayOfYear,
    DayOfWeek,
    IsoDayOfWeek,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Epoch,
    TimeOfDay,
}

/// Parts by the names under which they are requested.
const PARTS: &[(Part, &[&str])] = &[
    (Part::Millennium, &["millennium", "millennia"]),
    (Part::Century, &["century", "centuries", "c"]),
    (Part::Decade, &["decade", "decades"]),
    (Part::IsoYear, &["isoyear"]),
    (Part::Year, &["year", "years", "y"]),
    (Part::Quarter, &["quarter", "quarters"]),
    (Part::Month, &["month", "months", "mon", "mons"]),
    (Part::Week, &["week", "weeks", "isoweek"]),
    (Part::DayOfYear, &["doy", "dayofyear"]),
    (Part::DayOfWeek, &["dow", "dayofweek"]),
    (Part::IsoDayOfWeek, &["isodow"]),
    (Part::Day, &["day", "days", "dayofmonth", "d"]),
    (Part::Hour, &["hour", "hours", "h"]),
    (Part::Minute, &["minute", "minutes", "mins", "min", "m"]),
    (Part::Second, &["second", "seconds", "sec", "secs", "s"]),
    (Part::Millisecond, &["millisecond", "milliseconds", "ms"]),
    (Part::Microsecond, &["microsecond", "microseconds", "us"]),
    (Part::Nanosecond, &["nanosecond", "nanoseconds", "ns"]),
    (Part::Epoch, &["epoch"]),
    (Part::TimeOfDay, &["time"]),
];

impl Part {
    /// The part of a name, in any case.
    pub fn named(name: &str) -> Option<Part> {
        let name = name.to_lowercase();
        let mut parts = PARTS.iter();
        let found = parts.find(|(_, names)| names.contains(&name.as_str()));
        found.map(|(part, _)| *part)
    }

    /// The first name of each.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PARTS.iter().map(|(_, names)| names[0])
    }
}
