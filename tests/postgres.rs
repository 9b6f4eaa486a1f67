//! A Postgres server of the tests' own, where its programs are installed: made, started and taken away with the test process.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where packages put the programs that are not in the path.
const PACKAGED: &str = "/usr/lib/postgresql";

/// Makes a cluster and starts it, and takes it away when the tests' process is gone: then its standard input ends.
const ATTEND: &str = r#"
# When the tests' whole process group ends, the input below ends with it, and the server is stopped.
trap '' TERM INT HUP
bin=$1 folder=$2 more=$3
"$bin/initdb" -D "$folder/data" -U unseat -A trust -E UTF8 --locale=C --no-sync --no-instructions >"$folder/init.log" 2>&1 || exit 1
cat >>"$folder/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 200
fsync = off
shared_buffers = 32MB
$more
END
if [ -f "$folder/server.key" ]; then
  # Across a network: encrypted and with a password, or not at all.
  echo "hostssl all all 127.0.0.1/32 scram-sha-256" >"$folder/hba"
  grep '^local' "$folder/data/pg_hba.conf" >>"$folder/hba"
  cp "$folder/hba" "$folder/data/pg_hba.conf"
  chmod 600 "$folder/server.key"
fi
"$bin/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w start >/dev/null 2>&1 || exit 1
echo ready
cat >/dev/null
"$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
rm -rf "$folder"
"#;

/// A running server.
pub struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    made: AtomicU32,
    attendant: Child,
    /// Ends when this process does.
    _life: ChildStdin,
}

impl Postgres {
    /// The server that all tests of this process share; `None` where there is no Postgres, which is said once.
    pub fn shared() -> Option<&'static Postgres> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Postgres::start).as_ref()
    }

    /// A server of one test's own, which it may stop and start.
    pub fn start() -> Option<Postgres> {
        Postgres::start_with("", &[])
    }

    /// The same with further settings, and with files in its folder.
    pub fn start_with(settings: &str, files: &[(&str, &str)]) -> Option<Postgres> {
        let Some(bin) = programs() else {
            let says = "left out: there is no initdb here, so nothing is tried on Postgres";
            let _ = writeln!(std::io::stderr(), "{says}");
            return None;
        };
        let kept = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp");
        let folder = kept.expect("a folder").keep();
        let user = unprivileged();
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::write(&path, text).expect("writes");
            if let Some((uid, gid)) = user {
                std::os::unix::fs::chown(&path, Some(uid), Some(gid)).expect("gives it away");
            }
        }
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).expect("gives the folder away");
        }
        let mut command = as_user(Path::new("/bin/sh"), user);
        command
            .args(["-c", ATTEND, "postgres"])
            .arg(&bin)
            .arg(&folder)
            .arg(settings);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut attendant = command.current_dir("/").spawn().expect("a shell");
        let life = attendant.stdin.take().expect("an input");
        let mut said = String::new();
        let out = attendant.stdout.take().expect("an output");
        BufReader::new(out).read_line(&mut said).expect("a line");
        assert_eq!(
            said.trim(),
            "ready",
            "the server starts; see {}",
            folder.display()
        );
        Some(Postgres {
            bin,
            folder,
            user,
            made: AtomicU32::new(0),
            attendant,
            _life: life,
        })
    }

    /// The address of a new, empty database.
    pub fn database(&self) -> String {
        self.database_like("template1")
    }

    /// The address of a new database with all that is in another one, which nobody uses at the moment.
    pub fn database_like(&self, template: &str) -> String {
        let at = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("of_{}_{at}", std::process::id());
        let made = format!("CREATE DATABASE {name} TEMPLATE {template}");
        execute(&self.url("postgres"), &made);
        self.url(&name)
    }

    /// The address of a database.
    pub fn url(&self, name: &str) -> String {
        format!(
            "postgres://unseat@localhost/{name}?host={}",
            self.folder.display()
        )
    }

    /// Stops it as a crash would: connections break, and it recovers when it is started.
    pub fn crash(&self) {
        self.control(&["-m", "immediate", "-w", "stop"]);
    }

    /// Starts it again.
    pub fn start_again(&self) {
        let log = self.folder.join("server.log");
        self.control(&["-l", &log.display().to_string(), "-w", "start"]);
    }

    fn control(&self, args: &[&str]) {
        let data = self.folder.join("data");
        let mut all = vec!["-D", data.to_str().expect("a path")];
        all.extend(args);
        let mut command = as_user(&self.bin.join("pg_ctl"), self.user);
        // The server outlives the program, and must not hold its output open.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let done = command
            .args(all)
            .current_dir("/")
            .status()
            .expect("it can be run");
        assert!(done.success(), "pg_ctl {args:?}");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Only of a test's own server; the shared one goes with the process.
        let _ = self.attendant.kill();
        let stopped = as_user(&self.bin.join("pg_ctl"), self.user)
            .args(["-D", &self.folder.join("data").display().to_string()])
            .args(["-m", "immediate", "stop"])
            .current_dir("/")
            .output();
        drop(stopped);
        let _ = self.attendant.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a statement, on a thread of its own: the caller may be inside a runtime.
pub fn execute(url: &str, statement: &str) {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async {
            use sqlx::Connection as _;
            let connection = sqlx::PgConnection::connect(url).await;
            let mut connection = connection.expect("a connection");
            let statement = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_string()));
            statement
                .execute(&mut connection)
                .await
                .expect("the statement is good");
        });
    };
    std::thread::scope(|scope| scope.spawn(run).join().expect("no panic"));
}

/// The folder of the server's programs: `UNSEAT_POSTGRES_BIN`, the path's, or the newest of a package.
fn programs() -> Option<PathBuf> {
    let named = std::env::var_os("UNSEAT_POSTGRES_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut packaged: Vec<PathBuf> = std::fs::read_dir(PACKAGED)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    packaged.sort();
    named
        .into_iter()
        .chain(packaged.into_iter().rev())
        .chain(std::env::split_paths(&path))
        .find(|folder| {
            ["initdb", "pg_ctl", "postgres"]
                .iter()
                .all(|it| folder.join(it).exists())
        })
}

/// A user for the server where the tests run as root, which it refuses.
fn unprivileged() -> Option<(u32, u32)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    if uid.split_whitespace().next() != Some("0") {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let of = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody"))
}

fn as_user(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}
