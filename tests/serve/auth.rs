//! Who is let in: tokens and roles, names and pages of elsewhere, TLS, and a server that does not start open.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::wire::Wire;
use super::{Answer, Server};
use crate::support::{Done, Project, sha256};

fn row() -> Value {
    json!({"rows": [{"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}]})
}

fn ask(server: &Server, headers: &[(&str, &str)]) -> Answer {
    let headers = [&[("content-type", "application/json")], headers].concat();
    server.send(
        "POST",
        "/prediction",
        &headers,
        row().to_string().as_bytes(),
    )
}

fn with_token(server: &Server, token: &str) -> Answer {
    ask(server, &[("authorization", &format!("Bearer {token}"))])
}

fn entry(name: &str, role: &str, token: &str) -> Value {
    json!({"name": name, "role": role, "sha256": sha256(token.as_bytes())})
}

#[test]
fn a_token_lets_in_whom_its_role_reaches() {
    let project = Project::promoted();
    project.set(
        "server.tokens",
        json!([entry("looker", "read", "r"), entry("app", "predict", "p")]),
    );
    project.write(
        "tokens.txt",
        &format!("# more\nboss admin {}\n", sha256(b"a")),
    );
    project.set("server.tokens_file", "tokens.txt");
    let server = Server::of(&project, &[]);
    with_token(&server, "p").expect(200);
    with_token(&server, "a").expect(200);
    let rejected = with_token(&server, "r").expect(403);
    assert_eq!(
        rejected.text(),
        r#"{"error":{"code":"forbidden","message":"this needs a token with the role predict; this one's is read","details":{}}}"#
    );
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[],
            "this needs a token: send it as `Authorization: Bearer <token>`",
        ),
        (
            &[("authorization", "Basic cA==")],
            "the `Authorization` header is not of the form `Bearer <token>`",
        ),
        (
            &[("authorization", "Bearer x")],
            "the token is not known here; `unseat token NAME ROLE` makes one",
        ),
    ];
    for (headers, message) in cases {
        let rejected = ask(&server, headers).expect(401);
        assert_eq!(rejected.header("www-authenticate"), Some("Bearer"));
        let expected =
            json!({"error": {"code": "unauthorized", "message": message, "details": {}}});
        assert_eq!(rejected.json(), expected);
    }
    let in_query = server.send("POST", "/prediction?access_token=p&token=p", &[], b"{}");
    in_query.expect(401);
    server.get("/livez").expect(200);
    server.get("/readyz").expect(200);
    // A caller with a token is not a web page that happened to be open.
    let headers = [
        ("authorization", "Bearer p"),
        ("host", "models.example.org"),
    ];
    ask(&server, &headers).expect(200);
}

#[test]
fn a_file_of_tokens_is_read_again_and_a_bad_one_is_not() {
    let project = Project::promoted();
    project.write("tokens.txt", &format!("one predict {}\n", sha256(b"1")));
    project.set("server.tokens_file", "tokens.txt");
    let server = Server::of(&project, &["-v"]);
    let until = |token: &str, status: u16| {
        let began = std::time::Instant::now();
        while with_token(&server, token).status != status {
            assert!(
                began.elapsed().as_secs() < 240,
                "{token} never gets {status}"
            );
        }
    };
    with_token(&server, "1").expect(200);
    project.write(
        "tokens.txt",
        &format!("other-name predict {}\n", sha256(b"2")),
    );
    until("2", 200);
    with_token(&server, "1").expect(401);
    project.write("tokens.txt", "what is this");
    server.signal(Signal::HUP);
    with_token(&server, "2").expect(200);
    project.write(
        "tokens.txt",
        "# all are revoked, and nobody is let in for it\n",
    );
    until("2", 401);
    ask(&server, &[]).expect(401);
    let (is_well, talk) = server.stop(Signal::TERM);
    assert!(is_well, "{talk}");
    assert!(
        !talk.contains(&sha256(b"2")) && !talk.contains("what is this"),
        "{talk}"
    );
}

#[test]
fn without_tokens_names_and_pages_of_elsewhere_are_rejected() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    for host in ["localhost", "127.0.0.1:80", "[::1]"] {
        ask(&server, &[("host", host)]).expect(200);
    }
    let rejected = ask(&server, &[("host", "evil.example.org")]).expect(403);
    assert_eq!(rejected.json()["error"]["code"], "forbidden");
    server
        .send("GET", "/livez", &[("host", "evil.example.org")], b"")
        .expect(403);
    // A prediction changes nothing; whether a page may read it is its browser's business.
    ask(&server, &[("origin", "http://evil.example.org")]).expect(200);
    for elsewhere in [
        ("origin", "http://evil.example.org"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let rejected = server
            .send("POST", "/runs", &[elsewhere], b"{}")
            .expect(403);
        assert_eq!(
            rejected.json()["error"]["message"],
            "a page of another site may not change anything here; ask from this machine, or set up tokens with `unseat token`"
        );
    }
    let answer = server.get("/livez");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("server"), None);
}

#[test]
fn too_many_requests_of_one_caller_are_a_429() {
    let project = Project::promoted();
    project.set(
        "server.tokens",
        json!([entry("a", "predict", "a"), entry("b", "predict", "b")]),
    );
    let server = Server::of(&project, &["--set", "server.limits.requests_per_second=1"]);
    // So many in a row do not take as many seconds.
    let statuses: Vec<u16> = (0..10).map(|_| with_token(&server, "a").status).collect();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].contains(&429), "{statuses:?}");
    with_token(&server, "b").expect(200);
    let rejected = std::iter::repeat_with(|| with_token(&server, "a"))
        .find(|answer| answer.status == 429)
        .expect("one of them");
    assert_eq!(rejected.header("retry-after"), Some("1"));
    assert_eq!(
        rejected.text(),
        r#"{"error":{"code":"too_many_requests","message":"more requests in a second than the server allows; ask again later","details":{}}}"#
    );
    (0..20).for_each(|_| drop(server.get("/livez").expect(200)));
}

