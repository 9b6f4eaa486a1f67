//! The rows of a boosted model in the engine: their codes, targets and margins as Parquet of their own, and the queries over it.

use std::collections::BTreeSet;

use super::codes::{code, margin, missing, name, said};
use super::packed::Slopes;
use crate::engine::connect::Session;
use crate::engine::error::Error;
use crate::engine::features::Design;
use crate::engine::ingest::put;
use crate::engine::sql;
use crate::engine::sums::features;
use crate::learners::by_histograms::{Asked, Boost, Codes, Coding, Column, FarRows, Sum, Unit};
use crate::text;

/// Leaves of trees that an expression has at most, about, before the margins are written anew.
const MOST_LEAVES: usize = 512;

/// A folder for what lasts as long as a model is learned.
#[derive(Clone, Copy)]
pub struct Scratch<'a> {
    /// As the engine sees it.
    pub path: &'a str,
    /// Removes what is below it, by its name there.
    pub remove: &'a dyn Fn(&str),
}

/// Rows in the engine.
pub(super) struct EngineRows<'a> {
    pub session: &'a Session,
    pub scratch: Scratch<'a>,
    pub coding: &'a Coding,
    pub codes: Codes,
    pub slopes: Slopes,
    /// How many there are.
    pub rows: u64,
    /// Most rounds.
    pub rounds: usize,
    /// Passes over them so far.
    pub passes: u32,
    /// How often margins were written.
    written: u32,
    /// Trees that the written margins are without.
    trees: Vec<Boost>,
    round: usize,
    level: usize,
    per_unit: f64,
}

/// The features of the rows of a relation as codes, with `more` columns.
fn coded(design: &Design, coding: &Coding, relation: &str, more: &[String]) -> String {
    let none = vec![0.0; design.dense.len()];
    let query = features(design, relation, &none, more);
    let numbers = (0..design.dense.len())
        // Trees look at features as 32-bit numbers.
        .map(|at| format!("cast(cast(x{at} AS FLOAT) AS DOUBLE) AS x{at}"));
    let places = (0..design.ones.len()).map(|at| format!("k{at}"));
    let all: Vec<String> = numbers.chain(places).chain(["y".to_string()]).collect();
    let query = format!("SELECT {} FROM ({query})", all.join(", "));
    let codes = coding.columns.iter();
    let mut codes: Vec<String> = codes
        .map(|column| format!("cast({} AS INT) AS {}", code(column), name(column)))
        .collect();
    codes.push("y".to_string());
    format!("SELECT {} FROM ({query})", codes.join(", "))
}

