//! `service install|uninstall|status|print`: the project as a service of systemd, or as a line for cron.

mod systemctl;
mod text;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use self::systemctl::Manager;
use self::text::{Facts, OURS};
use super::global::Global;
use super::{Failure, Kind, context, failure, output};
use crate::config::Config;

#[derive(Debug, Args)]
pub struct ServiceArgs {
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Debug, Subcommand)]
enum ServiceCommand {
    /// Write the unit files, and enable and start them where that is possible
    Install(Which),
    /// Stop and disable what was installed, and remove the unit files
    Uninstall(Which),
    /// Say what is installed and whether it runs
    Status(Which),
    /// Print the unit files
    Print {
        #[command(flatten)]
        which: Which,
        /// Print a line for a crontab instead
        #[arg(long)]
        crontab: bool,
    },
}

/// Which service.
#[derive(Debug, Args)]
struct Which {
    /// A service of the user who asks, instead of one of the system
    #[arg(long)]
    user: bool,
    /// A timer that does what is due each minute (`schedule --once`), instead of a server that runs all the time (`up`)
    #[arg(long)]
    timer: bool,
    /// Name of the units; default: `unseat-` and the name of the project's folder
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Folder for the unit files; with it, systemctl is not called
    #[arg(long, value_name = "DIR")]
    unit_dir: Option<PathBuf>,
}

/// A unit file.
struct Unit {
    path: PathBuf,
    name: String,
    text: String,
}

pub fn service(global: &Global, args: &ServiceArgs) -> Result<u8, Failure> {
    match &args.command {
        ServiceCommand::Install(which) => install(global, which)?,
        ServiceCommand::Uninstall(which) => uninstall(global, which)?,
        ServiceCommand::Status(which) => status(global, which)?,
        ServiceCommand::Print { which, crontab } => {
            let facts = facts(global, which)?;
            if *crontab {
                output::say(&text::crontab(&facts));
                return Ok(failure::DONE);
            }
            for unit in units(which, &facts)? {
                output::say(&format!("# {}\n{}", unit.path.display(), unit.text));
            }
        }
    }
    Ok(failure::DONE)
}

fn manager(which: &Which) -> Manager {
    if which.user {
        Manager::User
    } else {
        Manager::System
    }
}

fn install(global: &Global, which: &Which) -> Result<(), Failure> {
    let facts = facts(global, which)?;
    let units = units(which, &facts)?;
    for unit in &units {
        check_ours(&unit.path)?;
    }
    for unit in &units {
        let folder = unit.path.parent().unwrap_or(Path::new("/"));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&unit.path, &unit.text));
        written.map_err(|error| trouble("write", &unit.path, error))?;
    }
    let last = started(&units);
    let steps = [vec!["daemon-reload"], vec!["enable", "--now", last]];
    let is_done = call(which, &steps)?;
    tell(global, "installed", &units, which, &steps, is_done);
    Ok(())
}

fn uninstall(global: &Global, which: &Which) -> Result<(), Failure> {
    let facts = facts(global, which)?;
    let mut units = units(which, &facts)?;
    units.retain(|unit| unit.path.exists());
    if units.is_empty() {
        let error = Failure::usage(format!(
            "find the units of `{}`: none is installed",
            facts.name
        ));
        return Err(
            error.hint("`--user`, `--timer` and `--name` have to be those of the installation")
        );
    }
    for unit in &units {
        check_ours(&unit.path)?;
    }
    let last = started(&units).to_string();
    let before = [vec!["disable", "--now", last.as_str()]];
    let is_done = call(which, &before)?;
    for unit in &units {
        fs::remove_file(&unit.path).map_err(|error| trouble("remove", &unit.path, error))?;
    }
    let after = [vec!["daemon-reload"]];
    let is_done = call(which, &after)? && is_done;
    let steps = [before[0].clone(), after[0].clone()];
    tell(global, "removed", &units, which, &steps, is_done);
    Ok(())
}

