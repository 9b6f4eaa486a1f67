//! The configuration file. What can be wrong with its keys is in `tests/data/config/invalid`.

use serde_json::json;

cases! {
    config_missing(p) { p.remove("config.json"); p.run() }
    config_not_json(p) { p.write("config.json", "{\n  \"name\": \"a\",\n}\n"); p.run() }
    config_empty(p) { p.write("config.json", ""); p.run() }
    config_not_utf_8(p) { p.write("config.json", b"{\"name\": \"caf\xe9\"}"); p.run() }
    config_a_list(p) { p.write("config.json", "[]"); p.run() }
    config_with_a_byte_order_mark(p) {
        let text = String::from_utf8(p.read("config.json")).expect("it is text");
        p.write("config.json", format!("\u{feff}{text}"));
        p.ingest()
    }
    config_unknown_key(p) { p.set(json!({"targte": "exited"})); p.run() }
    config_wrong_types(p) { p.set(json!({"drop": "id", "split": {"seed": -1}, "learner": {"c": "large"}})); p.run() }
    config_several_problems(p) {
        p.set(json!({"metric": "f2", "gate": {"confidnce": 0.9}, "split": {"validation": 1.5}, "test_data_path": ""}));
        p.run()
    }
    config_key_twice(p) {
        let text = String::from_utf8(p.read("config.json")).expect("it is text");
        p.write("config.json", text.replacen('{', "{\"name\": \"first\",", 1));
        p.run()
    }
    config_models_share_a_deployment(p) {
        p.set(json!({"models": {"a": {"prod_deployment_path": "live"}, "b": {"prod_deployment_path": "live"}}}));
        p.run()
    }
    config_other_database(p) { p.set(json!({"database_url": "mysql://host/db"})); p.run() }
}
