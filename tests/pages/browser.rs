//! What an operator does in a browser, from the login to the logout, in the real Chromium.

use serde_json::json;

use super::driver::Browser;
use super::token;
use crate::serve::Server;
use crate::support::{MODEL, Project};

const SECRET: &str = "the-token-of-ann";

/// Nothing that a page loads is missing or kept out by its own policy, and nothing is wider than the window.
fn assert_sound(browser: &Browser) {
    let wide = browser.script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    assert!(
        wide.as_i64().is_some_and(|wide| wide <= 0),
        "{} is too wide by {wide}",
        browser.url()
    );
    let styled = browser
        .script("return [...document.styleSheets].every(sheet => sheet.cssRules.length > 0)");
    assert_eq!(styled, true, "{} has no style", browser.url());
    let unnamed = browser.script(
        "return [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
            .filter(it => !it.labels?.length && !it.ariaLabel).map(it => it.outerHTML)",
    );
    assert_eq!(
        unnamed,
        json!([]),
        "fields without a name at {}",
        browser.url()
    );
    let images = browser.script(
        "return [...document.querySelectorAll('svg:not([aria-hidden])')].filter(it => !it.getAttribute('aria-label')).length",
    );
    assert_eq!(images, 0, "charts without a text at {}", browser.url());
}

#[test]
fn an_operator_logs_in_runs_compares_promotes_rolls_back_and_logs_out() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let project = Project::promoted().with_real_clock();
    project.set("server.tokens", json!([token("ann", "admin", SECRET)]));
    let more = project.read("sourcedata/dataset3.csv");
    project.write("practicedata/more.csv", &more);
    let server = Server::of(&project, &[]);

    browser.go(&format!("{}/", server.base));
    browser.until("Paste a token");
    browser.write("//input[@name='token']", "wrong");
    browser.click("//button[.='Log in']");
    browser.until("this token is not known here");
    browser.write("//input[@name='token']", SECRET);
    browser.click("//button[.='Log in']");
    browser.until("Overview");
    browser.until("Version 1 has been the champion");
    assert_sound(&browser);

    browser.click("//button[.='Run now']");
    browser.until("ingest");
    assert!(browser.url().contains("/ui/runs/"), "{}", browser.url());
    // The page follows the run by itself.
    browser.until("promoted");
    assert_sound(&browser);
    browser.click(&format!("//a[.='{MODEL}']"));
    browser.until("Version 2 has been the champion");
    assert_sound(&browser);

    browser.write("//input[@name='a']", "1");
    browser.write("//input[@name='b']", "2");
    browser.click("//button[.='Compare']");
    browser.until("Where they differ");
    assert_sound(&browser);
    browser.click("//a[normalize-space()='Version 1']");
    browser.until("The gate, rule by rule");
    assert_sound(&browser);
    browser.write("//input[@name='reason']", "the old one, for a day");
    browser.click("//button[starts-with(., 'Promote version')]");
    browser.until("Version 1 has been the champion");
    browser.until("the old one, for a day");
    browser.write("//input[@name='reason']", "and back");
    browser.click("//button[starts-with(., 'Roll back')]");
    browser.until("and back");
    browser.until("Version 2 has been the champion");

    for path in [
        "ui/runs",
        "ui/queue",
        "ui/live",
        "ui/notifications",
        "ui/changes",
        "ui/settings",
    ] {
        browser.go(&format!("{}/{path}", server.base));
        browser.until("Log out");
        assert_sound(&browser);
    }
    for path in ["data", "try"] {
        browser.go(&format!("{}/ui/models/{MODEL}/{path}", server.base));
        browser.until("Log out");
        assert_sound(&browser);
    }
    browser.click("//button[.='Predict']");
    browser.until("What each feature contributes");
    browser.click("//button[.='Log out']");
    browser.until("Paste a token");
    browser.go(&format!("{}/ui/runs", server.base));
    browser.until("Paste a token");
}
