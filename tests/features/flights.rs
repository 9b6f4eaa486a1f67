//! The flight case: two timestamps per flight, a delay that is derived from them, and a model of a few columns that a
//! delay service serves.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::Project;

const AIRLINES: [&str; 6] = [
    "Sky Airline",
    "Grupo LATAM",
    "Copa Air",
    "Latin American Wings",
    "Aerolineas Argentinas",
    "Rare Air",
];

/// Flights of a year: two of the airlines, the summer and the evening are late more often.
fn flights(n: usize, seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % below
    };
    let first = chrono::NaiveDate::from_ymd_opt(2017, 1, 1).expect("a day");
    let mut csv = String::from("Fecha-I,Vlo-I,Ori-I,Fecha-O,DIA,MES,DIANOM,TIPOVUELO,OPERA\n");
    for _ in 0..n {
        let day = first + chrono::Days::new(random(365));
        let time = day
            .and_hms_opt(random(24) as u32, random(12) as u32 * 5, 0)
            .expect("a time");
        let airline = match random(100) {
            rare if rare < 1 => 5,
            any => any as usize % 5,
        };
        let is_high = [12, 1, 2, 7].contains(&chrono::Datelike::month(&day));
        let is_late_hour = chrono::Timelike::hour(&time) >= 19;
        let odds = [5, 10, 8, 60, 30, 10][airline]
            + 25 * u64::from(is_high)
            + 20 * u64::from(is_late_hour);
        let minutes = if random(100) < odds {
            16 + random(90)
        } else {
            random(22).saturating_sub(6)
        };
        let left = time + chrono::Duration::minutes(minutes as i64);
        let (month, number) = (chrono::Datelike::month(&day), chrono::Datelike::day(&day));
        let sort = ["N", "I"][random(2) as usize];
        let flight = random(900);
        writeln!(
            csv,
            "{time},{flight},SCEL,{left},{number},{month},{},{sort},{}",
            day.format("%A"),
            AIRLINES[airline]
        )
        .expect("a line");
    }
    csv
}

/// A project of such flights, with further settings.
fn project(more: &Value) -> Project {
    let project = Project::empty();
    project.write("data/flights.csv", &flights(4000, 1));
    project.write("test/flights.csv", &flights(1500, 2));
    let mut config = json!({
        "input_folder_path": "data", "output_folder_path": "ingested", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "name": "delays", "target": "delay", "positive_class": 1,
        "score": {"replicates": 100}, "gate": {"replicates": 200},
        "derive": [
            {"name": "min_diff", "sql": "(EXTRACT(EPOCH FROM \"Fecha-O\") - EXTRACT(EPOCH FROM \"Fecha-I\")) / 60"},
            {"name": "delay", "sql": "CASE WHEN min_diff > 15 THEN 1 ELSE 0 END"},
        ],
        "features": {"columns": {
            "Fecha-I": {
                "encode": "date",
                "seasons": {"high": ["15 Dec-3 Mar", "15 Jul-31 Jul", "11 Sep-30 Sep"]},
                "periods": {"morning": ["05:00-11:59"], "afternoon": ["12:00-18:59"], "night": ["19:00-04:59"]},
            },
            "Fecha-O": {"encode": "date"},
            "MES": {"encode": "one_hot"},
            "OPERA": {"max_categories": 10},
        }},
    });
    for (key, value) in more.as_object().expect("settings") {
        config[key] = value.clone();
    }
    project.write("config.json", &config.to_string());
    project.ok(&["run"]);
    assert_eq!(
        project.json(&["models", "list"])[0]["champion"]["version"],
        1
    );
    project
}

#[test]
fn the_delay_service_is_answered_from_three_columns() {
    let all_others = json!([
        "Fecha-I", "Vlo-I", "Ori-I", "Fecha-O", "DIA", "DIANOM", "min_diff"
    ]);
    let project = project(&json!({"drop": all_others}));
    let server = Server::of(&project, &[]);
    let ask = |flights: Value| server.post("/predict", &json!({"flights": flights}));
    let flight = |airline: &str, sort: &str, month: Value| json!({"OPERA": airline, "TIPOVUELO": sort, "MES": month});
    let asked = json!([
        flight("Aerolineas Argentinas", "N", json!(3)),
        flight("Latin American Wings", "I", json!(1)),
        flight("Sky Airline", "N", json!(5)),
    ]);
    let told = ask(asked).expect(200).json();
    let told = told["predict"].as_array().expect("a list");
    assert!(told.iter().all(|it| *it == 0 || *it == 1), "{told:?}");
    assert_eq!((&told[1], &told[2]), (&json!(1), &json!(0)));
    let rejections = [
        (
            flight("Argentinas", "N", json!(3)),
            "Invalid values in OPERA",
        ),
        (
            flight("Copa Air", "O", json!(3)),
            "Invalid values in TIPOVUELO",
        ),
        (flight("Copa Air", "N", json!(13)), "Invalid values in MES"),
        (
            json!({"OPERA": "Copa Air", "MES": 3}),
            "Missing requiered columns in data",
        ),
    ];
    for (flight, detail) in rejections {
        assert_eq!(
            ask(json!([flight])).expect(400).json(),
            json!({"detail": detail})
        );
    }
    let mistyped = ask(json!([flight("Copa Air", "N", json!("x"))]))
        .expect(422)
        .json();
    assert_eq!(
        mistyped["detail"][0]["loc"],
        json!(["body", "flights", 0, "MES"])
    );
}

