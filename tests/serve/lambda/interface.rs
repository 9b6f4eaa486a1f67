//! The runtime interface of AWS Lambda (2018-06-01) as far as a function uses it, and a function that talks to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::Project;

/// Longest that an answer is waited for, also on a machine that is busy with other things.
const LONGEST: Duration = Duration::from_secs(240);
/// A time that is not over, in milliseconds since 1970.
const NEVER: i64 = 9_999_999_999_999;

/// Hands out events that are given to it, one at a time.
pub struct Interface {
    address: String,
    events: Mutex<Sender<(String, i64)>>,
    told: Mutex<Receiver<(String, Value)>>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl Interface {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (events, waiting) = channel::<(String, i64)>();
        let again = events.clone();
        let (tells, told) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let connections: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let open = connections.clone();
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().flatten().enumerate() {
                open.lock()
                    .expect("a lock")
                    .push(stream.try_clone().expect("a socket"));
                let (waiting, tells, again) = (waiting.clone(), tells.clone(), again.clone());
                std::thread::spawn(move || serve(stream, count, (&waiting, &again), &tells));
            }
        });
        Interface {
            address,
            events: Mutex::new(events),
            told: Mutex::new(told),
            connections,
        }
    }

    /// Gives an event, and waits for what is made of it: an answer, or an error.
    #[track_caller]
    pub fn ask(&self, event: &Value) -> Value {
        self.ask_until(event, NEVER)
    }

    /// The same, with the time at which the invocation is given up.
    #[track_caller]
    pub fn ask_until(&self, event: &Value, deadline_ms: i64) -> Value {
        let event = (event.to_string(), deadline_ms);
        self.events
            .lock()
            .expect("a lock")
            .send(event)
            .expect("it is asked");
        self.heard().1
    }

    /// What a function says that cannot start.
    #[track_caller]
    pub fn start_error(&self) -> Value {
        let (path, said) = self.heard();
        assert_eq!(path, "/2018-06-01/runtime/init/error");
        said
    }

    #[track_caller]
    fn heard(&self) -> (String, Value) {
        let told = self.told.lock().expect("a lock");
        told.recv_timeout(LONGEST)
            .expect("the function says something")
    }

    /// Closes every connection, at both ends.
    pub fn close_connections(&self) {
        for connection in self.connections.lock().expect("a lock").drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// An event as text, and the deadline of its invocation in milliseconds since 1970.
type Waiting = (String, i64);

/// Answers the requests of one connection.
fn serve(
    mut stream: TcpStream,
    number: usize,
    (waiting, again): (&Mutex<Receiver<Waiting>>, &Sender<Waiting>),
    tells: &Sender<(String, Value)>,
) {
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    for count in 0.. {
        let Some((line, body)) = request(&mut reader) else {
            return;
        };
        let path = line.split(' ').nth(1).unwrap_or_default().to_string();
        let answer = if line.starts_with("GET /2018-06-01/runtime/invocation/next ") {
            let Some((event, deadline)) = next(waiting, again, &stream) else {
                return;
            };
            format!(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: invocation-{number}{count}\r\n\
                 Lambda-Runtime-Deadline-Ms: {deadline}\r\nLambda-Runtime-Invoked-Function-Arn: arn\r\n\
                 Content-Length: {}\r\n\r\n{event}",
                event.len()
            )
        } else {
            let said = serde_json::from_slice(&body).expect("JSON");
            if tells.send((path, said)).is_err() {
                return;
            }
            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_string()
        };
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The next event, unless who asked is gone before there is one; then it is for who asks next.
fn next(
    waiting: &Mutex<Receiver<(String, i64)>>,
    again: &Sender<(String, i64)>,
    stream: &TcpStream,
) -> Option<(String, i64)> {
    let patience = Some(Duration::from_millis(1));
    stream.set_read_timeout(patience).expect("a socket");
    loop {
        let event = waiting
            .lock()
            .expect("a lock")
            .recv_timeout(Duration::from_millis(20));
        let is_gone = matches!(stream.peek(&mut [0]), Ok(0));
        match event {
            Ok(event) if is_gone => {
                let _ = again.send(event);
                return None;
            }
            Ok(event) => {
                stream.set_read_timeout(None).expect("a socket");
                return Some(event);
            }
            Err(_) if is_gone => return None,
            Err(_) => {}
        }
    }
}

/// The first line and the body of a request; none at the end.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut first = String::new();
    let mut length = 0;
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, body))
}

/// The program, started as AWS Lambda starts it. Ended when dropped.
pub struct Function(Child);

impl Function {
    pub fn start(project: &Project, interface: &Interface, arguments: &[&str]) -> Self {
        let mut command = project.command(arguments);
        command.env("AWS_LAMBDA_RUNTIME_API", &interface.address);
        command.stdout(Stdio::null());
        Function(command.spawn().expect("the program starts"))
    }

    /// Sends a signal, and waits for the end.
    pub fn stop(self, signal: Signal) -> (bool, String) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, signal).expect("sends");
        self.ended()
    }

    /// Whether it ended well, and what it said on stderr.
    pub fn ended(mut self) -> (bool, String) {
        let mut talk = String::new();
        if let Some(mut stderr) = self.0.stderr.take() {
            let _ = stderr.read_to_string(&mut talk);
        }
        (self.0.wait().expect("ends").success(), talk)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
