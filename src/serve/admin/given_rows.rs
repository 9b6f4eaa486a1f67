//! Rows that came with a request: checked, split into what is learned from and what is judged by, and written where the
//! model reads them.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use crate::artifacts::{self, Artifacts};
use crate::config::ModelConfig;
use crate::model_types::Location;
use crate::pipeline::split_at_random;
use crate::serve::{Code, Problem};

/// Share of the rows that is held back to judge by.
const HELD_BACK: f64 = 0.2;
/// Seed of what is held back: the same rows are split the same way.
const SEED: u64 = 42;
/// What the folder of a model's rows begins with.
const PLACE: &str = "data_";

/// The name of a new folder for a model's rows.
pub fn new_place(id: &str) -> String {
    format!("{PLACE}{id}")
}

/// Rows as lines of JSON.
#[derive(Debug)]
pub struct GivenRows {
    source: String,
    test: String,
}

impl GivenRows {
    /// Checks rows, and splits them where there are none to judge by.
    ///
    /// # Errors
    /// 400 for what are not rows, 413 for too many. No message holds a value of theirs.
    pub fn of(
        data: &Value,
        test_data: Option<&Value>,
        target: Option<&str>,
        most: usize,
    ) -> Result<Self, Problem> {
        let rows = rows_of("data", data, most)?;
        if let Some(test_data) = test_data {
            let test = rows_of("test_data", test_data, most)?;
            has_target(&test, "test_data", target)?;
            has_target(&rows, "data", target)?;
            return Ok(GivenRows {
                source: lines(&rows),
                test: lines(&test),
            });
        }
        has_target(&rows, "data", target)?;
        // A row that is there twice must not be learned from and judged by.
        let mut seen = HashSet::new();
        let rows: Vec<&Value> = rows
            .into_iter()
            .filter(|row| seen.insert(row.to_string()))
            .collect();
        let last = rows[0].as_object().and_then(|row| row.keys().next_back());
        let target = target.or(last.map(String::as_str)).unwrap_or_default();
        let parts = split_at_random(&numbers(&rows), &classes(&rows, target), HELD_BACK, SEED);
        if parts.validation.is_empty() {
            let why = "the `data` has too few rows to hold some back to judge by; give more, or `test_data`";
            return Err(Problem::new(Code::BadRequest, why));
        }
        let part = |numbers: &[u32]| {
            let rows: Vec<&Value> = numbers.iter().map(|at| rows[*at as usize]).collect();
            lines(&rows)
        };
        Ok(GivenRows {
            source: part(&parts.train),
            test: part(&parts.validation),
        })
    }

    /// Writes them where a model reads them; they are durable on return.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub async fn write(self, model: &ModelConfig) -> Result<(), artifacts::Error> {
        for (folder, lines) in [
            (&model.input_folder, self.source),
            (&model.test_folder, self.test),
        ] {
            let folder = Artifacts::open(folder)?;
            folder.put("rows.ndjson", lines.into_bytes()).await?;
        }
        Ok(())
    }
}

fn rows_of<'a>(key: &str, data: &'a Value, most: usize) -> Result<Vec<&'a Value>, Problem> {
    let rows = data.as_array().filter(|rows| !rows.is_empty());
    let rows = rows.filter(|rows| rows.iter().all(Value::is_object));
    let Some(rows) = rows else {
        let why = format!(
            "`{key}` is not a list of rows, like [{{\"age\": 41, \"left\": 1}}, …]; files and folders are not read by request"
        );
        return Err(Problem::new(Code::BadRequest, why));
    };
    if rows.len() > most {
        let why = format!("`{key}` has more than {most} rows (server.limits.rows)");
        return Err(Problem::new(Code::TooLarge, why));
    }
    Ok(rows.iter().collect())
}

fn has_target(rows: &[&Value], key: &str, target: Option<&str>) -> Result<(), Problem> {
    let Some(target) = target else {
        return Ok(());
    };
    if rows.iter().any(|row| row.get(target).is_some()) {
        return Ok(());
    }
    let why = format!("no row of `{key}` has the `target` column");
    Err(Problem::new(Code::BadRequest, why))
}

fn numbers(rows: &[&Value]) -> Vec<u32> {
    (0..rows.len() as u32).collect()
}

/// A number for each row's class.
fn classes(rows: &[&Value], target: &str) -> Vec<u32> {
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    let mut class = |row: &Value| {
        let next = known.len() as u32;
        let label = row.get(target).unwrap_or(&Value::Null).to_string();
        *known.entry(label).or_insert(next)
    };
    rows.iter().map(|row| class(row)).collect()
}

fn lines(rows: &[&Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// Removes the rows of a model that was not recorded. What cannot be removed is only left over.
pub async fn remove(model: &ModelConfig) {
    if let Some((data, name)) = place_of(&model.input_folder) {
        let _ = remove_in(&data, |it| it == name).await;
    }
}

/// Removes a model's earlier rows, but for those of just before: a run may still read them. Names sort by time, so rows that
/// another process is writing now are not among them.
pub async fn remove_earlier(before: &Location) {
    if let Some((data, name)) = place_of(before) {
        let _ = remove_in(&data, |it| it < name.as_str() && it.starts_with(PLACE)).await;
    }
}

/// The place in which the rows of one request are beside those of others, and their name there.
fn place_of(input: &Location) -> Option<(Location, String)> {
    let own = input.parent()?;
    Some((own.parent()?, own.name()?))
}

async fn remove_in(data: &Location, goes: impl Fn(&str) -> bool) -> Result<(), artifacts::Error> {
    let data = Artifacts::look(data)?;
    for name in data.names("").await?.iter().filter(|name| goes(name)) {
        data.remove_folder(name).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_fifth_of_each_class_is_held_back_and_no_row_stands_on_both_sides() {
        let rows: Vec<Value> = (0..100)
            .chain(0..10)
            .map(|at| json!({"x": at, "y": at % 4 == 0}))
            .collect();
        let given = GivenRows::of(&Value::from(rows), None, Some("y"), 1000).expect("rows");
        let [source, test] = [&given.source, &given.test].map(|text| {
            let lines: HashSet<&str> = text.lines().collect();
            assert_eq!(lines.len(), text.lines().count());
            lines
        });
        assert_eq!([source.len(), test.len()], [80, 20]);
        assert!(source.is_disjoint(&test));
        let yes = |line: &&&str| line.contains("true");
        assert_eq!(test.iter().filter(yes).count(), 5);
    }

    #[test]
    fn what_is_no_list_of_rows_is_told_without_its_values() {
        for data in [json!("s3://secret"), json!([]), json!([1]), json!({"a": 1})] {
            let problem = GivenRows::of(&data, None, None, 10).expect_err("no rows");
            assert!(problem.message.contains("not a list of rows"));
            assert!(!problem.message.contains("secret"));
        }
        let rows = json!([{"x": 1}, {"x": 2}, {"x": 3}]);
        let problem = GivenRows::of(&rows, None, Some("y"), 10).expect_err("no target");
        assert_eq!(problem.message, "no row of `data` has the `target` column");
        let problem = GivenRows::of(&rows, None, None, 2).expect_err("too many");
        assert_eq!(problem.code, Code::TooLarge);
        let problem = GivenRows::of(&rows, None, Some("x"), 10).expect_err("too few");
        assert!(problem.message.contains("too few rows"));
    }
}
