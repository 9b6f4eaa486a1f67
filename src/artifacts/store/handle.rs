//! A prefix in a bucket: its client, and how its objects are named.

use std::sync::Arc;

use object_store::path::Path as Key;
use object_store::{Error as Said, ObjectStore};

use crate::artifacts::cache::Cache;
use crate::artifacts::client;
use crate::artifacts::error::Error;
use crate::artifacts::trouble::told;
use crate::model_types::StoreLocation;

/// A prefix in a bucket.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) client: Arc<dyn ObjectStore>,
    url: String,
    pub(super) prefix: String,
    pub(super) cache: Option<Arc<Cache>>,
}

impl Store {
    /// The prefix that a URL names. The store is not asked.
    ///
    /// # Errors
    /// When its settings cannot be used.
    pub fn open(place: &StoreLocation) -> Result<Store, Error> {
        let settings = &place.settings;
        let cache = Cache::open(&settings.cache, settings.most_cached);
        Ok(Store::over(
            client::client(place)?,
            &place.url,
            cache.map(Arc::new),
        ))
    }

    /// A prefix over a client.
    pub fn over(client: Arc<dyn ObjectStore>, url: &str, cache: Option<Arc<Cache>>) -> Store {
        let (_, prefix) = client::bucket_and_prefix(url);
        Store {
            client,
            url: url.trim_end_matches('/').to_string(),
            prefix: prefix.to_string(),
            cache,
        }
    }

    /// The URL of an object.
    pub fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
            .trim_end_matches('/')
            .to_string()
    }

    /// The store's own key of an object.
    pub(super) fn key(&self, key: &str) -> Key {
        let whole = format!("{}/{key}", self.prefix);
        // A slash at either end means nothing here.
        Key::parse(whole.trim_matches('/')).unwrap_or_else(|_| Key::from(whole))
    }

    /// What the store said of an object, in words.
    pub(super) fn told(&self, action: &'static str, key: &str, said: &Said) -> Error {
        told(action, self.url(key), said)
    }
}
