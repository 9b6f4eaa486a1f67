//! What a folder looks like from outside: cheap to look at, and different as soon as a file in it was written, replaced,
//! renamed or removed.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Error;
use super::scan::{Scan, walk};

/// The files of a folder by what the system says of them, without reading one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    marks: Vec<Mark>,
    /// Files that can be read.
    pub files: usize,
    /// When the newest of them was written, in milliseconds since 1970; `None` when there is no file.
    pub newest_ms: Option<i64>,
}

/// One file. The time of its last change cannot be set back by who writes it, so it is beside that of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    path: String,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Looks at the files that [`super::scan`] would read. A file that vanishes meanwhile is left out.
///
/// # Errors
/// When the folder or one below it cannot be read.
pub fn signature(root: &Path) -> Result<Signature, Error> {
    let mut paths = walk(root, &mut Scan::default())?;
    paths.sort();
    let mut marks = Vec::with_capacity(paths.len());
    for path in paths {
        if let Ok(stat) = std::fs::metadata(root.join(&path)) {
            marks.push(Mark {
                path,
                inode: stat.ino(),
                bytes: stat.len(),
                modified: (stat.mtime(), stat.mtime_nsec()),
                changed: (stat.ctime(), stat.ctime_nsec()),
            });
        }
    }
    let newest = marks.iter().map(|mark| mark.modified).max();
    Ok(Signature {
        files: marks.len(),
        newest_ms: newest.map(|(seconds, nanos)| {
            seconds
                .saturating_mul(1000)
                .saturating_add(nanos / 1_000_000)
        }),
        marks,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::signature;

    #[test]
    fn it_changes_with_the_files_that_are_read_and_with_no_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a.csv"), "x\n1\n").expect("writes");
        let first = signature(folder.path()).expect("looks");
        assert_eq!(first.files, 1);
        assert!(first.newest_ms.is_some());
        fs::write(path(".hidden.csv"), "x\n2\n").expect("writes");
        fs::write(path("notes.md"), "x").expect("writes");
        assert_eq!(signature(folder.path()).expect("looks"), first);
        // The same bytes in another file.
        fs::write(path("b"), "x\n1\n").expect("writes");
        fs::rename(path("b"), path("a.csv")).expect("renames");
        assert_ne!(signature(folder.path()).expect("looks"), first);
        fs::remove_file(path("a.csv")).expect("removes");
        let none = signature(folder.path()).expect("looks");
        assert_eq!((none.files, none.newest_ms), (0, None));
        assert!(signature(&path("absent")).is_err());
    }
}
