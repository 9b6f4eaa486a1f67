//! The client of a bucket: keys, region and address from the store's own variables, a profile, or the role of the machine.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use object_store::aws::{
    AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, AwsCredentialProvider, Checksum,
};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use super::error::{Error, Trouble};
use crate::model_types::{StoreLocation, StoreSettings};

/// Variables of the process that stores go by.
static VARIABLES: OnceLock<HashMap<String, String>> = OnceLock::new();
/// One client per bucket and process: connections and credentials are shared.
static CLIENTS: Mutex<Option<Clients>> = Mutex::new(None);

type Clients = HashMap<String, Arc<dyn ObjectStore>>;

/// Which of a process' variables stores go by.
const PREFIXES: [&str; 5] = ["AWS_", "GOOGLE_", "AZURE_", "HOME", "STORAGE_EMULATOR_HOST"];

/// Hands over the variables of the process, of which those of stores are kept. Without it, none are known.
pub fn know_variables(all: impl Iterator<Item = (String, String)>) {
    let ours = all.filter(|(name, _)| PREFIXES.iter().any(|it| name.starts_with(it)));
    let _ = VARIABLES.set(ours.collect());
}

/// The client for the bucket of a URL.
///
/// # Errors
/// When the settings of the store cannot be used.
pub fn client(place: &StoreLocation) -> Result<Arc<dyn ObjectStore>, Error> {
    let (bucket, _) = bucket_and_prefix(&place.url);
    let key = format!("{bucket} {:?}", place.settings);
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let clients = clients.get_or_insert_default();
    if let Some(client) = clients.get(&key) {
        return Ok(Arc::clone(client));
    }
    let none = HashMap::new();
    let variables = VARIABLES.get().unwrap_or(&none);
    let made = make(bucket, &place.settings, variables)?;
    clients.insert(key, Arc::clone(&made));
    Ok(made)
}

/// `s3://bucket` and `prefix` of `s3://bucket/prefix`.
pub fn bucket_and_prefix(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + 3);
    match url[host..].find('/') {
        Some(at) => (&url[..host + at], url[host + at..].trim_matches('/')),
        None => (url, ""),
    }
}

/// A client made of given variables.
///
/// # Errors
/// When the settings of the store cannot be used.
pub fn make(
    bucket: &str,
    settings: &StoreSettings,
    variables: &HashMap<String, String>,
) -> Result<Arc<dyn ObjectStore>, Error> {
    let request = Duration::from_millis(settings.request_ms);
    let options = ClientOptions::new()
        .with_timeout(request)
        .with_connect_timeout(request.min(Duration::from_secs(5)))
        .with_allow_http(true);
    let retry = RetryConfig {
        // With jitter: each wait is drawn between the first and a bound that doubles.
        backoff: BackoffConfig::default(),
        max_retries: 10,
        retry_timeout: Duration::from_millis(settings.retry_ms),
    };
    let made = match bucket.split(':').next() {
        Some("s3") => {
            s3(bucket, options, retry, variables).map(|made| Arc::new(made) as Arc<dyn ObjectStore>)
        }
        Some("gs") => {
            let builder = GoogleCloudStorageBuilder::new().with_url(bucket);
            let builder = lower(variables).fold(builder, |builder, (name, value)| {
                match name.parse::<GoogleConfigKey>() {
                    Ok(key) if name.starts_with("google_") => builder.with_config(key, value),
                    _ => builder,
                }
            });
            let builder = builder.with_client_options(options).with_retry(retry);
            builder
                .build()
                .map(|it| Arc::new(it) as Arc<dyn ObjectStore>)
        }
        _ => {
            let builder = MicrosoftAzureBuilder::new().with_url(bucket);
            let builder = lower(variables).fold(builder, |builder, (name, value)| {
                match name.parse::<AzureConfigKey>() {
                    Ok(key) if name.starts_with("azure_") => builder.with_config(key, value),
                    _ => builder,
                }
            });
            let builder = builder.with_client_options(options).with_retry(retry);
            builder
                .build()
                .map(|it| Arc::new(it) as Arc<dyn ObjectStore>)
        }
    };
    made.map_err(|said| Error::Store {
        action: "use",
        object: bucket.to_string(),
        trouble: Trouble::Credentials,
        why: said.to_string(),
    })
}

/// A variable of the process that stores go by.
pub(super) fn variable(name: &str) -> Option<String> {
    VARIABLES.get()?.get(name).cloned()
}

/// The profile of the process' variables.
pub(super) fn profile(variables: &dyn Fn(&str) -> Option<String>) -> super::profile::Profile {
    let home = variables("HOME").map_or_else(PathBuf::new, PathBuf::from);
    super::profile::Profile::of(variables, &home)
}

/// Keys for AWS, by the variables of the process: its own, a profile's, or those of the machine's role.
///
/// # Errors
/// When the settings cannot be used.
pub(super) fn aws_credentials() -> object_store::Result<AwsCredentialProvider> {
    let none = HashMap::new();
    let variables = VARIABLES.get().unwrap_or(&none);
    let options = ClientOptions::new().with_allow_http(true);
    // No bucket is involved.
    let made = s3("s3://none", options, RetryConfig::default(), variables)?;
    Ok(Arc::clone(made.credentials()))
}

fn s3(
    bucket: &str,
    options: ClientOptions,
    retry: RetryConfig,
    variables: &HashMap<String, String>,
) -> object_store::Result<AmazonS3> {
    let mut builder = AmazonS3Builder::new();
    for (name, value) in lower(variables) {
        if let Ok(key) = name.parse::<AmazonS3ConfigKey>()
            && name.starts_with("aws_")
        {
            builder = builder.with_config(key, value);
        }
    }
    let variable = |name: &str| variables.get(name).cloned();
    let profile = profile(&variable);
    let has = |name: &str| variables.contains_key(name);
    if !has("AWS_REGION")
        && !has("AWS_DEFAULT_REGION")
        && let Some(region) = profile.setting("region")
    {
        builder = builder.with_region(region);
    }
    if !has("AWS_ENDPOINT_URL")
        && !has("AWS_ENDPOINT_URL_S3")
        && let Some(address) = profile.setting("endpoint_url")
    {
        builder = builder.with_endpoint(address);
    }
    let has_others = [
        "AWS_ACCESS_KEY_ID",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];
    if (has("AWS_PROFILE") || !has_others.iter().any(|it| has(it))) && profile.keys().is_some() {
        builder = builder.with_credentials(Arc::new(profile));
    }
    builder
        .with_url(bucket)
        .with_checksum_algorithm(Checksum::SHA256)
        .with_client_options(options)
        .with_retry(retry)
        .build()
}

fn lower(variables: &HashMap<String, String>) -> impl Iterator<Item = (String, &String)> {
    variables
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
}

#[cfg(test)]
mod tests {
    use super::bucket_and_prefix;

    #[test]
    fn a_url_is_a_bucket_and_a_prefix() {
        for (url, parts) in [
            ("s3://b", ("s3://b", "")),
            ("s3://b/", ("s3://b", "")),
            ("gs://b/x/y", ("gs://b", "x/y")),
            ("az://c/x/", ("az://c", "x")),
        ] {
            assert_eq!(bucket_and_prefix(url), parts, "{url}");
        }
    }
}
