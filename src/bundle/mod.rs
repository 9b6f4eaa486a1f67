//! A version's saved form: everything that predicts, as data.
//!
//! In: what training found. Out: bytes that are the same for the same data, settings and seed, and back. Loading runs no
//! code; the checksum is verified before a byte is trusted, and the golden rows before it answers. It must not know
//! version numbers, times, folders or the registry.

mod codec;
mod error;
mod flag;
mod format;
mod golden;
mod golden_rows;
mod saved;
mod scorer;

#[cfg(test)]
mod tests;

pub use codec::{decode, encode};
pub use error::Error;
pub use flag::Flag;
pub use format::FORMAT_VERSION;
pub use golden::make_golden;
pub use golden_rows::{Golden, GoldenRow};
pub use saved::{Bundle, Calibration, Entry, Folds, Origin, Provenance};
pub use scorer::{Scorer, Slot};

impl Bundle {
    /// The compiled scorer: the one thing that ever predicts with this bundle.
    pub fn scorer(&self) -> Scorer {
        Scorer::compile(self)
    }

    /// Checks that the parts fit together and that the golden rows are answered to the bit.
    ///
    /// # Errors
    /// [`Error::Unsound`] or [`Error::Golden`].
    pub fn verify(&self) -> Result<(), Error> {
        self.verify_parts()?;
        self.golden.verify(self)
    }

    /// Hash of all that decides a prediction, so that two bundles can be recognised to predict alike.
    pub fn model_hash(&self) -> String {
        let decides = (
            &self.classes,
            self.threshold,
            &self.transformer,
            &self.predictor,
        );
        // What came later is left out where there is none of it, so that older bundles keep their hash.
        let hash = match (&self.related, &self.costs) {
            (None, None) => codec::hash_of(&decides),
            (Some(plan), None) => codec::hash_of(&(decides, plan)),
            (None, Some(costs)) => codec::hash_of(&(decides, costs)),
            (Some(plan), Some(costs)) => codec::hash_of(&(decides, plan, costs)),
        };
        let hash = match self.after() {
            Some(after) => codec::hash_of(&(hash, after)),
            None => hash,
        };
        let hash = match &self.flag {
            None => hash,
            Some(flag) => codec::hash_of(&(hash, flag)),
        };
        if self.reading.is_empty() {
            hash
        } else {
            codec::hash_of(&(hash, &self.reading))
        }
    }
}