fn status(global: &Global, which: &Which) -> Result<(), Failure> {
    let facts = facts(global, which)?;
    let units = units(which, &facts)?;
    let mut rows = Vec::new();
    let mut values = Vec::new();
    for unit in &units {
        let is_there = unit.path.exists();
        let ask = |question| {
            let may = is_there && which.unit_dir.is_none();
            may.then(|| manager(which).ask(&[question, &unit.name]))
                .flatten()
        };
        let (enabled, active) = (ask("is-enabled"), ask("is-active"));
        let is_current = fs::read_to_string(&unit.path).is_ok_and(|text| text == unit.text);
        let state = match (is_there, is_current) {
            (false, _) => "not installed",
            (true, true) => "installed",
            (true, false) => "installed, but not as it would be now",
        };
        values.push(json!({
            "unit": unit.name, "file": unit.path, "installed": is_there, "current": is_current,
            "enabled": enabled, "active": active,
        }));
        let or_unknown = |answer: Option<String>| answer.unwrap_or("-".to_string());
        rows.push(vec![
            unit.name.clone(),
            state.to_string(),
            or_unknown(enabled),
            or_unknown(active),
        ]);
    }
    if global.json {
        output::line(&values);
    } else {
        output::say(&output::table(&rows));
    }
    Ok(())
}

/// The unit that is started: the timer where there is one, else the service.
fn started(units: &[Unit]) -> &str {
    units.last().map_or("", |unit| unit.name.as_str())
}

/// Has systemctl do some steps, where it is there and we may. Tells whether it did.
fn call(which: &Which, steps: &[Vec<&str>]) -> Result<bool, Failure> {
    let manager = manager(which);
    if which.unit_dir.is_some() || !manager.is_ours() {
        return Ok(false);
    }
    for step in steps {
        manager.run(step).map_err(|why| {
            let line = format!("{} {}", manager.command(), step.join(" "));
            let error = anyhow::anyhow!("{why}").context(format!("do `{line}`"));
            Failure::new(Kind::Store, error)
                .hint("`systemctl status` and `journalctl -u NAME` say more")
        })?;
    }
    Ok(true)
}

fn tell(
    global: &Global,
    done: &str,
    units: &[Unit],
    which: &Which,
    steps: &[Vec<&str>],
    is_done: bool,
) {
    let manager = manager(which);
    let lines = steps.iter();
    let lines: Vec<String> = lines
        .map(|step| format!("{} {}", manager.command(), step.join(" ")))
        .collect();
    if global.json {
        let files: Vec<&PathBuf> = units.iter().map(|unit| &unit.path).collect();
        return output::line(&json!({done: files, "commands": lines, "commands_done": is_done}));
    }
    for unit in units {
        output::say(&format!("{done} {}", unit.path.display()));
    }
    for line in lines {
        output::say(&format!(
            "{} {line}",
            if is_done { "done" } else { "next:" }
        ));
    }
    if which.user && done == "installed" {
        output::say("next: loginctl enable-linger   (so that it runs while you are not logged in)");
    }
}

