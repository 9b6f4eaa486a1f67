//! Ways of other systems that a server does not take by itself, each because it was a fault, a danger, or in another's way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far the calls of other systems go in their own ways. Each is off by default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Compatibility {
    /// Whose form `GET /models` has: `own` (which is that of the text service, with more keys) or `retraining_service`
    /// (`{"5": {"key": "<model>_5", "last_modified": …}}`).
    pub models: ModelsForm,
    /// Whether `DELETE /models/{model}` removes a model that is being served without `force`.
    pub delete_served: bool,
    /// Whether `GET /{version}/healthcheck` answers 200 also when its body is `Not OK`.
    pub healthcheck_always_200: bool,
    /// Folder in which `POST /prediction` with `{"file_location": "<file>"}` may read data files. Default: none.
    pub file_location: Option<String>,
    /// Buckets of S3 from which `POST /models` with `s3bucket` and `training_object` may read a training set. Default: none.
    pub training_buckets: Vec<String>,
}

/// Whose form the list of models has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelsForm {
    /// Models with everything that is known of each.
    #[default]
    Own,
    /// Versions of one model, as a service that retrains on request lists them.
    RetrainingService,
}
