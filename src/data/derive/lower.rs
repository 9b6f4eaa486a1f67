//! The parser's syntax tree to our own, closed one: whatever is not named here is rejected.

mod calls;
mod literals;
mod patterns;

use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastFormat, CeilFloorKind, DataType, DateTimeField, Expr,
    TrimWhereField, TypedString, UnaryOperator, Value, ValueWithSpan,
};

use self::literals::{date, literal, part, target};
use self::patterns::Patterns;

use super::depth::on_enough_stack;
use super::functions::{self, Function};
use super::times;
use super::tree::{Literal, Operator, Part, Target, Test, Tree};
use crate::text::{nearest, short};

/// Deepest tree that is made.
const DEEPEST: usize = 200;

/// Our own tree of the parser's.
///
/// # Errors
/// What cannot be in an expression, in words.
pub fn lower(expression: Expr) -> Result<Tree, String> {
    Lowering {
        depth: 0,
        patterns: Patterns::default(),
    }
    .tree(expression)
}

struct Lowering {
    depth: usize,
    patterns: Patterns,
}

impl Lowering {
    fn boxed(&mut self, expression: Box<Expr>) -> Result<Box<Tree>, String> {
        self.tree(*expression).map(Box::new)
    }

    fn trees(&mut self, expressions: Vec<Expr>) -> Result<Vec<Tree>, String> {
        expressions.into_iter().map(|it| self.tree(it)).collect()
    }

