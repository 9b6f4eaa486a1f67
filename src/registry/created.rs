//! Models that were created by request: what `config.json` would say of each.

use serde_json::{Map, Value};

use super::db::{Held, Row, Tx, query};
use super::error::Doing;
use super::{Error, Registry};

/// A model that was created by request.
#[derive(Debug, Clone, PartialEq)]
pub struct CreatedModel {
    /// Its name.
    pub name: String,
    /// Its own settings, in the form of an entry of `models`.
    pub settings: Map<String, Value>,
    /// Who created or changed it last.
    pub actor: String,
    /// When that was.
    pub at_ms: i64,
    /// When it was created; distinguishes it from an earlier one of the name. Ignored when one is added.
    pub created_ms: i64,
    /// Grows with every change of any of them; what is given when one is added does not count.
    pub serial: i64,
}

/// Adds a model inside a transaction, or gives one that is there other settings. The answer is whether it did: a model that
/// is there stays as it is unless it is to be replaced, and the name of one that was removed is taken again only when it is
/// freed, by [`super::free_name`].
///
/// # Errors
/// When a statement fails.
pub async fn add_model(
    connection: &mut Tx,
    model: &CreatedModel,
    replaces: bool,
) -> Result<bool, Error> {
    connection.hold(Held::CreatedModels).await?;
    let settings = Value::Object(model.settings.clone()).to_string();
    let done = query(
        "INSERT INTO created_models (name, settings, actor, created_ms, changed_ms, serial)
         VALUES (?, ?, ?, ?, ?, (SELECT COALESCE(MAX(serial), 0) + 1 FROM created_models))
         ON CONFLICT (name) DO UPDATE SET settings = excluded.settings, actor = excluded.actor,
             changed_ms = excluded.changed_ms, serial = excluded.serial
         WHERE created_models.removed_ms IS NULL AND ?",
    )
    .bind(&model.name)
    .bind(settings)
    .bind(&model.actor)
    .bind(model.at_ms)
    .bind(model.at_ms)
    .bind(replaces)
    .execute(connection)
    .await
    .doing("add the model")?;
    Ok(done.rows_affected() == 1)
}

impl Registry {
    /// Every model that was created by request and is there, by name.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn created_models(&self) -> Result<Vec<CreatedModel>, Error> {
        let rows = query("SELECT * FROM created_models WHERE removed_ms IS NULL ORDER BY name")
            .fetch_all(&self.pool())
            .await
            .doing("list created models")?;
        let read = |row: &Row| {
            let settings: String = row.get("settings");
            let settings = serde_json::from_str(&settings).map_err(|source| Error::Record {
                what: "settings of a created model",
                source,
            })?;
            Ok(CreatedModel {
                name: row.get("name"),
                settings,
                actor: row.get("actor"),
                at_ms: row.get("changed_ms"),
                created_ms: row.get("created_ms"),
                serial: row.get("serial"),
            })
        };
        rows.iter().map(read).collect()
    }

    /// A number that grows whenever one is created, changed or removed.
    ///
    /// # Errors
    /// When the database cannot be read, or holds what this program does not know.
    pub async fn newest_created(&self) -> Result<i64, Error> {
        let row = query("SELECT COALESCE(MAX(serial), 0) AS newest FROM created_models")
            .fetch_one(&self.pool())
            .await
            .doing("find the newest created model")?;
        Ok(row.get("newest"))
    }
}