/// What others have written stays.
fn check_ours(path: &Path) -> Result<(), Failure> {
    match fs::read_to_string(path) {
        Ok(text) if !text.starts_with(OURS) => {
            let error = Failure::usage(format!(
                "use {}: the file is there and was not made by `unseat service install`",
                path.display()
            ));
            Err(error.hint("take another name with `--name NAME`, or move the file away"))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(trouble("read", path, error)),
        _ => Ok(()),
    }
}

fn trouble(action: &str, path: &Path, error: io::Error) -> Failure {
    let error = anyhow::Error::from(error).context(format!("{action} {}", path.display()));
    Failure::new(Kind::Store, error).hint(
        "a service of the system is for root to install; `--user` makes one of your own, and `unseat service print` shows the files",
    )
}

/// The unit files, the one that is started last.
fn units(which: &Which, facts: &Facts) -> Result<Vec<Unit>, Failure> {
    let folder = match (&which.unit_dir, which.user) {
        (Some(folder), _) => folder.clone(),
        (None, false) => PathBuf::from("/etc/systemd/system"),
        (None, true) => user_folder()?,
    };
    let unit = |ending: &str, text: String| {
        let name = format!("{}.{ending}", facts.name);
        Unit {
            path: folder.join(&name),
            name,
            text,
        }
    };
    Ok(if which.timer {
        vec![
            unit("service", text::oneshot(facts)),
            unit("timer", text::timer(facts)),
        ]
    } else {
        vec![unit("service", text::service(facts))]
    })
}

fn user_folder() -> Result<PathBuf, Failure> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let config = named("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || named("HOME").map(|home| Path::new(&home).join(".config"));
    let folder = config.or_else(home);
    let missing =
        || Failure::usage("find your folder for units: neither XDG_CONFIG_HOME nor HOME is set");
    Ok(folder.ok_or_else(missing)?.join("systemd/user"))
}

/// What the project and the machine say about the service.
fn facts(global: &Global, which: &Which) -> Result<Facts, Failure> {
    let config = context::load(global, &[])?;
    let absent = |error: io::Error| trouble("find", &config.project, error);
    let project = config.project.join(".").canonicalize().map_err(absent)?;
    let program = std::env::current_exe().map_err(absent)?;
    let owner = fs::metadata(&project).map_err(absent)?;
    let folder = project.file_name().unwrap_or_default().to_string_lossy();
    let default = || format!("unseat-{}", plain(&folder));
    let name = which.name.clone().unwrap_or_else(default);
    if name != plain(&name) || name.is_empty() {
        let error = Failure::usage(format!("name the units `{name}`"));
        return Err(error.hint("use letters, digits, `_`, `-` and `.`"));
    }
    let (writes, reads) = folders(&config, &project);
    let port = config.server.listen.rsplit_once(':');
    let port: Option<u16> = port.and_then(|(_, port)| port.parse().ok());
    Ok(Facts {
        name,
        program,
        writes,
        reads,
        owner: (!which.user).then(|| (owner.uid(), owner.gid())),
        drain_seconds: config.server.drain_seconds,
        is_low_port: port.is_some_and(|port| (1..1024).contains(&port)),
        project,
    })
}

fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    name.chars()
        .map(|c| if is_plain(c) { c } else { '-' })
        .collect()
}

/// Folders that are written to and read, from the root; of those below the project's, only that one.
fn folders(config: &Config, project: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let server = &config.server;
    let file = |name: &str| server.path(&config.project, name);
    let mut writes = vec![file(&server.audit_log)];
    writes.extend(config.database_file());
    if !["off", "stderr", ""].contains(&server.access_log.as_str()) {
        writes.push(file(&server.access_log));
    }
    // Beside a file others come to stand, and so they do beside the champion's copy.
    let models = || config.models.values();
    writes.extend(
        models().filter_map(|model| model.deployment_folder.folder().map(Path::to_path_buf)),
    );
    writes.iter_mut().for_each(|path| {
        path.pop();
    });
    let own = |model: &crate::config::ModelConfig| {
        [
            model.output_folder.here(),
            model.model_folder.here(),
            model.prediction_log.here(),
        ]
    };
    writes.extend(models().flat_map(own));
    let reads = models().flat_map(|model| [model.input_folder.here(), model.test_folder.here()]);
    let outside = |paths: Vec<PathBuf>| {
        let mut found: Vec<PathBuf> = paths.iter().map(|path| nearest(path)).collect();
        found.retain(|path| !path.starts_with(project));
        found.sort();
        found.dedup();
        found
    };
    let writes = [vec![project.to_path_buf()], outside(writes)].concat();
    (writes, outside(reads.collect()))
}

/// The folder, or the nearest one above it that is there, from the root.
fn nearest(path: &Path) -> PathBuf {
    let here = Path::new(".");
    // The folder of a file in the present one has no name.
    let path = if path.as_os_str().is_empty() {
        here
    } else {
        path
    };
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let there = whole.ancestors().find_map(|path| path.canonicalize().ok());
    there.unwrap_or(whole)
}
