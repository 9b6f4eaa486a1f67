//! Bad input, checked against `docs/bad-input.md`: every row of its tables is a test here that drives the real program, and
//! every test here has a row there. `UNSEAT_BLESS=1 cargo test bad_input` writes what the program says into the tables.

/// Defines the cases of one table: each gets a test, and its name with `-` for `_` is its row in the document. The body
/// makes the input bad and returns what the program said; `None` is a case that cannot be made on this machine.
macro_rules! cases {
    ($($(#[$attribute:meta])* $name:ident($project:ident) $body:block)*) => {
        /// The names of the cases in this file.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            $(#[$attribute])*
            fn $name() {
                if !crate::bad_input::check::check(stringify!($name), |$project| $body) {
                    println!("left out, since this machine does not let a test make it");
                }
            }
        )*
    };
}

mod ahead;
mod book;
mod cells;
mod check;
mod config;
mod config_files;
mod files;
mod folders;
mod import;
mod names;
mod predict;
mod project;
mod serve;
mod splits;
mod stored;
mod target;
mod test_data;
mod usage;

use std::collections::BTreeSet;

#[test]
fn the_document_and_the_tests_have_the_same_cases() {
    let tested: BTreeSet<String> = [
        folders::NAMES,
        files::NAMES,
        cells::NAMES,
        names::NAMES,
        target::NAMES,
        splits::NAMES,
        test_data::NAMES,
        predict::NAMES,
        stored::NAMES,
        config::NAMES,
        usage::NAMES,
        ahead::NAMES,
        serve::NAMES,
        import::NAMES,
    ]
    .concat()
    .iter()
    .map(|name| book::id_of(name))
    .collect();
    let written: BTreeSet<String> = book::rows().into_iter().map(|row| row.id).collect();
    assert_eq!(tested, written, "left: tests, right: docs/bad-input.md");
}
