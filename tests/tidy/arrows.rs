//! Which file of the crate names which: `use` lines and paths, followed through what modules hand on with `pub use`.
//!
//! A file that only re-exports a name does not depend on it; what uses the name depends on the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;

/// One file as a module.
struct Module {
    /// `["serve", "rows"]` for `src/serve/rows/mod.rs`.
    path: Vec<String>,
    imports: Vec<Import>,
    /// Paths outside `use` lines, two names and more.
    paths: Vec<Vec<String>>,
    /// Every name outside `use` lines.
    words: BTreeSet<String>,
}

/// One name that a `use` line binds.
struct Import {
    path: Vec<String>,
    name: String,
    is_handed_on: bool,
}

/// Arrows between the files of a crate: for each file, `(its name, files that it names)`, without itself.
pub fn arrows(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let sources: Vec<&Source> = sources.iter().filter(|source| !source.is_test()).collect();
    let modules: Vec<Module> = sources.iter().map(|source| module(source)).collect();
    let by_path: BTreeMap<&[String], usize> = modules
        .iter()
        .enumerate()
        .map(|(at, module)| (module.path.as_slice(), at))
        .collect();
    let house = House {
        modules: &modules,
        by_path,
    };
    let mut arrows = BTreeMap::new();
    for (at, module) in modules.iter().enumerate() {
        let looked_at = module
            .imports
            .iter()
            .filter(|import| !import.is_handed_on || module.words.contains(&import.name));
        let named = looked_at.map(|import| &import.path).chain(&module.paths);
        let targets: BTreeSet<String> = named
            .filter_map(|path| house.file_of(at, path))
            .filter(|target| *target != at)
            .map(|target| sources[target].name())
            .collect();
        arrows.insert(sources[at].name(), targets);
    }
    arrows
}

/// Shortest way from a file back to itself, if there is one.
pub fn circle(arrows: &BTreeMap<String, BTreeSet<String>>, start: &str) -> Option<Vec<String>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = std::collections::VecDeque::from([start]);
    while let Some(file) = next.pop_front() {
        for target in arrows.get(file).into_iter().flatten() {
            if target == start {
                let mut way = vec![start.to_string()];
                let mut at = file;
                while at != start {
                    way.insert(1, at.to_string());
                    at = came_from[at];
                }
                way.push(start.to_string());
                return Some(way);
            }
            if !came_from.contains_key(target.as_str()) {
                came_from.insert(target, file);
                next.push_back(target);
            }
        }
    }
    None
}

struct House<'a> {
    modules: &'a [Module],
    by_path: BTreeMap<&'a [String], usize>,
}

impl House<'_> {
    /// The file that defines what a path in file `at` names; none for what is of another crate.
    fn file_of(&self, at: usize, path: &[String]) -> Option<usize> {
        self.follow(at, path, 0)
    }

    fn follow(&self, at: usize, path: &[String], depth: usize) -> Option<usize> {
        let here = &self.modules[at].path;
        let (mut module, rest) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (here.clone(), &path[1..]),
            "super" => {
                let ups = path.iter().take_while(|name| *name == "super").count();
                (here[..here.len().checked_sub(ups)?].to_vec(), &path[ups..])
            }
            head => {
                let mut child = here.clone();
                child.push(head.to_string());
                let is_bound = |import: &&Import| import.name == head && import.path != path;
                if self.by_path.contains_key(child.as_slice()) {
                    (here.clone(), path)
                } else {
                    let import = self.modules[at].imports.iter().find(is_bound)?;
                    let whole: Vec<String> =
                        import.path.iter().chain(&path[1..]).cloned().collect();
                    return (depth < 8).then(|| self.follow(at, &whole, depth + 1))?;
                }
            }
        };
        for (index, name) in rest.iter().enumerate() {
            let mut child = module.clone();
            child.push(name.clone());
            if self.by_path.contains_key(child.as_slice()) {
                module = child;
                continue;
            }
            let owner = *self.by_path.get(module.as_slice())?;
            let imports = &self.modules[owner].imports;
            let Some(import) = imports.iter().find(|import| import.name == *name) else {
                return Some(owner);
            };
            let whole: Vec<String> = import
                .path
                .iter()
                .chain(&rest[index + 1..])
                .cloned()
                .collect();
            return (depth < 8).then(|| self.follow(owner, &whole, depth + 1))?;
        }
        self.by_path.get(module.as_slice()).copied()
    }
}

fn module(source: &Source) -> Module {
    let lines: Vec<String> = source.code().into_iter().map(|(_, line)| line).collect();
    let code = without_texts(&lines.join("\n"));
    let name = source.name();
    let inside = name.trim_start_matches("src/").trim_end_matches(".rs");
    let mut path: Vec<String> = inside.split('/').map(str::to_string).collect();
    if path
        .last()
        .is_some_and(|last| last == "mod" || inside == "lib")
    {
        path.pop();
    }
    let (mut imports, mut rest) = (Vec::new(), String::new());
    let mut code = code.as_str();
    while let Some((before, statement, after)) = next_use(code) {
        let start = before.rfind([';', '}', '{', '\n']).map_or(0, |at| at + 1);
        let is_handed_on = before[start..].trim_start().starts_with("pub");
        rest.push_str(&before[..start]);
        read_tree(statement, &[], is_handed_on, &mut imports);
        code = after;
    }
    rest.push_str(code);
    let is_declared = |line: &&str| {
        let line = line.trim_start();
        let is_module = line.contains("mod ") && line.ends_with(';');
        !line.starts_with("#[") && !is_module
    };
    let rest: Vec<&str> = rest.lines().filter(is_declared).collect();
    let (paths, words) = paths_and_words(&rest.join("\n"));
    Module {
        path,
        imports,
        paths,
        words,
    }
}

