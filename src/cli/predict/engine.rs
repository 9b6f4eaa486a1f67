//! `predict --engine`: rows that the engine sees, to a folder of Parquet.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::global::Global;
use crate::cli::{Failure, context, failure, interrupt, output};
use crate::pipeline;

pub async fn predict(
    global: &Global,
    rows: &Path,
    out: &Path,
    version: &str,
) -> Result<u8, Failure> {
    let env = context::open(global, &[]).await?;
    let version = pipeline::pick_version(&env, version).await?;
    let loaded = pipeline::load_bundle(&env, version.number).await?;
    env.registry.close().await;
    interrupt::watch_engine()?;
    let predicted = pipeline::predict_elsewhere(&env, &loaded, rows, out).await?;
    if global.json {
        let classes = predicted.classes.iter();
        let classes = classes.map(|(class, rows)| (class.clone(), Value::from(*rows)));
        output::line(&json!({
            "version": loaded.number,
            "rows": predicted.rows,
            "classes": classes.collect::<serde_json::Map<_, _>>(),
            "written": out.display().to_string(),
        }));
    } else if !global.quiet {
        let classes = predicted.classes.iter();
        let classes =
            classes.map(|(class, rows)| format!(", {} {class}", output::thousands(*rows)));
        output::talk(&format!(
            "{} rows predicted by version {} in the engine{}; written to {} and counted there",
            output::thousands(predicted.rows),
            loaded.number,
            classes.collect::<String>(),
            out.display()
        ));
    }
    Ok(failure::DONE)
}
