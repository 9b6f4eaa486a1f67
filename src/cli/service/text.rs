//! What is in unit files and in a crontab: texts made of plain facts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The first line of every file that we write; a file without it is not ours.
pub const OURS: &str =
    "# Made by `unseat service install`; changes go into a drop-in (`systemctl edit`).";

/// Folders that are homes, and those that a service with its own `/tmp` does not see.
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];
const SHARED: [&str; 2] = ["/tmp", "/var/tmp"];
/// Seconds without a watchdog ping after which the service is started again.
const WATCHDOG_SECONDS: u32 = 60;
/// Seconds beyond those that requests have to end, for logs to be written and runs to be let go.
const LAST_SECONDS: f64 = 30.0;

/// What a unit is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Name of the units, without what they end in.
    pub name: String,
    /// This program.
    pub program: PathBuf,
    /// The project's folder, from the root.
    pub project: PathBuf,
    /// Folders that it writes to, the project's first.
    pub writes: Vec<PathBuf>,
    /// Folders that it reads besides.
    pub reads: Vec<PathBuf>,
    /// Who owns the project, by number: user and group. `None` for a user's own service.
    pub owner: Option<(u32, u32)>,
    /// `server.drain_seconds`.
    pub drain_seconds: f64,
    /// Whether the server listens below port 1024.
    pub is_low_port: bool,
}

/// The service that does everything: `unseat up`.
pub fn service(facts: &Facts) -> String {
    let mut text = head(facts, "unseat: serves and keeps the models of", true);
    let stop = (facts.drain_seconds + LAST_SECONDS).ceil();
    let _ = write!(
        text,
        "[Service]\nType=notify\nNotifyAccess=main\nExecStart={}\nRestart=on-failure\nRestartSec=5\n\
         # Wrong usage or settings: starting again would not help.\nRestartPreventExitStatus=2\n\
         WatchdogSec={WATCHDOG_SECONDS}\nKillMode=mixed\nTimeoutStopSec={stop}\n\
         # A run that takes too much memory must not take the server with it.\nOOMPolicy=continue\n",
        command(facts, &["up"])
    );
    text += &common(facts);
    let target = match facts.owner {
        Some(_) => "multi-user.target",
        None => "default.target",
    };
    let _ = write!(text, "\n[Install]\nWantedBy={target}\n");
    text
}

/// The service that a timer starts: what is due is done, once.
pub fn oneshot(facts: &Facts) -> String {
    let mut text = head(facts, "unseat: does what is due for the models of", true);
    let _ = write!(
        text,
        "[Service]\nType=oneshot\nExecStart={}\nKillMode=mixed\nNice=10\n",
        command(facts, &["schedule", "--once"])
    );
    text + &common(facts)
}

/// The timer that starts it every minute; which runs are due is for the schedule to say.
pub fn timer(facts: &Facts) -> String {
    let mut text = head(facts, "unseat: looks every minute what is due for", false);
    text += "[Timer]\nOnCalendar=minutely\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n";
    text
}

/// The line for those who prefer cron.
pub fn crontab(facts: &Facts) -> String {
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', "'\\''"));
    let line = format!(
        "* * * * * {} --quiet --project {} schedule --once >/dev/null",
        quoted(&facts.program),
        quoted(&facts.project)
    );
    // To cron a percent sign is the end of the line.
    line.replace('%', "\\%")
}

fn head(facts: &Facts, what: &str, is_service: bool) -> String {
    let project = specified(&facts.project.display().to_string());
    let mut text = format!("{OURS}\n[Unit]\nDescription={what} {project}\n");
    if is_service && facts.owner.is_some() {
        text += "Wants=network-online.target\nAfter=network-online.target\n";
    }
    text + "\n"
}

fn command(facts: &Facts, arguments: &[&str]) -> String {
    let mut parts = vec![
        word(&facts.program.display().to_string()),
        "--project".to_string(),
        word(&facts.project.display().to_string()),
    ];
    parts.extend(arguments.iter().map(|part| part.to_string()));
    parts.join(" ")
}