#[test]
fn raw_timestamps_go_through_season_and_period_to_the_same_answer_everywhere() {
    let project =
        project(&json!({"drop": ["Vlo-I", "Ori-I", "Fecha-O", "DIA", "DIANOM", "min_diff"]}));
    let predicted = project.ok(&["predict", "test/flights.csv", "--json"]);
    let predicted: Vec<Value> = predicted
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect();
    assert_eq!(predicted.len(), 1500);
    let row = |at: &Value| {
        let mut row = json!({});
        for name in ["Fecha-I", "MES", "TIPOVUELO", "OPERA"] {
            row[name] = at[name].clone();
        }
        row
    };
    let server = Server::of(&project, &[]);
    let rows: Vec<Value> = predicted.iter().take(200).map(row).collect();
    let together = server
        .post("/prediction", &json!({"rows": rows}))
        .expect(200)
        .json();
    for (at, wanted) in predicted.iter().take(200).enumerate() {
        let found = &together["predictions"][at];
        assert_eq!(found["probability"], wanted["probability"], "row {at}");
    }
    for (at, row) in rows.iter().enumerate().take(10) {
        let alone = server
            .post("/prediction", &json!({"rows": [row], "explain": true}))
            .expect(200)
            .json();
        let found = &alone["predictions"][0];
        assert_eq!(
            found["probability"], predicted[at]["probability"],
            "row {at}"
        );
        let columns = found["contributions"]["columns"]
            .as_object()
            .expect("columns");
        for part in ["Fecha-I.season", "Fecha-I.period", "Fecha-I.month", "OPERA"] {
            assert!(columns.contains_key(part), "{columns:?}");
        }
    }
    // The same row as CSV and with the columns of the service.
    let csv = format!(
        "Fecha-I,MES,TIPOVUELO,OPERA\n{},7,N,Copa Air\n",
        "2017-07-20 20:00:00"
    );
    let headers = [("content-type", "text/csv")];
    let as_csv = server
        .send("POST", "/prediction", &headers, csv.as_bytes())
        .expect(200)
        .json();
    let high =
        json!({"Fecha-I": "2017-07-20 20:00:00", "MES": 7, "TIPOVUELO": "N", "OPERA": "Copa Air"});
    let as_json = server
        .post("/prediction", &json!({"rows": [high]}))
        .expect(200)
        .json();
    assert_eq!(
        as_csv["predictions"][0]["probability"],
        as_json["predictions"][0]["probability"]
    );
    let mut low = high.clone();
    low["Fecha-I"] = json!("2017-07-10 20:00:00");
    let lower = server
        .post("/prediction", &json!({"rows": [low]}))
        .expect(200)
        .json();
    assert_ne!(
        lower["predictions"][0]["probability"],
        as_json["predictions"][0]["probability"]
    );

    // A request without the raw column is rejected by its name, and a time that is none is, too.
    let rejected = server.post(
        "/prediction",
        &json!({"rows": [{"MES": 7, "TIPOVUELO": "N", "OPERA": "Copa Air"}]}),
    );
    assert_eq!(
        rejected.expect(422).json()["error"]["details"]["missing"],
        json!(["Fecha-I"])
    );
    low["Fecha-I"] = json!("soon");
    let rejected = server.post("/prediction", &json!({"rows": [low]}));
    assert_eq!(
        rejected.expect(422).json()["error"]["details"]["mistyped"],
        json!([{"column": "Fecha-I", "expected": "a time is expected: ISO 8601, as in 2025-01-31"}])
    );
    low["Fecha-I"] = json!(null);
    server
        .post("/prediction", &json!({"rows": [low]}))
        .expect(200);
    let flight = server
        .post("/predict", &json!({"flights": [high]}))
        .expect(200)
        .json();
    assert_eq!(flight["predict"].as_array().map(Vec::len), Some(1));
}

#[test]
fn wrong_expressions_and_ranges_are_problems_of_the_settings_by_key() {
    let project = Project::empty();
    project.write("data/rows.csv", "a,b\n1,2\n");
    let config = json!({
        "input_folder_path": "data", "output_folder_path": "ingested", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "derive": [
            {"name": "y", "sql": "a +"},
            {"name": "y", "sql": "a IN (SELECT a FROM read_csv('data/rows.csv'))"},
        ],
        "features": {"columns": {"a": {"encode": "date", "seasons": {"high": ["winter"]}}}},
    });
    project.write("config.json", &config.to_string());
    let done = project.unseat(&["config", "check"]);
    assert_eq!(done.code(), 2, "{done}");
    for said in [
        "derive[0].sql",
        "derive[1].sql: `SELECT` is not allowed in it",
        "derive[1].name",
        "features.columns.a.seasons.high: `winter` is not a range",
    ] {
        assert!(done.stderr.contains(said), "{said}: {done}");
    }
}
