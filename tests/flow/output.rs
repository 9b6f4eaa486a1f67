//! What is said, and in which form.

use serde_json::json;

use crate::support::Project;

#[test]
fn the_help_names_every_command() {
    insta::assert_snapshot!(Project::empty().ok(&["--help"]).stdout, @r"
    Keep a deployed model good, unattended

    Every run trains a challenger. It goes live only if it unseats the champion, on evidence.

    Usage: unseat [OPTIONS] <COMMAND>

    Commands:
      init           Make a project with sample data
      config         Check, show or describe the configuration
      run            Run all stages once
      ingest         Read the input folder into a dated data set
      train          Train a version on the newest data set
      score          Score a version and the champion on the test data
      deploy         Let the gate decide on a version, and promote it if it says so
      report         Draw the plots, page and card of a version
      diagnose       Show summary statistics, missing values, timings and freshness
      predict        Predict the rows of a file
      drift          Say whether rows are still like those that the champion was trained on
      labels         Take in labels of answers from a file, or show how good the answers were
      explain        Explain a version, or its prediction for a row
      export         Write a version as ONNX or JSON, for other programs
      import         Take in another program's model (ONNX) as a challenger
      up             Server, schedule and worker in one process
      serve          Serve predictions and diagnostics over HTTP
      call           Call every endpoint of a running server that changes nothing, and keep the answers
      ready          Ask a running server whether it is ready; exit code 0 if so, for a health check
      stress         Put a running server under load for a while, and report how it answers
      schedule       Follow the schedule, look at it, or change it
      jobs           List, show, submit, cancel or retry jobs
      worker         Do submitted runs, each in its own process
      token          Make a token for the server
      models         List or show models
      versions       List or show versions
      runs           List or show runs
      status         Show on one screen whether anything needs attention
      logs           Show the log of a run
      compare        Compare two versions
      at             Say what was live at a time, and what it answers
      evidence       Put everything that a version rests on into one signed file, or verify such a file
      verify         Check every stored version and data set against its checksum
      ml-test-score  Say which of the 28 tests of the ML Test Score are automated
      approve        Approve the version that waits for approval
      reject         Reject the version that waits for approval
      promote        Make a version the champion by hand
      rollback       Make the champion before the present one the champion again
      pin            Keep a version the champion until `unpin`
      unpin          Let runs move the champion again
      notify         Test channels, list and send messages
      gate           Explain a decision, or replay past ones under another policy
      gc             Remove what is old, by the settings of `retention`
      backup         Write a backup of everything into a folder, while it runs
      restore        Restore a backup over what is there
      adopt          Register versions that are in the folders and that the database does not know
      database       Look at the database, bring it up to date, or copy it to another place
      service        Install the project as a service of systemd, or print a line for cron
      completions    Print a completion script for a shell
      help           Print this message or the help of the given subcommand(s)

    Options:
      -C, --project <DIR>
              Folder of the project, or its config.json
              
              [default: .]

          --model <NAME>
              Model to work on, in a project with several

          --set <KEY=VALUE>
              Setting that overrides the config: --set gate.confidence=0.9

          --json
              Print the result as JSON, errors included

      -v, --verbose...
              Say more on stderr; twice for everything

      -q, --quiet
              Say nothing on stderr but errors

          --log-format <FORM>
              Form of the log on stderr

              Possible values:
              - text: Lines for people
              - json: One JSON object per line
              
              [default: text]

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version
    ");
}

#[test]
fn a_run_says_what_it_did_and_ends_with_the_line_that_matters() {
    let project = Project::new();
    insta::assert_snapshot!(project.unseat(&["run"]).shown(), @r"
    status: 0
    --- stdout
    challenger  version 1  f1 0.6548 (0.5899 to 0.7226)
    report      models/attrition/v1_20260301T000100Z/report.html
    promoted version 1 is the champion: there is no champion to protect; F1 of the challenger is 0.655 on 200 test rows
    --- stderr
    ingest  350 rows from 2 files, 50 duplicates dropped (…)
    note: 1 column not used: `corporation` is identifier-like: 350 distinct texts in 350 rows
    train   version 1 on 350 rows, 3 features, 5 folds, threshold 0.431 (…)
    score   f1 0.6548, no champion yet, on 200 rows (…)
    deploy  promote: version 1 is the champion (…)
    report  9 files in models/attrition/v1_20260301T000100Z/ (…)
    ");
    insta::assert_snapshot!(project.unseat(&["run", "--input", "sourcedata"]).shown(), @r"
    status: 0
    --- stdout
    challenger  version 2  f1 0.7296 (0.6662 to 0.7912)
    champion    version 1  f1 0.6548 (0.5899 to 0.7226)
    report      models/attrition/v2_20260301T000200Z/report.html
    drift       `lastyear_activity` differs in this window, and not in the two before
    also        the challenger is better in 98.5 % of the resamples
    also        34 rows only the challenger has right and 19 only the champion (exact McNemar p = 0.0534)
    promoted version 2 is the champion: F1 rises from 0.655 to 0.730 on 200 test rows: +0.075 with a 90 % interval of +0.017 to +0.154
    --- stderr
    ingest  350 rows from 2 files, 50 duplicates dropped (…)
    note: 1 column not used: `corporation` is identifier-like: 350 distinct texts in 350 rows
    train   version 2 on 350 rows, 3 features, 5 folds, threshold 0.408 (…)
    score   f1 0.7296, champion (version 1) 0.6548, on 200 rows (…)
    deploy  promote: version 2 is the champion (…)
    report  9 files in models/attrition/v2_20260301T000200Z/ (…)
    ");
    insta::assert_snapshot!(project.unseat(&["run", "--input", "sourcedata"]).shown(), @r"
    status: 0
    --- stdout
    nothing new: run 20260301T000200Z-0004d5ba4 ended with `promote` on the same data and settings
    --- stderr
    ");
    insta::assert_snapshot!(project.unseat(&["run", "--force", "--input", "sourcedata", "-q"]).shown(), @r"
    status: 0
    --- stdout
    challenger  version 3  f1 0.7296 (0.6662 to 0.7912)
    champion    version 2  f1 0.7296 (0.6662 to 0.7912)
    report      models/attrition/v3_20260301T000400Z/report.html
    also        0 discordant rows on which exactly one of the models is right (0 the challenger, 0 the champion), at least 6 required
    also        F1 stays at 0.730: the challenger is not better than the champion
    rejected version 3, version 2 stays the champion: the challenger has the same parameters as the champion
    --- stderr
    ");
}

#[test]
fn run_as_json_has_the_keys_of_the_contract() {
    let project = Project::promoted();
    let report = project.json(&["run", "--input", "sourcedata"]);
    let keys: Vec<&String> = report.as_object().expect("an object").keys().collect();
    insta::assert_debug_snapshot!(keys, @r#"
    [
        "run",
        "model",
        "outcome",
        "version",
        "verdict",
        "reasons",
        "scores",
        "champion",
        "artifacts",
        "data",
        "findings",
        "learner",
        "attempt",
        "drift",
        "timings_ms",
    ]
    "#);
    let timings: Vec<&String> = report["timings_ms"]
        .as_object()
        .expect("an object")
        .keys()
        .collect();
    assert_eq!(
        timings,
        [
            "ingest", "train", "score", "deploy", "report", "fit", "folds"
        ]
    );
    assert_eq!(
        (&report["model"], &report["verdict"]),
        (&json!("attrition"), &json!("promote"))
    );
}

#[test]
fn exit_codes_tell_more_only_when_asked() {
    let project = Project::promoted();
    let code = |arguments: &[&str]| project.unseat(arguments).code();
    assert_eq!(code(&["run"]), 0);
    assert_eq!(code(&["run", "--detailed-exit-code"]), 10);
    assert_eq!(code(&["run", "--force"]), 0);
    assert_eq!(code(&["run", "--force", "--detailed-exit-code"]), 11);
    let few = [
        "run",
        "--input",
        "sourcedata",
        "--set",
        "gate.min_rows=1000",
    ];
    assert_eq!(code(&[&few[..], &["--detailed-exit-code"]].concat()), 12);
    assert_eq!(code(&[&few[..], &["--force"]].concat()), 0);
    assert_eq!(
        code(&["run", "--input", "sourcedata", "--detailed-exit-code"]),
        0
    );
    assert_eq!(
        code(&["run", "--input", "nowhere", "--detailed-exit-code"]),
        1
    );
    assert_eq!(code(&["run", "--set", "gate.confidense=1"]), 2);
    assert_eq!(code(&["runn"]), 2);
    assert_eq!(code(&["--version"]), 0);
}

#[test]
fn failures_are_json_when_asked() {
    let project = Project::new();
    let failed = |arguments: &[&str]| {
        let done = project.unseat(arguments);
        assert!(done.stderr.is_empty(), "{done}");
        (done.code(), done.json()["error"].clone())
    };
    let (code, error) = failed(&["run", "--json", "--set", "gate.confidense=1"]);
    assert_eq!((code, &error["code"]), (2, &json!("config")));
    let message = error["message"].as_str().expect("a message");
    assert!(
        message
            .ends_with("gate.confidense: unknown key; did you mean `confidence`? (set by a flag)"),
        "{message}"
    );
    assert!(error["details"]["hints"][0].is_string(), "{error:#}");
    let (code, error) = failed(&["run", "--json", "--input", "nowhere"]);
    assert_eq!((code, &error["code"]), (1, &json!("data")));
    let (code, error) = failed(&["runn", "--json"]);
    assert_eq!((code, &error["code"]), (2, &json!("usage")));
    let (code, error) = failed(&["promote", "1", "--json"]);
    assert_eq!((code, &error["code"]), (1, &json!("data")));
}

#[test]
fn completions_are_printed_for_the_usual_shells() {
    let project = Project::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = project.ok(&["completions", shell]).stdout;
        assert!(script.contains("rollback"), "{shell}");
    }
}

#[test]
fn logs_are_lines_of_json_with_run_and_stage() {
    let project = Project::new();
    let done = project.ok(&["run", "--log-format", "json", "-v"]);
    let mut stages = Vec::new();
    for line in done.stderr.lines() {
        let entry: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {done}"));
        stages.extend(entry["stage"].as_str().map(str::to_string));
    }
    for stage in ["ingest", "train", "score", "deploy", "report"] {
        assert!(
            stages.iter().any(|found| found == stage),
            "{stage} is not logged: {done}"
        );
    }
}

#[test]
fn checking_the_configuration_touches_nothing() {
    let project = Project::new();
    let before = project.listing();
    let done = project.ok(&["config", "check"]);
    assert!(
        done.stdout.ends_with("the configuration is valid\n"),
        "{done}"
    );
    project.ok(&["config", "show"]);
    project.ok(&["config", "schema"]);
    assert_eq!(project.listing(), before);
}

#[test]
fn no_cell_of_the_data_is_in_what_is_logged_or_recorded() {
    let project = Project::empty();
    project.write(
        "config.json",
        r#"{"input_folder_path": "practicedata", "output_folder_path": "out", "test_data_path": "testdata",
            "output_model_path": "models", "prod_deployment_path": "production", "gate": {"first": "promote"}}"#,
    );
    let rows = |from: usize| -> String {
        let mut text = "who,amount,kind,left\n".to_string();
        for row in from..from + 60 {
            let left = if row % 3 == 0 { "yes" } else { "no" };
            text += &format!(
                "secretname{row},31337{row:04}.25,secretkind{},{left}\n",
                row % 4
            );
        }
        text
    };
    project.write("practicedata/a.csv", &rows(0));
    project.write(
        "practicedata/bad.csv",
        "who,amount,kind,left\nsecretbad,secrettext,x,yes\n",
    );
    project.write(
        "practicedata/ragged.csv",
        "who,amount,kind,left\nsecretragged,1\n",
    );
    project.write("testdata/t.csv", &rows(100));
    let mut said = String::new();
    for (arguments, exit_code) in [
        (&["run", "-vv", "--log-format", "json"][..], 0),
        (&["run", "-vv", "--force", "--set", "target=who"], 1),
        (&["run", "-vv", "--force", "--set", "target=nobody"], 1),
        (
            &["run", "-vv", "--force", "--set", "ingest.on_bad_file=fail"],
            1,
        ),
        (&["predict", "practicedata/ragged.csv", "-vv"], 1),
    ] {
        let done = project.unseat(arguments);
        assert_eq!(done.code(), exit_code, "{done}");
        said += &done.stdout;
        said += &done.stderr;
    }
    said += &project.ok(&["runs", "list", "--json"]).stdout;
    for cell in ["secret", "3133700", "3133701"] {
        assert!(!said.contains(cell), "{cell} is said: {said}");
    }
}
