//! Objects are whole or not there; a swapped folder is the old one or the new one.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Mode, OFlags, openat};

use crate::artifacts::swap::replace_folder;
use crate::artifacts::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let entry = entry.expect("an entry");
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    names
}

fn artifacts() -> (tempfile::TempDir, Artifacts) {
    let folder = tempfile::tempdir().expect("a folder");
    let artifacts = Artifacts::local(&folder.path().join("made/on/demand")).expect("opens");
    (folder, artifacts)
}

#[tokio::test]
async fn what_was_put_is_got_and_put_again_replaces() {
    let (_folder, artifacts) = artifacts();
    for bytes in [b"one".to_vec(), Vec::new(), vec![0; 100_000]] {
        artifacts
            .put("m/v1_s/file.json", bytes.clone())
            .await
            .expect("puts");
        assert_eq!(
            artifacts.get("m/v1_s/file.json").await.expect("gets"),
            bytes
        );
        assert_eq!(
            fs::read(artifacts.shown("m/v1_s/file.json")).expect("reads"),
            bytes
        );
    }
    assert_eq!(
        names(&artifacts.shown("m/v1_s")),
        ["file.json"],
        "nothing but the object"
    );
    let absent = artifacts.get("m/v2/none").await.expect_err("not there");
    assert!(absent.to_string().ends_with("m/v2/none"), "{absent}");
}

#[tokio::test]
async fn a_file_is_put_whole_or_not_at_all() {
    let (_folder, artifacts) = artifacts();
    let put = |text: &'static str, fails: bool| {
        artifacts.put_file("m/a.bin", move |path| -> Result<(), Error> {
            fs::write(path, text).expect("writes");
            if fails {
                return Err(Error::Folder {
                    folder: path.to_path_buf(),
                    source: io::Error::other("full"),
                });
            }
            Ok(())
        })
    };
    put("half", true).await.expect_err("fails");
    assert_eq!(names(&artifacts.shown("m")), Vec::<String>::new());
    put("whole", false).await.expect("puts");
    put("half", true).await.expect_err("fails");
    assert_eq!(names(&artifacts.shown("m")), ["a.bin"]);
    assert_eq!(artifacts.get("m/a.bin").await.expect("gets"), b"whole");
    // A writer that says it is done and wrote nothing.
    artifacts
        .put_file("m/b.bin", |_| Ok::<(), Error>(()))
        .await
        .expect_err("no file");
    // A folder stands where the object should be.
    fs::create_dir_all(artifacts.shown("m/c.bin/x")).expect("a folder");
    let in_the_way = artifacts.put_file("m/c.bin", |path| {
        fs::write(path, "x").expect("writes");
        Ok::<(), Error>(())
    });
    in_the_way.await.expect_err("a folder is in the way");
    assert_eq!(names(&artifacts.shown("m")), ["a.bin", "c.bin"]);
}

#[tokio::test]
async fn a_folder_is_removed_whole_and_an_absent_one_is_no_error() {
    let (_folder, artifacts) = artifacts();
    artifacts.put("m/v1/a", vec![1]).await.expect("puts");
    artifacts.put("m/v2/a", vec![2]).await.expect("puts");
    artifacts.remove_folder("m/v1").await.expect("removes");
    artifacts.remove_folder("m/v1").await.expect("is not there");
    assert_eq!(names(&artifacts.shown("m")), ["v2"]);
}

/// A folder to swap in a fresh folder.
fn place() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("production");
    (root, folder)
}

fn replace(folder: &Path, text: &str) {
    let files = [("a", text.as_bytes()), ("b", text.as_bytes())];
    replace_folder(folder, &files, || Ok(())).expect("swaps");
}

#[test]
fn a_swap_makes_a_missing_folder_and_leaves_nothing_beside_it() {
    let (root, folder) = place();
    let deep = folder.join("x/y");
    replace(&deep, "one");
    assert_eq!(names(&deep), ["a", "b"]);
    assert_eq!(names(&folder.join("x")), ["y"]);
    replace(&deep, "two");
    assert_eq!(fs::read_to_string(deep.join("a")).expect("reads"), "two");
    assert_eq!(names(&folder.join("x")), ["y"]);
    assert_eq!(names(root.path()), ["production"]);
}

#[test]
fn hidden_files_stay_and_other_files_go() {
    let (_root, folder) = place();
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join(".gitignore"), "*").expect("writes");
    fs::write(folder.join("stale"), "x").expect("writes");
    fs::create_dir(folder.join(".hidden")).expect("a folder");
    replace(&folder, "one");
    assert_eq!(names(&folder), [".gitignore", "a", "b"]);
    assert_eq!(
        fs::read_to_string(folder.join(".gitignore")).expect("reads"),
        "*"
    );
}

#[test]
fn until_the_last_step_nothing_has_changed_and_the_next_swap_clears_up() {
    let (root, folder) = place();
    replace(&folder, "old");
    let failed = replace_folder(&folder, &[("a", b"new")], || {
        Err(io::Error::other("planned"))
    });
    failed.expect_err("fails");
    assert_eq!(names(&folder), ["a", "b"]);
    assert_eq!(fs::read_to_string(folder.join("a")).expect("reads"), "old");
    replace(&folder, "newer");
    assert_eq!(
        fs::read_to_string(folder.join("a")).expect("reads"),
        "newer"
    );
    assert_eq!(names(root.path()), ["production"]);
}

/// Both files through one opened folder: whatever is swapped meanwhile, the folder that was opened stays what it was.
/// `None` when it was removed in between, after which a reader opens it again.
fn read_both(folder: &Path) -> Option<(String, String)> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened =
        rustix::fs::open(folder, flags, Mode::empty()).expect("the folder is always there");
    let read = |name: &str| -> Option<String> {
        let file = openat(
            &opened,
            name,
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .ok()?;
        let mut text = String::new();
        fs::File::from(file)
            .read_to_string(&mut text)
            .expect("reads");
        Some(text)
    };
    Some((read("a")?, read("b")?))
}

#[test]
fn readers_see_whole_generations_while_another_swaps() {
    let (_root, folder) = place();
    replace(&folder, "0");
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let (mut newest, mut seen) = (0, 0);
                    while seen == 0 || !is_done.load(Ordering::Relaxed) {
                        let Some((a, b)) = read_both(&folder) else {
                            continue;
                        };
                        assert_eq!(a, b, "a mix of two generations");
                        let generation: u32 = a.parse().expect("a whole file");
                        assert!(generation >= newest, "{generation} after {newest}");
                        (newest, seen) = (generation, seen + 1);
                    }
                    seen
                })
            })
            .collect();
        for generation in 1..=200 {
            replace(&folder, &generation.to_string());
        }
        is_done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().expect("no mix") > 0, "a reader saw something");
        }
    });
}
