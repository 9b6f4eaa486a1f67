//! What a project's registry and folders hold, and whether they agree.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use unseat::registry::{Registry, RunState, VersionState};

use super::files::{files_below, names_in, sha256, sorted};
use super::{Books, MODEL, Project, settings};

impl Project {
    /// A file of a version of the sample model.
    pub fn version_file(&self, number: i64, file: &str) -> PathBuf {
        let versions = self.books().versions;
        let version = versions.iter().find(|version| version.number == number);
        let folder = &version
            .unwrap_or_else(|| panic!("there is no version {number}"))
            .folder;
        self.path(&format!("models/{MODEL}/{folder}/{file}"))
    }

    pub fn bundle(&self, number: i64) -> Vec<u8> {
        fs::read(self.version_file(number, "trainedmodel.json")).expect("the bundle is there")
    }

    /// Works on the registry through the library.
    pub fn registry<T>(&self, work: impl AsyncFnOnce(&Registry) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts");
        runtime.block_on(async {
            let opened = match &self.url {
                Some(url) => Registry::open_server(&settings(url)).await,
                None => Registry::open(&self.path("unseat.db")).await,
            };
            let registry = opened.expect("the database opens");
            let result = work(&registry).await;
            registry.close().await;
            result
        })
    }

    /// Everything that the registry says about the sample model.
    pub fn books(&self) -> Books {
        self.registry(async |registry| Books {
            champion: registry.champion(MODEL).await.expect("reads"),
            operations: registry.operations(MODEL).await.expect("reads"),
            versions: registry.versions(MODEL).await.expect("reads"),
            runs: registry.runs(Some(MODEL), 100_000).await.expect("reads"),
            dataset_runs: sorted(
                registry
                    .dataset_runs(MODEL)
                    .await
                    .expect("reads")
                    .into_iter()
                    .map(String::from),
            ),
            last: registry.last_conclusion(MODEL).await.expect("reads"),
            holder: registry.holder(MODEL).await.expect("reads"),
            copied: self
                .read_manifest()
                .and_then(|manifest| manifest["version"].as_i64()),
        })
    }

    fn read_manifest(&self) -> Option<Value> {
        let bytes = fs::read(self.path("production_deployment/manifest.json")).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The version of which `production_deployment` is a whole and true copy; `None` when it holds no copy.
    pub fn copied_version(&self, books: &Books) -> Option<i64> {
        let folder = self.path("production_deployment");
        if !folder.join("manifest.json").exists() {
            let names: Vec<_> = files_below(&folder).into_keys().collect();
            assert!(
                names.iter().all(|name| name == ".gitignore"),
                "a copy without manifest: {names:?}"
            );
            return None;
        }
        let manifest = self.read_json("production_deployment/manifest.json");
        for file in manifest["files"].as_array().expect("files") {
            let name = file[0].as_str().expect("a name");
            let bytes = fs::read(folder.join(name)).expect("a file of the manifest is there");
            assert_eq!(
                sha256(&bytes),
                file[1],
                "{name} is not what the manifest says"
            );
        }
        let number = manifest["version"].as_i64().expect("a version");
        let version = books.version(number);
        let bundle = fs::read(folder.join("trainedmodel.json")).expect("a bundle");
        assert_eq!(
            Some(sha256(&bundle).as_str()),
            version.bundle_sha256.as_deref(),
            "the copy's bundle is not that of version {number}"
        );
        Some(number)
    }

    /// Asserts that nothing is half done: what must hold whenever a run has finished.
    #[track_caller]
    pub fn assert_settled(&self) -> Books {
        let books = self.books();
        let listing = || format!("\n{books:#?}\n{}", self.listing());
        let now = books.champion();
        assert_eq!(
            self.copied_version(&books),
            now,
            "the copy is not the champion's{}",
            listing()
        );
        assert!(
            books.holder.is_none(),
            "the lock is still held{}",
            listing()
        );
        for run in &books.runs {
            assert_ne!(
                run.state,
                RunState::Running,
                "run {} is not settled{}",
                run.id,
                listing()
            );
        }
        let mut folders = Vec::new();
        for version in &books.versions {
            let state = version.state;
            assert_ne!(
                state,
                VersionState::Building,
                "version {} is unfinished{}",
                version.number,
                listing()
            );
            if state == VersionState::Ready {
                assert_eq!(
                    Some(sha256(&self.bundle(version.number.get())).as_str()),
                    version.bundle_sha256.as_deref()
                );
                folders.push(version.folder.clone());
            }
            if version.verdict.is_some() && state == VersionState::Ready {
                let report = self.version_file(version.number.get(), "report.html");
                assert!(
                    report.exists(),
                    "version {} has no report{}",
                    version.number,
                    listing()
                );
            }
        }
        folders.sort();
        let on_disk = names_in(&self.path(&format!("models/{MODEL}")));
        assert_eq!(
            on_disk,
            folders,
            "version folders are not those of the ready versions{}",
            listing()
        );
        let expected: Vec<String> = books
            .dataset_runs
            .iter()
            .map(|run| format!("finaldata_{run}.parquet"))
            .collect();
        let lists: Vec<String> = books
            .dataset_runs
            .iter()
            .map(|run| format!("ingestedfiles_{run}.txt"))
            .collect();
        assert_eq!(
            names_in(&self.path("ingesteddata")),
            [expected, lists].concat(),
            "data sets are not the recorded ones{}",
            listing()
        );
        for (name, _) in files_below(self.root()) {
            let is_left_over = name.contains(".part-")
                || name.contains('#')
                || name.contains("deployment.new")
                || name.contains("deployment.old");
            assert!(!is_left_over, "{name} was left over{}", listing());
        }
        books
    }
}
