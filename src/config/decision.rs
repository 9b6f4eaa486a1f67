//! By what rows are decided on: the policy that chooses a version's threshold, or its classes. Versions change, the policy stays.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the threshold, or with more than two classes the class, is chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecideBy {
    /// The best metric on the validation part; with more than two classes the most probable class.
    #[default]
    Metric,
    /// The smallest cost: `cost`, or `cost_matrix`.
    Cost,
    /// At most a share of the rows is positive, or, of numbers, flagged: `capacity`. For two classes and for numbers.
    Capacity,
    /// A threshold that stays: `threshold`. For two classes.
    Fixed,
}

/// Which predicted numbers are flagged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flags {
    /// The largest.
    #[default]
    Largest,
    /// The smallest.
    Smallest,
}

/// What a mistake costs, for two classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cost {
    /// Of calling a negative row positive.
    pub false_positive: f64,
    /// Of calling a positive row negative.
    pub false_negative: f64,
}

impl Default for Cost {
    fn default() -> Self {
        Cost {
            false_positive: 1.0,
            false_negative: 1.0,
        }
    }
}

/// The policy by which rows are decided on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Decide {
    /// What the threshold, or with more than two classes the class, is chosen by.
    pub by: DecideBy,
    /// `cost`: what a mistake costs, for two classes.
    pub cost: Option<Cost>,
    /// `cost`: true class → predicted class → cost. Being right costs nothing and a mistake that is not named costs 1.
    pub cost_matrix: BTreeMap<String, BTreeMap<String, f64>>,
    /// `capacity`: largest share of the validation rows that is positive, or flagged, from 0 to 1.
    pub capacity: Option<f64>,
    /// `capacity` of numbers: whether the largest or the smallest predictions are flagged. Default: the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Flags>,
    /// `fixed`: P(positive) from which on a row is positive, from 0 to 1.
    pub threshold: Option<f64>,
}

impl Decide {
    /// Tells everything that makes no sense, under its key.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        let given = [
            ("cost", self.cost.is_some(), DecideBy::Cost),
            ("cost_matrix", !self.cost_matrix.is_empty(), DecideBy::Cost),
            ("capacity", self.capacity.is_some(), DecideBy::Capacity),
            ("flags", self.flags.is_some(), DecideBy::Capacity),
            ("threshold", self.threshold.is_some(), DecideBy::Fixed),
        ];
        for (key, is_given, by) in given {
            if is_given && by != self.by {
                say(key, format!("is for `by: {}`", name(by)));
            }
        }
        let needs = match self.by {
            DecideBy::Metric => None,
            DecideBy::Cost if self.cost.is_some() != self.cost_matrix.is_empty() => {
                Some("`cost` needs `cost` (two classes) or `cost_matrix`, and not both")
            }
            DecideBy::Capacity if self.capacity.is_none() => Some("`capacity` needs `capacity`"),
            DecideBy::Fixed if self.threshold.is_none() => Some("`fixed` needs `threshold`"),
            _ => None,
        };
        if let Some(needs) = needs {
            say("by", needs.to_string());
        }
        for (key, value) in [("capacity", self.capacity), ("threshold", self.threshold)] {
            if let Some(value) = value
                && !(0.0..=1.0).contains(&value)
            {
                say(key, format!("{value} is not from 0 to 1"));
            }
        }
        let costs = self.cost.iter().flat_map(|cost| {
            [
                ("cost.false_positive".to_string(), cost.false_positive),
                ("cost.false_negative".to_string(), cost.false_negative),
            ]
        });
        let cells = self.cost_matrix.iter().flat_map(|(truth, row)| {
            let key = move |predicted: &String| format!("cost_matrix.{truth}.{predicted}");
            row.iter()
                .map(move |(predicted, cost)| (key(predicted), *cost))
        });
        for (key, cost) in costs.chain(cells) {
            if let Some(reason) = super::policy::not_at_least_zero(cost) {
                say(&key, reason);
            }
        }
        if self
            .cost
            .is_some_and(|cost| cost.false_positive == 0.0 && cost.false_negative == 0.0)
        {
            say("cost", "no mistake costs anything".to_string());
        }
    }
}

