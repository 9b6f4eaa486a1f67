//! Small texts that many rooms write: counts, hexadecimal, suggestions, markup. It knows nothing of the house.

/// `1 row`, `2 rows`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Bytes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Most characters of a user's text in a message, and of a word that is compared with names.
const MOST_TOLD: usize = 100;

/// A text as messages tell it: its beginning, where it is long.
pub fn short(text: &str) -> String {
    match text.char_indices().nth(MOST_TOLD) {
        None => text.to_string(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The known name that is closest to a word, by the normalised Damerau-Levenshtein similarity (0 nothing alike, 1 equal; case
/// does not count), if any is at least as similar as that; of equals the last.
pub fn nearest<'a>(
    word: &str,
    known: impl Iterator<Item = &'a str>,
    at_least: f64,
) -> Option<&'a str> {
    // The comparison takes time for each pair of characters.
    let is_short = |name: &&str| name.len() <= 2 * MOST_TOLD;
    if !is_short(&word) {
        return None;
    }
    let word = word.to_lowercase();
    known
        .filter(is_short)
        .map(|name| {
            let likeness = strsim::normalized_damerau_levenshtein(&word, &name.to_lowercase());
            (likeness, name)
        })
        .filter(|(likeness, _)| *likeness >= at_least)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

/// What lies behind an error, outermost first, without what the one before has said already.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let mut causes = Vec::new();
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.ends_with(&text) {
            causes.push(text.clone());
            said = text;
        }
        next = cause.source();
    }
    causes
}

/// A text as a part of a path or a query: every byte but letters, digits and `-._~` becomes `%XX` (RFC 3986, section 2.3).
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(0, "row"), "0 rows");
        assert_eq!(counted(20, "file"), "20 files");
    }

    #[test]
    fn bytes_are_two_digits_each() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
        assert_eq!(hex(&[]), "");
    }

    #[test]
    fn a_typo_finds_its_name_and_another_word_none() {
        let known = || ["target", "metric"].into_iter();
        assert_eq!(nearest("Tagret", known(), 0.5), Some("target"));
        assert_eq!(nearest("zzz", known(), 0.5), None);
    }
}
