//! `adopt`: takes up what is in the folders and the database does not know.

use crate::model_types::{Outcome, VersionNumber};
use clap::Args;

use super::global::Global;
use super::{Failure, context, failure, output};
use crate::pipeline::{self, Adopt, Adopted};

#[derive(Debug, Args)]
pub struct AdoptArgs {
    /// Say what would be taken up, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// The version in production, where no manifest says it
    #[arg(long, value_name = "VERSION")]
    champion: Option<VersionNumber>,
}

pub async fn adopt(global: &Global, args: &AdoptArgs) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let models = context::models(global, &config)?;
    let several = models.len() > 1;
    if several && args.champion.is_some() {
        let error = Failure::usage("take one champion for several models");
        return Err(error.hint("add `--model NAME`"));
    }
    let asked = Adopt {
        dry_run: args.dry_run,
        champion: args.champion,
        actor: context::actor(),
    };
    let mut failed = None;
    for model in models {
        let env = context::env(global, &registry, model).await?;
        match pipeline::adopt(&env, &asked).await {
            Ok(adopted) => show(global, &adopted),
            // One model's trouble must not keep the others from being taken up.
            Err(error) => {
                let error = Failure::from(error);
                if several {
                    error.print(global.json);
                }
                failed.get_or_insert(error);
            }
        }
    }
    registry.close().await;
    match failed {
        Some(error) => Err(error),
        None => Ok(failure::DONE),
    }
}

fn show(global: &Global, adopted: &Adopted) {
    if global.json {
        return output::line(adopted);
    }
    let model = output::bold(&adopted.model);
    for version in &adopted.versions {
        let verdict = version.verdict.map_or("no verdict", Outcome::name);
        let champion = if adopted.champion == Some(version.version) {
            ", the champion"
        } else {
            ""
        };
        output::say(&format!(
            "{model}  version {}  {}  {verdict}{champion}",
            version.version, version.folder
        ));
    }
    for why in &adopted.left_out {
        output::say(&format!("{model}  left out  {}", output::plain(why)));
    }
    for note in &adopted.notes {
        output::say(&format!("{model}  note: {}", output::plain(note)));
    }
    let champion = match adopted.champion {
        Some(version) => format!("version {version} is the champion"),
        None => "there is no champion".to_string(),
    };
    if adopted.versions.is_empty() && !adopted.is_champion_adopted {
        return output::say(&format!(
            "{model}  nothing to adopt: the folders hold nothing that the database does not know; {champion}"
        ));
    }
    let did = if adopted.dry_run {
        "would adopt"
    } else {
        "adopted"
    };
    let counted = |n: usize, what: &str| crate::text::counted(n as u64, what);
    output::say(&format!(
        "{model}  {did} {} and {}; {champion}",
        counted(adopted.versions.len(), "version"),
        counted(adopted.datasets, "data set"),
    ));
}
