//! What the training tables teach, kept with the version: which columns are joined, which categories are counted, and of what
//! kind the columns are by which records are found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Related;
use crate::data::{Kind, NumberForm, Schema, TimeForm};

/// The settings and what the training tables taught. Plain data; a version carries its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelatedPlan {
    /// The settings.
    pub settings: Related,
    /// What each table is like, the base table included.
    pub tables: BTreeMap<String, TablePlan>,
    /// How times in all of them are read, as far as the settings say.
    #[serde(default, skip_serializing_if = "TimeForm::is_usual")]
    pub form: TimeForm,
}

/// What a table of the training data is like.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TablePlan {
    /// Columns that become columns of the flat rows, with their kinds, in the table's order.
    pub columns: Schema,
    /// Kinds of the columns by which records are found or counted.
    pub kinds: BTreeMap<String, Kind>,
    /// Column → its categories that are counted, in the order of their columns in the flat rows.
    pub categories: BTreeMap<String, Vec<String>>,
    /// How the numbers of its columns are written, where they are not plain.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reading: BTreeMap<String, NumberForm>,
}

impl RelatedPlan {
    /// The plan of a table; an empty one for a table that is none of the plan.
    pub(super) fn table(&self, name: &str) -> &TablePlan {
        static NONE: TablePlan = TablePlan {
            columns: Schema {
                columns: Vec::new(),
            },
            kinds: BTreeMap::new(),
            categories: BTreeMap::new(),
            reading: BTreeMap::new(),
        };
        self.tables.get(name).unwrap_or(&NONE)
    }

    /// The kinds in which a table's files are to be read, so that cells are what they were in training.
    pub fn kinds_of(&self, table: &str) -> BTreeMap<String, Kind> {
        let plan = self.table(table);
        let columns = plan.columns.columns.iter();
        let columns = columns.map(|column| (column.name.clone(), column.kind));
        plan.kinds.clone().into_iter().chain(columns).collect()
    }

    /// How the numbers of a table's columns were written in training, so that those of another file are read alike.
    pub fn reading_of(&self, table: &str) -> BTreeMap<String, NumberForm> {
        self.table(table).reading.clone()
    }

    /// The same columns, but with the rows and the target that another plan has: so that two versions are scored on the same
    /// rows.
    pub fn with_rows_of(&self, other: &RelatedPlan) -> RelatedPlan {
        let mut plan = self.clone();
        plan.settings.future = other.settings.future.clone();
        plan
    }
}
