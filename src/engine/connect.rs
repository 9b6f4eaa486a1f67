//! A session of Spark Connect. Its client is synchronous and has a runtime of its own, so every call is made on a thread of its own;
//! the caller waits, and looks whether the server can still be reached.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use spark_connect::{SparkError, SparkSession};

use super::error::Error;
use super::table::Table;
use super::watch;

/// The port of a server where the address names none.
const PORT: u16 = 15002;
/// How often it is looked whether the server is there.
const LOOK: Duration = Duration::from_secs(1);

/// What the client fails with; boxed, since it is large.
pub(super) type Fault = Box<SparkError>;

/// Where the engine is.
#[derive(Debug, Clone)]
pub struct Address {
    /// `sc://HOST:PORT`, without a secret.
    pub url: String,
    /// What the server asks for.
    pub token: Option<String>,
    /// How long a server may be out of reach.
    pub lost: Duration,
}

impl Address {
    /// The address as the client takes it.
    fn whole(&self) -> String {
        match &self.token {
            None => self.url.clone(),
            Some(token) => {
                let rest = self.url.strip_prefix("sc://").unwrap_or_default();
                let joint = if rest.contains("/;") { ";" } else { "/;" };
                format!("{}{joint}token={token}", self.url)
            }
        }
    }

    fn host_and_port(&self) -> (String, u16) {
        let rest = self.url.strip_prefix("sc://").unwrap_or_default();
        let server = rest.split('/').next().unwrap_or_default();
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().unwrap_or(PORT)),
            None => (server, PORT),
        };
        (host.trim_matches(['[', ']']).to_string(), port)
    }

    /// Whether anything listens there.
    fn is_reachable(&self) -> bool {
        let Ok(mut addresses) = self.host_and_port().to_socket_addrs() else {
            return false;
        };
        addresses.any(|address| TcpStream::connect_timeout(&address, LOOK).is_ok())
    }
}

/// How long is waited at most for a server to release a session.
const RELEASE: Duration = Duration::from_secs(2);

/// What a server said last of the query under way: tasks, those that are done, bytes that were read. Sail says nothing.
type Progress = Arc<Mutex<Option<(i64, i64, i64)>>>;

/// A session of the engine, released when the last copy goes.
#[derive(Clone)]
pub struct Session(Arc<Open>);

struct Open {
    spark: SparkSession,
    address: Address,
    progress: Progress,
    id: u64,
    /// The server was gone for too long.
    is_lost: AtomicBool,
}

impl Drop for Open {
    fn drop(&mut self) {
        watch::closed(self.id);
        if self.is_lost.load(Ordering::Relaxed) {
            return;
        }
        let (spark, (told, done)) = (self.spark.clone(), sync_channel(1));
        // A server that does not hear forgets the session by itself, later.
        let spawned = thread::Builder::new()
            .name("release".to_string())
            .spawn(move || told.send(spark.stop().is_ok()));
        if spawned.is_ok() {
            let _ = done.recv_timeout(RELEASE);
        }
    }
}

impl Session {
    /// Opens a session.
    ///
    /// # Errors
    /// When nothing listens there, or the server refuses the session.
    pub fn open(address: &Address) -> Result<Session, Error> {
        let url = address.url.clone();
        if !address.is_reachable() {
            return Err(Error::Open {
                url,
                why: "nothing listens there; start the server, or correct `engine.url`".to_string(),
            });
        }
        let whole = address.whole();
        let progress = Progress::default();
        let spark = waited(address, "open a session", &progress, move || {
            Ok(SparkSession::builder().remote(&whole).get_or_create()?)
        })?;
        let seen = Arc::clone(&progress);
        spark.register_progress_handler(move |told| {
            let sum = |of: fn(&_) -> i64| told.stages.iter().map(of).sum::<i64>();
            let now = (
                sum(|stage| stage.num_tasks),
                sum(|stage| stage.num_completed_tasks),
                sum(|stage| stage.input_bytes_read),
            );
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        });
        Ok(Session(Arc::new(Open {
            id: watch::opened(&spark),
            spark,
            address: address.clone(),
            progress,
            is_lost: AtomicBool::new(false),
        })))
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// When the server fails at it or goes away.
    pub fn ask(&self, doing: &str, sql: &str) -> Result<Table, Error> {
        let sql = sql.to_string();
        let batches = self.work(doing, move |spark| {
            Ok(spark.sql(&sql)?.collect_record_batches()?)
        })?;
        Table::of(&batches)
    }

    /// Does something with the session on a thread of its own.
    ///
    /// # Errors
    /// When the server fails at it or goes away.
    pub fn work<T: Send + 'static>(
        &self,
        doing: &str,
        work: impl FnOnce(&SparkSession) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        let Open {
            spark,
            address,
            progress,
            ..
        } = &*self.0;
        let spark = spark.clone();
        *progress.lock().unwrap_or_else(PoisonError::into_inner) = None;
        watch::tell(doing);
        let done = waited(address, doing, progress, move || work(&spark));
        if matches!(done, Err(Error::Lost { .. })) {
            self.0.is_lost.store(true, Ordering::Relaxed);
        }
        done
    }
}

