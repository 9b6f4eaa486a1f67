//! Where files are kept, and how object stores are reached.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::paths::{CREATED_FOLDER, below};
use super::problem::Problem;
use crate::model_types::{Location, STORE_SCHEMES, StoreLocation, StoreSettings, scheme_of};

/// Requests to object stores, and the cache of their objects; without effect where every folder is on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Artifacts {
    /// Folder for copies of objects. Whatever is in it can be fetched again.
    pub cache_folder: String,
    /// Megabytes of copies that are kept at most; those used longest ago go first.
    pub cache_megabytes: u64,
    /// Seconds that one answer of a store may take.
    pub request_seconds: u32,
    /// Seconds for which a request is tried again after a fault of the store, with growing pauses.
    pub retry_seconds: u32,
}

impl Default for Artifacts {
    fn default() -> Self {
        Artifacts {
            cache_folder: ".unseat-cache".to_string(),
            cache_megabytes: 2048,
            request_seconds: 30,
            retry_seconds: 120,
        }
    }
}

/// Where the folders of a project are, as far as all its models share it.
#[derive(Debug, Clone)]
pub struct Stores {
    /// The URL below which what the program writes is kept; none where that is in folders.
    pub url: Option<String>,
    /// How they are reached, as the settings say it.
    pub asked: Artifacts,
    settings: Arc<StoreSettings>,
}

impl Stores {
    /// What the settings of a project say.
    pub(super) fn read(
        object: &Map<String, Value>,
        project: &Path,
        artifacts: &Artifacts,
        problems: &mut Vec<Problem>,
    ) -> Stores {
        let mut within = |key: &str, value: u32, most: u32| {
            if value == 0 || value > most {
                let reason = format!("{value} is not from 1 to {most}");
                problems.push(Problem::at(&format!("artifacts.{key}"), reason));
            }
        };
        within("request_seconds", artifacts.request_seconds, 3600);
        within("retry_seconds", artifacts.retry_seconds, 3600);
        if artifacts.cache_folder.trim().is_empty() {
            let reason = "is empty; name a folder".to_string();
            problems.push(Problem::at("artifacts.cache_folder", reason));
        } else if scheme_of(&artifacts.cache_folder).is_some() {
            let reason = "is a URL, and copies are kept on this machine; name a folder".to_string();
            problems.push(Problem::at("artifacts.cache_folder", reason));
        }
        let mut stores = Stores {
            url: None,
            asked: artifacts.clone(),
            settings: Arc::new(StoreSettings {
                cache: below(project, &artifacts.cache_folder),
                most_cached: artifacts.cache_megabytes.saturating_mul(1_000_000),
                request_ms: u64::from(artifacts.request_seconds) * 1000,
                retry_ms: u64::from(artifacts.retry_seconds) * 1000,
            }),
        };
        if let Some(url) = object.get("artifact_url").and_then(Value::as_str) {
            match stores.place(project, url) {
                Ok(_) if scheme_of(url).is_some() => stores.url = Some(trimmed(url)),
                Ok(_) => problems.push(Problem::at(
                    "artifact_url",
                    "is not a URL; write it as s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, az://CONTAINER/PREFIX or file:///FOLDER"
                        .to_string(),
                )),
                Err(reason) => problems.push(Problem::at("artifact_url", reason)),
            }
        }
        stores
    }

