//! Single cases, by hand.

use serde_json::json;

use super::*;

fn shop() -> Value {
    json!({
        "base": "visit", "key": "id", "entity": "who", "time": "at",
        "tables": {
            "person": {"on": "who", "relation": "many_to_one"},
            "item": {"on": "id", "to": "visit", "relation": "one_to_many", "count_by": ["kind"], "any": ["kind"]},
        },
        "history": {},
    })
}

fn visits() -> Value {
    json!({
        "visit": [
            {"id": 1, "who": 7, "at": "2024-01-01"},
            {"id": 2, "who": 7, "at": "2024-01-29"},
            {"id": 3, "who": 7, "at": "2024-02-27"},
        ],
        "person": [{"who": 7, "name": "A"}, {"who": 8, "name": "B"}],
        "item": [{"visit": 1, "kind": "x"}, {"visit": 1, "kind": "y"}, {"visit": 2, "kind": "x"}],
    })
}

fn error(settings_json: &Value, tables_json: &Value) -> String {
    let (settings, tables) = (settings(settings_json), tables(tables_json));
    match plan(&settings, &tables).and_then(|plan| flatten(&plan, &tables, Rows::ToPredict)) {
        Ok(_) => "no error".to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_break_is_more_than_so_many_days() {
    let (settings, tables) = (settings(&shop()), tables(&visits()));
    let plan = plan(&settings, &tables).expect("a plan");
    let flat = flatten(&plan, &tables, Rows::ToPredict).expect("rows");
    let rows = by_key(&flat.frame, "id");
    let of = |key: &str, column: &str| rows[key][&format!("history.{column}")].number();
    // 28 days are no break, 29 are.
    assert_eq!(of("2", "burst"), Some(1.0));
    assert_eq!(of("2", "index_in_burst"), Some(2.0));
    assert_eq!(of("3", "burst"), Some(2.0));
    assert_eq!(of("3", "index_in_burst"), Some(1.0));
    assert_eq!(of("3", "days_since_last"), Some(29.0));
    // (t − 28 days, t]: the visit 28 days before is outside.
    assert_eq!(of("2", "count_4w"), Some(1.0));
    assert_eq!(of("3", "count_12w"), Some(3.0));
}

#[test]
fn the_future_is_events_less_gaps_per_week() {
    let mut json = shop();
    json["future"] = json!({"window_days": 35, "coefficient": 0.5});
    let (settings, tables) = (settings(&json), tables(&visits()));
    let plan = plan(&settings, &tables).expect("a plan");
    let flat = flatten(&plan, &tables, Rows::WithTarget).expect("rows");
    let rows = by_key(&flat.frame, "id");
    // Only the first window ends with the data: one visit within 35 days, five weeks.
    assert_eq!(rows.len(), 1);
    assert_eq!(rows["1"]["future.score"].number(), Some(1.0 / 5.0));
    assert_eq!(
        flat.notes,
        ["2 of 3 records of `visit` left out: what comes within 35 days of them is not known yet"]
    );
}

#[test]
fn categories_stay_those_of_training() {
    let (settings, training) = (settings(&shop()), tables(&visits()));
    let plan = plan(&settings, &training).expect("a plan");
    let asked = json!({
        "visit": [{"id": "9", "who": "8", "at": "2024-03-01"}],
        "person": [{"who": 8.0, "name": "B"}],
        "item": [{"visit": 9, "kind": "z"}, {"visit": 9, "kind": " y "}],
    });
    let flat = flatten(&plan, &tables(&asked), Rows::ToPredict).expect("rows");
    let names = |frame: &DataFrame| -> Vec<String> {
        let names = frame.get_column_names().into_iter();
        names.map(ToString::to_string).collect()
    };
    let trained = flatten(&plan, &training, Rows::ToPredict).expect("rows");
    assert_eq!(names(&flat.frame), names(&trained.frame));
    let row = &by_key(&flat.frame, "id")["9"];
    assert_eq!(row["item.count"].number(), Some(2.0));
    assert_eq!(row["item.kind=x"].number(), Some(0.0));
    assert_eq!(row["item.kind=y"].number(), Some(1.0));
    // Numbers and texts of numbers find one another.
    assert_eq!(row["person.name"].text().as_deref(), Some("B"));

    // Tables without records have every column all the same.
    let asked = json!({
        "visit": [{"id": 9, "who": 8, "at": "2024-03-01"}], "person": [], "item": [],
    });
    let flat = flatten(&plan, &tables(&asked), Rows::ToPredict).expect("rows");
    assert_eq!(names(&flat.frame), names(&trained.frame));
    let row = &by_key(&flat.frame, "id")["9"];
    assert_eq!(row["person.name"], Cell::Missing);
    assert_eq!(row["item.any.kind=y"].number(), Some(0.0));
}

#[test]
fn records_without_a_key_and_second_ones_are_left_out_and_told() {
    let mut json = visits();
    let records = json["visit"].as_array_mut().expect("records");
    records.push(json!({"id": null, "who": 7, "at": "2024-02-28"}));
    records.push(json!({"id": 3, "who": 7, "at": "2024-02-20"}));
    records.push(json!({"id": 3, "who": 7, "at": "2024-02-27"}));
    let (settings, tables) = (settings(&shop()), tables(&json));
    let plan = plan(&settings, &tables).expect("a plan");
    let flat = flatten(&plan, &tables, Rows::ToPredict).expect("rows");
    assert_eq!(flat.duplicates, 1);
    assert_eq!(
        flat.notes,
        [
            "1 of 5 records of `visit` have no `id` and are left out",
            "1 of 5 records of `visit` have the `id` of another record; one of each is kept, the latest",
        ]
    );
    let rows = by_key(&flat.frame, "id");
    assert_eq!(rows.len(), 3);
    assert_eq!(rows["3"]["at"].text().as_deref(), Some("2024-02-27"));
}

#[test]
fn what_is_not_there_is_named() {
    let mut without = visits();
    without.as_object_mut().expect("tables").remove("item");
    assert_eq!(
        error(&shop(), &without),
        "find the table `item` (`related`): an empty one is fine where there are no records, none is not"
    );
    let mut mistaken = shop();
    mistaken["entity"] = json!("whom");
    assert_eq!(
        error(&mistaken, &visits()),
        "find the column `whom` (`related.entity`) in the table `visit`; did you mean `who`?"
    );
    let mut mistaken = shop();
    mistaken["tables"]["item"]["count_by"] = json!(["sort"]);
    assert_eq!(
        error(&mistaken, &visits()),
        "find the column `sort` (`count_by` or `any`) in the table `item`"
    );
    let mut twice = visits();
    twice["visit"][0]["person.name"] = json!("C");
    assert_eq!(
        error(&shop(), &twice),
        "name the column `person.name`: there would be two of that name; rename one in its table"
    );
    let mut untimely = visits();
    untimely["visit"][1]["at"] = json!("soon");
    assert_eq!(error(&shop(), &untimely), "read the table `visit`");
}

#[test]
fn parts_of_a_table_go_under_each_other() {
    let parts = [
        json!({"t": [{"a": 1, "b": "x", "c": null}]}),
        json!({"t": [{"b": null, "a": 1.5}]}),
        json!({"t": [{"c": true, "a": "7"}]}),
    ];
    let parts = parts
        .iter()
        .map(|part| tables(part).remove("t").expect("t"));
    let whole = stack(parts.collect()).expect("one table");
    let cells = |column: &str| -> Vec<Cell> {
        let cells = Cells::of(whole.column(column).expect("a column")).expect("cells");
        (0..whole.height()).map(|row| cells.cell(row)).collect()
    };
    let text = |text: &str| Cell::Text(text.to_string());
    assert_eq!(cells("a"), [text("1"), text("1.5"), text("7")]);
    assert_eq!(cells("b"), [text("x"), Cell::Missing, Cell::Missing]);
    assert_eq!(
        cells("c"),
        [Cell::Missing, Cell::Missing, Cell::Boolean(true)]
    );
}
