//! What came of a run or a stage that finished.

use serde::{Deserialize, Serialize};

use super::named::named;

named! {
    /// What came of a run, or of a stage that was called alone.
    pub enum Outcome: "an outcome" {
        /// The challenger is the champion.
        Promote = "promote",
        /// The challenger is not good enough.
        Reject = "reject",
        /// The champion's threshold was moved instead.
        Retune = "retune",
        /// No better and no worse than the champion.
        Equivalent = "equivalent",
        /// Too little evidence.
        Inconclusive = "inconclusive",
        /// It would be promoted, but the champion is pinned.
        Pinned = "pinned",
        /// A promotion was held back: rows drift, and the test rows do not show it.
        Frozen = "frozen",
        /// It would be promoted, and waits for approval.
        Waiting = "waiting",
        /// The same rows and settings reached a verdict before.
        NothingNew = "nothing_new",
        /// Only the test data changed, and the champion was scored again.
        Rescored = "rescored",
        /// Files became a data set.
        Ingested = "ingested",
        /// A data set became a version.
        Trained = "trained",
        /// A version was scored.
        Scored = "scored",
        /// The report of a version was made.
        Reported = "reported",
        /// What the folders held was taken up into the registry.
        Adopted = "adopted",
    }
}
