//! Several tables, from files to a deployed model and to the answer of a request.

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::{MODEL, Project};

/// The referral sample with a class to predict: how a client lives, which is in a joined table.
fn referrals() -> Project {
    let project = Project::empty();
    project.ok(&[
        "init",
        ".",
        "--sample",
        "referrals",
        "--rows",
        "160",
        "--seed",
        "3",
    ]);
    for (key, value) in [
        ("name", json!(MODEL)),
        ("task", Value::Null),
        ("learner", json!({"kind": "logistic"})),
        ("related.future", Value::Null),
        ("target", json!("client.addresstype")),
        ("score", json!({"replicates": 100})),
    ] {
        project.set(key, value);
    }
    project
}

fn tables(project: &Project) -> Value {
    project.read_json("testdata/tables.json")
}

#[test]
fn tables_become_a_model_that_answers_tables() {
    let project = referrals();
    let run = project.json(&["run"]);
    assert_eq!(run["verdict"], "promote", "{run}");
    // Nobody is on both sides of the split, and what names a record is not learned from.
    let config = project.json(&["config", "show"]);
    let model = &config["models"][0];
    assert_eq!(model["keys"], json!(["clientid"]), "{config}");
    assert_eq!(model["drop"], json!(["referralinstanceid"]));
    assert_eq!(model["time_column"], "referraltakendate");
    let again = project.json(&["run"]);
    assert_eq!(again["outcome"], "nothing_new", "{again}");

    let tables = tables(&project);
    let server = Server::of(&project, &[]);
    let answer = server.post(
        "/prediction",
        &json!({"tables": tables, "probabilities": true}),
    );
    let answer = answer.expect(200).json();
    let predictions = answer["predictions"].as_array().expect("predictions");
    let referrals = tables["referral"].as_array().expect("referrals");
    // The same from the command line, of a file that holds the tables and of their folder.
    let told = project.ok(&["predict", "testdata/tables.json", "--json"]);
    let rows: Vec<Value> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a record"))
        .collect();
    assert_eq!(rows.len(), predictions.len(), "{told}");
    for (row, answered) in rows.iter().zip(predictions) {
        assert_eq!(row["prediction"], answered["prediction"]);
        let id = &row["referralinstanceid"];
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_string);
        assert_eq!(Some(id.as_str()), answered["id"].as_str());
    }
    let folder = project.ok(&["predict", "testdata", "--json"]);
    assert_eq!(folder.stdout, told.stdout);
    project.write("flat.csv", "referralinstanceid\n1\n");
    let flat = project.unseat(&["predict", "flat.csv"]);
    assert_eq!(flat.code(), 1, "{flat}");
    assert!(
        flat.stderr
            .contains("hint: this model reads related tables: give a folder"),
        "{flat}"
    );
    assert_eq!(predictions.len(), referrals.len());
    for (prediction, referral) in predictions.iter().zip(referrals) {
        assert_eq!(prediction["id"], referral["referralinstanceid"].to_string());
    }
    // What is served is what was scored.
    let scored = unseat::data::read_parquet(&project.version_file(1, "predictions.parquet"));
    let scored = scored.expect("the predictions of the test rows");
    let scored = scored.column("challenger_prediction").expect("a column");
    let scored = scored.str().expect("texts").iter();
    let served = predictions.iter().map(|it| it["prediction"].as_str());
    assert!(scored.eq(served));

    // One client alone, without the column that is to be predicted.
    let client = &referrals[referrals.len() / 2]["clientid"];
    let mut alone = tables.clone();
    for (name, records) in alone.as_object_mut().expect("tables") {
        let records = records.as_array_mut().expect("records");
        records.retain(|record| name == "referralissue" || record["clientid"] == *client);
        for record in records {
            record
                .as_object_mut()
                .expect("a record")
                .remove("addresstype");
        }
    }
    let body = json!({"tables": alone, "probabilities": true});
    let own = server.post("/prediction", &body).expect(200).json();
    let own = own["predictions"].as_array().expect("predictions").clone();
    assert!(!own.is_empty());
    assert!(
        own.iter()
            .all(|prediction| predictions.contains(prediction))
    );

    let scores = server.post("/score", &alone).expect(200).json();
    assert_eq!(scores["model_name"], "attrition_1");
    for prediction in &own {
        let id = prediction["id"].as_str().expect("an id");
        assert_eq!(scores["scores"][id], prediction["probability"]);
    }
    assert_eq!(
        scores["scores"].as_object().map(serde_json::Map::len),
        Some(own.len())
    );
    rejections(&server, &alone);
}

