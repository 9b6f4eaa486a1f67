//! The same of every kind of place: a folder, a store in memory, an S3 server.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use object_store::memory::InMemory;

use super::double::Double;
use crate::artifacts::cache::Cache;
use crate::artifacts::folder::Folder;
use crate::artifacts::store::Store;
use crate::artifacts::{Artifacts, Error, Root, client};
use crate::model_types::StoreSettings;

/// A store on a double, whose requests may take two seconds and are tried again for so many.
pub fn store_on(double: &Double, cache: &Path, retry: u64) -> Store {
    let settings = StoreSettings {
        cache: cache.to_path_buf(),
        most_cached: 1 << 30,
        request_ms: 2000,
        retry_ms: retry * 1000,
    };
    let variables = [
        ("AWS_ENDPOINT_URL", double.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-central-1"),
    ];
    let variables = variables.map(|(name, value)| (name.to_string(), value.to_string()));
    let made = client::make("s3://bucket", &settings, &HashMap::from(variables));
    let cache = Cache::open(cache, settings.most_cached).expect("a cache");
    Store::over(
        made.expect("a client"),
        "s3://bucket/p",
        Some(Arc::new(cache)),
    )
}

pub fn artifacts(root: Root) -> Artifacts {
    Artifacts {
        root,
        elsewhere: Arc::default(),
    }
}

/// Every kind of place, by name.
fn places(folder: &Path) -> Vec<(&'static str, Artifacts)> {
    let local = Folder::open(&folder.join("local")).expect("opens");
    let memory = Store::over(Arc::new(InMemory::new()), "s3://memory/deep/er", None);
    let double = Double::start();
    vec![
        ("folder", artifacts(Root::Folder(local))),
        ("memory", artifacts(Root::Store(memory))),
        (
            "s3",
            artifacts(Root::Store(store_on(&double, &folder.join("cache"), 60))),
        ),
    ]
}

#[tokio::test]
async fn what_was_put_is_there_whole_and_under_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    for (kind, artifacts) in places(folder.path()) {
        let key = "m/v1_s/file.json";
        assert!(!artifacts.exists(key).await.expect("looks"), "{kind}");
        let absent = artifacts.get(key).await.expect_err("not there");
        assert!(matches!(absent, Error::Gone { .. }), "{kind}: {absent:?}");
        for bytes in [b"one".to_vec(), Vec::new(), vec![7; 100_000]] {
            artifacts.put(key, bytes.clone()).await.expect("puts");
            assert_eq!(artifacts.get(key).await.expect("gets"), bytes, "{kind}");
            assert_eq!(
                artifacts.get(key).await.expect("gets"),
                bytes,
                "{kind}, again"
            );
            let file = artifacts.local_copy(key).await.expect("copies");
            assert_eq!(std::fs::read(&*file).expect("reads"), bytes, "{kind}");
            assert_eq!(
                artifacts.size(key).await.expect("sizes"),
                bytes.len() as u64,
                "{kind}"
            );
            let size = artifacts.size("m").await.expect("sizes");
            assert_eq!(size, bytes.len() as u64, "{kind}");
        }
        assert!(artifacts.exists(key).await.expect("looks"), "{kind}");
        assert_eq!(
            artifacts.names("m").await.expect("lists"),
            ["v1_s"],
            "{kind}"
        );
        let names = artifacts.names("m/v1_s").await.expect("lists");
        assert_eq!(names, ["file.json"], "{kind}");
        let none = artifacts.names("n").await.expect("lists");
        assert_eq!(none, Vec::<String>::new(), "{kind}");
    }
}

#[tokio::test]
async fn a_file_is_put_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    // Larger than one part, and than two.
    let large: Vec<u8> = (0..20_000_000_u32).map(|at| (at % 251) as u8).collect();
    for (kind, artifacts) in places(folder.path()) {
        let put = artifacts.put_file("d/a.bin", |path| {
            std::fs::write(path, "half").expect("writes");
            Err(Error::Folder {
                folder: path.to_path_buf(),
                source: std::io::Error::other("planned"),
            })
        });
        put.await.expect_err("fails");
        assert!(!artifacts.exists("d/a.bin").await.expect("looks"), "{kind}");
        for bytes in [b"whole".as_slice(), &large] {
            let put = artifacts.put_file("d/a.bin", |path| -> Result<(), Error> {
                std::fs::write(path, bytes).expect("writes");
                Ok(())
            });
            put.await.expect("puts");
            assert!(
                artifacts.get("d/a.bin").await.expect("gets") == bytes,
                "{kind}"
            );
        }
        let file = folder.path().join("given.bin");
        std::fs::write(&file, "given").expect("writes");
        artifacts
            .put_from_file("d/b.bin", &file)
            .await
            .expect("puts");
        assert_eq!(
            artifacts.get("d/b.bin").await.expect("gets"),
            b"given",
            "{kind}"
        );
    }
}

#[tokio::test]
async fn a_folder_goes_whole_gets_another_name_and_is_fetched() {
    let folder = tempfile::tempdir().expect("a folder");
    for (kind, artifacts) in places(folder.path()) {
        for (key, text) in [
            ("m/v1/a", "1"),
            ("m/v1/deep/b", "2"),
            ("m/v2/a", "3"),
            ("m/v22/a", "4"),
        ] {
            artifacts.put(key, text.into()).await.expect("puts");
        }
        artifacts.remove_folder("m/v2").await.expect("removes");
        artifacts.remove_folder("m/v2").await.expect("is not there");
        artifacts.remove("m/none").await.expect("is not there");
        assert_eq!(
            artifacts.names("m").await.expect("lists"),
            ["v1", "v22"],
            "{kind}"
        );
        artifacts.rename("m", "n").await.expect("renames");
        artifacts.rename("m", "n").await.expect("is done");
        assert_eq!(artifacts.names("").await.expect("lists"), ["n"], "{kind}");
        assert_eq!(
            artifacts.get("n/v1/deep/b").await.expect("gets"),
            b"2",
            "{kind}"
        );
        if artifacts.folder("n").await.expect("looks").is_none() {
            let to = folder.path().join(kind);
            artifacts.fetch_folder("n/v1", &to).await.expect("fetches");
            let text = std::fs::read_to_string(to.join("deep/b"));
            assert_eq!(text.expect("reads"), "2", "{kind}");
        }
    }
}

#[tokio::test]
async fn what_was_kept_elsewhere_before_is_found_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut all = places(folder.path()).into_iter();
    let (Some((_, old)), Some((_, fresh))) = (all.next(), all.next()) else {
        panic!("two kinds");
    };
    old.put("m/v1/a", b"1".to_vec()).await.expect("puts");
    fresh.elsewhere.store(Arc::new(vec![old.root.clone()]));
    assert_eq!(fresh.get("m/v1/a").await.expect("gets"), b"1");
    fresh.put("m/v1/b", b"2".to_vec()).await.expect("puts");
    assert_eq!(old.get("m/v1/b").await.expect("beside it"), b"2");
    fresh.put("m/v2/a", b"3".to_vec()).await.expect("puts");
    assert!(!old.exists("m/v2/a").await.expect("looks"));
    assert_eq!(fresh.names("m").await.expect("lists"), ["v1", "v2"]);
}
