//! Dependencies checked against a registry's index: is there a newer version, or was the locked one withdrawn? Pure: it is given
//! what the index says and asks nothing itself.

use serde::{Deserialize, Serialize};

use super::Dependency;

/// What a registry says of a locked version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DependencyState {
    /// The locked version is the newest.
    Current,
    /// There is a newer one.
    Outdated,
    /// The locked version was withdrawn.
    Yanked,
    /// The registry could not be asked, or knows nothing of it.
    Unknown,
}

impl DependencyState {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            DependencyState::Current => "current",
            DependencyState::Outdated => "outdated",
            DependencyState::Yanked => "yanked",
            DependencyState::Unknown => "unknown",
        }
    }
}

/// A locked dependency beside what the registry has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedDependency {
    /// Its name.
    pub name: String,
    /// The version that the program was built with.
    pub locked: String,
    /// The newest version that is neither withdrawn nor a pre-release; `None` where nothing is known.
    pub newest: Option<String>,
    /// The verdict.
    pub state: DependencyState,
    /// Why nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A line of the index.
#[derive(Deserialize)]
struct Line {
    vers: String,
    #[serde(default)]
    yanked: bool,
}

/// Checks a dependency against the lines of its file in the index, or says why there are none.
pub fn checked(dependency: &Dependency, index: Result<&str, String>) -> CheckedDependency {
    let unknown = |reason: String| CheckedDependency {
        name: dependency.name.clone(),
        locked: dependency.version.clone(),
        newest: None,
        state: DependencyState::Unknown,
        reason: Some(reason),
    };
    let lines = match index {
        Ok(text) => text
            .lines()
            .filter_map(|line| serde_json::from_str::<Line>(line).ok()),
        Err(reason) => return unknown(reason),
    };
    let lines: Vec<Line> = lines.collect();
    let Some(locked) = lines.iter().find(|line| line.vers == dependency.version) else {
        return unknown("the index does not name the locked version".to_string());
    };
    let whole = lines.iter().filter(|line| !line.yanked);
    let newest = whole
        .filter_map(|line| Some((parts(&line.vers)?, &line.vers)))
        .max();
    let is_newer = match (&newest, parts(&locked.vers)) {
        (Some((newest, _)), Some(locked)) => *newest > locked,
        _ => false,
    };
    CheckedDependency {
        name: dependency.name.clone(),
        locked: dependency.version.clone(),
        newest: newest.map(|(_, text)| text.clone()),
        state: match (locked.yanked, is_newer) {
            (true, _) => DependencyState::Yanked,
            (false, true) => DependencyState::Outdated,
            (false, false) => DependencyState::Current,
        },
        reason: None,
    }
}

/// Major, minor and patch; `None` of a pre-release. What is behind a `+` does not count.
fn parts(version: &str) -> Option<[u64; 3]> {
    let version = version.split('+').next()?;
    let mut numbers = version.split('.').map(|part| part.parse::<u64>().ok());
    let three = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(three)
}

/// Where a package's file is below a sparse index: `serde` in `se/rd/serde`.
pub fn index_path(name: &str) -> String {
    let name = name.to_lowercase();
    match name.len() {
        0 => String::new(),
        1 => format!("1/{name}"),
        2 => format!("2/{name}"),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    }
}

/// The sparse index that cargo's settings name in the place of crates.io's, if they do: `replace-with` of `[source.crates-io]`,
/// and `registry` of the source that it names.
pub fn replaced_index(config: &str) -> Option<String> {
    let source = value_of(config, "source.crates-io", "replace-with")?;
    let registry = value_of(config, &format!("source.{source}"), "registry")?;
    registry.strip_prefix("sparse+").map(str::to_string)
}

/// The file of certificates that cargo's settings trust, if they name one: `cainfo` of `[http]`.
pub fn trusted_certificates(config: &str) -> Option<String> {
    value_of(config, "http", "cainfo")
}

/// A text in cargo's settings: the key of a section, each on a line of its own.
fn value_of(config: &str, section: &str, key: &str) -> Option<String> {
    let mut here = String::new();
    let mut found = None;
    for line in config.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            here = name.trim_end_matches(']').replace(['"', '\''], "");
        } else if here == section
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
        {
            let value = value.trim().trim_matches(['"', '\'']);
            found = Some(value.to_string());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(version: &str) -> Dependency {
        Dependency {
            name: "one".to_string(),
            version: version.to_string(),
            direct: true,
        }
    }

    #[test]
    fn the_newest_whole_version_counts() {
        let index = r#"{"vers":"1.2.0","yanked":false}
{"vers":"1.9.0","yanked":false}
{"vers":"1.10.0+build","yanked":false}
{"vers":"2.0.0-rc.1","yanked":false}
{"vers":"3.0.0","yanked":true}
half a line"#;
        for (locked, state) in [
            ("1.10.0+build", DependencyState::Current),
            ("1.9.0", DependencyState::Outdated),
            ("3.0.0", DependencyState::Yanked),
            ("7.0.0", DependencyState::Unknown),
        ] {
            let found = checked(&dependency(locked), Ok(index));
            assert_eq!(found.state, state, "{locked}: {found:?}");
        }
        let found = checked(&dependency("1.2.0"), Ok(index));
        assert_eq!(found.newest.as_deref(), Some("1.10.0+build"));
        let gone = checked(&dependency("1.2.0"), Err("no answer".to_string()));
        assert_eq!(gone.state, DependencyState::Unknown);
        assert_eq!(gone.reason.as_deref(), Some("no answer"));
    }

    #[test]
    fn a_package_is_found_where_cargo_looks() {
        for (name, path) in [
            ("a", "1/a"),
            ("ab", "2/ab"),
            ("abc", "3/a/abc"),
            ("Serde_json", "se/rd/serde_json"),
        ] {
            assert_eq!(index_path(name), path);
        }
        let config = "[source.crates-io]\nreplace-with = \"mirror\"\n\n[source.mirror]\nregistry = 'sparse+https://a.b/index/'\n";
        assert_eq!(
            replaced_index(config).as_deref(),
            Some("https://a.b/index/")
        );
        assert_eq!(
            replaced_index(
                "[source.crates-io]\nreplace-with = 'vendored'\n[source.vendored]\ndirectory = 'v'\n"
            ),
            None
        );
        assert_eq!(replaced_index(""), None);
    }

    #[test]
    fn certificates_are_those_that_cargo_is_told_of() {
        let config = "[net]\ncainfo = \"no\"\n[http]\ncainfo = \"/etc/own.pem\"\n";
        assert_eq!(
            trusted_certificates(config).as_deref(),
            Some("/etc/own.pem")
        );
        assert_eq!(trusted_certificates("[http]\n"), None);
    }
}
