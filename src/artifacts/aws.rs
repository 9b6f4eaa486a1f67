//! Signed requests to another service of AWS, with the keys that the stores go by.

use object_store::aws::AwsAuthorizer;
use object_store::client::{HttpRequest, HttpRequestBody};

use super::client::{aws_credentials, profile, variable};
use super::error::{Error, Trouble};

/// A service of AWS in a region, and where it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name in addresses and signatures, like `dynamodb`.
    pub name: &'static str,
    /// The region.
    pub region: String,
    /// Its address.
    pub url: String,
}

impl Service {
    /// A service by the settings, else by the variables that AWS' own tools go by.
    ///
    /// # Errors
    /// When no region is known.
    pub fn find(
        name: &'static str,
        region: Option<&str>,
        endpoint: Option<&str>,
    ) -> Result<Service, Error> {
        let region = region.map(str::to_string);
        let region = region
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"))
            .or_else(|| profile(&variable).setting("region"));
        let region = region.ok_or_else(|| Error::Store {
            action: "find",
            object: format!("the region of {name}"),
            trouble: Trouble::Credentials,
            why: "set it, or AWS_REGION".to_string(),
        })?;
        let own = format!("AWS_ENDPOINT_URL_{}", name.to_ascii_uppercase());
        let url = endpoint.map(str::to_string);
        let url = url
            .or_else(|| variable(&own))
            .or_else(|| variable("AWS_ENDPOINT_URL"))
            .or_else(|| profile(&variable).setting("endpoint_url"))
            .unwrap_or_else(|| format!("https://{name}.{region}.amazonaws.com"));
        let url = format!("{}/", url.trim_end_matches('/'));
        Ok(Service { name, region, url })
    }

    /// The headers of a `POST` of a body, signature included. The body must be sent as it is here.
    ///
    /// # Errors
    /// When there are no keys, or no request can be made of this.
    pub async fn signed(
        &self,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        let failed = |why: String| Error::Store {
            action: "use",
            object: self.url.clone(),
            trouble: Trouble::Credentials,
            why,
        };
        let provider = aws_credentials().map_err(|said| failed(said.to_string()))?;
        let keys = provider.get_credential().await;
        let keys = keys.map_err(|said| failed(said.to_string()))?;
        let mut request = HttpRequest::new(HttpRequestBody::from(body.as_bytes().to_vec()));
        let not_made = || failed("is not a valid address".to_string());
        *request.method_mut() = "POST".parse().map_err(|_| not_made())?;
        *request.uri_mut() = self.url.parse().map_err(|_| not_made())?;
        for (name, value) in headers {
            let value = value.parse().map_err(|_| not_made())?;
            request.headers_mut().insert(*name, value);
        }
        AwsAuthorizer::new(&keys, self.name, &self.region).authorize(&mut request, None);
        let headers = request.headers().iter().filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some((name.to_string(), value.to_string()))
        });
        Ok(headers.collect())
    }
}
