//! Which labelled rows of production are held out as test rows: on which side a row is, and which rows represent the others.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_128;

use super::outcome::{Effective, Stated, effective};
use super::quality::{Coverage, Labelled, is_uneven};
use crate::data::{Plain, plain};

/// The hash of a row: over the names and cells of its columns, whatever their order and whatever kinds the version that answered
/// read them as: `5`, `5.0` and the text `"5"` are the same cell, and `true` and `"True"` are.
pub fn row_key(cells: &Map<String, Value>) -> u128 {
    hash_of(cells, said)
}

/// The hash that rows had in programs of before: over the cells as they were logged.
pub fn row_key_before(cells: &Map<String, Value>) -> u128 {
    hash_of(cells, Value::to_string)
}

fn hash_of(cells: &Map<String, Value>, cell: impl Fn(&Value) -> String) -> u128 {
    let mut names: Vec<&String> = cells.keys().collect();
    names.sort_unstable();
    let mut text = String::new();
    for name in names {
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push_str(&cell(cells.get(name).unwrap_or(&Value::Null)));
    }
    xxh3_128(text.as_bytes())
}

/// Whole numbers up to here are the same as a float.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

/// A cell as what it says.
fn said(cell: &Value) -> String {
    let number = |it: f64| {
        if it.fract() == 0.0 && it.abs() <= MOST_EXACT {
            (it as i64).to_string()
        } else {
            Value::from(it).to_string()
        }
    };
    match cell {
        Value::String(text) => match plain(text) {
            Plain::Whole(whole) => whole.to_string(),
            Plain::Number(it) => number(it),
            Plain::Flag(flag) => flag.to_string(),
            Plain::Text(text) => Value::from(text).to_string(),
        },
        Value::Number(it) if it.is_f64() => it.as_f64().map_or_else(|| it.to_string(), number),
        cell => cell.to_string(),
    }
}

/// Whether a row is a test row where `share` of the rows are. A larger share keeps the test rows of a smaller one.
pub fn is_test_row(key: u128, share: f64) -> bool {
    (key >> 64) as u64 as f64 / 2f64.powi(64) < share
}

/// Which of the labelled rows may become test rows now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Admission {
    /// Coverage by the class that was answered.
    pub by_class: BTreeMap<String, Coverage>,
    /// Whether classes are labelled so unevenly that the rows speak of another mix than the answers.
    pub is_uneven: bool,
    /// Whether each tenth of the answers, by score, has labels enough to make up for that.
    pub has_tenths: bool,
    /// Days since 1970 whose answers still wait for labels.
    young: Vec<i64>,
}

/// Labels that each tenth of the answers must have where classes are labelled unevenly.
const FEWEST_OF_TENTH: usize = 5;
const DAY_MS: i64 = 86_400_000;
/// Share of the usual coverage that a day must have.
const MATURE: f64 = 0.8;

/// Looks at which answers have labels. Rows whose labels contradict one another have none.
pub fn admission(rows: &[Labelled]) -> Admission {
    let mut found = Admission::default();
    let mut whole = Coverage::default();
    let mut days: BTreeMap<i64, Coverage> = BTreeMap::new();
    let mut by_score: Vec<(f64, bool)> = Vec::with_capacity(rows.len());
    for row in rows {
        let has_label = label_of(row).is_some();
        let count = |coverage: &mut Coverage| {
            coverage.answers += 1;
            coverage.labelled += u64::from(has_label);
        };
        count(&mut whole);
        count(days.entry(row.answer.at_ms.div_euclid(DAY_MS)).or_default());
        if let Some(class) = &row.answer.class {
            count(found.by_class.entry(class.clone()).or_default());
        }
        by_score.push((row.answer.value, has_label));
    }
    let classes: Vec<(String, Coverage)> = found.by_class.clone().into_iter().collect();
    found.is_uneven = is_uneven(&classes);
    by_score.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = by_score.len();
    found.has_tenths = (0..10).all(|tenth| {
        let part = &by_score[tenth * n / 10..(tenth + 1) * n / 10];
        part.iter().filter(|it| it.1).count() >= FEWEST_OF_TENTH
    });
    let usual = whole.share().unwrap_or_default();
    let is_young = |coverage: &Coverage| coverage.share() < Some(MATURE * usual);
    let young = days.into_iter().filter(|(_, coverage)| is_young(coverage));
    found.young = young.map(|(day, _)| day).collect();
    found
}

impl Admission {
    /// Whether the row may become a test row. Of a class that is labelled more often than others as many rows wait as make the mix
    /// that of the answers; none may where labels are too uneven for that. What waits may come in later.
    pub fn admits(&self, row: &Labelled, key: u128) -> bool {
        if self.young.contains(&row.answer.at_ms.div_euclid(DAY_MS)) {
            return false;
        }
        if !self.is_uneven {
            return true;
        }
        let shares = self.by_class.values().filter_map(Coverage::share);
        let least = shares.fold(f64::INFINITY, f64::min);
        let own = row
            .answer
            .class
            .as_ref()
            .and_then(|class| self.by_class.get(class));
        let own = own.and_then(Coverage::share).unwrap_or(1.0);
        self.has_tenths && (key as u64 as f64 / 2f64.powi(64)) < least / own
    }
}

