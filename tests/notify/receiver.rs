//! An HTTP receiver of a few lines.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;

use serde_json::Value;

/// A request that came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body of JSON")
    }
}

/// Answers with one status after the other, the last for good; 0 is not an answer at all.
pub struct Receiver {
    pub url: String,
    seen: mpsc::Receiver<Seen>,
}

impl Receiver {
    pub fn answering(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let statuses = statuses.to_vec();
        let (sender, seen) = mpsc::channel();
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for (at, stream) in listener.incoming().enumerate() {
                let stream = stream.expect("a connection");
                let status = *statuses.get(at).unwrap_or(&statuses[statuses.len() - 1]);
                let Some(one) = read(&stream) else {
                    continue;
                };
                if sender.send(one).is_err() {
                    return;
                }
                if status == 0 {
                    kept.push(stream);
                    continue;
                }
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\nlocation: /elsewhere\r\n\r\n"
                );
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Receiver {
            url: format!("http://{address}/hook"),
            seen,
        }
    }

    /// What came so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.try_iter().collect()
    }

    /// Waits for the next one.
    pub fn next(&self) -> Seen {
        let patience = std::time::Duration::from_secs(60);
        self.seen.recv_timeout(patience).expect("a request comes")
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_string()));
    }
    let mut seen = Seen {
        headers,
        body: String::new(),
    };
    let length = seen.header("content-length").parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    seen.body = String::from_utf8(body).ok()?;
    Some(seen)
}
