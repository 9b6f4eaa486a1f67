//! What this program was built from: the versions of its lock file, kept in the binary. Nothing is asked on a network, so
//! nothing is said of newer versions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Serialize;

/// The lock file as it was when the program was built.
const LOCK: &str = include_str!("../../Cargo.lock");
/// The manifest: which of the locked packages the program names itself.
const MANIFEST: &str = include_str!("../../Cargo.toml");

/// A locked dependency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether the program names it, rather than a dependency of it.
    pub direct: bool,
}

/// Everything that the program was built from, by name; those that only tests need are left out.
pub fn dependencies() -> &'static [Dependency] {
    static PARSED: OnceLock<Vec<Dependency>> = OnceLock::new();
    PARSED.get_or_init(|| locked(LOCK, MANIFEST, env!("CARGO_PKG_NAME")))
}

/// The direct dependencies as a table in text, and what the table is.
pub fn dependency_table() -> String {
    let direct = dependencies().iter().filter(|it| it.direct);
    let direct: Vec<&Dependency> = direct.collect();
    let width = direct.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut text = format!(
        "{:width$}  locked\n{}\n",
        "dependency",
        "-".repeat(width + 8)
    );
    for it in direct {
        text += &format!("{:width$}  {}\n", it.name, it.version);
    }
    text + "These are the versions this program was built with. No registry is queried for newer ones.\n"
}

/// A package of a lock file.
#[derive(Default)]
struct Package {
    name: String,
    version: String,
    needs: Vec<String>,
}

fn locked(lock: &str, manifest: &str, root: &str) -> Vec<Dependency> {
    let packages = packages(lock);
    // A package is named alone, or with its version where several versions of it are locked.
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (at, package) in packages.iter().enumerate() {
        places.insert(package.name.clone(), at);
        places.insert(format!("{} {}", package.name, package.version), at);
    }
    let named = named_in(manifest);
    let own = places.get(root).map(|&at| packages[at].needs.as_slice());
    let is_named = |need: &&String| named.contains(need.split(' ').next().unwrap_or_default());
    let direct: Vec<usize> = own
        .unwrap_or_default()
        .iter()
        .filter(is_named)
        .filter_map(|need| places.get(need).copied())
        .collect();
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    let mut next = direct.clone();
    while let Some(at) = next.pop() {
        if reached.insert(at) {
            let needs = packages[at].needs.iter();
            next.extend(needs.filter_map(|need| places.get(need).copied()));
        }
    }
    let mut found: Vec<Dependency> = reached
        .into_iter()
        .map(|at| Dependency {
            name: packages[at].name.clone(),
            version: packages[at].version.clone(),
            direct: direct.contains(&at),
        })
        .collect();
    found.sort();
    found
}

/// The packages of a lock file. Cargo writes it, one key a line.
fn packages(lock: &str) -> Vec<Package> {
    let mut packages: Vec<Package> = Vec::new();
    for line in lock.lines() {
        if line == "[[package]]" {
            packages.push(Package::default());
            continue;
        }
        let Some(package) = packages.last_mut() else {
            continue;
        };
        let quoted = |text: &str| text.trim().trim_matches(['"', ',']).to_string();
        match line.split_once(" = ") {
            Some(("name", value)) => package.name = quoted(value),
            Some(("version", value)) => package.version = quoted(value),
            None if line.starts_with(" \"") => package.needs.push(quoted(line)),
            _ => {}
        }
    }
    packages
}

/// Names in the manifest's table of dependencies; those of tests are in another.
fn named_in(manifest: &str) -> BTreeSet<&str> {
    let lines = manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]");
    let table = lines.skip(1).take_while(|line| !line.starts_with('['));
    table
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphanumeric()))
        .filter_map(|line| Some(line.split_once('=')?.0.trim()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_is_told_from_what_tests_need() {
        let lock = r#"
version = 4

[[package]]
name = "deep"
version = "1.0.0"

[[package]]
name = "deep"
version = "2.0.0"

[[package]]
name = "near"
version = "0.3.1"
dependencies = [
 "deep 2.0.0",
]

[[package]]
name = "own"
version = "0.1.0"
dependencies = [
 "deep 1.0.0",
 "near",
]
"#;
        let manifest = "[package]\nname = \"own\"\n\n[dependencies]\n# why\nnear = { version = \"0.3\", features = [\n    \"x\",\n] }\n\n[dev-dependencies]\ndeep = \"1\"\n";
        let dependency = |name: &str, version: &str, direct| Dependency {
            name: name.to_string(),
            version: version.to_string(),
            direct,
        };
        assert_eq!(
            locked(lock, manifest, "own"),
            [
                dependency("deep", "2.0.0", false),
                dependency("near", "0.3.1", true)
            ]
        );
        assert_eq!(locked("", "", "own"), []);
    }

    #[test]
    fn this_program_names_its_own() {
        let direct = |name: &str| {
            let mut named = dependencies().iter().filter(|it| it.direct);
            named.any(|it| it.name == name && !it.version.is_empty())
        };
        assert!(direct("warp") && direct("polars") && direct("sqlx"));
        assert!(!direct("insta") && !direct("unseat"));
        let lines = MANIFEST.lines().filter(|line| line.contains(" = "));
        assert!(lines.count() > 20, "the manifest is read");
        let table = dependency_table();
        assert!(table.contains("No registry is queried"), "{table}");
        assert!(
            table.lines().any(|line| line.starts_with("warp ")),
            "{table}"
        );
    }
}
