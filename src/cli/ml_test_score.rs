//! `ml-test-score`: which of the 28 tests of the rubric of that name a project automates.

use super::global::Global;
use super::status::envs;
use super::{Failure, context, failure, output};
use crate::overview::{MlTestScore, ml_test_score};

pub async fn score(global: &Global) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let mut all = Vec::new();
    for env in envs(global, &config, &registry).await? {
        all.push(ml_test_score(&env).await?);
    }
    registry.close().await;
    if global.json {
        output::line(&all);
    } else {
        all.iter().for_each(say);
    }
    Ok(failure::DONE)
}

fn say(score: &MlTestScore) {
    let header = ["test", "done", "what it asks for", "what shows it"];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    for section in &score.sections {
        rows.extend(section.tests.iter().map(|it| {
            vec![
                it.id.clone(),
                it.done.words().to_string(),
                it.test.to_string(),
                output::plain(&it.evidence),
            ]
        }));
    }
    output::say(&output::table(&rows));
    let sections = score.sections.iter();
    let sections: Vec<String> = sections
        .map(|it| format!("{} {}", it.section, it.points))
        .collect();
    output::say(&format!(
        "{}: {} of 7, the smallest of {}; {} of 28 tests are automated",
        output::plain(&score.model),
        score.score,
        sections.join(", "),
        score.automated
    ));
}