impl<'a> EngineRows<'a> {
    /// Has the codes of the rows of `relation` written; `target` is the expression of `y`, and `first` the margins that every row begins
    /// with. Returns also the columns that have missing numbers.
    pub fn write(
        session: &'a Session,
        scratch: Scratch<'a>,
        (design, coding): (&Design, &'a Coding),
        (relation, target): (&str, &str),
        first: &[f64],
    ) -> Result<(u64, BTreeSet<usize>), Error> {
        let rows = coded(design, coding, relation, &[format!("{target} AS y")]);
        let margins = first.iter().enumerate();
        let margins: Vec<String> = margins
            .map(|(at, &first)| {
                let first = sql::number(f64::from(first as f32));
                format!("cast({first} AS FLOAT) AS m{at}")
            })
            .collect();
        let query = format!("SELECT *, {} FROM ({rows})", margins.join(", "));
        let names = names(coding, first.len());
        let to = format!("{}/0", scratch.path);
        let rows = put(
            session,
            "write the bins of all features",
            &query,
            &names,
            &to,
        )?;
        let numbers = coding.columns.iter().enumerate();
        let numbers: Vec<(usize, usize, String)> = numbers
            .filter_map(|(at, column)| match column {
                Column::Numbers { cuts, .. } => Some((at, missing(cuts), name(column))),
                Column::Ones { .. } => None,
            })
            .collect();
        let mut lacking = BTreeSet::new();
        if !numbers.is_empty() {
            let asked: Vec<String> = numbers
                .iter()
                .map(|(_, _, name)| format!("max({name})"))
                .collect();
            let query = format!("SELECT {} FROM {}", asked.join(", "), sql::parquet(&to));
            let table = session.ask("look for missing numbers", &query)?;
            for (place, (at, missing, _)) in numbers.iter().enumerate() {
                if table.integer(0, place)? == *missing as i64 {
                    lacking.insert(*at);
                }
            }
        }
        Ok((rows, lacking))
    }

    /// The rows that were written, by a coding of the same columns.
    pub fn of(
        session: &'a Session,
        scratch: Scratch<'a>,
        coding: &'a Coding,
        slopes: Slopes,
        (rows, rounds): (u64, usize),
    ) -> Self {
        EngineRows {
            session,
            scratch,
            coding,
            codes: Codes::of(coding),
            slopes,
            rows,
            rounds,
            passes: 0,
            written: 0,
            trees: Vec::new(),
            round: 0,
            level: 0,
            per_unit: 1.0,
        }
    }

    fn folder(&self) -> String {
        format!("{}/{}", self.scratch.path, self.written)
    }

    /// The rows with their margins as they are by now.
    fn now(&self) -> String {
        let mut columns: Vec<String> = self.coding.columns.iter().map(name).collect();
        columns.push("y".to_string());
        columns.extend((0..self.slopes.n_outputs()).map(|output| {
            let own = self.trees.iter().filter(|boost| boost.output == output);
            let margin = margin(&format!("m{output}"), own, self.coding);
            format!("{margin} AS m{output}")
        }));
        let from = sql::parquet(&self.folder());
        format!("SELECT {} FROM {from}", columns.join(", "))
    }

    fn doing(&self) -> String {
        format!(
            "sum over {} in round {} (rounds end at {}), level {}",
            text::counted(self.rows, "row"),
            self.round + 1,
            self.rounds,
            self.level
        )
    }

    /// The sums of the rows of some leaves, `(leaves, n_codes)`.
    fn of_leaves(&mut self, asked: &Asked<'_>) -> Result<Vec<Vec<Sum>>, Error> {
        let node = |at: usize| {
            let place = asked.leaves.iter().position(|&leaf| leaf == at);
            place.map(|place| place.to_string())
        };
        let node = said(asked.nodes, self.coding, 0, &node)
            .ok_or_else(|| Error::Learn("no rows were requested".to_string()))?;
        let rows = format!("SELECT *, {node} AS node FROM ({})", self.now());
        let rows = format!("SELECT * FROM ({rows}) WHERE node IS NOT NULL");
        let rows = self.slopes.of(&rows, asked.output, self.per_unit);
        let columns = self.coding.columns.iter().enumerate();
        let places: Vec<String> = columns
            .map(|(at, column)| {
                let start = self.codes.of_column(at).start;
                format!("{start} + {}", name(column))
            })
            .collect();
        let cells = format!(
            "SELECT node, g, h, explode(array({})) AS code FROM ({rows})",
            places.join(", ")
        );
        let query = format!(
            "SELECT node, code, sum(g) AS g, sum(h) AS h, count(*) AS n FROM ({cells}) GROUP BY node, code"
        );
        let table = self.session.ask(&self.doing(), &query)?;
        self.passes += 1;
        let mut sums = vec![vec![Sum::default(); self.codes.n_codes()]; asked.leaves.len()];
        let mut seen = 0;
        for row in 0..table.rows {
            let (leaf, code) = (table.count(row, 0)? as usize, table.count(row, 1)? as usize);
            let sum = sums.get_mut(leaf).and_then(|sums| sums.get_mut(code));
            let sum = sum.ok_or_else(|| {
                Error::Answer("a sum is of a leaf or bin that there is none of".to_string())
            })?;
            *sum += Sum {
                gradient: table.integer(row, 2)?,
                hessian: table.integer(row, 3)?,
            };
            seen += table.count(row, 4)?;
        }
        // The root has all rows, once in every column.
        let all = self.rows * self.codes.n_columns() as u64;
        if asked.leaves == [0] && seen != all {
            return Err(Error::Answer(format!(
                "{seen} bins were summed of {all}: the rows changed while they were learned from"
            )));
        }
        Ok(sums)
    }
}

/// The columns of the written rows.
fn names(coding: &Coding, n_outputs: usize) -> String {
    let mut names: Vec<String> = coding.columns.iter().map(name).collect();
    names.push("y".to_string());
    names.extend((0..n_outputs).map(|at| format!("m{at}")));
    names.join(", ")
}

impl FarRows for EngineRows<'_> {
    type Error = Error;

    fn begin(&mut self, round: usize) -> Result<Unit, Error> {
        (self.round, self.level) = (round, 0);
        let largest = match &self.slopes {
            Slopes::Classes { unit, .. } => return Ok(*unit),
            Slopes::Numbers { centre, scale } => Slopes::largest(*centre, *scale),
        };
        let query = format!("SELECT {largest} FROM ({})", self.now());
        let table = self.session.ask(&self.doing(), &query)?;
        self.passes += 1;
        let (unit, per_unit) = Unit::of_numbers(table.number(0, 0)?);
        self.per_unit = per_unit;
        Ok(unit)
    }

    fn sums(&mut self, asked: &[Asked<'_>]) -> Result<Vec<Vec<Vec<Sum>>>, Error> {
        self.level += 1;
        asked.iter().map(|asked| self.of_leaves(asked)).collect()
    }

    fn add(&mut self, trees: &[Boost]) -> Result<(), Error> {
        self.trees.extend_from_slice(trees);
        let leaves: usize = self.trees.iter().map(|it| it.tree.leaves.len()).sum();
        if leaves < MOST_LEAVES || self.round + 1 == self.rounds {
            return Ok(());
        }
        let names = names(self.coding, self.slopes.n_outputs());
        let doing = format!("write the margins after round {}", self.round + 1);
        let (query, old) = (self.now(), self.written);
        let to = format!("{}/{}", self.scratch.path, old + 1);
        let rows = put(self.session, &doing, &query, &names, &to)?;
        if rows != self.rows {
            return Err(Error::Unverified {
                path: to,
                written: rows,
                expected: self.rows,
                more: "",
            });
        }
        (self.written, self.trees) = (old + 1, Vec::new());
        (self.scratch.remove)(&old.to_string());
        Ok(())
    }
}
