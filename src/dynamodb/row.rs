//! The rows of the table: what the registry says of models that were created by request.

use serde_json::{Map, Value, json};

use super::error::Error;
use crate::config::ASKED;
use crate::registry::Registry;

/// A row, or that there is none any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The model's name.
    pub model: String,
    /// Grows with every change of what was asked for, and with the removal.
    pub serial: i64,
    /// What there is; `None` once the model is removed.
    pub is: Option<Present>,
}

/// What there is of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Present {
    /// What was asked for.
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

    /// Grows with every state: a write of a lower one never replaces that of a higher one, whoever sends it.
    pub fn revision(&self) -> i64 {
        2 * self.serial + i64::from(self.is.as_ref().is_some_and(|it| it.is_active))
    }
}

/// The rows of all models that were ever created by request.
pub async fn all(registry: &Registry) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for model in registry.created_models().await? {
        let champion = registry.champion(&model.name).await?;
        rows.push(Row {
            serial: model.serial,
            is: Some(Present {
                data: asked(&model.name, &model.settings),
                is_active: champion.is_some(),
            }),
            model: model.name,
        });
    }
    let removed = registry.removed_models().await?.into_iter();
    rows.extend(removed.map(|(model, serial)| Row {
        model,
        serial,
        is: None,
    }));
    Ok(rows)
}

/// What was asked for: the words of the older service where it was asked in those, else the settings that were given, without
/// folders.
fn asked(model: &str, settings: &Map<String, Value>) -> Map<String, Value> {
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
