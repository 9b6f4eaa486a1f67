//! The ML Test Score (Breck et al., *The ML Test Score: A Rubric for ML Production Readiness and Technical Debt Reduction*, IEEE Big
//! Data 2017): which of its 28 tests this project automates, with what shows it.
//!
//! A test that runs by itself counts one point, one that has to be done by hand (there is a command for it) half a point. A
//! section has the sum of its seven tests, and the score is the smallest of the four: a project is as ready as its weakest side.

use serde::Serialize;

use crate::config::LearnerKind;
use crate::gate::{Require, RuleOutcome};
use crate::live::Summary;
use crate::model_types::VersionNumber;
use crate::pipeline::{Env, Error, live, read_decision, read_score};
use crate::registry::VersionState;

/// How a test is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// By itself, again and again.
    Automated,
    /// By hand, with a command that does it.
    ByHand,
    /// Not at all, or not by this program.
    No,
}

impl Done {
    /// Points of the rubric.
    pub fn points(self) -> f64 {
        match self {
            Done::Automated => 1.0,
            Done::ByHand => 0.5,
            Done::No => 0.0,
        }
    }

    /// The same in words.
    pub fn words(self) -> &'static str {
        match self {
            Done::Automated => "automated",
            Done::ByHand => "by hand",
            Done::No => "no",
        }
    }
}

/// A test of the rubric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RubricTest {
    /// Its section and number there, like `model 5`.
    pub id: String,
    /// What it asks for.
    pub test: &'static str,
    /// How it is done here.
    pub done: Done,
    /// What shows it, or what would make it so.
    pub evidence: String,
}

/// A section of seven tests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RubricSection {
    /// `data`, `model`, `infrastructure` or `monitoring`.
    pub section: &'static str,
    /// Points, at most 7.
    pub points: f64,
    /// Its tests.
    pub tests: Vec<RubricTest>,
}

/// The score of a model's project.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MlTestScore {
    /// The model.
    pub model: String,
    /// The smallest of the sections.
    pub score: f64,
    /// Tests that are automated, of 28.
    pub automated: usize,
    /// The sections.
    pub sections: Vec<RubricSection>,
}

/// What is known of a project, beside its settings.
#[derive(Debug, Clone, Default)]
struct Facts {
    champion: Option<VersionNumber>,
    has_importance: bool,
    decisions: usize,
    baselines_passed: bool,
    promotions: usize,
    scores_of_champion: usize,
    runs_ended: usize,
    drift_checks: usize,
    windows: usize,
    live: Option<Summary>,
    labels: i64,
}

/// Works the score out: of settings, and of what the registry has seen happen.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn ml_test_score(env: &Env) -> Result<MlTestScore, Error> {
    let facts = facts(env).await?;
    let sections = [
        ("data", data(env, &facts)),
        ("model", model(env, &facts)),
        ("infrastructure", infrastructure(env, &facts)),
        ("monitoring", monitoring(env, &facts)),
    ];
    let sections = sections.map(|(section, tests)| section_of(section, tests));
    let points = sections.iter().map(|it| it.points);
    let all = sections.iter().flat_map(|it| &it.tests);
    Ok(MlTestScore {
        model: env.config.name.clone(),
        score: points.fold(f64::INFINITY, f64::min),
        automated: all.filter(|it| it.done == Done::Automated).count(),
        sections: sections.into(),
    })
}

async fn facts(env: &Env) -> Result<Facts, Error> {
    let (registry, name) = (&env.registry, &env.config.name);
    let mut facts = Facts::default();
    let champion = registry.champion(name).await?.map(|it| it.version);
    facts.champion = champion;
    let versions = registry.versions(name).await?;
    facts.decisions = versions.iter().filter(|it| it.verdict.is_some()).count();
    facts.promotions = registry.operations(name).await?.len();
    let newest = versions
        .iter()
        .rfind(|it| it.state == VersionState::Ready && it.verdict.is_some());
    if let Some(version) = newest
        && let Ok(decision) = read_decision(env, version).await
    {
        let mut rules = decision.rules.iter();
        facts.baselines_passed =
            rules.any(|it| it.name == "beat_baselines" && it.outcome == RuleOutcome::Pass);
    }
    if let Some(version) = champion {
        let row = versions.iter().find(|it| it.number == version);
        if let Some(row) = row
            && let Ok(score) = read_score(env, row).await
        {
            facts.has_importance = score.importance.is_some();
        }
        let scores = registry.scores(name).await?;
        facts.scores_of_champion = scores.iter().filter(|it| it.version == version).count();
        facts.live = live::kept_summary(env, version).await?;
    }
    let runs = registry.runs(Some(name), 100).await?;
    facts.runs_ended = runs.iter().filter(|it| it.outcome.is_some()).count();
    let checks = registry.drift_heads(name, 500).await?;
    facts.windows = checks.iter().filter(|it| it.kind == "requests").count();
    facts.drift_checks = checks.len();
    let totals = registry.label_totals(name).await?;
    facts.labels = totals.iter().map(|it| it.labels).sum();
    Ok(facts)
}

