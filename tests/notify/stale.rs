//! A stale model is seen everywhere, and continues answering.

use serde_json::json;

use crate::serve::Server;
use crate::support::Project;

#[test]
fn a_stale_model_is_seen_everywhere_and_told_of_once() {
    let project = Project::promoted();
    let well = Server::of(&project, &[]);
    let metrics = well.get("/metrics").expect(200).text();
    assert!(
        metrics.contains("unseat_model_stale{model=\"attrition\",reason=\"untrained\"} 0"),
        "{metrics}"
    );
    drop(well);
    let argv = ["sh", "-c", "cat >> told.ndjson; echo >> told.ndjson"];
    let channel = json!({"kind": "command", "argv": argv, "on": ["stale"]});
    project.set("notify", json!({"channels": [channel]}));
    // Some seconds; each command comes a minute after the one before.
    project.set("health", json!({"max_days_untrained": 0.0001}));
    project.ok(&["notify", "send"]);
    project.ok(&["notify", "send"]);
    let told = project.read("told.ndjson");
    assert_eq!(told.trim().lines().count(), 1, "{told}");
    assert!(told.contains("\"reason\":\"untrained\""), "{told}");

    let models = project.json(&["models"]);
    assert_eq!(models[0]["stale"][0]["reason"], "untrained", "{models}");
    let shown = project.ok(&["models"]).stdout;
    assert!(shown.contains("untrained"), "{shown}");
    let shown = project.ok(&["diagnose"]).stdout;
    assert!(
        shown.contains("stale: it was not trained again for"),
        "{shown}"
    );

    let server = Server::of(&project, &[]);
    server.get("/readyz").expect(200);
    let ready = server.get("/readyz?verbose").expect(200).json();
    assert_eq!(ready["ready"], true);
    let checks = ready["checks"].as_array().expect("a list");
    let check = checks.iter().find(|check| check["name"] == "stale");
    let check = check.expect("it is looked at");
    assert_eq!(check["ok"], false, "{check}");
    let metrics = server.get("/metrics").expect(200).text();
    let line = "unseat_model_stale{model=\"attrition\",reason=\"untrained\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}
