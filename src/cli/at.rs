//! `at`: what was live at a time, and what it answers.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::global::Global;
use super::predict::{self, PredictArgs};
use super::{Failure, Kind, context, failure, output};
use crate::overview::{self, LiveThen};

#[derive(Debug, Args)]
pub struct AtArgs {
    /// The time (RFC 3339), like 2026-11-24T09:00:00Z
    #[arg(value_name = "TIME")]
    time: DateTime<Utc>,
    #[command(subcommand)]
    command: Option<AtCommand>,
}

#[derive(Debug, Subcommand)]
enum AtCommand {
    /// Predict the rows of a file as they were predicted then
    Predict(PredictArgs),
}

pub async fn at(global: &Global, args: &AtArgs) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let then = overview::live_at(&env, args.time.timestamp_millis()).await?;
    env.registry.close().await;
    if let Some(AtCommand::Predict(what)) = &args.command {
        let Some(version) = then.version else {
            let error = anyhow::anyhow!("find the champion of {}: there was none yet", then.at);
            return Err(Failure::new(Kind::Data, error)
                .hint("`unseat at TIME` says since when there is one"));
        };
        return predict::predict(global, &what.of_version(version)).await;
    }
    if global.json {
        output::line(&then);
    } else {
        say(&then);
    }
    Ok(failure::DONE)
}

fn say(then: &LiveThen) {
    let Some(version) = then.version else {
        let first = then.until.as_ref();
        let first = first.map_or(String::new(), |at| format!("; the first came at {at}"));
        return output::say(&format!(
            "{}: no champion at {}{first}",
            then.model, then.at
        ));
    };
    let text = |value: &Option<String>| output::plain(value.as_deref().unwrap_or("unknown"));
    let mut rows = vec![
        vec!["model".to_string(), then.model.clone()],
        vec!["version".to_string(), version.to_string()],
        vec!["since".to_string(), text(&then.since)],
        vec![
            "until".to_string(),
            then.until.clone().unwrap_or_else(|| "now".to_string()),
        ],
        vec![
            "by".to_string(),
            format!(
                "{} ({})",
                text(&then.by),
                text(&then.action.map(|it| it.to_string()))
            ),
        ],
        vec!["why".to_string(), text(&then.reason)],
        vec!["run".to_string(), text(&then.run.clone().map(String::from))],
        vec![
            "data set".to_string(),
            match then.rows {
                Some(rows) => format!("{}, {rows} rows", text(&then.data_set)),
                None => text(&then.data_set),
            },
        ],
        vec!["settings".to_string(), text(&then.config_hash)],
        vec![
            "bundle".to_string(),
            text(&then.bundle_sha256.clone().map(String::from)),
        ],
    ];
    if let Some(decision) = &then.decision {
        let reason = decision.reasons.first().cloned().unwrap_or_default();
        rows.push(vec![
            "decision".to_string(),
            format!("{}: {}", decision.verdict, output::plain(&reason)),
        ]);
    }
    output::say(&output::table(&rows));
}
