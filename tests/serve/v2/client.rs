//! The protocol's public client against the real server. It runs where `UNSEAT_CLIENTS_PYTHON` names an interpreter that
//! has `tritonclient[http]`.

use std::process::Command;

use super::mixed;
use crate::serve::Server;

#[test]
fn the_public_client_gets_what_it_asks_for() {
    let Some(python) = std::env::var_os("UNSEAT_CLIENTS_PYTHON") else {
        eprintln!("left out: the public client of v2 (UNSEAT_CLIENTS_PYTHON names no interpreter)");
        return;
    };
    let project = mixed::project(|class| ["no", "yes"][class], 2);
    project.ok(&["run", "--force"]);
    let server = Server::of(&project, &[]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/v2/client.py");
    let done = Command::new(python)
        .arg(script)
        .arg(&server.base)
        .output()
        .expect("the interpreter starts");
    let said = String::from_utf8_lossy(&done.stdout);
    eprintln!("{said}");
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}{complaint}");
}
