//! Patterns, compiled within bounds: a few characters such as `a{1000}{1000}` else take seconds and gigabytes.

use regex::{Error, Regex, RegexBuilder};
use sqlparser::ast::{Expr, Value, ValueWithSpan};

use crate::text::short;

/// Most bytes of one compiled pattern.
const MOST_OF_ONE: usize = 1 << 20;
/// Most bytes of all compiled patterns of an expression, each taken as [`LEAST`] times a power of two.
const MOST_OF_ALL: usize = 8 << 20;
/// What the smallest pattern counts as, in bytes.
const LEAST: usize = 1 << 12;
/// Most characters of all regular expressions of an expression: each may stand for a large class of characters.
const MOST_CHARACTERS: usize = 10_000;
/// Most groups inside each other.
const MOST_NESTED: u32 = 50;

/// What the patterns of an expression may still take.
#[derive(Debug)]
pub(super) struct Patterns {
    bytes: usize,
    characters: usize,
}

impl Default for Patterns {
    fn default() -> Self {
        Patterns {
            bytes: MOST_OF_ALL,
            characters: MOST_CHARACTERS,
        }
    }
}

impl Patterns {
    /// The pattern of a `LIKE`: `%` is any text, `_` any character.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub(super) fn like(
        &mut self,
        pattern: Expr,
        escape: Option<ValueWithSpan>,
        fold: bool,
    ) -> Result<Regex, String> {
        let Expr::Value(ValueWithSpan {
            value: Value::SingleQuotedString(pattern),
            ..
        }) = pattern
        else {
            return Err("the pattern of `LIKE` must be in quotes".to_string());
        };
        let escape = match escape.map(|it| it.value) {
            None => None,
            Some(Value::SingleQuotedString(text)) if text.chars().count() == 1 => {
                text.chars().next()
            }
            Some(_) => return Err("`ESCAPE` is followed by one character in quotes".to_string()),
        };
        let mut expression = "^".to_string();
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            match character {
                it if Some(it) == escape => {
                    let next = characters.next();
                    let next = next.ok_or("a `LIKE` cannot end in its escape character")?;
                    expression.push_str(&regex::escape(next.encode_utf8(&mut [0; 4])));
                }
                '%' => expression.push_str(".*"),
                '_' => expression.push('.'),
                it => expression.push_str(&regex::escape(it.encode_utf8(&mut [0; 4]))),
            }
        }
        expression.push('$');
        let mut builder = RegexBuilder::new(&expression);
        builder.dot_matches_new_line(true).case_insensitive(fold);
        self.compiled(&mut builder, "the pattern of `LIKE`")
    }

    /// A regular expression.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub(super) fn regex(&mut self, pattern: &str, flags: &str) -> Result<Regex, String> {
        let characters = pattern.chars().count();
        self.characters = self.characters.checked_sub(characters).ok_or_else(|| {
            format!(
                "its regular expressions have more than {MOST_CHARACTERS} characters; make derived columns of parts of it"
            )
        })?;
        let whole = match flags {
            "" => pattern.to_string(),
            flags => format!("(?{flags}){pattern}"),
        };
        let name = format!("`{}`", short(pattern));
        self.compiled(&mut RegexBuilder::new(&whole), &name)
    }

    /// Compiles with room for twice as much as before until it is enough, so that a pattern counts as what it takes.
    fn compiled(&mut self, builder: &mut RegexBuilder, name: &str) -> Result<Regex, String> {
        builder.nest_limit(MOST_NESTED);
        let mut size = LEAST;
        while size <= self.bytes {
            match builder.size_limit(size).build() {
                Ok(regex) => {
                    self.bytes -= size;
                    return Ok(regex);
                }
                Err(Error::CompiledTooBig(_)) if size >= MOST_OF_ONE => {
                    return Err(format!(
                        "{name} is too large a pattern: its repeats stand for more than can be looked for"
                    ));
                }
                Err(Error::CompiledTooBig(_)) => size *= 2,
                Err(_) => return Err(format!("{name} is not a regular expression")),
            }
        }
        Err("its patterns together are too large; make derived columns of parts of it".to_string())
    }
}