/// `(text before, the tree between `use` and `;`, text after)` of the first `use` line.
fn next_use(code: &str) -> Option<(&str, &str, &str)> {
    let (at, _) = code.match_indices("use ").find(|(at, _)| {
        let before = code[..*at].trim_end_matches(' ');
        before.is_empty() || before.ends_with(['\n', ';', '{', '}', ')']) || before.ends_with("pub")
    })?;
    let end = at + code[at..].find(';')?;
    Some((&code[..at], &code[at + 4..end], &code[end + 1..]))
}

/// Takes `a::{b, c::d as e}` apart.
fn read_tree(tree: &str, before: &[String], is_handed_on: bool, imports: &mut Vec<Import>) {
    let tree = tree.trim();
    let mut path = before.to_vec();
    let mut rest = tree;
    while let Some((head, tail)) = rest.split_once("::")
        && !head.contains('{')
    {
        path.push(head.trim().to_string());
        rest = tail.trim_start();
    }
    if let Some(group) = rest.strip_prefix('{') {
        for part in parts(group) {
            read_tree(&part, &path, is_handed_on, imports);
        }
        return;
    }
    let (last, name) = rest.split_once(" as ").unwrap_or((rest, rest));
    let (last, mut name) = (last.trim().to_string(), name.trim().to_string());
    match last.as_str() {
        "" | "*" => name = "*".to_string(),
        "self" => {
            name = path
                .last()
                .filter(|_| name == "self")
                .cloned()
                .unwrap_or(name);
        }
        _ => path.push(last),
    }
    imports.push(Import {
        path,
        name,
        is_handed_on,
    });
}

/// Parts of a `{…}` group, whose opening brace is gone, up to its end.
fn parts(group: &str) -> Vec<String> {
    let (mut depth, mut found, mut part) = (0, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => found.push(std::mem::take(&mut part)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                part.push(c);
            }
        }
    }
    found.push(part);
    found.retain(|part| !part.trim().is_empty());
    found
}

fn paths_and_words(code: &str) -> (Vec<Vec<String>>, BTreeSet<String>) {
    let (mut paths, mut words, mut path) = (Vec::new(), BTreeSet::new(), Vec::new());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = code;
    while let Some(at) = rest.find(is_part) {
        rest = &rest[at..];
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        words.insert(rest[..end].to_string());
        path.push(rest[..end].to_string());
        rest = &rest[end..];
        match rest.strip_prefix("::") {
            Some(after) if after.starts_with(is_part) => rest = after,
            _ => {
                let whole = std::mem::take(&mut path);
                if whole.len() > 1 {
                    paths.push(whole);
                }
            }
        }
    }
    (paths, words)
}

/// Code without what is in string literals.
fn without_texts(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '\'']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(after) = from.strip_prefix('\'') {
            // A character, or the name of a lifetime.
            let end = match after.strip_prefix('\\') {
                Some(escaped) => escaped
                    .char_indices()
                    .nth(1)
                    .and_then(|(at, _)| escaped[at..].find('\'').map(|end| 1 + at + end + 1)),
                None => after
                    .char_indices()
                    .nth(1)
                    .filter(|(_, c)| *c == '\'')
                    .map(|(at, _)| at + 1),
            };
            rest = &after[end.unwrap_or(0)..];
            out.push(' ');
            continue;
        }
        let hashes = before.len() - before.trim_end_matches('#').len();
        let is_raw = before[..before.len() - hashes].ends_with('r');
        let after = &from[1..];
        let end = if is_raw {
            let close = format!("\"{}", "#".repeat(hashes));
            after.find(&close).map(|end| end + close.len())
        } else {
            end_of_text(after)
        };
        rest = &after[end.unwrap_or(after.len())..];
        out.push_str("\"\"");
    }
    out.push_str(rest);
    out
}

/// Bytes up to and with the quote that ends a text.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !is_escaped => return Some(at + 1),
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    None
}

#[test]
fn names_are_followed_to_the_file_that_defines_them() {
    let source = |name: &str, text: &str| Source {
        path: std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name),
        text: text.to_string(),
    };
    let house = [
        source("src/lib.rs", "pub mod a;\nmod b;\n"),
        source(
            "src/a/mod.rs",
            "mod types;\nmod reader;\npub use types::Thing;\npub use reader::read;\npub fn all() { reader::read(\"super::b\") }\n",
        ),
        source("src/a/types.rs", "pub struct Thing;\n"),
        source(
            "src/a/reader.rs",
            "use super::Thing;\npub fn read() -> char { '\"' }\n",
        ),
        source(
            "src/b.rs",
            "use crate::{\n    a::{self, read as other},\n};\nfn x() { a::Thing }\n#[cfg(test)]\nmod tests {\n    use crate::Nothing;\n}\n",
        ),
    ];
    let arrows = arrows(&house);
    let of = |name: &str| arrows[name].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("src/lib.rs"), Vec::<&str>::new());
    assert_eq!(of("src/a/mod.rs"), ["src/a/reader.rs"]);
    assert_eq!(of("src/a/reader.rs"), ["src/a/types.rs"]);
    assert_eq!(
        of("src/b.rs"),
        ["src/a/mod.rs", "src/a/reader.rs", "src/a/types.rs"]
    );
    assert_eq!(circle(&arrows, "src/a/mod.rs"), None);
    let round: BTreeMap<String, BTreeSet<String>> =
        [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
            .map(|(from, to)| (from.to_string(), BTreeSet::from([to.to_string()])))
            .into();
    assert_eq!(
        circle(&round, "a"),
        Some(["a", "b", "c", "a"].map(str::to_string).to_vec())
    );
    assert_eq!(circle(&round, "d"), None);
}
