//! Who a process is, so that a lock of a dead one can be told from that of a living one.

use std::{fmt, fs};

/// Identity of a process on a machine between two boots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessId {
    /// The machine's name.
    pub host: String,
    /// Which boot of the machine.
    pub boot: String,
    /// Process number.
    pub pid: i64,
    /// When the process started, in clock ticks since boot: numbers are reused, starts are not.
    pub started: i64,
}

impl ProcessId {
    /// This process.
    pub fn current() -> Self {
        let pid = i64::from(rustix::process::getpid().as_raw_nonzero().get());
        ProcessId {
            host: rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned(),
            boot: boot(),
            pid,
            started: started(pid).unwrap_or(0),
        }
    }

    /// Whether the process still runs; `None` when it is on another machine and cannot be asked.
    pub fn is_alive(&self) -> Option<bool> {
        let here = ProcessId::current();
        if self.host != here.host {
            return None;
        }
        Some(self.boot == here.boot && started(self.pid) == Some(self.started))
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProcessId {
            host,
            boot,
            pid,
            started,
        } = self;
        write!(f, "{host}/{boot}/{pid}/{started}")
    }
}

impl ProcessId {
    /// Reads what `Display` writes; anything behind it, after another `/`, is the reader's own.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        Some(ProcessId {
            host: parts.next()?.to_string(),
            boot: parts.next()?.to_string(),
            pid: parts.next()?.parse().ok()?,
            started: parts.next()?.parse().ok()?,
        })
    }
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim().to_string())
        .unwrap_or_default()
}

/// Start of a process out of `/proc/<pid>/stat`: field 22, counted after the command name, which may hold spaces. A
/// process that is dead but not yet waited for counts as dead.
fn started(pid: i64) -> Option<i64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_whitespace();
    if fields.next() == Some("Z") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_one_with_another_start_is_not() {
        let mut me = ProcessId::current();
        assert_eq!(me.is_alive(), Some(true));
        let written = format!("{me}/more");
        assert_eq!(ProcessId::read(&written), Some(me.clone()));
        assert_eq!(ProcessId::read("a/b/c/d"), None);
        me.started += 1;
        assert_eq!(me.is_alive(), Some(false));
        me.host.push('x');
        assert_eq!(me.is_alive(), None);
    }
}
