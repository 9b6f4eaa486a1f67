//! Whether what is stored is still what was stored: bundles against checksum and golden rows, data sets against their rows' hash.

use serde::Serialize;

use crate::data::{self, Schema};
use crate::pipeline::{self, Env, Error};
use crate::registry::{DatasetRow, VersionState};
use crate::text::causes;

/// A stored thing and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The model.
    pub model: String,
    /// `version` or `data set`.
    pub kind: &'static str,
    /// Number of the version, or file of the data set.
    pub name: String,
    /// Whether it is sound.
    pub ok: bool,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// Every whole version and every data set of a model, oldest first.
///
/// # Errors
/// When the registry cannot be reached; what is damaged is no error.
pub async fn verify(env: &Env) -> Result<Vec<Verified>, Error> {
    let (model, registry) = (&env.config.name, &env.registry);
    let mut all = Vec::new();
    let mut say = |kind: &'static str, name: String, problem: Option<String>| {
        all.push(Verified {
            model: model.clone(),
            kind,
            name,
            ok: problem.is_none(),
            problem,
        });
    };
    for row in registry.versions(model).await?.iter().rev() {
        if row.state == VersionState::Ready {
            let loaded = pipeline::load_bundle(env, row.number).await;
            let problem = loaded.err().map(|error| told(&error));
            say("version", row.number.to_string(), problem);
        }
    }
    for (row, _) in registry
        .newest_datasets(model, i64::MAX)
        .await?
        .iter()
        .rev()
    {
        say("data set", row.name.clone(), of_data_set(env, row).await);
    }
    Ok(all)
}

/// What is wrong with a data set: its file is gone or unreadable, or its rows are others.
async fn of_data_set(env: &Env, row: &DatasetRow) -> Option<String> {
    let options = pipeline::read_options(&env.config, false);
    match env.datasets.exists(&row.name).await {
        Ok(true) => {}
        Ok(false) => return Some("its file is gone".to_string()),
        Err(error) => return Some(told(&error)),
    }
    let file = match env.datasets.local_copy(&row.name).await {
        Ok(file) => file,
        Err(error) => return Some(told(&error)),
    };
    let hashed = data::read_file(&file, &options).and_then(|frame| {
        let schema = Schema::of(&frame);
        let names = schema.names();
        Ok((frame.height(), data::row_hashes(&frame, &names)?))
    });
    match hashed {
        Err(error) => Some(told(&error)),
        Ok((rows, _)) if rows as i64 != row.n_rows => Some(format!(
            "it has {rows} rows, and {} were recorded",
            row.n_rows
        )),
        Ok((_, hashes)) if data::fingerprint(&hashes) != row.rows_hash => {
            Some("its rows are not those that were recorded".to_string())
        }
        Ok(_) => None,
    }
}

fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts = vec![error.to_string()];
    parts.extend(causes(error));
    parts.join(": ")
}
