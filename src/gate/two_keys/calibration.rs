//! A calibrated second opinion: the probability of the positive class given what both models say.
//!
//! π̂(x) = σ(w₀ + w₁·z̄ + w₂·z_Δ), z̄ = (logit p_a + logit p_b)/2, z_Δ = (logit p_b − logit p_a)/2. A ridge draws w to
//! (0, 1, 0), the plain mean of both logits, so that a few dozen rows on which the models differ cannot decide it.
//! Logistic recalibration as in Cox, "Two further applications of a model for binary regression", 1958.

/// What w is drawn to.
const CENTRE: [f64; 3] = [0.0, 1.0, 0.0];
/// How strongly: the precision of a normal prior for each weight.
const RIDGE: [f64; 3] = [0.5, 4.0, 10.0];
/// Probabilities nearer to 0 or 1 than this count as this near.
const CLIP: f64 = 1e-6;
/// Newton steps at the most; it takes about six.
const MOST_STEPS: usize = 50;

/// The log odds of a probability, which is clipped to 10⁻⁶..1 − 10⁻⁶.
pub(super) fn logit(p: f64) -> f64 {
    let p = p.clamp(CLIP, 1.0 - CLIP);
    (p / (1.0 - p)).ln()
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// What π̂ reads of a row whose logits are `a` and `b`.
pub(super) fn inputs(a: f64, b: f64) -> [f64; 3] {
    [1.0, f64::midpoint(a, b), (b - a) / 2.0]
}

/// A fitted second opinion.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calibration {
    /// w, `(3)`.
    pub(super) weights: [f64; 3],
    /// Inverse of the penalised Hessian at w: the covariance of w, `(3, 3)`.
    pub(super) covariance: [[f64; 3]; 3],
}

impl Calibration {
    /// π̂ of a row.
    pub(super) fn probability(&self, x: &[f64; 3]) -> f64 {
        sigmoid(dot(&self.weights, x))
    }

    /// g'Vg.
    pub(super) fn variance_along(&self, gradient: &[f64; 3]) -> f64 {
        let along: Vec<f64> = self
            .covariance
            .iter()
            .map(|row| dot(row, gradient))
            .collect();
        along.iter().zip(gradient).map(|(a, b)| a * b).sum()
    }
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Fits w by penalised maximum likelihood (damped Newton) on rows `x` with true classes `y`, 0 or 1. `None` when it does
/// not converge, which takes inputs that are not finite.
pub(super) fn fit(x: &[[f64; 3]], y: &[f64]) -> Option<Calibration> {
    let mut weights = CENTRE;
    let mut loss = penalised_loss(x, y, &weights);
    for _ in 0..MOST_STEPS {
        let (gradient, hessian) = derivatives(x, y, &weights);
        let covariance = inverse(&hessian)?;
        let step = covariance.map(|row| dot(&row, &gradient));
        let mut damping = 1.0;
        let (next, next_loss) = loop {
            let next: [f64; 3] = std::array::from_fn(|at| weights[at] - damping * step[at]);
            let next_loss = penalised_loss(x, y, &next);
            if next_loss <= loss + 1e-12 * loss.abs() {
                break (next, next_loss);
            }
            damping /= 2.0;
            if damping < 1e-6 {
                break (weights, loss);
            }
        };
        let moved = next
            .iter()
            .zip(&weights)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        (weights, loss) = (next, next_loss);
        if moved < 1e-12 {
            let (_, hessian) = derivatives(x, y, &weights);
            let covariance = inverse(&hessian)?;
            let is_finite = weights.iter().all(|w| w.is_finite());
            return is_finite.then_some(Calibration {
                weights,
                covariance,
            });
        }
    }
    None
}

/// −log likelihood + ½ Σ ridge·(w − centre)².
fn penalised_loss(x: &[[f64; 3]], y: &[f64], weights: &[f64; 3]) -> f64 {
    let penalty: f64 = (0..3)
        .map(|at| 0.5 * RIDGE[at] * (weights[at] - CENTRE[at]).powi(2))
        .sum();
    let rows = x.iter().zip(y).map(|(x, &y)| {
        let z = dot(weights, x);
        // log(1 + e^z) − y·z without overflow.
        z.max(0.0) + (-z.abs()).exp().ln_1p() - y * z
    });
    rows.sum::<f64>() + penalty
}

fn derivatives(x: &[[f64; 3]], y: &[f64], weights: &[f64; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
    let mut gradient: [f64; 3] = std::array::from_fn(|at| RIDGE[at] * (weights[at] - CENTRE[at]));
    let mut hessian = [[0.0; 3]; 3];
    for (at, row) in hessian.iter_mut().enumerate() {
        row[at] = RIDGE[at];
    }
    for (x, &y) in x.iter().zip(y) {
        let p = sigmoid(dot(weights, x));
        let curvature = p * (1.0 - p);
        for (i, row) in hessian.iter_mut().enumerate() {
            gradient[i] += (p - y) * x[i];
            for (j, cell) in row.iter_mut().enumerate() {
                *cell += curvature * x[i] * x[j];
            }
        }
    }
    (gradient, hessian)
}

/// Inverse of a symmetric positive matrix by cofactors; `None` when it is singular or not finite.
fn inverse(m: &[[f64; 3]; 3]) -> Option<[[f64; 3]; 3]> {
    let cofactor = |i: usize, j: usize| {
        let (a, b) = ((i + 1) % 3, (i + 2) % 3);
        let (c, d) = ((j + 1) % 3, (j + 2) % 3);
        m[a][c] * m[b][d] - m[a][d] * m[b][c]
    };
    let determinant: f64 = (0..3).map(|j| m[0][j] * cofactor(0, j)).sum();
    if !determinant.is_finite() || determinant <= 0.0 {
        return None;
    }
    Some(std::array::from_fn(|i| {
        std::array::from_fn(|j| cofactor(j, i) / determinant)
    }))
}
