//! What a set of rows sums up to, and how well two sides of a split are told apart by it.

/// What trees are grown towards. Two classes are numbers 0 and 1: their variance is half their Gini impurity.
pub enum Goal {
    /// A number per row.
    Numbers(Vec<f64>),
    /// A class per row, and how many classes there are.
    Classes(Vec<u32>, usize),
}

impl Goal {
    /// Sums kept per side.
    pub fn width(&self) -> usize {
        match self {
            Goal::Numbers(_) => 1,
            Goal::Classes(_, n_classes) => *n_classes,
        }
    }
}

/// Sums over some rows of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    /// Rows, whatever they weigh.
    pub rows: usize,
    /// Their weight.
    pub weight: f64,
    /// Weight × number, or the weight per class.
    pub of: Vec<f64>,
}

impl Sums {
    /// Of no rows.
    pub fn zero(width: usize) -> Self {
        Sums {
            rows: 0,
            weight: 0.0,
            of: vec![0.0; width],
        }
    }

    /// Of these rows and others together.
    pub fn with(&self, other: &Sums) -> Sums {
        self.combined(other, 1.0, self.rows + other.rows)
    }

    /// Of these rows without some of them.
    pub fn without(&self, other: &Sums) -> Sums {
        self.combined(other, -1.0, self.rows - other.rows)
    }

    fn combined(&self, other: &Sums, sign: f64, rows: usize) -> Sums {
        let of = self.of.iter().zip(&other.of);
        Sums {
            rows,
            weight: self.weight + sign * other.weight,
            of: of.map(|(a, b)| a + sign * b).collect(),
        }
    }

    /// `Σ s² / weight`. Of two ways to split a node, the one whose sides add up to more leaves less impurity (Gini of
    /// classes, variance of numbers), since the rest of the impurity is the same for both.
    pub fn score(&self) -> f64 {
        score(self.of.iter().map(|sum| sum * sum).sum(), self.weight)
    }
}

/// `squares / weight`, 0 of nothing.
#[inline]
pub fn score(squares: f64, weight: f64) -> f64 {
    if weight > 0.0 { squares / weight } else { 0.0 }
}

/// The rows of one node, copied together so that loops over them run through memory in order.
#[derive(Default)]
pub struct Gathered {
    /// Weight of each row.
    pub weight: Vec<f64>,
    /// Weight × number of each row; empty for classes.
    pub number: Vec<f64>,
    /// Class of each row; empty for numbers.
    pub class: Vec<u32>,
    /// One feature of each row.
    pub value: Vec<f32>,
    /// Whether all rows have the same target.
    pub is_pure: bool,
}

impl Gathered {
    /// Copies targets and weights of `rows` and sums them up. `weight` is per row of the data, or empty when each is 1.
    pub fn targets(&mut self, goal: &Goal, weight: &[f64], rows: &[u32]) -> Sums {
        self.weight.clear();
        if weight.is_empty() {
            self.weight.resize(rows.len(), 1.0);
        } else {
            self.weight
                .extend(rows.iter().map(|&row| weight[row as usize]));
        }
        let mut sums = Sums::zero(goal.width());
        sums.rows = rows.len();
        sums.weight = self.weight.iter().sum();
        self.is_pure = true;
        match goal {
            Goal::Numbers(numbers) => {
                self.number.clear();
                let first = rows.first().map_or(0.0, |&row| numbers[row as usize]);
                for (&row, weight) in rows.iter().zip(&self.weight) {
                    let number = numbers[row as usize];
                    self.is_pure &= number == first;
                    self.number.push(weight * number);
                    sums.of[0] += weight * number;
                }
            }
            Goal::Classes(class, _) => {
                self.class.clear();
                self.class
                    .extend(rows.iter().map(|&row| class[row as usize]));
                for (&class, weight) in self.class.iter().zip(&self.weight) {
                    sums.of[class as usize] += weight;
                    self.is_pure &= class == self.class[0];
                }
            }
        }
        sums
    }

    /// Sums over the rows whose value `picks` takes.
    #[inline]
    pub fn sum_where(&self, width: usize, picks: impl Fn(f32) -> bool) -> Sums {
        let mut sums = Sums::zero(width);
        if self.class.is_empty() {
            let (mut rows, mut weight, mut of) = (0_usize, 0.0, 0.0);
            let targets = self.weight.iter().zip(&self.number);
            for (&value, (w, number)) in self.value.iter().zip(targets) {
                // Without a branch: which side a row falls on cannot be foreseen.
                let picked = picks(value);
                let factor = f64::from(u8::from(picked));
                rows += usize::from(picked);
                weight += factor * w;
                of += factor * number;
            }
            sums.rows = rows;
            sums.weight = weight;
            sums.of[0] = of;
        } else {
            let targets = self.weight.iter().zip(&self.class);
            for (&value, (w, &class)) in self.value.iter().zip(targets) {
                let picked = picks(value);
                let weight = f64::from(u8::from(picked)) * w;
                sums.rows += usize::from(picked);
                sums.weight += weight;
                sums.of[class as usize] += weight;
            }
        }
        sums
    }
}
