//! Real data sets, where the folder with them is beside the project.

use super::*;

/// The folder, or nothing and a word about it.
fn real_data() -> Option<std::path::PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !path.is_dir() {
        eprintln!("left out: ../shared/data is not here");
        return None;
    }
    Some(path)
}

#[test]
fn real_sets_have_the_stated_rows_and_kinds() {
    let Some(root) = real_data() else { return };
    for set in [
        "diabetes",
        "flights_nyc",
        "noaa_weather",
        "reuters_r8",
        "telco_churn",
        "wine",
    ] {
        let meta: serde_json::Value =
            serde_json::from_slice(&fs::read(root.join(set).join("meta.json")).unwrap()).unwrap();
        let names = |key: &str| {
            meta[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let source = root.join(set).join("sourcedata");
        let train = read(
            &source,
            &scan(&source).unwrap(),
            &ReadOptions::default(),
            None,
        )
        .unwrap();
        assert_eq!(train.quarantined, [], "{set}");
        assert_eq!(
            Some(train.rows_read),
            meta["rows"]["source_in_files"].as_u64(),
            "{set}"
        );
        assert_eq!(
            Some(train.frame.height() as u64),
            meta["rows"]["source_unique"].as_u64(),
            "{set}"
        );
        for name in names("numeric_columns") {
            assert!(
                train.schema.get(&name).unwrap().kind.is_numeric(),
                "{set}: {name}"
            );
        }
        for name in names("categorical_columns")
            .iter()
            .chain(&names("text_columns"))
        {
            assert_eq!(
                train.schema.get(name).unwrap().kind,
                Kind::Text,
                "{set}: {name}"
            );
        }
        let test = read_dir(&root.join(set).join("testdata"), Some(&train.schema));
        assert_eq!(
            (test.quarantined.len(), Some(test.rows_read)),
            (0, meta["rows"]["test"].as_u64()),
            "{set}"
        );
        let missing =
            |read: &FolderRead, name: &str| read.frame.column(name).unwrap().null_count() as u64;
        if set == "telco_churn" {
            assert_eq!(
                missing(&train, "total_charges") + missing(&test, "total_charges"),
                11
            );
        }
        if let Some(time) = meta["time_column"].as_str() {
            assert!(
                parse_timestamps(&train.frame, time)
                    .unwrap()
                    .iter()
                    .all(Option::is_some),
                "{set}"
            );
        }
    }
}

/// FIELD.md 1.1: mean, median and standard deviation of the reference system's practice data.
#[test]
fn the_reference_data_has_its_golden_summary() {
    let Some(root) = real_data() else { return };
    let practice = root.join("attrition/practicedata");
    let read = read(
        &practice,
        &scan(&practice).unwrap(),
        &ReadOptions::default(),
        None,
    )
    .unwrap();
    assert_eq!((read.rows_read, read.frame.height()), (36, 26));
    let golden = [
        ("lastmonth_activity", 165.6538, 73.0, 284.0332),
        ("lastyear_activity", 1502.9231, 955.0, 2192.6450),
        ("number_of_employees", 26.8846, 14.0, 31.3539),
        ("exited", 0.5769, 1.0, 0.5038),
    ];
    let summaries = summarise(&read.frame);
    for (name, mean, median, std) in golden {
        let summary = summaries
            .iter()
            .find(|summary| summary.name == name)
            .unwrap();
        let near = |found: Option<f64>, wanted: f64| (found.unwrap() - wanted).abs() < 5.1e-5;
        assert!(
            near(summary.mean, mean) && near(summary.median, median) && near(summary.std, std),
            "{summary:?}"
        );
    }
}