fn rejections(server: &Server, tables: &Value) {
    let mut without = tables.clone();
    without
        .as_object_mut()
        .expect("tables")
        .remove("clientbenefit");
    let missing = "cannot find the table `clientbenefit` (`related`): an empty one is fine where there are no records, none is not";
    let told = server.post("/score", &without).expect(400).json();
    assert_eq!(told, json!({"message": missing}));
    let told = server.post("/prediction", &json!({"tables": without}));
    let told = told.expect(422).json();
    assert_eq!(told["error"]["message"], missing);

    let both = json!({"tables": tables, "rows": []});
    let told = server.post("/prediction", &both).expect(400).json();
    let why = "the body has both `rows` and `tables`; send one";
    assert_eq!(told["error"]["message"], why);
    let told = server
        .post("/score", &json!({"referral": 1}))
        .expect(400)
        .json();
    let why = "the tables cannot be read, line 1: it is not an object of table name to list of objects, each table once";
    assert_eq!(told, json!({"message": why}));
    let nested = json!({"referral": [{"clientid": {"a": "secret"}}]});
    let told = server.post("/score", &nested).expect(400).json();
    let why = "the tables cannot be read, line 1, column `clientid`: a nested value in a record of referral";
    assert_eq!(told, json!({"message": why}));
}

#[test]
fn a_champion_of_other_columns_is_scored_on_the_same_rows() {
    let project = referrals();
    project.ok(&["run"]);
    // Fewer categories, none of the history.
    let issues = "related.tables.referralissue";
    project.set(&format!("{issues}.max_categories"), 3);
    project.set("related.history", Value::Null);
    let run = project.json(&["run"]);
    let score = project.version_file(2, "score.json");
    let score = std::fs::read_to_string(score).expect("a score");
    let score: Value = serde_json::from_str(&score).expect("JSON");
    let first = project.version_file(1, "score.json");
    let first = std::fs::read_to_string(first).expect("a score");
    let first: Value = serde_json::from_str(&first).expect("JSON");
    assert_eq!(score["rows"], first["rows"], "{run}");
    assert_eq!(
        score["champion"]["scores"], first["challenger"]["scores"],
        "the champion's columns are its own"
    );
}

#[test]
fn rows_of_somebody_who_was_learned_from_count_as_leaked() {
    let project = referrals();
    project.ok(&["run"]);
    let mut tables = tables(&project);
    for table in ["referral", "client", "clientbenefit"] {
        for record in tables[table].as_array_mut().expect("records") {
            let client = record["clientid"].as_i64().expect("an id");
            record["clientid"] = json!(client - 100);
        }
    }
    project.write("testdata/tables.json", &tables.to_string());
    project.ok(&["run", "--force"]);
    let score = std::fs::read_to_string(project.version_file(2, "score.json")).expect("a score");
    let score: Value = serde_json::from_str(&score).expect("JSON");
    assert_eq!(score["leaked_rows"], score["rows"]);
}

#[test]
fn settings_that_contradict_one_another_are_told_at_once() {
    let project = referrals();
    project.set("keys", json!(["referralinstanceid"]));
    project.set("split", json!({"kind": "random"}));
    project.set("ingest", json!({"keep": "accumulate"}));
    project.set("related.tables.client.count_by", json!(["addresstype"]));
    let rejected = project.unseat(&["config", "check"]);
    assert_eq!(rejected.code(), 2, "{rejected}");
    for part in [
        "keys: with `related` the key is `related.entity`; leave `keys` out",
        "split.kind: with `related.entity` the split is `group`, so that no entity is on both sides",
        "ingest.keep: `accumulate` keeps rows, and `related` needs the records that they were made of; keep those in the folder",
        "related.tables.client.count_by: is for `one_to_many`",
    ] {
        assert!(rejected.stderr.contains(part), "{part}\n{rejected}");
    }
}