/// The label of an answer that counts.
pub fn label_of(row: &Labelled) -> Option<String> {
    let stated: Vec<Stated> = row
        .stated
        .iter()
        .map(|(stated, _)| stated.clone())
        .collect();
    match effective(&stated) {
        Effective::Label(label) => Some(label.label.clone()),
        Effective::None | Effective::Conflict(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::answered::Answer;
    use super::*;
    use crate::model_types::{PredictionId, VersionNumber};

    fn cells(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    fn row(at: usize, class: &str, label: Option<&str>) -> Labelled {
        let stated = |label: &str| Stated {
            label: label.to_string(),
            observed_ms: 5,
            source: String::new(),
        };
        Labelled {
            answer: Answer {
                id: PredictionId::new(at.to_string()),
                version: VersionNumber::new(1),
                at_ms: at as i64,
                class: Some(class.to_string()),
                value: at as f64,
            },
            stated: label.map(|label| (stated(label), 6)).into_iter().collect(),
        }
    }

    #[test]
    fn a_row_is_on_one_side_whatever_the_order_of_its_columns() {
        let one = row_key(&cells(json!({"a": 1, "b": "x"})));
        assert_eq!(one, row_key(&cells(json!({"b": "x", "a": 1}))));
        assert_ne!(one, row_key(&cells(json!({"a": 1, "b": "y"}))));
        // A column that is read as another kind puts no row on the other side.
        for (a, b) in [
            (json!(1.0), json!("x")),
            (json!("1"), json!("x")),
            (json!("1.0"), json!("x")),
        ] {
            assert_eq!(one, row_key(&cells(json!({"a": a, "b": b}))));
        }
        let flag = row_key(&cells(json!({"a": true, "b": 1.5})));
        assert_eq!(flag, row_key(&cells(json!({"a": "True", "b": "1.50"}))));
        assert_ne!(one, row_key(&cells(json!({"a": null, "b": "x"}))));
        assert_ne!(one, row_key_before(&cells(json!({"a": "1", "b": "x"}))));
        let keys: Vec<u128> = (0..4000)
            .map(|at| row_key(&cells(json!({"a": at}))))
            .collect();
        let test = |share| keys.iter().filter(|key| is_test_row(**key, share)).count();
        assert_eq!((test(0.0), test(1.0)), (0, 4000));
        // Four standard deviations around 1000.
        assert!((890..=1110).contains(&test(0.25)), "{}", test(0.25));
        let stays = |key: &&u128| !is_test_row(**key, 0.25) || is_test_row(**key, 0.5);
        assert!(keys.iter().all(|key| stays(&key)));
    }

    #[test]
    fn a_class_that_is_labelled_more_often_is_thinned_to_the_mix_of_the_answers() {
        // All of `yes` have labels, a quarter of `no`.
        let label = |at: usize| (at.is_multiple_of(2) || at % 8 == 1).then_some("yes");
        let class = |at: usize| if at.is_multiple_of(2) { "yes" } else { "no" };
        let rows: Vec<Labelled> = (0..2000).map(|at| row(at, class(at), label(at))).collect();
        let found = admission(&rows);
        assert!(found.is_uneven && found.has_tenths);
        let admitted = |class: &str| {
            let rows = rows.iter().enumerate();
            let of_class = rows.filter(|(_, row)| {
                row.answer.class.as_deref() == Some(class) && label_of(row).is_some()
            });
            let key = |at: usize| row_key(&cells(json!({"a": at})));
            of_class
                .filter(|(at, row)| found.admits(row, key(*at)))
                .count()
        };
        assert_eq!(admitted("no"), 250);
        assert!(
            (195..=305).contains(&admitted("yes")),
            "{}",
            admitted("yes")
        );
    }

    #[test]
    fn rows_wait_where_whole_groups_have_no_labels() {
        // Nothing is known of those that were answered `no`.
        let rows: Vec<Labelled> = (0..400)
            .map(|at| {
                if at < 200 {
                    row(at, "no", None)
                } else {
                    row(at, "yes", Some("yes"))
                }
            })
            .collect();
        let found = admission(&rows);
        assert!(found.is_uneven && !found.has_tenths);
        assert!(rows.iter().all(|row| !found.admits(row, 0)));
    }

    #[test]
    fn a_day_that_waits_for_most_of_its_labels_waits_as_a_whole() {
        let day = DAY_MS as usize;
        let old = (0..100).map(|at| row(at, "yes", Some("yes")));
        let new = (0..100).map(|at| row(day + at, "yes", (at < 10).then_some("yes")));
        let rows: Vec<Labelled> = old.chain(new).collect();
        let found = admission(&rows);
        assert!(found.admits(&rows[0], 0) && !found.admits(&rows[100], 0));
    }

    #[test]
    fn labels_that_contradict_one_another_are_none() {
        let mut both = row(1, "yes", Some("yes"));
        assert_eq!(label_of(&both).as_deref(), Some("yes"));
        let mut other = both.stated[0].clone();
        other.0.label = "no".to_string();
        both.stated.push(other);
        assert_eq!(label_of(&both), None);
    }
}
