//! `token`: a fresh token, shown once, and what goes into the settings for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rand::RngCore;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::global::Global;
use super::{Failure, failure, output};
use crate::config::Role;
use crate::config::tokens::is_token_name;
use crate::text::hex;

/// What every token begins with, so that one that got out is found for what it is.
const PREFIX: &str = "unseat_";

#[derive(Debug, Args)]
pub struct TokenArgs {
    /// Whose it is, for the logs
    name: String,
    /// What it allows; each may do what the ones before it may
    #[arg(value_parser = role_parser())]
    role: Role,
}

fn role_parser() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::name))
        .try_map(|name| Role::of(&name).ok_or("not a role"))
}

pub fn token(global: &Global, args: &TokenArgs) -> Result<u8, Failure> {
    let name = args.name.as_str();
    if !is_token_name(name) {
        let error = Failure::usage("use this name for a token");
        return Err(error.hint("use up to 64 letters, digits, `_`, `-`, `.` and `@`"));
    }
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let sha256 = hex(&Sha256::digest(&token));
    let role = args.role.name();
    let entry = json!({"name": name, "role": role, "sha256": sha256});
    let line = format!("{name} {role} {sha256}");
    if global.json {
        output::line(&json!({"token": token, "entry": entry, "line": line}));
        return Ok(failure::DONE);
    }
    output::say(&output::table(&[
        vec!["token".to_string(), token],
        vec!["server.tokens".to_string(), entry.to_string()],
        vec!["server.tokens_file".to_string(), line],
    ]));
    if !global.quiet {
        output::talk(
            "the token is shown this once: give it to the client that uses it, and put its hash into config.json or the file",
        );
    }
    Ok(failure::DONE)
}
