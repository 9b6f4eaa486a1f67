//! Decisions explained and replayed.

use serde_json::json;

use crate::support::Project;

/// Version 1 is the champion, version 2 was better by too little to be trusted.
fn with_a_rejection() -> Project {
    let project = Project::promoted();
    project.set("gate.confidence", 0.9999);
    let held = project.json(&["run", "--input", "sourcedata"]);
    assert_ne!(held["outcome"], "promote", "{held:#}");
    project
}

#[test]
fn a_decision_is_explained_rule_by_rule() {
    let project = with_a_rejection();
    insta::assert_snapshot!(project.ok(&["gate", "explain"]).stdout, @r"
    verdict: inconclusive
      - F1 rises from 0.655 to 0.730, but is better in only 98.5 % of the resamples (99.9 % required)

    rules (require: better)
      rule                           outcome       value  bound  reason
      finite_metrics                 pass          0.730      -  F1 and every probability of the challenger are finite
      loads_and_answers_golden_rows  pass              -      -  the challenger loads from its own bytes and answers its golden rows exactly
      differs_from_champion          pass              -      -  the challenger's parameters differ from the champion's
      beat_baselines                 pass          0.730  0.566  F1 0.730 beats always_positive (0.566) on 200 rows
      floor                          skipped           -      -  no floor is set
      ceiling                        skipped           -      -  no ceiling is set
      max_leakage                    pass          0.000  0.050  0 of 200 test rows are also in the training data (0 %), at most 5 %
      min_rows                       pass            200     30  200 test rows, at least 30 required
      min_positives                  pass             79      5  79 positive and 121 negative test rows, at least 5 positive and one negative required
      min_discordant                 pass             53      6  53 discordant rows on which exactly one of the models is right (34 the challenger, 19 the champion), at least 6 required
      better                         inconclusive  0.985  1.000  F1 rises from 0.655 to 0.730, but is better in only 98.5 % of the resamples (99.9 % required)

    comparison
      measure                                          value
      F1 of the challenger                             0.730
      F1 of the champion                               0.655
      difference, above 0 is better (99.9 % interval)  +0.075 (-0.018 to +0.201)
      resamples in which the challenger is better      98.5 %
      rows only the challenger has right               34
      rows only the champion has right                 19
      exact McNemar test                               p = 0.0534

    confusion matrix of the challenger (row: true class, column: predicted class)
      true \ predicted   0   1
                     0  99  22
                     1  21  58

    confusion matrix of the champion (row: true class, column: predicted class)
      true \ predicted   0   1
                     0  87  34
                     1  24  55

    200 test rows, hash 8b7109fb57df71825286e77d2f5abdad4883e73185d43d38545f8da892c7a6f7
    ");
    let decision = project.json(&["gate", "explain", "v2"]);
    let path = project.version_file(2, "decision.json");
    let stored: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path).expect("reads")).expect("is JSON");
    assert_eq!(decision, stored);
}

#[test]
fn another_policy_can_be_tried_on_past_runs_and_changes_nothing() {
    let project = with_a_rejection();
    let products = project.products();
    project.write("naive.json", &json!({"require": "naive"}).to_string());
    let done = project.ok(&["gate", "replay", "--policy", "naive.json"]);
    insta::assert_snapshot!(done.shown(), @r"
    status: 0
    --- stdout
    version  champion then  then          under this policy  because
    1        none           promote       promote            there is no champion to protect; F1 of the challenger is 0.655 on 200 test rows
    2        1              inconclusive  promote            F1 rises from 0.655 to 0.730 on 200 test rows: +0.075 with a 90 % interval of +0.001 to +0.148
    1 of 2 decisions would have been different
    --- stderr
    ");
    project.write(
        "same.json",
        &project.read_json("config.json")["gate"].to_string(),
    );
    let same = project.json(&["gate", "replay", "--policy", "same.json"]);
    for row in same["replayed"].as_array().expect("a list") {
        assert_eq!(row["then"], row["now"], "{row:#}");
    }
    assert_eq!(project.products(), products);
    project.write("wrong.json", "{\"requier\": \"naive\"}");
    let done = project.unseat(&["gate", "replay", "--policy", "wrong.json"]);
    assert_eq!(done.code(), 2, "{done}");
    assert!(
        done.stderr.contains("require"),
        "names the nearest key: {done}"
    );
}
