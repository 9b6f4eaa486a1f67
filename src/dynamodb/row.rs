//! The rows of the table: what the registry says of models that were created by request.

use serde_json::{Map, Value, json};

use super::error::Error;
use crate::config::ASKED;
use crate::registry::{CreatedModel, Registry};

/// A row, or that there is none any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The model's name.
    pub model: String,
    /// Grows with every change of its settings, and with its removal.
    pub serial: i64,
    /// What there is; `None` once the model is removed.
    pub is: Option<Present>,
}

/// What there is of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Present {
    /// The request that created it.
    pub data: Map<String, Value>,
    /// Whether it has a champion.
    pub is_active: bool,
}

impl Row {
    /// `started` until there is a champion, then `active`; `removed`.
    pub fn status_name(&self) -> &'static str {
        match &self.is {
            Some(present) if present.is_active => "active",
            Some(_) => "started",
            None => "removed",
        }
    }

    /// What distinguishes it from every other state of this row. No state comes again.
    pub fn state(&self) -> String {
        format!("{}/{}/{}", self.model, self.serial, self.status_name())
    }

    /// Grows with every state: a write of a lower one never replaces that of a higher one, whichever process sends it.
    pub fn revision(&self) -> i64 {
        2 * self.serial + i64::from(self.is.as_ref().is_some_and(|it| it.is_active))
    }
}

/// The newest operation on any champion, and the newest change of any created model.
pub type Mark = (i64, i64);

/// The rows of all models that were ever created by request, with the mark of what was read; `None` where nothing has changed since a
/// mark, which two queries tell however many models there are.
///
/// # Errors
/// When the registry cannot be read.
pub async fn changed_since(
    registry: &Registry,
    last: Option<Mark>,
) -> Result<Option<(Mark, Vec<Row>)>, Error> {
    let operation = registry.newest_operation().await?;
    let mark = (operation, registry.newest_created().await?);
    if last == Some(mark) {
        return Ok(None);
    }
    let mut rows = Vec::new();
    for model in registry.created_models().await? {
        rows.push(present(registry, model).await?);
    }
    rows.extend(registry.removed_models().await?.into_iter().map(gone));
    Ok(Some((mark, rows)))
}

/// The row of a model; `None` of one that was never created by request.
///
/// # Errors
/// When the registry cannot be read.
pub async fn of(registry: &Registry, name: &str) -> Result<Option<Row>, Error> {
    let created = registry.created_models().await?.into_iter();
    if let Some(model) = created.into_iter().find(|model| model.name == name) {
        return present(registry, model).await.map(Some);
    }
    let mut removed = registry.removed_models().await?.into_iter();
    Ok(removed.find(|(model, _)| model == name).map(gone))
}

async fn present(registry: &Registry, model: CreatedModel) -> Result<Row, Error> {
    let champion = registry.champion(&model.name).await?;
    Ok(Row {
        serial: model.serial,
        is: Some(Present {
            data: request(&model.name, &model.settings),
            is_active: champion.is_some(),
        }),
        model: model.name,
    })
}

fn gone((model, serial): (String, i64)) -> Row {
    Row {
        model,
        serial,
        is: None,
    }
}

/// The request that created a model: in the words of the older service where it came in those, else the settings that were given,
/// without folders.
fn request(model: &str, settings: &Map<String, Value>) -> Map<String, Value> {
    let mut data = match settings.get(ASKED) {
        Some(Value::Object(asked)) => asked.clone(),
        _ => {
            let own = settings.iter().filter(|(key, _)| !key.ends_with("_path"));
            own.map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        }
    };
    data.insert("id".to_string(), Value::from(model));
    data
}

/// A value as DynamoDB writes it.
pub fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(flag) => json!({"BOOL": flag}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(all) => json!({"L": all.iter().map(attribute).collect::<Vec<_>>()}),
        Value::Object(all) => {
            let all = all
                .iter()
                .map(|(key, value)| (key.clone(), attribute(value)));
            json!({"M": all.collect::<Map<String, Value>>()})
        }
    }
}
