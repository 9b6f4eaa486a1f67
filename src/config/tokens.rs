//! Tokens of callers, as the settings name them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model_types::Sha256;

/// One who may ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Who it is, for the logs.
    pub name: String,
    /// What it allows.
    pub role: Role,
    /// SHA-256 of the token in hexadecimal; the token itself is never in the configuration.
    pub sha256: String,
}

/// Tokens that cannot be: each has a name of its own and a hash of its own.
pub(super) fn token_problems(tokens: &[Token], say: &mut impl FnMut(&str, String)) {
    for (at, token) in tokens.iter().enumerate() {
        if !is_token_name(&token.name) {
            let reason = "use up to 64 letters, digits, `_`, `-`, `.` and `@`".to_string();
            say(&format!("tokens[{at}].name"), reason);
        }
        if !is_sha256(&token.sha256) {
            let reason = "is not a SHA-256 in hexadecimal (64 digits); `unseat token` makes one";
            say(&format!("tokens[{at}].sha256"), reason.to_string());
        }
        let same = |earlier: &Token| earlier.name == token.name;
        if let Some(first) = tokens[..at].iter().position(same) {
            let reason = format!("is the name of tokens[{first}], too");
            say(&format!("tokens[{at}].name"), reason);
        }
        let same = |earlier: &Token| earlier.sha256.eq_ignore_ascii_case(&token.sha256);
        if let Some(first) = tokens[..at].iter().position(same) {
            let reason = format!("is the hash of tokens[{first}], too: make a token for each");
            say(&format!("tokens[{at}].sha256"), reason);
        }
    }
}

/// Whether a text can be a token's name: it is in logs, and between blanks in a file.
pub fn is_token_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte))
}

/// Whether a text is a SHA-256 in hexadecimal.
pub fn is_sha256(text: &str) -> bool {
    text.parse::<Sha256>().is_ok()
}

/// What a token allows; each role may do what the ones before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look at models, versions, runs, scores and metrics.
    Read,
    /// And ask for predictions.
    Predict,
    /// And change things: promote, roll back, start runs.
    Admin,
}

impl Role {
    /// All, from the least to the most.
    pub const ALL: [Role; 3] = [Role::Read, Role::Predict, Role::Admin];

    /// The role of a name.
    pub fn of(name: &str) -> Option<Self> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::Predict => "predict",
            Role::Admin => "admin",
        }
    }
}
