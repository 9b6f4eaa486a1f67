//! What the engine cannot do, by settings of other sections, each with its key: said before a run, not at the end of an hour.

use super::features::{ColumnFeatures, Encode};
use super::ingest::{HeaderName, HeaderRow, Keep};
use super::learner::LearnerKind;
use super::raw::RawConfig;
use super::sections::SplitKind;
use crate::data::{Decimal, Thousands};
use crate::model_types::scheme_of;

/// Says what settings the engine cannot do, each with its key.
pub(super) fn check(raw: &RawConfig, say: &mut impl FnMut(&str, String)) {
    raw.engine
        .check_alone(&mut |key, reason| say(&format!("engine.{key}"), reason));
    if raw.engine.is_remote() {
        check_data(raw, say);
        check_learning(raw, say);
    }
}

/// A rejection at a key.
const LOCAL: &str = "cannot be done with `engine.kind: spark`";

fn check_data(raw: &RawConfig, say: &mut impl FnMut(&str, String)) {
    let ingest = &raw.ingest;
    let is_auto = |text: &str| text == "auto";
    let rejected = [
        (
            "input_folder_path",
            scheme_of(&raw.input_folder_path) == Some("az"),
            "the engine is told names of s3:// and gs:// alone; or name a folder that this machine and the engine both see",
        ),
        (
            "related",
            raw.related.is_some(),
            "put the tables together before",
        ),
        (
            "derive",
            !raw.derive.is_empty(),
            "compute the columns before",
        ),
        (
            "ingest.keep",
            ingest.keep == Keep::Accumulate,
            "keep all files in the input folder",
        ),
        (
            "labels.test_share",
            raw.labels.sets_aside(),
            "held-out rows would have to be taken out of the whole data set; set it to 0",
        ),
        (
            "labels.train",
            raw.labels.trains(),
            "the engine reads the files alone; set it to false",
        ),
        (
            "ingest.encoding",
            !(is_auto(&ingest.encoding) || ingest.encoding.eq_ignore_ascii_case("utf-8")),
            "write the files in UTF-8, or as Parquet",
        ),
        (
            "ingest.decimal",
            ingest.decimal == Decimal::Comma,
            "write numbers with a point, or as Parquet",
        ),
        (
            "ingest.thousands",
            !matches!(ingest.thousands, Thousands::Auto | Thousands::None),
            "write numbers without groups, or as Parquet",
        ),
        (
            "ingest.header_row",
            !matches!(
                ingest.header_row,
                HeaderRow::Line(1) | HeaderRow::Name(HeaderName::Auto)
            ),
            "begin the files with the header",
        ),
        (
            "ingest.comment",
            !(is_auto(&ingest.comment) || ingest.comment == "none"),
            "leave comments out of the files",
        ),
    ];
    for (key, _, instead) in rejected.into_iter().filter(|(_, is_set, _)| *is_set) {
        say(key, format!("{LOCAL}; {instead}"));
    }
    for (column, rule) in &raw.schema {
        if rule.rule(column).is_some_and(|rule| !rule.is_empty()) {
            let why = format!(
                "{LOCAL}: of `schema`, the engine enforces kinds only; give the kind alone"
            );
            say(&format!("schema.{column}"), why);
        }
    }
}

fn check_learning(raw: &RawConfig, say: &mut impl FnMut(&str, String)) {
    let kind = raw
        .split
        .kind
        .unwrap_or(match (&raw.keys[..], &raw.time_column) {
            ([], None) => SplitKind::Random,
            ([], Some(_)) => SplitKind::Time,
            _ => SplitKind::Group,
        });
    let is_summed = by_sums(raw.learner.kind) || raw.learner.kind == LearnerKind::Auto;
    if is_summed && kind != SplitKind::Random && raw.split.refit != Some(true) {
        let why = "has to be true with `engine.kind: spark` and a split by time or by group: the rows outside the sample have no side, so the last fit takes all of them";
        say("split.refit", why.to_string());
    }
    for (column, own) in &raw.features.columns {
        if let Some(what) = not_in_engine(own).filter(|_| by_sums(raw.learner.kind)) {
            let why = format!(
                "`{what}` {LOCAL} and `learner.kind: {}`; choose `number`, `one_hot`, `ordinal`, `target_mean` or `drop`",
                raw.learner.kind.name()
            );
            say(&format!("features.columns.{column}.encode"), why);
        }
    }
}

/// Whether a learner needs only sums over rows, so that the engine can make them.
fn by_sums(kind: LearnerKind) -> bool {
    matches!(
        kind,
        LearnerKind::Logistic
            | LearnerKind::Linear
            | LearnerKind::Ridge
            | LearnerKind::ElasticNet
            | LearnerKind::BoostedTrees
    )
}

/// What a column is to become that the engine cannot make.
fn not_in_engine(own: &ColumnFeatures) -> Option<&'static str> {
    match own.encode? {
        Encode::Text => Some("text"),
        Encode::Date => Some("date"),
        Encode::OneHot | Encode::Ordinal | Encode::TargetMean | Encode::Number | Encode::Drop => {
            None
        }
    }
}
