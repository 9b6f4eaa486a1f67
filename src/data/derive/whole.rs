//! Division of whole numbers.

/// Divided and rounded down.
pub fn floor_div(left: i64, right: i64) -> Option<i64> {
    let down = left.checked_div(right)?;
    let rest = left.checked_rem(right)?;
    Some(if rest != 0 && (rest < 0) != (right < 0) {
        down - 1
    } else {
        down
    })
}
