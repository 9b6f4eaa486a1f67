//! Login in the browser: a token once, a cookie from then on, and no change without the form's own secret.

use serde_json::json;

use super::{BROWSER, csrf, form, page, token};
use crate::serve::Server;
use crate::support::{MODEL, Project};

const ADMIN: &str = "an-admin-token";
const READER: &str = "a-readers-token";

fn guarded() -> (Project, Server) {
    let project = Project::promoted();
    let tokens = json!([token("ann", "admin", ADMIN), token("rob", "read", READER)]);
    project.set("server.tokens", tokens);
    let server = Server::of(&project, &[]);
    (project, server)
}

/// Logs in; the cookie.
fn logged_in(server: &Server, secret: &str) -> String {
    let login = page(server, "/ui/login", None).expect(200);
    let fields = [
        ("csrf", csrf(&login).as_str().to_owned()),
        ("token", secret.to_string()),
    ];
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let done = form(server, "/ui/login", None, &fields).expect(303);
    let cookie = done.header("set-cookie").expect("a cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "over plain HTTP it would never come back: {cookie}"
    );
    cookie.split(';').next().expect("a pair").to_string()
}

#[test]
fn a_stranger_sees_the_login_form_and_a_program_a_401() {
    let (_project, server) = guarded();
    let home = page(&server, "/", None).expect(200).text();
    assert!(
        home.contains("name=\"token\"") && !home.contains(MODEL),
        "{home}"
    );
    let runs = page(&server, "/ui/runs", None).expect(401);
    assert!(
        runs.text().contains("name=\"next\" value=\"ui/runs\""),
        "{}",
        runs.text()
    );
    let program = server.get("/ui/runs").expect(401);
    assert_eq!(program.json()["error"]["code"], "unauthorized");
    assert_eq!(program.header("www-authenticate"), Some("Bearer"));
    server.get("/models").expect(401);
}

#[test]
fn a_token_opens_a_session_until_it_is_ended() {
    let (_project, server) = guarded();
    let login = page(&server, "/ui/login", None);
    let wrong = [("csrf", csrf(&login)), ("token", "wrong".to_string())];
    let wrong: Vec<(&str, &str)> = wrong
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let rejected = form(&server, "/ui/login", None, &wrong).expect(401);
    assert!(rejected.header("set-cookie").is_none());
    let cookie = logged_in(&server, ADMIN);
    let home = page(&server, "/", Some(&cookie)).expect(200);
    assert!(home.text().contains(MODEL) && home.text().contains("ann, admin"));
    page(&server, "/ui/runs", Some(&cookie)).expect(200);
    // What a page links to opens, too; what changes something by the API wants the token itself.
    let read = [("cookie", cookie.as_str())];
    server
        .send("GET", &format!("/models/{MODEL}"), &read, b"")
        .expect(200);
    server
        .send("POST", &format!("/models/{MODEL}/rollback"), &read, b"")
        .expect(401);
    server
        .send("GET", "/set-model?model=a", &read, b"")
        .expect(401);
    let foreign = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "cross-site"),
        BROWSER,
    ];
    server.send("GET", "/ui/runs", &foreign, b"").expect(401);
    let csrf = csrf(&home);
    let away = form(&server, "/ui/logout", Some(&cookie), &[("csrf", &csrf)]).expect(303);
    assert!(
        away.header("set-cookie")
            .expect("forgets it")
            .contains("Max-Age=0")
    );
    page(&server, "/ui/runs", Some(&cookie)).expect(401);
}

#[test]
fn no_form_changes_anything_without_its_own_secret() {
    let (_project, server) = guarded();
    let cookie = logged_in(&server, ADMIN);
    let other = logged_in(&server, ADMIN);
    let of_other = csrf(&page(&server, "/", Some(&other)));
    for given in ["", "guessed", of_other.as_str()] {
        for path in [
            "/ui/do/pause",
            "/ui/do/run",
            "/ui/do/rollback",
            "/ui/logout",
        ] {
            let fields = [("model", MODEL), ("csrf", given)];
            form(&server, path, Some(&cookie), &fields).expect(403);
        }
        let path = format!("/ui/models/{MODEL}/try");
        form(&server, &path, Some(&cookie), &[("csrf", given)]).expect(403);
    }
    let json = [
        ("cookie", cookie.as_str()),
        ("content-type", "application/json"),
    ];
    server
        .send("POST", "/ui/do/pause", &json, b"{}")
        .expect(415);
    let csrf = csrf(&page(&server, "/", Some(&cookie)));
    let fields = [("model", MODEL), ("csrf", csrf.as_str())];
    let done = form(&server, "/ui/do/pause", Some(&cookie), &fields).expect(303);
    assert_eq!(done.header("location"), Some("../../ui/models/attrition"));
    let paused = page(&server, "/ui/queue", Some(&cookie)).text();
    assert!(
        !paused.contains("paused by ann") || paused.contains("Resume"),
        "{paused}"
    );
}

