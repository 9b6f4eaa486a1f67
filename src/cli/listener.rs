//! Who listens on a port already, as far as the system tells it to this user.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A program that listens.
#[derive(Debug, PartialEq, Eq)]
pub struct Listener {
    /// Process number.
    pub pid: u32,
    /// `unseat up`, or the name of another program.
    pub program: String,
}

/// State of a socket that is listened on, in the system's table.
const LISTENS: &str = "0A";
/// Commands of this program that listen.
const SERVERS: [&str; 2] = ["up", "serve"];

/// Who listens on the port of an address like `127.0.0.1:8000`; `None` where that cannot be seen, as of other users' programs.
pub fn on(address: &str) -> Option<Listener> {
    let port: u16 = address.rsplit_once(':')?.1.parse().ok()?;
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).ok());
    let sockets: Vec<String> = tables
        .iter()
        .flatten()
        .flat_map(|table| sockets(table, port))
        .collect();
    let mut processes = fs::read_dir("/proc").ok()?.flatten();
    processes.find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let holds = holds_one(&entry.path(), &sockets);
        let program = holds.then(|| program(&entry.path()))??;
        Some(Listener { pid, program })
    })
}

/// The sockets that listen on a port, as their descriptors are shown.
fn sockets(table: &str, port: u16) -> Vec<String> {
    let wanted = format!(":{port:04X}");
    let lines = table.lines().skip(1);
    let found = lines.filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_it = fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == LISTENS;
        is_it.then(|| format!("socket:[{}]", fields.get(9).copied().unwrap_or_default()))
    });
    found.collect()
}

fn holds_one(process: &Path, sockets: &[String]) -> bool {
    let descriptors = fs::read_dir(process.join("fd")).into_iter().flatten();
    descriptors
        .flatten()
        .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
        .any(|target| {
            sockets
                .iter()
                .any(|socket| target.as_os_str() == socket.as_str())
        })
}

fn program(process: &Path) -> Option<String> {
    let name = fs::read_to_string(process.join("comm")).ok()?;
    if !is_this_program(process) {
        return Some(name.trim().to_string());
    }
    let arguments = fs::read(process.join("cmdline")).unwrap_or_default();
    let mut words = arguments.split(|byte| *byte == 0);
    let command = words.find_map(|word| SERVERS.into_iter().find(|it| it.as_bytes() == word));
    Some(match command {
        Some(command) => format!("unseat {command}"),
        None => "unseat".to_string(),
    })
}

/// Whether a process runs the file that this process runs, or one of its name.
fn is_this_program(process: &Path) -> bool {
    let theirs = process.join("exe");
    let file = |path: &Path| fs::metadata(path).ok().map(|it| (it.dev(), it.ino()));
    let own = file(Path::new("/proc/self/exe"));
    let is_same = own.is_some() && file(&theirs) == own;
    is_same || fs::read_link(theirs).is_ok_and(|path| path.ends_with(env!("CARGO_PKG_NAME")))
}

/// What to do about a port that is in use.
pub fn in_use(by: Option<Listener>) -> String {
    let who = match by {
        Some(it) if it.program.starts_with("unseat") => format!(
            "`{}` is already running there as process {}: use it, end it with `kill {}`,",
            it.program, it.pid, it.pid
        ),
        Some(it) => format!("process {} ({}) listens there: end it,", it.pid, it.program),
        None => "another program listens there: end it,".to_string(),
    };
    format!("{who} or take another port with `--listen ADDR:PORT`; port 0 takes a free one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_of_this_process_is_found_by_its_port() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("an address").to_string();
        let found = on(&address).expect("it listens");
        assert_eq!(found.pid, std::process::id());
        assert_eq!(on("127.0.0.1:none"), None);
        drop(socket);
        assert_eq!(on(&address), None);
    }

    #[test]
    fn only_sockets_that_listen_on_the_port_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0\n\
            1: 0100007F:1F40 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0\n\
            2: 0100007F:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13 1 0\n";
        assert_eq!(sockets(table, 8000), ["socket:[11]"]);
        assert_eq!(sockets(table, 9000), Vec::<String>::new());
    }
}
