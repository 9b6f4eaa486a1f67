//! Trees grown level by level out of sums over rows that are somewhere else are those of this machine, bit for bit.

use super::{Made, each_goal, settings};
use crate::learners::boosted::bins::Bins;
use crate::learners::boosted::coding::Coding;
use crate::learners::boosted::far::{Asked, Boosting, FarRows, boost_far};
use crate::learners::boosted::loss::Goal;
use crate::learners::boosted::margins::Margins;
use crate::learners::boosted::packed::{Packing, Sum};
use crate::learners::boosted::rounds::Boost;
use crate::learners::boosted::units::Unit;
use crate::learners::learned::Error;

/// Rows of this machine that are summed one by one.
struct OneByOne<'a> {
    bins: &'a Bins,
    coding: &'a Coding,
    goal: Goal<'a>,
    margins: Vec<Margins>,
    packed: Vec<Vec<u32>>,
    /// Levels of each round.
    levels: Vec<usize>,
    /// Whether rows are lost after the first level.
    is_losing: bool,
}

impl OneByOne<'_> {
    /// The first of some nodes that a row comes by.
    fn node(&self, asked: &Asked<'_>, row: usize) -> Option<usize> {
        let mut at = 0;
        loop {
            if let Some(place) = asked.leaves.iter().position(|&leaf| leaf == at) {
                return Some(place);
            }
            let split = asked.nodes[at].split.as_ref()?;
            let byte = self.bins.byte(self.coding.places[split.column].byte)[row];
            let goes_left = split.goes_left(self.coding)[byte as usize];
            at = asked.nodes[at].left + usize::from(!goes_left);
        }
    }

    fn sum(&self, output: usize, row: usize) -> Sum {
        let (packing, packed) = (self.goal.packing(), self.packed[output][row]);
        packing.sum(match packing {
            Packing::Halves => Packing::halves(packed),
            Packing::Counted => Packing::counted(packed),
        })
    }
}

impl FarRows for OneByOne<'_> {
    type Error = Error;

    fn begin(&mut self, round: usize) -> Result<Unit, Error> {
        assert_eq!(self.levels.len(), round);
        self.levels.push(0);
        Ok(self.goal.gradients(&self.margins, &mut self.packed))
    }

    fn sums(&mut self, asked: &[Asked<'_>]) -> Result<Vec<Vec<Vec<Sum>>>, Error> {
        let round = self.levels.len() - 1;
        self.levels[round] += 1;
        let codes = self.bins.codes();
        let is_losing = self.is_losing && self.levels[round] > 1;
        let of = |asked: &Asked<'_>| {
            let mut sums = vec![vec![Sum::default(); codes.n_codes()]; asked.leaves.len()];
            for row in 0..self.bins.n_rows() {
                if is_losing && row % 7 == 3 {
                    continue;
                }
                let Some(leaf) = self.node(asked, row) else {
                    continue;
                };
                for (column, place) in self.coding.places.iter().enumerate() {
                    let byte = self.bins.byte(place.byte)[row] as usize;
                    let code = codes.of_column(column).start + byte / place.divisor % place.n_codes;
                    sums[leaf][code] += self.sum(asked.output, row);
                }
            }
            sums
        };
        Ok(asked.iter().map(of).collect())
    }

    fn add(&mut self, trees: &[Boost]) -> Result<(), Error> {
        let bytes: Vec<Vec<u8>> = (0..self.coding.n_bytes)
            .map(|at| self.bins.byte(at).to_vec())
            .collect();
        for boost in trees {
            let ways = boost.tree.ways(self.coding);
            for row in 0..self.bins.n_rows() {
                let leaf = boost.tree.leaf(&ways, &bytes, row);
                self.margins[boost.output].add(row, boost.values[leaf]);
            }
        }
        Ok(())
    }
}

fn one_by_one<'a>(bins: &'a Bins, coding: &'a Coding, goal: Goal<'a>) -> OneByOne<'a> {
    let first = goal.first_margins();
    OneByOne {
        bins,
        coding,
        goal,
        margins: first
            .iter()
            .map(|&first| Margins::new(bins.n_rows(), first as f32))
            .collect(),
        packed: vec![vec![0; bins.n_rows()]; goal.n_outputs()],
        levels: Vec::new(),
        is_losing: false,
    }
}

#[test]
fn level_by_level_the_trees_are_those_of_best_first_growth() {
    let made = Made::new(4000, 5, 9);
    each_goal(&made, 6, |target, form, coding, bins, boosted| {
        let goal = form.goal(target);
        let mut rows = one_by_one(bins, coding, goal);
        let settings = settings(6);
        let boosting = Boosting {
            coding,
            first: goal.first_margins(),
            held: None,
            settings: &settings,
        };
        let found = boost_far(boosting, &mut rows).expect("the sums fit");
        assert!(found == *boosted, "{target:?}");
        // One question per level, of which there are five.
        assert_eq!(rows.levels, [5; 6], "{target:?}");
    });
}

#[test]
fn rows_that_are_lost_on_the_way_are_found_out() {
    let made = Made::new(900, 3, 4);
    each_goal(&made, 1, |target, form, coding, bins, _| {
        let goal = form.goal(target);
        let mut rows = one_by_one(bins, coding, goal);
        rows.is_losing = true;
        let settings = settings(3);
        let boosting = Boosting {
            coding,
            first: goal.first_margins(),
            held: None,
            settings: &settings,
        };
        let found = boost_far(boosting, &mut rows);
        let why = found.expect_err("rows are missing").to_string();
        assert!(why.contains("are not those of all rows"), "{why}");
    });
}
