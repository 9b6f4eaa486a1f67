//! Functions of texts. Characters are counted, not bytes, the first is 1.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use super::cast;
use super::functions::Function;
use super::values::{Values, map, zip};

type Texts<'a> = Vec<Option<Cow<'a, str>>>;

/// The texts of an argument.
///
/// # Errors
/// When it is something else.
pub fn of<'a>(values: Values<'a>, what: &str) -> Result<Texts<'a>, String> {
    let kind = values.kind();
    values.texts().ok_or_else(|| {
        format!(
            "{what} needs a text, not {}; CAST(x AS VARCHAR) makes one",
            kind.words()
        )
    })
}

fn whole<'a>(values: Values<'a>, what: &str) -> Result<Vec<Option<i64>>, String> {
    let kind = values.kind();
    values
        .integers()
        .ok_or_else(|| format!("{what} needs a whole number, not {}", kind.words()))
}

/// Whether a pattern is found in each text.
///
/// # Errors
/// When they are not texts.
pub fn matches(values: Values<'_>, pattern: &Regex) -> Result<Values<'static>, String> {
    let texts = of(values, "a pattern")?;
    Ok(Values::Boolean(map(texts, |it| {
        Some(pattern.is_match(&it))
    })))
}

/// The same with a pattern for each text; one that is not a regular expression is missing.
///
/// # Errors
/// When they are not texts.
pub fn matches_own<'a>(
    values: Values<'a>,
    patterns: Values<'a>,
) -> Result<Values<'static>, String> {
    let texts = of(values, "a pattern")?;
    let patterns = of(patterns, "a pattern")?;
    // Rows one after the other often have the same one.
    let mut last: Option<(Cow<'a, str>, Option<Regex>)> = None;
    let mut is_found = |text: Cow<'a, str>, pattern: Cow<'a, str>| {
        if last.as_ref().is_none_or(|(known, _)| *known != pattern) {
            let regex = small_regex(&pattern);
            last = Some((pattern, regex));
        }
        let (_, regex) = last.as_ref()?;
        Some(regex.as_ref()?.is_match(&text))
    };
    let rows = texts.into_iter().zip(patterns);
    let rows = rows.map(|(text, pattern)| is_found(text?, pattern?));
    Ok(Values::Boolean(rows.collect()))
}

/// A pattern that a row has: it may come with a request, so it is bounded more closely than one of an expression.
fn small_regex(pattern: &str) -> Option<Regex> {
    const MOST_CHARACTERS: usize = 200;
    const MOST_BYTES: usize = 1 << 18;
    if pattern.chars().count() > MOST_CHARACTERS {
        return None;
    }
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(MOST_BYTES).nest_limit(20).build().ok()
}

