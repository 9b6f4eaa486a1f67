//! The calls for rows, as DynamoDB is asked.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::row::{Present, Row, attribute};
use crate::config::DynamoDb;

fn row(serial: i64, is: Option<bool>) -> Row {
    let data = json!({"id": "tc-02", "n_texts": 2000, "s3bucket": "b", "rest": [null, true, 0.5]});
    Row {
        model: "tc-02".to_string(),
        serial,
        is: is.map(|is_active| Present {
            data: data.as_object().cloned().unwrap_or_default(),
            is_active,
        }),
    }
}

#[test]
fn a_row_has_the_columns_of_the_older_service_and_a_condition() {
    let settings = DynamoDb {
        table: Some("models".to_string()),
        region: Some("eu-west-1".to_string()),
        ..DynamoDb::default()
    };
    let client = Client::open(&settings, Duration::from_secs(1)).expect("a region is set");
    let (call, body) = client.written(&row(7, Some(true)));
    assert_eq!(call, "PutItem");
    assert_eq!(
        body["Item"],
        json!({
            "key": {"S": "model"}, "sort": {"S": "tc-02"}, "status": {"S": "active"},
            "data": {"M": {
                "id": {"S": "tc-02"}, "n_texts": {"N": "2000"}, "s3bucket": {"S": "b"},
                "rest": {"L": [{"NULL": true}, {"BOOL": true}, {"N": "0.5"}]},
            }},
            "unseat_revision": {"N": "15"},
        })
    );
    let condition = "attribute_not_exists(#revision) OR #revision <= :revision";
    assert_eq!(body["ConditionExpression"], condition);
    assert_eq!(body["ExpressionAttributeValues"][":revision"]["N"], "15");
    let (call, body) = client.written(&row(8, None));
    assert_eq!(call, "DeleteItem");
    assert_eq!(
        body["Key"],
        json!({"key": {"S": "model"}, "sort": {"S": "tc-02"}})
    );
    assert_eq!(
        (body.get("Item"), &body["ConditionExpression"]),
        (None, &json!(condition))
    );
    assert_eq!(attribute(&Value::Null), json!({"NULL": true}));
}

#[test]
fn states_follow_one_another_and_none_comes_again() {
    let all = [
        row(3, Some(false)),
        row(3, Some(true)),
        row(4, Some(false)),
        row(4, Some(true)),
        row(5, None),
    ];
    assert!(
        all.windows(2)
            .all(|two| two[0].revision() < two[1].revision())
    );
    let states: std::collections::BTreeSet<String> = all.iter().map(Row::state).collect();
    assert_eq!(states.len(), all.len());
}
