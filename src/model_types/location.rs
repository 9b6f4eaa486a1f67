//! Where files of a project are: in a folder that this machine sees, or below a URL of an object store.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A folder, or a URL that stands for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A prefix in a bucket.
    Store(StoreLocation),
}

/// A prefix in a bucket of an object store: `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreLocation {
    /// The URL, without a slash at its end.
    pub url: String,
    /// How the store is asked, and where copies of its objects are kept.
    pub settings: Arc<StoreSettings>,
}

/// Requests to object stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// Folder for copies of objects; whatever is in it can be fetched again.
    pub cache: PathBuf,
    /// Bytes of copies that are kept at most.
    pub most_cached: u64,
    /// How long one answer may take, in milliseconds.
    pub request_ms: u64,
    /// How long a request is tried again for, in milliseconds.
    pub retry_ms: u64,
}

/// The schemes of stores that can be used.
pub const STORE_SCHEMES: [&str; 3] = ["s3", "gs", "az"];

impl Location {
    /// The folder of this machine in which its files are, or in which copies of them are.
    pub fn here(&self) -> PathBuf {
        match self {
            Location::Folder(folder) => folder.clone(),
            Location::Store(store) => store.mirror(),
        }
    }

    /// The folder, where it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Location::Folder(folder) => Some(folder),
            Location::Store(_) => None,
        }
    }

    /// The place that this one is in.
    pub fn parent(&self) -> Option<Location> {
        match self {
            Location::Folder(folder) => folder
                .parent()
                .map(|above| Location::Folder(above.to_path_buf())),
            Location::Store(store) => {
                let (above, _) = store.url.rsplit_once('/')?;
                let is_bucket = !above.ends_with('/');
                is_bucket.then(|| {
                    Location::Store(StoreLocation {
                        url: above.to_string(),
                        settings: Arc::clone(&store.settings),
                    })
                })
            }
        }
    }

    /// Its own name in the one that it is in.
    pub fn name(&self) -> Option<String> {
        let shown = self.shown();
        shown
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
    }

    /// Its path or its URL, for messages.
    pub fn shown(&self) -> PathBuf {
        match self {
            Location::Folder(folder) => folder.clone(),
            Location::Store(store) => PathBuf::from(&store.url),
        }
    }

    /// A place below this one.
    pub fn join(&self, below: &str) -> Location {
        match self {
            Location::Folder(folder) => Location::Folder(folder.join(below)),
            Location::Store(store) => Location::Store(store.join(below)),
        }
    }
}

impl StoreLocation {
    /// A prefix below this one.
    pub fn join(&self, below: &str) -> StoreLocation {
        StoreLocation {
            url: format!("{}/{}", self.url, below.trim_matches('/')),
            settings: Arc::clone(&self.settings),
        }
    }

    /// Where copies of its objects stand under their own names.
    pub fn mirror(&self) -> PathBuf {
        self.kept("mirrors")
    }

    /// Where the beginnings of its objects stand under their own names.
    pub fn heads(&self) -> PathBuf {
        self.kept("heads")
    }

    fn kept(&self, what: &str) -> PathBuf {
        let name = self.url.replace('%', "%25").replace('/', "%2F");
        self.settings.cache.join(what).join(name)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Folder(folder) => folder.display().fmt(formatter),
            Location::Store(store) => formatter.write_str(&store.url),
        }
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The scheme of a URL: `s3` of `s3://bucket/x`, also where a slash was lost on the way.
pub fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, rest) = text.trim().split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || "+-.".contains(one));
    (is_scheme && rest.starts_with('/')).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_from_folders() {
        for (text, scheme) in [
            ("s3://bucket/x", Some("s3")),
            ("gs://b", Some("gs")),
            ("az://c/d", Some("az")),
            ("file:///srv/data", Some("file")),
            (" abfss://a@b/c", Some("abfss")),
            ("s3:/bucket/x", Some("s3")),
            ("HTTPS://x", Some("HTTPS")),
            ("data/a:b", None),
            ("/srv/s3://x", None),
            ("2025:/x", None),
            ("data", None),
        ] {
            assert_eq!(scheme_of(text), scheme, "{text}");
        }
    }

    #[test]
    fn mirrors_of_two_urls_are_two_folders() {
        let settings = Arc::new(StoreSettings {
            cache: PathBuf::from("cache"),
            most_cached: 1,
            request_ms: 1,
            retry_ms: 1,
        });
        let place = |url: &str| StoreLocation {
            url: url.to_string(),
            settings: Arc::clone(&settings),
        };
        assert_ne!(place("s3://a/b%2Fc").mirror(), place("s3://a/b/c").mirror());
        assert_eq!(place("s3://a/b").join("/c/").url, "s3://a/b/c");
    }
}