#[test]
fn a_token_is_shown_once_with_what_goes_into_the_settings() {
    let project = Project::promoted();
    let made = project.json(&["token", "ci@build", "predict"]);
    let token = made["token"].as_str().expect("a token");
    assert!(token.starts_with("unseat_") && token.len() == 50, "{token}");
    let hash = sha256(token.as_bytes());
    let expected = json!({"name": "ci@build", "role": "predict", "sha256": hash});
    assert_eq!(made["entry"], expected);
    assert_eq!(made["line"], format!("ci@build predict {hash}"));
    assert_ne!(
        project.json(&["token", "ci@build", "predict"])["token"],
        token
    );
    project.set("server.tokens", json!([made["entry"]]));
    let server = Server::of(&project, &[]);
    with_token(&server, token).expect(200);
    let shown = project.ok(&["token", "x", "admin"]).stdout;
    let words: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(words, ["token", "server.tokens", "server.tokens_file"]);
}

/// Certificate and key for this machine, both PEM.
fn certificate() -> (String, String) {
    let names = ["localhost".to_string(), "127.0.0.1".to_string()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// Asks over TLS, trusting one certificate only.
fn over_tls(server: &Server, certificate: &str) -> Result<u16, ureq::Error> {
    use ureq::tls::{Certificate, RootCerts, TlsConfig};
    let certificate = Certificate::from_pem(certificate.as_bytes()).expect("a certificate");
    let roots = RootCerts::new_with_certs(&[certificate]);
    let tls = TlsConfig::builder().root_certs(roots).build();
    let agent = ureq::Agent::config_builder()
        .tls_config(tls)
        .build()
        .new_agent();
    let answer = agent.get(format!("{}/livez", server.base)).call()?;
    Ok(answer.status().as_u16())
}

#[test]
fn with_a_certificate_the_port_speaks_tls_and_follows_a_new_one() {
    let project = Project::promoted();
    let (first, key) = certificate();
    project.write("tls/chain.pem", &first);
    project.write("tls/key.pem", &key);
    project.set(
        "server.tls",
        json!({"certificate": "tls/chain.pem", "key": "tls/key.pem"}),
    );
    let server = Server::of(&project, &["--set", "server.limits.head_seconds=1"]);
    assert!(
        server.base.starts_with("https://127.0.0.1:"),
        "{}",
        server.base
    );
    assert_eq!(over_tls(&server, &first).expect("an answer"), 200);
    let (second, key) = certificate();
    assert!(over_tls(&server, &second).is_err(), "it is another one's");
    assert_eq!(protocol_of(&server, &first), Some(b"h2".to_vec()));
    // Nobody is held up by one who does not get on with the handshake, or speaks no TLS.
    let mut silent = Wire::to(&server);
    let mut plain = Wire::to(&server);
    plain.send("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert!(!String::from_utf8_lossy(&plain.rest()).contains("200"));
    assert_eq!(over_tls(&server, &first).expect("an answer"), 200);
    assert!(silent.rest().is_empty(), "it is closed in the end");
    // A new certificate without its key changes nothing; with it, it is shown.
    project.write("tls/chain.pem", &second);
    server.signal(Signal::HUP);
    assert_eq!(over_tls(&server, &first).expect("an answer"), 200);
    project.write("tls/key.pem", &key);
    let began = std::time::Instant::now();
    while over_tls(&server, &second).is_err() {
        assert!(
            began.elapsed().as_secs() < 240,
            "the new one is never shown"
        );
    }
    let (is_well, talk) = server.stop(Signal::TERM);
    assert!(is_well, "{talk}");
}

/// What is agreed on with a client that speaks HTTP/2, too.
fn protocol_of(server: &Server, certificate: &str) -> Option<Vec<u8>> {
    use std::io::Write as _;
    use std::sync::Arc;
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    use tokio_rustls::rustls::{self, ClientConfig, ClientConnection, RootCertStore};
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
    roots.add(certificate).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = "localhost".try_into().expect("a name");
    let mut client = ClientConnection::new(Arc::new(config), name).expect("a client");
    let address = server.base.trim_start_matches("https://");
    let mut socket = std::net::TcpStream::connect(address).expect("connects");
    let mut stream = rustls::Stream::new(&mut client, &mut socket);
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .expect("shakes hands");
    client.alpn_protocol().map(<[u8]>::to_vec)
}

fn rejected(project: &Project, arguments: &[&str]) -> Done {
    let done = project.unseat(&[&["serve"], arguments].concat());
    assert!(!done.stderr.contains("panicked"), "{done}");
    done
}

#[test]
fn an_address_that_others_reach_needs_tokens_or_a_word() {
    let project = Project::promoted();
    let done = rejected(&project, &["--listen", "0.0.0.0:0"]);
    assert_eq!(done.code(), 2);
    assert_eq!(
        done.stderr,
        "error: failed to listen on 0.0.0.0:0 without tokens: anyone who reaches it could do everything\nhint: `unseat token NAME ROLE` makes a token for `server.tokens`; or listen on 127.0.0.1, which only this machine reaches; or add `--insecure`, if anyone may use it\n"
    );
    for address in ["[::]:0", "[::ffff:0.0.0.0]:0", "10.255.255.1:0", "0:0"] {
        assert_eq!(
            rejected(&project, &["--listen", address]).code(),
            2,
            "{address}"
        );
    }
    for address in ["localhost:0", "127.9.9.9:0"] {
        drop(Server::of(&project, &["--listen", address]));
    }
    let mut open = Server::of(&project, &["--listen", "0.0.0.0:0", "--insecure"]);
    open.base = open.base.replace("0.0.0.0", "127.0.0.1");
    ask(&open, &[("host", "models.example.org")]).expect(200);
}
