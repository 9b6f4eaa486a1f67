//! `database`: looks at the registry's database, brings it up to date, and copies it to another place.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};
use serde_json::json;

use super::global::Global;
use super::{Failure, Kind, context, failure, output};
use crate::config::{Config, DatabaseLocation};
use crate::registry::{Error, Registry, SCHEMA_VERSION, ServerSettings};

#[derive(Debug, Args)]
pub struct DatabaseArgs {
    #[command(subcommand)]
    command: DatabaseCommand,
}

#[derive(Debug, Subcommand)]
enum DatabaseCommand {
    /// Ask the database whether it answers, and say what is in it; nothing is changed
    Check,
    /// Make the tables, or bring those of an earlier version up to date
    Migrate,
    /// Write everything that is in it into another database, and check both against each other
    Copy(CopyArgs),
}

#[derive(Debug, Args)]
struct CopyArgs {
    /// Where to: sqlite://FILE, which is not there yet, or postgres://USER@HOST:5432/DATABASE, where no project is
    #[arg(long, value_name = "URL")]
    to: String,
    /// File with the password of the server that is copied to; or UNSEAT_DATABASE_PASSWORD
    #[arg(long, value_name = "FILE")]
    to_password_file: Option<PathBuf>,
}

/// Does what the subcommand says.
///
/// # Errors
/// The database does not answer, is of a newer program, or is at work.
pub async fn database(global: &Global, args: &DatabaseArgs) -> Result<u8, Failure> {
    let config = context::load(global, &[])?;
    match &args.command {
        DatabaseCommand::Check => check(global, &config).await,
        DatabaseCommand::Migrate => migrate(global, &config).await,
        DatabaseCommand::Copy(args) => copy(global, &config, args).await,
    }
}

async fn check(global: &Global, config: &Config) -> Result<u8, Failure> {
    let Some(registry) = context::look(config).await? else {
        let name = name(config);
        if global.json {
            output::line(&json!({"database": name, "answers": true, "tables": false}));
        } else {
            output::say(&format!(
                "the database {name} has no tables of version {SCHEMA_VERSION} yet; `unseat database migrate` makes them, and so does the first run"
            ));
        }
        return Ok(failure::DONE);
    };
    let began = Instant::now();
    let database_ms = registry.lease_ms().await?;
    let took = began.elapsed();
    let ahead_ms = database_ms - crate::clock::Clock::System.now_ms();
    let rows = registry.count_rows().await?;
    let at_work = registry.at_work(context::clock()?.now_ms()).await?;
    let at_work: Vec<String> = at_work.iter().map(ToString::to_string).collect();
    if global.json {
        let rows: serde_json::Map<_, _> = rows
            .into_iter()
            .map(|(table, n)| (table, n.into()))
            .collect();
        output::line(&json!({
            "database": registry.path(), "answers": true, "tables": true, "version": SCHEMA_VERSION, "rows": rows,
            "answer_ms": took.as_secs_f64() * 1000.0, "clock_ahead_ms": ahead_ms, "at_work": at_work,
        }));
        return Ok(failure::DONE);
    }
    output::say(&format!(
        "the database {} answers (in {:.1} ms); its tables are version {SCHEMA_VERSION}, which is this program's",
        registry.path().display(),
        took.as_secs_f64() * 1000.0
    ));
    if ahead_ms.abs() > 1000 {
        output::say(&format!(
            "note: its clock is {:.1} s {} this machine's; who is dead and what is due goes by the database's",
            ahead_ms.abs() as f64 / 1000.0,
            if ahead_ms > 0 { "ahead of" } else { "behind" }
        ));
    }
    let filled: Vec<String> = rows
        .iter()
        .filter(|(_, rows)| *rows > 0)
        .map(|(table, rows)| format!("{table} {rows}"))
        .collect();
    output::say(&format!(
        "rows: {}",
        if filled.is_empty() {
            "none".to_string()
        } else {
            filled.join(", ")
        }
    ));
    for line in at_work {
        output::say(&format!("at work: {line}"));
    }
    Ok(failure::DONE)
}

