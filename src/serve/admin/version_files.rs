//! The files of a version that may be fetched.

use crate::http::reply::JSON;
use crate::pipeline::Env;
use crate::registry::{VersionRow, VersionState};

pub const HTML: &str = "text/html; charset=utf-8";
const MARKDOWN: &str = "text/markdown; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const PNG: &str = "image/png";

/// What may be requested from a version's folder, and its type. The predictions of the test rows are not among it: they hold
/// rows of somebody's data.
pub const FILES: [(&str, &str); 12] = [
    ("report.html", HTML),
    ("model_card.md", MARKDOWN),
    ("confusion_matrix.png", PNG),
    ("roc.png", PNG),
    ("precision_recall.png", PNG),
    ("calibration.png", PNG),
    ("coefficients.png", PNG),
    ("history.png", PNG),
    ("score.json", JSON),
    ("latestscore.txt", TEXT),
    ("decision.json", JSON),
    ("trainedmodel.json", JSON),
];

/// Where the files of a version are, as far as they were made.
pub async fn of(env: &Env, row: &VersionRow) -> Vec<String> {
    let (model, number) = (&row.model, row.number);
    let there = env.models.names(&format!("{model}/{}", row.folder)).await;
    let there = there.unwrap_or_default();
    let is_there = |name: &str| there.iter().any(|it| it == name);
    FILES
        .iter()
        .filter(|(name, _)| row.state == VersionState::Ready && is_there(name))
        .map(|(name, _)| format!("/models/{model}/versions/{number}/{name}"))
        .collect()
}
