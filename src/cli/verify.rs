//! `verify`: whether every stored version and data set is still what was stored.

use super::global::Global;
use super::status::envs;
use super::{Failure, context, failure, output};
use crate::overview::{self, Verified};

pub async fn verify(global: &Global) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let mut all = Vec::new();
    for env in envs(global, &config, &registry).await? {
        all.extend(overview::verify(&env).await?);
    }
    registry.close().await;
    let damaged = all.iter().filter(|it| !it.ok).count();
    if global.json {
        output::line(&all);
    } else {
        say(&all, damaged);
    }
    Ok(match damaged {
        0 => failure::DONE,
        _ => failure::FAILED,
    })
}

fn say(all: &[Verified], damaged: usize) {
    let mut rows = vec![
        ["model", "what", "name", "state"]
            .map(str::to_string)
            .to_vec(),
    ];
    rows.extend(all.iter().map(|it| {
        let state = match &it.problem {
            None => "sound".to_string(),
            Some(problem) => format!("damaged: {}", output::plain(problem)),
        };
        vec![
            it.model.clone(),
            it.kind.to_string(),
            it.name.clone(),
            state,
        ]
    }));
    output::say(&output::table(&rows));
    output::say(&match damaged {
        0 => format!("all {} are sound", all.len()),
        n => format!("{n} of {} are damaged", all.len()),
    });
}
