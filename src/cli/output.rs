//! Printing: results on stdout, talk on stderr, tables, colours where a terminal shows them.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// Prints a line of the result. A reader that has gone away ends nothing: a server serves on, a run finishes.
pub fn say(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// Stderr for the log: a line that cannot be written is lost, and cannot be reported on the same closed stderr.
#[derive(Clone, Copy)]
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}

/// Prints a value as one line of JSON.
pub fn line<T: Serialize>(value: &T) {
    match serde_json::to_string(value) {
        Ok(text) => say(&text),
        Err(error) => talk(&format!("error: failed to write JSON: {error}")),
    }
}

/// Prints a value as readable JSON.
pub fn pretty<T: Serialize>(value: &T) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => say(&text),
        Err(error) => talk(&format!("error: failed to write JSON: {error}")),
    }
}

/// Longest message.
const MOST_CHARACTERS: usize = 2000;

/// A text on one line of bearable length, in which names of files and columns cannot steer the terminal.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(MOST_CHARACTERS));
    for (at, character) in text.chars().enumerate() {
        if at == MOST_CHARACTERS {
            plain.push('…');
            break;
        }
        if character.is_control() {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// Prints a line of talk.
pub fn talk(text: &str) {
    // That stderr is closed cannot be reported.
    let _ = writeln!(io::stderr(), "{text}");
}

fn has_colour(is_terminal: bool) -> bool {
    is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Red on a terminal.
pub fn red(text: &str) -> String {
    paint(text, "31;1", io::stderr().is_terminal())
}

/// Yellow on a terminal.
pub fn yellow(text: &str) -> String {
    paint(text, "33", io::stderr().is_terminal())
}

/// Bold on a terminal.
pub fn bold(text: &str) -> String {
    paint(text, "1", io::stdout().is_terminal())
}

/// Green on a terminal.
pub fn green(text: &str) -> String {
    paint(text, "32;1", io::stdout().is_terminal())
}

fn paint(text: &str, code: &str, is_terminal: bool) -> String {
    if has_colour(is_terminal) {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_string()
    }
}

/// A table with aligned columns; the first row is the header.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut written = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(written, "{cell:<width$}  ");
        }
        text.push_str(written.trim_end());
        text.push('\n');
    }
    text.trim_end().to_string()
}

/// A number with its thousands apart.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_threes() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }

    #[test]
    fn names_cannot_steer_the_terminal_or_fill_it() {
        assert_eq!(plain("a\n\u{1b}[31mb ü"), "a\\n\\u{1b}[31mb ü");
        assert_eq!(
            plain(&"x".repeat(9999)).chars().count(),
            MOST_CHARACTERS + 1
        );
    }

    #[test]
    fn columns_are_aligned_and_lines_have_no_tail() {
        let rows = vec![
            vec!["a".to_string(), "b".to_string()],
            vec!["long".to_string(), "x".to_string()],
        ];
        assert_eq!(table(&rows), "a     b\nlong  x");
    }
}
