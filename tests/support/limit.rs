//! Nothing is waited for without end: a program that hangs is killed, so that its test fails instead of hanging, too.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::sync::Once;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process};

/// Longest that a program may live, also on a machine that is busy with other things.
const MOST: Duration = Duration::from_secs(600);
/// How often the programs are looked at.
const EVERY: Duration = Duration::from_secs(10);

/// From the first call on, kills programs that these tests started and that live too long. Where there is no `/proc` it does
/// nothing.
pub fn watch() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        std::thread::spawn(|| {
            let mut seen: HashMap<Pid, Instant> = HashMap::new();
            let (_never, pause) = channel::<()>();
            loop {
                let _ = pause.recv_timeout(EVERY);
                let now = Instant::now();
                let living = programs();
                seen.retain(|pid, _| living.contains(pid));
                for pid in living {
                    if now - *seen.entry(pid).or_insert(now) > MOST {
                        let _ = writeln!(std::io::stderr(), "killed after {MOST:?}: {pid:?}");
                        let _ = kill_process(pid, Signal::KILL);
                    }
                }
            }
        });
    });
}

/// Processes of the program that this one started.
fn programs() -> Vec<Pid> {
    let mine = getpid().as_raw_nonzero().to_string();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    processes
        .filter(|pid| {
            // `pid (name) state parent …`
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let Some((name, rest)) = stat.rsplit_once(") ") else {
                return false;
            };
            name.ends_with("(unseat") && rest.split(' ').nth(1) == Some(&mine)
        })
        .filter_map(Pid::from_raw)
        .collect()
}
