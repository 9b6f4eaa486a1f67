//! The `engine` section: where ingest, statistics and training are done.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// This machine.
    #[default]
    Local,
    /// A server of Spark Connect.
    Spark,
}

/// Where ingest, statistics and training are done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Engine {
    /// What does the work. `spark` needs a program that was built with `--features spark`.
    pub kind: EngineKind,
    /// Address of the server, `sc://HOST:15002`; with TLS `sc://HOST:15002/;use_ssl=true`.
    pub url: Option<String>,
    /// File with the token that the server asks for; sent over TLS, or to this machine only.
    pub token_file: Option<String>,
    /// Rows that come to this machine at most: what is checked, split, chosen on and profiled, and what learners other than
    /// `logistic`, `linear`, `ridge`, `elastic_net` and `boosted_trees` learn from. A data set of no more rows comes whole.
    pub sample_rows: u64,
    /// Seconds without a way to the server after which a run gives up.
    pub lost_seconds: u32,
}

impl Default for Engine {
    fn default() -> Self {
        Engine {
            kind: EngineKind::Local,
            url: None,
            token_file: None,
            sample_rows: 200_000,
            lost_seconds: 20,
        }
    }
}

/// Whether this program can reach a server of Spark Connect.
pub const HAS_SPARK: bool = cfg!(feature = "spark");
const ADDRESS: &str = "write it as sc://HOST:15002, with TLS sc://HOST:15002/;use_ssl=true";

impl Engine {
    /// Whether the work is done elsewhere.
    pub fn is_remote(&self) -> bool {
        self.kind == EngineKind::Spark
    }

    /// What can change a verdict, for the hash of the settings; nothing where this machine does the work.
    pub fn not_default(&self) -> Option<String> {
        let parts = || serde_json::json!(["engine", self.kind, self.sample_rows]).to_string();
        self.is_remote().then(parts)
    }

    /// What is wrong with the section alone.
    pub(super) fn check_alone(&self, say: &mut impl FnMut(&str, String)) {
        if self.kind == EngineKind::Local {
            if self.url.is_some() {
                say(
                    "url",
                    "has no meaning with `kind: local`; set `kind` to `spark`, or leave it out"
                        .to_string(),
                );
            }
            return;
        }
        if !HAS_SPARK {
            let why = "`spark` is not built into this program; build it with `cargo build --release --features spark` (needs protoc: apt-get install protobuf-compiler)";
            say("kind", why.to_string());
        }
        match &self.url {
            None => say(
                "url",
                format!("is missing, and `kind` is `spark`; {ADDRESS}"),
            ),
            Some(url) => {
                if let Some(why) = wrong_address(url) {
                    say("url", why);
                }
            }
        }
        for (key, value, low, high) in [
            ("sample_rows", self.sample_rows, 100, 50_000_000),
            ("lost_seconds", u64::from(self.lost_seconds), 1, 86_400),
        ] {
            if !(low..=high).contains(&value) {
                say(key, format!("{value} is not from {low} to {high}"));
            }
        }
    }
}

/// What is wrong with an address.
fn wrong_address(url: &str) -> Option<String> {
    let Some(rest) = url.strip_prefix("sc://") else {
        return Some(ADDRESS.to_string());
    };
    let (server, options) = rest.split_once('/').unwrap_or((rest, ""));
    if options.split(';').any(|it| it.starts_with("token=")) {
        return Some(
            "holds a token; put it into a file and name that in `engine.token_file`".to_string(),
        );
    }
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    let port = server.rsplit_once(':').map(|(_, port)| port);
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    (host.is_empty() || !is_port).then(|| ADDRESS.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_server_and_holds_no_token() {
        for url in [
            "sc://localhost",
            "sc://10.0.0.1:15002",
            "sc://spark.example.org:443/;use_ssl=true",
        ] {
            assert_eq!(wrong_address(url), None, "{url}");
        }
        for (url, part) in [
            ("spark://host:7077", "sc://HOST"),
            ("sc://", "sc://HOST"),
            ("sc://host:many", "sc://HOST"),
            ("sc://host:0", "sc://HOST"),
            ("sc://host:1/;use_ssl=true;token=abc", "token_file"),
        ] {
            let why = wrong_address(url).expect(url);
            assert!(why.contains(part), "{url}: {why}");
        }
    }

    #[test]
    fn only_a_remote_engine_changes_the_hash_of_the_settings() {
        assert_eq!(Engine::default().not_default(), None);
        let remote = Engine {
            kind: EngineKind::Spark,
            ..Engine::default()
        };
        assert_eq!(
            remote.not_default().as_deref(),
            Some(r#"["engine","spark",200000]"#)
        );
    }
}
