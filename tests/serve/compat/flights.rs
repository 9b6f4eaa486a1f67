//! `POST /predict` with `flights`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{learn, rejected};
use crate::serve::Server;
use crate::support::Project;

/// Delays: one airline is late, months 1 to 12.
fn delays() -> String {
    let mut csv = String::from("OPERA,TIPOVUELO,MES,delay\n");
    for at in 0..240 {
        let airline = ["Sky Airline", "Copa Air", "Latin American Wings"][at % 3];
        let delay = i32::from(at % 3 == 2 && at % 20 != 0);
        let sort = ["N", "I"][at / 3 % 2];
        writeln!(csv, "{airline},{sort},{},{delay}", 1 + at / 5 % 12).expect("a line");
    }
    csv
}

/// A model of delays.
fn of_delays() -> Project {
    let project = Project::empty();
    learn(&project, "delays", "delay", &delays());
    project
}

fn flight(airline: &str, sort: &str, month: impl Into<Value>) -> Value {
    json!({"OPERA": airline, "TIPOVUELO": sort, "MES": month.into()})
}

#[test]
fn flights_are_answered_and_rejected_in_their_service_s_words() {
    let project = of_delays();
    let server = Server::of(&project, &[]);
    let late = flight("Latin American Wings", "N", 3);
    let in_time = flight("Copa Air", "I", 12);
    let ask = |flights: Value| server.post("/predict", &json!({"flights": flights}));
    let answer = ask(json!([late, in_time])).expect(200);
    assert_eq!(answer.text(), r#"{"predict":[1,0]}"#);
    assert_eq!(ask(json!([])).expect(200).text(), r#"{"predict":[]}"#);
    let mut more = late.clone();
    more["DIA"] = json!({"any": "thing"});
    assert_eq!(ask(json!([more])).expect(200).text(), r#"{"predict":[1]}"#);

    let rejections = [
        (
            json!([flight("Argentinas", "N", 3)]),
            "Invalid values in OPERA",
        ),
        (
            json!([late, flight("Copa Air", "O", 3)]),
            "Invalid values in TIPOVUELO",
        ),
        (
            json!([flight("Copa Air", "N", 13)]),
            "Invalid values in MES",
        ),
        (json!([flight("Copa Air", "N", 0)]), "Invalid values in MES"),
        // Whichever row it is in, the first column is told.
        (
            json!([flight("Copa Air", "O", 13), flight("Argentinas", "N", 3)]),
            "Invalid values in OPERA",
        ),
        (
            json!([{"OPERA": "Copa Air", "MES": 3}]),
            "Missing requiered columns in data",
        ),
        (json!([late, {}]), "Missing requiered columns in data"),
    ];
    for (flights, expected) in rejections {
        rejected(ask(flights), 400, &json!({"detail": expected}));
    }
}

#[test]
fn mistyped_flights_are_listed_by_place() {
    let project = of_delays();
    let server = Server::of(&project, &[]);
    let ask = |flights: Value| server.post("/predict", &json!({"flights": flights}));
    let at = |place: Value, msg: &str, sort: &str| json!({"loc": place, "msg": msg, "type": sort});
    let good = flight("Copa Air", "N", 3);
    let cases = [
        (
            json!([good, flight("Copa Air", "N", "secret")]),
            vec![at(
                json!(["body", "flights", 1, "MES"]),
                "value is not a valid integer",
                "type_error.integer",
            )],
        ),
        (
            json!([{"OPERA": ["secret"], "TIPOVUELO": null, "MES": 3}]),
            vec![
                at(
                    json!(["body", "flights", 0, "OPERA"]),
                    "str type expected",
                    "type_error.str",
                ),
                at(
                    json!(["body", "flights", 0, "TIPOVUELO"]),
                    "none is not an allowed value",
                    "type_error.none.not_allowed",
                ),
            ],
        ),
        (
            json!([good, 7]),
            vec![at(
                json!(["body", "flights", 1]),
                "value is not a valid dict",
                "type_error.dict",
            )],
        ),
        (
            json!({"OPERA": "Copa Air"}),
            vec![at(
                json!(["body", "flights"]),
                "value is not a valid list",
                "type_error.list",
            )],
        ),
    ];
    for (flights, expected) in cases {
        // A list of places in the order in which they stand, which the order of keys in a body decides.
        let mut told = ask(flights).expect(422).json();
        let list = told["detail"].as_array_mut().expect("a list");
        list.sort_by_key(|it| it["loc"].to_string());
        assert_eq!(told, json!({"detail": expected}));
    }
    let many: Vec<Value> = (0..300).map(|_| flight("Copa Air", "N", "x")).collect();
    let told = ask(json!(many)).expect(422).json();
    assert_eq!(told["detail"].as_array().map(Vec::len), Some(100));
}

#[test]
fn text_classes_are_told_by_their_index() {
    let project = super::of_messages(&["NO", "YES"]);
    let server = Server::of(&project, &[]);
    let flights = json!({"flights": [{"text": "about yes"}, {"text": "about no"}]});
    assert_eq!(
        server.post("/predict", &flights).text(),
        r#"{"predict":[1,0]}"#
    );
    let data = json!({"data": [{"text": "about yes"}, {"text": "about no"}]});
    assert_eq!(
        server.post("/predict", &data).text(),
        r#"{"predictions":["YES","NO"]}"#
    );
}

#[test]
fn rules_of_the_version_are_kept_here_in_the_same_words_and_elsewhere_in_ours() {
    let project = Project::empty();
    let csv = delays();
    project.write("data/rows.csv", &csv);
    project.write("test/rows.csv", &csv);
    let config = json!({
        "input_folder_path": "data", "output_folder_path": "ingested", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "name": "delays", "target": "delay", "score": {"replicates": 100}, "schema": {},
        "gate": {"first": "promote"},
    });
    project.write("config.json", &config.to_string());
    project.set("schema", json!({
        "MES": {"min": 1, "max": 11},
        "OPERA": {"values": ["Sky Airline", "Copa Air", "Latin American Wings"], "on_violation": "other"},
        "TIPOVUELO": {"values": ["I", "N"], "on_violation": "null"},
    }));
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let flights = |flight: Value| server.post("/predict", &json!({"flights": [flight]}));
    // December was seen nowhere and is not allowed; other airlines and sorts are fixed.
    let text = flights(flight("Copa Air", "N", 12)).expect(400).text();
    assert!(text.contains("Invalid values in MES"), "{text}");
    flights(flight("Argentinas", "N", 3)).expect(200);
    flights(flight("Copa Air", "O", 3)).expect(200);
    let rows = |rows: Value| server.post("/prediction", &json!({"rows": rows}));
    rows(json!([flight("Argentinas", "O", 3)])).expect(200);
    let rejected = rows(json!([
        flight("Copa Air", "N", 3),
        flight("Copa Air", "N", 12)
    ]))
    .expect(422);
    let error = &rejected.json()["error"];
    assert_eq!(
        error["message"],
        "the columns do not fit the model (first in row 2): not allowed: `MES` (its rule `max`)"
    );
    assert_eq!(
        error["details"]["not_allowed"],
        json!([{"column": "MES", "rule": "max"}])
    );
    let csv = "OPERA,TIPOVUELO,MES\nCopa Air,N,12\n";
    let rejected = server.send(
        "POST",
        "/prediction",
        &[("content-type", "text/csv")],
        csv.as_bytes(),
    );
    rejected.expect(422);
}
