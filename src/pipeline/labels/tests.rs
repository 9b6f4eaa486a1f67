//! Classes and their order, case by case.

use polars::prelude::Column;
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A model's settings with these keys over the defaults.
fn config(keys: serde_json::Value) -> ModelConfig {
    let mut value = json!({
        "input_folder_path": "in", "output_folder_path": "out", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
    });
    for (key, setting) in keys.as_object().expect("an object") {
        value[key] = setting.clone();
    }
    let overrides = crate::config::Overrides::default();
    let loaded = crate::config::load::from_value(value, std::path::Path::new("."), &overrides);
    let config = loaded.expect("a valid configuration");
    config.models.into_values().next().expect("a model")
}

/// A column of these labels, as a frame holds it.
fn encoded(labels: &[Option<String>]) -> Encoded {
    let column = Column::new("y".into(), labels.to_vec());
    let frame = DataFrame::new(labels.len(), vec![column]).expect("a frame");
    labels_of(&frame, "y", "the data").expect("labels")
}

fn some(labels: &[&str]) -> Encoded {
    let labels: Vec<_> = labels.iter().map(|label| Some(label.to_string())).collect();
    encoded(&labels)
}

fn classes(kind: Kind, labels: &[&str], keys: serde_json::Value) -> Result<Vec<String>, String> {
    classes_of(&config(keys), "y", kind, &some(labels)).map_err(|error| error.to_string())
}

#[test]
fn the_positive_class_is_the_one_that_reads_like_a_yes_else_the_last() {
    let cases: &[(Kind, &[&str], [&str; 2])] = &[
        (Kind::Integer, &["1", "0", "1"], ["0", "1"]),
        (Kind::Integer, &["1", "-1"], ["-1", "1"]),
        (Kind::Integer, &["2", "1"], ["2", "1"]),
        (Kind::Integer, &["10", "9"], ["9", "10"]),
        (Kind::Boolean, &["true", "false"], ["false", "true"]),
        (Kind::Text, &["yes", "no"], ["no", "yes"]),
        (Kind::Text, &["Yes", "unknown"], ["unknown", "Yes"]),
        (Kind::Text, &["TRUE", "FALSE"], ["FALSE", "TRUE"]),
        (Kind::Text, &["Y", "N"], ["N", "Y"]),
        (Kind::Text, &["pos", "neg"], ["neg", "pos"]),
        (Kind::Text, &["cat", "dog"], ["cat", "dog"]),
    ];
    for (kind, labels, wanted) in cases {
        let found = classes(*kind, labels, json!({})).expect("two classes");
        assert_eq!(found, wanted, "{kind} {labels:?}");
    }
}

#[test]
fn the_settings_name_the_positive_class_however_it_is_spelled() {
    let cases = [
        (Kind::Integer, ["0", "1"], json!(0), ["1", "0"]),
        (Kind::Integer, ["0", "1"], json!("1"), ["0", "1"]),
        (Kind::Integer, ["0", "1"], json!(1.0), ["0", "1"]),
        (
            Kind::Boolean,
            ["false", "true"],
            json!(false),
            ["true", "false"],
        ),
        (
            Kind::Boolean,
            ["false", "true"],
            json!(1),
            ["false", "true"],
        ),
        (Kind::Text, ["no", "yes"], json!("no"), ["yes", "no"]),
    ];
    for (kind, labels, positive, wanted) in cases {
        let found = classes(kind, &labels, json!({ "positive_class": positive }));
        assert_eq!(found.expect("two classes"), wanted, "{positive}");
    }
    let unknown = classes(
        Kind::Text,
        &["no", "yes"],
        json!({"positive_class": "maybe"}),
    );
    assert_eq!(
        unknown.expect_err("rejected"),
        "learn `y`: `positive_class` is `maybe`, but the classes are no, yes"
    );
}