    /// Where a folder that is only read is: below the project, or at its URL.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn place(&self, project: &Path, folder: &str) -> Result<Location, String> {
        let Some(scheme) = scheme_of(folder) else {
            return Ok(Location::Folder(below(project, folder)));
        };
        // What Hadoop and Spark call S3.
        let (scheme, url) = match scheme {
            "s3a" => ("s3", trimmed(folder).replacen("s3a", "s3", 1)),
            scheme => (scheme, trimmed(folder)),
        };
        let rest = url.get(scheme.len() + 1..).unwrap_or_default();
        if scheme == "file" {
            let path = rest.strip_prefix("//").unwrap_or_default();
            return if path.starts_with('/') {
                Ok(Location::Folder(path.into()))
            } else {
                Err("write a folder of this machine as file:///FOLDER".to_string())
            };
        }
        if !STORE_SCHEMES.contains(&scheme) {
            return Err(format!(
                "is a URL of a kind that cannot be used (`{scheme}://`); folders may be in s3://, gs:// and az://, or on this machine; mount it, or copy its files into a folder"
            ));
        }
        let bucket = rest.strip_prefix("//").unwrap_or_default();
        let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
        if bucket.is_empty() {
            return Err(format!(
                "names no bucket; write it as {scheme}://BUCKET/PREFIX"
            ));
        }
        if bucket.contains('@') || url.contains(['?', '#']) {
            return Err(
                "holds more than a bucket and a prefix; keys and other settings come from the store's own variables"
                    .to_string(),
            );
        }
        if prefix
            .split('/')
            .any(|part| ["", ".", ".."].contains(&part))
            && !prefix.is_empty()
        {
            return Err("has an empty part, `.` or `..` in its prefix".to_string());
        }
        Ok(Location::Store(StoreLocation {
            url,
            settings: Arc::clone(&self.settings),
        }))
    }

    /// Where logs of runs are kept for other machines: below `artifact_url`, where that is in a store.
    pub fn logs(&self, project: &Path) -> Option<Location> {
        self.url.as_ref()?;
        let place = self.written(project, "logs").ok()?;
        place.folder().is_none().then_some(place)
    }

    /// Where a folder that the program writes is: at its own URL, below `artifact_url` where there is one, or below the project.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn written(&self, project: &Path, folder: &str) -> Result<Location, String> {
        let own = || self.place(project, folder);
        let Some(url) = self.url.as_ref().filter(|_| scheme_of(folder).is_none()) else {
            return own();
        };
        let parts = folder.split('/').filter(|part| !["", "."].contains(part));
        let parts: Vec<&str> = parts.collect();
        if folder.starts_with('/') || parts.contains(&"..") {
            return Err(
                "is not below the project, so it has no place below `artifact_url`; name a folder below it, or a URL"
                    .to_string(),
            );
        }
        self.place(project, &format!("{url}/{}", parts.join("/")))
    }

    /// Where a folder with data is: as [`Stores::place`], but that of a model that was created by request is written by the program.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn data(&self, project: &Path, folder: &str) -> Result<Location, String> {
        if folder.split('/').next() == Some(CREATED_FOLDER) {
            return self.written(project, folder);
        }
        self.place(project, folder)
    }
}

fn trimmed(url: &str) -> String {
    url.trim().trim_end_matches('/').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stores(url: Option<&str>) -> Stores {
        let mut object = Map::new();
        if let Some(url) = url {
            object.insert("artifact_url".to_string(), url.into());
        }
        let mut problems = Vec::new();
        let read = Stores::read(
            &object,
            Path::new("p"),
            &Artifacts::default(),
            &mut problems,
        );
        assert!(problems.is_empty(), "{problems:?}");
        read
    }

    #[test]
    fn what_is_written_goes_below_the_url_and_what_is_read_stays() {
        let shown = |place: Result<Location, String>| place.map(|place| place.to_string());
        let ok = |text: &str| Ok(text.to_string());
        let project = Path::new("p");
        let local = stores(None);
        assert_eq!(shown(local.written(project, "models")), ok("p/models"));
        let remote = stores(Some("s3://bucket/prefix/"));
        let written = |folder| shown(remote.written(project, folder));
        assert_eq!(written("./models"), ok("s3://bucket/prefix/models"));
        assert_eq!(written("gs://other/m"), ok("gs://other/m"));
        assert!(written("/srv/models").is_err() && written("../models").is_err());
        let data = |folder| shown(remote.data(project, folder));
        assert_eq!(data("practicedata"), ok("p/practicedata"));
        assert_eq!(
            data("models_data/a/data/source"),
            ok("s3://bucket/prefix/models_data/a/data/source")
        );
        assert_eq!(data("file:///srv/in"), ok("/srv/in"));
    }

    #[test]
    fn urls_that_cannot_be_used_are_told() {
        let stores = stores(None);
        for url in [
            "ftp://host/x",
            "http://host/x",
            "s3:/bucket/x",
            "s3://",
            "s3:///x",
            "s3://me:secret@bucket/x",
            "s3://bucket/x?region=a",
            "s3://bucket/../x",
            "s3://bucket//x",
            "file://srv/x",
        ] {
            assert!(stores.place(Path::new("p"), url).is_err(), "{url}");
        }
    }
}