impl Decide {
    /// Why the policy is none for such a target, under its key; `n_classes` is none where a number is predicted.
    pub fn is_not_for(&self, n_classes: Option<usize>) -> Option<(&'static str, String)> {
        match (n_classes, self.by) {
            (None, DecideBy::Capacity) => match self.capacity {
                Some(share) if share <= 0.0 || share >= 1.0 => Some((
                    "capacity",
                    format!(
                        "{share} flags no row or every row; of numbers it is above 0 and below 1"
                    ),
                )),
                _ => None,
            },
            (None, by) => Some((
                "by",
                format!(
                    "`{}` is for classes, and a number is predicted; `capacity` flags a share of numbers",
                    name(by)
                ),
            )),
            (Some(_), DecideBy::Capacity) if self.flags.is_some() => Some((
                "flags",
                "is for numbers, and classes are predicted".to_string(),
            )),
            (Some(_), _) => None,
        }
    }
}

fn name(by: DecideBy) -> &'static str {
    match by {
        DecideBy::Metric => "metric",
        DecideBy::Cost => "cost",
        DecideBy::Capacity => "capacity",
        DecideBy::Fixed => "fixed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(json: &str) -> Vec<String> {
        let decide: Decide = serde_json::from_str(json).expect("the form is right");
        let mut problems = Vec::new();
        decide.check(&mut |key, reason| problems.push(format!("{key}: {reason}")));
        problems
    }

    #[test]
    fn what_fits_together_has_no_problem() {
        for json in [
            "{}",
            r#"{"by": "cost", "cost": {"false_negative": 8}}"#,
            r#"{"by": "cost", "cost_matrix": {"a": {"b": 3, "c": 0.5}}}"#,
            r#"{"by": "capacity", "capacity": 0.1}"#,
            r#"{"by": "capacity", "capacity": 0.1, "flags": "smallest"}"#,
            r#"{"by": "fixed", "threshold": 0}"#,
        ] {
            assert_eq!(problems(json), Vec::<String>::new(), "{json}");
        }
    }

    #[test]
    fn a_policy_is_for_classes_or_for_numbers() {
        let capacity = |share: f64, flags: Option<Flags>| Decide {
            by: DecideBy::Capacity,
            capacity: Some(share),
            flags,
            ..Decide::default()
        };
        let key = |decide: &Decide, n| decide.is_not_for(n).map(|(key, _)| key);
        let tenth = capacity(0.1, None);
        assert_eq!((key(&tenth, None), key(&tenth, Some(2))), (None, None));
        let smallest = capacity(0.1, Some(Flags::Smallest));
        assert_eq!(
            (key(&smallest, None), key(&smallest, Some(2))),
            (None, Some("flags"))
        );
        for share in [0.0, 1.0] {
            assert_eq!(key(&capacity(share, None), None), Some("capacity"));
            assert_eq!(key(&capacity(share, None), Some(2)), None);
        }
        for by in [DecideBy::Metric, DecideBy::Cost, DecideBy::Fixed] {
            let decide = Decide {
                by,
                ..Decide::default()
            };
            assert_eq!(
                (key(&decide, None), key(&decide, Some(2))),
                (Some("by"), None)
            );
        }
    }

    #[test]
    fn every_problem_is_named_under_its_key() {
        let cases = [
            (
                r#"{"by": "cost"}"#,
                "by: `cost` needs `cost` (two classes) or `cost_matrix`, and not both",
            ),
            (r#"{"by": "capacity"}"#, "by: `capacity` needs `capacity`"),
            (r#"{"by": "fixed"}"#, "by: `fixed` needs `threshold`"),
            (r#"{"capacity": 0.1}"#, "capacity: is for `by: capacity`"),
            (r#"{"flags": "largest"}"#, "flags: is for `by: capacity`"),
            (
                r#"{"by": "capacity", "capacity": 10}"#,
                "capacity: 10 is not from 0 to 1",
            ),
            (
                r#"{"by": "fixed", "threshold": -0.5}"#,
                "threshold: -0.5 is not from 0 to 1",
            ),
            (
                r#"{"by": "cost", "cost": {"false_positive": -1}}"#,
                "cost.false_positive: -1 is below 0",
            ),
            (
                r#"{"by": "cost", "cost_matrix": {"a": {"b": -2}}}"#,
                "cost_matrix.a.b: -2 is below 0",
            ),
            (
                r#"{"by": "cost", "cost": {"false_positive": 0, "false_negative": 0}}"#,
                "cost: no mistake costs anything",
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(problems(json), [expected], "{json}");
        }
    }
}
