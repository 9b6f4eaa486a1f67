//! `GET /prediction` with `model_id`, `text` and `n_top`.

use serde_json::{Value, json};

use super::{of_messages, rejected};
use crate::serve::{Answer, Server};
use crate::support::Project;

fn ask(server: &Server, body: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    server.send("GET", "/prediction", &headers, body.to_string().as_bytes())
}

#[test]
fn a_text_is_answered_with_its_likeliest_classes() {
    let project = of_messages(&["SAVING", "DEBT", "BILLS"]);
    let server = Server::of(&project, &[]);
    let asked = json!({"model_id": "messages", "text": "about debt", "n_top": 2});
    let answer = ask(&server, &asked).expect(200).json();
    assert_eq!(answer["prediction_request"], asked);
    let model = json!({
        "key": "model",
        "sort": "messages",
        "data": {
            "id": "messages", "version": 1, "target": "label",
            "classes": ["BILLS", "DEBT", "SAVING"],
        },
        "status": "active",
    });
    assert_eq!(answer["model"], model);
    let prediction = answer["prediction"].as_array().expect("a list");
    assert_eq!(prediction.len(), 2);
    assert_eq!(prediction[0][0], "DEBT");
    assert!(
        prediction[0][1].as_f64() > prediction[1][1].as_f64(),
        "{answer}"
    );

    let asked = json!({"model_id": "messages", "text": "about debt"});
    let answer = ask(&server, &asked).expect(200).json();
    assert_eq!(answer["prediction_request"]["n_top"], 5);
    assert_eq!(answer["prediction"].as_array().map(Vec::len), Some(3));
    let by_query = server
        .get("/prediction?model_id=messages&text=about+debt&n_top=5")
        .expect(200);
    assert_eq!(by_query.json(), answer);
    // The native call of the same path is still there.
    let native = server.get("/prediction?text=about+debt").expect(200).json();
    assert_eq!(native["predictions"][0]["prediction"], "DEBT");
}

#[test]
fn what_is_wrong_with_a_text_request_is_told_in_its_service_s_words() {
    let project = of_messages(&["SAVING", "DEBT"]);
    let server = Server::of(&project, &[]);
    let missing = "Required parameters not supplied";
    let n_top = "`n_top` is a whole number of at least 1";
    let cases = [
        (json!({}), missing),
        (json!({"model_id": "messages"}), missing),
        (json!({"text": "about debt"}), missing),
        (json!({"model_id": 3, "text": "about debt"}), missing),
        (
            json!({"model_id": "other", "text": "secret"}),
            "Requested Model ID does not exist",
        ),
        (
            json!({"model_id": "messages", "text": "a", "n_top": 0}),
            n_top,
        ),
        (
            json!({"model_id": "messages", "text": "a", "n_top": -3}),
            n_top,
        ),
        (
            json!({"model_id": "messages", "text": "a", "n_top": "two"}),
            n_top,
        ),
        (
            json!([1]),
            "the body is not a JSON object; /docs shows its form",
        ),
    ];
    for (body, expected) in cases {
        rejected(ask(&server, &body), 400, &json!({"error": expected}));
    }
    let answer = server.get("/prediction?model_id=messages&text=a&n_top=no");
    rejected(answer, 400, &json!({"error": n_top}));
}

#[test]
fn a_model_of_numbers_takes_no_text() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let why = "the model has not one column of texts, so a `text` alone cannot be sorted; POST /prediction takes all columns";
    let asked = json!({"model_id": "attrition", "text": "about debt"});
    rejected(ask(&server, &asked), 400, &json!({"error": why}));
}
