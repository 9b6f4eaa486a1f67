//! A text to the syntax tree of `sqlparser`, within bounds and in words of our own.

use std::any::TypeId;

use sqlparser::ast::Expr;
use sqlparser::dialect::{Dialect, GenericDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::functions;
use crate::text::{nearest, short};

/// Most parentheses and `CASE`s inside each other. The parser calls itself for each.
const MOST_NESTED: usize = 40;
/// Most `POSITION`s: the parser reads what is in one twice, so one inside another four times, and so on.
const MOST_POSITIONS: usize = 8;
/// Most bytes.
const MOST_BYTES: usize = 100_000;
/// Most words, signs and values.
const MOST_TOKENS: usize = 20_000;
/// Most operators: a chain of them is a tree as deep as it is long until it is read.
const MOST_OPERATORS: usize = 2_000;

/// What may stand nowhere, quoted names and texts aside.
const REJECTED: &[(&str, &str)] = &[
    ("select", "an expression sees one row and no table"),
    ("values", "an expression sees one row and no table"),
    ("table", "an expression sees one row and no table"),
    ("with", "an expression sees one row and no table"),
    ("exists", "an expression sees one row and no table"),
    ("over", "an expression sees one row and no others"),
    (
        "timestamp",
        "a column is a time when `features.columns.<name>.encode` is `date`",
    ),
    (
        "datetime",
        "a column is a time when `features.columns.<name>.encode` is `date`",
    ),
];

/// The dialect of expressions. Words that begin one are not names, so that what follows a wrong one is not read twice at every
/// depth.
#[derive(Debug)]
struct RowSql(GenericDialect);

impl Dialect for RowSql {
    fn dialect(&self) -> TypeId {
        self.0.dialect()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        self.0.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn allow_extract_single_quotes(&self) -> bool {
        true
    }

    fn supports_extract_comma_syntax(&self) -> bool {
        true
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn is_reserved_for_identifier(&self, keyword: Keyword) -> bool {
        use Keyword::*;
        matches!(
            keyword,
            CASE | CAST
                | TRY_CAST
                | EXTRACT
                | CEIL
                | FLOOR
                | POSITION
                | SUBSTR
                | SUBSTRING
                | TRIM
                | INTERVAL
                | NOT
                | CONVERT
                | OVERLAY
        ) || self.0.is_reserved_for_identifier(keyword)
    }
}

/// The syntax tree of an expression.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(sql: &str) -> Result<Expr, String> {
    if sql.len() > MOST_BYTES {
        return Err(format!(
            "it is longer than {MOST_BYTES} characters; make derived columns of parts of it"
        ));
    }
    let dialect = RowSql(GenericDialect {});
    let tokens = Tokenizer::new(&dialect, sql)
        .tokenize_with_location()
        .map_err(|error| unfinished(&error.message))?;
    look_at(&tokens)?;
    let mut parser = Parser::new(&dialect)
        .with_recursion_limit(MOST_NESTED * 4)
        .with_tokens_with_locations(tokens.clone());
    let expression = parser.parse_expr();
    let expression = expression.map_err(|error| in_words(sql, &tokens, &error))?;
    // `AS name` is let pass: it is not a second expression.
    if let [Token::Word(word), Token::Word(_), Token::EOF] =
        [0, 1, 2].map(|at| parser.peek_nth_token(at).token)
        && word.keyword == Keyword::AS
    {
        return Ok(expression);
    }
    let next = parser.peek_token();
    match next.token {
        Token::EOF => Ok(expression),
        token => {
            let at = next.span.start.column;
            let token = short(&token.to_string());
            Err(format!("it should end before `{token}` (character {at})"))
        }
    }
}

fn unfinished(message: &str) -> String {
    match message {
        it if it.contains("Unterminated string") => "a text is never closed: a `'` is missing",
        it if it.contains("EOF before") => "a name in quotes is never closed",
        _ => "it holds a sign that means nothing in an expression",
    }
    .to_string()
}

/// Rejects what no expression needs before anything is made of it, and what is too deep for the parser.
fn look_at(tokens: &[TokenWithSpan]) -> Result<(), String> {
    let solid = |it: &&TokenWithSpan| !matches!(it.token, Token::Whitespace(_) | Token::EOF);
    let mut tokens_left = tokens.iter().filter(solid).peekable();
    if tokens_left.peek().is_none() {
        return Err("it is empty".to_string());
    }
    let is_comment = |it: &TokenWithSpan| {
        matches!(
            it.token,
            Token::Whitespace(
                Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)
            )
        )
    };
    if tokens.iter().any(is_comment) {
        return Err("it is one expression, without comments".to_string());
    }
    let (mut depth, mut n_tokens, mut n_operators, mut n_positions) = (0_usize, 0, 0, 0);
    while let Some(TokenWithSpan { token, .. }) = tokens_left.next() {
        n_tokens += 1;
        let next = tokens_left.peek().map(|it| &it.token);
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Word(word) => {
                look_at_word(word, next)?;
                match word.keyword {
                    Keyword::CASE if word.quote_style.is_none() => depth += 1,
                    Keyword::END if word.quote_style.is_none() => depth = depth.saturating_sub(1),
                    Keyword::POSITION => n_positions += 1,
                    Keyword::AND | Keyword::OR | Keyword::XOR | Keyword::NOT | Keyword::IS => {
                        n_operators += 1;
                    }
                    _ => {}
                }
            }
            Token::Number(..) | Token::SingleQuotedString(_) | Token::Comma => {}
            Token::DoubleColon => return Err("write `CAST(x AS …)` for `x::…`".to_string()),
            Token::SemiColon => {
                return Err("it is one expression, without comments".to_string());
            }
            Token::Period => {
                return Err(format!(
                    "`{token}` joins no names: there is one table, and a name with a point in it must be in double quotes"
                ));
            }
            Token::LBracket | Token::LBrace => {
                return Err(format!(
                    "`{token}` is not allowed in it: there are no lists, and a name with other characters than letters, digits and `_` must be in double quotes"
                ));
            }
            Token::Placeholder(_) | Token::Question | Token::Colon | Token::AtSign => {
                return Err(format!(
                    "`{token}` is not allowed in it: there are no placeholders"
                ));
            }
            Token::DollarQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::SingleQuotedByteStringLiteral(_)
            | Token::SingleQuotedRawStringLiteral(_) => {
                return Err("write texts as 'text', a blank before them".to_string());
            }
            _ => n_operators += 1,
        }
        if depth > MOST_NESTED {
            return Err(format!(
                "more than {MOST_NESTED} parentheses and `CASE`s are nested in each other; make a derived column of a part of it"
            ));
        }
        if n_positions > MOST_POSITIONS {
            return Err(format!(
                "it has more than {MOST_POSITIONS} `POSITION`s; write `STRPOS(text, part)`"
            ));
        }
        if n_tokens > MOST_TOKENS || n_operators > MOST_OPERATORS {
            return Err(format!(
                "it has more than {MOST_OPERATORS} operators or {MOST_TOKENS} words and signs; make derived columns of parts of it"
            ));
        }
    }
    Ok(())
}

