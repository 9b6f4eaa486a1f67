//! Names of models, which become names of folders and files.

/// A model's name as it can be in the name of a file of the prediction log, between other parts.
pub fn plain_name(model: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let plain = model.chars().map(|c| if is_plain(c) { c } else { '-' });
    plain.take(100).collect()
}

/// Whether a text can be a model's name, which becomes a folder name.
pub fn is_name(text: &str) -> bool {
    text.chars()
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric())
        && text.len() <= 64
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}
