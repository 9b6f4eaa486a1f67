//! Calls of functions.

use sqlparser::ast::{Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::literals::part_named;
use super::{Function, Literal, Lowering, Operator, Tree, functions, times};

impl Lowering {
    /// A call, once its name and the number of its arguments are known to be right.
    pub(super) fn call(&mut self, call: Call) -> Result<Tree, String> {
        let name = call.name.to_string();
        let plain = call.over.is_none()
            && call.filter.is_none()
            && call.within_group.is_empty()
            && call.null_treatment.is_none()
            && matches!(call.parameters, FunctionArguments::None);
        let known = functions::named(&name).filter(|_| plain);
        let Some(function) = known else {
            return Err(format!("`{name}` is not a function of one row"));
        };
        let FunctionArguments::List(list) = call.args else {
            return Err(format!("`{name}` needs its arguments in parentheses"));
        };
        if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
            return Err(format!("`{name}` takes plain arguments only"));
        }
        let mut arguments = Vec::with_capacity(list.args.len());
        for argument in list.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument else {
                return Err(format!("`{name}` takes plain arguments only"));
            };
            arguments.push(argument);
        }
        function.check_count(arguments.len())?;
        self.function(function, arguments)
    }

    /// What other nodes stand for is those; the rest are calls.
    fn function(&mut self, function: Function, arguments: Vec<Expr>) -> Result<Tree, String> {
        let mut arguments = self.trees(arguments)?;
        let mut take = || arguments.remove(0);
        Ok(match function {
            Function::Div | Function::Mod => {
                let operator = match function {
                    Function::Div => Operator::DivideDown,
                    _ => Operator::Modulo,
                };
                let left = take();
                Tree::Chain(Box::new(left), vec![(operator, take())])
            }
            Function::If => {
                let (condition, then) = (take(), take());
                Tree::Case(None, vec![(condition, then)], Box::new(take()))
            }
            Function::IfNull => Tree::Call(Function::Coalesce, arguments),
            Function::DatePart => {
                let asked = take();
                let Tree::Literal(Literal::Text(name)) = asked else {
                    return Err("the part of `DATE_PART` must be in quotes".to_string());
                };
                Tree::Extract(part_named(&name)?, Box::new(take()))
            }
            Function::Strftime => {
                let time = take();
                let Tree::Literal(Literal::Text(format)) = take() else {
                    return Err("the format of `STRFTIME` must be in quotes".to_string());
                };
                times::check_format(&format)?;
                Tree::Format(Box::new(time), format)
            }
            Function::RegexpLike => {
                let (text, pattern) = (take(), take());
                match (pattern, arguments.pop()) {
                    (Tree::Literal(Literal::Text(pattern)), None) => {
                        Tree::Matches(Box::new(text), self.patterns.regex(&pattern, "")?)
                    }
                    (
                        Tree::Literal(Literal::Text(pattern)),
                        Some(Tree::Literal(Literal::Text(flags))),
                    ) if !flags.is_empty() => {
                        Tree::Matches(Box::new(text), self.patterns.regex(&pattern, &flags)?)
                    }
                    (pattern, None) => Tree::MatchesOwn(Box::new([text, pattern])),
                    _ => {
                        return Err(
                            "pattern and flags of `REGEXP_LIKE` must be in quotes".to_string()
                        );
                    }
                }
            }
            Function::ConcatWith if !matches!(arguments[0], Tree::Literal(Literal::Text(_))) => {
                return Err("what `CONCAT_WS` puts between texts must be in quotes".to_string());
            }
            Function::Round | Function::Trunc if arguments.len() == 2 => match arguments[1] {
                Tree::Literal(Literal::Integer(digits)) if digits >= 0 => {
                    Tree::Call(function, arguments)
                }
                _ => {
                    return Err(format!(
                        "the digits of `{}` are a whole number, 0 or more",
                        function.name()
                    ));
                }
            },
            Function::Substr
                if matches!(arguments.get(2), Some(Tree::Literal(Literal::Integer(..0)))) =>
            {
                return Err("the length of `SUBSTR` is 0 or more".to_string());
            }
            function => Tree::Call(function, arguments),
        })
    }
}
