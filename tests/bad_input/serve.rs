//! Serving: addresses, tokens, certificates and bundles that cannot be used. None of these servers starts.

use std::net::TcpListener;

use serde_json::json;

/// Loopback addresses are many; nobody else listens on these.
const TAKEN: &str = "127.77.7.7:18777";
const OPEN: [&str; 4] = ["serve", "--insecure", "--listen", "192.0.2.1:8000"];

/// A certificate and its key, both PEM.
fn pair() -> (String, String) {
    let names = ["localhost".to_string()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

cases! {
    serve_address_without_a_port(p) { Some(p.unseat(&["serve", "--listen", "localhost"])) }
    serve_port_beyond_the_last(p) { Some(p.unseat(&["serve", "--listen", "127.0.0.1:99999"])) }
    serve_address_of_another_machine(p) { Some(p.unseat(&OPEN)) }
    serve_port_taken(p) {
        let _other = TcpListener::bind(TAKEN).ok()?;
        let mut said = p.unseat(&["serve", "--listen", TAKEN]);
        // The document names another program than these tests.
        let pid = std::process::id();
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let mine = format!("process {pid} ({})", name.trim());
        said.lines.iter_mut().for_each(|line| *line = line.replace(&mine, "process 4711 (nginx)"));
        Some(said)
    }
    serve_port_of_the_system(p) {
        if TcpListener::bind("127.77.7.7:7").is_ok() {
            return None;
        }
        Some(p.unseat(&["serve", "--listen", "127.77.7.7:7"]))
    }
    serve_open_to_all(p) { Some(p.unseat(&["serve", "--listen", "0.0.0.0:8000"])) }
    serve_bundle_missing(p) { Some(p.unseat(&["serve", "--bundle", "nowhere"])) }
    serve_bundle_folder_without_one(p) { Some(p.unseat(&["serve", "--bundle", "practicedata"])) }
    serve_bundle_damaged(p) {
        let bytes = p.read("production_deployment/trainedmodel.json");
        p.write("copy/trainedmodel.json", &bytes[..bytes.len() / 2]);
        Some(p.unseat(&["serve", "--bundle", "copy"]))
    }
    serve_bundle_changed(p) {
        let text = String::from_utf8(p.read("production_deployment/trainedmodel.json")).expect("it is text");
        p.write("copy/trainedmodel.json", text.replacen("0.", "1.", 1));
        Some(p.unseat(&["serve", "--bundle", "copy"]))
    }
    serve_tokens_wrong(p) {
        let token = |name: &str, sha256: &str| json!({"name": name, "role": "read", "sha256": sha256});
        let good = "ab".repeat(32);
        p.set(json!({"server": {"tokens": [token("a", &good), token("b", "secret"), token("a", &good), token("c d", &"0".repeat(64))]}}));
        Some(p.unseat(&["serve"]))
    }
    serve_limits_wrong(p) {
        p.set(json!({"server": {"limits": {"rows": 0, "head_seconds": 0, "connections": 1_000_000_000}, "threads": 0}}));
        Some(p.unseat(&["serve"]))
    }
    serve_tokens_file_missing(p) {
        p.set(json!({"server": {"tokens_file": "tokens.txt"}}));
        Some(p.unseat(&["serve"]))
    }
    serve_tokens_file_wrong(p) {
        p.write("tokens.txt", "# name role hash\napp predict unseat_the-token-itself\n");
        p.set(json!({"server": {"tokens_file": "tokens.txt"}}));
        Some(p.unseat(&["serve"]))
    }
    serve_tokens_file_without_one(p) {
        p.write("tokens.txt", "# none yet\n");
        p.set(json!({"server": {"tokens_file": "tokens.txt"}}));
        Some(p.unseat(&["serve"]))
    }
    serve_certificate_missing(p) {
        p.set(json!({"server": {"tls": {"certificate": "chain.pem", "key": "key.pem"}}}));
        Some(p.unseat(&["serve"]))
    }
    serve_certificate_is_none(p) {
        p.write("chain.pem", "hello\n");
        p.write("key.pem", pair().1);
        p.set(json!({"server": {"tls": {"certificate": "chain.pem", "key": "key.pem"}}}));
        Some(p.unseat(&["serve"]))
    }
    serve_key_is_none(p) {
        let (certificate, _) = pair();
        p.write("chain.pem", &certificate);
        p.write("key.pem", certificate);
        p.set(json!({"server": {"tls": {"certificate": "chain.pem", "key": "key.pem"}}}));
        Some(p.unseat(&["serve"]))
    }
    serve_key_of_another(p) {
        p.write("chain.pem", pair().0);
        p.write("key.pem", pair().1);
        p.set(json!({"server": {"tls": {"certificate": "chain.pem", "key": "key.pem"}}}));
        Some(p.unseat(&["serve"]))
    }
    token_role_unknown(p) { Some(p.unseat(&["token", "app", "root"])) }
    token_name_unusable(p) { Some(p.unseat(&["token", "my app", "read"])) }
}
