//! What rows of requests need of this room: kinds, rules, how numbers and times are written, expressions. It stands in the place
//! of `mod.rs` where the program is built without the feature `train`, and knows no frames and no files.

mod cells;
mod column_summary;
mod csv_part;
mod csv_quotes;
mod decimal;
mod derive;
mod encoding_name;
mod header_again;
mod iso_times;
mod json_keys;
mod numbers;
mod options;
mod part_column;
pub mod rules;
mod schema;
mod text_options;
mod time;
mod time_form;

pub use cells::{Parsed, parse_number, trim_text};
pub use column_summary::{ColumnSummary, DISTINCT_CAP};
pub use csv_quotes::quote_fault;
pub use decimal::{ShortDecimal, short_cell_number, short_decimal, short_json_number};
pub use derive::{Batch, Expression, Failure, Type, Values, derive_batch};
pub use encoding_name::Encoding;
pub use iso_times::{iso_day, iso_time};
pub use json_keys::{KeyTwice, key_twice, no_number_at};
pub use numbers::{CellRead, NumberForm, is_marker};
pub use options::{OnBadFile, ReadOptions};
pub use schema::{Column, Kind, Schema};
pub use text_options::{Decimal, TextOptions, Thousands};
pub use time::{has_zone, parse_time};
pub use time_form::{EpochUnit, TimeForm, TimeSettings, is_time_format};
