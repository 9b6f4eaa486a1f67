//! Newton's method on per-pass sums, with step halving: each pass over the rows gives loss, gradient and Hessian at once.

use super::cholesky;
use super::learned::Error;
use super::sums::Sums;

/// Largest number of parameters for which the Hessian is formed: 2000² doubles are 32 MB.
pub const MOST_PARAMETERS: usize = 2000;
/// A step smaller than this, relative to the size of the parameters, is taken without looking again: near the minimum
/// the error after a step is of the order of its square.
const SMALLEST_STEP: f64 = 1e-6;

/// Where the minimisation ended.
pub struct End {
    /// Per output: weights, then bias.
    pub parameters: Vec<f64>,
    /// Passes over the rows.
    pub iterations: u32,
    /// Whether the last full step was negligible.
    pub converged: bool,
}

/// Minimises from `start`. A pass whose loss did not fall is undone by half the step.
///
/// # Errors
/// When the loss is not finite even at zero, or a pass fails.
pub fn minimise<E: From<Error>>(
    mut evaluate: impl FnMut(&[f64]) -> Result<Sums, E>,
    start: Vec<f64>,
    most_iterations: u32,
) -> Result<End, E> {
    let mut parameters = start;
    let mut here = evaluate(&parameters)?;
    if !here.loss.is_finite() {
        parameters.fill(0.0);
        here = evaluate(&parameters)?;
    }
    if !here.loss.is_finite() {
        return Err(Error::Solver("the loss is not finite".to_string()).into());
    }
    for iteration in 1..=most_iterations {
        let step = newton_step(&here)?;
        if largest(&step) <= SMALLEST_STEP * (1.0 + largest(&parameters)) {
            parameters.iter_mut().zip(&step).for_each(|(p, s)| *p -= s);
            return Ok(End {
                parameters,
                iterations: iteration,
                converged: true,
            });
        }
        match descend(&mut evaluate, &parameters, &step, here.loss)? {
            Some((next, sums)) => (parameters, here) = (next, sums),
            // No shorter step lowers the loss: this is the minimum to the precision of the sums.
            None => {
                return Ok(End {
                    parameters,
                    iterations: iteration,
                    converged: true,
                });
            }
        }
    }
    Ok(End {
        parameters,
        iterations: most_iterations,
        converged: false,
    })
}

fn descend<E>(
    evaluate: &mut impl FnMut(&[f64]) -> Result<Sums, E>,
    from: &[f64],
    step: &[f64],
    loss: f64,
) -> Result<Option<(Vec<f64>, Sums)>, E> {
    let mut length = 1.0;
    for _ in 0..20 {
        let next: Vec<f64> = from.iter().zip(step).map(|(p, s)| p - length * s).collect();
        let sums = evaluate(&next)?;
        if sums.loss <= loss {
            return Ok(Some((next, sums)));
        }
        length *= 0.5;
    }
    Ok(None)
}

fn newton_step(sums: &Sums) -> Result<Vec<f64>, Error> {
    let n = sums.gradient.len();
    let mut ridge = 0.0;
    for _ in 0..20 {
        let mut hessian = sums.hessian.clone();
        (0..n).for_each(|i| hessian[i * n + i] += ridge);
        let mut step = sums.gradient.clone();
        if cholesky::solve(&mut hessian, &mut step).is_some() && step.iter().all(|s| s.is_finite())
        {
            return Ok(step);
        }
        ridge = if ridge == 0.0 { 1e-8 } else { ridge * 10.0 };
    }
    Err(Error::Solver(
        "the Hessian is not positive definite".to_string(),
    ))
}

/// The largest size of a number.
pub fn largest(numbers: &[f64]) -> f64 {
    numbers
        .iter()
        .fold(0.0, |most, number| most.max(number.abs()))
}
