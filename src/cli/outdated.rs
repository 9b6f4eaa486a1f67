//! `diagnose --outdated`: the program's dependencies checked against a registry's index, as cargo is configured. Answers are kept for a
//! day in the user's cache, and what cannot be reached is `unknown`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::global::Global;
use super::{Failure, failure, output};
use crate::clock::Clock;
use crate::diagnose::{
    CheckedDependency, DependencyState, checked, dependencies, index_path, replaced_index,
    trusted_certificates,
};

/// The index where cargo's settings name none.
const USUAL: &str = "https://index.crates.io/";
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// For so long an answer is good.
const FRESH: Duration = Duration::from_secs(86_400);

/// Checks every direct dependency against the index.
///
/// # Errors
/// Never because of the network: what cannot be reached is `unknown`.
pub async fn outdated(global: &Global) -> Result<u8, Failure> {
    let done = tokio::task::spawn_blocking(look).await;
    let (index, found) = done.unwrap_or_else(|_| (USUAL.to_string(), Vec::new()));
    if global.json {
        let why = "no database of advisories is asked; `cargo deny check` does that";
        output::line(
            &json!({"index": index, "advisories": "unknown", "advisories_reason": why, "dependencies": found}),
        );
        return Ok(failure::DONE);
    }
    let header = ["dependency", "locked", "newest", "state"];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    let told = found
        .iter()
        .filter(|it| it.state != DependencyState::Current);
    rows.extend(told.map(|it| {
        let state = match &it.reason {
            Some(reason) => format!("unknown: {}", output::plain(reason)),
            None => it.state.name().to_string(),
        };
        let newest = it.newest.clone().unwrap_or_default();
        vec![it.name.clone(), it.locked.clone(), newest, state]
    }));
    if rows.len() > 1 {
        output::say(&output::table(&rows));
    }
    let count = |state| found.iter().filter(|it| it.state == state).count();
    output::say(&format!(
        "{} direct dependencies by {index}: {} current, {} outdated, {} yanked, {} unknown; advisories: unknown, since no database of them is queried (`cargo deny check` does)",
        found.len(),
        count(DependencyState::Current),
        count(DependencyState::Outdated),
        count(DependencyState::Yanked),
        count(DependencyState::Unknown),
    ));
    Ok(failure::DONE)
}

fn look() -> (String, Vec<CheckedDependency>) {
    let index = index();
    let tls = TlsConfig::builder().root_certs(roots().unwrap_or(RootCerts::WebPki));
    let agent = Agent::config_builder()
        .tls_config(tls.build())
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .build()
        .new_agent();
    let cache = cache_folder();
    // One that cannot be reached is not asked again for each package.
    let mut gone: Option<String> = None;
    let direct = dependencies().iter().filter(|it| it.direct);
    let found = direct.map(|dependency| {
        let path = index_path(&dependency.name);
        let kept = cache
            .as_ref()
            .map(|folder| folder.join(path.replace('/', "_")));
        let text = match (kept.as_deref().and_then(fresh), &gone) {
            (Some(text), _) => Ok(text),
            (None, Some(why)) => Err(why.clone()),
            (None, None) => asked(&agent, &format!("{index}{path}")).map_err(|(why, is_gone)| {
                if is_gone {
                    gone = Some(why.clone());
                }
                why
            }),
        };
        if let (Ok(text), Some(kept)) = (&text, &kept) {
            keep(kept, text);
        }
        checked(dependency, text.as_deref().map_err(Clone::clone))
    });
    let found = found.collect();
    (index, found)
}

/// The index that cargo is configured for.
fn index() -> String {
    let named = settings().find_map(|text| replaced_index(&text));
    let mut index = named.unwrap_or_else(|| USUAL.to_string());
    if !index.ends_with('/') {
        index.push('/');
    }
    index
}

/// Cargo's settings of this user.
fn settings() -> impl Iterator<Item = String> {
    let files = cargo_home()
        .into_iter()
        .flat_map(|home| ["config.toml", "config"].map(|name| home.join(name)));
    files.filter_map(|path| std::fs::read_to_string(path).ok())
}

/// The certificates that cargo trusts in the place of the usual ones, as behind a proxy of one's own: `CARGO_HTTP_CAINFO`, `cainfo`
/// in its settings, or `SSL_CERT_FILE`. `None` where none of them names a file with certificates.
fn roots() -> Option<RootCerts> {
    let named = |key: &str| std::env::var_os(key).map(PathBuf::from);
    let set = || settings().find_map(|text| trusted_certificates(&text));
    let file = named("CARGO_HTTP_CAINFO")
        .or_else(|| set().map(PathBuf::from))
        .or_else(|| named("SSL_CERT_FILE"))?;
    let text = std::fs::read(file).ok()?;
    let certificates: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    (!certificates.is_empty()).then(|| RootCerts::from(certificates))
}

fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
}

/// Where answers are kept, for each index apart.
fn cache_folder() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    let name = index().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    Some(named.or_else(home)?.join("unseat").join(name))
}

/// What was kept within the last day.
fn fresh(path: &Path) -> Option<String> {
    let changed: DateTime<Utc> = std::fs::metadata(path).ok()?.modified().ok()?.into();
    // A file's age is by the system's clock, whatever time the program was given.
    let age = (Clock::System.now() - changed).to_std().ok()?;
    (age < FRESH).then(|| std::fs::read_to_string(path).ok())?
}

/// Keeps an answer; a cache that cannot be written is none.
fn keep(path: &Path, text: &str) {
    if let Some(folder) = path.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let beside = path.with_extension("part");
    if std::fs::write(&beside, text).is_ok() {
        let _ = std::fs::rename(&beside, path);
    }
}

/// Asks the index; else why there is no answer, and whether the next would get none either.
fn asked(agent: &Agent, url: &str) -> Result<String, (String, bool)> {
    let mut answer = match agent.get(url).call() {
        Ok(answer) => answer,
        Err(error) => return Err((format!("the index cannot be reached: {error}"), true)),
    };
    match answer.status().as_u16() {
        200 => {
            let text = answer
                .body_mut()
                .with_config()
                .limit(16 << 20)
                .read_to_string();
            text.map_err(|error| (format!("the answer cannot be read: {error}"), false))
        }
        status => Err((format!("the index answered {status}"), false)),
    }
}
