//! A column of numbers on its way through a graph, step by step in the precision of each, and where it passes a threshold.

/// A function of a column of numbers: steps that keep the order of numbers or turn it round.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// The input, by its place.
    pub column: usize,
    /// The steps.
    pub steps: Vec<Step>,
    /// What comes of a missing number; `None` is NaN.
    pub missing: Option<f64>,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// What is done.
    pub what: What,
    /// Whether the result is rounded to 32 bits.
    pub single: bool,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// Nothing; the rounding of the step is what it is there for.
    Keep,
    /// Adds.
    Add(f64),
    /// Takes off.
    Subtract(f64),
    /// Multiplies.
    Multiply(f64),
    /// Divides.
    Divide(f64),
    /// Not less than this.
    Least(f64),
    /// Not more than this.
    Most(f64),
}

/// On which side of a threshold rows go by their number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Side {
    /// All of them.
    All,
    /// None.
    None,
    /// Those up to this one, and this one.
    UpTo(f64),
    /// Those above this one.
    Above(f64),
}

/// Further than any 32-bit number from 0 nothing is looked for.
const FAR: f64 = f32::MAX as f64;

impl Step {
    /// What it makes of a number.
    pub fn of(self, x: f64) -> f64 {
        let y = match self.what {
            What::Keep => x,
            What::Add(by) => x + by,
            What::Subtract(by) => x - by,
            What::Multiply(by) => x * by,
            What::Divide(by) => x / by,
            What::Least(least) => x.max(least),
            What::Most(most) => x.min(most),
        };
        // Sum, product and quotient of 32-bit numbers in 64 bits, rounded to 32, are what 32-bit arithmetic gives.
        if self.single { f64::from(y as f32) } else { y }
    }
}

impl Number {
    /// The number after all steps.
    pub fn of(&self, x: f64) -> f64 {
        self.steps.iter().fold(x, |x, step| step.of(x))
    }

    /// The same with one step more.
    pub fn then(&self, what: What, single: bool) -> Number {
        let step = Step { what, single };
        let mut steps = self.steps.clone();
        // Rounding twice is rounding once.
        if !(what == What::Keep && (!single || steps.last().is_some_and(|last| last.single))) {
            steps.push(step);
        }
        Number {
            column: self.column,
            steps,
            missing: self.missing.map(|missing| step.of(missing)),
        }
    }

    /// Whether it is 1 where the number is missing, else 0.
    pub fn is_flag(&self) -> bool {
        self.missing == Some(1.0) && self.is_nothing()
    }

    /// Whether every number comes to 0.
    fn is_nothing(&self) -> bool {
        self.steps
            .last()
            .is_some_and(|last| last.what == What::Multiply(0.0))
    }

    /// 1 where the number is missing, else 0; `None` where what is missing was filled in before.
    pub fn flag(&self) -> Option<Number> {
        let mut flag = self.then(What::Multiply(0.0), false);
        flag.missing = Some(1.0);
        self.missing.is_none().then_some(flag)
    }

    /// `(centre, slope)` of `(x - centre) · slope`, but for rounding; `None` where it is cut off on the way.
    pub fn line(&self) -> Option<(f64, f64)> {
        let (mut centre, mut slope) = (0.0, 1.0);
        for step in &self.steps {
            match step.what {
                What::Keep => {}
                What::Add(by) if slope != 0.0 => centre -= by / slope,
                What::Subtract(by) if slope != 0.0 => centre += by / slope,
                What::Multiply(by) => slope *= by,
                What::Divide(by) => slope /= by,
                // Bounds that no scaled number reaches.
                What::Least(least) if least <= -1e30 => {}
                What::Most(most) if most >= 1e30 => {}
                _ => return None,
            }
        }
        (f64::is_finite(centre) && f64::is_finite(slope)).then_some((centre, slope))
    }

    /// Which numbers are on the side that `is_there` says of what comes out of the steps. `is_there` must hold for all up to some
    /// number, or for all above it.
    pub fn side(&self, is_there: impl Fn(f64) -> bool) -> Side {
        let there = |x: f64| is_there(self.of(x));
        let (first, last) = (there(-FAR), there(FAR));
        match (first, last) {
            (true, true) => return Side::All,
            (false, false) => return Side::None,
            _ => {}
        }
        // The last number that is on the side of the smallest, by halving the numbers between, in their order.
        let (mut low, mut high) = (rank(-FAR), rank(FAR));
        while low + 1 < high {
            let middle = (low >> 1) + (high >> 1) + (low & high & 1);
            if there(number(middle)) == first {
                low = middle;
            } else {
                high = middle;
            }
        }
        if first {
            Side::UpTo(number(low))
        } else {
            Side::Above(number(low))
        }
    }
}

