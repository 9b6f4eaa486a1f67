//! `/prediction`, the native one.

use serde_json::json;

use super::Server;
use crate::support::Project;

#[test]
fn a_row_is_answered_by_the_champion() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let row =
        json!({"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12});
    let answer = server
        .post("/prediction", &json!({"rows": [row]}))
        .expect(200);
    assert_eq!(answer.header("x-model-version"), Some("1"));
    let body = answer.json();
    assert_eq!(body["version"], 1);
    assert!(body["predictions"][0]["probability"].is_number(), "{body}");
}
