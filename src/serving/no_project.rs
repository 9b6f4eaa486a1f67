//! In the place of `project_source.rs` without the feature `train`: there is no project, so nothing here is ever called but what
//! is said of a store that does not answer.

use std::convert::Infallible;

use super::error::{Error, silence_of};
use super::pick_error::PickError;
use super::pointer::Pointer;
use super::served::Served;
use crate::bundle::Bundle;
use crate::model_types::{Sha256, VersionNumber};

/// A project; there is none.
pub struct ProjectSource(Infallible);

impl ProjectSource {
    /// Names of the models.
    pub fn names(&self) -> Vec<String> {
        match self.0 {}
    }

    /// What changes whenever a champion may have.
    ///
    /// # Errors
    /// Never: there is no project to call this of.
    pub async fn change_token(&self) -> Result<String, Error> {
        match self.0 {}
    }

    /// Who is the champion.
    ///
    /// # Errors
    /// Never: there is no project to call this of.
    pub async fn pointer(&self, _: &str) -> Result<Option<Pointer>, Error> {
        match self.0 {}
    }

    /// What is in a model's folders and the registry does not know.
    pub async fn lost(&self, _: &str) -> Option<String> {
        match self.0 {}
    }

    /// Checksum, null values and bundle of a version.
    ///
    /// # Errors
    /// Never: there is no project to call this of.
    pub async fn load(
        &self,
        _: &str,
        _: VersionNumber,
    ) -> Result<(Sha256, Vec<String>, Bundle), Error> {
        match self.0 {}
    }

    /// Metric and value of a version's newest score.
    pub async fn scores(&self, _: &Served) -> Vec<(String, f64)> {
        match self.0 {}
    }

    /// Loads a version that a request asks for.
    ///
    /// # Errors
    /// Never: there is no project to call this of.
    pub async fn version(&self, _: &str, _: VersionNumber) -> Result<Served, PickError> {
        match self.0 {}
    }

    /// Versions of a model that can be requested by number.
    ///
    /// # Errors
    /// Never: there is no project to call this of.
    pub async fn versions(&self, _: &str) -> Result<Vec<VersionNumber>, Error> {
        match self.0 {}
    }
}

/// What keeps a server from being ready: nothing, where there is no database.
pub fn database_trouble(_: &Error) -> Option<String> {
    None
}

/// What is said of a store that does not answer.
pub fn silence(error: &Error) -> Option<String> {
    match error {
        Error::Silent(place) => Some(silence_of(place)),
        _ => None,
    }
}

/// What a bundle needs that this build of the program leaves out.
pub fn left_out(bundle: &Bundle) -> Option<&'static str> {
    let needs_tables = bundle.related.is_some();
    needs_tables.then_some(
        "it was trained on related tables, which this build, made to serve alone, cannot put together; serve it with the full \
         program (`cargo build --release`)",
    )
}
