//! The table of an older service, kept up to date with the models that are created by request: by a double that checks signatures
//! and conditions, and by moto where Python has it.

mod table;

use std::process::Command;

use serde_json::{Value, json};

use self::table::Table;
use crate::serve::Server;
use crate::stores::know_store;
use crate::stores::theirs::Moto;
use crate::support::Project;

const MODEL: &str = "tc-02";

fn project(url: &str) -> Project {
    let project = Project::promoted().with_real_clock();
    know_store(&project, url);
    project.set("dynamodb", json!({"table": "albert_text_cat"}));
    project
}

/// A model of texts, created as its clients do; returns when its training has ended.
fn create(server: &Server, more: &str) {
    let texts = [
        ("SAVING", "put money aside for the rainy day"),
        ("DEBT", "I owe the bank a loan and interest"),
    ];
    let row = |at: usize| {
        let (label, text) = texts[at % texts.len()];
        json!({"text": format!("{text} {more} {at}"), "label": label})
    };
    let rows: Vec<Value> = (0..160).map(row).collect();
    let asked = json!({"id": MODEL, "data": rows, "target": "label", "force_update": "True"});
    let begun = server.post("/models", &asked).expect(202).json();
    let task = begun["task_id"].as_str().expect("a task");
    server.until(&format!("/jobs/{task}"), |answer| {
        answer.json()["ended"].is_string()
    });
}

/// Waits until the row is as wanted.
fn until(server: &Server, table: &Table, is: impl Fn(Option<&Value>) -> bool) {
    server.until("/livez", |_| is(table.row(MODEL).as_ref()));
}

fn status(row: Option<&Value>) -> &str {
    row.and_then(|row| row["status"]["S"].as_str())
        .unwrap_or("")
}

#[test]
fn a_created_model_has_a_row_until_it_is_removed() {
    let table = Table::start();
    let project = project(&table.url);
    let told = project.json(&["notify", "test"]);
    assert_eq!(told[0]["sent"], true, "{told:#} {:?}", table.wrong());
    // A row of before, without a revision, is replaced.
    let before = json!({"key": {"S": "model"}, "sort": {"S": MODEL}, "status": {"S": "started"}});
    table.put(MODEL, before);

    let server = Server::of(&project, &[]);
    create(&server, "now");
    until(&server, &table, |row| status(row) == "active");
    let row = table.row(MODEL).expect("a row");
    assert_eq!(
        (&row["key"], &row["sort"]),
        (&json!({"S": "model"}), &json!({"S": MODEL}))
    );
    let data = &row["data"]["M"];
    assert_eq!(data["id"], json!({"S": MODEL}), "{row:#}");
    assert_eq!(data["target"], json!({"S": "label"}), "{row:#}");
    assert!(!row.to_string().contains("models_data"), "{row:#}");
    let revision = |row: &Value| {
        let number = row["unseat_revision"]["N"].as_str().expect("a number");
        number.parse::<i64>().expect("a number")
    };

    // What is later there stays, whoever else writes.
    let mut later = row.clone();
    later["unseat_revision"] = json!({"N": (revision(&row) + 100).to_string()});
    later["status"] = json!({"S": "by another"});
    table.put(MODEL, later.clone());
    let calls = table.calls().len();
    create(&server, "later");
    server.until("/livez", |_| table.calls().len() > calls);
    assert_eq!(table.row(MODEL), Some(later));
    table.put(MODEL, row);

    server
        .send("DELETE", &format!("/models/{MODEL}?force=true"), &[], b"")
        .expect(200);
    until(&server, &table, |row| row.is_none());
    assert_eq!(table.wrong(), [] as [String; 0]);
    assert!(table.calls().contains(&"DeleteItem".to_string()));
    server.stop(rustix::process::Signal::TERM);
}

#[test]
fn a_dead_table_delays_nothing_and_is_seen_in_the_outbox() {
    let table = Table::start();
    let project = project(&table.url);
    table.set_dead(true);
    let server = Server::of(&project, &[]);
    create(&server, "now");
    server.until(&format!("/models/{MODEL}"), |answer| {
        answer.json()["status"] == "active"
    });
    let waits = || {
        let listed = project.json(&["notify", "list", "--state", "waiting"]);
        let listed = listed.as_array().expect("a list").clone();
        let found = listed.into_iter().find(|it| it["channel"] == "dynamodb");
        found.and_then(|it| it["error"].as_str().map(str::to_string))
    };
    server.until("/livez", |_| waits().is_some());
    let why = waits().expect("waits");
    assert!(why.contains("500 InternalServerError"), "{why}");
    server.until(&format!("/diagnostics?model={MODEL}"), |answer| {
        let problems = answer.json()["problems"].to_string();
        problems.contains("the channel `dynamodb` has not taken")
    });
    server.stop(rustix::process::Signal::TERM);
    let wrong = project.unseat(&["config", "check", "--set", "dynamodb.table=x y"]);
    let is_said = wrong
        .shown()
        .contains("dynamodb.table: is no name of a table");
    assert!(wrong.code() == 2 && is_said, "{wrong}");
}

/// Makes the table, or prints its rows.
const THEIRS: &str = r#"
import boto3, json, sys
url, what = sys.argv[1:]
dynamodb = boto3.client("dynamodb", endpoint_url=url, region_name="eu-central-1",
                        aws_access_key_id="key", aws_secret_access_key="secret")
if what == "make":
    dynamodb.create_table(
        TableName="albert_text_cat", BillingMode="PAY_PER_REQUEST",
        KeySchema=[dict(AttributeName="key", KeyType="HASH"), dict(AttributeName="sort", KeyType="RANGE")],
        AttributeDefinitions=[dict(AttributeName=name, AttributeType="S") for name in ("key", "sort")])
print(json.dumps(dynamodb.scan(TableName="albert_text_cat")["Items"]))
"#;

#[test]
fn a_table_that_others_wrote_has_the_row_and_loses_it() {
    let Some(moto) = Moto::start() else {
        return;
    };
    let rows = |what: &str| -> Value {
        let done = Command::new(&moto.python)
            .args(["-W", "ignore", "-c", THEIRS, &moto.url, what])
            .output()
            .expect("Python starts");
        serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr)))
    };
    assert_eq!(rows("make"), json!([]));
    let project = project(&moto.url);
    let server = Server::of(&project, &[]);
    create(&server, "now");
    server.until("/livez", |_| {
        let rows = rows("rows");
        rows[0]["sort"]["S"] == MODEL && rows[0]["status"]["S"] == "active"
    });
    server
        .send("DELETE", &format!("/models/{MODEL}?force=true"), &[], b"")
        .expect(200);
    server.until("/livez", |_| rows("rows") == json!([]));
    server.stop(rustix::process::Signal::TERM);
}
