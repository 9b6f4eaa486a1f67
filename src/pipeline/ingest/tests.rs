//! Files that change between the scan and the read.

use std::fs;
use std::time::{Duration, SystemTime};

use super::*;
use crate::clock::Clock;
use crate::pipeline::Ids;
use crate::pipeline::score::{self, Plans};
use crate::registry::Registry;

/// A project in a folder of its own, with two files to ingest and one to test on.
async fn env(folder: &std::path::Path) -> Env {
    for (name, text) in [
        ("in/a.csv", "x,y\n1,0\n2,1\n"),
        ("in/b.csv", "x,y\n3,0\n4,1\n"),
        ("test/t.csv", "x,y\n5,0\n6,1\n"),
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("makes it");
        fs::write(path, text).expect("writes it");
    }
    let value = serde_json::json!({
        "input_folder_path": "in", "output_folder_path": "out", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
    });
    let loaded = crate::config::load::from_value(value, folder, &Default::default());
    let config = loaded.expect("valid").models.into_values().next();
    let registry = Registry::open(&folder.join("unseat.db"))
        .await
        .expect("opens");
    Env::open(
        config.expect("a model"),
        registry,
        Clock::System,
        Ids::Seeded(1),
        Box::new(|_| ()),
    )
    .expect("opens")
}

/// The same bytes with another time, as a copy that is made again leaves them.
#[expect(
    clippy::disallowed_methods,
    reason = "times of files are those of the system"
)]
fn touch(path: &std::path::Path) {
    let file = fs::File::options().append(true).open(path).expect("opens");
    let later = SystemTime::now() + Duration::from_secs(60);
    file.set_modified(later).expect("sets the time");
}

#[tokio::test]
async fn a_data_set_does_not_pass_for_one_that_holds_a_file_it_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let env = env(folder.path()).await;
    let stale = data::scan(&env.config.input_folder.here()).expect("scans");
    let stale = stale.into();
    touch(&folder.path().join("in/b.csv"));
    let (dataset, _) = ingest(&env, &RunId::new("r1"), &stale)
        .await
        .expect("ingests");
    assert_eq!(dataset.record.unsettled, ["b.csv"]);
    assert_eq!(dataset.record.rows, 2);
    let none = Vec::new();
    assert_ne!(
        dataset.data_hash,
        data_hash(&env.config, &stale, &none),
        "b.csv would never be read"
    );

    let fresh = data::scan(&env.config.input_folder.here()).expect("scans");
    let fresh = fresh.into();
    let (dataset, _) = ingest(&env, &RunId::new("r2"), &fresh)
        .await
        .expect("ingests");
    assert_eq!(dataset.record.rows, 4);
    assert_eq!(dataset.data_hash, data_hash(&env.config, &fresh, &none));
}

#[tokio::test]
async fn nothing_is_scored_on_test_rows_that_are_not_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let env = env(folder.path()).await;
    let stale = data::scan(&env.config.test_folder.here()).expect("scans");
    touch(&folder.path().join("test/t.csv"));
    let read = score::read_test_rows(
        &env,
        &stale.into(),
        "y",
        &Schema::default(),
        Plans::default(),
    );
    let message = read
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(
        message.ends_with("t.csv changed while it was read; run again when it is whole"),
        "{message}"
    );
}