/// Waits for a call, as long as its server can be reached: the client itself would continue trying for an hour.
fn waited<T: Send + 'static>(
    address: &Address,
    doing: &str,
    progress: &Progress,
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Error> {
    watch::is_ending(doing)?;
    let (told, answer) = sync_channel(1);
    let spawned = thread::Builder::new()
        .name("engine".to_string())
        .spawn(move || told.send(work()).ok());
    let fail = |why: String| Error::Query {
        doing: doing.to_string(),
        url: address.url.clone(),
        why,
    };
    spawned.map_err(|error| fail(error.to_string()))?;
    let mut gone: Option<Instant> = None;
    let mut said_last = None;
    loop {
        let answer = answer.recv_timeout(LOOK);
        watch::is_ending(doing)?;
        let now = *progress.lock().unwrap_or_else(PoisonError::into_inner);
        if now != said_last {
            said_last = now;
            watch::tell(&far(doing, now));
        }
        match answer {
            Ok(done) => return done.map_err(|error| fail(said(&error))),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(fail("the client ended without an answer".to_string()));
            }
            Err(RecvTimeoutError::Timeout) if address.is_reachable() => gone = None,
            Err(RecvTimeoutError::Timeout) => {
                let since = gone.get_or_insert_with(Instant::now);
                if since.elapsed() >= address.lost {
                    return Err(Error::Lost {
                        doing: doing.to_string(),
                        url: address.url.clone(),
                        seconds: address.lost.as_secs(),
                    });
                }
            }
        }
    }
}

/// How far a query is.
fn far(doing: &str, progress: Option<(i64, i64, i64)>) -> String {
    match progress {
        Some((tasks, done, bytes)) if tasks > 0 => {
            let megabytes = bytes as f64 / 1e6;
            format!("{doing}: {done} of {tasks} tasks, {megabytes:.0} MB read")
        }
        _ => doing.to_string(),
    }
}

/// What a server said, without what may be cells: its class of errors where it has one, else its first line without anything in quotes.
fn said(error: &SparkError) -> String {
    if let Some(class) = error.get_condition() {
        return format!("the server answered {class}; its log says more");
    }
    let message = error.message();
    let lower = message.to_lowercase();
    if [
        "transport error",
        "unavailable",
        "broken pipe",
        "connection",
        // A connection that ends while a request waits on it.
        "operation was cancel",
    ]
    .iter()
    .any(|it| lower.contains(it))
    {
        return "the connection broke; see whether the server runs, then run again".to_string();
    }
    let line = message.lines().next().unwrap_or_default();
    let mut plain = String::new();
    let mut quote = None;
    for it in line.chars().take(300) {
        match quote {
            Some(end) if it == end => quote = None,
            Some(_) => continue,
            None if matches!(it, '\'' | '"') => {
                quote = Some(it);
                plain.push('…');
            }
            None => plain.push(it),
        }
    }
    format!("the server answered: {}", plain.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str, token: Option<&str>) -> Address {
        Address {
            url: url.to_string(),
            token: token.map(str::to_string),
            lost: Duration::from_secs(1),
        }
    }

    #[test]
    fn a_token_goes_behind_what_the_address_says() {
        assert_eq!(address("sc://h:1", Some("t")).whole(), "sc://h:1/;token=t");
        assert_eq!(
            address("sc://h:1/;use_ssl=true", Some("t")).whole(),
            "sc://h:1/;use_ssl=true;token=t"
        );
        assert_eq!(
            address("sc://h", None).host_and_port(),
            ("h".to_string(), PORT)
        );
        assert_eq!(
            address("sc://[::1]:7/;use_ssl=true", None).host_and_port(),
            ("::1".to_string(), 7)
        );
    }

    #[test]
    fn no_cell_in_quotes_is_told() {
        let error =
            SparkError::connect_msg("Cast error: Cannot cast string 'secret' to \"x y\" type");
        let told = said(&error);
        assert!(!told.contains("secret") && !told.contains("x y"), "{told}");
        assert!(told.contains("Cannot cast string … to … type"), "{told}");
    }

    #[test]
    fn a_server_that_is_not_there_is_told_at_once() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let found = Session::open(&address(&format!("sc://127.0.0.1:{port}"), None));
        let why = found.err().expect("nothing listens").to_string();
        assert!(why.contains("nothing listens there"), "{why}");
    }
}
