//! The load: so many users, each on a thread and a connection of its own, until the time is over.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use super::bodies::Body;
use crate::cli::client;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Stack of a user's thread.
const STACK: usize = 256 << 10;

/// How much is asked.
pub struct Load {
    /// Users at once.
    pub users: u64,
    /// How long.
    pub time: Duration,
}

/// What came back.
#[derive(Debug, Default, PartialEq)]
pub struct Answers {
    /// How long each answer with 200 took, in microseconds.
    pub micros: Vec<u32>,
    /// How often other statuses came, and failures of the connection in their own words.
    pub others: BTreeMap<String, u64>,
    /// How long it continued, in seconds.
    pub seconds: f64,
}

impl Answers {
    fn add(&mut self, other: Answers) {
        self.micros.extend(other.micros);
        for (what, times) in other.others {
            *self.others.entry(what).or_default() += times;
        }
    }
}

impl Load {
    /// Asks until the time is over and every answer is there. A user that cannot be started is missing.
    pub fn run(&self, root: &str, token: Option<&str>, bodies: &[Body]) -> Answers {
        let began = Instant::now();
        let end = began + self.time;
        let mut all = thread::scope(|scope| {
            let users: Vec<_> = (0..self.users as usize)
                .filter_map(|user| {
                    let user = move || one(root, token, bodies, user, end);
                    let thread = thread::Builder::new().stack_size(STACK);
                    thread.spawn_scoped(scope, user).ok()
                })
                .collect();
            let mut all = Answers::default();
            for user in users {
                match user.join() {
                    Ok(answers) => all.add(answers),
                    Err(_) => *all.others.entry("a user failed".to_string()).or_default() += 1,
                }
            }
            all
        });
        all.seconds = began.elapsed().as_secs_f64();
        all
    }
}

/// One user: row after row, beginning at another one than the others.
fn one(root: &str, token: Option<&str>, bodies: &[Body], user: usize, end: Instant) -> Answers {
    let agent = client::agent(PATIENCE);
    let target = format!("{root}/prediction");
    let mut answers = Answers::default();
    for body in bodies.iter().cycle().skip(user % bodies.len().max(1)) {
        let began = Instant::now();
        if began >= end {
            break;
        }
        let mut request = agent.post(&target).content_type(body.kind);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answered = request.send(&body.bytes[..]).and_then(|mut answer| {
            let status = answer.status().as_u16();
            answer.body_mut().read_to_vec()?;
            Ok(status)
        });
        match answered {
            Ok(200) => {
                let micros = began.elapsed().as_micros();
                answers
                    .micros
                    .push(u32::try_from(micros).unwrap_or(u32::MAX));
            }
            Ok(status) => *answers.others.entry(status.to_string()).or_default() += 1,
            Err(error) => *answers.others.entry(error.to_string()).or_default() += 1,
        }
    }
    answers
}
