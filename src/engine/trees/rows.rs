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

/// Most sums that one query may answer with, which is bins of all features times half the leaves of a tree, times trees.
pub(super) const MOST_CELLS: usize = 4_000_000;
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

    /// The sums of the rows of some leaves of each of some trees, `(trees, leaves, n_codes)`, by one query.
    fn of_leaves(&mut self, asked: &[Asked<'_>]) -> Result<Vec<Vec<Vec<Sum>>>, Error> {
        let query = self.summing(asked)?;
        let table = self.session.ask(&self.doing(), &query)?;
        self.passes += 1;
        let none = vec![Sum::default(); self.codes.n_codes()];
        let mut sums: Vec<Vec<Vec<Sum>>> = asked
            .iter()
            .map(|asked| vec![none.clone(); asked.leaves.len()])
            .collect();
        let mut seen = vec![0; asked.len()];
        for row in 0..table.rows {
            let place = |at: usize| table.count(row, at).map(|it| it as usize);
            let (tree, leaf, code) = (place(0)?, place(1)?, place(2)?);
            let sum = sums.get_mut(tree).and_then(|leaves| leaves.get_mut(leaf));
            let sum = sum.and_then(|sums| sums.get_mut(code));
            let sum = sum.ok_or_else(|| {
                Error::Answer("a sum is of a leaf or bin that there is none of".to_string())
            })?;
            *sum += Sum {
                gradient: table.integer(row, 3)?,
                hessian: table.integer(row, 4)?,
            };
            seen[tree] += table.count(row, 5)?;
        }
        // The root has all rows, once in every column.
        let all = self.rows * self.codes.n_columns() as u64;
        for (asked, seen) in asked.iter().zip(seen) {
            if asked.leaves == [0] && seen != all {
                return Err(Error::Answer(format!(
                    "{seen} bins were summed of {all}: the rows changed while they were learned from"
                )));
            }
        }
        Ok(sums)
    }

    /// The query for such sums: a row of tree, leaf, code, both sums and a count for each of them that has rows.
    fn summing(&self, asked: &[Asked<'_>]) -> Result<String, Error> {
        let mut nodes = Vec::with_capacity(asked.len());
        for asked in asked {
            let node = |at: usize| {
                let place = asked.leaves.iter().position(|&leaf| leaf == at);
                place.map(|place| place.to_string())
            };
            let node = said(asked.nodes, self.coding, 0, &node);
            nodes.push(node.ok_or_else(|| Error::Learn("no rows were requested".to_string()))?);
        }
        let each = |written: &dyn Fn(usize) -> String, joint: &str| {
            let all: Vec<String> = (0..asked.len()).map(written).collect();
            all.join(joint)
        };
        let is_in = each(&|tree| format!("node{tree} IS NOT NULL"), " OR ");
        let nodes = each(&|tree| format!("{} AS node{tree}", nodes[tree]), ", ");
        let rows = format!("SELECT *, {nodes} FROM ({})", self.now());
        let rows = format!("SELECT * FROM ({rows}) WHERE {is_in}");
        let outputs: Vec<usize> = asked.iter().map(|asked| asked.output).collect();
        let rows = self.slopes.of(&rows, &outputs, self.per_unit);
        let columns: Vec<String> = self.coding.columns.iter().map(name).collect();
        let rows = match &outputs[..] {
            [output] => {
                format!(
                    "SELECT *, 0 AS tree, node0 AS node, gradient{output} AS g, hessian{output} AS h FROM ({rows})"
                )
            }
            // A row counts once for each tree in which it is in one of the leaves.
            outputs => {
                let own = |tree: usize| {
                    let output = outputs[tree];
                    format!(
                        "named_struct('tree', {tree}, 'node', node{tree}, 'g', gradient{output}, 'h', hessian{output})"
                    )
                };
                let columns = columns.join(", ");
                let rows = format!(
                    "SELECT {columns}, explode(array({})) AS own FROM ({rows})",
                    each(&own, ", ")
                );
                format!(
                    "SELECT {columns}, own.tree AS tree, own.node AS node, own.g AS g, own.h AS h FROM ({rows}) WHERE own.node IS NOT NULL"
                )
            }
        };
        let places = columns.iter().enumerate();
        let places: Vec<String> = places
            .map(|(at, name)| format!("{} + {name}", self.codes.of_column(at).start))
            .collect();
        let cells = format!(
            "SELECT tree, node, g, h, explode(array({})) AS code FROM ({rows})",
            places.join(", ")
        );
        Ok(format!(
            "SELECT tree, node, code, sum(g) AS g, sum(h) AS h, count(*) AS n FROM ({cells}) GROUP BY tree, node, code"
        ))
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
        let cells = |asked: &Asked<'_>| self.codes.n_codes().saturating_mul(asked.leaves.len());
        let (mut parts, mut sum) = (vec![0], 0);
        for (at, asked) in asked.iter().enumerate() {
            sum += cells(asked);
            if sum > MOST_CELLS && at > 0 {
                parts.push(at);
                sum = cells(asked);
            }
        }
        parts.push(asked.len());
        let mut sums = Vec::with_capacity(asked.len());
        for part in parts.windows(2) {
            sums.extend(self.of_leaves(&asked[part[0]..part[1]])?);
        }
        Ok(sums)
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
