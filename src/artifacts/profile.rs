//! The files in which AWS' own tools keep keys and settings: `~/.aws/credentials` and `~/.aws/config`, by profile.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use object_store::CredentialProvider;
use object_store::aws::AwsCredential;

/// The keys of a profile, read again for each request, so that tools which renew them are followed.
#[derive(Debug, Clone)]
pub struct Profile {
    credentials: PathBuf,
    config: PathBuf,
    name: String,
}

impl Profile {
    /// The profile that the environment names, or `default`. `home` is the user's folder.
    pub fn of(variable: &dyn Fn(&str) -> Option<String>, home: &Path) -> Profile {
        let file = |name: &str, usual: &str| {
            variable(name).map_or_else(|| home.join(".aws").join(usual), PathBuf::from)
        };
        Profile {
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            config: file("AWS_CONFIG_FILE", "config"),
            name: variable("AWS_PROFILE").unwrap_or_else(|| "default".to_string()),
        }
    }

    /// A setting of the profile.
    pub fn setting(&self, key: &str) -> Option<String> {
        let named = format!("profile {}", self.name);
        let in_config = [named.as_str(), self.name.as_str()]
            .into_iter()
            .find_map(|section| read(&self.config, section).remove(key));
        read(&self.credentials, &self.name)
            .remove(key)
            .or(in_config)
    }

    /// Its keys, if it has any.
    pub fn keys(&self) -> Option<AwsCredential> {
        Some(AwsCredential {
            key_id: self.setting("aws_access_key_id")?,
            secret_key: self.setting("aws_secret_access_key")?,
            token: self.setting("aws_session_token"),
        })
    }
}

impl CredentialProvider for Profile {
    type Credential = AwsCredential;

    fn get_credential<'a, 'b>(
        &'a self,
    ) -> Pin<Box<dyn Future<Output = object_store::Result<Arc<AwsCredential>>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let keys = self.keys().ok_or_else(|| object_store::Error::Generic {
            store: "S3",
            source: format!(
                "AuthenticationFailed: the profile `{}` has no keys",
                self.name
            )
            .into(),
        });
        Box::pin(async move { keys.map(Arc::new) })
    }
}

/// The settings of a section of a file of that form; none of what is not there.
fn read(path: &Path, section: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut is_in = false;
    let mut found = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            is_in = name.trim() == section;
        } else if is_in
            && !line.starts_with(['#', ';'])
            && let Some((key, value)) = line.split_once('=')
        {
            found.insert(key.trim().to_string(), value.trim().to_string());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_its_own_keys_and_settings() {
        let home = tempfile::tempdir().expect("a folder");
        let aws = home.path().join(".aws");
        std::fs::create_dir(&aws).expect("a folder");
        let keys = "[default]\naws_access_key_id = A\naws_secret_access_key=a\n# no\n[big]\naws_access_key_id=B\naws_secret_access_key = b=b\naws_session_token=t\n";
        std::fs::write(aws.join("credentials"), keys).expect("writes");
        let config = "[default]\nregion=eu-west-1\n[profile big]\nregion = us-east-2\n";
        std::fs::write(aws.join("config"), config).expect("writes");
        let usual = Profile::of(&|_| None, home.path());
        assert_eq!(usual.setting("region").as_deref(), Some("eu-west-1"));
        assert_eq!(usual.keys().map(|keys| keys.key_id).as_deref(), Some("A"));
        let big = |name: &str| (name == "AWS_PROFILE").then(|| "big".to_string());
        let big = Profile::of(&big, home.path());
        assert_eq!(big.setting("region").as_deref(), Some("us-east-2"));
        let keys = big.keys().expect("keys");
        assert_eq!(
            (keys.secret_key.as_str(), keys.token.as_deref()),
            ("b=b", Some("t"))
        );
        let none = |name: &str| (name == "AWS_PROFILE").then(|| "none".to_string());
        assert!(Profile::of(&none, home.path()).keys().is_none());
    }
}