/// The place of a number among all, in their order.
fn rank(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    if bits < 0 {
        i64::MIN.wrapping_sub(bits).wrapping_sub(1)
    } else {
        bits
    }
}

/// The number at a place.
fn number(rank: i64) -> f64 {
    let bits = if rank < 0 {
        i64::MIN.wrapping_sub(rank).wrapping_sub(1)
    } else {
        rank
    };
    f64::from_bits(bits as u64)
}

/// The 32-bit threshold `t` with `x < t` for the numbers up to `last`, as they are rounded to 32 bits, and whether it parts
/// all 64-bit numbers as `last` does.
pub fn threshold(last: f64) -> (f32, bool) {
    let rounded = last as f32;
    let next = last.next_up() as f32;
    if rounded < next {
        return (next.min(f32::MAX), true);
    }
    // `last` is inside the numbers that one 32-bit number stands for: they all go where that one goes.
    if f64::from(rounded) <= last {
        (rounded.next_up().min(f32::MAX), false)
    } else {
        (rounded, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(steps: &[(What, bool)]) -> Number {
        let start = Number {
            column: 0,
            steps: Vec::new(),
            missing: None,
        };
        let mut steps = steps.iter();
        steps
            .try_fold(start, |it, &(what, single)| Some(it.then(what, single)))
            .expect("a number")
    }

    #[test]
    fn ranks_are_in_the_order_of_numbers() {
        let all = [-FAR, -2.5, -1e-300, -0.0, 0.0, 1e-300, 1.0, 2.5, FAR];
        for pair in all.windows(2) {
            assert!(rank(pair[0]) < rank(pair[1]), "{pair:?}");
        }
        for x in all {
            assert_eq!(super::number(rank(x)).to_bits(), x.to_bits());
        }
    }

    #[test]
    fn a_threshold_on_scaled_numbers_is_one_on_the_numbers() {
        // As StandardScaler in 32 bits: the threshold parts 32-bit numbers exactly as the scaled ones are parted.
        let (mean, scale) = (64.7617_f32, 0.033_198_f32);
        let scaled = number(&[
            (What::Keep, true),
            (What::Subtract(mean.into()), true),
            (What::Multiply(scale.into()), true),
        ]);
        for limit in [-1.5_f32, -0.123, 0.0, 0.777, 2.25] {
            let Side::UpTo(last) = scaled.side(|y| y <= f64::from(limit)) else {
                panic!("{limit}");
            };
            let (threshold, is_exact) = threshold(last);
            assert!(is_exact, "{limit}");
            let mut x = threshold;
            for _ in 0..50 {
                x = x.next_down();
            }
            for _ in 0..100 {
                let y = (x - mean) * scale;
                assert_eq!(x < threshold, y <= limit, "{x} {limit}");
                x = x.next_up();
            }
        }
    }

    #[test]
    fn a_factor_below_zero_turns_the_sides_round() {
        let turned = number(&[(What::Multiply(-2.0), false)]);
        assert_eq!(turned.side(|y| y < 4.0), Side::Above(-2.0));
        assert_eq!(turned.line(), Some((0.0, -2.0)));
        let flat = number(&[(What::Multiply(0.0), false)]);
        assert_eq!(flat.side(|y| y <= 0.5), Side::All);
        assert_eq!(flat.side(|y| y > 0.5), Side::None);
    }

    #[test]
    fn a_64_bit_threshold_inside_a_32_bit_number_is_told() {
        assert_eq!(threshold(0.5), (0.5_f32.next_up(), false));
        assert!(!threshold(0.1).1);
        // scikit-learn's converter puts 64-bit thresholds where the rounding changes.
        let switch = f64::midpoint(0.1_f32.into(), 0.1_f32.next_up().into());
        let (found, is_exact) = threshold(switch);
        assert!(is_exact || threshold(switch.next_down()).1, "{found}");
    }

    #[test]
    fn cut_off_numbers_are_no_line() {
        assert_eq!(number(&[(What::Least(0.0), true)]).line(), None);
        let scaled = number(&[(What::Subtract(3.0), true), (What::Divide(2.0), true)]);
        assert_eq!(scaled.line(), Some((3.0, 0.5)));
    }
}
