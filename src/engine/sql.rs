//! Names, texts and numbers as the SQL of Spark has them.

/// A column's name.
pub fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A folder or file of Parquet as a relation.
pub fn parquet(path: &str) -> String {
    format!("parquet.{}", name(path))
}

/// A text.
pub fn text(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('\'');
    for it in text.chars() {
        match it {
            '\\' => written.push_str("\\\\"),
            '\'' => written.push_str("\\'"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            it => written.push(it),
        }
    }
    written.push('\'');
    written
}

/// A finite number as a double, bit for bit: the shortest digits that read back as it.
pub fn number(number: f64) -> String {
    let written = format!("{:e}", number.abs());
    if number.is_sign_negative() {
        format!("(-{written})")
    } else {
        written
    }
}

/// What stands for blanks around a cell, as [`crate::data::trim_text`] takes them off.
const BLANKS: &str = "[\\\\s\\\\x{00A0}\\\\x{0085}\\\\x{1680}\\\\x{2000}-\\\\x{200D}\\\\x{2028}\\\\x{2029}\\\\x{202F}\\\\x{205F}\\\\x{2060}\\\\x{3000}\\\\x{FEFF}]+";

/// A text without blanks around it.
pub fn trimmed(expression: &str) -> String {
    format!("regexp_replace({expression}, '^{BLANKS}|{BLANKS}$', '')")
}

/// `CASE WHEN condition THEN 1 ELSE 0 END`, summed over rows.
pub fn count_where(condition: &str) -> String {
    format!("sum(CASE WHEN {condition} THEN 1 ELSE 0 END)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_cannot_end_themselves() {
        assert_eq!(name("a`b"), "`a``b`");
        assert_eq!(text("it's \\ \"x\"\n"), r#"'it\'s \\ "x"\n'"#);
    }

    #[test]
    fn numbers_read_back_as_they_are() {
        for value in [0.0, 1.0, -2.5, 0.1, 1e-300, -1.7976931348623157e308, 5e-324] {
            let written = number(value);
            let plain = written.trim_start_matches('(').trim_end_matches(')');
            let back: f64 = plain.parse().expect("a number");
            assert_eq!(back.to_bits(), value.to_bits(), "{written}");
        }
    }
}
