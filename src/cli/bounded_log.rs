//! The bounded log of an unattended run: it ends at its largest size, and says so, rather than fill the
//! disk. The run continues.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::output::Stderr;

/// Bytes that a log may become.
const MOST_BYTES: u64 = 16 << 20;
/// What is at the end of one that was cut. The result of the run may follow.
const LAST: &[u8] =
    b"{\"level\":\"WARN\",\"message\":\"the log is cut here: it is as large as the log of a run may become\"}\n";

/// Writes lines to stderr until they are too many.
#[derive(Clone)]
pub struct BoundedLog(Arc<Bound>);

struct Bound {
    left: AtomicU64,
    is_cut: AtomicBool,
}

impl BoundedLog {
    /// A log that is empty as yet.
    pub fn new() -> Self {
        BoundedLog::of(MOST_BYTES)
    }

    fn of(most: u64) -> Self {
        BoundedLog(Arc::new(Bound {
            left: AtomicU64::new(most),
            is_cut: AtomicBool::new(false),
        }))
    }

    /// Writes a line, or that there is an end of lines, or nothing any more.
    fn write_to(&self, out: &mut impl Write, line: &[u8]) -> io::Result<()> {
        let Bound { left, is_cut } = &*self.0;
        let order = Ordering::Relaxed;
        let has_room = || {
            let length = line.len() as u64;
            let taken = left.fetch_update(order, order, |left| left.checked_sub(length));
            taken.is_ok()
        };
        if !is_cut.load(order) && has_room() {
            return out.write_all(line);
        }
        if !is_cut.swap(true, order) {
            return out.write_all(LAST);
        }
        Ok(())
    }
}

/// A line comes as one write.
impl Write for BoundedLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_to(&mut Stderr, line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Stderr.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_and_told_once() {
        let log = BoundedLog::of(10);
        let mut out = Vec::new();
        for line in ["one\n", "two\n", "three\n", "4\n", "5\n"] {
            log.write_to(&mut out, line.as_bytes()).expect("writes");
        }
        let text = String::from_utf8(out).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["one", "two"]);
        assert_eq!(lines.len(), 3, "{text}");
        let last: serde_json::Value = serde_json::from_str(lines[2]).expect("JSON");
        assert_eq!(last["level"], "WARN");
    }
}
