//! `run --dry-run`: what a run would do, without doing it.

use super::global::Global;
use super::{Failure, context, failure, output};
use crate::config::ModelConfig;
use crate::pipeline::{self, Planned};
use crate::registry::Registry;

pub async fn dry_run(
    global: &Global,
    registry: &Registry,
    models: Vec<ModelConfig>,
    force: bool,
) -> Result<u8, Failure> {
    let mut planned = Vec::new();
    for model in models {
        let env = context::env(global, registry, model).await?;
        planned.push(pipeline::dry_run(&env, force).await?);
    }
    registry.close().await;
    if global.json {
        output::line(&planned);
    } else {
        planned.iter().for_each(say);
    }
    let fails = planned.iter().any(|it| !it.problems.is_empty());
    Ok(if fails {
        failure::FAILED
    } else {
        failure::DONE
    })
}

fn say(planned: &Planned) {
    let (name, would) = (output::bold(&planned.model), output::plain(&planned.says));
    output::say(&format!("{name}: {would}"));
    let listed = [
        ("new file", &planned.new_files),
        ("note", &planned.notes),
        ("problem", &planned.problems),
    ];
    for (what, lines) in listed {
        for line in lines {
            output::say(&format!("  {what}: {}", output::plain(line)));
        }
    }
}
