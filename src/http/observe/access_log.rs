//! The access log: one JSON line per request, written by a thread of its own. Never a query or a body, which hold rows.

use std::io::{BufWriter, Write};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::clock::Clock;
use crate::logs::log_rotation::{LineFile, ROTATION};
use crate::logs::queue::{Inbox, Next, Queue};
use crate::model_types::VersionNumber;

/// Lines that may wait to be written.
const MOST_LINES: usize = 8192;

/// A request as a line of the log; the fields come in this order, each in every line.
#[derive(Debug, Serialize)]
pub struct Line {
    /// When it was answered.
    #[serde(serialize_with = "milliseconds")]
    pub time: DateTime<Utc>,
    /// Its id.
    pub request_id: String,
    /// The trace it belongs to.
    pub trace_id: Option<String>,
    /// Its method.
    pub method: String,
    /// The row of the table that answered.
    pub route: Option<&'static str>,
    /// Its path, without the query.
    pub path: String,
    /// The answer's status.
    pub status: u16,
    /// How long it took.
    #[serde(serialize_with = "thousandths")]
    pub duration_ms: Duration,
    /// Bytes of the answer's body.
    pub bytes: usize,
    /// Rows predicted.
    pub rows: u64,
    /// The model that answered.
    pub model: Option<String>,
    /// Its version.
    pub version: Option<VersionNumber>,
    /// Who asked.
    pub caller: Option<String>,
    /// Where from.
    pub address: Option<IpAddr>,
}

fn milliseconds<S: Serializer>(time: &DateTime<Utc>, writer: S) -> Result<S::Ok, S::Error> {
    writer.collect_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

fn thousandths<S: Serializer>(time: &Duration, writer: S) -> Result<S::Ok, S::Error> {
    writer.serialize_f64(time.as_micros() as f64 / 1e3)
}

/// Takes lines.
pub struct AccessLog {
    queue: Queue<Box<Line>>,
    dropped: Arc<AtomicU64>,
}

impl AccessLog {
    /// Lines go to stderr.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn stderr() -> std::io::Result<Self> {
        AccessLog::into(std::io::stderr())
    }

    /// Lines are appended to a file, which is put aside when it is large.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn file(path: &Path, clock: Clock) -> std::io::Result<Self> {
        let file = LineFile::open(path, 0o666, clock, ROTATION)?;
        file.tidy();
        AccessLog::into(file)
    }

    fn into(target: impl Write + Send + 'static) -> std::io::Result<Self> {
        let dropped = Arc::new(AtomicU64::new(0));
        let lost = dropped.clone();
        let write = move |inbox: Inbox<Box<Line>>| write_all(&inbox, target, &lost);
        Ok(AccessLog {
            queue: Queue::start("access-log", MOST_LINES, write)?,
            dropped,
        })
    }

    /// Hands a line over.
    pub fn offer(&self, line: Line) {
        if !self.queue.offer(Box::new(line)) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that were not written: too many waited, or they could not be.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes what waits.
    pub fn close(&self, time: Duration) -> bool {
        self.queue.close(time)
    }
}

/// Writes until the end; what is written is flushed whenever nothing more waits. What reaches the target at once are whole
/// lines: a line that has no room in the buffer any more makes it be written first.
fn write_all(inbox: &Inbox<Box<Line>>, target: impl Write, lost: &AtomicU64) {
    let mut out = BufWriter::with_capacity(64 << 10, target);
    let is_troubled = AtomicBool::new(false);
    let note = |written: std::io::Result<()>| match written {
        Ok(()) => is_troubled.store(false, Ordering::Relaxed),
        Err(error) => {
            lost.fetch_add(1, Ordering::Relaxed);
            if !is_troubled.swap(true, Ordering::Relaxed) {
                tracing::error!("the access log cannot be written: {error}");
            }
        }
    };
    let mut text = Vec::with_capacity(512);
    while let Next::Item(first) = inbox.next(None) {
        let mut next = Some(first);
        while let Some(line) = next {
            text.clear();
            // A line has no map with keys that are not texts, so this cannot fail.
            let _ = serde_json::to_writer(&mut text, &line);
            text.push(b'\n');
            note(out.write_all(&text));
            next = inbox.at_hand();
        }
        note(out.flush());
        inbox.rest();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_all_fields_in_their_order() {
        let mut line = Line {
            time: DateTime::from_timestamp_millis(1_795_247_403_007).expect("in range"),
            request_id: "a\"b".to_string(),
            trace_id: None,
            method: "POST".to_string(),
            route: Some("/prediction"),
            path: "/prediction/".to_string(),
            status: 200,
            duration_ms: Duration::from_nanos(1_234_567),
            bytes: 5,
            rows: 2,
            model: Some("attrition".to_string()),
            version: Some(VersionNumber::new(3)),
            caller: Some("anonymous".to_string()),
            address: Some([127, 0, 0, 1].into()),
        };
        let text = |line: &Line| serde_json::to_string(line).expect("JSON");
        assert_eq!(
            text(&line),
            r#"{"time":"2026-11-21T07:50:03.007Z","request_id":"a\"b","trace_id":null,"method":"POST","route":"/prediction","path":"/prediction/","status":200,"duration_ms":1.234,"bytes":5,"rows":2,"model":"attrition","version":3,"caller":"anonymous","address":"127.0.0.1"}"#
        );
        (line.route, line.model, line.version) = (None, None, None);
        (line.caller, line.address) = (None, None);
        assert!(
            text(&line)
                .ends_with(r#""rows":2,"model":null,"version":null,"caller":null,"address":null}"#)
        );
    }

    /// Fails every time.
    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_cannot_be_written_counts_and_goes_on() {
        let log = AccessLog::into(Broken).expect("a thread");
        let line = || Line {
            time: DateTime::UNIX_EPOCH,
            request_id: String::new(),
            trace_id: None,
            method: String::new(),
            route: None,
            path: String::new(),
            status: 200,
            duration_ms: Duration::ZERO,
            bytes: 0,
            rows: 0,
            model: None,
            version: None,
            caller: None,
            address: None,
        };
        log.offer(line());
        assert!(log.close(Duration::from_secs(30)));
        assert_eq!(log.dropped(), 1);
        log.offer(line());
        assert_eq!(log.dropped(), 2);
    }
}
