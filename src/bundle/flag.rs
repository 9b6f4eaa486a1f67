//! Which predicted numbers are flagged: a version's part of the policy that refers a share of the rows.

use serde::{Deserialize, Serialize};

use crate::config::decision::Flags;

/// From which predicted number on a row is flagged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    /// The first number that is flagged.
    pub from: f64,
    /// On which side of it the others are.
    pub side: Flags,
    /// The largest share of the rows that it was chosen on which it flags, 0 to 1.
    pub share: f64,
}

impl Flag {
    /// The one that flags as many rows as it can without flagging more than a share of them: rows with the same number are flagged
    /// together or not at all. It lies midway to the next number that is not flagged, just beyond all numbers where no row can be
    /// flagged, and at the last of them where every row is. `None` without rows, for what is no share, and where a number is not
    /// finite.
    pub fn choose(numbers: &[f64], share: f64, side: Flags) -> Option<Flag> {
        let is_finite = numbers.iter().all(|number| number.is_finite());
        if numbers.is_empty() || !is_finite || !(0.0..=1.0).contains(&share) {
            return None;
        }
        // The smallest are the largest of what has the other sign.
        let sign = sign(side);
        let mut sorted: Vec<f64> = numbers.iter().map(|number| sign * number).collect();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        // A share of 0.1 of 30 rows is 3 rows, also when the product is a bit less.
        let most = (share * sorted.len() as f64 + 1e-9).floor() as usize;
        let (mut flagged, mut last) = (0, None);
        for tied in sorted.chunk_by(|a, b| a == b) {
            if flagged + tied.len() > most {
                let from = match last {
                    Some(last) => midway(last, tied[0]),
                    None => tied[0].next_up(),
                };
                return Some(Flag::at(sign * from, side, share));
            }
            flagged += tied.len();
            last = Some(tied[0]);
        }
        last.map(|last| Flag::at(sign * last, side, share))
    }

    fn at(from: f64, side: Flags, share: f64) -> Flag {
        Flag { from, side, share }
    }

    /// Whether a row with this prediction is flagged; one without a number never is.
    pub fn flags(&self, prediction: f64) -> bool {
        match self.side {
            Flags::Largest => prediction >= self.from,
            Flags::Smallest => prediction <= self.from,
        }
    }

    /// Whether it can be one.
    pub fn is_sound(&self) -> bool {
        self.from.is_finite() && (0.0..=1.0).contains(&self.share)
    }

    /// Which predictions are flagged, in words.
    pub fn says(&self) -> String {
        let side = match self.side {
            Flags::Largest => "at least",
            Flags::Smallest => "at most",
        };
        format!("{side} {}", self.from)
    }
}

fn sign(side: Flags) -> f64 {
    match side {
        Flags::Largest => 1.0,
        Flags::Smallest => -1.0,
    }
}

/// A number above `below` and at most `above`, in the middle where there is one.
fn midway(above: f64, below: f64) -> f64 {
    let middle = below / 2.0 + above / 2.0;
    if middle > below && middle <= above {
        middle
    } else {
        above
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flagged(numbers: &[f64], flag: &Flag) -> usize {
        numbers.iter().filter(|number| flag.flags(**number)).count()
    }

    #[test]
    fn as_many_are_flagged_as_may_be_and_equals_together() {
        let ten: Vec<f64> = (0..10).map(f64::from).collect();
        // (numbers, share, side, from, how many)
        let cases = [
            (ten.clone(), 0.1, Flags::Largest, 8.5, 1),
            (ten.clone(), 0.2, Flags::Largest, 7.5, 2),
            (ten.clone(), 0.1, Flags::Smallest, 0.5, 1),
            (ten.clone(), 0.05, Flags::Largest, 9.0_f64.next_up(), 0),
            (ten.clone(), 0.05, Flags::Smallest, 0.0_f64.next_down(), 0),
            (ten.clone(), 1.0, Flags::Largest, 0.0, 10),
            (ten.clone(), 1.0, Flags::Smallest, 9.0, 10),
            (
                vec![5.0, 5.0, 1.0, 0.0],
                0.25,
                Flags::Largest,
                5.0_f64.next_up(),
                0,
            ),
            (vec![5.0, 5.0, 1.0, 0.0], 0.5, Flags::Largest, 3.0, 2),
            (vec![2.0; 4], 0.5, Flags::Smallest, 2.0_f64.next_down(), 0),
            (vec![-1e308, 1e308], 0.5, Flags::Largest, 0.0, 1),
            (
                vec![1.0, 1.0_f64.next_up()],
                0.5,
                Flags::Largest,
                1.0_f64.next_up(),
                1,
            ),
        ];
        for (numbers, share, side, from, n) in cases {
            let flag = Flag::choose(&numbers, share, side).expect("can be chosen");
            assert_eq!(flag.from, from, "{numbers:?} {share} {side:?}");
            assert_eq!(flagged(&numbers, &flag), n, "{numbers:?} {share} {side:?}");
            assert!(flag.is_sound());
        }
        // A share of 0.1 of 30 rows is 3 rows.
        let thirty: Vec<f64> = (0..30).map(f64::from).collect();
        let flag = Flag::choose(&thirty, 0.1, Flags::Largest).expect("can be chosen");
        assert_eq!(flagged(&thirty, &flag), 3);
    }

    #[test]
    fn what_cannot_be_ranked_chooses_none() {
        assert_eq!(Flag::choose(&[], 0.1, Flags::Largest), None);
        assert_eq!(Flag::choose(&[1.0, f64::NAN], 0.1, Flags::Largest), None);
        assert_eq!(
            Flag::choose(&[1.0, f64::INFINITY], 0.1, Flags::Largest),
            None
        );
        assert_eq!(Flag::choose(&[1.0], 1.1, Flags::Largest), None);
        let flag = Flag::choose(&[1.0, 2.0], 0.5, Flags::Largest).expect("can be chosen");
        assert!(!flag.flags(f64::NAN));
    }

    proptest! {
        #[test]
        fn no_more_than_the_share_is_flagged_and_one_more_group_would_be_too_many(
            numbers in proptest::collection::vec(-20i32..20, 1..60),
            share in 0.0f64..1.0,
            is_largest in any::<bool>(),
        ) {
            let numbers: Vec<f64> = numbers.into_iter().map(|n| f64::from(n) / 4.0).collect();
            let side = if is_largest { Flags::Largest } else { Flags::Smallest };
            let flag = Flag::choose(&numbers, share, side).expect("can be chosen");
            let n = flagged(&numbers, &flag);
            let most = (share * numbers.len() as f64 + 1e-9).floor() as usize;
            prop_assert!(n <= most);
            let others = numbers.iter().filter(|number| !flag.flags(**number)).map(|number| sign(side) * number);
            if let Some(next) = others.max_by(f64::total_cmp) {
                let tied = numbers.iter().filter(|number| sign(side) * **number == next).count();
                prop_assert!(n + tied > most, "{n} and {tied} more are within {most}");
            }
        }
    }
}