/// A function of texts and whole numbers.
///
/// # Errors
/// When an argument is of another type.
pub fn call<'a>(function: Function, arguments: Vec<Values<'a>>) -> Result<Values<'a>, String> {
    let name = format!("`{}`", function.name());
    let mut arguments = arguments.into_iter();
    let mut next = || arguments.next().unwrap_or(Values::Nothing(0));
    let first = of(next(), &name)?;
    let text = |f: fn(&str) -> String| move |it: Cow<'a, str>| Some(Cow::Owned(f(&it)));
    Ok(match function {
        Function::Length => {
            Values::Integer(map(first, |it| i64::try_from(it.chars().count()).ok()))
        }
        Function::Upper => Values::Text(map(first, text(str::to_uppercase))),
        Function::Lower => Values::Text(map(first, text(str::to_lowercase))),
        Function::Reverse => Values::Text(map(first, text(|it| it.chars().rev().collect()))),
        Function::StartsWith => {
            let second = of(next(), &name)?;
            Values::Boolean(zip(first, second, |it, with| Some(it.starts_with(&*with))))
        }
        Function::EndsWith => {
            let second = of(next(), &name)?;
            Values::Boolean(zip(first, second, |it, with| Some(it.ends_with(&*with))))
        }
        Function::Strpos | Function::Position => {
            let second = of(next(), &name)?;
            let rows = first.into_iter().zip(second);
            let found = |(it, what): (Option<Cow<'a, str>>, Option<Cow<'a, str>>)| {
                let (it, what) = (it?, what?);
                let bytes = it.find(&*what)?;
                i64::try_from(it[..bytes].chars().count() + 1).ok()
            };
            // Nothing is found in what is missing.
            Values::Integer(rows.map(|row| Some(found(row).unwrap_or(0))).collect())
        }
        Function::Replace => {
            let (from, to) = (of(next(), &name)?, of(next(), &name)?);
            let pairs = zip(from, to, |from, to| Some((from, to)));
            let mut room = Room::of(first.len(), &name);
            let mut made = Vec::with_capacity(first.len());
            for (it, pair) in first.into_iter().zip(pairs) {
                made.push(match (it, pair) {
                    (Some(it), Some((from, to))) => {
                        let times = if to.len() > from.len() {
                            it.matches(&*from).count()
                        } else {
                            0
                        };
                        room.take(it.len(), times.saturating_mul(to.len()))?;
                        Some(it.replace(&*from, &to).into())
                    }
                    _ => None,
                });
            }
            Values::Text(made)
        }
        Function::Left | Function::Right => {
            let counts = whole(next(), &name)?;
            let is_left = function == Function::Left;
            Values::Text(zip(first, counts, |it, n| Some(end_of(it, n, is_left))))
        }
        Function::Substr => {
            let from = whole(next(), &name)?;
            match arguments.next() {
                None => Values::Text(zip(first, from, |it, from| Some(part(it, from, i64::MAX)))),
                Some(length) => {
                    let length = whole(length, &name)?;
                    let spans = zip(from, length, |from, length| Some((from, length)));
                    Values::Text(zip(first, spans, |it, (from, length)| {
                        (length >= 0).then(|| part(it, from, length))
                    }))
                }
            }
        }
        Function::SplitPart => {
            let (by, at) = (of(next(), &name)?, whole(next(), &name)?);
            let rows = first.into_iter().zip(by.into_iter().zip(at));
            let split = |(it, (by, at)): (Option<Cow<'a, str>>, _)| {
                let it = it?;
                Some(piece(&it, by, at).unwrap_or_default().into())
            };
            Values::Text(rows.map(split).collect())
        }
        Function::Trim | Function::Ltrim | Function::Rtrim => {
            let what = arguments.next().map(|it| of(it, &name)).transpose()?;
            let what = what.unwrap_or_else(|| vec![None; first.len()]);
            let rows = first.into_iter().zip(what);
            let trim = |(it, what): (Option<Cow<'a, str>>, Option<Cow<'a, str>>)| {
                Some(trimmed(it?, what, function))
            };
            Values::Text(rows.map(trim).collect())
        }
        _ => return Err(format!("{name} is not a function of texts")),
    })
}

/// Room for the texts that an operator or function makes longer than they came: a few nested ones else fill the memory.
struct Room<'n> {
    left: usize,
    name: &'n str,
}

/// Most bytes of one text that is made.
const MOST_OF_ONE: usize = 1 << 20;
/// Most bytes of the texts that are made at once, and as many more for each row.
const MOST_OF_ALL: usize = 64 << 20;
const MORE_PER_ROW: usize = 1 << 10;

impl<'n> Room<'n> {
    /// Room for the texts of this many rows.
    fn of(n_rows: usize, name: &'n str) -> Self {
        let left = MOST_OF_ALL.saturating_add(n_rows.saturating_mul(MORE_PER_ROW));
        Room { left, name }
    }

    /// Takes room for this many bytes more of a text.
    ///
    /// # Errors
    /// When there is not so much.
    fn take(&mut self, so_far: usize, more: usize) -> Result<(), String> {
        let left = self.left.checked_sub(more);
        let left = left.filter(|_| so_far.saturating_add(more) <= MOST_OF_ONE);
        self.left = left.ok_or_else(|| {
            format!(
                "{} makes texts that are too long: beyond 1 MiB in a row or 64 MiB together",
                self.name
            )
        })?;
        Ok(())
    }
}