#[test]
fn more_than_two_classes_are_sorted_numbers_by_their_worth() {
    let numbers = classes(Kind::Integer, &["10", "9", "-1"], json!({}));
    assert_eq!(numbers.expect("classes"), ["-1", "9", "10"]);
    let texts = classes(Kind::Text, &["b", "a", "c"], json!({"positive_class": "a"}));
    assert_eq!(texts.expect("classes"), ["a", "b", "c"]);
}

#[test]
fn what_is_no_class_is_rejected_with_the_reason() {
    let many: Vec<String> = (0..101).map(|label| label.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let cases: &[(Kind, &[&str], &str)] = &[
        (Kind::Text, &[], "every value is missing"),
        (Kind::Text, &["a", "a"], "every row is of one class"),
        (
            Kind::Number,
            &["0.5", "1"],
            "its 2 distinct values are no classes but a number with fractions",
        ),
        (
            Kind::Integer,
            &many,
            "its 101 distinct values are no classes but a number",
        ),
    ];
    for (kind, labels, why) in cases {
        let message = classes(*kind, labels, json!({})).expect_err("rejected");
        let wanted = format!("learn `y`: {why}");
        assert!(message.starts_with(&wanted), "{message}");
    }
    // A hundred classes of two rows are classes; of one row each they are identifiers.
    let twice = [&many[..100], &many[..100]].concat();
    assert!(classes(Kind::Integer, &twice, json!({})).is_ok());
    assert!(classes(Kind::Integer, &many[..100], json!({})).is_err());
}

#[test]
fn labels_are_read_as_they_are_spelled_whatever_type_the_column_has() {
    let columns = [
        (Column::new("y".into(), vec![Some(1_i64), None]), "1"),
        (Column::new("y".into(), vec![Some(1.0), None]), "1"),
        (Column::new("y".into(), vec![Some(-0.0), None]), "0"),
        (Column::new("y".into(), vec![Some(true), None]), "true"),
        (Column::new("y".into(), vec![Some("1"), None]), "1"),
    ];
    for (column, wanted) in columns {
        let frame = DataFrame::new(2, vec![column]).expect("a frame");
        let labels = labels_of(&frame, "y", "the data").expect("labels");
        assert_eq!(labels.label(0), Some(wanted));
        assert_eq!(labels.label(1), None);
        let error = labels_of(&frame, "yy", "the data")
            .expect_err("rejected")
            .to_string();
        assert_eq!(
            error,
            "find the column `yy` (the target) in the data; did you mean `y`?"
        );
    }
}

#[test]
fn the_target_is_the_named_or_the_last_column() {
    let columns = ["a", "b"].map(|name| Column::new(name.into(), vec![1_i64]));
    let frame = DataFrame::new(1, columns.to_vec()).expect("a frame");
    assert_eq!(
        target_of(&config(json!({})), &frame).expect("a target"),
        "b"
    );
    assert_eq!(
        target_of(&config(json!({"target": "a"})), &frame).expect("a target"),
        "a"
    );
    assert!(target_of(&config(json!({})), &DataFrame::empty()).is_err());
}

proptest! {
    #[test]
    fn classes_are_the_distinct_labels_and_indices_lead_back_to_them(
        labels in prop::collection::vec(prop::option::of("[a-d]|yes|1"), 2..40),
    ) {
        let config = config(json!({}));
        let distinct: std::collections::BTreeSet<&String> = labels.iter().flatten().collect();
        let column = encoded(&labels);
        match classes_of(&config, "y", Kind::Text, &column) {
            Ok(classes) => {
                prop_assert_eq!(classes.iter().collect::<std::collections::BTreeSet<_>>(), distinct);
                let indices = indices(&column, &classes);
                for (label, index) in labels.iter().zip(indices) {
                    prop_assert_eq!(label.as_ref(), index.map(|at| &classes[at as usize]));
                }
            }
            Err(_) => prop_assert!(distinct.len() < 2),
        }
    }
}
