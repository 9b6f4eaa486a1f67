//! `exp` of 32-bit numbers with plain arithmetic only, which gives the same bits on every machine and which the compiler turns
//! into instructions for several numbers at once.

/// 1.5 · 2²³: added to a small number, its last bits are that number as a whole one.
pub const ROUND: f32 = 12_582_912.0;
/// Beyond these, `exp` is as at them.
pub const CLAMP: (f32, f32) = (-87.0, 88.0);
/// ln 2 in two parts, the first one with few bits.
pub const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
/// What a sum begins with that is multiplied by `r` and added to, again and again.
pub const EXP: [f32; 6] = [
    1.987_569_1e-4,
    1.398_2e-3,
    8.333_452e-3,
    4.166_579_6e-2,
    0.166_666_65,
    0.5,
];

/// `exp(x)`, within 3·10⁻⁷ of it for `x` from −87 to 88; beyond, as at the ends.
///
/// `2ⁿ · exp(r)` with `x = n ln 2 + r` and the minimax polynomial of degree 5 of Cephes (Moshier, `expf`).
#[inline]
pub fn exp(x: f32) -> f32 {
    let x = x.clamp(CLAMP.0, CLAMP.1);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2.0 - n * LN_2.1;
    let mut sum = EXP[0];
    for factor in &EXP[1..] {
        sum = sum * r + factor;
    }
    let power = shifted.to_bits().wrapping_add(127) << 23;
    (sum * r * r + r + 1.0) * f32::from_bits(power)
}

/// The nearest whole number to one within ±2²², halves to the even one.
#[inline]
pub fn whole(x: f32) -> i32 {
    (x + ROUND).to_bits() as i32 - ROUND.to_bits() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_near_the_true_one_everywhere() {
        for at in -87_000..=88_000 {
            let x = at as f32 / 1000.0;
            let wanted = f64::from(x).exp();
            let gap = (f64::from(exp(x)) - wanted).abs() / wanted;
            assert!(gap < 3e-7, "{x}: {gap}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(-1e9) < 1e-37 && exp(1e9).is_finite());
    }

    #[test]
    fn whole_numbers_are_the_nearest() {
        for (x, wanted) in [
            (0.4, 0),
            (0.6, 1),
            (-0.6, -1),
            (2.5, 2),
            (-32_767.2, -32_767),
        ] {
            assert_eq!(whole(x), wanted, "{x}");
        }
        assert_eq!(whole(65_535.0), 65_535);
    }
}
