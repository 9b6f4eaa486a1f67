//! Solves `A x = b` for a symmetric positive definite `A` by Cholesky's decomposition.

/// Solves in place: `matrix` is `(n, n)` row-major of which the lower triangle counts and which is overwritten by its
/// factor, `right` becomes the solution. `None` when the matrix is not positive definite.
pub fn solve(matrix: &mut [f64], right: &mut [f64]) -> Option<()> {
    let n = right.len();
    factor(matrix, n)?;
    substitute(matrix, right);
    Some(())
}

/// `(L Lᵀ)⁻¹ x` in place of `x`, where `L` is the lower triangle of `factor`.
pub fn substitute(factor: &[f64], right: &mut [f64]) {
    let n = right.len();
    forward(factor, right);
    for row in (0..n).rev() {
        let sum: f64 = (row + 1..n).map(|k| factor[k * n + row] * right[k]).sum();
        right[row] = (right[row] - sum) / factor[row * n + row];
    }
}

/// Overwrites the lower triangle of `matrix`, `(n, n)` row-major, by `L` with `L Lᵀ` the matrix. `None` when it is not
/// positive definite.
pub fn factor(matrix: &mut [f64], n: usize) -> Option<()> {
    for column in 0..n {
        for row in column..n {
            let (above, below) = matrix.split_at(row.max(column) * n);
            let pivot_row = if row == column {
                &below[..column]
            } else {
                &above[column * n..column * n + column]
            };
            let sum: f64 = below[..column]
                .iter()
                .zip(pivot_row)
                .map(|(x, y)| x * y)
                .sum();
            let rest = below[column] - sum;
            let entry = if row == column {
                if !(rest > 0.0 && rest.is_finite()) {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / above[column * n + column]
            };
            matrix[row * n + column] = entry;
        }
    }
    Some(())
}

/// `L⁻¹ x` in place of `x`, where `L` is the lower triangle of `factor`.
pub fn forward(factor: &[f64], right: &mut [f64]) {
    let n = right.len();
    for row in 0..n {
        let line = factor[row * n..row * n + row].iter().zip(&right[..row]);
        let sum: f64 = line.map(|(x, y)| x * y).sum();
        right[row] = (right[row] - sum) / factor[row * n + row];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_a_system_known_by_hand() {
        let mut matrix = vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 2.0, 3.0, 6.0];
        // A = [[4,2,2],[2,5,3],[2,3,6]], x = [1,-2,3]
        let mut right = vec![6.0, 1.0, 14.0];
        solve(&mut matrix, &mut right).expect("positive definite");
        for (found, wanted) in right.iter().zip([1.0, -2.0, 3.0]) {
            assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        }
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_is_rejected() {
        assert_eq!(solve(&mut [1.0, 0.0, 2.0, 1.0], &mut [1.0, 1.0]), None);
        assert_eq!(solve(&mut [f64::NAN], &mut [1.0]), None);
    }
}
