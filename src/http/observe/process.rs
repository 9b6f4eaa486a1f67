//! What the system says of this process, as `/proc` has it. Where there is no `/proc`, nothing is said.

use std::fs;

/// Ticks per second in `/proc/self/stat`: on Linux the same on every machine, whatever the kernel's own clock does.
const TICKS: f64 = 100.0;

/// Numbers of this process, each where it could be read.
#[derive(Debug, Default, PartialEq)]
pub struct Process {
    /// Seconds of processor time, of all threads.
    pub cpu_seconds: Option<f64>,
    /// Bytes of memory in use.
    pub resident_bytes: Option<f64>,
    /// Bytes of addresses in use.
    pub virtual_bytes: Option<f64>,
    /// Threads.
    pub threads: Option<f64>,
    /// Open files and sockets.
    pub open_files: Option<f64>,
    /// Most of them that there may be.
    pub most_files: Option<f64>,
}

impl Process {
    /// This process, now.
    pub fn now() -> Self {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        // The folder that is read is open itself, and not ours.
        let open = fs::read_dir("/proc/self/fd").map(|files| files.count().saturating_sub(1));
        let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        Process {
            open_files: open.ok().map(|count| count as f64),
            most_files: most.map(|most| most as f64),
            ..Process::read(&stat, &status)
        }
    }

    fn read(stat: &str, status: &str) -> Self {
        let kilobytes = |name| field(status, name).map(|kilobytes| kilobytes * 1024.0);
        Process {
            cpu_seconds: cpu_seconds(stat),
            resident_bytes: kilobytes("VmRSS:"),
            virtual_bytes: kilobytes("VmSize:"),
            threads: field(status, "Threads:"),
            open_files: None,
            most_files: None,
        }
    }
}

/// User and system time are the 14th and 15th field; the second, the program's name, may hold blanks and brackets.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

fn field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_any_name() {
        let stat = "42 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 5 0 99 1 2";
        let status = "Name:\tx\nVmSize:\t  2048 kB\nVmRSS:\t    8 kB\nThreads:\t5\n";
        let expected = Process {
            cpu_seconds: Some(3.0),
            resident_bytes: Some(8192.0),
            virtual_bytes: Some(2_097_152.0),
            threads: Some(5.0),
            ..Process::default()
        };
        assert_eq!(Process::read(stat, status), expected);
        assert_eq!(Process::read("", "VmRSS: many"), Process::default());
    }
}
