//! From raw columns to a served model: times, derived targets, seasons, texts.

mod flights;
mod texts;