async fn migrate(global: &Global, config: &Config) -> Result<u8, Failure> {
    let was_there = context::look(config).await?.is_some();
    let registry = context::registry(config).await?;
    let database = registry.path().display().to_string();
    if global.json {
        output::line(
            &json!({"database": database, "version": SCHEMA_VERSION, "changed": !was_there}),
        );
    } else if was_there {
        output::say(&format!(
            "the tables of {database} are version {SCHEMA_VERSION} already"
        ));
    } else {
        output::say(&format!(
            "the tables of {database} are version {SCHEMA_VERSION} now"
        ));
    }
    Ok(failure::DONE)
}

async fn copy(global: &Global, config: &Config, args: &CopyArgs) -> Result<u8, Failure> {
    let to = DatabaseLocation::read(&args.to, &config.project)
        .map_err(|reason| Failure::usage(format!("use `--to {}`: it {reason}", args.to)))?;
    if to == config.database_place() {
        return Err(Failure::usage("copy the database onto itself".to_string())
            .hint("name another place with --to; `database_url` in config.json names this one"));
    }
    let from = context::registry(config).await?;
    idle(&from, "copy the database").await?;
    let copied = match &to {
        DatabaseLocation::Server(url) => {
            let settings = ServerSettings {
                url: url.clone(),
                password: password_of(config, args)?,
                connections: config.database.connections,
                statement_seconds: config.database.statement_seconds,
            };
            if let Some(there) = Registry::look_at_server(&settings).await? {
                idle(&there, "copy into that database").await?;
                there.close().await;
            }
            let to = Registry::begin_copy(&settings).await?;
            let copied = into(global, &from, &to).await?;
            to.end_copy().await?;
            copied
        }
        DatabaseLocation::File(path) => {
            if path.exists() {
                let database = path.display().to_string();
                return Err(Error::Occupied { database }.into());
            }
            let mut part = path.clone().into_os_string();
            part.push(".copying");
            let part = PathBuf::from(part);
            let to = Registry::open(&part).await?;
            let copied = into(global, &from, &to).await?;
            to.close().await;
            std::fs::rename(&part, path).map_err(|error| {
                let error =
                    anyhow::Error::from(error).context(format!("name the copy {}", path.display()));
                Failure::new(Kind::Store, error)
            })?;
            copied
        }
    };
    let (tables, rows) = copied;
    let next = "end whatever still uses the old one, set `database_url` to the new one in config.json of every machine, and start again; the old one is as it was";
    if global.json {
        output::line(&json!({"to": args.to, "tables": tables, "rows": rows, "verified": true}));
    } else {
        output::say(&format!(
            "copied {rows} rows in {tables} tables, and both sides are the same"
        ));
        output::say(&format!("next: {next}"));
    }
    Ok(failure::DONE)
}

/// Fails where a process of the project is at work, on whatever machine.
async fn idle(registry: &Registry, action: &'static str) -> Result<(), Failure> {
    let found = registry.at_work(context::clock()?.now_ms()).await?;
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::AtWork { action, found }.into())
}

/// Copies, says how far it is, and returns how many tables and rows there are.
async fn into(global: &Global, from: &Registry, to: &Registry) -> Result<(usize, u64), Failure> {
    let copied = from.copy_into(to, |table| {
        if !global.quiet && !global.json {
            let how = if table.was_there {
                "was there"
            } else {
                "copied"
            };
            output::talk(&format!("{}: {} rows {how}", table.name, table.rows));
        }
    });
    let copied = copied.await?;
    // One that began meanwhile may have written what is not in the copy. It is no registry yet, and the same command continues.
    idle(from, "end the copy of the database").await?;
    Ok((copied.len(), copied.iter().map(|table| table.rows).sum()))
}

fn password_of(config: &Config, args: &CopyArgs) -> Result<Option<String>, Failure> {
    match &args.to_password_file {
        Some(file) => context::password_in(file).map(Some),
        None => context::database_password(config),
    }
}

fn name(config: &Config) -> String {
    match config.database_place() {
        DatabaseLocation::File(path) => path.display().to_string(),
        DatabaseLocation::Server(_) => "on the server".to_string(),
    }
}
