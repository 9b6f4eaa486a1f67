//! A socket to a server, for what no client sends: half requests, wrong ones, and silence.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::Server;

/// How long a test waits for bytes before it says that the server hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection.
pub struct Wire {
    stream: TcpStream,
    kept: Vec<u8>,
}

/// An answer with its body.
#[derive(Debug)]
pub struct Heard {
    pub status: u16,
    /// Headers as they came, in lower case.
    pub head: String,
    pub body: String,
}

impl Wire {
    pub fn to(server: &Server) -> Self {
        Wire::try_to(server).expect("the server takes connections")
    }

    pub fn try_to(server: &Server) -> std::io::Result<Self> {
        let (_, address) = server.base.split_once("://").expect("a URL");
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Wire {
            stream,
            kept: Vec::new(),
        })
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that has answered already may have closed.
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Reads more; false at the end.
    #[track_caller]
    fn more(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes) {
            Ok(0) => false,
            Ok(count) => {
                self.kept.extend_from_slice(&bytes[..count]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("the server hangs: {error}"),
        }
    }

    /// The next answer; `None` when the connection was closed instead.
    #[track_caller]
    pub fn hear(&mut self) -> Option<Heard> {
        let end = loop {
            let found = self.kept.windows(4).position(|it| it == b"\r\n\r\n");
            match found {
                Some(end) => break end + 4,
                None if self.more() => {}
                None => return None,
            }
        };
        let head = String::from_utf8_lossy(&self.kept[..end]).to_lowercase();
        self.kept.drain(..end);
        let status: u16 = head
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .unwrap_or_else(|| panic!("no status: {head}"));
        let length = head
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next()?.parse().ok())
            .unwrap_or(0);
        while status != 100 && self.kept.len() < length && self.more() {}
        let body: Vec<u8> = self.kept.drain(..length.min(self.kept.len())).collect();
        Some(Heard {
            status,
            head,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// Everything up to the end of the connection.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        while self.more() {}
        std::mem::take(&mut self.kept)
    }

    /// Sends the head of a request for a prediction and waits until the server asks for the body: from then on, the request
    /// is under way.
    #[track_caller]
    pub fn hold(&mut self, line: &str, length: usize) {
        self.send(format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n\r\n"
        ));
        let heard = self.hear().expect("an interim answer");
        assert_eq!(heard.status, 100, "{heard:?}");
    }
}
