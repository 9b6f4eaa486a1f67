//! The part of `config.json` that says how several tables become one: what is joined, counted and looked back on for each
//! record of the base table, and what its future is.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Several tables that become one row per record of the base table. Every row is as of its own time: nothing later than that
/// is in it, but for the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Related {
    /// Name of the base table: each of its records becomes a row.
    pub base: String,
    /// Column of the base table that names a record. Never learned from.
    pub key: String,
    /// Column of the base table that names whose record it is (client, device). Never learned from; the data set is split by
    /// it, so that no entity is in both parts.
    #[serde(default)]
    pub entity: Option<String>,
    /// Column of the base table with the time of a record, as of which its row is made. Never learned from.
    #[serde(default)]
    pub time: Option<String>,
    /// The other tables: name → how its records go with those of the base table.
    #[serde(default)]
    pub tables: BTreeMap<String, RelatedTable>,
    /// Columns on the entity's own records up to each row's time. Without it there are none.
    #[serde(default)]
    pub history: Option<History>,
    /// A target out of the entity's later records. Without it, `target` names a column of the flat rows.
    #[serde(default)]
    pub future: Option<Future>,
}

/// How many records of a table go with one of the base table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// At most one: its columns are joined.
    ManyToOne,
    /// Any number: they are counted.
    OneToMany,
}

/// How a table's records go with those of the base table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelatedTable {
    /// Column of the base table by which records are found.
    pub on: String,
    /// Column of this table that equals it. Default: the one of the same name.
    #[serde(default)]
    pub to: Option<String>,
    /// How many records go with one of the base table.
    pub relation: Relation,
    /// Column with the time of a record: only records not later than the row's own time count, and none without a time.
    /// Default: records count whenever they are from.
    #[serde(default)]
    pub time: Option<String>,
    /// `many_to_one`: columns that are joined, as `<table>.<column>`. Default: all but `to` and `time`.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// `many_to_one`: columns of dates that become days before the row's own time, as `<table>.<column>.days`; a later date
    /// counts as missing.
    #[serde(default)]
    pub days_since: Vec<String>,
    /// `one_to_many`: the number of records, as `<table>.count`.
    #[serde(default = "yes")]
    pub count: bool,
    /// `one_to_many`: columns of which the records are counted per category, as `<table>.<column>=<category>`.
    #[serde(default)]
    pub count_by: Vec<String>,
    /// `one_to_many`: columns that say per category whether there is such a record, 1 or 0, as
    /// `<table>.any.<column>=<category>`.
    #[serde(default)]
    pub any: Vec<String>,
    /// `one_to_many` with a `time`: columns whose value in the latest record is joined, as `<table>.last.<column>`.
    #[serde(default)]
    pub last: Vec<String>,
    /// Most categories of one column that are counted: the most frequent ones of the data set. The others count in
    /// `<table>.count` only.
    #[serde(default = "most_categories")]
    pub max_categories: u32,
}

fn yes() -> bool {
    true
}

fn most_categories() -> u32 {
    100
}

impl RelatedTable {
    /// The column of this table by which its records are found.
    pub fn to(&self) -> &str {
        self.to.as_deref().unwrap_or(&self.on)
    }

    /// Columns of which categories are counted or looked for, each once.
    pub fn category_columns(&self) -> BTreeSet<&str> {
        let columns = self.count_by.iter().chain(&self.any);
        columns.map(String::as_str).collect()
    }
}

/// What is looked back on: `history.number`, `history.days_since_last`, `history.burst`, `history.index_in_burst`,
/// `history.total` and `history.count_<weeks>w`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// More than this many days without a record end a burst.
    pub break_days: u32,
    /// Spans of this many weeks, ending with the row's own time, whose records are counted.
    pub weeks: Vec<u32>,
}

impl Default for History {
    fn default() -> Self {
        History {
            break_days: 28,
            weeks: vec![1, 4, 12],
        }
    }
}

/// The target `(events − coefficient × gaps) / weeks`: later records of the entity within the window, less the pauses among
/// them, per whole week of the window. Rows whose window goes beyond the last time in the data are left out of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Future {
    /// Name of the column. It is the target unless `target` names another.
    pub column: String,
    /// Days that are looked ahead.
    pub window_days: u32,
    /// More than this many days from one record to the next are a gap.
    pub break_days: u32,
    /// How many records a gap takes away.
    pub coefficient: f64,
}

impl Default for Future {
    fn default() -> Self {
        Future {
            column: "future.score".to_string(),
            window_days: 365,
            break_days: 28,
            coefficient: 1.0,
        }
    }
}

impl Related {
    /// Tells what is wrong: key below `related`, and reason.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        for (key, name) in [("base", &self.base), ("key", &self.key)] {
            if name.is_empty() {
                say(key, "is empty".to_string());
            }
        }
        for (key, is_there) in [
            ("history", self.history.is_some()),
            ("future", self.future.is_some()),
        ] {
            if is_there && (self.entity.is_none() || self.time.is_none()) {
                say(key, "needs `related.entity` and `related.time`".to_string());
            }
        }
        if let Some(future) = &self.future {
            if future.window_days < 7 {
                say(
                    "future.window_days",
                    format!(
                        "{} is less than 7: the target is per week",
                        future.window_days
                    ),
                );
            }
            if !future.coefficient.is_finite() {
                say("future.coefficient", "is not a number".to_string());
            }
        }
        let weeks = self.history.iter().flat_map(|history| &history.weeks);
        if weeks.into_iter().any(|weeks| *weeks == 0) {
            say(
                "history.weeks",
                "a span of no weeks holds nothing".to_string(),
            );
        }
        for (name, table) in &self.tables {
            let mut at = |key: &str, reason: &str| {
                say(&format!("tables.{name}{key}"), reason.to_string());
            };
            if *name == self.base {
                at("", "is the base table itself");
            }
            if name.is_empty() || name.contains(['/', '\\']) {
                at("", "is not a usable name of a table");
            }
            self.check_table(table, &mut at);
        }
    }

    fn check_table(&self, table: &RelatedTable, say: &mut impl FnMut(&str, &str)) {
        if table.time.is_some() && self.time.is_none() {
            say(".time", "needs `related.time`");
        }
        let one = [
            (".columns", table.columns.is_some()),
            (".days_since", !table.days_since.is_empty()),
        ];
        let many = [
            (".count_by", !table.count_by.is_empty()),
            (".any", !table.any.is_empty()),
            (".last", !table.last.is_empty()),
        ];
        let (foreign, why): (&[(&str, bool)], _) = match table.relation {
            Relation::ManyToOne => (&many, "is for `one_to_many`"),
            Relation::OneToMany => (&one, "is for `many_to_one`"),
        };
        for (key, is_given) in foreign {
            if *is_given {
                say(key, why);
            }
        }
        if !table.last.is_empty() && table.time.is_none() {
            say(".last", "needs the table's `time`");
        }
        if !table.days_since.is_empty() && self.time.is_none() {
            say(".days_since", "needs `related.time`");
        }
        if table.max_categories == 0 {
            say(".max_categories", "0 is less than 1");
        }
    }
}