fn section_of(section: &'static str, tests: [Answer; 7]) -> RubricSection {
    let numbered = tests.into_iter().zip(1..);
    let tests: Vec<RubricTest> = numbered
        .map(|((test, done, evidence), number)| RubricTest {
            id: format!("{section} {number}"),
            test,
            done,
            evidence,
        })
        .collect();
    RubricSection {
        section,
        points: tests.iter().map(|it| it.done.points()).sum(),
        tests,
    }
}

/// What a test asks for, how it is done, and what shows it.
type Answer = (&'static str, Done, String);

fn automated_if(is_so: bool, else_done: Done) -> Done {
    if is_so { Done::Automated } else { else_done }
}

fn data(env: &Env, facts: &Facts) -> [Answer; 7] {
    let rules = env.config.schema.len();
    let says = if rules > 0 {
        format!("`schema` gives {rules} columns rules, which every run checks")
    } else {
        "kinds of columns are held, but no column has rules: set `schema`".to_string()
    };
    let worth = if facts.has_importance {
        "permutation importance of each column is measured for every version".to_string()
    } else {
        "no version's importance is known yet".to_string()
    };
    [
        ("Expectations of features are captured in a schema", automated_if(rules > 0, Done::ByHand), says),
        ("All features are beneficial", automated_if(facts.has_importance, Done::No), worth),
        ("No feature costs too much", Done::No, "what a feature costs is not known here".to_string()),
        ("Features adhere to requirements of the house", Done::No, "only you know them; `drop` keeps a column out".to_string()),
        (
            "The pipeline has privacy controls",
            Done::ByHand,
            "roles guard the server, no row is stored for drift, and rows are logged only where `server.prediction_log` asks".to_string(),
        ),
        ("New features can be added quickly", Done::ByHand, "a new column is taken up by the next run; `derive` computes others".to_string()),
        (
            "Code of the input features is tested",
            automated_if(facts.champion.is_some(), Done::No),
            "golden rows are answered again whenever a version is loaded, by the code that serves".to_string(),
        ),
    ]
}

fn model(env: &Env, facts: &Facts) -> [Answer; 7] {
    let config = &env.config;
    let is_auto = config.learner.kind == LearnerKind::Auto;
    let spans = facts.live.as_ref().and_then(|it| it.labelled.as_ref());
    let labelled = spans.filter(|it| it.labels >= 30);
    let online = match labelled {
        Some(live) => format!(
            "the metric by {} labels is shown beside the one on the test rows and the one estimated without labels",
            live.labels
        ),
        None => "too few labels have come: `POST /labels` or `unseat labels FILE`".to_string(),
    };
    let tuned = if is_auto {
        "`learner.kind: auto` compares a stated set of learners on held-back rows in every run"
            .to_string()
    } else {
        format!(
            "`learner.kind` is fixed to `{}`; `auto` compares",
            config.learner.kind.name()
        )
    };
    let is_bounded = config.health.max_fall.is_some();
    let stale = format!(
        "the champion is scored again on new test rows ({} scores so far); a fall beyond `health.max_fall` is reported",
        facts.scores_of_champion
    );
    let slices = config.gate.slices.len();
    let by_slices = match slices {
        0 => "no slice is named: `gate.slices`".to_string(),
        n => format!("{n} columns of `gate.slices`, in whose groups the metric must not fall"),
    };
    [
        ("Every model specification is reviewed", Done::No, "keep config.json in version control and review it there".to_string()),
        ("Offline metrics correlate with online ones", automated_if(labelled.is_some(), Done::No), online),
        ("All hyperparameters are tuned", automated_if(is_auto, Done::No), tuned),
        ("The impact of staleness is known", automated_if(is_bounded && facts.champion.is_some(), Done::ByHand), stale),
        (
            "A simpler model is not better",
            automated_if(config.gate.beat_baselines && facts.decisions > 0, Done::No),
            if facts.baselines_passed { "the newest version beats the best of the baselines".to_string() } else { "`gate.beat_baselines` holds every version against baselines".to_string() },
        ),
        ("Quality is sufficient on important slices", automated_if(slices > 0, Done::ByHand), by_slices),
        (
            "The model was tested for inclusion",
            automated_if(slices > 0, Done::ByHand),
            "the same rules, on columns that tell groups of people apart; `unseat compare` shows slices".to_string(),
        ),
    ]
}

fn infrastructure(env: &Env, facts: &Facts) -> [Answer; 7] {
    let config = &env.config;
    let is_gated = config.gate.require != Require::Naive;
    let (probation, shadow) = (config.probation.enabled, config.shadow.challenger);
    [
        (
            "Training is reproducible",
            automated_if(facts.champion.is_some(), Done::No),
            format!(
                "seed {}; the same data gives the same bytes, whose hash is on record",
                config.split.seed
            ),
        ),
        (
            "The model specification is unit tested",
            Done::ByHand,
            "`unseat config check` and `unseat run --dry-run`".to_string(),
        ),
        (
            "The full pipeline is integration tested",
            automated_if(facts.runs_ended > 0, Done::ByHand),
            format!(
                "every run does all stages on all data and verifies what it stored; {} have ended",
                facts.runs_ended
            ),
        ),
        (
            "Quality is validated before serving",
            automated_if(is_gated && facts.decisions > 0, Done::No),
            format!(
                "the gate ({}) decided on {} versions",
                config.gate.require.name(),
                facts.decisions
            ),
        ),
        (
            "Single examples can be debugged step by step",
            Done::ByHand,
            "`unseat explain --row FILE`; each stage is a command of its own".to_string(),
        ),
        (
            "Models are canaried before serving",
            automated_if(probation || shadow, Done::No),
            match (probation, shadow) {
                (_, true) => {
                    "`shadow.challenger`: past requests are answered before the gate decides"
                        .to_string()
                }
                (true, false) => {
                    "`probation` watches a promoted version and takes it back".to_string()
                }
                (false, false) => "neither `probation` nor `shadow` is on".to_string(),
            },
        ),
        (
            "Serving can be rolled back",
            automated_if(facts.champion.is_some(), Done::ByHand),
            format!(
                "`unseat rollback`, and probation by itself; {} moves of the champion are on record",
                facts.promotions
            ),
        ),
    ]
}

fn monitoring(env: &Env, facts: &Facts) -> [Answer; 7] {
    let config = &env.config;
    let is_aged = config.health.max_days_untrained.is_some();
    let is_labelled = facts.labels > 0;
    let is_watched = config.drift.enabled && facts.windows > 0;
    [
        (
            "Changes of dependencies are announced",
            Done::ByHand,
            "`unseat diagnose` lists what the program was built from, `--outdated` holds it against the registry".to_string(),
        ),
        (
            "Data invariants hold in training and serving",
            automated_if(config.drift.enabled && facts.drift_checks > 0, Done::No),
            format!("checks of each data set, and {} comparisons with the reference", facts.drift_checks),
        ),
        (
            "Training and serving features compute the same values",
            automated_if(is_watched, Done::ByHand),
            format!("one code path for both, and {} windows of requests compared with training rows", facts.windows),
        ),
        (
            "Models are not too stale",
            automated_if(is_aged, Done::No),
            match config.health.max_days_untrained {
                Some(days) => format!("`health.max_days_untrained` is {days}"),
                None => "set `health.max_days_untrained`".to_string(),
            },
        ),
        (
            "The model is numerically stable",
            automated_if(facts.decisions > 0, Done::No),
            "a metric or an answer that is not finite keeps a version out, and is counted while it serves".to_string(),
        ),
        (
            "Computing performance has not regressed",
            automated_if(config.probation.enabled, Done::ByHand),
            "probation compares the time of answers with the version before; /metrics has histograms".to_string(),
        ),
        (
            "Prediction quality on served data has not regressed",
            automated_if(is_labelled, Done::No),
            if is_labelled { format!("{} labels came, and the live metric is on every page", facts.labels) } else { "no label has come; until then quality is estimated only".to_string() },
        ),
    ]
}