#[test]
fn files_that_belong_to_no_table_are_passed_over_and_a_bad_one_is_left_out() {
    let project = referrals();
    project.write("sourcedata/notes.csv", "a,b\n1,2\n");
    project.write(
        "sourcedata/more.json",
        "{\"client\": [{\"clientid\": 1, \"nested\": [1]}]}",
    );
    let done = project.ok(&["ingest"]);
    assert!(
        done.stderr.contains(
            "notes.csv belongs to no table of `related` by its name or folder; it is passed over"
        ),
        "{done}"
    );
    assert!(
        done.stderr.contains(
            "more.json:1, column `nested` is quarantined: a nested value in a record of client"
        ),
        "{done}"
    );
}

#[test]
fn config_check_names_tables_and_columns_that_are_not_there() {
    let project = referrals();
    let good = project.ok(&["config", "check"]);
    assert!(
        good.shown().contains("the configuration is valid"),
        "{good}"
    );
    for (key, value, part) in [
        ("related.time", json!("no_such_time"), "no_such_time"),
        (
            "related.tables.no_such_table",
            json!({"on": "clientid", "relation": "one_to_many"}),
            "no_such_table",
        ),
    ] {
        let before = project.read("config.json");
        project.set(key, value);
        let done = project.unseat(&["config", "check"]);
        assert_eq!(done.code(), 2, "{done}");
        let shown = done.shown();
        assert!(shown.contains("problem: a run would fail to "), "{shown}");
        assert!(shown.contains(part), "{shown}");
        project.write("config.json", &before);
    }
}

/// `client.csv` with what each client earns, written with a dot before thousands and, where wanted, a comma before cents.
fn with_earnings(clients: &str, cents: &str) -> String {
    let mut lines = clients.lines();
    let header = lines.next().expect("a header").replace(',', ";");
    let rows = lines.enumerate().map(|(row, line)| {
        let earned = 1_000 + row * 7_919 % 8_000;
        let (thousands, rest) = (earned / 1_000, earned % 1_000);
        format!("{};{thousands}.{rest:03}{cents}\n", line.replace(',', ";"))
    });
    format!("{header};earned\n{}", rows.collect::<String>())
}

#[test]
fn numbers_of_a_table_are_read_as_in_training() {
    let project = referrals();
    let clients = project.read("sourcedata/client.csv");
    project.set(
        "related.tables.client.columns",
        json!(["clientismale", "clientcountryid", "addresstype", "earned"]),
    );
    project.write("sourcedata/client.csv", &with_earnings(&clients, ",50"));
    let mut tables = tables(&project);
    for (row, client) in tables["client"]
        .as_array_mut()
        .expect("clients")
        .iter_mut()
        .enumerate()
    {
        client["earned"] = json!(1_000.5 + (row * 7_919 % 8_000) as f64);
    }
    project.write("testdata/tables.json", &tables.to_string());
    project.ok(&["run"]);
    for (folder, cents) in [("clear", ",00"), ("bare", "")] {
        for name in [
            "clientbenefit.csv",
            "referralissue.csv",
            "referral/2024.csv",
        ] {
            let text = project.read(&format!("sourcedata/{name}"));
            project.write(&format!("{folder}/{name}"), &text);
        }
        project.write(
            &format!("{folder}/client.csv"),
            &with_earnings(&clients, cents),
        );
    }
    // Without cents nothing in the file itself says that `1.234` is more than a thousand.
    let of = |folder: &str| project.ok(&["predict", folder]).stdout;
    assert_eq!(of("bare"), of("clear"));
    project.write(
        "bare/client.csv",
        &with_earnings(&clients, "").replace("1.", "9."),
    );
    assert_ne!(of("bare"), of("clear"), "what is earned is learned from");
}
