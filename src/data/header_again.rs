//! Records of a CSV file that are its header once more.

use super::cells::trim_text;

/// Whether a record is the header once more: in quotes or not, in any case, with blanks around its names.
pub(super) fn is_header_again<'c>(
    names: &[String],
    mut cells: impl Iterator<Item = &'c str>,
) -> bool {
    let mut names = names.iter().enumerate();
    // One name alone may well be a value, too.
    names.len() > 1
        && names.all(|(index, name)| {
            cells
                .next()
                .is_some_and(|cell| is_name_again(cell, name, index))
        })
        && cells.next().is_none()
}

/// Whether a cell is the name of the column at this place, counted from 0.
pub(super) fn is_name_again(cell: &str, name: &str, index: usize) -> bool {
    let cell = trim_text(cell);
    if cell.is_empty() {
        return *name == unnamed(index);
    }
    cell.eq_ignore_ascii_case(name)
        || !cell.is_ascii() && cell.to_lowercase() == name.to_lowercase()
}

/// What a column without a name is called.
pub(super) fn unnamed(index: usize) -> String {
    format!("column_{}", index + 1)
}
