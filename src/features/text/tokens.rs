//! Texts cut into n-grams. Each is handed over as a text that lives until the next one.

use super::GramKind;

/// Hands every n-gram of a text to `each`, as often as it stands in it. `low..=high` parts.
pub fn each_gram(text: &str, of: GramKind, [low, high]: [u8; 2], each: &mut impl FnMut(&str)) {
    let text = text.to_lowercase();
    let range = (usize::from(low), usize::from(high));
    match of {
        GramKind::Words => each_of_words(&text, range, each),
        GramKind::Characters => each_of_characters(&text, range, each),
    }
}

/// Runs of letters, digits and underscores, as `\b\w\w+\b` finds them; joined by one blank.
fn each_of_words(text: &str, (low, high): (usize, usize), each: &mut impl FnMut(&str)) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<&str> = text
        .split(|c: char| !is_part(c))
        .filter(|word| word.chars().nth(1).is_some())
        .collect();
    let mut joined = String::new();
    for n in low..=high {
        for gram in words.windows(n) {
            if let [word] = gram {
                each(word);
                continue;
            }
            joined.clear();
            for (at, word) in gram.iter().enumerate() {
                if at > 0 {
                    joined.push(' ');
                }
                joined.push_str(word);
            }
            each(&joined);
        }
    }
}

/// Stretches of a word with a blank on each side; a word that is shorter than n counts once, whole.
fn each_of_characters(text: &str, (low, high): (usize, usize), each: &mut impl FnMut(&str)) {
    let mut padded = String::new();
    let mut starts: Vec<usize> = Vec::new();
    for word in text.split_whitespace() {
        padded.clear();
        padded.push(' ');
        padded.push_str(word);
        padded.push(' ');
        starts.clear();
        starts.extend(padded.char_indices().map(|(at, _)| at));
        starts.push(padded.len());
        let length = starts.len() - 1;
        for n in low..=high {
            if n >= length {
                each(&padded);
                break;
            }
            for from in 0..=length - n {
                each(&padded[starts[from]..starts[from + n]]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(text: &str, of: GramKind, range: [u8; 2]) -> Vec<String> {
        let mut found = Vec::new();
        each_gram(text, of, range, &mut |gram| found.push(gram.to_string()));
        found
    }

    #[test]
    fn words_have_two_characters_or_more() {
        let text = "A Big-Dog isn't über_5 x \u{1F3AF} 42";
        assert_eq!(
            grams(text, GramKind::Words, [1, 1]),
            ["big", "dog", "isn", "über_5", "42"]
        );
        assert_eq!(
            grams("one two  three", GramKind::Words, [2, 3]),
            ["one two", "two three", "one two three"]
        );
        assert_eq!(grams("one", GramKind::Words, [2, 2]), [""; 0]);
    }

    #[test]
    fn characters_stay_inside_their_word() {
        assert_eq!(
            grams("Ab c", GramKind::Characters, [2, 3]),
            [" a", "ab", "b ", " ab", "ab ", " c", "c ", " c "]
        );
        // A word that is too short counts once, and for no longer n.
        assert_eq!(grams("é", GramKind::Characters, [4, 5]), [" é "]);
        assert_eq!(grams(" ", GramKind::Characters, [1, 2]), [""; 0]);
    }
}
