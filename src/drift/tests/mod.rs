//! The statistics against scipy, the verdicts on made-up and on real data.

mod cases;
mod golden;
mod made;
mod mistakes;
mod properties;
mod real;