    fn tree(&mut self, expression: Expr) -> Result<Tree, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is too deep; make a derived column of a part of it".to_string());
        }
        let made = on_enough_stack(|| self.any(expression));
        self.depth -= 1;
        made
    }

    fn any(&mut self, expression: Expr) -> Result<Tree, String> {
        Ok(match expression {
            Expr::Identifier(name) => Tree::Column(name.value),
            Expr::Nested(inner) => self.tree(*inner)?,
            Expr::Value(ValueWithSpan { value, .. }) => Tree::Literal(literal(value)?),
            Expr::TypedString(TypedString {
                data_type: DataType::Date,
                value: ValueWithSpan { value, .. },
                ..
            }) => Tree::Literal(date(&value)?),
            Expr::Interval(interval) => {
                let words = short(&interval.to_string());
                let only_text = interval.leading_field.is_none() && interval.last_field.is_none();
                match (*interval.value, only_text) {
                    (
                        Expr::Value(ValueWithSpan {
                            value: Value::SingleQuotedString(text),
                            ..
                        }),
                        true,
                    ) => {
                        let (months, micros) = times::interval(&text)?;
                        Tree::Literal(Literal::Interval(months, micros))
                    }
                    _ => return Err(format!("write `{words}` as INTERVAL '1 day 2 hours'")),
                }
            }
            Expr::UnaryOp { op, expr } => self.unary(op, *expr)?,
            Expr::BinaryOp { left, op, right } => self.chain(*left, op, *right)?,
            Expr::IsDistinctFrom(left, right) => Tree::Chain(
                self.boxed(left)?,
                vec![(Operator::Distinct, self.tree(*right)?)],
            ),
            Expr::IsNotDistinctFrom(left, right) => Tree::Chain(
                self.boxed(left)?,
                vec![(Operator::Same, self.tree(*right)?)],
            ),
            Expr::IsNull(inner) | Expr::IsUnknown(inner) => {
                Tree::Is(self.boxed(inner)?, Test::Missing)
            }
            Expr::IsNotNull(inner) | Expr::IsNotUnknown(inner) => {
                not(Tree::Is(self.boxed(inner)?, Test::Missing))
            }
            Expr::IsTrue(inner) => Tree::Is(self.boxed(inner)?, Test::True),
            Expr::IsNotTrue(inner) => not(Tree::Is(self.boxed(inner)?, Test::True)),
            Expr::IsFalse(inner) => Tree::Is(self.boxed(inner)?, Test::False),
            Expr::IsNotFalse(inner) => not(Tree::Is(self.boxed(inner)?, Test::False)),
            Expr::InList {
                expr,
                list,
                negated,
            } => {
                let listed = Tree::In(self.boxed(expr)?, self.trees(list)?);
                negated_if(negated, listed)
            }
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let parts = [self.tree(*expr)?, self.tree(*low)?, self.tree(*high)?];
                negated_if(negated, Tree::Between(Box::new(parts)))
            }
            Expr::Like {
                negated,
                any: false,
                expr,
                pattern,
                escape_char,
            } => {
                let regex = self.patterns.like(*pattern, escape_char, false)?;
                negated_if(negated, Tree::Matches(self.boxed(expr)?, regex))
            }
            Expr::ILike {
                negated,
                any: false,
                expr,
                pattern,
                escape_char,
            } => {
                let regex = self.patterns.like(*pattern, escape_char, true)?;
                negated_if(negated, Tree::Matches(self.boxed(expr)?, regex))
            }
            Expr::RLike {
                negated,
                expr,
                pattern,
                ..
            } => negated_if(negated, self.regexp(*expr, *pattern, "")?),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self.case(operand, conditions, else_result)?,
            Expr::Cast {
                expr,
                data_type,
                format,
                ..
            } => self.cast(*expr, &data_type, format)?,
            Expr::Extract { field, expr, .. } => Tree::Extract(part(&field)?, self.boxed(expr)?),
            Expr::Ceil { expr, field } => self.rounded(Function::Ceil, *expr, &field)?,
            Expr::Floor { expr, field } => self.rounded(Function::Floor, *expr, &field)?,
            Expr::Position { expr, r#in } => {
                let arguments = vec![self.tree(*r#in)?, self.tree(*expr)?];
                Tree::Call(Function::Strpos, arguments)
            }
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                let mut arguments = vec![self.tree(*expr)?];
                let Some(from) = substring_from else {
                    return Err("`SUBSTR` needs a first character".to_string());
                };
                arguments.push(self.tree(*from)?);
                if let Some(length) = substring_for {
                    arguments.push(self.tree(*length)?);
                }
                Tree::Call(Function::Substr, arguments)
            }
            Expr::Trim {
                expr,
                trim_where,
                trim_what,
                trim_characters,
            } => {
                let function = match trim_where {
                    None | Some(TrimWhereField::Both) => Function::Trim,
                    Some(TrimWhereField::Leading) => Function::Ltrim,
                    Some(TrimWhereField::Trailing) => Function::Rtrim,
                };
                let mut arguments = vec![self.tree(*expr)?];
                if let Some(what) = trim_what {
                    arguments.push(self.tree(*what)?);
                }
                arguments.extend(self.trees(trim_characters.unwrap_or_default())?);
                function.check_count(arguments.len())?;
                Tree::Call(function, arguments)
            }
            Expr::Function(call) => self.call(call)?,
            Expr::Tuple(_) => return Err("`(a, b)` is not a value of one row".to_string()),
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => {
                return Err("`*` is not a column; name one".to_string());
            }
            other => {
                let words = short(&other.to_string());
                return Err(format!("`{words}` is not allowed in an expression"));
            }
        })
    }

    fn unary(&mut self, op: UnaryOperator, inner: Expr) -> Result<Tree, String> {
        let inner = self.tree(inner)?;
        Ok(match (op, inner) {
            (UnaryOperator::Not, inner) => not(inner),
            (UnaryOperator::Minus, Tree::Literal(Literal::Integer(number))) => {
                Tree::Literal(Literal::Integer(-number))
            }
            (UnaryOperator::Minus, Tree::Literal(Literal::Number(number))) => {
                Tree::Literal(Literal::Number(-number))
            }
            (UnaryOperator::Minus, inner) => Tree::Negative(Box::new(inner)),
            (UnaryOperator::Plus, inner @ Tree::Literal(_)) => inner,
            // `0 + x`: a boolean is 0 or 1.
            (UnaryOperator::Plus, inner) => Tree::Chain(
                Box::new(Tree::Literal(Literal::Integer(0))),
                vec![(Operator::Plus, inner)],
            ),
            (op, _) => return Err(format!("`{op}` is not an operator of expressions")),
        })
    }

    /// A chain from its left end, since the parser nests it as deep as it is long.
    fn chain(&mut self, left: Expr, op: BinaryOperator, right: Expr) -> Result<Tree, String> {
        let mut links = vec![(op, right)];
        let mut first = left;
        while let Expr::BinaryOp { left, op, right } = first {
            links.push((op, *right));
            first = *left;
        }
        let mut left = self.tree(first)?;
        for (op, right) in links.into_iter().rev() {
            left = self.link(left, op, right)?;
        }
        Ok(left)
    }

    fn link(&mut self, left: Tree, op: BinaryOperator, right: Expr) -> Result<Tree, String> {
        let operator = match op {
            BinaryOperator::Plus => Operator::Plus,
            BinaryOperator::Minus => Operator::Minus,
            BinaryOperator::Multiply => Operator::Times,
            BinaryOperator::Divide => Operator::Divide,
            BinaryOperator::DuckIntegerDivide => Operator::DivideDown,
            BinaryOperator::Modulo => Operator::Modulo,
            BinaryOperator::StringConcat => Operator::Join,
            BinaryOperator::Eq => Operator::Equal,
            BinaryOperator::NotEq => Operator::Unequal,
            BinaryOperator::Lt => Operator::Less,
            BinaryOperator::LtEq => Operator::LessOrEqual,
            BinaryOperator::Gt => Operator::Greater,
            BinaryOperator::GtEq => Operator::GreaterOrEqual,
            BinaryOperator::Spaceship => Operator::Same,
            BinaryOperator::And | BinaryOperator::BitwiseAnd => Operator::And,
            BinaryOperator::Or | BinaryOperator::BitwiseOr => Operator::Or,
            BinaryOperator::Xor => Operator::Xor,
            BinaryOperator::PGRegexMatch => return self.matched(left, right, "", false),
            BinaryOperator::PGRegexIMatch => return self.matched(left, right, "i", false),
            BinaryOperator::PGRegexNotMatch => return self.matched(left, right, "", true),
            BinaryOperator::PGRegexNotIMatch => return self.matched(left, right, "i", true),
            other => return Err(format!("`{other}` is not an operator of expressions")),
        };
        let right = self.tree(right)?;
        Ok(match left {
            Tree::Chain(first, mut links) => {
                links.push((operator, right));
                Tree::Chain(first, links)
            }
            first => Tree::Chain(Box::new(first), vec![(operator, right)]),
        })
    }

    fn matched(&mut self, left: Tree, right: Expr, flags: &str, not: bool) -> Result<Tree, String> {
        let Tree::Literal(Literal::Text(pattern)) = self.tree(right)? else {
            return Err("after `~` there must be a pattern in quotes".to_string());
        };
        let matches = Tree::Matches(Box::new(left), self.patterns.regex(&pattern, flags)?);
        Ok(negated_if(not, matches))
    }

    fn regexp(&mut self, text: Expr, pattern: Expr, flags: &str) -> Result<Tree, String> {
        let text = self.tree(text)?;
        Ok(match self.tree(pattern)? {
            Tree::Literal(Literal::Text(pattern)) => {
                Tree::Matches(Box::new(text), self.patterns.regex(&pattern, flags)?)
            }
            pattern => Tree::MatchesOwn(Box::new([text, pattern])),
        })
    }

    fn case(
        &mut self,
        operand: Option<Box<Expr>>,
        conditions: Vec<CaseWhen>,
        otherwise: Option<Box<Expr>>,
    ) -> Result<Tree, String> {
        let operand = operand.map(|it| self.boxed(it)).transpose()?;
        let mut branches = Vec::with_capacity(conditions.len());
        for CaseWhen { condition, result } in conditions {
            branches.push((self.tree(condition)?, self.tree(result)?));
        }
        let otherwise = match otherwise {
            Some(otherwise) => self.tree(*otherwise)?,
            None => Tree::Literal(Literal::Null),
        };
        Ok(Tree::Case(operand, branches, Box::new(otherwise)))
    }

    fn cast(
        &mut self,
        inner: Expr,
        to: &DataType,
        format: Option<CastFormat>,
    ) -> Result<Tree, String> {
        if format.is_some() {
            return Err("`CAST` takes no `FORMAT`; `STRFTIME` writes times".to_string());
        }
        Ok(Tree::Cast(Box::new(self.tree(inner)?), target(to)?))
    }

    fn rounded(
        &mut self,
        function: Function,
        inner: Expr,
        field: &CeilFloorKind,
    ) -> Result<Tree, String> {
        match field {
            CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {}
            _ => return Err(format!("`{}` takes 1 argument", function.name())),
        }
        Ok(Tree::Call(function, vec![self.tree(inner)?]))
    }
}

fn not(tree: Tree) -> Tree {
    Tree::Not(Box::new(tree))
}

fn negated_if(negated: bool, tree: Tree) -> Tree {
    if negated { not(tree) } else { tree }
}