#[test]
fn a_reader_looks_and_changes_nothing() {
    let (_project, server) = guarded();
    let cookie = logged_in(&server, READER);
    let model = page(&server, &format!("/ui/models/{MODEL}"), Some(&cookie)).expect(200);
    assert!(
        !model.text().contains("ui/do/"),
        "no button for who may not press it"
    );
    let csrf = csrf(&model);
    let fields = [("model", MODEL), ("csrf", csrf.as_str())];
    form(&server, "/ui/do/pause", Some(&cookie), &fields).expect(403);
}

#[test]
fn a_session_ends_with_its_token() {
    let project = Project::promoted();
    let line = |secret: &str| format!("ann admin {}\n", crate::support::sha256(secret.as_bytes()));
    project.write("tokens.txt", &line(ADMIN));
    project.set("server.tokens_file", "tokens.txt");
    let server = Server::of(&project, &[]);
    let cookie = logged_in(&server, ADMIN);
    page(&server, "/ui/runs", Some(&cookie)).expect(200);
    project.write("tokens.txt", &line("another"));
    server.signal(rustix::process::Signal::HUP);
    let began = std::time::Instant::now();
    while page(&server, "/ui/runs", Some(&cookie)).status != 401 {
        assert!(
            began.elapsed().as_secs() < 240,
            "the session outlives its token"
        );
    }
}

#[test]
fn behind_a_proxy_that_is_believed_the_cookie_is_sent_by_https_only() {
    let project = Project::promoted();
    project.set("server.tokens", json!([token("ann", "admin", ADMIN)]));
    project.set("server.trust_forwarded_proto", true);
    let server = Server::of(&project, &[]);
    let login = page(&server, "/ui/login", None);
    let body = format!("csrf={}&token={ADMIN}", csrf(&login));
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for (proto, is_secure) in [("https", true), ("http", false)] {
        let headers = [BROWSER, kind, ("x-forwarded-proto", proto)];
        let done = server
            .send("POST", "/ui/login", &headers, body.as_bytes())
            .expect(303);
        let cookie = done.header("set-cookie").expect("a cookie");
        assert_eq!(cookie.contains("Secure"), is_secure, "{proto}: {cookie}");
    }
}

#[test]
fn every_page_is_escaped_and_may_load_only_what_is_ours() {
    let project = Project::promoted();
    project.write("practicedata/<b>&\".csv", "a,b\n1,2,3\n");
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let model = format!("/ui/models/{MODEL}");
    for path in [
        "/",
        "/ui",
        "/ui/runs",
        "/ui/runs/latest",
        "/ui/queue",
        "/ui/live",
        "/ui/notifications",
        "/ui/changes",
        "/ui/settings",
        "/ui/login",
        &model,
        &format!("{model}/data"),
        &format!("{model}/try"),
        &format!("{model}/versions/1"),
        &format!("{model}/compare?a=1&b=1"),
        "/ui/nothing",
        "/ui/runs/%3Cb%3E",
    ] {
        let answer = page(&server, path, None);
        let text = answer.text();
        assert!(text.starts_with("<!DOCTYPE html>"), "{path}: {text}");
        assert!(!text.contains("<b>&\""), "{path}");
        assert!(
            !text.contains(" style=\"") && !text.contains("onclick"),
            "{path}"
        );
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("script-src 'self'"),
            "{path}"
        );
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "nothing of elsewhere: {path}"
        );
    }
    assert!(
        page(&server, "/", None)
            .text()
            .contains("&lt;b&gt;&amp;&quot;.csv")
    );
}

#[test]
fn a_session_is_good_at_every_server_of_a_project_until_it_is_ended_at_one() {
    let (project, one) = guarded();
    let other = Server::of(&project, &[]);
    let cookie = logged_in(&one, ADMIN);
    let seen = page(&other, "/ui/runs", Some(&cookie)).expect(200);
    // A form of one is taken by the other, with its own secret and no other.
    let fields = [("csrf", csrf(&seen))];
    form(&one, "/ui/logout", Some(&cookie), &[("csrf", "another")]).expect(403);
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    form(&one, "/ui/logout", Some(&cookie), &fields).expect(303);
    page(&one, "/ui/runs", Some(&cookie)).expect(401);
    other.until_with(&[BROWSER, ("cookie", &cookie)], "/ui/runs", |answer| {
        answer.status == 401
    });
    // Who comes later knows of both, too.
    let cookie = logged_in(&other, READER);
    let later = Server::of(&project, &[]);
    page(&later, "/ui/runs", Some(&cookie)).expect(200);
}
