//! Folders: missing, empty, in the way, not writable, full.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::project::{Project, Said, files_below};

cases! {
    input_empty(p) { p.clear("practicedata"); p.run() }
    input_empty_at_the_first_run(p) { p.forget(); p.clear("practicedata"); p.run() }
    input_missing(p) { p.remove("practicedata"); p.run() }
    input_is_a_file(p) { p.remove("practicedata"); p.write("practicedata", "x"); p.run() }
    input_without_a_known_ending(p) {
        p.clear("practicedata");
        p.add("rows.xlsx", "x");
        p.add("notes.txt", "x");
        p.forget();
        p.run()
    }
    input_of_unfinished_files(p) {
        p.clear("practicedata");
        p.add("rows.csv.part", "a,b\n1,2\n");
        p.add(".rows.csv", "a,b\n1,2\n");
        p.forget();
        p.run()
    }
    input_unreadable(p) {
        let file = p.path("practicedata/rows.csv");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).expect("the mode can be set");
        // The superuser reads all the same.
        fs::read(&file).is_err().then(|| p.unseat(&["run"]))
    }
    folder_named_like_a_file(p) {
        p.add("more.csv/rows.csv", p.read("sourcedata/rows.csv"));
        p.ingest()
    }
    link_to_a_folder_above(p) {
        symlink("..", p.path("practicedata/loop")).expect("a link can be made");
        symlink(".", p.path("practicedata/here")).expect("a link can be made");
        p.ingest()
    }
    link_to_nothing(p) {
        symlink("nowhere.csv", p.path("practicedata/gone.csv")).expect("a link can be made");
        p.ingest()
    }
    two_thousand_files(p) {
        p.clear("practicedata");
        for file in 0..2000 {
            p.add(&format!("{file}.csv"), format!("id,exited\n{file},{}\n", file % 2));
        }
        p.ingest()
    }
    output_below_a_file(p) {
        p.set(json!({"output_folder_path": "config.json/data"}));
        p.run()
    }
    models_below_a_file(p) {
        p.set(json!({"output_model_path": "config.json/models"}));
        p.run()
    }
    deployment_below_a_file(p) {
        p.set(json!({"prod_deployment_path": "config.json/production"}));
        p.run()
    }
    database_in_a_missing_folder(p) {
        p.set(json!({"database_url": "sqlite://nowhere/unseat.db"}));
        p.run()
    }
    database_is_a_folder(p) {
        p.set(json!({"database_url": "sqlite://practicedata"}));
        p.run()
    }
    project_read_only(p) {
        let mount = Mount::read_only(p.folder())?;
        let said = p.unseat(&["run", "--input", "sourcedata"]);
        drop(mount);
        next_run_works(p);
        Some(said)
    }
    deployment_is_a_mount_point(p) {
        p.set(json!({"gate": {"min_rows": 1}}));
        let here = p.path("production_deployment");
        let mount = Mount::of_size(&here, 100)?;
        let said = p.unseat(&["run", "--input", "sourcedata"]);
        drop(mount);
        next_run_works(p);
        Some(said)
    }
    disk_full_of_data(p) { full_disk(p, "ingesteddata") }
    disk_full_of_models(p) { full_disk(p, "models") }
    disk_full_of_everything(p) { full_project(p) }
}

/// A folder that another file system is mounted on, until dropped.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn read_only(folder: &'a Path) -> Option<Self> {
        let here = folder.to_str()?;
        let mount = Mount::made(&["--bind", here, here], folder)?;
        let protected = Command::new("mount")
            .args(["-o", "remount,bind,ro", here])
            .output();
        protected.ok()?.status.success().then_some(mount)
    }

    fn of_size(folder: &'a Path, kilobytes: u32) -> Option<Self> {
        let size = format!("size={kilobytes}k");
        Mount::made(
            &["-t", "tmpfs", "-o", &size, "tmpfs", folder.to_str()?],
            folder,
        )
    }

    fn made(arguments: &[&str], folder: &'a Path) -> Option<Self> {
        let mounted = Command::new("mount").args(arguments).output().ok()?;
        mounted.status.success().then_some(Mount(folder))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).output();
    }
}

/// What the files of a folder need on a disk, in kilobytes.
fn needed(folder: &Path) -> u32 {
    let pages = |bytes: &Vec<u8>| bytes.len().div_ceil(4096) as u32 * 4;
    files_below(folder).values().map(pages).sum()
}

/// Runs with a folder on a disk that has no room for what comes, and again with room.
fn full_disk(p: &Project, folder: &str) -> Option<Said> {
    let here = p.path(folder);
    let before = files_below(&here);
    let mount = Mount::of_size(&here, needed(&here) + 4)?;
    for (path, contents) in before {
        p.write(&format!("{folder}/{path}"), contents);
    }
    let said = p.unseat(&["run", "--input", "sourcedata"]);
    drop(mount);
    next_run_works(p);
    Some(said)
}

/// The same with the whole project, database and all, on that disk.
fn full_project(p: &Project) -> Option<Said> {
    let here = p.path("small");
    fs::create_dir(&here).expect("folders can be made");
    let files = files_below(p.folder());
    let mount = Mount::of_size(&here, needed(p.folder()) + 128)?;
    for (path, contents) in files {
        p.write(&format!("small/{path}"), contents);
    }
    let production = here.join("production_deployment");
    let before = files_below(&production);
    let said = p.unseat(&["run", "-C", "small", "--input", "sourcedata"]);
    assert!(
        before == files_below(&production),
        "the champion moved: {said}"
    );
    let roomier = Command::new("mount")
        .args(["-o", "remount,size=200m", here.to_str()?])
        .output();
    assert!(roomier.ok()?.status.success());
    let next = p.unseat(&["run", "-C", "small", "--force"]);
    assert_eq!(next.exit, 0, "the next run: {next}");
    drop(mount);
    Some(said)
}

fn next_run_works(p: &Project) {
    let next = p.unseat(&["run", "--force"]);
    assert_eq!(next.exit, 0, "the next run: {next}");
}
