//! The checks against other implementations, on data with one thing wrong, and on nasty data.

mod found;
mod golden;
mod identifiers;
mod sentinels;
mod spelling;
mod target;
mod test_rows;
