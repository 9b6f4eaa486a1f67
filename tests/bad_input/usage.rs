//! The command line and things that are not there.

use serde_json::json;

cases! {
    no_command(p) { Some(p.unseat(&["rnu"])) }
    project_missing(p) { Some(p.unseat(&["run", "-C", "nowhere"])) }
    init_in_a_project(p) { Some(p.unseat(&["init", "."])) }
    init_below_a_file(p) { Some(p.unseat(&["init", "config.json/new"])) }
    setting_without_a_value(p) { Some(p.unseat(&["run", "--set", "metric"])) }
    setting_unknown(p) { Some(p.unseat(&["run", "--set", "gate.requires=naive"])) }
    setting_below_a_value(p) { Some(p.unseat(&["run", "--set", "metric.kind=f1"])) }
    environment_unknown(p) { Some(p.unseat_with(&["config", "check"], &[("UNSEAT_METRICS", "f1")])) }
    clock_unreadable(p) { Some(p.unseat_with(&["run"], &[("UNSEAT_NOW", "noon")])) }
    input_flag_missing_folder(p) { Some(p.unseat(&["run", "--input", "nowhere"])) }
    gate_mode_unknown(p) { Some(p.unseat(&["run", "--gate", "naiv"])) }
    model_unknown(p) { Some(p.unseat(&["run", "--model", "other"])) }
    error_as_json(p) {
        let said = p.unseat(&["run", "--json", "--input", "nowhere"]);
        let error: serde_json::Value = serde_json::from_str(&said.stdout).expect("stdout is JSON");
        assert_eq!(error["error"]["code"], "data");
        assert!(said.lines.is_empty(), "{said}");
        Some(super::project::Said { lines: vec![said.stdout.trim().to_string()], ..said })
    }
    model_to_choose(p) {
        p.set(json!({"models": {"a": {}, "b": {}}}));
        Some(p.unseat(&["train"]))
    }
    version_unknown(p) { Some(p.unseat(&["promote", "7", "--reason", "x"])) }
    version_no_number(p) { Some(p.unseat(&["versions", "show", "newest"])) }
    run_unknown(p) { Some(p.unseat(&["runs", "show", "1999"])) }
    rollback_without_an_earlier(p) { Some(p.unseat(&["rollback", "--reason", "x"])) }
    train_before_ingest(p) { p.forget(); Some(p.unseat(&["train"])) }
    score_before_train(p) { p.forget(); Some(p.unseat(&["score"])) }
    diagnose_before_ingest(p) { p.forget(); Some(p.unseat(&["diagnose"])) }
    replay_policy_missing(p) { Some(p.unseat(&["gate", "replay", "--policy", "nowhere.json"])) }
    replay_policy_bad(p) { p.write("policy.json", "{\"requires\": \"naive\"}"); Some(p.unseat(&["gate", "replay", "--policy", "policy.json"])) }
}
