//! Gradients as whole numbers: a gradient and a Hessian in 32 bits of memory, and sums of both in one 64-bit number.
//!
//! Whole numbers have the same sum in any order, so a histogram has the same bits on any number of threads and in any
//! stretches; and one addition does for both.

use std::ops::{Add, AddAssign, Sub, SubAssign};

/// How a row's gradient and Hessian are in 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// 16 bits each.
    Halves,
    /// The gradient alone, of 31 bits; every Hessian is 1.
    Counted,
}

impl Packing {
    /// Rows whose sum fits one 64-bit number.
    pub const MOST_ROWS: usize = 1 << 16;
    /// Largest gradient and Hessian of [`Packing::Halves`].
    pub const LARGEST_HALF: f32 = 32_767.0;
    /// See [`Packing::LARGEST_HALF`].
    pub const LARGEST_HESSIAN: f32 = 65_535.0;
    /// Largest gradient of [`Packing::Counted`].
    pub const LARGEST_WHOLE: f64 = ((1 << 30) - 1) as f64;

    /// A gradient within ±32,767 and a Hessian from 0 to 65,535.
    #[inline]
    pub fn pack(gradient: i32, hessian: u32) -> u32 {
        (gradient as u32) << 16 | hessian
    }

    /// What is added up, of [`Packing::Halves`]: the gradient in the upper 32 bits.
    #[inline]
    pub fn halves(packed: u32) -> i64 {
        (i64::from(packed as i32 >> 16) << 32) + i64::from(packed & 0xffff)
    }

    /// What is added up, of [`Packing::Counted`]: the count in the lower 17 bits.
    #[inline]
    pub fn counted(packed: u32) -> i64 {
        (i64::from(packed as i32) << 17) + 1
    }

    /// The parts of a sum of at most [`Packing::MOST_ROWS`].
    #[inline]
    pub fn sum(self, packed: i64) -> Sum {
        let bits = match self {
            Packing::Halves => 32,
            Packing::Counted => 17,
        };
        Sum {
            gradient: packed >> bits,
            hessian: packed & ((1 << bits) - 1),
        }
    }
}

/// Sums of gradients and Hessians.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// Of gradients.
    pub gradient: i64,
    /// Of Hessians; 0 only where there is no row.
    pub hessian: i64,
}

impl Add for Sum {
    type Output = Sum;

    #[inline]
    fn add(self, other: Sum) -> Sum {
        Sum {
            gradient: self.gradient + other.gradient,
            hessian: self.hessian + other.hessian,
        }
    }
}

impl Sub for Sum {
    type Output = Sum;

    #[inline]
    fn sub(self, other: Sum) -> Sum {
        Sum {
            gradient: self.gradient - other.gradient,
            hessian: self.hessian - other.hessian,
        }
    }
}

impl AddAssign for Sum {
    #[inline]
    fn add_assign(&mut self, other: Sum) {
        *self = *self + other;
    }
}

impl SubAssign for Sum {
    #[inline]
    fn sub_assign(&mut self, other: Sum) {
        *self = *self - other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_the_largest_come_apart_again() {
        for gradient in [-32_767, -1, 0, 1, 32_767] {
            for hessian in [1, 65_535] {
                let packed = Packing::halves(Packing::pack(gradient, hessian));
                for rows in [1, 3, Packing::MOST_ROWS as i64] {
                    let wanted = Sum {
                        gradient: i64::from(gradient) * rows,
                        hessian: i64::from(hessian) * rows,
                    };
                    assert_eq!(Packing::Halves.sum(packed * rows), wanted);
                }
            }
        }
        let largest = Packing::LARGEST_WHOLE as i32;
        for gradient in [-largest, -1, 0, 7, largest] {
            let packed = Packing::counted(gradient as u32);
            for rows in [1, Packing::MOST_ROWS as i64] {
                let found = Packing::Counted.sum(packed * rows);
                let wanted = (i64::from(gradient) * rows, rows);
                assert_eq!((found.gradient, found.hessian), wanted);
            }
        }
    }
}
