//! `diagnose`: summary statistics, missing values, timings and freshness, without training anything.

use clap::Args;
use serde_json::json;

use super::global::Global;
use super::{Failure, context, failure, output};
use crate::clock::rfc3339;
use crate::data::{self, ReadOptions};
use crate::diagnose::{self as room, Timings};
use crate::pipeline;

#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// Summarise the files of this folder instead of the newest data set
    #[arg(long, value_name = "DIR")]
    input: Option<std::path::PathBuf>,
    /// Hold the program's dependencies against the registry that cargo is configured for, and nothing else
    #[arg(long, conflicts_with = "input")]
    outdated: bool,
}

pub async fn diagnose(global: &Global, args: &DiagnoseArgs) -> Result<u8, Failure> {
    if args.outdated {
        return super::outdated::outdated(global).await;
    }
    let env = context::open(global, &[]).await?;
    let summary = match &args.input {
        Some(folder) => {
            let scan = data::scan(folder)?;
            let read = data::read(folder, &scan, &ReadOptions::default(), None)?;
            data::summarise(&read.frame)
        }
        None => data::summarise(&pipeline::latest_frame(&env).await?),
    };
    let champion = env.registry.champion(&env.config.name).await?;
    let timings = room::timings(&env).await?;
    let stale = room::staleness(&env.registry, &env.config, env.clock.now_ms()).await?;
    let checks = pipeline::findings_of(&env).await?;
    let drift = pipeline::drift::newest(&env).await?;
    if global.json {
        let runs = env
            .registry
            .shown_runs(Some(&env.config.name), 1, env.clock.now_ms());
        let runs = runs.await?;
        let test = pipeline::refresh(&env.config.test_folder).await.ok();
        let test = test.and_then(|folder| data::signature(&folder).ok());
        let timings = timings.iter().map(
            |Timings {
                 run, timings_ms, ..
             }| json!({"run": run, "timings_ms": timings_ms}),
        );
        output::line(&json!({
            "model": env.config.name,
            "summary": &summary,
            "missing_values": room::missing_by_name(&summary),
            "timings": timings.collect::<Vec<_>>(),
            "champion": champion,
            "last_run": runs.first(),
            "freshness": room::freshness(&env, test.as_ref()).await?,
            "stale": stale,
            "checks": checks.as_ref().map(
                |(version, findings)| json!({"version": version, "findings": findings}),
            ),
            "drift": drift,
            "dependencies": room::dependencies(),
        }));
        return Ok(failure::DONE);
    }
    let header = [
        "column", "kind", "rows", "missing", "mean", "median", "std", "min", "max", "distinct",
    ];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.4}"));
    for column in &summary {
        rows.push(vec![
            column.name.clone(),
            column.kind.to_string(),
            column.rows.to_string(),
            format!(
                "{:.1} %",
                100.0 * column.missing as f64 / column.rows.max(1) as f64
            ),
            number(column.mean),
            number(column.median),
            number(column.std),
            number(column.min),
            number(column.max),
            column.distinct.to_string(),
        ]);
    }
    output::say(&output::table(&rows));
    for run in &timings {
        output::say(&format!(
            "timings of {}: {}",
            run.run,
            serde_json::Value::from(run.timings_ms.clone())
        ));
    }
    output::say(&match champion {
        Some(champion) => format!(
            "champion: version {} since {}",
            champion.version,
            rfc3339(champion.since_ms)
        ),
        None => "champion: none yet".to_string(),
    });
    for (version, findings) in checks.iter() {
        for finding in findings {
            output::say(&format!(
                "{} of version {version}: {}: {}",
                finding.severity.name(),
                finding.check.name(),
                finding.says
            ));
        }
    }
    for check in drift
        .iter()
        .filter(|it| it.verdict == "drift" || it.verdict == "warn")
    {
        output::say(&format!(
            "drift in {}: {}",
            check.kind,
            output::plain(&check.reason)
        ));
    }
    for stale in &stale {
        output::say(&format!("stale: it {}", stale.says));
    }
    Ok(failure::DONE)
}