/// Where it works, who it is, and what it may not do.
fn common(facts: &Facts) -> String {
    let project = specified(&facts.project.display().to_string());
    let mut text = format!(
        "WorkingDirectory={project}\nUMask=0027\n\n# It may do what it needs, and nothing else.\n"
    );
    text += "NoNewPrivileges=yes\nLockPersonality=yes\nMemoryDenyWriteExecute=yes\nRestrictRealtime=yes\n\
             RestrictSUIDSGID=yes\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\nSystemCallArchitectures=native\n\
             SystemCallFilter=@system-service\nSystemCallErrorNumber=EPERM\n";
    let Some((user, group)) = facts.owner else {
        // A user's service manager cannot give a service a view of its own of the file system.
        return text;
    };
    let _ = write!(text, "User={user}\nGroup={group}\nProtectSystem=strict\n");
    let writes: Vec<String> = facts
        .writes
        .iter()
        .map(|path| word(&path.display().to_string()).replace("$$", "$"))
        .collect();
    let _ = writeln!(text, "ReadWritePaths={}", writes.join(" "));
    let all = || {
        let paths = facts.writes.iter().chain(&facts.reads);
        paths.chain([&facts.program, &facts.project])
    };
    let is_below =
        |folders: &[&str]| all().any(|path| folders.iter().any(|one| path.starts_with(one)));
    let home = if is_below(&HOMES) { "read-only" } else { "yes" };
    let _ = writeln!(text, "ProtectHome={home}");
    if !is_below(&SHARED) {
        text += "PrivateTmp=yes\n";
    }
    text += "PrivateDevices=yes\nProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectKernelLogs=yes\n\
             ProtectControlGroups=yes\nProtectClock=yes\nProtectHostname=yes\nRestrictNamespaces=yes\n";
    text += if facts.is_low_port {
        "AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"
    } else {
        "CapabilityBoundingSet=\n"
    };
    text
}

/// A text in which systemd shall see no specifier.
fn specified(text: &str) -> String {
    text.replace('%', "%%")
}

/// A text as one word of a command line.
fn word(text: &str) -> String {
    let escaped = specified(text)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('$', "$$");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-.+:@,%".contains(c);
    if text.chars().all(is_plain) {
        escaped
    } else {
        format!("\"{escaped}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            name: "unseat-shop".to_string(),
            program: PathBuf::from("/usr/local/bin/unseat"),
            project: PathBuf::from("/srv/shop"),
            writes: vec![PathBuf::from("/srv/shop")],
            reads: Vec::new(),
            owner: Some((1000, 1000)),
            drain_seconds: 10.0,
            is_low_port: false,
        }
    }

    #[test]
    fn a_service_waits_longer_than_its_requests_and_writes_to_the_project_only() {
        let text = service(&facts());
        assert!(text.starts_with(OURS));
        for line in [
            "Type=notify",
            "ExecStart=/usr/local/bin/unseat --project /srv/shop up",
            "WatchdogSec=60",
            "KillMode=mixed",
            "TimeoutStopSec=40",
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "ReadWritePaths=/srv/shop",
            "ProtectHome=yes",
            "PrivateTmp=yes",
            "CapabilityBoundingSet=",
            "User=1000",
            "WantedBy=multi-user.target",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}: {text}");
        }
    }

    #[test]
    fn names_with_blanks_and_signs_stay_one_word() {
        assert_eq!(word("/srv/a b"), "\"/srv/a b\"");
        assert_eq!(word("/srv/100%"), "/srv/100%%");
        assert_eq!(word("/srv/$a\"b\\"), "\"/srv/$$a\\\"b\\\\\"");
        let mut facts = facts();
        facts.project = PathBuf::from("/srv/it's 5%");
        assert_eq!(
            crontab(&facts),
            r"* * * * * '/usr/local/bin/unseat' --quiet --project '/srv/it'\''s 5\%' schedule --once >/dev/null"
        );
    }

    #[test]
    fn a_project_in_a_home_or_in_tmp_is_seen_and_a_low_port_may_be_had() {
        let mut facts = facts();
        facts.writes = vec![PathBuf::from("/tmp/shop")];
        facts.reads = vec![PathBuf::from("/home/a/data")];
        facts.is_low_port = true;
        let text = service(&facts);
        assert!(!text.contains("PrivateTmp") && text.contains("ProtectHome=read-only"));
        assert!(text.contains("AmbientCapabilities=CAP_NET_BIND_SERVICE"));
        facts.owner = None;
        let text = service(&facts);
        assert!(
            !text.contains("Protect") && !text.contains("User="),
            "{text}"
        );
        assert!(text.contains("WantedBy=default.target"));
    }
}
