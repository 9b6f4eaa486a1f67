//! The calls that are made: JSON over HTTP, each signed.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::error::Error;
use super::row::{Row, attribute};
use crate::artifacts::aws::Service;
use crate::config::DynamoDb;

/// Most bytes of an answer that are read.
const MOST_ANSWER: u64 = 1 << 20;
/// Most characters of an error message that are kept.
const MOST_WORDS: usize = 300;
/// The attribute by which a late write of an earlier state is told from that of a later one.
const REVISION: &str = "unseat_revision";
/// What DynamoDB calls a condition that does not hold.
const NOT_SO: &str = "ConditionalCheckFailedException";

/// A table, and how long a call to it may take.
pub struct Client {
    service: Service,
    table: String,
    timeout: Duration,
}

impl Client {
    /// For the table of the settings.
    ///
    /// # Errors
    /// When no region is known.
    pub fn open(settings: &DynamoDb, timeout: Duration) -> Result<Client, Error> {
        let endpoint = settings.endpoint_url.as_deref();
        Ok(Client {
            service: Service::find("dynamodb", settings.region.as_deref(), endpoint)?,
            table: settings.table.clone().unwrap_or_default(),
            timeout,
        })
    }

    /// Asks whether the table is there.
    ///
    /// # Errors
    /// When it is not, or does not answer.
    pub async fn describe(&self) -> Result<(), Error> {
        let asked = json!({"TableName": self.table});
        self.call("DescribeTable", &asked).await.map(drop)
    }

    /// Puts a row in its place, or takes it out. Where the table has a later state already, that stays.
    ///
    /// # Errors
    /// When the table does not take it.
    pub async fn write(&self, row: &Row) -> Result<(), Error> {
        let (call, body) = self.written(row);
        match self.call(call, &body).await {
            Err(Error::Answer { code, .. }) if code.starts_with(NOT_SO) => Ok(()),
            done => done.map(drop),
        }
    }

    /// The call for a row, and its body.
    pub(super) fn written(&self, row: &Row) -> (&'static str, Value) {
        let mut key = Map::new();
        key.insert("key".to_string(), json!({"S": "model"}));
        key.insert("sort".to_string(), json!({"S": row.model}));
        let revision = json!({"N": row.revision().to_string()});
        let mut body = json!({
            "TableName": self.table,
            // A row without a revision is one of before, or of another program.
            "ConditionExpression": "attribute_not_exists(#revision) OR #revision <= :revision",
            "ExpressionAttributeNames": {"#revision": REVISION},
            "ExpressionAttributeValues": {":revision": revision},
        });
        let Some(present) = &row.is else {
            body["Key"] = Value::Object(key);
            return ("DeleteItem", body);
        };
        let mut item = key;
        let data = Value::Object(present.data.clone());
        item.insert("data".to_string(), attribute(&data));
        item.insert("status".to_string(), json!({"S": row.status_name()}));
        item.insert(REVISION.to_string(), revision);
        body["Item"] = Value::Object(item);
        ("PutItem", body)
    }

    async fn call(&self, call: &'static str, body: &Value) -> Result<Value, Error> {
        let body = body.to_string();
        let target = format!("DynamoDB_20120810.{call}");
        let own = [
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", target.as_str()),
        ];
        let headers = self.service.signed(&own, &body).await?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(self.timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("unseat/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let mut request = agent.post(&self.service.url);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let failed = |error: ureq::Error| Error::Unreachable {
            call,
            why: match error {
                ureq::Error::Timeout(_) => "it did not answer in time".to_string(),
                other => other.to_string(),
            },
        };
        let mut answer = request.send(body).map_err(failed)?;
        let status = answer.status();
        let body = answer.body_mut().with_config().limit(MOST_ANSWER);
        let body = body.read_to_string().map_err(failed)?;
        let value: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(value);
        }
        let code = value["__type"].as_str().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default();
        let words = value["message"].as_str().or(value["Message"].as_str());
        let words: String = words
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(MOST_WORDS)
            .collect();
        Err(Error::Answer {
            call,
            status: status.as_u16(),
            code: format!("{code} {words}").trim().to_string(),
        })
    }
}
