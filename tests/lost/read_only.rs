//! A project that cannot be written can be looked at, predicted with and served; what would change it says so.

use std::process::Command;

use crate::serve::Server;
use crate::support::Project;

/// A bind mount that is read-only, until dropped; `None` where this machine does not let a test make one.
struct ReadOnly<'a>(&'a Project);

impl<'a> ReadOnly<'a> {
    fn mount(project: &'a Project) -> Option<Self> {
        let here = project.root().to_str()?;
        let done = |arguments: &[&str]| {
            let output = Command::new("mount").args(arguments).output();
            output.is_ok_and(|output| output.status.success())
        };
        if !done(&["--bind", here, here]) {
            return None;
        }
        let mounted = ReadOnly(project);
        done(&["-o", "remount,bind,ro", here]).then_some(mounted)
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.root()).output();
    }
}

#[test]
fn a_read_only_project_is_looked_at_predicted_with_and_served() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let writable = project.ok(&["predict", "testdata/testdata.csv"]).stdout;
    let Some(mounted) = ReadOnly::mount(&project) else {
        println!("left out, since this machine does not let a test mount");
        return;
    };
    for command in [
        &["versions", "list"][..],
        &["versions", "show", "1"],
        &["models", "list"],
        &["models", "show"],
        &["runs", "list"],
        &["gate", "explain"],
        &["diagnose"],
        &["config", "check"],
        &["explain"],
        &["jobs", "list"],
        &["schedule", "show"],
    ] {
        project.ok(command);
    }
    assert_eq!(
        project.ok(&["predict", "testdata/testdata.csv"]).stdout,
        writable
    );
    for command in [
        &["run"][..],
        &["promote", "1"],
        &["rollback"],
        &["train"],
        &["adopt"],
        &["gc"],
    ] {
        let done = project.unseat(command);
        assert_eq!(done.code(), 1, "{done}");
        assert!(
            done.stderr.contains(
                "the project is read-only here, its database unseat.db cannot be written"
            ),
            "{done}"
        );
        assert!(
            done.stderr.contains("hint: here the project can be looked at, predicted with and served; change it where its folder can be written"),
            "{done}"
        );
    }
    let server = Server::of(&project, &[]);
    assert_eq!(server.get("/readyz").expect(200).text(), "ok");
    let rejected = server.post("/runs", &serde_json::json!({}));
    assert!(rejected.status >= 400, "{}", rejected.text());
    drop(server);
    drop(mounted);
    project.assert_settled();
}
