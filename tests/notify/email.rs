//! E-mails: a real SMTP conversation, and a password that only the server sees.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use unseat::notify::happened;

use super::desk::Desk;
use crate::support::Project;

/// A server that takes every e-mail, or rejects every login and repeats what was sent.
fn server(rejects: bool) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (sender, seen) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let said = talk(&stream.expect("a connection"), rejects).unwrap_or_default();
            if sender.send(said).is_err() {
                return;
            }
        }
    });
    (format!("smtp://{address}"), seen)
}

/// One conversation; returns all that the client said.
fn talk(stream: &TcpStream, rejects: bool) -> std::io::Result<String> {
    let mut writer = stream;
    let mut said = String::new();
    let mut is_letter = false;
    writer.write_all(b"220 here\r\n")?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        said.push_str(&format!("{line}\n"));
        let word = line.split(' ').next().unwrap_or_default().to_uppercase();
        let answer = match word.as_str() {
            "." => {
                is_letter = false;
                "250 taken".to_string()
            }
            _ if is_letter => continue,
            "EHLO" => "250-here\r\n250 AUTH PLAIN".to_string(),
            "AUTH" if rejects => format!("535 no: {line}"),
            "AUTH" => "235 welcome".to_string(),
            "DATA" => {
                is_letter = true;
                "354 go on".to_string()
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n")?;
                break;
            }
            _ => "250 fine".to_string(),
        };
        writer.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(said)
}

fn channel(smtp: &str) -> Value {
    json!([{
        "kind": "email", "smtp": smtp, "user": "me", "password_file": "password",
        "from": "unseat <unseat@example.org>", "to": ["a@example.org", "B <b@example.org>"],
    }])
}

const PASSWORD: &str = "correct-horse-battery";

#[tokio::test]
async fn a_letter_arrives_with_subject_and_text() {
    let (smtp, seen) = server(false);
    let desk = Desk::filled(&[("password", PASSWORD)], channel(&smtp)).await;
    happened(&desk.post, &desk.event("1")).await;
    let attempts = desk.send().await;
    assert!(attempts[0].sent, "{attempts:?}");
    let said = seen.recv().expect("it came");
    for part in [
        "MAIL FROM:<unseat@example.org>",
        "RCPT TO:<a@example.org>",
        "RCPT TO:<b@example.org>",
        "Subject: unseat: the event 1",
        "was not trained",
        "Message-ID: <",
        "Date: ",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    let login = STANDARD.encode(format!("\0me\0{PASSWORD}"));
    assert!(said.contains(&format!("AUTH PLAIN {login}")), "{said}");
}

#[tokio::test]
async fn a_password_that_the_server_repeats_is_not_kept() {
    let (smtp, _seen) = server(true);
    let desk = Desk::filled(&[("password", PASSWORD)], channel(&smtp)).await;
    happened(&desk.post, &desk.event("1")).await;
    assert!(!desk.send().await[0].sent);
    let error = desk.only().await.error.expect("a reason");
    assert!(error.contains("535") || error.contains("no:"), "{error}");
    assert_no_password(&error);
}

#[test]
fn no_log_setting_or_file_holds_the_password() {
    for rejects in [false, true] {
        let (smtp, _seen) = server(rejects);
        let project = Project::new();
        project.write("elsewhere/password", PASSWORD);
        let mut channels = channel(&smtp);
        channels[0]["password_file"] = "elsewhere/password".into();
        // One more, whose password comes by a variable.
        let mut other = channels[0].clone();
        other["name"] = "second".into();
        if let Value::Object(other) = &mut other {
            other.remove("password_file");
        }
        channels.as_array_mut().expect("a list").push(other);
        project.set("notify", json!({"channels": channels}));
        let variable = ("UNSEAT_NOTIFY_SECOND_PASSWORD", PASSWORD);
        let commands: [&[&str]; 5] = [
            &["run", "-vv"],
            &["notify", "test", "-vv"],
            &["notify", "list", "--json"],
            &["config", "show"],
            &["notify", "send", "-vv", "--log-format", "json"],
        ];
        for command in commands {
            let mut command_line = project.command(command);
            command_line
                .env(variable.0, variable.1)
                .env("UNSEAT_LOG", "trace");
            let done = project.finish(command_line.spawn().expect("starts"), command);
            // Nobody waits for a run's messages; who sends or tests by hand is told.
            let is_by_hand = command[1] == "test" || command[1] == "send";
            assert_eq!(done.status.success(), !(is_by_hand && rejects), "{done}");
            assert_no_password(&format!("{done}"));
        }
        for (name, path) in crate::support::files_below(project.root()) {
            let bytes = std::fs::read(path).expect("reads");
            if name != "elsewhere/password" {
                assert_no_password(&String::from_utf8_lossy(&bytes));
            }
        }
    }
}

fn assert_no_password(text: &str) {
    let forms = [
        PASSWORD.to_string(),
        STANDARD.encode(PASSWORD),
        STANDARD.encode(format!("\0me\0{PASSWORD}")),
    ];
    for form in forms {
        assert!(!text.contains(&form), "the password stands in: {text}");
    }
}
