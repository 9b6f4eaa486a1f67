//! What bundles take along of this room: the plan of related tables. It stands in the place of `mod.rs` where the program is built
//! without the feature `train`; such a bundle is not served there.

mod related_plan;

pub use related_plan::{RelatedPlan, TablePlan};
