//! Labels that come after the answers: taken in, and what they say of the answers. The rules are in the room `live`.

mod feedback;
mod given;
mod quality;
mod scores;
mod summed;
mod weeks;

pub use feedback::{Given, Item, LabelsReport, give};
pub use given::read_labels;
pub use quality::{Estimate, LiveAnswer, LiveWindow, live};
pub use scores::ScoreBin;
pub use summed::{keep_summary, kept_summary};
pub use weeks::LiveWeek;
