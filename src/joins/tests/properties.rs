//! What holds of any tables: order is nothing, the future is the target's alone, and others are none of one's business.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A record of the base table: whose, when, and of what agency.
type Visit = (u32, Option<i32>, u8);
/// A dated record of a person: whose, when, of what kind.
type Dated = (u32, Option<i32>, u8);

fn day(day: i32) -> String {
    let date = chrono::NaiveDate::from_ymd_opt(2022, 1, 1).expect("a date");
    (date + chrono::Duration::days(i64::from(day))).to_string()
}

fn rules() -> Related {
    settings(&json!({
        "base": "visit", "key": "id", "entity": "who", "time": "at",
        "tables": {
            "person": {"on": "who", "relation": "many_to_one", "days_since": ["born"]},
            "item": {"on": "id", "to": "visit", "relation": "one_to_many", "count_by": ["kind"]},
            "grant": {"on": "who", "relation": "one_to_many", "time": "at", "any": ["kind"], "last": ["kind"]},
            "address": {"on": "who", "relation": "many_to_one", "time": "at", "columns": ["kind"]},
        },
        "history": {"weeks": [1, 12]},
        "future": {"window_days": 100},
    }))
}

fn visit(id: usize, (who, at, agency): &Visit) -> Value {
    json!({"id": id, "who": who, "at": at.map(day), "agency": agency})
}

fn dated(records: &[Dated]) -> Value {
    let records = records.iter();
    records
        .map(|(who, at, kind)| json!({"who": who, "at": at.map(day), "kind": format!("k{kind}")}))
        .collect()
}

fn database(visits: &[Visit], items: &[(u8, u8)], grants: &[Dated], addresses: &[Dated]) -> Value {
    let items = items.iter().enumerate();
    json!({
        "visit": visits.iter().enumerate().map(|(id, it)| visit(id, it)).collect::<Vec<_>>(),
        "person": (0..4).map(|who| json!({"who": who, "sex": who % 2, "born": day(-9000 - who)})).collect::<Vec<_>>(),
        "item": items.map(|(id, (visit, kind))| json!({"item": id, "visit": visit, "kind": kind})).collect::<Vec<_>>(),
        "grant": dated(grants),
        "address": dated(addresses),
    })
}

fn any_dated() -> impl Strategy<Value = Vec<Dated>> {
    let when = prop::option::weighted(0.9, 0_i32..400);
    prop::collection::vec((0_u32..5, when, 0_u8..3), 1..12)
}

fn any_database() -> impl Strategy<Value = Value> {
    let when = prop::option::weighted(0.95, 0_i32..400);
    let visits = prop::collection::vec((0_u32..4, when, 0_u8..3), 1..20);
    let items = prop::collection::vec((0_u8..20, 0_u8..4), 1..20);
    (visits, items, any_dated(), any_dated()).prop_map(|(visits, items, grants, addresses)| {
        database(&visits, &items, &grants, &addresses)
    })
}

fn rows(plan: &RelatedPlan, json: &Value, rows: Rows) -> BTreeMap<String, BTreeMap<String, Cell>> {
    let flat = flatten(plan, &tables(json), rows).expect("rows");
    by_key(&flat.frame, "id")
}

/// Puts records in the order of a hash of their place.
fn shuffled(json: &Value, salt: u64) -> Value {
    let mut json = json.clone();
    for (_, records) in json.as_object_mut().expect("tables") {
        let records = records.as_array_mut().expect("records");
        let mut placed: Vec<(u64, Value)> = std::mem::take(records)
            .into_iter()
            .zip(1_u64..)
            .map(|(record, place)| (place.wrapping_mul(salt | 1).rotate_left(17), record))
            .collect();
        placed.sort_by_key(|(place, _)| *place);
        records.extend(placed.into_iter().map(|(_, record)| record));
    }
    json
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_records_is_nothing(json in any_database(), salt in any::<u64>()) {
        let other = shuffled(&json, salt);
        let plan = plan(&rules(), &tables(&json)).expect("a plan");
        let again = super::plan(&rules(), &tables(&other)).expect("a plan");
        prop_assert_eq!(&plan.tables["item"].categories, &again.tables["item"].categories);
        for wanted in [Rows::WithTarget, Rows::ToPredict] {
            prop_assert_eq!(rows(&plan, &json, wanted), rows(&plan, &other, wanted));
        }
    }

    #[test]
    fn a_later_record_never_changes_a_row(
        json in any_database(),
        who in 0_u32..4,
        at in 0_i32..400,
        table in 0_usize..3,
    ) {
        let plan = plan(&rules(), &tables(&json)).expect("a plan");
        let before = rows(&plan, &json, Rows::ToPredict);
        let table = ["visit", "grant", "address"][table];
        let mut more = json.clone();
        let records = more[table].as_array_mut().expect("records");
        records.push(json!({"id": 1000, "who": who, "at": day(at), "kind": "k1", "agency": 2}));
        let after = rows(&plan, &more, Rows::ToPredict);
        for (key, row) in &before {
            let own = row["at"].text().map(|text| text.into_owned());
            let is_later = own.is_none_or(|own| own < day(at));
            if is_later || row["who"].number() != Some(f64::from(who)) {
                prop_assert_eq!(row, &after[key], "{}", key);
            }
        }
    }

    #[test]
    fn somebody_elses_records_change_nothing(json in any_database(), others in any_dated()) {
        let plan = plan(&rules(), &tables(&json)).expect("a plan");
        let mut more = json.clone();
        let last = json["visit"].as_array().into_iter().flatten();
        let last = last.filter_map(|it| it["at"].as_str()).max().map(str::to_string);
        for (place, (who, at, kind)) in others.iter().enumerate() {
            let (who, at) = (who + 100, at.map(day));
            for table in ["grant", "address"] {
                let records = more[table].as_array_mut().expect("records");
                records.push(json!({"who": who, "at": at, "kind": format!("k{kind}")}));
            }
            // Not later than the last time, which tells whose future is known.
            if at <= last {
                let records = more["visit"].as_array_mut().expect("records");
                records.push(json!({"id": 1000 + place, "who": who, "at": at, "agency": kind}));
            }
        }
        for wanted in [Rows::WithTarget, Rows::ToPredict] {
            let (before, mut after) = (rows(&plan, &json, wanted), rows(&plan, &more, wanted));
            after.retain(|key, _| key.len() < 4);
            prop_assert_eq!(before, after);
        }
    }
}

#[test]
fn a_column_that_comes_later_does_not_choose_among_records_of_one_time() {
    let json = database(
        &[(0, Some(146), 0)],
        &[(0, 0)],
        &[(0, Some(1), 0)],
        &[(0, Some(146), 0), (0, Some(146), 2)],
    );
    let plan = plan(&rules(), &tables(&json)).expect("a plan");
    let before = rows(&plan, &json, Rows::ToPredict);
    for more in 0..8 {
        let mut later = json.clone();
        let records = later["address"].as_array_mut().expect("records");
        records.push(json!({"who": 3, "at": day(147), "kind": "k1", "more": more}));
        records[0]["more"] = json!(more + 1);
        assert_eq!(before, rows(&plan, &later, Rows::ToPredict), "{more}");
    }
}
