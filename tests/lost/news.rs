//! "Nothing new … on the same data and settings" is said of the same rows under the same settings, and of nothing else.

use std::fs;
use std::io::Write;

use serde_json::Value;

use crate::support::Project;

const A: &str = "practicedata/dataset1.csv";
const B: &str = "practicedata/dataset2.csv";

#[track_caller]
fn nothing_new(project: &Project) -> String {
    let report = project.json(&["run"]);
    assert_eq!(report["outcome"], "nothing_new", "{report:#}");
    reason(&report)
}

/// The first reason, with the run's id blotted out.
fn reason(report: &Value) -> String {
    let reason = report["reasons"][0].as_str().expect("a reason");
    let words = reason.split(' ').map(|word| match word.len() {
        26 if word.contains("Z-") => "RUN",
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_broken_file_beside_unchanged_rows_is_no_news_and_is_named() {
    let project = Project::promoted();
    let before = project.products();
    project.write("practicedata/a_bad.csv", "garbage\n");
    let done = project.ok(&["run"]);
    assert!(
        done.stderr.contains("a_bad.csv"),
        "the file is named: {done}"
    );
    assert!(
        done.stdout.contains(
            "ended with `promote` on the same rows and settings; 1 file is left out: a_bad.csv"
        ),
        "{done}"
    );
    // From now on without reading, and still in those words.
    assert_eq!(
        nothing_new(&project),
        "run RUN ended with `promote` on the same data and settings; 1 file is left out: a_bad.csv"
    );
    project.write("practicedata/z_bad.csv", "more, garbage\n1\n");
    assert_eq!(
        nothing_new(&project),
        "run RUN ended with `promote` on the same rows and settings; 2 files are left out, the first a_bad.csv"
    );
    fs::remove_file(project.path("practicedata/a_bad.csv")).expect("goes");
    fs::remove_file(project.path("practicedata/z_bad.csv")).expect("goes");
    assert_eq!(
        nothing_new(&project),
        "run RUN ended with `promote` on the same data and settings"
    );
    assert_eq!(project.products(), before, "nothing was made");
    assert_eq!(project.assert_settled().versions.len(), 1);
}

#[test]
fn the_same_rows_in_other_files_are_no_news() {
    let project = Project::promoted();
    let before = project.products();
    let (a, b) = (project.read(A), project.read(B));
    let header = a.lines().next().expect("a header").to_string();

    // Other line ends and quotes.
    project.write(A, &a.replace('\n', "\r\n"));
    assert!(nothing_new(&project).contains("on the same rows and settings"));
    // Every row in one file, last first.
    let mut rows: Vec<&str> = a.lines().skip(1).chain(b.lines().skip(1)).collect();
    rows.reverse();
    project.write(A, &format!("{header}\n{}\n", rows.join("\n")));
    fs::remove_file(project.path(B)).expect("goes");
    assert!(nothing_new(&project).contains("on the same rows and settings"));
    // Compressed, and some rows twice.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all(format!("{header}\n{}\n{}\n", rows.join("\n"), rows[0]).as_bytes())
        .expect("compresses");
    fs::remove_file(project.path(A)).expect("goes");
    fs::write(
        project.path("practicedata/all.csv.gz"),
        packed.finish().expect("compresses"),
    )
    .expect("writes");
    assert!(nothing_new(&project).contains("on the same rows and settings"));
    // Columns in another order; the settings name the target, so that means the same.
    let swapped = rows.iter().map(|row| {
        let mut cells: Vec<&str> = row.split(',').collect();
        cells.rotate_left(1);
        cells.join(",") + "\n"
    });
    let mut names: Vec<&str> = header.split(',').collect();
    names.rotate_left(1);
    let text = format!("{}\n{}", names.join(","), swapped.collect::<String>());
    project.set("target", "exited");
    assert_eq!(
        project.json(&["run"])["outcome"],
        "reject",
        "another setting is news, and makes the same model"
    );
    fs::remove_file(project.path("practicedata/all.csv.gz")).expect("goes");
    project.write(A, &text);
    assert!(nothing_new(&project).contains("on the same rows and settings"));
    assert_ne!(project.products(), before);
}

#[test]
fn a_file_that_went_that_came_back_or_was_seen_elsewhere_leads_to_the_right_decision() {
    let project = Project::promoted();
    let (a, b) = (project.read(A), project.read(B));

    // One that went: the rows that are left were never trained on.
    fs::remove_file(project.path(B)).expect("goes");
    let less = project.json(&["run"]);
    assert_eq!(less["version"], 2, "{less:#}");
    assert!(nothing_new(&project).ends_with("on the same data and settings"));

    // It comes back: that work was done before, and the words name its run.
    project.write(B, &b);
    let first = project.books().runs.last().expect("a run").id.clone();
    let back = project.json(&["run"]);
    assert_eq!(back["outcome"], "nothing_new");
    assert!(
        back["reasons"][0]
            .as_str()
            .expect("a reason")
            .starts_with(&format!(
                "run {first} ended with `promote` on the same data"
            )),
        "{back:#}"
    );

    // A file that a run took in from elsewhere is news in this folder.
    project.ok(&["run", "--input", "sourcedata"]);
    fs::copy(
        project.path("sourcedata/dataset3.csv"),
        project.path("practicedata/dataset3.csv"),
    )
    .expect("copies");
    let more = project.json(&["run"]);
    assert_ne!(more["outcome"], "nothing_new", "{more:#}");
    assert_eq!(more["data"]["files"].as_array().map(Vec::len), Some(3));

    // A file that takes an earlier one's content is the earlier one.
    fs::remove_file(project.path("practicedata/dataset3.csv")).expect("goes");
    project.write(B, &a);
    let twice = project.json(&["run"]);
    assert_eq!(twice["outcome"], "nothing_new", "a twice is a: {twice:#}");
    project.assert_settled();
}

#[test]
fn one_cell_one_name_or_one_row_more_is_news() {
    let project = Project::promoted();
    let text = project.read(A);
    for (at, changed) in [
        text.replacen("lastmonth_activity", "activity_of_month", 1),
        text.replacen(",1\n", ",0\n", 1),
        format!("{text}x1,11,222,33,1\n"),
    ]
    .iter()
    .enumerate()
    {
        let project = project.copy();
        project.write(A, changed);
        if at == 0 {
            let other = project.read(B);
            project.write(
                B,
                &other.replacen("lastmonth_activity", "activity_of_month", 1),
            );
            let tests = project.read("testdata/testdata.csv");
            project.write(
                "testdata/testdata.csv",
                &tests.replacen("lastmonth_activity", "activity_of_month", 1),
            );
        }
        let done = project.unseat(&["run", "--json"]);
        assert!(
            !done.stdout.contains("nothing_new"),
            "change {at} passes for no news: {done}"
        );
    }
}