/// `left || right`, missing where one is.
///
/// # Errors
/// When the texts become too long.
pub fn pairs<'a>(left: Texts<'a>, right: Texts<'a>) -> Result<Values<'a>, String> {
    let mut room = Room::of(left.len(), "`||`");
    let mut made = Vec::with_capacity(left.len());
    for pair in left.into_iter().zip(right) {
        made.push(match pair {
            (Some(left), Some(right)) => {
                room.take(0, left.len() + right.len())?;
                Some(Cow::Owned(format!("{left}{right}")))
            }
            _ => None,
        });
    }
    Ok(Values::Text(made))
}

/// Texts one after the other, something between them; missing ones are passed over.
///
/// # Errors
/// When the texts become too long.
pub fn joined(
    values: Vec<Values<'_>>,
    between: &str,
    name: &str,
) -> Result<Values<'static>, String> {
    let n_rows = values.first().map_or(0, Values::len);
    let mut made: Vec<Option<String>> = vec![None; n_rows];
    let mut room = Room::of(n_rows, name);
    for values in values {
        for (made, text) in made.iter_mut().zip(cast::texts(values)) {
            let Some(text) = text else { continue };
            let so_far = made.as_ref().map_or(0, String::len);
            room.take(so_far, text.len() + between.len())?;
            match made {
                None => *made = Some(text.into_owned()),
                Some(made) => {
                    made.push_str(between);
                    made.push_str(&text);
                }
            }
        }
    }
    let whole = |it: Option<String>| Some(Cow::Owned(it.unwrap_or_default()));
    Ok(Values::Text(made.into_iter().map(whole).collect()))
}

/// The first n characters or the last; of fewer than none, all but so many from the other end.
fn end_of(text: Cow<'_, str>, n: i64, is_left: bool) -> Cow<'_, str> {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let kept = if n >= 0 {
        n.min(length)
    } else {
        length.saturating_add(n).max(0)
    };
    if is_left {
        part(text, 1, kept)
    } else {
        part(text, length - kept + 1, kept)
    }
}

/// So many characters from one on; those before the first count, too.
fn part(text: Cow<'_, str>, from: i64, length: i64) -> Cow<'_, str> {
    let end = from.saturating_add(length).max(1);
    let (skipped, end) = (from.max(1) - 1, end - 1);
    let byte_of = |n: i64| {
        let n = usize::try_from(n).unwrap_or(usize::MAX);
        text.char_indices().nth(n).map_or(text.len(), |(at, _)| at)
    };
    let (start, end) = (byte_of(skipped), byte_of(end.max(skipped)));
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
        Cow::Owned(text) => Cow::Owned(text[start..end].to_string()),
    }
}

/// The piece at a place, counted from 1, or from the end when it is below 0.
fn piece(text: &str, by: Option<Cow<'_, str>>, at: Option<i64>) -> Option<String> {
    let (by, at) = (by?, at?);
    let n = usize::try_from(at.unsigned_abs()).ok()?.checked_sub(1)?;
    match (by.is_empty(), at > 0) {
        (true, true) => text.chars().nth(n).map(String::from),
        (true, false) => text.chars().rev().nth(n).map(String::from),
        (false, true) => text.split(&*by).nth(n).map(String::from),
        // From the front, since pieces that overlap are found otherwise from the back.
        (false, false) => {
            let n_pieces = text.split(&*by).count();
            let at = n_pieces.checked_sub(n + 1)?;
            text.split(&*by).nth(at).map(String::from)
        }
    }
}

/// Without the characters of `what` at its ends, without blanks where there is none.
fn trimmed<'a>(text: Cow<'a, str>, what: Option<Cow<'_, str>>, function: Function) -> Cow<'a, str> {
    let is_out = |it: char| match &what {
        None => it.is_whitespace(),
        Some(what) => what.contains(it),
    };
    let cut = |text: &'_ str| -> (usize, usize) {
        let start = match function {
            Function::Rtrim => 0,
            _ => text.len() - text.trim_start_matches(is_out).len(),
        };
        let end = match function {
            Function::Ltrim => text.len(),
            _ => text.trim_end_matches(is_out).len(),
        };
        (start, end.max(start))
    };
    let (start, end) = cut(&text);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..end]),
        Cow::Owned(text) => Cow::Owned(text[start..end].to_string()),
    }
}