fn look_at_word(word: &Word, next: Option<&Token>) -> Result<(), String> {
    let lower = word.value.to_lowercase();
    let opens = next == Some(&Token::LParen);
    if word.quote_style.is_none()
        && let Some((_, why)) = REJECTED.iter().find(|(rejected, _)| *rejected == lower)
    {
        return Err(format!("`{}` is not allowed in it: {why}", word.value));
    }
    let is_interval = word.keyword == Keyword::INTERVAL && word.quote_style.is_none();
    if is_interval && !matches!(next, Some(Token::SingleQuotedString(_))) {
        return Err(
            "`INTERVAL` is followed by a span of time in quotes: INTERVAL '1 day 2 hours'"
                .to_string(),
        );
    }
    if opens && (word.quote_style.is_some() || !functions::may_open(&lower)) {
        let close = nearest(&lower, functions::names(), 0.5);
        let hint = close.map_or(String::new(), |name| {
            format!("; did you mean `{}`?", name.to_uppercase())
        });
        let name = short(&word.value);
        return Err(format!("`{name}` is not a function of one row{hint}"));
    }
    Ok(())
}

/// What the parser says, without its way of saying it.
fn in_words(sql: &str, tokens: &[TokenWithSpan], error: &ParserError) -> String {
    let message = match error {
        ParserError::RecursionLimitExceeded => {
            return format!(
                "more than {MOST_NESTED} parentheses and `CASE`s are nested in each other; make a derived column of a part of it"
            );
        }
        ParserError::TokenizerError(message) => return unfinished(message),
        ParserError::ParserError(message) => message,
    };
    let parts = message.strip_prefix("Expected: ");
    let Some((expected, found)) = parts.and_then(|rest| rest.split_once(", found: ")) else {
        return "it is not an expression that can be read".to_string();
    };
    let expected = match expected {
        "an expression" | "an expression:" => "a value, a column or a function",
        other => other,
    };
    let (found, place) = found.split_once(" at Line: ").unwrap_or((found, ""));
    if found == "EOF" {
        let solid = |it: &&TokenWithSpan| !matches!(it.token, Token::Whitespace(_) | Token::EOF);
        let last = tokens.iter().rfind(solid);
        let last = last.map_or(String::new(), |last| {
            format!(" after `{}`", short(&last.token.to_string()))
        });
        return format!("it ends too early: {expected} should follow{last}");
    }
    let column = place
        .split_once("Column: ")
        .map_or("", |(_, column)| column.trim());
    let at = if sql.contains('\n') || column.is_empty() {
        String::new()
    } else {
        format!(" (character {column})")
    };
    format!(
        "`{}` is not allowed there{at}: expected {expected}",
        short(found)
    )
}
